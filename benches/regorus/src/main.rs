//! Decides every scenario of a neutral workload by regorus, and counts those that are not as expected.
//!
//! usage: regorus-bench POLICY.rego SCENARIOS.jsonl

use std::env::args;
use std::fs::read_to_string;

use anyhow::{Context, Result};
use regorus::{Engine, Value};

fn main() -> Result<()> {
    let mut paths = args().skip(1);
    let policy = paths.next().context("the first argument is the policy")?;
    let scenarios = paths.next().context("the second argument is the file of scenarios")?;
    let mut engine = Engine::new();
    engine.add_policy(policy.clone(), read_to_string(&policy)?)?;
    let (mut decided, mut wrong) = (0, 0);
    for line in read_to_string(&scenarios)?.lines() {
        let scenario: serde_json::Value = serde_json::from_str(line)?;
        engine.set_input(Value::from_json_str(line)?);
        let allowed = engine.eval_rule("data.authz.allow".to_owned())?;
        decided += 1;
        if Some(*allowed.as_bool()?) != scenario["expect"].as_bool() {
            wrong += 1;
        }
    }
    println!("decided {decided}, wrong {wrong}");
    Ok(())
}

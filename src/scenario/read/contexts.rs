//! Context fixtures: attributes of any action's context, one context extending another.

use std::collections::BTreeMap;

use crate::bundle::{Contract, GRANTS_ATTRIBUTE, ValueType};
use crate::diag::{Diagnostic, Diagnostics};
use crate::load::document::{Key, Node};
use crate::scenario::codes;
use crate::scenario::codes::SUITE;
use crate::scenario::suite::ContextFixture;

use super::directory::{Directory, Undeclared};
use super::values;

/// Reads all contexts of a suite.
pub(super) fn read(
    declared: &BTreeMap<String, (&Key, &Node)>,
    directory: &Directory<'_>,
    out: &mut Diagnostics,
) -> BTreeMap<String, ContextFixture> {
    let types = attribute_types(directory.contract);
    let mut own = BTreeMap::new();
    for (name, (_, node)) in declared {
        let context = context(node, &types, directory, out);
        own.insert(name.as_str(), context);
    }
    let parents: BTreeMap<&str, &Node> =
        declared.iter().filter_map(|(name, (_, node))| Some((name.as_str(), node.get("extends")?))).collect();
    extended(&own, &parents, &directory.undeclared, out)
}

/// The types each attribute has in some action's context.
fn attribute_types(contract: &Contract) -> BTreeMap<&str, Vec<&ValueType>> {
    let mut types: BTreeMap<&str, Vec<&ValueType>> = BTreeMap::new();
    for (name, attribute) in contract.actions.values().flat_map(|action| &action.context) {
        let known = types.entry(name).or_default();
        if !known.contains(&&attribute.ty) {
            known.push(&attribute.ty);
        }
    }
    types
}

fn context(
    node: &Node,
    types: &BTreeMap<&str, Vec<&ValueType>>,
    directory: &Directory<'_>,
    out: &mut Diagnostics,
) -> ContextFixture {
    let mut context = ContextFixture::default();
    for (key, node) in SUITE.at(node, "a context").mapping(out).unwrap_or_default() {
        let name = key.text.as_str();
        if name == "extends" {
            continue;
        }
        if name == GRANTS_ATTRIBUTE {
            out.push(
                Diagnostic::error(codes::WRONG_VALUE, key.span, "a context cannot set `break_glass`")
                    .label("only a gateway sets this")
                    .help("write a timeline: `request`, `approve`, then `with`"),
            );
            continue;
        }
        let Some(types) = types.get(name) else {
            let known = types.keys().copied().filter(|name| *name != GRANTS_ATTRIBUTE).chain(["extends"]);
            out.push(
                Diagnostic::error(codes::UNKNOWN_NAME, key.span, format!("no action's context has `{name}`"))
                    .label("not a context attribute")
                    .meant(key.span, name, known),
            );
            continue;
        };
        let mut faults = Diagnostics::new();
        let readings: Vec<_> = types
            .iter()
            .filter_map(|ty| Some(((*ty).clone(), values::value(node, ty, directory, &mut faults)?)))
            .collect();
        if readings.is_empty() {
            out.extend(faults);
        } else {
            context.attributes.insert(name.to_owned(), readings);
        }
    }
    context
}

/// Contexts with what they inherit; their own attributes win. Each is completed once, however long a chain is.
fn extended(
    own: &BTreeMap<&str, ContextFixture>,
    parents: &BTreeMap<&str, &Node>,
    undeclared: &Undeclared,
    out: &mut Diagnostics,
) -> BTreeMap<String, ContextFixture> {
    let mut whole: BTreeMap<String, ContextFixture> = BTreeMap::new();
    for name in own.keys() {
        let mut chain: Vec<&str> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let mut inherited = ContextFixture::default();
        let mut next = Some(*name);
        while let Some(current) = next.take() {
            if let Some(known) = whole.get(current) {
                inherited = known.clone();
                break;
            }
            if let Some(start) = places.insert(current, chain.len()) {
                // A context that only leads into a cycle is no part of it.
                cycle(chain.get(start..).unwrap_or_default(), parents, out);
                break;
            }
            chain.push(current);
            let Some(node) = parents.get(current) else { break };
            let Some(parent) = SUITE.at(node, "`extends`").scalar(out) else { break };
            next = own.get_key_value(parent).map(|(known, _)| *known);
            if next.is_none() {
                undeclared.report(
                    parent,
                    Diagnostic::error(codes::UNKNOWN_NAME, node.span, format!("unknown context `{parent}`"))
                        .label("no such context is declared")
                        .meant(node.span, parent, own.keys().copied()),
                    out,
                );
            }
        }
        for current in chain.into_iter().rev() {
            let mut context = own.get(current).cloned().unwrap_or_default();
            for (attribute, readings) in inherited.attributes {
                context.attributes.entry(attribute).or_insert(readings);
            }
            whole.insert(current.to_owned(), context.clone());
            inherited = context;
        }
    }
    whole
}

/// Reports contexts that extend each other, at each `extends` of them.
fn cycle(members: &[&str], parents: &BTreeMap<&str, &Node>, out: &mut Diagnostics) {
    let count = members.len();
    let member = |at: usize| members.get(at % count).copied().unwrap_or_default();
    for at in 0..count {
        let before = member(at + count - 1);
        let Some(node) = parents.get(before) else { continue };
        let shown = match count > MOST_MEMBERS {
            true => format!("{} → {} → … {} more … → {before}", member(at), member(at + 1), count - 3),
            false => (at..at + count).map(member).collect::<Vec<_>>().join(" → "),
        };
        let message = format!("contexts extend each other: {shown} → {}", member(at));
        out.push(Diagnostic::error(codes::CYCLE, node.span, message).label("leads back"));
    }
}

/// How many members of a cycle are named.
const MOST_MEMBERS: usize = 8;

#[cfg(test)]
mod tests {
    use crate::scenario::testing::{WORLD, faults, load, marketplace};

    #[test]
    fn every_fault_in_the_contexts_is_told_in_one_run() {
        let contexts = r#"  a: {extends: b, mfa: maybe}
  b: {extends: a, risk_score: "10", risk: 3}
  c: {extends: cam, break_glass: {}, source_ip: 10.0.0.300}
  d: {extends: d}
  e: {extends: a, auth_time: 5m, now: 2026-03-01T10:00:00}
tests:
  - {name: t, as: fred, in: calm, can: {approve: p1}}
"#;
        let loaded = load(&[("s.yaml", &format!("{WORLD}{contexts}"))], &marketplace());
        insta::assert_snapshot!(faults(&loaded), @r#"
        scenario-cycle @ 15:16 `b`: contexts extend each other: b → a → b | leads back
        scenario-wrong-value @ 15:24 `maybe`: `maybe` is not a Bool | expected a Bool | write `true` or `false`
        scenario-cycle @ 16:16 `a`: contexts extend each other: a → b → a | leads back
        scenario-wrong-value @ 16:31 `"10"`: `10` is not a Long | expected a Long | write a whole number without quotes
        scenario-unknown-name @ 16:37 `risk`: no action's context has `risk` | not a context attribute | did you mean `risk_score`?
        scenario-unknown-name @ 17:16 `cam`: unknown context `cam` | no such context is declared | did you mean `calm`?
        scenario-wrong-value @ 17:21 `break_glass`: a context cannot set `break_glass` | only a gateway sets this | write a timeline: `request`, `approve`, then `with`
        scenario-wrong-value @ 17:49 `10.0.0.300`: `10.0.0.300` is not an ipaddr | expected an ipaddr | write an address or a range, as in `10.0.0.1` or `10.0.0.0/8`
        scenario-cycle @ 18:16 `d`: contexts extend each other: d → d | leads back
        scenario-wrong-value @ 19:30 `5m`: `5m` is not a datetime | expected a datetime | write `2026-03-01T10:00:00Z`, or a distance from the clock as in `-5m`, `+1h`, `now`
        scenario-wrong-value @ 19:39 `2026-03-01T10:00:00`: `2026-03-01T10:00:00` is not a datetime | expected a datetime | write `2026-03-01T10:00:00Z`, or a distance from the clock as in `-5m`, `+1h`, `now`
        "#);
    }

    /// 20,000 contexts in a chain and 20,000 in a cycle: each is completed once. If every one walked its whole chain, this test
    /// would not end.
    #[test]
    fn long_chains_and_cycles_of_contexts_take_time_that_grows_with_their_number() {
        const COUNT: usize = 20_000;
        let link = |of: &str, at: usize, to: usize| format!("  {of}{at}: {{extends: {of}{to}}}\n");
        let chain: String = (1..COUNT).map(|at| link("c", at, at - 1)).collect();
        let tests = |name: &str| format!("tests:\n  - {{name: t, as: fred, in: {name}, can: {{approve: p1}}}}\n");
        let text = format!("{WORLD}  c0: {{extends: calm}}\n{chain}{}", tests("c19999"));
        let loaded = load(&[("s.yaml", &text)], &marketplace());
        assert_eq!(loaded.suites[0].world.contexts["c19999"].attributes["risk_score"][0].1.to_string(), "10");
        let cycle: String = (0..COUNT).map(|at| link("d", at, (at + 1) % COUNT)).collect();
        let loaded = load(&[("s.yaml", &format!("{WORLD}{cycle}{}", tests("calm")))], &marketplace());
        let told = faults(&loaded);
        assert!(told.contains("contexts extend each other: d0 → d1 → … 19997 more … → d19999 → d0"));
    }

    #[test]
    fn a_context_takes_what_it_does_not_set_from_the_one_it_extends() {
        let loaded = crate::scenario::testing::suite("tests:\n  - {name: t, as: fred, in: calm, can: {approve: p1}}\n");
        let contexts = &loaded.suites[0].world.contexts;
        let value = |context: &str, name: &str| contexts[context].attributes[name][0].1.to_string();
        assert_eq!(value("risky", "risk_score"), "80");
        assert_eq!(value("risky", "auth_time"), "-5m");
        assert_eq!(value("calm", "risk_score"), "10");
    }
}

//! `gatewright prove`: what a package claims of itself, proved over all requests.

use std::path::Path;

use crate::analysis::{Open, Outcome, Proof, solver};
use crate::cli::args::{Format, LintArgs, Prove};
use crate::cli::console::{Console, Detail};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::{env, progress};
use crate::pipeline::{ProveOptions, Shard};
use crate::report::printable;
use crate::text::Instant;
use crate::{load, pipeline, report};

use super::budget::budget;
use super::package::Package;
use super::saved;

pub(in crate::cli) fn run(args: &Prove, console: &mut Console) -> Result<Exit, CliError> {
    let output = args.output.asked();
    output.clear()?;
    let package = Package::check(&args.package, &LintArgs::default())?;
    let faults = package.faults();
    if faults.has_errors() {
        return package.show(&faults, output, console);
    }
    let found = match solver::needed(&env::solver_places()) {
        Ok(found) => found,
        // A proof was asked for, and none is found.
        Err(absent) => {
            console.error(&CliError::Solver(absent));
            return Ok(Exit::NotProved);
        }
    };
    let budget = budget(&args.budget);
    let (part, of) = args.shard;
    let options = ProveOptions {
        solver: found.engine.as_ref(),
        cache: &budget.cache,
        limits: budget.limits,
        deadline: budget.deadline,
        only: &args.only,
        shard: Shard { part, of },
        at: args.package.at.unwrap_or_else(env::today),
        keeps_scripts: args.dump.is_some() || output.has(Format::Json),
    };
    let proofs = progress::counted(&format!("proving {}", package.named), |progress| {
        pipeline::prove(&package.loaded, &package.checked, options, progress)
    })?;
    let all = &proofs.all;
    let root = package.root();
    let files = package.files(&root);
    let rendered = |format, shown: &[Proof]| match format {
        Format::Json => report::proofs_json(all, &proofs.beyond, proofs.of, &proofs.engine, files),
        _ => format!(
            "{}{}\n{}: {}\n",
            report::proofs(shown, files),
            report::beyond_proof(&proofs.beyond),
            printable(&package.named),
            report::proof_summary(all, proofs.of, &proofs.engine)
        ),
    };
    let text = match console.detail() {
        Detail::All => rendered(output.format, all),
        Detail::Failures => {
            let failed: Vec<Proof> = all.iter().filter(|proof| !is_pass(&proof.outcome)).cloned().collect();
            rendered(output.format, &failed)
        }
    };
    console.print(&text)?;
    output.write(|format| rendered(format, all), console)?;
    if let (true, true, Format::Human) = (all.is_empty(), proofs.wanted > 0, args.output.format) {
        let wanted = proofs.wanted;
        console.print(&format!(
            "note: nothing was proved in part {part}/{of}: there are fewer claims ({wanted}) than parts\n"
        ))?;
    }
    keep(args, all, options.at)?;
    if let (Some(caution), Format::Human) = (found.caution(), args.output.format) {
        console.print(&format!("warning: {caution}\n"))?;
    }
    Ok(exit(all, proofs.wanted))
}

fn is_pass(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Proved | Outcome::Shown(_))
}

/// A refutation outranks what is unknown: the policy is known to be wrong.
fn exit(all: &[Proof], wanted: usize) -> Exit {
    let is = |test: fn(&Outcome) -> bool| all.iter().any(|proof| test(&proof.outcome));
    if is(|outcome| matches!(outcome, Outcome::Refuted(_) | Outcome::Impossible)) {
        return Exit::PolicyFails;
    }
    // A part may have nothing to do. Where all parts have, nothing is proved.
    match wanted > 0 && all.iter().all(|proof| is_pass(&proof.outcome)) {
        true => Exit::Ok,
        false => Exit::NotProved,
    }
}

/// Writes what the run asks to keep.
fn keep(args: &Prove, all: &[Proof], at: Instant) -> Result<(), CliError> {
    for proof in all {
        let stem = proof.file_stem();
        match (&proof.outcome, &args.save, &args.dump) {
            (Outcome::Refuted(refutation), Some(folder), _) => {
                saved::write(folder, &report::proof_scenario(proof, &refutation.witness, at))?;
            }
            (Outcome::Unknown(open), _, Some(folder)) => dump(folder, &stem, open)?,
            (Outcome::NotReplayed(open), _, Some(folder)) => dump(folder, &stem, std::slice::from_ref(open))?,
            _ => {}
        }
    }
    Ok(())
}

fn dump(folder: &Path, stem: &str, open: &[Open]) -> Result<(), CliError> {
    for (number, open) in open.iter().enumerate() {
        let Some(script) = &open.script else { continue };
        let text = format!("; {}: {}\n{script}", open.environment, open.why.replace('\n', " "));
        load::write_atomic(&folder.join(format!("{stem}-{}.smt2", number + 1)), text.as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::{Promise, PropertyKind};
    use crate::text::{Sources, Span};

    fn proof(outcome: Outcome) -> Proof {
        let mut sources = Sources::default();
        let file = sources.add("a.gate", "");
        Proof {
            name: "a".to_owned(),
            kind: PropertyKind::Assertion,
            claim: Promise::Never,
            span: Span::new(file, 0, 0),
            words: String::new(),
            reach: 1,
            skipped: Vec::new(),
            apart: Vec::new(),
            granting: Vec::new(),
            hint: None,
            outcome,
        }
    }

    #[test]
    fn only_what_is_proved_is_a_pass_and_a_refutation_outranks_what_is_open() {
        let open = || Open { environment: String::new(), why: String::new(), script: None };
        let cases = [
            (vec![Outcome::Proved], Exit::Ok),
            (vec![], Exit::NotProved),
            (vec![Outcome::Proved, Outcome::Empty], Exit::NotProved),
            (vec![Outcome::Proved, Outcome::Unknown(vec![open()])], Exit::NotProved),
            (vec![Outcome::Proved, Outcome::NotReplayed(open())], Exit::NotProved),
            (vec![Outcome::Impossible, Outcome::NotReplayed(open())], Exit::PolicyFails),
        ];
        for (outcomes, expected) in cases {
            let told = format!("{outcomes:?}");
            let all: Vec<Proof> = outcomes.into_iter().map(proof).collect();
            assert_eq!(exit(&all, all.len()), expected, "{told}");
        }
        assert_eq!(exit(&[], 3), Exit::Ok, "an empty part of several");
    }
}

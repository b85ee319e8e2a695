//! `gatewright bundle verify`: whether a bundle is whole, and what it says it was made from.

use crate::cli::args::{BundleVerify, Format};
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::report::printable;
use crate::text::safe;

use super::opened;
use super::rebuild::{Again, Made, again};
use super::told::{lints_left_out, not_proved, origin};
use super::trust::vouched;
use super::vouched::Vouched;

pub(super) fn run(args: &BundleVerify, console: &mut Console) -> Result<Exit, CliError> {
    let named = args.file.display().to_string();
    let Some((_, bundle)) = opened::read_and_open(&args.file, console)? else {
        return Ok(Exit::PolicyFails);
    };
    let vouched = match &args.trust {
        None => Vouched::default(),
        Some(policy) => match vouched(policy, args, &bundle, console)? {
            Ok(vouched) => vouched,
            Err(exit) => return Ok(exit),
        },
    };
    let mut said = vouched.said;
    let what = match (args.rebuild, vouched.rebuilt) {
        (true, _) => Some(Again::Whole(&args.budget)),
        // Whoever is trusted made it again, and a gateway that verifies has no time to.
        (false, true) => None,
        (false, false) => Some(Again::Compiled),
    };
    let made = what.map(|what| again(&bundle, &named, what, console)).transpose()?;
    match made {
        None => {}
        Some(Made::Same) if args.rebuild => said.push("its sources rebuild to the same bytes".to_owned()),
        Some(Made::Same) => said.push("its sources match the policies".to_owned()),
        Some(Made::Elsewhere(elsewhere)) => said.push(elsewhere.to_string()),
        Some(Made::Fails(exit)) => return Ok(exit),
        Some(Made::Differs(refusals)) => {
            console.tell(&opened::refused(&named, &refusals));
            return Ok(Exit::PolicyFails);
        }
    }
    said.extend(lints_left_out(&bundle));
    said.extend(not_proved(&bundle));
    said.push(origin(&bundle, vouched.source));
    let text = match args.output.format {
        Format::Json => {
            let value = serde_json::json!({
                "format": 1,
                "digest": bundle.digest,
                "git": bundle.manifest.git,
                "rebuilt": args.rebuild,
                "lints_not_run": bundle.manifest.evidence.lint.map_or(0, |lint| lint.not_run),
                "lints_unanswered": bundle.manifest.evidence.lint.map_or(0, |lint| lint.unanswered),
                "proved": bundle.manifest.evidence.proofs.is_some(),
                "proved_in_part": bundle.manifest.evidence.proofs.map_or(0, |proofs| proofs.in_part),
                "verified": vouched.json,
            });
            safe::json(&value)
        }
        _ => {
            let said: Vec<String> = said.iter().map(|line| format!("  {}\n", printable(line))).collect();
            let (name, version) = (&bundle.manifest.name, &bundle.manifest.version);
            format!("{}: {name} {version}\n{}{}\n", printable(&named), said.concat(), bundle.digest)
        }
    };
    console.print(&text)?;
    Ok(Exit::Ok)
}

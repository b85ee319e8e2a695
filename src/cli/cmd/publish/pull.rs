//! `gatewright pull`: a bundle from a place, believed, fresh where a channel was asked for, and written with its statements.

use std::path::PathBuf;

use crate::bundle::Refusal;
use crate::cli::args::{Format, Pull};
use crate::cli::cmd::bundle::rebuild::{Again, Made, again};
use crate::cli::cmd::bundle::told::{lints_left_out, not_proved, origin};
use crate::cli::cmd::bundle::trust::{json, read, source, trusted};
use crate::cli::cmd::bundle::{opened, statements};
use crate::cli::cmd::named::for_bundle;
use crate::cli::console::Console;
use crate::cli::env;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::load;
use crate::registry::Pin;
use crate::report::printable;
use crate::text::safe;
use crate::trust::Expiry;

use super::error::PublishError;
use super::place::{Believed, Current, Opened};

pub(in crate::cli) fn run(args: &Pull, console: &mut Console) -> Result<Exit, CliError> {
    let Some(policy) = read(&args.trust, console)? else {
        return Ok(Exit::CouldNotRun);
    };
    let place = Opened::new(&args.place)?;
    let now = env::now();
    let refuse = |refusals: &[Refusal], console: &mut Console| {
        console.tell(&opened::refused(place.store.name(), refusals));
        Ok(Exit::PolicyFails)
    };
    let one = |code, message: String| [Refusal::new(code, message)];
    let current = match &args.channel {
        None => None,
        Some(channel) => match place.current(channel, &policy, now, Expiry::Refused)? {
            Ok(Some(current)) => Some(current),
            Ok(None) => {
                return refuse(
                    &one("no-channel", format!("channel `{channel}` not found at `{}`", place.store.name())),
                    console,
                );
            }
            Err(refusals) => return refuse(&refusals, console),
        },
    };
    let pin = pin(args, current.as_ref())?;
    let believed = match place.release(&pin, &policy, now)? {
        Ok(Some(believed)) => believed,
        Ok(None) => {
            let (Pin::Version(named) | Pin::Digest(named)) = &pin;
            return refuse(&one("no-release", format!("`{named}` not found")), console);
        }
        Err(refusals) => return refuse(&refusals, console),
    };
    if let Some(current) = &current {
        let refusals = current.disagreements(&believed.bundle);
        if !refusals.is_empty() {
            return refuse(&refusals, console);
        }
        // Before the bundle is there: what was seen is known even if writing fails.
        place.keep(current)?;
    }
    let named = place.store.name();
    let mut known = trusted(&believed.verified);
    // Where whoever is trusted made it again, there is no need to.
    if !believed.verified.release.rebuilt {
        match again(&believed.bundle, named, Again::Compiled, console)? {
            Made::Same => known.push("its sources give the policies that it ships".to_owned()),
            Made::Elsewhere(elsewhere) => known.push(elsewhere.to_string()),
            Made::Fails(exit) => return Ok(exit),
            Made::Differs(refusals) => return refuse(&refusals, console),
        }
    }
    known.push(origin(&believed.bundle, source(&believed.verified)));
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(believed.bundle.file_name()));
    for_bundle(&out)?;
    statements::replace(&out, &believed.fetched.statements)?;
    load::write_atomic(&out, &believed.fetched.bundle)?;
    let text = match args.output.format {
        Format::Json => {
            let value = serde_json::json!({
                "format": 1,
                "file": out.display().to_string(),
                "digest": believed.bundle.digest,
                "pinned": believed.fetched.pinned,
                "git": believed.bundle.manifest.git,
                "verified": json(&believed.verified),
                "channel": current.as_ref().map(|current| &current.followed.pointer),
            });
            safe::json(&value)
        }
        _ => human(&out.display().to_string(), &believed, &known, current.as_ref()),
    };
    console.print(&text)?;
    Ok(Exit::Ok)
}

/// Which release is asked for.
fn pin(args: &Pull, current: Option<&Current>) -> Result<Pin, CliError> {
    match (current, &args.release, &args.place.location.pin) {
        (Some(current), None, None) => Ok(Pin::Version(current.followed.pointer.version.clone())),
        (None, Some(version), None) => Ok(Pin::Version(version.clone())),
        (None, None, Some(pin)) => Ok(pin.clone()),
        _ => Err(PublishError::Which.into()),
    }
}

fn human(out: &str, believed: &Believed, known: &[String], current: Option<&Current>) -> String {
    let manifest = &believed.bundle.manifest;
    let mut text = format!("{}: {} {}\n", printable(out), manifest.name, manifest.version);
    for line in known {
        text.push_str(&format!("  {}\n", printable(line)));
    }
    for line in lints_left_out(&believed.bundle).into_iter().chain(not_proved(&believed.bundle)) {
        text.push_str(&format!("  {line}\n"));
    }
    match current {
        Some(current) => {
            let pointer = &current.followed.pointer;
            text.push_str(&format!(
                "  channel {}, pointer {}, signed by {}, valid until {}\n",
                pointer.channel, pointer.sequence, current.followed.by, pointer.expires_at
            ));
        }
        None => text.push_str("  requested by name: it may not be the latest\n"),
    }
    text.push_str(&format!("{}\npinned as {}\n", believed.bundle.digest, believed.fetched.pinned));
    text
}

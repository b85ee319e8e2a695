//! `gatewright channel`: where a channel points, and to where it is moved.

use crate::bundle::{Bundle, Refusal};
use crate::cli::args::{
    Channel, ChannelForget, ChannelPromote, ChannelRollback, ChannelShow, ChannelStep, Format, MovingArgs,
};
use crate::cli::cmd::bundle::opened;
use crate::cli::cmd::bundle::trust::read;
use crate::cli::cmd::key;
use crate::cli::cmd::signing::SigningError;
use crate::cli::console::Console;
use crate::cli::env;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::registry::Pin;
use crate::report::printable;
use crate::text::{Instant, safe};
use crate::trust;
use crate::trust::{Expected, Expiry, Followed, Pointer, Reason, Signer, TrustPolicy};

use super::gate;
use super::place::{Current, Opened, days, policy};

pub(in crate::cli) fn run(args: &Channel, console: &mut Console) -> Result<Exit, CliError> {
    match &args.step {
        ChannelStep::Promote(args) => promote(args, console),
        ChannelStep::Rollback(args) => rollback(args, console),
        ChannelStep::Show(args) => show(args, console),
        ChannelStep::Forget(args) => forget(args, console),
    }
}

fn forget(args: &ChannelForget, console: &mut Console) -> Result<Exit, CliError> {
    let place = Opened::new(&args.place)?;
    let (channel, named) = (&args.channel, printable(place.store.name()));
    let said = match place.forget(channel)? {
        None => {
            let message = format!("no pointer was recorded for it at {}", place.store.name());
            return refuse(channel, &[Refusal::new("no-mark", message)], console);
        }
        Some(Ok(mark)) => format!(
            "pointer {} of the package {}, signed by the key {}",
            mark.sequence,
            printable(&mark.name),
            printable(&mark.key)
        ),
        Some(Err(_)) => "an unreadable record".to_owned(),
    };
    console.print(&format!(
        "channel {channel} at {named}: forgot {said}\nthe next pointer is accepted with any sequence, from anyone who may move the channel\n"
    ))?;
    Ok(Exit::Ok)
}

fn show(args: &ChannelShow, console: &mut Console) -> Result<Exit, CliError> {
    let Some(policy) = read(&args.trust, console)? else {
        return Ok(Exit::CouldNotRun);
    };
    let place = Opened::new(&args.place)?;
    let current = match place.current(&args.channel, &policy, env::now(), Expiry::Refused)? {
        Ok(current) => current,
        Err(refusals) => return refuse(&args.channel, &refusals, console),
    };
    let Some(current) = current else {
        return refuse(&args.channel, &[absent(&place)], console);
    };
    let pointer = &current.followed.pointer;
    let text = match args.output.format {
        Format::Json => {
            let value = serde_json::json!({ "format": 1, "place": place.store.name(), "pointer": pointer });
            safe::json(&value)
        }
        _ => format!(
            "{} at {} points to {} {}\n{}\npointer {}, signed by {}, valid until {}\n",
            args.channel,
            place.store.name(),
            printable(&pointer.name),
            printable(&pointer.version),
            printable(&pointer.bundle_digest),
            pointer.sequence,
            current.followed.by,
            pointer.expires_at
        ),
    };
    console.print(&text)?;
    Ok(Exit::Ok)
}

fn promote(args: &ChannelPromote, console: &mut Console) -> Result<Exit, CliError> {
    let Some(moving) = Moving::new(&args.moving, console)? else {
        return Ok(Exit::CouldNotRun);
    };
    let place = Opened::new(&args.place)?;
    moving.to(&place, &args.version, Reason::Promote, console)
}

fn rollback(args: &ChannelRollback, console: &mut Console) -> Result<Exit, CliError> {
    let Some(moving) = Moving::new(&args.moving, console)? else {
        return Ok(Exit::CouldNotRun);
    };
    let place = Opened::new(&args.place)?;
    let version = match &args.to {
        Some(version) => version.clone(),
        None => match moving.before(&place)? {
            Ok(version) => version,
            Err(refusals) => return refuse(&args.moving.channel, &refusals, console),
        },
    };
    moving.to(&place, &version, Reason::Rollback, console)
}

/// A channel that is to be moved, and who signs for it.
struct Moving<'a> {
    args: &'a MovingArgs,
    signer: Signer,
    policy: TrustPolicy,
}

impl<'a> Moving<'a> {
    fn new(args: &'a MovingArgs, console: &mut Console) -> Result<Option<Self>, CliError> {
        let signer = key::signer(&args.signer)?.ok_or(SigningError::NoSigner)?;
        let policy = policy(args.trust.as_deref(), Some(&signer), console)?;
        Ok(policy.map(|policy| Self { args, signer, policy }))
    }

    /// The highest version below that which the channel points to.
    fn before(&self, place: &Opened) -> Result<Result<String, Vec<Refusal>>, CliError> {
        let now = env::now();
        let current = match place.current(&self.args.channel, &self.policy, now, Expiry::Succeeded)? {
            Ok(Some(current)) => current,
            Ok(None) => return Ok(Err(vec![absent(place)])),
            Err(refusals) => return Ok(Err(refusals)),
        };
        let version = &current.followed.pointer.version;
        let mut lower = place.store.versions()?;
        lower.retain(|other| gate::parsed(other).is_some() && gate::parsed(other) < gate::parsed(version));
        let highest = lower.iter().filter_map(|other| gate::parsed(other)).max();
        lower.retain(|other| gate::parsed(other) == highest);
        lower.sort();
        let message = match lower.as_slice() {
            [only] => return Ok(Ok(only.clone())),
            [] => format!("no published release has a version lower than {version}"),
            several => format!(
                "the versions {} differ in build metadata alone, so none of them is the one before; name one with `--to`",
                several.join(", ")
            ),
        };
        Ok(Err(vec![Refusal::new("no-release-before", message)]))
    }

    fn to(&self, place: &Opened, version: &str, reason: Reason, console: &mut Console) -> Result<Exit, CliError> {
        let channel = &self.args.channel;
        let believed = match place.release(&Pin::Version(version.to_owned()), &self.policy, env::now())? {
            Ok(Some(believed)) => believed,
            Ok(None) => {
                let message = format!("version {version} not found at {}", place.store.name());
                return refuse(channel, &[Refusal::new("no-release", message)], console);
            }
            Err(refusals) => return refuse(&format!("{channel} to {version}"), &refusals, console),
        };
        let target = Target { bundle: &believed.bundle, reason, valid_days: self.args.validity.valid_days };
        match move_to(place, channel, &target, &self.policy, &self.signer)? {
            Ok(moved) => {
                console.print(&moved.line())?;
                Ok(Exit::Ok)
            }
            Err(refusals) => refuse(channel, &refusals, console),
        }
    }
}

fn absent(place: &Opened) -> Refusal {
    Refusal::new("no-channel", format!("channel not found at {}", place.store.name()))
}

fn refuse(channel: &str, refusals: &[Refusal], console: &mut Console) -> Result<Exit, CliError> {
    console.tell(&opened::refused(&format!("channel {channel}"), refusals));
    Ok(Exit::PolicyFails)
}

/// To where a channel is moved, and why.
pub(super) struct Target<'a> {
    pub(super) bundle: &'a Bundle,
    pub(super) reason: Reason,
    pub(super) valid_days: Option<u32>,
}

/// Where a channel points now.
pub(super) enum Moved {
    /// It was moved.
    On(Box<Pointer>),
    /// It pointed there already, and still counts.
    Stays(Box<Pointer>),
}

impl Moved {
    pub(super) fn pointer(&self) -> &Pointer {
        match self {
            Self::On(pointer) | Self::Stays(pointer) => pointer,
        }
    }

    pub(super) fn line(&self) -> String {
        let pointer = self.pointer();
        let how = match self {
            Self::On(_) => "points to",
            Self::Stays(_) => "already points to",
        };
        format!(
            "channel {} {how} {} {}, pointer {}, until {}\n",
            pointer.channel, pointer.name, pointer.version, pointer.sequence, pointer.expires_at
        )
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::json!({ "moved": matches!(self, Self::On(_)), "pointer": self.pointer() })
    }
}

/// Moves a channel: a pointer after the one that is there, signed, and put in its place if nobody else did meanwhile.
pub(super) fn move_to(
    place: &Opened,
    channel: &str,
    target: &Target<'_>,
    policy: &TrustPolicy,
    signer: &Signer,
) -> Result<Result<Moved, Vec<Refusal>>, CliError> {
    let now = env::now();
    let before = match place.current(channel, policy, now, Expiry::Succeeded)? {
        Ok(before) => before,
        Err(refusals) => return Ok(Err(refusals)),
    };
    let followed = before.as_ref().map(|current| &current.followed);
    let refusals = out_of_order(target, followed);
    if !refusals.is_empty() {
        return Ok(Err(refusals));
    }
    if let Some(followed) = followed
        && target.reason == Reason::Publish
        && followed.pointer.bundle_digest == target.bundle.digest
        && now < followed.expires_at
    {
        return Ok(Ok(Moved::Stays(Box::new(followed.pointer.clone()))));
    }
    let most = target.bundle.manifest.limits.max_validity_days;
    let valid = target.valid_days.unwrap_or(most);
    if valid > most {
        let message = format!("{valid} days exceed the {most} days that the package allows");
        return Ok(Err(vec![Refusal::new("pointer-validity", message)]));
    }
    // Whole seconds, as people and other tools write times.
    let issued = Instant(now.0.saturating_sub(now.0.rem_euclid(1000)));
    let expires = issued.checked_add(days(valid)).unwrap_or(issued);
    let manifest = &target.bundle.manifest;
    let pointer = Pointer {
        channel: channel.to_owned(),
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        bundle_digest: target.bundle.digest.clone(),
        sequence: followed.map_or(1, |followed| followed.pointer.sequence.saturating_add(1)),
        issued_at: issued.to_string(),
        expires_at: expires.to_string(),
        previous: followed.map(|followed| followed.digest.clone()),
        reason: target.reason,
    };
    let bytes = trust::sign_pointer(&pointer, &target.bundle.file_name(), signer)?;
    let expected = Expected { channel, name: Some(&manifest.name), mark: None, expiry: Expiry::Refused };
    // What whoever follows the channel would refuse is not put there.
    let followed = match trust::follow(&bytes, expected, policy, now) {
        Ok(followed) => followed,
        Err(refusals) => return Ok(Err(refusals)),
    };
    let previous = before.as_ref().map(|current| current.bytes.as_slice());
    place.store.move_channel(channel, previous, &bytes)?;
    place.keep(&Current::new(followed, bytes))?;
    Ok(Ok(Moved::On(Box::new(pointer))))
}

/// Why a channel does not go there from where it is.
fn out_of_order(target: &Target<'_>, before: Option<&Followed>) -> Vec<Refusal> {
    let manifest = &target.bundle.manifest;
    let Some(before) = before.map(|followed| &followed.pointer) else {
        return match target.reason {
            Reason::Rollback => {
                vec![Refusal::new("no-channel", "the channel does not exist, so there is nothing to roll back")]
            }
            Reason::Publish | Reason::Promote => Vec::new(),
        };
    };
    let mut refusals = Vec::new();
    if before.name != manifest.name {
        let message = format!("the channel belongs to the package `{}`, not `{}`", before.name, manifest.name);
        refusals.push(Refusal::new("wrong-package", message));
    }
    let (from, to) = (gate::parsed(&before.version), gate::parsed(&manifest.version));
    match target.reason {
        Reason::Publish | Reason::Promote if manifest.version != before.version => {
            let back = match to < from {
                true => format!("; to go back, run `gatewright channel rollback --to {}`", manifest.version),
                false => String::new(),
            };
            if let Some(how) = gate::not_above(&manifest.version, &before.version) {
                let message =
                    format!("{} is {how} the channel's current release {}{back}", manifest.version, before.version);
                refusals.push(Refusal::new("channel-order", message));
            }
        }
        Reason::Rollback if to >= from => {
            let message =
                format!("{} is not lower than the channel's current release {}", manifest.version, before.version);
            refusals.push(Refusal::new("channel-order", message));
        }
        _ => {}
    }
    refusals
}

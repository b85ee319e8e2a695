//! `gatewright publish`: a bundle that comes up to what its package demands, with statements that are believed, to a place;
//! and a channel on to it.

use std::collections::BTreeSet;

use crate::bundle::{Bundle, Refusal};
use crate::cli::args::{Format, Publish};
use crate::cli::cmd::bundle::rebuild::{Again, Made, again};
use crate::cli::cmd::bundle::shipped::Unlike;
use crate::cli::cmd::bundle::sign::rebuilt;
use crate::cli::cmd::bundle::{opened, statements};
use crate::cli::cmd::key;
use crate::cli::cmd::signing::SigningError;
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::{env, progress};
use crate::registry::{Attachment, Overwrite, Pin, Put, Release};
use crate::text::{Instant, safe};
use crate::trust;
use crate::trust::{Kind, LOCAL_BUILDER, Reason, Signer, Signing, Statements, TrustPolicy};

use super::channel::{Moved, Target, move_to};
use super::error::PublishError;
use super::gate;
use super::place::{Believed, Opened, policy};

pub(in crate::cli) fn run(args: &Publish, console: &mut Console) -> Result<Exit, CliError> {
    let named = args.file.display().to_string();
    let Some((bytes, bundle)) = opened::read_and_open(&args.file, console)? else {
        return Ok(Exit::PolicyFails);
    };
    let signer = key::signer(&args.signer)?;
    if args.channel.is_some() && signer.is_none() {
        return Err(SigningError::NoSigner.into());
    }
    let Some(policy) = policy(args.trust.as_deref(), signer.as_ref(), console)? else {
        return Ok(Exit::CouldNotRun);
    };
    let now = env::now();
    let mut refusals = gate::state(&bundle, commit(args));
    let mut unlike = Unlike::none();
    match again(&bundle, &named, Again::Compiled, console)? {
        Made::Same => {}
        Made::Elsewhere(elsewhere) => {
            console.tell(&opened::note(&named, &elsewhere.to_string()));
            unlike.note(&elsewhere);
        }
        Made::Fails(exit) => return Ok(exit),
        Made::Differs(more) => refusals.extend(more),
    }
    let package = opened::package(&bundle, &named, now)?;
    refusals.extend(gate::evidence(&bundle.manifest.evidence, &package.checked.project.bundle));
    let place = Opened::new(&args.place)?;
    let versions = place.store.versions()?;
    let before = match before(&place, &versions, &bundle, &policy, now)? {
        Ok(before) => Some(before),
        Err(more) => {
            refusals.extend(more);
            None
        }
    };
    if let Some(Before::Lower(before)) = &before {
        refusals.extend(unlike_its_sources(before, &mut unlike, console)?);
        let (before, budget) = (&before.bundle, &args.budget);
        let step = gate::Step { before, after: &bundle, unlike: &unlike, budget, at: now };
        refusals.extend(gate::version(&step, console)?);
    }
    let (Some(before), true) = (before, refusals.is_empty()) else {
        console.tell(&opened::refused(&named, &refusals));
        return Ok(Exit::PolicyFails);
    };
    let statements = match &before {
        // It is there with what was signed for it. Nothing is signed anew, so that doing it again changes nothing; what further
        // signers signed joins it.
        Before::Same(there) => {
            let mut all = statements::beside(&args.file)?;
            all.extend(there.fetched.statements.clone());
            all
        }
        Before::None => match signed(args, &bundle, 1, None, signer.as_ref(), console)? {
            Ok(statements) => statements,
            Err(exit) => return Ok(exit),
        },
        Before::Lower(before) => {
            let sequence = before.sequence().saturating_add(1);
            let parent = Some(before.bundle.digest.as_str());
            match signed(args, &bundle, sequence, parent, signer.as_ref(), console)? {
                Ok(statements) => statements,
                Err(exit) => return Ok(exit),
            }
        }
    };
    // What whoever pulls would refuse is not published.
    let verified = match trust::verify(&bundle, &statements, &policy, now) {
        Ok(verified) => verified,
        Err(refusals) => {
            console.tell(&opened::refused(&named, &refusals));
            return Ok(Exit::PolicyFails);
        }
    };
    let put = keep(args, &place, versions, (&bundle, bytes), &statements)?;
    let target = Target { bundle: &bundle, reason: Reason::Publish, valid_days: args.validity.valid_days };
    let moved = match (&args.channel, &signer) {
        (Some(channel), Some(signer)) => match move_to(&place, channel, &target, &policy, signer)? {
            Ok(moved) => Some(moved),
            Err(refusals) => {
                console.tell(&opened::refused(&format!("channel {channel}"), &refusals));
                return Ok(Exit::PolicyFails);
            }
        },
        _ => None,
    };
    let text = said(args.output.format, &place, &bundle, verified.release.sequence, &put, moved.as_ref());
    console.print(&text)?;
    Ok(Exit::Ok)
}

fn commit(args: &Publish) -> gate::Commit {
    match args.allow_no_commit {
        true => gate::Commit::Waived,
        false => gate::Commit::Needed,
    }
}

/// What a place has of the package already.
enum Before {
    None,
    /// This very bundle.
    Same(Box<Believed>),
    /// The highest version, which is lower.
    Lower(Box<Believed>),
}

/// The release before: releases of a place are a line, each with a higher version than the one before. Build metadata has no say.
fn before(
    place: &Opened,
    versions: &[String],
    bundle: &Bundle,
    policy: &TrustPolicy,
    now: Instant,
) -> Result<Result<Before, Vec<Refusal>>, CliError> {
    let refuse = |code, message: String| Ok(Err(vec![Refusal::new(code, message)]));
    let own = &bundle.manifest.version;
    if versions.iter().any(|version| version == own) {
        let there = match place.release(&Pin::Version(own.clone()), policy, now)? {
            Ok(there) => there,
            Err(refusals) => return Ok(Err(refusals)),
        };
        return match there {
            Some(there) if there.bundle.digest == bundle.digest => Ok(Ok(Before::Same(Box::new(there)))),
            Some(there) => refuse(
                "version-taken",
                format!("version {own} is already published with a different bundle, {}", there.bundle.digest),
            ),
            None => refuse("version-taken", format!("version {own} is listed but not found")),
        };
    }
    let highest = versions.iter().filter_map(|version| gate::parsed(version)).max();
    let mut before: Option<Box<Believed>> = None;
    // Earlier versions of this tool let several of the same precedence in. The one with the highest number is the last.
    for version in versions.iter().filter(|version| highest.is_some() && gate::parsed(version) == highest) {
        if let Some(message) = gate::not_above(own, version) {
            return refuse("version-order", format!("version {own} is {message} the published version {version}"));
        }
        match one_before(place, version, bundle, policy, now)? {
            Ok(one) if before.as_ref().is_some_and(|other| other.sequence() > one.sequence()) => {}
            Ok(one) => before = Some(Box::new(one)),
            Err(refusals) => return Ok(Err(refusals)),
        }
    }
    Ok(Ok(before.map_or(Before::None, Before::Lower)))
}

/// A published release that the next one follows.
fn one_before(
    place: &Opened,
    version: &str,
    bundle: &Bundle,
    policy: &TrustPolicy,
    now: Instant,
) -> Result<Result<Believed, Vec<Refusal>>, CliError> {
    let refuse = |code, message: String| Ok(Err(vec![Refusal::new(code, message)]));
    Ok(match place.release(&Pin::Version(version.to_owned()), policy, now)? {
        Ok(Some(before)) if before.bundle.manifest.name != bundle.manifest.name => {
            let name = &before.bundle.manifest.name;
            return refuse("wrong-package", format!("the location contains releases of another package, `{name}`"));
        }
        Ok(Some(before)) => Ok(before),
        Ok(None) => return refuse("version-order", format!("version {version} is listed but not found")),
        Err(mut refusals) => {
            let message =
                format!("the previous release, {version}, is not trusted; pass a trust policy with `--trust`");
            refusals.push(Refusal::new("release-before", message));
            Err(refusals)
        }
    })
}

/// Why what changed since a release cannot be known: it ships something else than its sources give.
fn unlike_its_sources(before: &Believed, unlike: &mut Unlike, console: &mut Console) -> Result<Vec<Refusal>, CliError> {
    let (name, version) = (&before.bundle.manifest.name, &before.bundle.manifest.version);
    let named = format!("{name} {version}");
    Ok(match again(&before.bundle, &named, Again::Compiled, console)? {
        Made::Same => Vec::new(),
        Made::Elsewhere(elsewhere) => {
            console.tell(&opened::note(&named, &elsewhere.to_string()));
            unlike.note(&elsewhere);
            Vec::new()
        }
        Made::Fails(_) => vec![Refusal::new("release-before", format!("the sources of {named} have errors"))],
        Made::Differs(refusals) => {
            let why = refusals.iter().map(|refusal| refusal.message.clone());
            let why = why.collect::<Vec<_>>().join("; ");
            vec![Refusal::new("release-before", format!("{named} differs from what its sources produce: {why}"))]
        }
    })
}

/// The statements beside the bundle where they are those of this release, else signed now, after it was rebuilt, and written there.
/// How the run ends where it is not what its sources give.
fn signed(
    args: &Publish,
    bundle: &Bundle,
    sequence: u64,
    parent: Option<&str>,
    signer: Option<&Signer>,
    console: &mut Console,
) -> Result<Result<Statements, Exit>, CliError> {
    let mut present = statements::beside(&args.file)?;
    let is_said = trust::release_said(&present) == Some((sequence, parent.map(str::to_owned)));
    let missing = |kind: Kind| !present.contains_key(kind.name());
    let kinds: Vec<Kind> =
        Kind::BESIDE.into_iter().filter(|kind| missing(*kind) || (*kind == Kind::Release && !is_said)).collect();
    if kinds.is_empty() {
        return Ok(Ok(present));
    }
    let Some(signer) = signer else {
        return Err(PublishError::NotSigned { sequence, parent: parent.map(str::to_owned) }.into());
    };
    if !is_said {
        // Statements of another release would contradict this one's.
        present.retain(|kind, _| kind != Kind::Release.name() && !kind.starts_with("release."));
    }
    let named = args.file.display().to_string();
    let rebuilt = match rebuilt(bundle, &named, &args.release, &args.budget, console)? {
        Ok(rebuilt) => rebuilt,
        Err(exit) => return Ok(Err(exit)),
    };
    let signing = Signing {
        rebuilt,
        sequence,
        parent,
        builder: args.release.builder.as_deref().unwrap_or(LOCAL_BUILDER),
        invocation: args.release.invocation.as_deref(),
        kinds: &kinds,
    };
    let signed = trust::sign(bundle, signing, signer, &present)?;
    present.extend(signed);
    statements::replace(&args.file, &present)?;
    Ok(Ok(present))
}

/// Puts the release where it is kept.
fn keep(
    args: &Publish,
    place: &Opened,
    versions: Vec<String>,
    (bundle, bytes): (&Bundle, Vec<u8>),
    statements: &Statements,
) -> Result<Put, CliError> {
    let manifest = &bundle.manifest;
    let attachments = statements.iter().filter_map(|(kind, bytes)| {
        let is_of = |known: &Kind| kind.split('.').next() == Some(known.name());
        let known = Kind::BESIDE.into_iter().find(is_of)?;
        let attachment = Attachment { predicate_type: known.predicate_type().to_owned(), bytes: bytes.clone() };
        Some((kind.clone(), attachment))
    });
    let release = Release {
        version: manifest.version.clone(),
        file: bundle.file_name(),
        bundle: bytes,
        revision: manifest.git.as_ref().map(|git| git.commit.clone()),
        statements: attachments.collect(),
        seen: BTreeSet::from_iter(versions),
    };
    let overwrite = match args.force_tag {
        true => Overwrite::ForceTag,
        false => Overwrite::Never,
    };
    let put = progress::transfer(&format!("publishing to {}", place.store.name()), |progress| {
        place.store.put(&release, overwrite, progress)
    })?;
    Ok(put)
}

fn said(format: Format, place: &Opened, bundle: &Bundle, sequence: u64, put: &Put, moved: Option<&Moved>) -> String {
    let manifest = &bundle.manifest;
    let (pinned, new) = match put {
        Put::New(pinned) => (pinned, true),
        Put::Known(pinned) => (pinned, false),
    };
    if format == Format::Json {
        let value = serde_json::json!({
            "format": 1,
            "place": place.store.name(),
            "name": manifest.name,
            "version": manifest.version,
            "digest": bundle.digest,
            "pinned": pinned,
            "new": new,
            "release": sequence,
            "channel": moved.map(Moved::json),
        });
        return safe::json(&value);
    }
    let how = if new { "published" } else { "is already published" };
    let mut text = format!(
        "{} {} {how} at {}, release {sequence}\n{}\npinned as {pinned}\n",
        manifest.name,
        manifest.version,
        place.store.name(),
        bundle.digest
    );
    text.extend(moved.map(Moved::line));
    text
}

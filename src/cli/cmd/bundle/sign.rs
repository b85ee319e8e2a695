//! `gatewright bundle sign`: the statements about a bundle, written beside it.

use crate::bundle::Bundle;
use crate::cli::args::{BudgetArgs, BundleSign, ReleaseArgs, StatementArg};
use crate::cli::cmd::key;
use crate::cli::cmd::signing::SigningError;
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::trust;
use crate::trust::{Kind, LOCAL_BUILDER, Rebuilt, Signing};

use super::rebuild::{Again, Made, again};
use super::{opened, statements};

pub(super) fn run(args: &BundleSign, console: &mut Console) -> Result<Exit, CliError> {
    let signer = key::signer(&args.signer)?.ok_or(SigningError::NoSigner)?;
    let Some((_, bundle)) = opened::read_and_open(&args.file, console)? else {
        return Ok(Exit::PolicyFails);
    };
    let present = statements::beside(&args.file)?;
    let kinds: Vec<Kind> = args.release.statements.iter().map(|statement| kind(*statement)).collect();
    let (sequence, parent) = numbered(&args.release, trust::release_said(&present))?;
    let named = args.file.display().to_string();
    let rebuilt = match rebuilt(&bundle, &named, &args.release, &args.budget, console)? {
        Ok(rebuilt) => rebuilt,
        Err(exit) => return Ok(exit),
    };
    let signing = Signing {
        rebuilt,
        sequence,
        parent: parent.as_deref(),
        builder: args.release.builder.as_deref().unwrap_or(LOCAL_BUILDER),
        invocation: args.release.invocation.as_deref(),
        kinds: &kinds,
    };
    let signed = trust::sign(&bundle, signing, &signer, &present)?;
    let written = statements::write(&args.file, &signed)?;
    let mut text = String::new();
    for path in written {
        text.push_str(&format!("{}\n", path.display()));
    }
    text.push_str(&format!(
        "signed {} {}, release {sequence}, {}, with the key {}\n",
        bundle.manifest.name,
        bundle.manifest.version,
        match rebuilt {
            Rebuilt::Yes => "rebuilt from its sources",
            Rebuilt::No => "not rebuilt",
        },
        signer.public().id()
    ));
    console.print(&text)?;
    Ok(Exit::Ok)
}

/// What whoever signs knows of a bundle: it is made again, unless that is waived, and then only compiled. How the run ends where it
/// is not what its sources give, which is told.
pub(in crate::cli::cmd) fn rebuilt(
    bundle: &Bundle,
    named: &str,
    args: &ReleaseArgs,
    budget: &BudgetArgs,
    console: &mut Console,
) -> Result<Result<Rebuilt, Exit>, CliError> {
    let what = match args.no_rebuild {
        true => Again::Compiled,
        false => Again::Whole(budget),
    };
    Ok(match again(bundle, named, what, console)? {
        Made::Same if args.no_rebuild => Ok(Rebuilt::No),
        Made::Same => Ok(Rebuilt::Yes),
        Made::Elsewhere(elsewhere) => {
            console.tell(&opened::note(named, &elsewhere.to_string()));
            Ok(Rebuilt::No)
        }
        Made::Fails(exit) => Err(exit),
        Made::Differs(refusals) => {
            console.tell(&opened::refused(named, &refusals));
            if refusals.iter().any(|refusal| refusal.code == "rebuild-version") {
                console
                    .tell("help: sign it with the version that built it, or sign without a rebuild: `--no-rebuild`\n");
            }
            Err(Exit::PolicyFails)
        }
    })
}

/// The kind of statement that an argument names.
pub(in crate::cli::cmd) fn kind(argument: StatementArg) -> Kind {
    match argument {
        StatementArg::Release => Kind::Release,
        StatementArg::Provenance => Kind::Provenance,
        StatementArg::Evidence => Kind::Evidence,
    }
}

/// Which release it is: as asked for, as whoever signed before said, or the first.
fn numbered(args: &ReleaseArgs, said: Option<(u64, Option<String>)>) -> Result<(u64, Option<String>), SigningError> {
    let (sequence, parent) = match (args.sequence, said) {
        (Some(sequence), _) => (sequence, args.parent.clone()),
        (None, _) if args.parent.is_some() => {
            return Err(SigningError::Release { message: "`--parent` needs `--sequence`" });
        }
        (None, Some(said)) => said,
        (None, None) => (1, None),
    };
    match (sequence, &parent) {
        (1, Some(_)) => Err(SigningError::Release { message: "the first release cannot have a parent" }),
        (2.., None) => Err(SigningError::Release { message: "a release after the first needs a parent" }),
        _ => Ok((sequence, parent)),
    }
}

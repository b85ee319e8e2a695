//! `gatewright diff`: two states of a package compared, and who gains and loses which access by it.

use std::path::Path;

use crate::cli::args::{Diff, Format, Output};
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::{env, progress};
use crate::pipeline::Shard;
use crate::report::diff::{Mode, Review};
use crate::semdiff::{Asserted, Gate};
use crate::{load, pipeline, report};

use super::compared::Compared;
use super::{compared, saved};

pub(in crate::cli) fn run(args: &Diff, console: &mut Console) -> Result<Exit, CliError> {
    let output = args.output.asked();
    output.clear()?;
    let (old, new) = compared::named("diff", &args.compared)?;
    let (part, of) = args.shard;
    let shard = Shard { part, of };
    let Some(compared) = compared::compare((&old, &new), &args.compared, shard, output, console)? else {
        return Ok(Exit::CouldNotRun);
    };
    let (before, after) = (&compared.before, &compared.after);
    let difference = &compared.difference;
    // Of which less is proved has to be declared.
    let asserted = match args.gate || args.declare {
        true => Some(asserted(&compared)?),
        false => None,
    };
    let declared = pipeline::declared(&before.loaded, &after.loaded, difference, asserted.as_ref(), compared.at);
    let review = Review {
        declared: &declared,
        mode: if args.gate { Mode::Gated } else { Mode::Shown },
        asserted: asserted.as_ref().filter(|_| args.gate),
    };
    show(&compared, review, output, console)?;
    if let Some(folder) = &args.save {
        let scenarios = report::diff::scenarios(difference, compared.at);
        for one in &scenarios.saved {
            saved::write(folder, one)?;
        }
        if scenarios.left_out > 0 {
            let (count, saved) = (scenarios.left_out, scenarios.saved.len());
            let examples = if count == 1 { "example is" } else { "examples are" };
            console.tell(&format!(
                "note: {saved} saved; {count} {examples} left out: only the old side accepts the request, or the gateway issues it\n"
            ));
        }
    }
    let mut said = String::new();
    if let Some(caution) = compared.caution() {
        said.push_str(&format!("warning: {caution}\n"));
    }
    if args.declare {
        let review = Review { asserted: asserted.as_ref(), ..review };
        said.push_str(&declare(&new.folder, &compared, review)?);
    }
    if output.format == Format::Human {
        if let Some(verdict) = review.verdict() {
            let drawn = after.human(&declared.refusals(), console.style());
            if !drawn.is_empty() {
                said.push_str(&format!("\n{drawn}"));
            }
            said.push_str(&format!("{verdict}\n"));
        }
        console.print(&said)?;
    } else if args.declare {
        // Standard output is for programs, or a comment that somebody will post.
        console.tell(&said);
    }
    Ok(match args.gate {
        true => gated(review.gate()),
        false => Exit::Ok,
    })
}

/// Shows a difference as a report.
pub(super) fn show(
    compared: &Compared,
    review: Review<'_>,
    output: Output<'_>,
    console: &mut Console,
) -> Result<(), CliError> {
    let (difference, sides) = (&compared.difference, compared.sides());
    let rendered = |format| match format {
        Format::Markdown => report::diff::markdown(difference, review, sides),
        Format::Json => report::diff::json(difference, review, sides),
        Format::Github => report::diff::annotations(difference, review, sides),
        _ => report::diff::human(difference, review, sides),
    };
    let text = rendered(output.format);
    match output.format {
        Format::Github => console.print_exactly(&text)?,
        _ => console.print(&text)?,
    }
    output.write(rendered, console)
}

/// Whether the new side keeps what it asserts.
fn asserted(compared: &Compared) -> Result<Asserted, CliError> {
    let (before, after) = (&compared.before, &compared.after);
    let found = compared.found.as_ref();
    let options = found.map(|found| compared.budget.whole(found.engine.as_ref(), compared.at));
    let asserted = progress::counted("proving the assertions of the new side", |progress| {
        let sides = [before, after].map(|side| (&side.loaded, &side.checked));
        let [old, new] = sides;
        pipeline::asserted(old, new, &compared.difference.kept, options, progress)
    })?;
    Ok(asserted)
}

fn gated(gate: Gate) -> Exit {
    match gate {
        Gate::Passes => Exit::Ok,
        Gate::Fails => Exit::PolicyFails,
        Gate::NotProved => Exit::NotProved,
    }
}

/// Writes what is not declared into the package's `changes/`, and says what it did.
fn declare(folder: &Path, compared: &Compared, review: Review<'_>) -> Result<String, CliError> {
    if !env::is_taken(&folder.join("gatewright.toml")) {
        return Err(CliError::NoFolder { path: folder.to_owned() });
    }
    let sources = &compared.after.loaded.sources;
    let history = review.declared.history.iter().map(|file| sources.name(*file));
    let history: Vec<&str> = history.collect();
    let mut said = String::new();
    for stub in report::diff::stubs(&compared.difference, review) {
        // What was declared and merged before has the name for good; what waits to be filled in is the same finding's.
        let names = std::iter::once(String::new()).chain((2_u32..).map(|number| format!("-{number}")));
        let mut names = names.map(|number| format!("changes/{}{number}.yaml", stub.stem));
        let Some(name) = names.find(|name| !history.contains(&name.as_str())) else {
            continue;
        };
        let path = folder.join(&name);
        let shown = path.display();
        if env::is_taken(&path) {
            said.push_str(&format!("kept existing {shown}\n"));
            continue;
        }
        load::write_atomic(&path, stub.text.as_bytes())?;
        said.push_str(&format!("wrote {shown}: fill in `because` and `owner`\n"));
    }
    if said.is_empty() {
        said.push_str(match review.declared.is_unsure {
            true => "no known change is left to declare\n",
            false => "no changes to declare\n",
        });
    }
    Ok(said)
}

//! What `diff` and `bump` share: two states of a package named, checked and compared.

use std::path::{Path, PathBuf};

use crate::analysis::solver;
use crate::cli::args::{BudgetArgs, ComparedArgs, Format, LintArgs, Output, PackageArgs};
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::{env, progress};
use crate::load::LoadError;
use crate::pipeline::{DiffOptions, Shard};
use crate::report::diff::Sides;
use crate::semdiff::Difference;
use crate::text::Instant;
use crate::{load, pipeline};

use super::budget::{Budget, budget};
use super::package::{Package, here};

/// Two states compared.
pub(super) struct Compared {
    pub(super) before: Package,
    pub(super) after: Package,
    pub(super) difference: Difference,
    /// Today, as the arguments say.
    pub(super) at: Instant,
    /// The solver, if there is one.
    pub(super) found: Option<solver::Found>,
    /// What is left of what proofs may take.
    pub(super) budget: Budget,
    title: String,
    labels: [String; 2],
    roots: [String; 2],
}

impl Compared {
    /// What is to be said of the solver.
    pub(super) fn caution(&self) -> Option<String> {
        self.found.as_ref().and_then(solver::Found::caution)
    }

    /// The two sides as reports name them.
    pub(super) fn sides(&self) -> Sides<'_> {
        let ([old, new], [old_root, new_root]) = (&self.labels, &self.roots);
        Sides {
            package: &self.title,
            old,
            new,
            old_files: self.before.files(old_root),
            new_files: self.after.files(new_root),
        }
    }
}

/// How the reader knows the two sides.
pub(super) struct Labels {
    pub(super) title: String,
    pub(super) old: String,
    pub(super) new: String,
}

/// With what two packages are compared.
pub(super) struct With<'a> {
    /// Today, as the arguments say.
    pub(super) at: Instant,
    pub(super) budget: &'a BudgetArgs,
    pub(super) shard: Shard,
    /// How faults are shown.
    pub(super) output: Output<'a>,
}

/// Compares two states. `None` where one of them has faults, which are shown.
pub(super) fn compare(
    (old, new): (&State, &State),
    args: &ComparedArgs,
    shard: Shard,
    output: Output<'_>,
    console: &mut Console,
) -> Result<Option<Compared>, CliError> {
    let with = With { at: args.at.unwrap_or_else(env::today), budget: &args.budget, shard, output };
    let labels = |after: &Package| Labels { title: new.title(after), old: old.label(), new: new.label() };
    match old.check(args) {
        Err(CliError::Load(LoadError::NotInRevision { .. })) => {
            let after = new.check(args)?;
            let labels = labels(&after);
            initial(after, labels, &with, console)
        }
        before => {
            let (before, after) = (before?, new.check(args)?);
            let labels = labels(&after);
            packages(before, after, labels, &with, console)
        }
    }
}

/// A package that the old side does not have. `None` where it has faults, which are shown.
fn initial(
    after: Package,
    labels: Labels,
    with: &With<'_>,
    console: &mut Console,
) -> Result<Option<Compared>, CliError> {
    if faults(&after, with.output, console)? {
        return Ok(None);
    }
    let before = after.nothing(with.at);
    let difference = pipeline::initial((&before.loaded, &before.checked), (&after.loaded, &after.checked));
    Ok(Some(Compared {
        difference,
        at: with.at,
        found: solver::find(&env::solver_places())?,
        budget: budget(with.budget),
        title: labels.title,
        labels: [labels.old, labels.new],
        roots: [before.root(), after.root()],
        before,
        after,
    }))
}

/// Compares two packages. `None` where one of them has faults, which are shown.
pub(super) fn packages(
    mut before: Package,
    after: Package,
    labels: Labels,
    with: &With<'_>,
    console: &mut Console,
) -> Result<Option<Compared>, CliError> {
    let roles = after.checked.project.roles;
    let mut own_form = None;
    if before.checked.project.roles != roles && !before.faults().has_errors() {
        own_form = Some(before.checked.lowered.clone());
        before.in_form(roles, with.at);
    }
    let faulty = [&before, &after].map(|package| faults(package, with.output, console));
    for faulty in faulty {
        if faulty? {
            return Ok(None);
        }
    }
    // Without one, what needs no solver is compared all the same; what does is unknown, and said to be.
    let found = solver::find(&env::solver_places())?;
    let budget = budget(with.budget);
    let difference = progress::counted(&format!("comparing {}", labels.title), |progress| {
        let options = DiffOptions {
            solver: found.as_ref().map(|found| found.engine.as_ref()),
            cache: &budget.cache,
            limits: budget.limits,
            deadline: budget.deadline,
            shard: with.shard,
            at: with.at,
            own_form: own_form.as_ref(),
            progress,
        };
        pipeline::diff((&before.loaded, &before.checked), (&after.loaded, &after.checked), &options)
    })?;
    Ok(Some(Compared {
        difference,
        at: with.at,
        found,
        budget,
        title: labels.title,
        labels: [labels.old, labels.new],
        roots: [before.root(), after.root()],
        before,
        after,
    }))
}

/// Shows the faults of a side; whether there are any.
fn faults(package: &Package, output: Output<'_>, console: &mut Console) -> Result<bool, CliError> {
    let faults = package.faults();
    if !faults.has_errors() {
        return Ok(false);
    }
    match output.format {
        Format::Markdown => {
            // Standard output is a comment that somebody will post.
            console.tell(&package.human(&faults, console.error_style()));
            package.report(&faults, output, console)?;
        }
        _ => {
            package.show(&faults, output, console)?;
        }
    }
    Ok(true)
}

/// One of the two states.
pub(super) struct State {
    pub(super) folder: PathBuf,
    /// `None`: as it is on disk.
    pub(super) revision: Option<String>,
    label: Option<String>,
    /// Whether the arguments name the folder.
    is_named: bool,
}

impl State {
    fn check(&self, args: &ComparedArgs) -> Result<Package, CliError> {
        let package = PackageArgs::of(Some(self.folder.clone()), args.at, self.revision.clone());
        let mut package = Package::check(&package, &LintArgs::default())?;
        if !self.is_named {
            package.call_by_its_name(self.revision.as_deref());
        }
        Ok(package)
    }

    /// What reports call the package.
    fn title(&self, package: &Package) -> String {
        match self.is_named {
            true => self.folder.display().to_string(),
            false => package.own_name(),
        }
    }

    /// What reports call it.
    fn label(&self) -> String {
        match (&self.label, &self.revision) {
            (Some(label), _) => label.clone(),
            (None, Some(revision)) => revision.clone(),
            (None, None) => "the working tree".to_owned(),
        }
    }
}

/// The two states that the arguments of a verb name.
pub(super) fn named(verb: &'static str, args: &ComparedArgs) -> Result<(State, State), CliError> {
    let on_disk = |folder: &Path, label: Option<String>, is_named| State {
        folder: folder.to_owned(),
        revision: None,
        label,
        is_named,
    };
    if let (Some(from), Some(to)) = (&args.from, &args.to) {
        let label = |folder: &Path| Some(folder.display().to_string());
        return Ok((on_disk(from, label(from), true), on_disk(to, label(to), true)));
    }
    let (revisions, folder, is_named) = match args.what.as_slice() {
        [old, new] if env::is_folder(Path::new(old)) && load::commit_of(Path::new(new), old).is_err() => {
            return Err(CliError::TwoFolders { verb, old: old.clone(), new: PathBuf::from(new) });
        }
        [old, new] if !env::is_taken(Path::new(new)) && are_revisions([old, new]) => {
            return Err(CliError::TwoRevisions { verb, old: old.clone(), new: new.clone() });
        }
        [revisions, folder] => (revisions.as_str(), PathBuf::from(folder), true),
        [] => ("HEAD", here()?, false),
        [folder] if env::is_taken(Path::new(folder)) => ("HEAD", PathBuf::from(folder), true),
        // What is there is a folder, and all else a revision of the package here, if there is one.
        [word] => match here() {
            Ok(folder) => (word.as_str(), folder, false),
            Err(error) if word.contains("..") => return Err(error),
            Err(_) => ("HEAD", PathBuf::from(word), true),
        },
        _ => {
            return Err(CliError::Package { message: "`diff` compares one package" });
        }
    };
    let at = |revision: &str| State {
        folder: folder.clone(),
        revision: Some(match revision {
            "" => "HEAD".to_owned(),
            revision => revision.to_owned(),
        }),
        label: None,
        is_named,
    };
    // No name of a revision holds two dots.
    if let Some((old, new)) = revisions.split_once("...") {
        let (old, new) = (at(old), at(new));
        let names = [&old, &new].map(State::label);
        let [one, other] = &names;
        let base = load::merge_base(&folder, one, other)?;
        let short = base.get(..12).unwrap_or(&base).to_owned();
        let old =
            State { label: Some(format!("{short} (merge base of {one} and {other})")), revision: Some(base), ..old };
        return Ok((old, new));
    }
    Ok(match revisions.split_once("..") {
        Some((old, new)) => (at(old), at(new)),
        None => (at(revisions), on_disk(&folder, None, is_named)),
    })
}

/// Whether two words name revisions of the repository here.
fn are_revisions(words: [&str; 2]) -> bool {
    words.iter().all(|word| load::commit_of(Path::new("."), word).is_ok())
}

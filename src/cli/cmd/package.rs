//! What check, lint, build and test share: the package named by the arguments, checked, and its diagnostics shown.

use std::path::{Path, PathBuf};

use crate::bundle::{Bundle, Refusal, SOURCE};
use crate::cli::args::{Format, LintArgs, Output, PackageArgs};
use crate::cli::console::{Console, Detail};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::{env, progress};
use crate::config::{Level, Project, Roles};
use crate::diag::{Diagnostics, did_you_mean};
use crate::lint::Lint;
use crate::load::{CedarInput, PackageFiles};
use crate::pipeline::Checked;
use crate::report::{Files, Style};
use crate::scenario::RunReport;
use crate::text::Instant;
use crate::{lint, load, pipeline, report};

/// A package that was read and checked.
pub(super) struct Package {
    pub(super) loaded: PackageFiles,
    pub(super) checked: Checked,
    /// The folder, or the first file, as the user named it; the package's name where it was left out.
    pub(super) named: String,
}

impl Package {
    /// Reads and checks what the arguments name.
    pub(super) fn check(args: &PackageArgs, lints: &LintArgs) -> Result<Self, CliError> {
        let paths = match args.package.as_slice() {
            [] => vec![here()?],
            named => named.to_owned(),
        };
        let path = paths.first().map(|path| path.display().to_string()).unwrap_or_default();
        let named = match &args.at_rev {
            Some(revision) => format!("{path} at {revision}"),
            None => path,
        };
        progress::during(&format!("checking {named}"), || {
            let mut loading = Diagnostics::new();
            let loaded = read(&paths, args, &mut loading)?;
            let mut package =
                Self { checked: pipeline::check(&loaded, &options(args, lints)?, loading), loaded, named };
            if !package.faults().has_errors() {
                let data = pipeline::check_entities(&package.loaded, &package.checked)?;
                package.checked.diagnostics.extend(data);
            }
            if args.package.is_empty() {
                package.call_by_its_name(args.at_rev.as_deref());
            }
            Ok(package)
        })
    }

    /// The name in `gatewright.toml`; the folder's where it has none that can be read.
    pub(super) fn own_name(&self) -> String {
        match &self.checked.project.name {
            name if *name == Project::default_for_cedar().name => env::real_name(&self.loaded.root),
            name => name.clone(),
        }
    }

    /// Calls a package that the arguments did not name by its own name.
    pub(super) fn call_by_its_name(&mut self, revision: Option<&str>) {
        let name = self.own_name();
        self.named = match revision {
            Some(revision) => format!("{name} at {revision}"),
            None => name,
        };
    }

    /// The package that a bundle carries, checked as on some day. Its files are named below the bundle's own name.
    pub(super) fn carried(bundle: &Bundle, named: &str, at: Instant) -> Result<Self, Refusal> {
        let mut loading = Diagnostics::new();
        let mut loaded = pipeline::carried(bundle, &mut loading)?;
        loaded.root = format!("{named}/{SOURCE}").into();
        Ok(Self::of(loaded, loading, named, at))
    }

    /// The policies that a bundle ships, as a package of Cedar alone, with the contract that it ships, whatever its sources are.
    pub(super) fn shipped(bundle: &Bundle, named: &str, at: Instant) -> Result<Self, Refusal> {
        let mut loading = Diagnostics::new();
        let mut loaded = pipeline::shipped(bundle, &mut loading)?;
        loaded.root = named.into();
        let mut package = Self::of(loaded, loading, named, at);
        package.checked.lowered.contract = pipeline::shipped_contract(bundle)?;
        Ok(package)
    }

    /// A package that was read, checked as on some day.
    pub(super) fn of(loaded: PackageFiles, loading: Diagnostics, named: &str, at: Instant) -> Self {
        progress::during(&format!("checking {named}"), || {
            let options = pipeline::Options { at, levels: Vec::new(), roles: None };
            let checked = pipeline::check(&loaded, &options, loading);
            Self { loaded, checked, named: named.to_owned() }
        })
    }

    /// What a package is compared with where it was not yet: one with the same settings and nothing in it.
    pub(super) fn nothing(&self, at: Instant) -> Self {
        let settings = self.loaded.config.map_or("", |file| self.loaded.sources.text(file));
        let loaded = PackageFiles::in_memory([("gatewright.toml", settings)], &mut Diagnostics::new());
        Self::of(loaded, Diagnostics::new(), &self.named, at)
    }

    /// The same package lowered in another form of roles, to be compared with one that is.
    pub(super) fn in_form(&mut self, roles: Roles, at: Instant) {
        let options = pipeline::Options { at, levels: Vec::new(), roles: Some(roles) };
        self.checked = pipeline::check(&self.loaded, &options, Diagnostics::new());
    }

    /// What is wrong with the package itself. Findings of lints keep no test from running: they are how a policy that
    /// works may still be a bad one.
    pub(super) fn faults(&self) -> Diagnostics {
        Self::faults_in(&self.checked.diagnostics)
    }

    /// The faults among what was found.
    pub(super) fn faults_in(found: &Diagnostics) -> Diagnostics {
        let all = found.iter().cloned();
        all.filter(|found| lint::find(found.code.as_str()).is_none()).collect()
    }

    /// What of it concerns the decisions: the rest is no reason not to test them.
    pub(super) fn faults_of_policy(&self) -> Diagnostics {
        let beside: Vec<_> = self.checked.beside_the_policy(&self.loaded).collect();
        let all = self.faults().into_iter();
        all.filter(|found| !beside.contains(&found)).collect()
    }

    /// Adds what is wrong with declared changes and with suites. They have no say in what the policy decides, so that only
    /// `check` fails by them.
    pub(super) fn read_beside(&mut self) -> Result<(), CliError> {
        Ok(pipeline::beside(&self.loaded, &mut self.checked)?)
    }

    /// The package's folder as the user named it; empty for files named one by one.
    pub(super) fn root(&self) -> String {
        self.loaded.root.display().to_string()
    }

    /// The package's texts, to be named from where the user stands.
    pub(super) fn files<'a>(&'a self, root: &'a str) -> Files<'a> {
        Files { sources: &self.loaded.sources, root }
    }

    /// Shows diagnostics of this package, and writes them into the reports.
    pub(super) fn show<'a>(
        &self,
        diagnostics: &Diagnostics,
        output: impl Into<Output<'a>>,
        console: &mut Console,
    ) -> Result<Exit, CliError> {
        let output = output.into();
        let style = console.style();
        let text = match (output.format, console.detail()) {
            (Format::Human, Detail::Failures) => self.failures(diagnostics, style),
            (format, _) => self.rendered(diagnostics, format, style),
        };
        match output.format {
            Format::Github => console.print_exactly(&text)?,
            _ => console.print(&text)?,
        }
        self.report(diagnostics, output, console)?;
        Ok(if diagnostics.has_errors() { Exit::PolicyFails } else { Exit::Ok })
    }

    /// Writes diagnostics of this package into the reports.
    pub(super) fn report(
        &self,
        diagnostics: &Diagnostics,
        output: Output<'_>,
        console: &mut Console,
    ) -> Result<(), CliError> {
        output.write(|format| self.rendered(diagnostics, format, Style::PLAIN), console)
    }

    /// Errors for people, and how much was found.
    fn failures(&self, diagnostics: &Diagnostics, style: Style) -> String {
        if diagnostics.is_empty() {
            return String::new();
        }
        let root = self.root();
        let errors: Diagnostics = diagnostics.iter().filter(|one| one.is_error()).cloned().collect();
        let drawn = match errors.is_empty() {
            true => String::new(),
            false => format!("{}\n", report::diagnostics(&errors, self.files(&root), style)),
        };
        format!("{drawn}{}: {}\n", report::printable(&self.named), report::summary(diagnostics))
    }

    fn rendered(&self, diagnostics: &Diagnostics, format: Format, style: Style) -> String {
        let root = self.root();
        let files = self.files(&root);
        match format {
            Format::Human if diagnostics.is_empty() => String::new(),
            Format::Human => self.human(diagnostics, style),
            Format::Json => report::json(diagnostics, files),
            Format::Github => report::annotations(diagnostics, files),
            Format::Markdown => report::markdown(diagnostics, files),
            Format::Sarif => report::sarif(diagnostics, files),
            Format::Junit => {
                // A run that could not start is one that failed.
                let faults = diagnostics.iter().filter(|one| one.is_error()).cloned().collect();
                report::results::junit(&RunReport { faults, ..RunReport::default() }, files)
            }
            // No test ran, so that nothing was measured.
            Format::Lcov | Format::Cobertura | Format::Annotated => String::new(),
        }
    }

    /// Diagnostics of this package for people, and how many there are.
    pub(super) fn human(&self, diagnostics: &Diagnostics, style: Style) -> String {
        if diagnostics.is_empty() {
            return String::new();
        }
        let root = self.root();
        let all = report::diagnostics(diagnostics, self.files(&root), style);
        let named = report::printable(&self.named);
        format!("{all}\n{named}: {}\n", report::summary(diagnostics))
    }
}

/// What a check depends on besides the files, as the arguments say.
pub(super) fn options(args: &PackageArgs, lints: &LintArgs) -> Result<pipeline::Options, CliError> {
    Ok(pipeline::Options { at: args.at.unwrap_or_else(env::today), levels: levels(lints)?, roles: None })
}

/// The package that contains the current folder.
pub(super) fn here() -> Result<PathBuf, CliError> {
    env::package_here().ok_or(CliError::NoPackage)
}

fn read(paths: &[PathBuf], args: &PackageArgs, out: &mut Diagnostics) -> Result<PackageFiles, CliError> {
    let is_cedar = |path: &Path| path.extension().is_some_and(|extension| extension == "cedar");
    if paths.iter().all(|path| is_cedar(path)) {
        if args.at_rev.is_some() {
            return Err(CliError::Package { message: "`--at-rev` reads a package folder, not `.cedar` files" });
        }
        let input = CedarInput {
            policies: paths,
            schema: args.schema.as_deref(),
            entities: args.entities.as_deref(),
            links: args.links.as_deref(),
        };
        return Ok(load::load_cedar(input, out)?);
    }
    match paths {
        [folder] if args.schema.is_none() && args.entities.is_none() && args.links.is_none() => {
            Ok(match &args.at_rev {
                Some(revision) => load::load_revision(folder, revision, out)?,
                None => load::load_package(folder, out)?,
            })
        }
        [_] => Err(CliError::Package {
            message: "`--schema`, `--entities` and `--links` apply to `.cedar` files, not to a folder",
        }),
        _ => Err(CliError::Package { message: "several paths are allowed only if all of them are `.cedar` files" }),
    }
}

/// The levels of the command line. Of two about one lint the stricter one counts, in whatever order they stand.
fn levels(args: &LintArgs) -> Result<Vec<(String, Level)>, CliError> {
    let groups = [(&args.allow, Level::Allow), (&args.warn, Level::Warn), (&args.deny, Level::Error)];
    let mut levels = Vec::new();
    for (ids, level) in groups {
        for id in ids {
            if lint::find(id).is_none() {
                return Err(CliError::UnknownLint {
                    id: id.clone(),
                    near: did_you_mean(id, lint::all().map(Lint::id)),
                });
            }
            levels.push((id.clone(), level));
        }
    }
    Ok(levels)
}

//! From a package's files to a lowered program, with every fault of every stage in one run.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::bundle::{Contract, RolesForm};
use crate::config::{Assignment, GatewayFile, Level, Origin, Project, Roles};
use crate::diag::{Diagnostic, Diagnostics};
use crate::graph::Program;
use crate::load::PackageFiles;
use crate::load::codes::MERGE_CONFLICT;
use crate::lower::{Lowered, RawIds, RawSchema};
use crate::parallel::Work;
use crate::syntax::ast;
use crate::text::{Duration, Instant, Span, words};
use crate::typing::Conditions;
use crate::{graph, lint, lower, parallel, scenario, syntax};

use super::{assignments, gateway};

/// What a run depends on besides the files.
#[derive(Debug, Clone)]
pub struct Options {
    /// Today, for what ends or expires.
    pub at: Instant,
    /// Lint levels from the command line, in their order; they outrank the project file.
    pub levels: Vec<(String, Level)>,
    /// The form of roles in what is lowered, instead of the one in the project file.
    pub roles: Option<Roles>,
}

/// A checked package.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The project file's settings, command line included.
    pub project: Project,
    /// The resolved program.
    pub program: Arc<Program>,
    /// What its conditions mean.
    pub conditions: Arc<Conditions>,
    /// The lowered program.
    pub lowered: Lowered,
    /// How much of the program resolved.
    pub extent: lint::Extent,
    /// Who holds which role, in the program's names; `None` where the project file names no file of assignments.
    pub assignments: Option<Vec<Assignment>>,
    /// Everything found, sorted by place.
    pub diagnostics: Diagnostics,
}

impl Checked {
    /// Whether the policy fails the check.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.diagnostics.has_errors()
    }

    /// Errors in files that have no say in what the policy decides: they fail a check, and keep no scenario from running.
    /// A guard that is gone while `gateway.toml` still names it must show what that opened.
    pub fn beside_the_policy<'a>(&'a self, package: &'a PackageFiles) -> impl Iterator<Item = &'a Diagnostic> {
        let is_beside = |found: &&Diagnostic| {
            let file = found.primary().map(|span| span.file);
            found.is_error() && file.is_some() && file == package.gateway
        };
        self.diagnostics.iter().filter(is_beside)
    }
}

/// Parses, resolves, lowers, validates and lints a package. Later stages run on what earlier ones understood,
/// so that one run reports all faults; `loading` are those of reading the files.
#[must_use]
pub fn check(package: &PackageFiles, options: &Options, loading: Diagnostics) -> Checked {
    let mut out = loading;
    let sources = &package.sources;
    let mut project = match package.config {
        Some(file) => Project::parse(sources, file, &mut out),
        None => Project::default_for_cedar(),
    };
    let form = form(options.roles.unwrap_or(project.roles));
    for (lint, level) in &options.levels {
        project.levels.set(lint.clone(), *level, Origin::CommandLine);
    }
    let files = parse(package, &project, &mut out);
    let parsed = !out.has_errors();
    let broken = broken_profiles(&files, &out);
    let (raw_schema, raw) = raw(package, &files, &mut out);
    let named = [&package.gate, &package.cedar, &package.cedarschema];
    lower::confusable(sources, named.into_iter().flatten().copied(), &mut out);
    let mut meaning = Diagnostics::new();
    let program = graph::resolve(&files, &raw_schema.externals, longest_grant(&project), &mut meaning);
    let (program, raw_schema, raw) = match program.is_too_large {
        // It was refused. Nothing is made of it, and nothing more is said of it.
        true => (Program::default(), RawSchema::default(), Vec::new()),
        false => {
            nothing_declared(package, &program, &raw, parsed, &mut meaning);
            (program, raw_schema, raw)
        }
    };
    let program = Arc::new(program);
    let conditions = Arc::new(Conditions::new(Arc::clone(&program)));
    let mut lowered = lower::lower(&conditions, &raw_schema, raw, form, sources, &mut meaning);
    // What Cedar refuses is there all the same, and may be linted; what did not resolve or type is not.
    let lost = meaning.iter().any(|found| found.is_error() && !lower::codes::OF_SOUND.contains(&found.code));
    let extent = match parsed && !lost {
        true => lint::Extent::Whole,
        false => lint::Extent::Part,
    };
    out.extend(meaning.into_iter().filter(|found| parsed || !may_be_lost(found, package, &broken)));
    out.extend(match extent {
        lint::Extent::Whole => add_gateway(package, &program, &mut lowered.contract),
        // What does not resolve is not there to be named.
        lint::Extent::Part => {
            let mut faults = Diagnostics::new();
            package.gateway.map(|file| GatewayFile::parse(sources, file, &mut faults));
            faults
        }
    });
    let assignments = assignments::assignments(package, &project, &program, extent, &mut out);
    if extent == lint::Extent::Whole {
        let held = assignments::held(&program, assignments.as_deref().unwrap_or_default());
        lower::separated_by_assignments(&program, &lowered, &held, &mut out);
    }
    let lints = lint::Cx {
        program: &program,
        conditions: &conditions,
        lowered: &lowered,
        sources,
        levels: &project.levels,
        at: options.at,
        extent,
        assignments: assignments.as_deref(),
        facts: None,
    };
    lint::check_settings(&lints, &mut out);
    lint::run(&lints, &mut out);
    Checked { project, program, conditions, lowered, extent, assignments, diagnostics: unmerged_once(out).sorted() }
}

/// Adds what `gateway.toml` says to the contract of a program, and gives the faults of the file.
pub(super) fn add_gateway(package: &PackageFiles, program: &Program, contract: &mut Contract) -> Diagnostics {
    let mut faults = Diagnostics::new();
    if let Some(file) = package.gateway {
        let gateway = GatewayFile::parse(&package.sources, file, &mut faults);
        gateway::resolve(&gateway, program, contract, &mut faults);
    }
    faults
}

/// Of a file with an unfinished merge that alone is told: what else is wrong with it follows from the marks.
pub(super) fn unmerged_once(all: Diagnostics) -> Diagnostics {
    let file = |found: &Diagnostic| found.primary().map(|span| span.file);
    let conflicts = all.iter().filter(|found| found.code == MERGE_CONFLICT);
    let unmerged: BTreeSet<_> = conflicts.filter_map(file).collect();
    if unmerged.is_empty() {
        return all;
    }
    let follows =
        |found: &Diagnostic| found.code != MERGE_CONFLICT && file(found).is_some_and(|file| unmerged.contains(&file));
    all.into_iter().filter(|found| !follows(found)).collect()
}

/// The form in which a package wants the roles of principals told.
pub(super) fn form(roles: Roles) -> RolesForm {
    match roles {
        Roles::Parents => RolesForm::Parents,
        Roles::Attribute => RolesForm::Attribute,
        Roles::Both => RolesForm::Both,
    }
}

/// What one file may ask of the parser.
pub(super) fn limits(project: &Project) -> syntax::Limits {
    syntax::Limits { bytes: project.limits.bytes as usize, depth: project.limits.depth as usize }
}

/// The longest break-glass grant that a package may give.
pub(super) fn longest_grant(project: &Project) -> Duration {
    Duration(i64::from(project.limits.break_glass_hours).saturating_mul(Duration::HOUR.0))
}

/// The trees of the `.gate` files.
pub(super) fn parse(package: &PackageFiles, project: &Project, out: &mut Diagnostics) -> Vec<ast::File> {
    let (sources, limits) = (&package.sources, limits(project));
    let parsed = parallel::map(
        Work::Much,
        &package.gate,
        || (),
        |(), file| {
            let mut faults = Diagnostics::new();
            (syntax::parse(sources, *file, &limits, &mut faults), faults)
        },
    );
    let mut files: Vec<ast::File> = Vec::new();
    for (file, faults) in parsed {
        files.push(file);
        out.extend(faults);
    }
    files
}

/// The raw schemas and policies beside them.
pub(super) fn raw(
    package: &PackageFiles,
    files: &[ast::File],
    out: &mut Diagnostics,
) -> (lower::RawSchema, Vec<lower::RawPolicy>) {
    let sources = &package.sources;
    let namespace = files.iter().flat_map(|file| &file.items).find_map(|item| match &item.kind {
        ast::ItemKind::Namespace(path) => {
            Some(path.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("::"))
        }
        _ => None,
    });
    let mut raw_schema = lower::read_schemas(sources, &package.cedarschema, namespace.as_deref(), out);
    let ids = match package.config {
        Some(_) => RawIds::Annotated,
        None => RawIds::Numbered,
    };
    let mut links = scenario::link_files(sources, &package.scenarios);
    links.extend(package.links);
    let raw = lower::read_policies(sources, &package.cedar, &links, ids, out);
    raw_schema.externals.permits = lower::raw_permits(&raw);
    (raw_schema, raw)
}

/// Whether a fault says that something is not there which a part that did not parse may have declared: the name it is
/// about stands in the program once more, or it is about no name. A clause of a break-glass profile may be one that did not parse.
fn may_be_lost(found: &Diagnostic, package: &PackageFiles, broken: &[Span]) -> bool {
    if !graph::codes::OF_ABSENCE.contains(&found.code) {
        return false;
    }
    if found.code == graph::codes::BREAK_GLASS_CLAUSE && found.primary().is_some_and(|at| is_within(at, broken)) {
        return true;
    }
    let name = found.primary().map_or("", |span| package.sources.slice(span));
    if !words(name).eq([name]) {
        return true;
    }
    let all = package.gate.iter().flat_map(|file| words(package.sources.text(*file)));
    all.filter(|word| *word == name).count() > 1
}

/// The break-glass profiles of which a part did not parse.
fn broken_profiles(files: &[ast::File], faults: &Diagnostics) -> Vec<Span> {
    let at: Vec<Span> = faults.iter().filter(|fault| fault.is_error()).filter_map(Diagnostic::primary).collect();
    let items = files.iter().flat_map(|file| &file.items);
    let profiles = items.filter(|item| matches!(item.kind, ast::ItemKind::BreakGlass(_))).map(|item| item.span);
    profiles.filter(|profile| at.iter().any(|at| is_within(*at, &[*profile]))).collect()
}

fn is_within(at: Span, spans: &[Span]) -> bool {
    spans.iter().any(|span| span.contains(at))
}

/// A package whose files hold no policy at all denies everything, which nobody means to ship unawares.
fn nothing_declared(
    package: &PackageFiles,
    program: &Program,
    raw: &[lower::RawPolicy],
    parsed: bool,
    out: &mut Diagnostics,
) {
    if !parsed || out.has_errors() || !program.types.is_empty() || !raw.is_empty() {
        return;
    }
    let first = package.gate.first().or(package.cedar.first()).or(package.cedarschema.first());
    let diagnostic = match first {
        Some(file) => Diagnostic::error(codes::EMPTY_PACKAGE, Span::new(*file, 0, 0), "the package declares nothing"),
        None => Diagnostic::global_error(codes::EMPTY_PACKAGE, "the package declares nothing"),
    };
    out.push(diagnostic.help("declare at least one principal type, one resource with an action, and one grant"));
}

/// The codes of this room.
mod codes {
    use crate::diag::Code;

    /// A package without a declaration.
    pub(super) const EMPTY_PACKAGE: Code = Code::new("empty-program");
}

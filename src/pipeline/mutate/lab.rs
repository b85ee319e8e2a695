//! What all mutants of a package share, and how one of them is compiled, tested and compared.

use std::collections::BTreeMap;
use std::sync::Arc;

use cedar_policy::Policy as CedarPolicy;
use serde_json::Value;

use crate::analysis::Prover;
use crate::bundle::Origin;
use crate::decide::Scopes;
use crate::diag::Diagnostics;
use crate::lint::Extent;
use crate::load::PackageFiles;
use crate::lower::Lowered;
use crate::mutation::{Edit, Mutant};
use crate::pipeline::{Checked, Suites, check, engine};
use crate::scenario::golden::Accepted;
use crate::scenario::{Policy, Rerun};
use crate::semdiff::{CompareError, Difference, Side};
use crate::syntax::ast;
use crate::text::{FileId, Instant, Sources};
use crate::typing::Conditions;
use crate::{graph, lower, mutation, semdiff, syntax};

use super::MutateError;

/// What all mutants share.
pub(super) struct Lab<'a> {
    pub(super) package: &'a PackageFiles,
    pub(super) suites: &'a Suites<'a>,
    pub(super) prover: Option<&'a Prover<'a>>,
    files: Vec<ast::File>,
    raw_schema: lower::RawSchema,
    raw: Vec<lower::RawPolicy>,
    accepted: &'a Accepted,
    rerun: Rerun<'a>,
    policies: BTreeMap<String, CedarPolicy>,
    at: Instant,
}

/// A mutant after the scenarios.
pub(super) enum Tested {
    /// It is no program.
    Unviable,
    /// A test fails: `SUITE: TEST`.
    Killed(String),
    /// Every test passes.
    Passed(Box<Compiled>),
}

/// A mutant compiled.
pub(super) struct Compiled {
    pub(super) checked: Checked,
    sources: Sources,
}

impl Compiled {
    pub(super) fn side(&self) -> Side<'_> {
        Side { program: &self.checked.program, lowered: &self.checked.lowered, sources: &self.sources }
    }
}

impl<'a> Lab<'a> {
    pub(super) fn new(
        package: &'a PackageFiles,
        suites: &'a Suites<'a>,
        accepted: &'a Accepted,
        prover: Option<&'a Prover<'a>>,
        at: Instant,
    ) -> Self {
        let mut nothing = Diagnostics::new();
        let files = check::parse(package, &suites.checked.project, &mut nothing);
        let (raw_schema, raw) = check::raw(package, &files, &mut nothing);
        Self {
            package,
            suites,
            prover,
            files,
            raw_schema,
            raw,
            accepted,
            rerun: Rerun::new(&suites.suites, suites.policy()),
            policies: policies(&suites.checked.lowered),
            at,
        }
    }

    /// The program itself.
    pub(super) fn program(&self) -> Side<'_> {
        let checked = self.suites.checked;
        Side { program: &checked.program, lowered: &checked.lowered, sources: &self.package.sources }
    }

    pub(super) fn difference(&self, old: Side<'_>, new: Side<'_>) -> Result<Difference, CompareError> {
        let options = semdiff::Options {
            prover: self.prover,
            at: self.at,
            is_mine: &|_| true,
            own_form: None,
            progress: &|_, _| (),
        };
        semdiff::compare(old, new, &options)
    }

    /// Compiles a mutant; `None` where the compiler refuses it.
    pub(super) fn compile(&self, mutant: &Mutant) -> Option<Compiled> {
        self.compile_edits(&mutant.edits, mutant.renamed())
    }

    /// Compiles the package with changes: their files are read anew, the others are as they were. Lints have no say: they would
    /// not run on every machine where the policy is changed. `named` is a statement that keeps its name.
    pub(super) fn compile_edits(&self, edits: &[Edit], named: Option<(FileId, u32, &str)>) -> Option<Compiled> {
        let checked = self.suites.checked;
        let project = &checked.project;
        let mut out = Diagnostics::new();
        let mut sources = self.package.sources.clone();
        let mut files = self.files.clone();
        for (file, text) in mutation::applied(edits, &self.package.sources) {
            sources = sources.with_text(file, text);
            let mut changed = syntax::parse(&sources, file, &check::limits(project), &mut out);
            if let Some((at, start, name)) = named
                && at == file
            {
                keep_name(&mut changed, start, name);
            }
            if let Some(tree) = files.iter_mut().find(|tree| tree.file == file) {
                *tree = changed;
            }
        }
        let longest = check::longest_grant(project);
        let program = graph::resolve(&files, &self.raw_schema.externals, longest, &mut out);
        if out.has_errors() {
            return None;
        }
        let form = checked.lowered.contract.roles_form;
        let program = Arc::new(program);
        let conditions = Arc::new(Conditions::new(Arc::clone(&program)));
        let mut lowered = lower::lower(&conditions, &self.raw_schema, self.raw.clone(), form, &sources, &mut out);
        // The same settings of the gateway. A name in them that the mutant lost is no fault of the mutant.
        let _ = check::add_gateway(self.package, &program, &mut lowered.contract);
        let checked = Checked {
            project: project.clone(),
            program,
            conditions,
            lowered,
            extent: Extent::Whole,
            assignments: None,
            diagnostics: Diagnostics::new(),
        };
        (!out.has_errors()).then_some(Compiled { checked, sources })
    }

    /// Runs the scenarios on a mutant. They are read as they are for the program: a name that the mutant lost is no reason
    /// for a test to fail, a decision that it changed is.
    pub(super) fn test(&self, mutant: &Mutant) -> Result<Tested, MutateError> {
        let Some(compiled) = self.compile(mutant) else {
            return Ok(Tested::Unviable);
        };
        let lowered = &compiled.checked.lowered;
        let failed = self.first_failure(lowered, self.touched(lowered).as_ref())?;
        Ok(match failed {
            Some(test) => Tested::Killed(test),
            None => Tested::Passed(Box::new(compiled)),
        })
    }

    /// The first test that fails on another version of the policy. Only tests that put a request within the scopes run, and
    /// timelines.
    fn first_failure(&self, lowered: &Lowered, touched: Option<&Scopes>) -> Result<Option<String>, MutateError> {
        let engine = engine(lowered)?;
        let policy = Policy { contract: &lowered.contract, origins: &lowered.origins, engine: &engine };
        let failed = match touched {
            None => self.rerun.first_failure(policy, self.accepted, None),
            Some(scopes) => {
                let can_apply = |request: &_, entities: &_| scopes.can_apply(request, entities);
                self.rerun.first_failure(policy, self.accepted, Some(&can_apply))
            }
        };
        Ok(failed.map(|(suite, test)| format!("{}: {}", suite.name, test.name)))
    }

    /// The scopes of the policies that differ in another version; `None` where more than policies changed. A request outside of
    /// them is decided as before, by statements of the same names: every other policy, the schema, the roles and the contract are
    /// the same.
    fn touched(&self, lowered: &Lowered) -> Option<Scopes> {
        let base = &self.suites.checked.lowered;
        let is_alike =
            base.contract == lowered.contract && base.schema_json == lowered.schema_json && base.roles == lowered.roles;
        is_alike.then(|| Scopes::of(&self.changed_policies(lowered)))
    }

    /// The policies that another version has and the program has not, and the other way round.
    pub(super) fn changed_policies(&self, lowered: &Lowered) -> Vec<CedarPolicy> {
        let base = &self.suites.checked.lowered;
        let other = policies(lowered);
        let (old, new) = (&base.origins.policies, &lowered.origins.policies);
        let is_same = |id: &String| {
            let both = self.policies.get(id).zip(other.get(id));
            both.is_some_and(|(a, b)| is_same_policy(a, b)) && is_named_alike(old.get(id), new.get(id))
        };
        let mut changed = Vec::new();
        for (id, policy) in self.policies.iter().chain(&other) {
            if !is_same(id) {
                changed.push(policy.clone());
            }
        }
        changed
    }

    /// The trees of the Gate files.
    pub(super) fn files(&self) -> &[ast::File] {
        &self.files
    }
}

/// All policies that ship, by id.
fn policies(lowered: &Lowered) -> BTreeMap<String, CedarPolicy> {
    let all = lowered.policies.iter().map(|(policy, _)| policy);
    let all = all.chain(lowered.unknown_types.iter().map(|(_, policy)| policy));
    let all = all.chain(lowered.raw.iter().map(|raw| &raw.policy));
    all.map(|policy| (policy.id().to_string(), policy.clone())).collect()
}

/// Whether two policies say the same; annotations, which hold lines of the text, decide nothing.
fn is_same_policy(one: &CedarPolicy, other: &CedarPolicy) -> bool {
    let bare = |policy: &CedarPolicy| {
        let mut json = policy.to_json().ok()?;
        json.as_object_mut().map(|fields| fields.remove("annotations"));
        Some::<Value>(json)
    };
    one == other || bare(one).zip(bare(other)).is_some_and(|(one, other)| one == other)
}

/// Whether tests call two policies the same.
fn is_named_alike(one: Option<&Origin>, other: Option<&Origin>) -> bool {
    let name = |origin: Option<&Origin>| {
        origin.map(|origin| (origin.statement.clone(), origin.kind, origin.inherited_by.clone()))
    };
    name(one) == name(other)
}

/// A statement that an author did not name is named after its words; in a mutant it keeps the name that tests know.
fn keep_name(file: &mut ast::File, start: u32, name: &str) {
    let nested = |item: &mut ast::Item| match &mut item.kind {
        ast::ItemKind::Role(role) => std::mem::take(&mut role.grants),
        _ => Vec::new(),
    };
    for item in &mut file.items {
        let mut grants = nested(item);
        for one in grants.iter_mut().chain(std::iter::once(&mut *item)) {
            let is_role = matches!(one.kind, ast::ItemKind::Role(_));
            if one.span.start == start && one.label.is_none() && !is_role {
                one.label = Some(ast::Ident { text: name.to_owned(), span: one.span });
            }
        }
        if let ast::ItemKind::Role(role) = &mut item.kind {
            role.grants = grants;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Options, check, suites};

    /// A package below the repository, as texts.
    fn package(folder: &str) -> PackageFiles {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut out = Diagnostics::new();
        let loaded = crate::load::load_package(&root, &mut out).unwrap();
        assert!(!out.has_errors(), "{out:?}");
        loaded
    }

    /// What runs only where it can matter comes to the same as what runs everywhere: the same mutants are killed, by the same tests.
    #[test]
    fn tests_that_do_not_run_would_have_passed() {
        let mut spared = 0;
        for folder in ["examples/quickstart", "examples/marketplace", "tests/ports/github", "tests/ports/tags-n-roles"]
        {
            let package = package(folder);
            let at = Instant::parse("2026-03-01T00:00:00Z").unwrap();
            let checked = check(&package, &Options { at, levels: Vec::new(), roles: None }, Diagnostics::new());
            let suites = suites(&package, &checked).unwrap();
            let accepted: Accepted = (package.snapshots.iter())
                .map(|file| (package.sources.name(*file).to_owned(), package.sources.text(*file).to_owned()))
                .collect();
            let lab = Lab::new(&package, &suites, &accepted, None, at);
            for mutant in crate::pipeline::mutants(&package, &checked, &[]) {
                let Some(compiled) = lab.compile(&mutant) else { continue };
                let lowered = &compiled.checked.lowered;
                let touched = lab.touched(lowered);
                spared += usize::from(touched.is_some());
                let (some, all) = (lab.first_failure(lowered, touched.as_ref()), lab.first_failure(lowered, None));
                assert_eq!(some.unwrap(), all.unwrap(), "{folder}: {mutant:?}");
            }
        }
        assert!(spared > 100, "{spared}");
    }
}

//! A bundle made again of the sources that it carries, and held against what it ships: whoever edits one by hand is found out by
//! every verb that reads it for more than its bytes.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use crate::bundle::{Bundle, BundleTree, EvidenceSummary, MANIFEST, Refusal, Unlike};
use crate::cli::args::{BudgetArgs, Format};
use crate::cli::cmd::package::Package;
use crate::cli::console::Console;
use crate::cli::env;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::config::EvidenceKind;
use crate::pipeline;
use crate::pipeline::{Evidence, Origin};
use crate::text::Instant;

use super::assemble::{LintProofs, assemble};
use super::make::limits;
use super::opened;

/// What of a bundle is made again.
#[derive(Clone, Copy)]
pub(in crate::cli::cmd) enum Again<'a> {
    /// What is compiled; its evidence is taken for what it says. It takes no solver and no tests.
    Compiled,
    /// All of it, its evidence too, as on the day that it was judged.
    Whole(&'a BudgetArgs),
}

/// What came of it.
pub(in crate::cli::cmd) enum Made {
    /// The same.
    Same,
    /// Another version of the compiler made the bundle, which alone gives the same.
    Elsewhere(Elsewhere),
    /// The sources do not pass; what is wrong is shown.
    Fails(Exit),
    /// Something else.
    Differs(Vec<Refusal>),
}

/// How a bundle that another version made stands to what this version makes of its sources.
pub(in crate::cli::cmd) struct Elsewhere {
    version: String,
    /// What is not the same.
    unlike: BTreeSet<String>,
    /// Whether fields of the manifest that a gateway reads are among it.
    terms: bool,
}

impl Elsewhere {
    /// Whether its sources give everything that decides: policies, schema, contract and roles.
    pub(super) fn decides_by_sources(&self) -> bool {
        !self.unlike.iter().any(|path| is_compared(path))
    }

    /// The files that its sources do not give and that a comparison of what decides leaves out.
    pub(super) fn beside(&self) -> impl Iterator<Item = &str> {
        let all = self.unlike.iter().map(String::as_str);
        let files = all.filter(|path| !is_compared(path) && *path != MANIFEST);
        files.chain(self.terms.then_some(MANIFEST))
    }
}

impl fmt::Display for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, unlike, .. } = self;
        if unlike.is_empty() {
            return write!(f, "built by version {version}; this version rebuilds the same files from its sources");
        }
        let unlike: Vec<&str> = unlike.iter().map(String::as_str).collect();
        write!(
            f,
            "built by version {version}; this version rebuilds different files from its sources: {}",
            unlike.join(", ")
        )
    }
}

/// Makes a bundle again and compares it, file by file.
pub(in crate::cli::cmd) fn again(
    bundle: &Bundle,
    named: &str,
    what: Again<'_>,
    console: &mut Console,
) -> Result<Made, CliError> {
    let manifest = &bundle.manifest;
    let differs = |code, message: String| Ok(Made::Differs(vec![Refusal::new(code, message)]));
    let (made, here) = (&manifest.compiler.version, env!("CARGO_PKG_VERSION"));
    let is_ours = made == here;
    let judged_at = manifest.judged_at.as_deref().and_then(Instant::parse);
    let tree = match what {
        Again::Compiled => {
            let package = opened::package(bundle, named, judged_at.unwrap_or_else(env::today))?;
            match compiled(bundle, &package)? {
                Some(tree) => tree,
                None if is_ours => {
                    let exit = package.show(&package.faults(), Format::Human, console)?;
                    return Ok(Made::Fails(exit));
                }
                None => BundleTree::default(),
            }
        }
        Again::Whole(_) if !is_ours => {
            let message = format!(
                "it was built by version {made}, and only that version rebuilds the same bytes; this is {here}"
            );
            return differs("rebuild-version", message);
        }
        Again::Whole(budget) => {
            let Some(at) = judged_at else {
                return differs("rebuild-day", "it does not state the date as of which it was evaluated".to_owned());
            };
            let package = opened::package(bundle, named, at)?;
            if package.checked.failed() {
                let exit = package.show(&package.checked.diagnostics, Format::Human, console)?;
                return Ok(Made::Fails(exit));
            }
            match assemble(
                &package,
                &kinds(&manifest.evidence),
                lint_proofs(bundle),
                &limits(&manifest.reproduce, budget),
                at,
                origin(bundle),
                console,
            )? {
                Ok(tree) => tree,
                Err(exit) => return Ok(Made::Fails(exit)),
            }
        }
    };
    let mut unlike = bundle.tree.unlike(&tree);
    if unlike.is_empty() {
        return Ok(match is_ours {
            true => Made::Same,
            false => Made::Elsewhere(Elsewhere { version: made.clone(), unlike: BTreeSet::new(), terms: false }),
        });
    }
    // The manifest holds the digests of the others, and differs with them.
    if unlike.len() > 1 {
        unlike.remove(MANIFEST);
    }
    if !is_ours {
        if let Err(refusal) = pipeline::one_policy(bundle) {
            return Ok(Made::Differs(vec![refusal]));
        }
        return Ok(Made::Elsewhere(Elsewhere {
            version: made.clone(),
            unlike: unlike.keys().map(|path| (*path).to_owned()).collect(),
            terms: terms(&bundle.tree) != terms(&tree),
        }));
    }
    let refusals = unlike.into_iter().map(|(path, how)| {
        let how = match how {
            Unlike::Extra => "is not produced by its sources",
            Unlike::Missing => "is missing, but its sources produce it",
            Unlike::Other => "differs from what its sources produce",
        };
        Refusal::new("rebuild-differs", format!("`{path}` {how}"))
    });
    Ok(Made::Differs(refusals.collect()))
}

/// The files that decide and that `bundle diff` compares, by the start of their paths.
const COMPARED: [&str; 4] = ["policies", "schema.cedarschema", "entities/", "contract.json"];

fn is_compared(path: &str) -> bool {
    COMPARED.iter().any(|start| path.starts_with(start))
}

/// What a gateway reads in the manifest beside names, versions and digests.
pub(super) fn terms(tree: &BundleTree) -> Vec<Option<Value>> {
    let manifest: Option<Value> = tree.get(MANIFEST).and_then(|bytes| serde_json::from_slice(bytes).ok());
    let field = |name: &str| manifest.as_ref().and_then(|manifest| manifest.get(name)).cloned();
    ["limits", "min_engine", "break_glass"].map(field).into()
}

/// What the sources give, with the evidence as it is carried. `None` where they do not check.
fn compiled(bundle: &Bundle, package: &Package) -> Result<Option<BundleTree>, CliError> {
    if package.faults().has_errors() {
        return Ok(None);
    }
    let (suites, built) = pipeline::suites_of_files(&package.loaded, &package.checked)?;
    let carried = kinds(&bundle.manifest.evidence).into_iter().filter_map(|kind| {
        let report = bundle.tree.get(&format!("evidence/{}.json", kind.name()))?;
        Some((kind.name(), serde_json::from_slice(report).ok()?))
    });
    let evidence: Vec<Evidence> = carried.collect();
    let origin = Origin { evidence: bundle.manifest.evidence.clone(), ..origin(bundle) };
    Ok(Some(pipeline::bundle(&package.loaded, built, &suites, &evidence, origin)?))
}

/// What the manifest says of where the bundle is from, which nothing in it can show.
fn origin(bundle: &Bundle) -> Origin {
    let manifest = &bundle.manifest;
    Origin {
        git: manifest.git.clone(),
        judged_at: manifest.judged_at.clone(),
        reproduce: manifest.reproduce.clone(),
        ..Origin::default()
    }
}

/// Whether the lint evidence of a bundle includes the lints that prove, by what it says.
fn lint_proofs(bundle: &Bundle) -> LintProofs {
    match bundle.manifest.evidence.lint {
        Some(lint) if lint.not_run > 0 => LintProofs::LeftOut,
        _ => LintProofs::Run,
    }
}

/// The kinds of evidence that a bundle carries.
fn kinds(evidence: &EvidenceSummary) -> BTreeSet<EvidenceKind> {
    let carried = [
        (EvidenceKind::Lint, evidence.lint.is_some()),
        (EvidenceKind::Tests, evidence.tests.is_some()),
        (EvidenceKind::Coverage, evidence.coverage.is_some()),
        (EvidenceKind::Proofs, evidence.proofs.is_some()),
        (EvidenceKind::Mutation, evidence.mutation.is_some()),
    ];
    carried.into_iter().filter_map(|(kind, carried)| carried.then_some(kind)).collect()
}

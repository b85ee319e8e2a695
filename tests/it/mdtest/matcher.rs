//! Compiles the package of a test and compares its diagnostics with the assertions.

use gatewright::diag::Diagnostic;
use gatewright::diag::Diagnostics;
use gatewright::graph;
use gatewright::load::PackageFiles;
use gatewright::report;
use gatewright::syntax;
use gatewright::text::Sources;

use super::page::Test;

/// Which lints count in a test. Faults always do.
#[derive(Clone, Copy)]
pub(super) enum Lints<'a> {
    /// None but those asserted.
    None,
    /// The one that the page is about.
    Only(&'a str),
}

/// What a test came to.
pub(super) struct Outcome {
    /// `line: what is wrong`, by the page's lines.
    pub(super) offences: Vec<String>,
    /// The diagnostics that count, as people see them.
    pub(super) rendered: String,
}

pub(super) fn check(test: &Test, lints: Lints<'_>) -> Outcome {
    let (sources, diagnostics) = compile(test);
    let diagnostics: Diagnostics = diagnostics.into_iter().filter(|one| counts(one, test, lints)).collect();
    let mut offences = Vec::new();
    let mut expected: Vec<_> = test
        .files
        .iter()
        .flat_map(|file| file.assertions.iter().map(move |assertion| (file, assertion)))
        .collect();
    for diagnostic in diagnostics.iter() {
        let place = diagnostic
            .primary()
            .map(|span| (sources.name(span.file), sources.position(span).line as usize));
        let met = expected.iter().position(|(file, assertion)| {
            let here = place.is_none_or(|(name, line)| name == file.path && line == assertion.line);
            here && assertion.code == diagnostic.code.as_str() && diagnostic.message.contains(&assertion.message)
        });
        match met {
            Some(met) => {
                expected.remove(met);
            }
            None => {
                let line = place.and_then(|(name, line)| {
                    let file = test.files.iter().find(|file| file.path == name)?;
                    Some(file.line + line - 1)
                });
                let line = line.or_else(|| test.files.first().map(|file| file.line)).unwrap_or(1);
                offences.push(format!(
                    "{line}: {}: unexpected [{}] {}",
                    test.name, diagnostic.code, diagnostic.message
                ));
            }
        }
    }
    for (file, assertion) in expected {
        let line = file.line + assertion.line - 1;
        offences.push(format!(
            "{line}: {}: no [{}] {}",
            test.name, assertion.code, assertion.message
        ));
    }
    Outcome {
        offences,
        rendered: report::diagnostics(&diagnostics, report::Files::new(&sources), report::Style::PLAIN),
    }
}

/// All diagnostics of a test's package.
fn compile(test: &Test) -> (Sources, Diagnostics) {
    let mut out = Diagnostics::new();
    let texts = test.files.iter().map(|file| (file.path.as_str(), file.text.as_str()));
    let package = PackageFiles::in_memory(texts, &mut out);
    let files: Vec<_> = package
        .gate
        .iter()
        .map(|file| syntax::parse(&package.sources, *file, &syntax::Limits::default(), &mut out))
        .collect();
    if !out.has_errors() {
        graph::resolve(
            &files,
            &graph::Externals::default(),
            gatewright::text::Duration::DAY,
            &mut out,
        );
    }
    (package.sources, out.sorted())
}

/// Whether a diagnostic counts: every fault, and the lints that the test is about.
fn counts(diagnostic: &Diagnostic, test: &Test, lints: Lints<'_>) -> bool {
    let code = diagnostic.code.as_str();
    let is_lint = LINTS.contains(&code);
    !is_lint || test.asserts(code) || matches!(lints, Lints::Only(lint) if lint == code)
}
const LINTS: [&str; 0] = [];

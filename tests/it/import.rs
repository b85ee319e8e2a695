//! Imports: what is brought in from other systems opens what it opened there.

mod cedar;
mod checkov;
mod history;
mod k8s;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use gatewright::diag::Diagnostics;
use gatewright::import::{Imported, K8sOptions};
use gatewright::load::PackageFiles;
use gatewright::pipeline::Checked;
use gatewright::scenario::golden::SnapshotMode;
use gatewright::text::{FileId, Instant, Sources};
use gatewright::{import, lint, pipeline, report};

/// Manifests by name and text, imported. The second part is what was said about them.
fn import_k8s(files: &[(String, String)]) -> (Option<Imported>, String) {
    let mut sources = Sources::default();
    let ids: Vec<FileId> = files.iter().map(|(name, text)| sources.add(name, text.as_str())).collect();
    let mut out = Diagnostics::new();
    let options = K8sOptions { name: "cluster", namespace: "default" };
    let imported = import::k8s_rbac(&sources, &ids, options, &mut out).unwrap();
    let said = report::diagnostics(&out, report::Files::new(&sources), report::Style::PLAIN);
    (imported, said)
}

/// A package that was imported, as `check` sees it.
struct Package {
    loaded: PackageFiles,
    checked: Checked,
}

impl Package {
    fn of(files: &BTreeMap<String, String>) -> Self {
        let mut out = Diagnostics::new();
        let texts = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let loaded = PackageFiles::in_memory(texts, &mut out);
        Self::check_with(loaded, out)
    }

    /// A package that lies somewhere.
    fn check(loaded: PackageFiles) -> Self {
        Self::check_with(loaded, Diagnostics::new())
    }

    fn check_with(loaded: PackageFiles, loading: Diagnostics) -> Self {
        let options =
            pipeline::Options { at: Instant::parse("2026-03-01T00:00:00Z").unwrap(), levels: Vec::new(), roles: None };
        let checked = pipeline::check(&loaded, &options, loading);
        Self { loaded, checked }
    }

    /// Code and place of what is wrong and no lint's.
    fn faults(&self) -> Vec<(String, String)> {
        let all = self.checked.diagnostics.iter().filter(|found| found.is_error());
        let faults = all.filter(|found| lint::find(found.code.as_str()).is_none());
        let place = |span| self.loaded.sources.location(span);
        faults.map(|found| (found.code.to_string(), found.primary().map(place).unwrap_or_default())).collect()
    }

    /// What is wrong with its suites and what of them fails; empty where all passes.
    fn tested(&self) -> String {
        let options = pipeline::TestOptions {
            filter: None,
            threads: NonZeroUsize::MIN,
            snapshots: SnapshotMode::ReadOnly,
            watch: None,
        };
        let tested = pipeline::test(&self.loaded, &self.checked, options, &mut |_| {}).unwrap();
        match tested.report {
            Some(report) if report.is_success() && tested.diagnostics.is_empty() => String::new(),
            report => format!("{:?} {report:?}", tested.diagnostics),
        }
    }

    /// The ids of its raw policies.
    fn policies(&self) -> Vec<String> {
        let raw = self.checked.lowered.raw.iter();
        let mut ids: Vec<String> = raw.map(|raw| raw.policy.id().to_string()).collect();
        ids.sort();
        ids
    }

    /// Everything found, for people.
    fn said(&self) -> String {
        let files = report::Files::new(&self.loaded.sources);
        report::diagnostics(&self.checked.diagnostics, files, report::Style::PLAIN)
    }
}

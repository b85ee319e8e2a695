//! What is signed: in-toto statements (in-toto Attestation Framework v1) about one bundle. Provenance is that of SLSA v1.0;
//! the other predicates are ours.

use serde::{Deserialize, Serialize};

use crate::bundle::{Bundle, EvidenceSummary};

/// The type of every statement.
const STATEMENT: &str = "https://in-toto.io/Statement/v1";
/// What a provenance statement says of how a bundle is built.
const BUILD_TYPE: &str = "https://gatewright.dev/build/v1";
/// The builder of bundles that are made outside any build service: what it says of itself is all there is.
pub const LOCAL_BUILDER: &str = "https://gatewright.dev/builders/local/v1";

/// A kind of statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// That a bundle is a release, and which one.
    Release,
    /// How it was built.
    Provenance,
    /// What its tests, lints and proofs came to.
    Evidence,
    /// That a channel points to it.
    Channel,
}

impl Kind {
    /// The kinds that lie beside a bundle, each with its name.
    pub const BESIDE: [Self; 3] = [Self::Release, Self::Provenance, Self::Evidence];

    /// Its name, as in `payouts-1.4.0.cjar.release.sigstore.json`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Provenance => "provenance",
            Self::Evidence => "evidence",
            Self::Channel => "channel",
        }
    }

    /// The type of its predicate.
    #[must_use]
    pub fn predicate_type(self) -> &'static str {
        match self {
            Self::Release => "https://gatewright.dev/attestation/release/v1",
            Self::Provenance => "https://slsa.dev/provenance/v1",
            Self::Evidence => "https://gatewright.dev/attestation/evidence/v1",
            Self::Channel => "https://gatewright.dev/attestation/channel/v1",
        }
    }
}

/// A statement with its predicate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Statement<P> {
    /// The version of the framework.
    #[serde(rename = "_type")]
    pub(super) type_: String,
    /// What it is about: one bundle.
    pub(super) subject: Vec<Subject>,
    /// The type of the predicate.
    #[serde(rename = "predicateType")]
    pub(super) predicate_type: String,
    /// What it says.
    pub(super) predicate: P,
}

/// What a statement is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Subject {
    /// The file's name, `payouts-1.4.0.cjar`.
    pub(super) name: String,
    /// Its digests.
    pub(super) digest: Digests,
}

/// Digests of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Digests {
    /// SHA-256, in lower-case hexadecimal.
    pub(super) sha256: String,
}

/// Which release a bundle is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The package.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Counts the releases of the package from 1, one up with each.
    pub sequence: u64,
    /// The digest of the bundle of the release before; `None` for the first.
    pub parent: Option<String>,
    /// Whether whoever signed compiled the sources of the bundle, gathered its evidence again, and got these very bytes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rebuilt: bool,
}

/// What was tried before the release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Evidence {
    /// The package.
    pub(super) name: String,
    /// Its version.
    pub(super) version: String,
    /// The totals of the manifest.
    pub(super) totals: EvidenceSummary,
    /// The reports, by their digests.
    pub(super) files: Vec<EvidenceFile>,
}

/// A report in a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EvidenceFile {
    /// Its path in the bundle.
    pub(super) path: String,
    /// Its SHA-256, in lower-case hexadecimal.
    pub(super) sha256: String,
}

/// SLSA provenance v1.0. Other builders may say more than is read here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Provenance {
    /// What went in.
    pub(super) build_definition: BuildDefinition,
    /// What ran.
    pub(super) run_details: RunDetails,
}

/// What went into a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BuildDefinition {
    /// How the rest is to be read.
    pub(super) build_type: String,
    /// What whoever started the build chose.
    pub(super) external_parameters: serde_json::Value,
    /// What it was made of.
    #[serde(default)]
    pub(super) resolved_dependencies: Vec<serde_json::Value>,
}

/// What ran a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RunDetails {
    /// Who ran it.
    pub(super) builder: Builder,
    /// Which run it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) metadata: Option<RunMetadata>,
}

/// Who ran a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Builder {
    /// A URI; what it guarantees is for the reader to know.
    pub(super) id: String,
}

/// Which run of a builder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RunMetadata {
    /// The builder's own name for the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) invocation_id: Option<String>,
}

/// What a channel points to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pointer {
    /// The channel, `prod`.
    pub channel: String,
    /// The package.
    pub name: String,
    /// The version that it points to.
    pub version: String,
    /// The digest of that bundle.
    pub bundle_digest: String,
    /// Counts the pointers of the channel from 1, one up with each, rollbacks too.
    pub sequence: u64,
    /// When it was signed, RFC 3339 in UTC.
    pub issued_at: String,
    /// When it stops to count, RFC 3339 in UTC.
    pub expires_at: String,
    /// The digest of what the pointer before says; `None` for the first.
    pub previous: Option<String>,
    /// Why it was moved.
    pub reason: Reason,
}

/// Why a channel was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// A new release.
    Publish,
    /// A release that there was, or the same one for longer.
    Promote,
    /// Back to an earlier release.
    Rollback,
}

/// A statement about a bundle.
pub(super) fn statement<P>(kind: Kind, subject: Subject, predicate: P) -> Statement<P> {
    Statement {
        type_: STATEMENT.to_owned(),
        subject: vec![subject],
        predicate_type: kind.predicate_type().to_owned(),
        predicate,
    }
}

/// Whether a statement's type is the one that is read here.
pub(super) fn is_statement(type_: &str) -> bool {
    type_ == STATEMENT
}

/// A bundle as the subject of a statement.
pub(super) fn subject(bundle: &Bundle) -> Subject {
    Subject {
        name: bundle.file_name(),
        digest: Digests { sha256: bundle.digest.trim_start_matches("sha256:").to_owned() },
    }
}

/// What a bundle's evidence is, for the statement about it.
pub(super) fn evidence(bundle: &Bundle) -> Evidence {
    let manifest = &bundle.manifest;
    let reports = manifest.files.iter().filter(|file| file.path.starts_with("evidence/"));
    Evidence {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        totals: manifest.evidence.clone(),
        files: reports.map(|file| EvidenceFile { path: file.path.clone(), sha256: file.sha256.clone() }).collect(),
    }
}

/// How a bundle was built, by its own word and that of whoever ran the build.
pub(super) fn provenance(bundle: &Bundle, builder: &str, invocation: Option<&str>) -> Provenance {
    let manifest = &bundle.manifest;
    let compiler = serde_json::json!({
        "name": "compiler",
        "uri": format!("pkg:cargo/{}@{}", manifest.compiler.name, manifest.compiler.version),
    });
    let source = manifest.git.as_ref().map(|git| {
        serde_json::json!({
            "name": "source",
            "digest": { "gitCommit": git.commit },
            "annotations": { "dirty": git.dirty },
        })
    });
    Provenance {
        build_definition: BuildDefinition {
            build_type: BUILD_TYPE.to_owned(),
            external_parameters: serde_json::json!({
                "source": "source/",
                "command": manifest.reproduce,
            }),
            resolved_dependencies: source.into_iter().chain([compiler]).collect(),
        },
        run_details: RunDetails {
            builder: Builder { id: builder.to_owned() },
            metadata: invocation.map(|id| RunMetadata { invocation_id: Some(id.to_owned()) }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{ArchiveLimits, sample};

    #[test]
    fn a_statement_of_evidence_names_each_report_by_its_digest_and_no_other_file() {
        let bundle = Bundle::open(&sample::archive("1.0.0"), &ArchiveLimits::default()).unwrap();
        let named = evidence(&bundle).files.into_iter().map(|file| (file.path, file.sha256));
        let reports = ["evidence/lint.json", "evidence/tests.json"].map(|path| {
            let bytes = bundle.tree.get(path).unwrap();
            (path.to_owned(), crate::bundle::sha256_hex(bytes))
        });
        assert_eq!(named.collect::<Vec<_>>(), reports);
    }
}

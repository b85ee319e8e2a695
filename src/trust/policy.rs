//! The trust policy with its keys as keys: who may sign what, and from when to when.

use std::collections::BTreeMap;

use super::{PublicKey, codes};
use crate::bundle::Refusal;
use crate::config::{EvidenceKind, TrustFile, TrustRole};
use crate::diag::{Diagnostic, Diagnostics};
use crate::text::{FileId, Instant, Sources, Span};

/// Whose signatures count for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustPolicy {
    /// The only package that is trusted; `None`: any.
    pub(super) package: Option<String>,
    /// The keys by their ids.
    pub(super) keys: BTreeMap<String, Trusted>,
    /// Who may say that a bundle is a release.
    pub(super) release: Role,
    /// Whether they must have made the same bytes of the bundle's sources.
    pub(super) rebuilt: bool,
    /// Who may say how it was built.
    pub(super) provenance: Role,
    /// Builders that may have built; empty: any.
    pub(super) builders: Vec<String>,
    /// Builders that are hosted services.
    pub(super) hosted: Vec<String>,
    /// Who may say what its evidence is.
    pub(super) evidence: Role,
    /// What must have been tried.
    pub(super) minimum: Minimum,
    /// Who may move channels.
    pub(super) channel: Role,
}

/// A key, and when it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trusted {
    pub(super) name: String,
    pub(super) key: PublicKey,
    pub(super) not_before: Option<Instant>,
    pub(super) not_after: Option<Instant>,
    pub(super) revoked: bool,
}

/// Keys by their ids, and how many of them it takes; 0: nobody is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Role {
    pub(super) keys: Vec<String>,
    pub(super) threshold: usize,
}

/// What must have been tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Minimum {
    pub(super) require: Vec<EvidenceKind>,
    pub(super) max_warnings: Option<u32>,
    pub(super) min_tests: u32,
}

impl TrustPolicy {
    /// Reads a trust policy. `None` where it has a fault; all of them go to `out`.
    #[must_use]
    pub fn read(sources: &Sources, file: FileId, out: &mut Diagnostics) -> Option<Self> {
        if sources.text(file).trim_start().starts_with("-----BEGIN ") {
            let message = "this is a key, not a trust policy";
            out.push(
                Diagnostic::error(codes::TRUST_KEY, Span::new(file, 0, 0), message)
                    .help("pass the `trust.toml` that lists the key and what it may sign"),
            );
            return None;
        }
        let mut faults = Diagnostics::new();
        let written = TrustFile::parse(sources, file, &mut faults);
        let mut ids: BTreeMap<&str, String> = BTreeMap::new();
        let mut keys: BTreeMap<String, Trusted> = BTreeMap::new();
        for key in &written.keys {
            let public =
                match PublicKey::from_pem(&key.public) {
                    Ok(public) => public,
                    Err(error) => {
                        let message = format!("the key `{}` cannot be read: {error}", key.name);
                        faults.push(Diagnostic::error(codes::TRUST_KEY, key.public_span, message).help(
                            "use the PEM of a P-256 or Ed25519 public key, as written by `gatewright key generate`",
                        ));
                        continue;
                    }
                };
            if let Some(known) = keys.get(public.id()) {
                let message = format!("`{}` and `{}` are the same key", known.name, key.name);
                faults.push(
                    Diagnostic::error(codes::TRUST_KEY, key.public_span, message)
                        .help("list each key once, under one name"),
                );
                continue;
            }
            ids.insert(&key.name, public.id().to_owned());
            keys.insert(
                public.id().to_owned(),
                Trusted {
                    name: key.name.clone(),
                    key: public,
                    not_before: key.not_before,
                    not_after: key.not_after,
                    revoked: key.revoked,
                },
            );
        }
        let role = |role: &TrustRole| Role {
            keys: role.keys.iter().filter_map(|name| ids.get(name.as_str()).cloned()).collect(),
            threshold: usize::try_from(role.threshold).unwrap_or(usize::MAX),
        };
        let policy = Self {
            package: written.package.clone(),
            release: role(&written.release),
            rebuilt: written.rebuilt,
            provenance: role(&written.provenance),
            builders: written.builders.clone(),
            hosted: written.hosted.clone(),
            evidence: role(&written.evidence),
            minimum: Minimum {
                require: written.require.clone(),
                max_warnings: written.max_warnings,
                min_tests: written.min_tests,
            },
            channel: role(&written.channel),
            keys,
        };
        let sound = !faults.has_errors();
        out.extend(faults);
        sound.then_some(policy)
    }

    /// Why a package is not the one that is trusted.
    pub(super) fn other_package(&self, name: &str) -> Option<Refusal> {
        let wanted = self.package.as_deref().filter(|wanted| *wanted != name)?;
        let message = format!("it is of the package `{}`, but the trust policy is for `{wanted}`", name.escape_debug());
        Some(Refusal::new("wrong-package", message))
    }

    /// The policy that trusts one key with everything, which demands nothing of the evidence.
    #[must_use]
    pub fn of_one(key: &PublicKey) -> Self {
        let one = || Role { keys: vec![key.id().to_owned()], threshold: 1 };
        let trusted = Trusted {
            name: "this key".to_owned(),
            key: key.clone(),
            not_before: None,
            not_after: None,
            revoked: false,
        };
        Self {
            package: None,
            keys: BTreeMap::from([(key.id().to_owned(), trusted)]),
            release: one(),
            rebuilt: false,
            provenance: one(),
            builders: Vec::new(),
            hosted: Vec::new(),
            evidence: one(),
            minimum: Minimum::default(),
            channel: one(),
        }
    }
}

/// The text of a trust policy that trusts one key with everything, with threshold 1, for one package if it is known.
#[must_use]
pub fn policy_of_one(name: &str, pem: &str, package: Option<&str>) -> String {
    let package = match package {
        Some(package) => format!("package = \"{package}\" # no other package's bundles are accepted"),
        None => "# package = \"NAME\" # uncomment to accept the bundles of this package only".to_owned(),
    };
    format!(
        "# Trust policy: whose signatures are accepted for what; the book's page `Signatures and trust` lists every key.\n\
         format = 1\n{package}\n\n\
         [keys.{name}]\npublic = \"\"\"\n{pem}\"\"\"\n\n\
         [release]\nkeys = [\"{name}\"]\nthreshold = 1\nrebuilt = true\n\n\
         [provenance]\nkeys = [\"{name}\"]\nthreshold = 1\n\n\
         [evidence]\nkeys = [\"{name}\"]\nthreshold = 1\nrequire = [\"lint\", \"tests\", \"proofs\"]\n\n\
         [channel]\nkeys = [\"{name}\"]\n"
    )
}

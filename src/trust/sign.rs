//! The three statements that lie beside a bundle, signed. The same bundle, facts and key give the same bytes.

use std::collections::BTreeMap;

use serde::Serialize;

use super::SignError;
use super::Signer;
use super::envelope;
use super::statement::Kind;
use super::statement::Release;
use super::statement::Statement;
use super::statement::evidence;
use super::statement::provenance;
use super::statement::statement;
use super::statement::subject;
use super::verify::KEY_START;
use super::verify::Statements;
use super::verify::typed;
use crate::bundle::Bundle;
use crate::bundle::canonical_json;

/// What whoever signs says beyond what the bundle says.
#[derive(Debug, Clone, Copy)]
pub struct Signing<'a> {
    /// Which release it is, from 1.
    pub sequence: u64,
    /// The digest of the bundle of the release before.
    pub parent: Option<&'a str>,
    /// Who built it.
    pub builder: &'a str,
    /// The builder's own name for the run.
    pub invocation: Option<&'a str>,
    /// Which statements.
    pub kinds: &'a [Kind],
    /// Whether whoever signs made the same bytes of the bundle's sources.
    pub rebuilt: Rebuilt,
}

/// Whether whoever signs knows that a bundle is what its sources give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rebuilt {
    /// It was compiled and tried again, and gave the same bytes.
    Yes,
    /// It was not, and nothing is said of it.
    No,
}

/// Signs a bundle, beside the statements that there are. A file of the same kind that another key signed is kept, and the
/// new one is named by the key; one by the same key is replaced.
///
/// # Errors
/// Where there is no signature.
pub fn sign(
    bundle: &Bundle,
    signing: Signing<'_>,
    signer: &Signer,
    present: &Statements,
) -> Result<Statements, SignError> {
    let manifest = &bundle.manifest;
    let mut written = BTreeMap::new();
    for kind in signing.kinds {
        let payload = match kind {
            Kind::Release => payload(
                *kind,
                bundle,
                Release {
                    name: manifest.name.clone(),
                    version: manifest.version.clone(),
                    sequence: signing.sequence,
                    parent: signing.parent.map(str::to_owned),
                    rebuilt: signing.rebuilt == Rebuilt::Yes,
                },
            ),
            Kind::Provenance => payload(*kind, bundle, provenance(bundle, signing.builder, signing.invocation)),
            Kind::Evidence => payload(*kind, bundle, evidence(bundle)),
            // Pointers do not lie beside a bundle.
            Kind::Channel => continue,
        };
        let name = file_of(*kind, signer.public().id(), present);
        written.insert(name, envelope::seal(&payload, signer)?);
    }
    Ok(written)
}

/// The sequence and the parent that a release statement among some says, whoever signed it; for whoever signs the same.
#[must_use]
pub fn release_said(present: &Statements) -> Option<(u64, Option<String>)> {
    let sealed = envelope::open(present.get(Kind::Release.name())?).ok()?;
    let statement: Statement<Release> = typed(Kind::Release, &sealed.payload).ok()?;
    Some((statement.predicate.sequence, statement.predicate.parent))
}

fn payload(kind: Kind, bundle: &Bundle, predicate: impl Serialize) -> Vec<u8> {
    // Strings, numbers and JSON always serialize.
    canonical_json(&statement(kind, subject(bundle), predicate)).unwrap_or_default()
}

/// The name under which a key's statement of a kind is kept.
fn file_of(kind: Kind, key: &str, present: &Statements) -> String {
    let plain = kind.name().to_owned();
    let of_key = format!("{plain}.{}", key.get(..KEY_START).unwrap_or(key));
    let is_by_another = |bytes: &[u8]| envelope::open(bytes).map_or(true, |sealed| sealed.key != key);
    match present.get(&plain) {
        Some(bytes) if is_by_another(bytes) => of_key,
        _ if present.contains_key(&of_key) => of_key,
        _ => plain,
    }
}

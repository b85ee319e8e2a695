//! The three statements that lie beside a bundle, signed. The same bundle, facts and key give the same bytes.

use std::collections::BTreeMap;

use serde::Serialize;

use super::statement::{Kind, Release, Statement, evidence, provenance, statement, subject};
use super::verify::{KEY_START, Statements, typed};
use super::{SignError, Signer, envelope};
use crate::bundle::{Bundle, canonical_json};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{ArchiveLimits, sample};
    use crate::trust::{Algorithm, LOCAL_BUILDER, PrivateKey};

    fn signer() -> Signer {
        Signer::Key(Box::new(PrivateKey::generate(Algorithm::P256).unwrap()))
    }

    fn signed(signer: &Signer, present: &Statements, signing: Signing<'_>) -> Statements {
        let bundle = Bundle::open(&sample::archive("1.0.0"), &ArchiveLimits::default()).unwrap();
        sign(&bundle, signing, signer, present).unwrap()
    }

    const SECOND: Signing<'static> = Signing {
        sequence: 2,
        parent: Some("sha256:00"),
        builder: LOCAL_BUILDER,
        invocation: None,
        kinds: &Kind::BESIDE,
        rebuilt: Rebuilt::Yes,
    };

    #[test]
    fn the_release_says_its_place_in_the_line_and_whether_it_was_rebuilt() {
        let key = signer();
        for (rebuilt, says) in [(Rebuilt::Yes, true), (Rebuilt::No, false)] {
            let statements = signed(&key, &Statements::new(), Signing { rebuilt, ..SECOND });
            assert_eq!(release_said(&statements), Some((2, Some("sha256:00".to_owned()))));
            let sealed = envelope::open(&statements["release"]).unwrap();
            let text = String::from_utf8(sealed.payload.clone()).unwrap();
            assert_eq!(text.contains("\"rebuilt\":true"), says, "{text}");
            assert_eq!(text.contains("rebuilt"), says, "what does not say it has the form of before");
            let read: Statement<Release> = typed(Kind::Release, &sealed.payload).unwrap();
            assert_eq!(read.predicate.rebuilt, says);
        }
        assert_eq!(release_said(&Statements::new()), None);
    }

    #[test]
    fn a_further_signer_has_files_of_its_own_and_the_same_one_replaces_its_own() {
        let (one, two) = (signer(), signer());
        let mut all = signed(&one, &Statements::new(), SECOND);
        assert_eq!(all.keys().collect::<Vec<_>>(), ["evidence", "provenance", "release"]);
        let of = |key: &Signer, kind: &str| format!("{kind}.{}", key.public().id().get(..KEY_START).unwrap());
        let more = signed(&two, &all, SECOND);
        let names = ["evidence", "provenance", "release"].map(|kind| of(&two, kind));
        assert_eq!(more.keys().collect::<Vec<_>>(), names.iter().collect::<Vec<_>>());
        all.extend(more.clone());
        // Each again: where it was, also after the other's file is gone.
        assert_eq!(signed(&two, &all, SECOND), more);
        let again = signed(&one, &all, SECOND);
        assert_eq!(again.keys().collect::<Vec<_>>(), ["evidence", "provenance", "release"]);
        all.retain(|name, _| name.contains('.'));
        assert_eq!(signed(&two, &all, SECOND), more);
        // What is no statement is not written over.
        let broken = Statements::from([("release".to_owned(), b"{}".to_vec())]);
        let kinds = &[Kind::Release];
        let beside = signed(&one, &broken, Signing { kinds, ..SECOND });
        assert_eq!(beside.into_keys().collect::<Vec<_>>(), [of(&one, "release")]);
        assert!(signed(&one, &Statements::new(), Signing { kinds: &[Kind::Channel], ..SECOND }).is_empty());
    }
}

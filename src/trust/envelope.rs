//! How it is signed: a DSSE envelope (DSSE v1) in a Sigstore bundle v0.3 that names the key by its id and holds neither
//! certificate nor log entry. One statement and one signature have exactly one file, so that every other byte is a fault.

use sigstore_types::dsse::pae;
use sigstore_types::{
    Bundle, DsseEnvelope, DsseSignature, KeyId, MediaType, PayloadBytes, PublicKeyIdentifier, SignatureBytes,
    SignatureContent, VerificationMaterial, VerificationMaterialContent,
};

use super::{PublicKey, SignError, Signer};
use crate::bundle::Refusal;

/// The type of every payload.
const PAYLOAD: &str = "application/vnd.in-toto+json";

/// Largest file that is read.
pub const MAX_STATEMENT: usize = 1024 * 1024;

/// A signed payload; that the signature is right is not yet known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sealed {
    /// The id of the key that is said to have signed.
    pub(super) key: String,
    /// The statement's bytes.
    pub(super) payload: Vec<u8>,
    signature: Vec<u8>,
}

impl Sealed {
    /// Whether a key signed the payload.
    pub(super) fn is_by(&self, key: &PublicKey) -> bool {
        key.verifies(&pae(PAYLOAD, &self.payload), &self.signature)
    }
}

/// Signs a payload.
///
/// # Errors
/// Where there is no signature, or an external signer's cannot be written.
pub(super) fn seal(payload: &[u8], signer: &Signer) -> Result<Vec<u8>, SignError> {
    let signature = signer.sign(&pae(PAYLOAD, payload))?;
    Ok(written(&bundle(signer.public().id(), payload, &signature)))
}

fn bundle(key: &str, payload: &[u8], signature: &[u8]) -> Bundle {
    let signature = DsseSignature::new(SignatureBytes::from_bytes(signature), KeyId::new(key));
    let envelope = DsseEnvelope::new(PAYLOAD, PayloadBytes::from_bytes(payload), signature);
    let key = VerificationMaterialContent::PublicKey(PublicKeyIdentifier::new(key));
    Bundle::new(MediaType::Bundle0_3, VerificationMaterial::new(key), SignatureContent::DsseEnvelope(envelope))
}

fn written(bundle: &Bundle) -> Vec<u8> {
    // Strings and lists always serialize.
    let mut text = bundle.to_json().unwrap_or_default();
    text.push('\n');
    text.into_bytes()
}

/// Takes a file apart.
///
/// # Errors
/// Where it is not in its one form, or what it holds is of another type.
pub(super) fn open(bytes: &[u8]) -> Result<Sealed, Refusal> {
    let refuse = |code, why: &str| Err(Refusal::new(code, why.to_owned()));
    if bytes.len() > MAX_STATEMENT {
        return refuse("statement-form", "it is too large for a statement");
    }
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let Ok(bundle) = Bundle::from_json(text) else {
        return refuse("statement-form", "it is not a Sigstore bundle with one signature");
    };
    let VerificationMaterialContent::PublicKey(key) = &bundle.verification_material.content else {
        return refuse("statement-form", "it is signed with a certificate, expected a key");
    };
    let SignatureContent::DsseEnvelope(envelope) = &bundle.content else {
        return refuse("statement-form", "it signs a digest and contains no statement");
    };
    if envelope.payload_type != PAYLOAD {
        let message = format!(
            "its payload has the unknown type `{}`, expected `{PAYLOAD}`",
            envelope.payload_type.escape_debug()
        );
        return Err(Refusal::new("unknown-payload-type", message));
    }
    let sealed = Sealed {
        key: key.hint.clone(),
        payload: envelope.payload.as_bytes().to_vec(),
        signature: envelope.signature.sig.as_bytes().to_vec(),
    };
    // This decides also that the two names of the key agree, and that there is no log entry that nobody would check.
    match written(&self::bundle(&sealed.key, &sealed.payload, &sealed.signature)) == bytes {
        true => Ok(sealed),
        false => refuse("statement-form", "it is not in canonical form: a Sigstore bundle v0.3 with only a key id"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::{Algorithm, PrivateKey};

    fn signer() -> Signer {
        Signer::Key(Box::new(PrivateKey::generate(Algorithm::Ed25519).unwrap()))
    }

    #[test]
    fn what_is_sealed_is_opened_and_is_by_its_key_alone() {
        let (signer, other) = (signer(), signer());
        let file = seal(b"{}", &signer).unwrap();
        assert!(file.ends_with(b"}\n"), "a text file ends with a line");
        let sealed = open(&file).unwrap();
        assert_eq!((sealed.key.as_str(), sealed.payload.as_slice()), (signer.public().id(), b"{}".as_slice()));
        assert!(sealed.is_by(signer.public()) && !sealed.is_by(other.public()));
    }

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let signer = signer();
        let size = |payload: usize| seal(&vec![b'x'; payload], &signer).unwrap();
        // Base64 grows in steps of four for three.
        let overhead = size(0).len();
        let most = (MAX_STATEMENT - overhead) / 4 * 3;
        let (fits, larger) = (size(most), size(most + 3));
        assert!(fits.len() <= MAX_STATEMENT && larger.len() > MAX_STATEMENT);
        assert!(open(&fits).is_ok());
        let of_many_reports = size(700 * 1024);
        assert!(open(&of_many_reports).is_ok());
        assert_eq!(open(&larger).unwrap_err().message, "it is too large for a statement");
        let exact = vec![b' '; MAX_STATEMENT];
        assert_eq!(open(&exact).unwrap_err().message, "it is not a Sigstore bundle with one signature");
    }
}

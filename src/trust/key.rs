//! Keys: P-256 (ECDSA, FIPS 186-5, with SHA-256) and Ed25519 (RFC 8032). Signatures are deterministic (RFC 6979 for P-256),
//! so that the same statement signed twice is the same file.

use std::fmt;

use ed25519_dalek::Signer as _;
use p256::pkcs8::{
    DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _, LineEnding,
};
use thiserror::Error;

use crate::bundle::sha256_hex;

/// A kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA over P-256 with SHA-256.
    P256,
    /// Ed25519.
    Ed25519,
}

impl Algorithm {
    /// Its usual name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::P256 => "ECDSA P-256 with SHA-256",
            Self::Ed25519 => "Ed25519",
        }
    }
}

/// Why a text is no key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    /// No PEM, or that of something else.
    #[error("it is not a PEM file of a {0} key")]
    NotPem(&'static str),
    /// The private key is encrypted.
    #[error("the private key is encrypted, which is not supported")]
    Encrypted,
    /// A key of some other kind.
    #[error("it is not a P-256 or Ed25519 key in {0}")]
    Kind(&'static str),
    /// The system gave no randomness.
    #[error("the system provides no random bytes: {0}")]
    Random(String),
    /// The key cannot be written.
    #[error("the key cannot be written: {0}")]
    Write(String),
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    id: String,
    key: Verifying,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Verifying {
    P256(p256::ecdsa::VerifyingKey),
    Ed25519(ed25519_dalek::VerifyingKey),
}

impl PublicKey {
    /// Reads a PEM of a SubjectPublicKeyInfo (RFC 5280, RFC 7468).
    ///
    /// # Errors
    /// Where it is none, or that of another kind of key.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        // Secrets of CI systems lose or gain line ends on their way.
        let pem = pem.trim();
        if !pem.contains("-----BEGIN PUBLIC KEY-----") {
            return Err(KeyError::NotPem("public"));
        }
        if let Ok(key) = p256::ecdsa::VerifyingKey::from_public_key_pem(pem) {
            return Self::of(Verifying::P256(key));
        }
        match ed25519_dalek::VerifyingKey::from_public_key_pem(pem) {
            // A weak key verifies signatures of nobody.
            Ok(key) if !key.is_weak() => Self::of(Verifying::Ed25519(key)),
            _ => Err(KeyError::Kind("SubjectPublicKeyInfo")),
        }
    }

    fn of(key: Verifying) -> Result<Self, KeyError> {
        let der = match &key {
            Verifying::P256(key) => key.to_public_key_der(),
            Verifying::Ed25519(key) => key.to_public_key_der(),
        };
        let der = der.map_err(|error| KeyError::Write(error.to_string()))?;
        Ok(Self { id: sha256_hex(der.as_bytes()), key })
    }

    /// SHA-256 of the SubjectPublicKeyInfo in DER, in lower-case hexadecimal: one id for one key, however it is written.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its kind.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self.key {
            Verifying::P256(_) => Algorithm::P256,
            Verifying::Ed25519(_) => Algorithm::Ed25519,
        }
    }

    /// The key as PEM.
    ///
    /// # Errors
    /// Where it cannot be encoded.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        let pem = match &self.key {
            Verifying::P256(key) => key.to_public_key_pem(LineEnding::LF),
            Verifying::Ed25519(key) => key.to_public_key_pem(LineEnding::LF),
        };
        pem.map_err(|error| KeyError::Write(error.to_string()))
    }

    /// Whether a signature is this key's over a message: DER (RFC 3279) for P-256, 64 bytes for Ed25519. ECDSA has two
    /// signatures for one, which anybody can turn into each other; only the one with the low `s` is taken, so that nobody
    /// without the key can make another file of a signed one.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.key {
            Verifying::P256(key) => {
                use p256::ecdsa::signature::Verifier as _;
                p256::ecdsa::Signature::from_der(signature)
                    .is_ok_and(|read| low(&read).as_bytes() == signature && key.verify(message, &read).is_ok())
            }
            Verifying::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
        }
    }

    /// What another program gave as a signature, in the form that [`PublicKey::verifies`] takes: P-256 also as 64 bytes
    /// (IEEE P1363), and with the high `s`, which every second signature of a KMS has. `None` where it is no signature of
    /// this key.
    pub(super) fn normalized(&self, message: &[u8], signature: &[u8]) -> Option<Vec<u8>> {
        let forms = match self.key {
            Verifying::P256(_) => {
                [p256::ecdsa::Signature::from_der(signature).ok(), p256::ecdsa::Signature::from_slice(signature).ok()]
                    .into_iter()
                    .flatten()
                    .map(|read| low(&read).as_bytes().to_vec())
                    .collect()
            }
            Verifying::Ed25519(_) => vec![signature.to_vec()],
        };
        forms.into_iter().find(|form| self.verifies(message, form))
    }
}

/// A private key.
pub struct PrivateKey {
    public: PublicKey,
    key: Signing,
}

enum Signing {
    P256(p256::ecdsa::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
}

/// The secret is not shown.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey").field("public", &self.public).finish_non_exhaustive()
    }
}

impl PrivateKey {
    /// A new key of the system's randomness.
    ///
    /// # Errors
    /// Where the system gives none.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        loop {
            let mut secret = [0_u8; 32];
            getrandom::fill(&mut secret).map_err(|error| KeyError::Random(error.to_string()))?;
            let key = match algorithm {
                // Not every 32 bytes are a scalar of the curve; nearly all are.
                Algorithm::P256 => p256::ecdsa::SigningKey::from_slice(&secret).ok().map(Signing::P256),
                Algorithm::Ed25519 => Some(Signing::Ed25519(ed25519_dalek::SigningKey::from_bytes(&secret))),
            };
            if let Some(key) = key {
                return Self::of(key);
            }
        }
    }

    /// Reads a PEM of PKCS#8 (RFC 5958).
    ///
    /// # Errors
    /// Where it is none, is encrypted, or is that of another kind of key.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let pem = pem.trim();
        if pem.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") {
            return Err(KeyError::Encrypted);
        }
        if !pem.contains("-----BEGIN PRIVATE KEY-----") {
            return Err(KeyError::NotPem("private"));
        }
        if let Ok(key) = p256::ecdsa::SigningKey::from_pkcs8_pem(pem) {
            return Self::of(Signing::P256(key));
        }
        match ed25519_dalek::SigningKey::from_pkcs8_pem(pem) {
            Ok(key) => Self::of(Signing::Ed25519(key)),
            Err(_) => Err(KeyError::Kind("PKCS#8")),
        }
    }

    fn of(key: Signing) -> Result<Self, KeyError> {
        let public = PublicKey::of(match &key {
            Signing::P256(key) => Verifying::P256(*key.verifying_key()),
            Signing::Ed25519(key) => Verifying::Ed25519(key.verifying_key()),
        })?;
        Ok(Self { public, key })
    }

    /// The key that others check with.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The key as PEM.
    ///
    /// # Errors
    /// Where it cannot be encoded.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        let pem = match &self.key {
            Signing::P256(key) => key.to_pkcs8_pem(LineEnding::LF),
            // The form without the public key: older readers know no other (RFC 8410, section 7).
            Signing::Ed25519(key) => {
                ed25519_dalek::pkcs8::KeypairBytes { secret_key: key.to_bytes(), public_key: None }
                    .to_pkcs8_pem(LineEnding::LF)
            }
        };
        pem.map(|pem| pem.to_string()).map_err(|error| KeyError::Write(error.to_string()))
    }

    /// The signature over a message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.key {
            Signing::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                low(&signature).as_bytes().to_vec()
            }
            Signing::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
        }
    }
}

/// Of the two signatures that ECDSA has for one message the one with the low `s`, in DER.
fn low(signature: &p256::ecdsa::Signature) -> p256::ecdsa::DerSignature {
    signature.normalize_s().to_der()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same signature with the other `s`, as anybody can make it.
    fn flipped(signature: &[u8]) -> p256::ecdsa::Signature {
        let read = p256::ecdsa::Signature::from_der(signature).unwrap();
        let (r, s) = read.split_scalars();
        p256::ecdsa::Signature::from_scalars(*r, -*s).unwrap()
    }

    #[test]
    fn of_the_two_signatures_of_ecdsa_the_low_one_is_made_and_taken_and_the_high_one_is_made_low() {
        let key = PrivateKey::generate(Algorithm::P256).unwrap();
        // About half of what is signed without care has the high `s`.
        for message in (0_u8..32).map(|byte| [byte]) {
            let signature = key.sign(&message);
            let other = flipped(&signature);
            let high = other.to_der().as_bytes().to_vec();
            assert!(key.public().verifies(&message, &signature));
            assert!(!key.public().verifies(&message, &high));
            for given in [signature.clone(), high, other.to_bytes().to_vec()] {
                assert_eq!(key.public().normalized(&message, &given), Some(signature.clone()));
            }
            assert_eq!(key.public().normalized(b"other", &signature), None);
        }
    }

    /// The point of order one: it verifies one signature over every message.
    #[test]
    fn a_weak_key_is_no_key() {
        let mut identity = [0_u8; 32];
        identity[0] = 1;
        let weak = ed25519_dalek::VerifyingKey::from_bytes(&identity).unwrap();
        assert!(weak.is_weak());
        let pem = weak.to_public_key_pem(LineEnding::LF).unwrap();
        assert_eq!(PublicKey::from_pem(&pem), Err(KeyError::Kind("SubjectPublicKeyInfo")));
    }

    #[test]
    fn a_signature_has_one_form() {
        for algorithm in [Algorithm::P256, Algorithm::Ed25519] {
            let (key, other) = (PrivateKey::generate(algorithm).unwrap(), PrivateKey::generate(algorithm).unwrap());
            let signature = key.sign(b"m");
            assert!(key.public().verifies(b"m", &signature) && !other.public().verifies(b"m", &signature));
            assert!(!key.public().verifies(b"n", &signature));
            let more = [signature.as_slice(), b"\0"].concat();
            let less = &signature[..signature.len() - 1];
            assert!(!key.public().verifies(b"m", &more) && !key.public().verifies(b"m", less));
            assert_eq!(key.public().normalized(b"m", &more), None);
            assert_eq!(key.public().normalized(b"m", &signature), Some(signature.clone()));
            assert_eq!(other.public().normalized(b"m", &signature), None);
        }
        // 64 bytes are a form of P-256 for other programs only.
        let key = PrivateKey::generate(Algorithm::P256).unwrap();
        let raw = p256::ecdsa::Signature::from_der(&key.sign(b"m")).unwrap().to_bytes().to_vec();
        assert!(!key.public().verifies(b"m", &raw));
    }

    #[test]
    fn a_text_that_is_no_private_key_is_refused_for_what_it_is() {
        let key = PrivateKey::generate(Algorithm::Ed25519).unwrap();
        let (private, public) = (key.to_pem().unwrap(), key.public().to_pem().unwrap());
        let encrypted = private.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        let older = private.replace("PRIVATE KEY", "EC PRIVATE KEY");
        let empty = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        for (pem, fault) in [
            (encrypted.as_str(), KeyError::Encrypted),
            (&public, KeyError::NotPem("private")),
            (&older, KeyError::NotPem("private")),
            ("", KeyError::NotPem("private")),
            (empty, KeyError::Kind("PKCS#8")),
        ] {
            assert_eq!(PrivateKey::from_pem(pem).unwrap_err(), fault, "{pem}");
        }
    }

    #[test]
    fn a_key_is_called_by_its_algorithm() {
        for (algorithm, curve) in [(Algorithm::P256, "P-256"), (Algorithm::Ed25519, "Ed25519")] {
            let key = PrivateKey::generate(algorithm).unwrap();
            assert!(key.public().algorithm().name().contains(curve));
        }
    }

    #[test]
    fn a_key_is_read_whatever_line_ends_surround_it() {
        for algorithm in [Algorithm::P256, Algorithm::Ed25519] {
            let key = PrivateKey::generate(algorithm).unwrap();
            let (private, public) = (key.to_pem().unwrap(), key.public().to_pem().unwrap());
            let surrounded = |pem: &str| {
                let pem = pem.trim();
                [pem.to_owned(), format!("\n{pem}\n\n"), format!("{}\r\n", pem.replace('\n', "\r\n"))]
            };
            for pem in surrounded(&private) {
                assert_eq!(PrivateKey::from_pem(&pem).unwrap().public(), key.public(), "{pem:?}");
            }
            for pem in surrounded(&public) {
                assert_eq!(&PublicKey::from_pem(&pem).unwrap(), key.public(), "{pem:?}");
            }
        }
    }
}

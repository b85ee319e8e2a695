//! Channels: which bundle is to run now. A pointer is a signed statement with a sequence and an end, as TUF's timestamp role
//! is: an old pointer is known by its sequence to whoever has seen a later one (rollback), and one that is held back stops
//! to count (freeze). What was seen last is the mark, which whoever pulls keeps.

use serde::{Deserialize, Serialize};

use super::envelope::Sealed;
use super::statement::{Digests, Kind, Pointer, Statement, Subject, statement};
use super::verify::{Signatory, signatory, typed};
use super::{SignError, Signer, TrustPolicy, envelope};
use crate::bundle::{Refusal, canonical_json, sha256_hex};
use crate::text::{Duration, Instant};

/// How far the clocks of who signs and who checks may be apart.
const SKEW: Duration = Duration(5 * 60 * 1000);

/// Version of the format of marks.
const MARK_FORMAT: u32 = 2;

/// The latest pointer of a channel that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// Version of this format.
    pub format: u32,
    /// Where the channel is, in the one spelling of that place.
    pub location: String,
    /// The channel.
    pub channel: String,
    /// The package.
    pub name: String,
    /// The pointer's sequence.
    pub sequence: u64,
    /// The digest of what the pointer says.
    pub digest: String,
    /// The id of the key that signed it.
    pub key: String,
}

/// A pointer that may be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// What it says.
    pub pointer: Pointer,
    /// The digest of what it says.
    pub digest: String,
    /// The name of the key that signed it.
    pub by: String,
    key: String,
    /// When it stops to count.
    pub expires_at: Instant,
}

/// What a pointer is checked against.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The channel that was asked for.
    pub channel: &'a str,
    /// The package, where it is known.
    pub name: Option<&'a str>,
    /// The latest pointer that was taken; `None`: none ever was.
    pub mark: Option<&'a Mark>,
    /// Whether an end that has come is a reason to refuse.
    pub expiry: Expiry,
}

/// What becomes of a pointer whose end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// It is refused: nobody says that it is still the latest.
    Refused,
    /// It is taken: the next pointer is to be made from it, which moves the channel on.
    Succeeded,
}

/// Signs a pointer to a bundle's file.
///
/// # Errors
/// Where there is no signature.
pub fn sign_pointer(pointer: &Pointer, file_name: &str, signer: &Signer) -> Result<Vec<u8>, SignError> {
    let subject = Subject {
        name: file_name.to_owned(),
        digest: Digests { sha256: pointer.bundle_digest.trim_start_matches("sha256:").to_owned() },
    };
    // Strings and numbers always serialize.
    let payload = canonical_json(&statement(Kind::Channel, subject, pointer.clone())).unwrap_or_default();
    envelope::seal(&payload, signer)
}

/// The digest of what a pointer says, by which marks and the next pointer name it: who signed it, how often, and how that is
/// written make no other pointer of it. `None` where the file is none.
#[must_use]
pub fn pointer_digest(bytes: &[u8]) -> Option<String> {
    envelope::open(bytes).ok().map(|sealed| digest_of(&sealed))
}

fn digest_of(sealed: &Sealed) -> String {
    format!("sha256:{}", sha256_hex(&sealed.payload))
}

/// Checks a pointer.
///
/// # Errors
/// With everything that is wrong, or the first thing where the rest cannot be read.
pub fn follow(
    bytes: &[u8],
    expected: Expected<'_>,
    policy: &TrustPolicy,
    now: Instant,
) -> Result<Followed, Vec<Refusal>> {
    let one = |refusal: Refusal| vec![refusal];
    let sealed = envelope::open(bytes).map_err(one)?;
    let id = match signatory(policy, &sealed, now).map_err(one)? {
        Signatory::Counts(id) => id,
        Signatory::Not(why) => return Err(vec![why]),
    };
    let by = policy.keys.get(&id).map_or_else(|| id.clone(), |key| key.name.clone());
    if !policy.channel.keys.contains(&id) {
        return Err(vec![Refusal::new("wrong-key", format!("the key `{by}` may not move channels"))]);
    }
    let mark = expected.mark;
    let statement: Statement<Pointer> = typed(Kind::Channel, &sealed.payload).map_err(one)?;
    let mut refusals = Vec::new();
    refusals.extend(policy.other_package(&statement.predicate.name));
    let mut refuse = |code, message: String| refusals.push(Refusal::new(code, message));
    let digest = digest_of(&sealed);
    let pointer = statement.predicate;
    let named = statement.subject.first().map(|subject| format!("sha256:{}", subject.digest.sha256));
    if statement.subject.len() != 1 || named.as_deref() != Some(&pointer.bundle_digest) {
        refuse("subject-mismatch", "it points to a different bundle than its subject".to_owned());
    }
    if pointer.channel != expected.channel {
        let (is, wanted) = (pointer.channel.escape_debug(), expected.channel);
        refuse("wrong-channel", format!("it is a pointer of the channel `{is}`, not `{wanted}`"));
    }
    if let Some(wanted) = expected.name.or(mark.map(|mark| mark.name.as_str()))
        && pointer.name != wanted
    {
        let is = pointer.name.escape_debug();
        refuse("wrong-package", format!("it points to the package `{is}`, expected `{wanted}`"));
    }
    if pointer.sequence == 0 || (pointer.sequence == 1) != pointer.previous.is_none() {
        refuse(
            "pointer-form",
            "the first pointer must not have a predecessor, and every later one must have one".to_owned(),
        );
    }
    let issued = Instant::parse(&pointer.issued_at);
    let expires = Instant::parse(&pointer.expires_at);
    let (Some(issued), Some(expires_at)) = (issued, expires) else {
        refuse("pointer-form", "its times are not valid".to_owned());
        return Err(refusals);
    };
    if expires_at <= issued {
        refuse("pointer-form", "it expires before it is issued".to_owned());
    }
    if now.checked_add(SKEW).is_none_or(|latest| issued > latest) {
        refuse("pointer-early", format!("it was issued at {issued}, but the current time is {now}"));
    }
    if now >= expires_at && expected.expiry == Expiry::Refused {
        refuse(
            "pointer-expired",
            format!(
                "it expired at {expires_at}, and the current time is {now}: a newer pointer is withheld or was never made"
            ),
        );
    }
    if let Some(mark) = mark {
        if pointer.sequence < mark.sequence {
            let message = format!("its sequence is {}, but {} was already seen", pointer.sequence, mark.sequence);
            refuse("pointer-rollback", message);
        } else if pointer.sequence == mark.sequence && digest != mark.digest {
            let message =
                format!("its sequence is {}, but another pointer of that sequence was already seen", mark.sequence);
            refuse("pointer-fork", message);
        } else if pointer.sequence == mark.sequence.saturating_add(1)
            && pointer.previous.as_deref() != Some(&mark.digest)
        {
            let message = "its predecessor is not the last pointer seen".to_owned();
            refuse("pointer-fork", message);
        }
    }
    match refusals.is_empty() {
        true => Ok(Followed { pointer, digest, by, key: id, expires_at }),
        false => Err(refusals),
    }
}

impl Followed {
    /// The mark after this pointer.
    #[must_use]
    pub fn mark(&self, location: &str) -> Mark {
        Mark {
            format: MARK_FORMAT,
            location: location.to_owned(),
            channel: self.pointer.channel.clone(),
            name: self.pointer.name.clone(),
            sequence: self.pointer.sequence,
            digest: self.digest.clone(),
            key: self.key.clone(),
        }
    }
}

impl Mark {
    /// Reads a mark that was kept for a channel.
    ///
    /// # Errors
    /// Where it cannot be read or is that of another channel: a mark that is damaged is not the same as none.
    pub fn read(bytes: &[u8], location: &str, channel: &str) -> Result<Self, Refusal> {
        let refuse = |why: String| Err(Refusal::new("mark", format!("the record of the last pull {why}")));
        let mark: Self = match serde_json::from_slice(bytes) {
            Ok(mark) => mark,
            Err(error) => return refuse(format!("cannot be read: {error}")),
        };
        if mark.format != MARK_FORMAT {
            return refuse(format!("has format {}, which this version does not support", mark.format));
        }
        if mark.location != location || mark.channel != channel {
            return refuse(format!("belongs to the channel `{}` at `{}`", mark.channel, mark.location));
        }
        Ok(mark)
    }

    /// The bytes to keep.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        // Strings and numbers always serialize.
        canonical_json(self).unwrap_or_default()
    }

    /// The name of the file that keeps the mark of a channel: one for each channel and place.
    #[must_use]
    pub fn file_name(location: &str, channel: &str) -> String {
        format!("{}.json", sha256_hex(format!("{location}\n{channel}\n").as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::{Algorithm, PrivateKey, Reason};

    fn pointer() -> Pointer {
        Pointer {
            channel: "prod".to_owned(),
            name: "docs".to_owned(),
            version: "1.0.0".to_owned(),
            bundle_digest: format!("sha256:{:064}", 1),
            sequence: 1,
            issued_at: "2026-03-01T00:00:00Z".to_owned(),
            expires_at: "2026-03-08T00:00:00Z".to_owned(),
            previous: None,
            reason: Reason::Publish,
        }
    }

    fn about(digits: &[u8]) -> Vec<Subject> {
        let subject = |digit: &u8| Subject {
            name: "docs-1.0.0.cjar".to_owned(),
            digest: Digests { sha256: format!("{digit:064}") },
        };
        digits.iter().map(subject).collect()
    }

    /// What becomes of a pointer, rightly signed, whose statement is about some bundles.
    fn taken(pointer: Pointer, subjects: Vec<Subject>, now: Instant) -> Result<Followed, Vec<&'static str>> {
        let signer = Signer::Key(Box::new(PrivateKey::generate(Algorithm::P256).unwrap()));
        let mut said = statement(Kind::Channel, about(&[1]).remove(0), pointer);
        said.subject = subjects;
        let bytes = envelope::seal(&canonical_json(&said).unwrap(), &signer).unwrap();
        let expected = Expected { channel: "prod", name: None, mark: None, expiry: Expiry::Refused };
        let policy = TrustPolicy::of_one(signer.public());
        follow(&bytes, expected, &policy, now).map_err(|refusals| refusals.iter().map(|refusal| refusal.code).collect())
    }

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    #[test]
    fn a_pointer_is_about_the_one_bundle_that_it_points_to() {
        let now = at("2026-03-02T00:00:00Z");
        assert!(taken(pointer(), about(&[1]), now).is_ok());
        for subjects in [&[][..], &[2], &[1, 1], &[1, 2], &[2, 1]] {
            assert_eq!(taken(pointer(), about(subjects), now), Err(vec!["subject-mismatch"]), "{subjects:?}");
        }
    }

    #[test]
    fn a_pointer_counts_from_a_little_before_it_was_issued_until_it_ends() {
        for (time, code) in [
            ("2026-02-28T23:54:59.999Z", Some("pointer-early")),
            ("2026-02-28T23:55:00Z", None),
            ("2026-03-07T23:59:59.999Z", None),
            ("2026-03-08T00:00:00Z", Some("pointer-expired")),
        ] {
            assert_eq!(taken(pointer(), about(&[1]), at(time)).err(), code.map(|code| vec![code]), "{time}");
        }
        let never = Pointer { expires_at: "2026-03-01T00:00:00Z".to_owned(), ..pointer() };
        assert_eq!(
            taken(never, about(&[1]), at("2026-02-28T23:58:00Z")).err(),
            Some(vec!["pointer-form"]),
            "it ends when it begins"
        );
    }

    #[test]
    fn only_the_first_pointer_has_none_before_it() {
        let now = at("2026-03-02T00:00:00Z");
        for (sequence, previous, sound) in [
            (0, None, false),
            (0, Some("sha256:00"), false),
            (1, None, true),
            (1, Some("sha256:00"), false),
            (2, None, false),
            (2, Some("sha256:00"), true),
        ] {
            let said = Pointer { sequence, previous: previous.map(str::to_owned), ..pointer() };
            let code = (!sound).then(|| vec!["pointer-form"]);
            assert_eq!(taken(said, about(&[1]), now).err(), code, "{sequence} {previous:?}");
        }
    }

    #[test]
    fn a_statement_of_another_framework_is_none() {
        let mut said = statement(Kind::Channel, about(&[1]).remove(0), pointer());
        let is_read = |said: &Statement<Pointer>| {
            let payload = canonical_json(said).unwrap();
            typed::<Pointer>(Kind::Channel, &payload).is_ok()
        };
        assert!(is_read(&said));
        said.type_ = "https://in-toto.io/Statement/v0.1".to_owned();
        assert!(!is_read(&said));
    }
}

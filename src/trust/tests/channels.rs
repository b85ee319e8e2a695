//! Channels: pointers that are old, held back, exchanged or forked.

use std::collections::BTreeSet;

use crate::bundle::Refusal;
use crate::trust::{
    Algorithm, Expected, Expiry, Followed, Mark, Pointer, Reason, Signer, TrustPolicy, follow, pointer_digest,
    sign_pointer,
};

use super::{at, key, policy, turned};

fn pointer(sequence: u64, previous: Option<&[u8]>) -> Pointer {
    Pointer {
        channel: "prod".to_owned(),
        name: "docs".to_owned(),
        version: format!("1.{sequence}.0"),
        bundle_digest: format!("sha256:{sequence:064x}"),
        sequence,
        issued_at: "2026-03-01T00:00:00Z".to_owned(),
        expires_at: "2026-03-08T00:00:00Z".to_owned(),
        previous: previous.map(|bytes| pointer_digest(bytes).unwrap()),
        reason: Reason::Publish,
    }
}

fn sign(pointer: &Pointer, signer: &Signer) -> Vec<u8> {
    sign_pointer(pointer, "docs.cjar", signer).unwrap()
}

fn asked(mark: Option<&Mark>) -> Expected<'_> {
    Expected { channel: "prod", name: Some("docs"), mark, expiry: Expiry::Refused }
}

fn taken(bytes: &[u8], mark: Option<&Mark>, signer: &Signer) -> Result<Followed, Vec<Refusal>> {
    follow(bytes, asked(mark), &TrustPolicy::of_one(signer.public()), at("2026-03-02"))
}

fn codes(result: Result<Followed, Vec<Refusal>>) -> BTreeSet<&'static str> {
    match result {
        Ok(followed) => panic!("followed: {followed:?}"),
        Err(refusals) => refusals.into_iter().map(|refusal| refusal.code).collect(),
    }
}

/// Three pointers, one after the other.
fn chain(signer: &Signer) -> [Vec<u8>; 3] {
    let one = sign(&pointer(1, None), signer);
    let two = sign(&pointer(2, Some(&one)), signer);
    let three = sign(&pointer(3, Some(&two)), signer);
    [one, two, three]
}

#[test]
fn a_channel_is_followed_forward() {
    let signer = key(Algorithm::P256);
    let [one, two, three] = chain(&signer);
    let mark = taken(&one, None, &signer).unwrap().mark("oci://r/docs");
    assert_eq!(taken(&one, Some(&mark), &signer).unwrap().pointer.sequence, 1, "the same again");
    assert!(taken(&two, Some(&mark), &signer).is_ok());
    assert!(taken(&three, Some(&mark), &signer).is_ok(), "one in between may have been missed");
    let kept = Mark::read(&mark.write(), "oci://r/docs", "prod").unwrap();
    assert_eq!(kept, mark);
}

#[test]
fn downgrade_and_replay_a_pointer_before_the_one_that_was_seen_is_refused() {
    let signer = key(Algorithm::P256);
    let [one, two, three] = chain(&signer);
    let mark = taken(&three, None, &signer).unwrap().mark("l");
    for old in [&one, &two] {
        assert_eq!(codes(taken(old, Some(&mark), &signer)), BTreeSet::from(["pointer-rollback"]));
    }
}

#[test]
fn a_signed_rollback_is_a_later_pointer_to_an_earlier_bundle() {
    let signer = key(Algorithm::P256);
    let [_, _, three] = chain(&signer);
    let mark = taken(&three, None, &signer).unwrap().mark("l");
    let back = Pointer {
        version: "1.1.0".to_owned(),
        bundle_digest: pointer(1, None).bundle_digest,
        reason: Reason::Rollback,
        ..pointer(4, Some(&three))
    };
    let followed = taken(&sign(&back, &signer), Some(&mark), &signer).unwrap();
    assert_eq!(followed.pointer.version, "1.1.0");
}

/// Keys come and go: taken out of the policy, revoked, ended, or moved to another role. What was seen stays seen.
#[test]
fn a_mark_binds_whatever_became_of_the_key_that_signed_it() {
    let (signer, other) = (key(Algorithm::P256), key(Algorithm::P256));
    let [_, _, three] = chain(&other);
    let mark = taken(&three, None, &other).unwrap().mark("l");
    let [one, ..] = chain(&signer);
    let gone = TrustPolicy::of_one(signer.public());
    let with = |of_other: &str, channel: &str| {
        let text = format!(
            "format = 1\n[keys.a]\npublic = \"\"\"\nPEM(a)\"\"\"\n[keys.b]\npublic = \"\"\"\nPEM(b)\"\"\"\n{of_other}\n\
             [release]\nkeys = [\"a\"]\n[channel]\nkeys = {channel}\n"
        );
        policy(&text, &[("a", &signer), ("b", &other)])
    };
    for (what, policy) in [
        ("not there any more", gone),
        ("moves no channels any more", with("", "[\"a\"]")),
        ("moves channels still", with("", "[\"a\", \"b\"]")),
        ("is revoked", with("revoked = true", "[\"a\", \"b\"]")),
        ("has ended", with("not_after = 2026-01-01", "[\"a\", \"b\"]")),
    ] {
        assert!(follow(&one, asked(None), &policy, at("2026-03-02")).is_ok(), "{what}");
        let followed = follow(&one, asked(Some(&mark)), &policy, at("2026-03-02"));
        assert_eq!(codes(followed), BTreeSet::from(["pointer-rollback"]), "{what}");
        // Nor does another package come in with another key.
        let payroll = Pointer { name: "payroll".to_owned(), ..pointer(4, Some(&three)) };
        let unnamed = Expected { name: None, ..asked(Some(&mark)) };
        let followed = follow(&sign(&payroll, &signer), unnamed, &policy, at("2026-03-02"));
        assert_eq!(codes(followed), BTreeSet::from(["wrong-package"]), "{what}");
        // The new key goes on from where the old one was.
        let four = sign(&pointer(4, Some(&three)), &signer);
        assert!(follow(&four, asked(Some(&mark)), &policy, at("2026-03-02")).is_ok(), "{what}");
    }
}

#[test]
fn one_pointer_is_the_same_whoever_signs_it_and_however_often() {
    let (signer, other) = (key(Algorithm::P256), key(Algorithm::Ed25519));
    let [one, two, _] = chain(&signer);
    let mark = taken(&two, None, &signer).unwrap().mark("l");
    let again = sign(&pointer(2, Some(&one)), &other);
    assert_ne!(again, two);
    assert_eq!(pointer_digest(&again), pointer_digest(&two));
    assert!(taken(&again, Some(&mark), &other).is_ok());
    let three = sign(&pointer(3, Some(&again)), &other);
    assert!(taken(&three, Some(&mark), &other).is_ok());
    assert_eq!(pointer_digest(b"{}"), None);
}

#[test]
fn fork_two_pointers_of_one_sequence_or_another_one_before() {
    let signer = key(Algorithm::P256);
    let [one, two, _] = chain(&signer);
    let mark = taken(&two, None, &signer).unwrap().mark("l");
    let other = Pointer { bundle_digest: format!("sha256:{:064x}", 99), ..pointer(2, Some(&one)) };
    assert_eq!(codes(taken(&sign(&other, &signer), Some(&mark), &signer)), BTreeSet::from(["pointer-fork"]));
    let after_other = pointer(3, Some(&sign(&other, &signer)));
    assert_eq!(codes(taken(&sign(&after_other, &signer), Some(&mark), &signer)), BTreeSet::from(["pointer-fork"]));
}

/// A mirror that turns the signature gives a file that is refused, and nobody is made to believe in a fork.
#[test]
fn a_pointer_whose_signature_is_turned_is_refused_and_is_no_fork_of_the_honest_one() {
    let signer = key(Algorithm::P256);
    let [one, two, three] = chain(&signer);
    let refused = codes(taken(&turned(&two), None, &signer));
    assert_eq!(refused, BTreeSet::from(["bad-signature"]));
    let mark = taken(&two, None, &signer).unwrap().mark("l");
    assert_eq!(codes(taken(&turned(&two), Some(&mark), &signer)), BTreeSet::from(["bad-signature"]));
    assert!(taken(&three, Some(&mark), &signer).is_ok());
    // What names the pointer before goes by what that says.
    assert_eq!(pointer_digest(&turned(&one)), pointer_digest(&one));
}

#[test]
fn freeze_a_pointer_that_is_held_back_stops_to_count() {
    let signer = key(Algorithm::P256);
    let [one, ..] = chain(&signer);
    let policy = TrustPolicy::of_one(signer.public());
    let at_time = |time: &str| follow(&one, asked(None), &policy, at(time));
    assert!(at_time("2026-03-07T23:59:59Z").is_ok());
    assert_eq!(codes(at_time("2026-03-08T00:00:00Z")), BTreeSet::from(["pointer-expired"]));
    assert!(at_time("2026-02-28T23:56:00Z").is_ok(), "clocks may be apart a little");
    assert_eq!(codes(at_time("2026-02-28T23:54:00Z")), BTreeSet::from(["pointer-early"]));
    let next = Expected { expiry: Expiry::Succeeded, ..asked(None) };
    assert!(follow(&one, next, &policy, at("2027-01-01")).is_ok(), "the next one is made from it");
}

#[test]
fn a_pointer_of_another_channel_package_or_key_is_refused() {
    let (signer, other) = (key(Algorithm::P256), key(Algorithm::Ed25519));
    let dev = Pointer { channel: "dev".to_owned(), ..pointer(1, None) };
    assert_eq!(codes(taken(&sign(&dev, &signer), None, &signer)), BTreeSet::from(["wrong-channel"]));
    let payroll = Pointer { name: "payroll".to_owned(), ..pointer(1, None) };
    assert_eq!(codes(taken(&sign(&payroll, &signer), None, &signer)), BTreeSet::from(["wrong-package"]));
    assert_eq!(codes(taken(&sign(&pointer(1, None), &other), None, &signer)), BTreeSet::from(["wrong-key"]));
    let text = "format = 1\n[keys.a]\npublic = \"\"\"\nPEM(a)\"\"\"\n[release]\nkeys = [\"a\"]\n";
    let no_channels = policy(text, &[("a", &signer)]);
    let followed = follow(&sign(&pointer(1, None), &signer), asked(None), &no_channels, at("2026-03-02"));
    assert_eq!(codes(followed), BTreeSet::from(["wrong-key"]));
}

#[test]
fn a_pointer_that_does_not_hold_together_is_refused() {
    let signer = key(Algorithm::P256);
    let one = sign(&pointer(1, None), &signer);
    for broken in [
        Pointer { sequence: 0, ..pointer(1, None) },
        pointer(2, None),
        Pointer { sequence: 1, ..pointer(2, Some(&one)) },
        Pointer { expires_at: "2026-03-01T00:00:00Z".to_owned(), ..pointer(1, None) },
        Pointer { issued_at: "yesterday".to_owned(), ..pointer(1, None) },
    ] {
        assert!(codes(taken(&sign(&broken, &signer), None, &signer)).contains("pointer-form"), "{broken:?}");
    }
}

#[test]
fn every_flipped_bit_and_every_cut_of_a_pointer_is_refused() {
    let signer = key(Algorithm::P256);
    let [one, ..] = chain(&signer);
    for at in 0..one.len() {
        for bit in 0..8 {
            let mut changed = one.clone();
            changed[at] ^= 1 << bit;
            assert!(taken(&changed, None, &signer).is_err(), "byte {at}, bit {bit}");
        }
        assert!(taken(&one[..at], None, &signer).is_err(), "the first {at} bytes");
    }
}

#[test]
fn a_mark_that_is_damaged_or_of_another_channel_is_not_taken_for_none() {
    let signer = key(Algorithm::P256);
    let [one, ..] = chain(&signer);
    let bytes = taken(&one, None, &signer).unwrap().mark("l").write();
    for (bytes, location, channel) in [
        (&bytes[..bytes.len() - 3], "l", "prod"),
        (b"".as_slice(), "l", "prod"),
        (&bytes, "elsewhere", "prod"),
        (&bytes, "l", "dev"),
    ] {
        assert_eq!(Mark::read(bytes, location, channel).unwrap_err().code, "mark");
    }
    let text = String::from_utf8(bytes).unwrap();
    for format in ["\"format\":1", "\"format\":3"] {
        let other = text.replace("\"format\":2", format);
        assert_eq!(Mark::read(other.as_bytes(), "l", "prod").unwrap_err().code, "mark");
    }
    assert_ne!(Mark::file_name("l", "prod"), Mark::file_name("l", "dev"));
}

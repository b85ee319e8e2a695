//! Every byte of what is signed matters. This takes a while, so that it does not stand beside the code.

use std::thread;

use gatewright::bundle::{ArchiveLimits, Bundle};
use gatewright::trust::{Algorithm, TrustPolicy};

use super::{bytes, first, key, opened, signed, verified};

/// Any byte of the bundle or of a statement that is another, and any of them that is cut off.
#[test]
fn every_flipped_byte_and_every_cut_of_a_signed_bundle_is_refused() {
    let signer = key(Algorithm::P256);
    let whole = bytes("1.0.0");
    let bundle = opened(&whole);
    let statements = signed(&bundle, first(), &[&signer]);
    let policy = TrustPolicy::of_one(signer.public());
    let is_believed = |bytes: &[u8]| {
        let opened = Bundle::open(bytes, &ArchiveLimits::default());
        opened.is_ok_and(|bundle| verified(&bundle, &statements, &policy).is_ok())
    };
    assert!(is_believed(&whole));
    let half = whole.len() / 2;
    thread::scope(|scope| {
        for range in [0..half, half..whole.len()] {
            scope.spawn(|| {
                for at in range {
                    let mut changed = whole.clone();
                    changed[at] ^= 1 << (at % 8);
                    assert!(!is_believed(&changed), "byte {at} of the bundle");
                    assert!(!is_believed(&whole[..at]), "the first {at} bytes of the bundle");
                }
            });
        }
    });
    for (name, bytes) in &statements {
        let is_believed = |bytes: Vec<u8>| {
            let mut others = statements.clone();
            others.insert(name.clone(), bytes);
            verified(&bundle, &others, &policy).is_ok()
        };
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                assert!(!is_believed(changed), "byte {at}, bit {bit} of `{name}`");
            }
            assert!(!is_believed(bytes[..at].to_vec()), "the first {at} bytes of `{name}`");
        }
        for more in [" ", "\n", "{}"] {
            assert!(!is_believed([bytes.as_slice(), more.as_bytes()].concat()), "`{name}` and {more:?}");
        }
    }
}

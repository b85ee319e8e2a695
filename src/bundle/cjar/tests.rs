//! Archives that are not in their one form: every trick by its name, every byte, every length.

use std::io::{Cursor, Write as _};

use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;

fn tree(files: &[(&str, &str)]) -> BundleTree {
    let mut tree = BundleTree::default();
    for (name, text) in files {
        tree.insert(*name, *text);
    }
    tree
}

fn sample() -> BundleTree {
    tree(&[("bundle.json", "{}\n"), ("policies/001-a.cedar", "permit();\n"), ("source/a b.gate", "")])
}

fn code(bytes: &[u8]) -> &'static str {
    unpack(bytes, &ArchiveLimits::default()).map_or_else(|refusal| refusal.code, |_| "taken")
}

/// An archive as other tools write it.
fn foreign(files: &[(&str, &str)], options: SimpleFileOptions) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        writer.start_file(*name, options).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn ours() -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644)
}

fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut changed = bytes.to_vec();
    let places: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(from.as_bytes())).collect();
    assert!(!places.is_empty(), "{from}");
    for at in places {
        changed[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    changed
}

#[test]
fn a_tree_comes_out_as_it_went_in_and_other_tools_read_it() {
    let packed = pack(&sample()).unwrap();
    assert_eq!(unpack(&packed, &ArchiveLimits::default()).unwrap(), sample());
    let mut zip = zip::ZipArchive::new(Cursor::new(&packed)).unwrap();
    assert_eq!(zip.len(), 3);
    let entry = zip.by_index(1).unwrap();
    assert_eq!((entry.name().unwrap(), entry.unix_mode()), ("policies/001-a.cedar".into(), Some(0o100_644)));
}

/// Another version of the `zip` crate that writes other bytes would make every published digest irreproducible.
#[test]
fn the_bytes_are_those_of_every_version_before() {
    let packed = pack(&sample()).unwrap();
    assert_eq!(
        (packed.len(), crate::bundle::sha256_hex(&packed).as_str()),
        (355, "bf9778d9f44ba47cca98816d2c8f95a7e50ec4b3c31cc239071f3c67aeeb4a57")
    );
}

#[test]
fn every_trick_is_refused_by_its_name() {
    let packed = pack(&sample()).unwrap();
    let file = |name| foreign(&[(name, "x")], ours());
    let with = |options| foreign(&[("a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")], options);
    let joined = |more: &[u8]| [packed.as_slice(), more].concat();
    let mut link = ZipWriter::new(Cursor::new(Vec::new()));
    link.add_symlink("a", "/etc/passwd", ours()).unwrap();
    let mut commented = ZipWriter::new(Cursor::new(Vec::new()));
    commented.start_file("a", ours()).unwrap();
    commented.set_comment("hello").unwrap();
    let directory = packed.windows(4).position(|four| four == CENTRAL).unwrap();
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("not an archive", b"hello, world".to_vec(), "archive-broken"),
        ("nothing", Vec::new(), "archive-broken"),
        ("an archive of nothing", pack(&BundleTree::default()).unwrap(), "archive-broken"),
        ("a path that climbs", file("../a"), "entry-name"),
        ("a path that climbs later", file("a/../../b"), "entry-name"),
        ("an absolute path", file("/etc/passwd"), "entry-name"),
        ("a path of Windows", file("C:\\a"), "entry-name"),
        ("a folder", file("a/"), "entry-name"),
        ("an empty part", file("a//b"), "entry-name"),
        ("a name that Windows shortens", file("a."), "entry-name"),
        ("Cyrillic letters", file("bundle.jsоn"), "entry-name"),
        ("a letter and its accent apart", file("e\u{301}"), "entry-name"),
        ("a character without width", file("a\u{200b}b"), "entry-name"),
        ("text that turns around", file("a\u{202e}b"), "entry-name"),
        ("a line break", file("a\nb"), "entry-name"),
        ("a null byte", file("a\0b"), "entry-name"),
        ("one name in two cases", foreign(&[("A", "x"), ("a", "y")], ours()), "entry-twice"),
        ("one name twice", replaced(&foreign(&[("aaaa", "x"), ("bbbb", "y")], ours()), "bbbb", "aaaa"), "entry-twice"),
        (
            "two names for one entry",
            replaced(&packed[..directory], "policies", "policies")
                .into_iter()
                .chain(replaced(&packed[directory..], "policies", "palicies"))
                .collect(),
            "archive-form",
        ),
        (
            "compression, and so any bomb",
            with(ours().compression_method(CompressionMethod::Deflated)),
            "entry-compressed",
        ),
        ("another mode", with(ours().unix_permissions(0o755)), "archive-form"),
        (
            "another time",
            with(ours().last_modified_time(DateTime::from_date_and_time(2026, 3, 1, 0, 0, 0).unwrap())),
            "archive-form",
        ),
        ("a size of 64 bits", with(ours().large_file(true)), "archive-form"),
        ("another order", foreign(&[("b", "x"), ("a", "y")], ours()), "archive-form"),
        ("a symbolic link", link.finish().unwrap().into_inner(), "entry-link"),
        ("a comment", commented.finish().unwrap().into_inner(), "trailing-data"),
        ("something behind", joined(b"\n"), "trailing-data"),
        ("an archive behind", joined(&packed), "second-directory"),
        ("a directory behind", joined(&packed[directory..]), "second-directory"),
        ("something before", [b"#!/bin/sh\n".as_slice(), &packed].concat(), "archive-broken"),
    ];
    for (what, bytes, expected) in cases {
        assert_eq!(code(&bytes), expected, "{what}");
    }
}

#[test]
fn limits_are_kept_by_what_is_there_not_by_what_is_said() {
    let packed = pack(&sample()).unwrap();
    let usual = ArchiveLimits::default();
    for limits in [
        ArchiveLimits { bytes: packed.len() - 1, ..usual },
        ArchiveLimits { entry_bytes: 9, ..usual },
        ArchiveLimits { entries: 2, ..usual },
    ] {
        assert_eq!(unpack(&packed, &limits).unwrap_err().code, "archive-oversize", "{limits:?}");
    }
    // An entry that says it is as large as an archive can say.
    let mut liar = packed.clone();
    liar[18..26].copy_from_slice(&[0xff; 8]);
    assert_eq!(code(&liar), "archive-oversize");
    liar[18..26].copy_from_slice(&[0, 0, 0, 1, 0, 0, 0, 1]);
    assert_eq!(code(&liar), "archive-broken");
}

#[test]
fn every_other_byte_and_every_other_length_is_refused() {
    let packed = pack(&sample()).unwrap();
    for at in 0..packed.len() {
        for bit in 0..8 {
            let mut changed = packed.clone();
            changed[at] ^= 1 << bit;
            // What is another content or another name is another archive, in its one form if the checksum fits; it never does.
            assert_ne!(code(&changed), "taken", "byte {at}, bit {bit}");
        }
        assert_ne!(code(&packed[..at]), "taken", "the first {at} bytes");
    }
}

#[test]
fn what_cannot_be_unpacked_everywhere_is_not_packed() {
    for (name, expected) in [
        ("source/policy/ä.gate", "entry-name"),
        ("source/a:b", "entry-name"),
        ("source/../a", "entry-name"),
        ("source/BUNDLE.JSON/..", "entry-name"),
    ] {
        assert_eq!(pack(&tree(&[(name, "")])).unwrap_err().code, expected, "{name}");
    }
    let refusal = pack(&tree(&[("source/A.gate", ""), ("source/a.gate", "")])).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the entries `source/A.gate` and `source/a.gate` are the same file if case is ignored [entry-twice]"
    );
}

proptest! {
    #[test]
    fn any_tree_has_one_archive(files in prop::collection::btree_map("[a-z]{1,3}(/[a-z0-9_.-]{1,4}[a-z])?", ".{0,40}", 1..8)) {
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let tree = tree(&files);
        let packed = pack(&tree).unwrap();
        prop_assert_eq!(unpack(&packed, &ArchiveLimits::default()).unwrap(), tree);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 1..300), start in any::<bool>()) {
        let mut archive = pack(&sample()).unwrap();
        if start {
            archive.truncate(60);
        }
        archive.extend(bytes);
        prop_assert_ne!(code(&archive), "taken");
    }
}

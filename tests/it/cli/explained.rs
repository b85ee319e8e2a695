//! `gatewright explain` of reasons to refuse a bundle: each code that a refusal shows in brackets is in a table of the book.

use std::collections::BTreeSet;
use std::fs;

use crate::support::{paths, root};

use super::run_in;

#[test]
fn every_code_of_a_refusal_is_explained() {
    let mut codes = BTreeSet::new();
    for path in paths("src").into_iter().filter(|path| path.ends_with(".rs") && !path.contains("tests")) {
        let text = fs::read_to_string(root().join(&path)).unwrap();
        for call in ["Refusal::new(", "refuse(", "differs(", "one(", "not("] {
            let calls = text.match_indices(call).map(|(at, _)| text[at + call.len()..].trim_start());
            let words = calls.filter_map(|rest| rest.strip_prefix('"')?.split_once("\",")).map(|(word, _)| word);
            let is_code =
                |word: &&str| word.contains('-') && word.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase());
            codes.extend(words.filter(is_code).map(str::to_owned));
        }
    }
    assert!(codes.len() > 60 && codes.contains("archive-form") && codes.contains("key-expired"), "{codes:?}");
    codes.extend(["builder", "manifest", "mark"].map(str::to_owned));
    let dir = tempfile::tempdir().unwrap();
    for code in codes {
        let run = run_in(dir.path(), ["explain", code.as_str()]);
        assert!(run.code == 0 && run.out.contains("See the book's page"), "{code}: {}", run.err);
    }
    let run = run_in(dir.path(), ["explain", "no-chanel"]);
    assert!(run.code == 2 && run.err.contains("`no-channel`"), "{}", run.err);
}

//! Answers kept on disk, by the digest of question and engine, and notes of what else a run found out. Only verdicts are kept, never "unknown"; a counterexample that
//! comes from here is decoded and replayed like a fresh one. An entry that is not whole is as good as none. So is one that
//! was found under a higher limit: a verdict must not depend on what was asked before.
#![expect(clippy::disallowed_methods, reason = "answers are kept in the user's cache folder between runs")]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::solver::{Identity, Reply};
use crate::bundle::sha256_hex;

/// Version of the entries, part of every key.
const FORMAT: &str = "gatewright answers 2";

/// The folders of answers and of notes.
const ANSWERS: &str = "answers";
const NOTES: &str = "notes";

/// Answers of this run, and of earlier ones where there is a folder.
#[derive(Debug, Default)]
pub struct Cache {
    /// The user's cache folder.
    folder: Option<PathBuf>,
    /// What this run knows, by key.
    known: Mutex<HashMap<String, Kept>>,
    written: AtomicU64,
}

/// An answer, and the units of the solver's count that it was found within.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    within: u64,
    reply: Reply,
}

impl Cache {
    /// Keeps answers below a folder of the user's cache.
    #[must_use]
    pub fn on_disk(cache: &Path) -> Self {
        Self { folder: Some(cache.to_owned()), ..Self::default() }
    }

    /// Keeps answers of this run only.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// What is known of a question that may take so many units.
    pub(super) fn get(&self, key: &str, most: u64) -> Option<Reply> {
        let known = self.lock().get(key).cloned();
        let kept = match known {
            Some(known) => known,
            None => {
                // A pipe in its place would never answer.
                let path = self.path(ANSWERS, key).filter(|path| path.is_file())?;
                let kept = read(&fs::read_to_string(path).ok()?, key)?;
                self.lock().insert(key.to_owned(), kept.clone());
                kept
            }
        };
        (kept.within <= most).then_some(kept.reply)
    }

    /// Keeps an answer that was found within so many units. A disk that refuses costs the next run its time, and nothing else.
    pub(super) fn put(&self, key: &str, reply: &Reply, within: u64) {
        let kept = Kept { within, reply: reply.clone() };
        let Some(text) = written(&kept, key) else { return };
        self.lock().insert(key.to_owned(), kept);
        self.store(ANSWERS, key, &text);
    }

    /// A note of an earlier run, by a key that covers all it depends on.
    #[must_use]
    pub fn note(&self, key: &str) -> Option<String> {
        let path = self.path(NOTES, key).filter(|path| path.is_file())?;
        let text = fs::read_to_string(path).ok()?;
        let (sealed, note) = text.split_once('\n')?;
        (sealed == seal(key, "", note)).then(|| note.to_owned())
    }

    /// Keeps a note for later runs, where there is a folder.
    pub fn keep_note(&self, key: &str, note: &str) {
        self.store(NOTES, key, &format!("{}\n{note}", seal(key, "", note)));
    }

    fn store(&self, part: &str, key: &str, text: &str) {
        let Some(path) = self.path(part, key) else { return };
        let Some(folder) = path.parent() else { return };
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let partial = folder.join(format!("{}.{number}.partial", std::process::id()));
        let stored = fs::create_dir_all(folder)
            .and_then(|()| fs::write(&partial, text))
            .and_then(|()| fs::rename(&partial, &path));
        if stored.is_err() {
            let _ = fs::remove_file(&partial);
        }
    }

    fn path(&self, part: &str, key: &str) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(part).join(key.get(..2)?).join(key.get(2..)?))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Kept>> {
        // A thread that panicked left whole entries.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key of a script for an engine.
pub(super) fn key(script: &str, engine: &Identity) -> String {
    sha256_hex(format!("{FORMAT}\n{engine}\n{script}").as_bytes())
}

/// `verdict units digest` on the first line, the model below. The digest covers all of it and the key, so that an entry that
/// was cut off, changed or moved to another question is not read.
fn written(kept: &Kept, key: &str) -> Option<String> {
    let (verdict, model) = match &kept.reply {
        Reply::Sat(model) => ("sat", model.as_str()),
        Reply::Unsat => ("unsat", ""),
        Reply::Unknown(_) => return None,
    };
    let head = format!("{verdict} {}", kept.within);
    Some(format!("{head} {}\n{model}", seal(key, &head, model)))
}

fn read(text: &str, key: &str) -> Option<Kept> {
    let (head, model) = text.split_once('\n')?;
    let (head, sealed) = head.rsplit_once(' ')?;
    if sealed != seal(key, head, model) {
        return None;
    }
    let (verdict, within) = head.split_once(' ')?;
    let reply = match verdict {
        "sat" => Reply::Sat(model.to_owned()),
        "unsat" if model.is_empty() => Reply::Unsat,
        _ => return None,
    };
    Some(Kept { within: within.parse().ok()?, reply })
}

fn seal(key: &str, head: &str, model: &str) -> String {
    sha256_hex(format!("{key}\n{head}\n{model}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(version: &str) -> Identity {
        Identity { name: "cvc5".to_owned(), version: version.to_owned() }
    }

    #[test]
    fn an_answer_is_found_again_by_its_question_and_engine_only() {
        let folder = tempfile::tempdir().unwrap();
        let asked = key("(assert true)", &engine("1.3.1"));
        let sat = Reply::Sat("(\n)\n".to_owned());
        Cache::on_disk(folder.path()).put(&asked, &sat, 7);
        let later = Cache::on_disk(folder.path());
        assert_eq!(later.get(&asked, 7), Some(sat));
        assert_eq!(later.get(&key("(assert false)", &engine("1.3.1")), 7), None);
        assert_eq!(later.get(&key("(assert true)", &engine("1.4.2")), 7), None);
    }

    #[test]
    fn an_answer_that_took_a_higher_limit_is_none_under_a_lower_one() {
        let folder = tempfile::tempdir().unwrap();
        let asked = key("(assert true)", &engine("1.3.1"));
        let cache = Cache::on_disk(folder.path());
        cache.put(&asked, &Reply::Unsat, 100);
        for cache in [cache, Cache::on_disk(folder.path())] {
            assert_eq!(cache.get(&asked, 99), None);
            assert_eq!(cache.get(&asked, 100), Some(Reply::Unsat));
            assert_eq!(cache.get(&asked, 101), Some(Reply::Unsat));
        }
    }

    #[test]
    fn a_note_is_found_by_its_key_while_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::on_disk(folder.path());
        let (one, other) = (sha256_hex(b"one"), sha256_hex(b"other"));
        cache.keep_note(&one, "killed\nby a test");
        assert_eq!(Cache::on_disk(folder.path()).note(&one).as_deref(), Some("killed\nby a test"));
        assert_eq!(cache.note(&other), None);
        let path = cache.path(NOTES, &one).unwrap();
        let text = fs::read_to_string(&path).unwrap().replace("killed", "missed");
        fs::write(&path, text).unwrap();
        assert_eq!(cache.note(&one), None);
    }

    #[test]
    fn unknown_is_never_kept() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::on_disk(folder.path());
        let asked = key("(assert true)", &engine("1.3.1"));
        cache.put(&asked, &Reply::Unknown("limit".to_owned()), 7);
        assert_eq!(cache.get(&asked, 7), None);
    }

    #[test]
    fn an_entry_that_was_changed_cut_or_moved_is_as_good_as_none() {
        let asked = key("(assert true)", &engine("1.3.1"));
        let other = key("(assert false)", &engine("1.3.1"));
        let kept = Kept { within: 7, reply: Reply::Sat("(\n(define-fun x () Bool true)\n)\n".to_owned()) };
        let text = written(&kept, &asked).unwrap();
        assert!(read(&text, &asked).is_some());
        assert_eq!(read(&text, &other), None);
        assert_eq!(read(&text.replace("sat ", "unsat "), &asked), None);
        assert_eq!(read(&text.replace("true", "false"), &asked), None);
        assert_eq!(read(&text.replace("sat 7", "sat 6"), &asked), None);
        for end in 0..text.len() {
            let cut = text.get(..end).unwrap();
            assert_eq!(read(cut, &asked), None, "{end}");
        }
    }
}

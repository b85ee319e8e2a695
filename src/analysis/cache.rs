//! Answers kept on disk, by the digest of question and engine. Only verdicts are kept, never "unknown"; a counterexample that
//! comes from here is decoded and replayed like a fresh one. An entry that is not whole is as good as none.
#![expect(
    clippy::disallowed_methods,
    reason = "answers are kept in the user's cache folder between runs"
)]

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use super::solver::Identity;
use super::solver::Reply;
use crate::bundle::sha256_hex;

/// Version of the entries, part of every key.
const FORMAT: &str = "gatewright answers 1";

/// Answers of this run, and of earlier ones where there is a folder.
#[derive(Debug, Default)]
pub struct Cache {
    folder: Option<PathBuf>,
    /// What this run knows, by key.
    known: Mutex<HashMap<String, Reply>>,
    written: AtomicU64,
}

impl Cache {
    /// Keeps answers below a folder of the user's cache.
    #[must_use]
    pub fn on_disk(cache: &Path) -> Self {
        Self {
            folder: Some(cache.join("answers")),
            ..Self::default()
        }
    }

    /// Keeps answers of this run only.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// What is known of a question.
    pub(super) fn get(&self, key: &str) -> Option<Reply> {
        if let Some(known) = self.lock().get(key) {
            return Some(known.clone());
        }
        let reply = read(&fs::read_to_string(self.path(key)?).ok()?, key)?;
        self.lock().insert(key.to_owned(), reply.clone());
        Some(reply)
    }

    /// Keeps an answer. A disk that refuses costs the next run its time, and nothing else.
    pub(super) fn put(&self, key: &str, reply: &Reply) {
        let Some(text) = written(reply, key) else { return };
        self.lock().insert(key.to_owned(), reply.clone());
        let Some(path) = self.path(key) else { return };
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

    fn path(&self, key: &str) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(key.get(..2)?).join(key.get(2..)?))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Reply>> {
        // A thread that panicked left whole entries.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key of a script for an engine.
pub(super) fn key(script: &str, engine: &Identity) -> String {
    sha256_hex(format!("{FORMAT}\n{engine}\n{script}").as_bytes())
}

/// `verdict digest` on the first line, the model below. The digest covers key, verdict and model, so that an entry that was
/// cut off, changed or moved to another question is not read.
fn written(reply: &Reply, key: &str) -> Option<String> {
    let (verdict, model) = match reply {
        Reply::Sat(model) => ("sat", model.as_str()),
        Reply::Unsat => ("unsat", ""),
        Reply::Unknown(_) => return None,
    };
    Some(format!("{verdict} {}\n{model}", seal(key, verdict, model)))
}

fn read(text: &str, key: &str) -> Option<Reply> {
    let (head, model) = text.split_once('\n')?;
    let (verdict, sealed) = head.split_once(' ')?;
    if sealed != seal(key, verdict, model) {
        return None;
    }
    match verdict {
        "sat" => Some(Reply::Sat(model.to_owned())),
        "unsat" if model.is_empty() => Some(Reply::Unsat),
        _ => None,
    }
}

fn seal(key: &str, verdict: &str, model: &str) -> String {
    sha256_hex(format!("{key}\n{verdict}\n{model}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(version: &str) -> Identity {
        Identity {
            name: "cvc5".to_owned(),
            version: version.to_owned(),
        }
    }

    #[test]
    fn an_answer_is_found_again_by_its_question_and_engine_only() {
        let folder = tempfile::tempdir().unwrap();
        let asked = key("(assert true)", &engine("1.3.1"));
        let sat = Reply::Sat("(\n)\n".to_owned());
        Cache::on_disk(folder.path()).put(&asked, &sat);
        let later = Cache::on_disk(folder.path());
        assert_eq!(later.get(&asked), Some(sat));
        assert_eq!(later.get(&key("(assert false)", &engine("1.3.1"))), None);
        assert_eq!(later.get(&key("(assert true)", &engine("1.4.2"))), None);
    }

    #[test]
    fn unknown_is_never_kept() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::on_disk(folder.path());
        let asked = key("(assert true)", &engine("1.3.1"));
        cache.put(&asked, &Reply::Unknown("limit".to_owned()));
        assert_eq!(cache.get(&asked), None);
    }

    #[test]
    fn an_entry_that_was_changed_cut_or_moved_is_as_good_as_none() {
        let asked = key("(assert true)", &engine("1.3.1"));
        let other = key("(assert false)", &engine("1.3.1"));
        let text = written(&Reply::Sat("(\n(define-fun x () Bool true)\n)\n".to_owned()), &asked).unwrap();
        assert!(read(&text, &asked).is_some());
        assert_eq!(read(&text, &other), None);
        assert_eq!(read(&text.replace("sat ", "unsat "), &asked), None);
        assert_eq!(read(&text.replace("true", "false"), &asked), None);
        for end in 0..text.len() {
            let cut = text.get(..end).unwrap();
            assert_eq!(read(cut, &asked), None, "{end}");
        }
    }
}

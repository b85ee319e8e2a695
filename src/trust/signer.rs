//! Who signs: a private key in memory, or a program that reaches a KMS or HSM. The one place of this room that starts a
//! process.
#![expect(clippy::disallowed_methods, reason = "the external signer is a process")]

use std::io::{Read, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::thread;
use std::time::Duration;

use sigstore_types::SignatureBytes;
use thiserror::Error;

use super::{PrivateKey, PublicKey};

/// The longest that an external signer may take, a person's touch of a token included.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often a program that gave its answer is asked whether it ended.
const STEP: Duration = Duration::from_millis(5);

/// Most bytes of an answer; a signature has under a hundred.
const MAX_ANSWER: u64 = 4096;

/// Who signs.
#[derive(Debug)]
pub enum Signer {
    /// A key in memory.
    Key(Box<PrivateKey>),
    /// A program with its arguments, which gets the bytes to sign on standard input and writes the signature to standard
    /// output: DER or 64 bytes for P-256, 64 bytes for Ed25519, as they are or in Base64.
    Command {
        /// The program and its arguments.
        command: Vec<String>,
        /// The key that it signs with.
        public: Box<PublicKey>,
    },
}

/// Why there is no signature.
#[derive(Debug, Error)]
pub enum SignError {
    /// There is no program.
    #[error("the signer command is empty")]
    Empty,
    /// It cannot be started, or not be spoken to.
    #[error("cannot run the signer `{program}`: {message}")]
    Run {
        /// The program.
        program: String,
        /// Why.
        message: String,
    },
    /// It failed.
    #[error("the signer `{program}` exited with {status}: {said}")]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        status: String,
        /// What it said on standard error.
        said: String,
    },
    /// It took too long, and was ended.
    #[error("the signer `{program}` did not finish within {} seconds", PATIENCE.as_secs())]
    Slow {
        /// The program.
        program: String,
    },
    /// What it gave is no signature of the key.
    #[error("the output of the signer `{program}` is not a signature by the key {id}")]
    Wrong {
        /// The program.
        program: String,
        /// The key's id.
        id: String,
    },
}

impl Signer {
    /// The key that others check with.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        match self {
            Self::Key(key) => key.public(),
            Self::Command { public, .. } => public,
        }
    }

    /// The signature over a message, which its public key verifies.
    ///
    /// # Errors
    /// Where an external signer gives none, or a wrong one.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let (command, public) = match self {
            Self::Key(key) => return Ok(key.sign(message)),
            Self::Command { command, public } => (command, public),
        };
        let program = command.first().ok_or(SignError::Empty)?;
        let answer = ask(program, command.get(1..).unwrap_or_default(), message, PATIENCE)?;
        let trimmed = std::str::from_utf8(&answer).map(str::trim).unwrap_or_default();
        let decoded = SignatureBytes::from_base64(trimmed).map(SignatureBytes::into_bytes).ok();
        let found = public.normalized(message, &answer);
        found
            .or_else(|| public.normalized(message, &decoded?))
            .ok_or_else(|| SignError::Wrong { program: program.clone(), id: public.id().to_owned() })
    }
}

/// What a program answers to some bytes within some time.
fn ask(program: &str, arguments: &[String], message: &[u8], patience: Duration) -> Result<Vec<u8>, SignError> {
    let run = |error: &std::io::Error| SignError::Run { program: program.to_owned(), message: error.to_string() };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| run(&error))?;
    let stdin = child.stdin.take();
    let outputs = (child.stdout.take(), child.stderr.take());
    // Threads, so that no pipe that fills up keeps the other side from ending. They end with the pipes, which a program
    // that leaves a child behind may hold open; nobody waits for them longer than for the program.
    let message = message.to_vec();
    thread::spawn(move || {
        // A program that does not read all of it says more by its answer.
        let _ = stdin.map(|mut stdin| stdin.write_all(&message));
    });
    let (answer, answered) = mpsc::channel();
    let (said, heard) = mpsc::channel();
    thread::spawn(move || answer.send(outputs.0.map(read)));
    thread::spawn(move || said.send(outputs.1.map(read)));
    let ended = answered.recv_timeout(patience);
    if matches!(ended, Err(RecvTimeoutError::Timeout)) {
        end(&mut child);
        return Err(SignError::Slow { program: program.to_owned() });
    }
    let Some(status) = ended_by_itself(&mut child, patience).map_err(|error| run(&error))? else {
        end(&mut child);
        return Err(SignError::Slow { program: program.to_owned() });
    };
    if status.success() {
        return Ok(ended.ok().flatten().unwrap_or_default());
    }
    let said = heard.recv_timeout(Duration::from_secs(1)).ok().flatten().unwrap_or_default();
    Err(SignError::Failed {
        program: program.to_owned(),
        status: status.to_string(),
        said: String::from_utf8_lossy(&said).trim().to_owned(),
    })
}

fn read(from: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    // What was read until it failed is all there is.
    let _ = from.take(MAX_ANSWER).read_to_end(&mut bytes);
    bytes
}

/// How a program ended that has nothing more to say. One that closed its output may still go on for ever.
fn ended_by_itself(child: &mut Child, patience: Duration) -> std::io::Result<Option<ExitStatus>> {
    let mut waited = Duration::ZERO;
    while waited < patience {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(STEP);
        waited += STEP;
    }
    Ok(None)
}

fn end(child: &mut Child) {
    // It may have ended by itself meanwhile.
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;

    use super::*;
    use crate::trust::Algorithm;

    /// A key, and a folder with its signature over `message` in each form.
    fn key(algorithm: Algorithm) -> (PrivateKey, tempfile::TempDir) {
        let key = PrivateKey::generate(algorithm).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let signature = key.sign(b"message");
        let base64 = SignatureBytes::from_bytes(&signature).to_base64();
        fs::write(dir.path().join("plain"), &signature).unwrap();
        fs::write(dir.path().join("base64"), format!("\n{base64}\n")).unwrap();
        fs::write(dir.path().join("cut"), &signature[..signature.len() - 1]).unwrap();
        (key, dir)
    }

    fn signed(key: &PrivateKey, script: &str) -> Result<Vec<u8>, String> {
        let signer = Signer::Command {
            command: ["sh", "-c", script].map(str::to_owned).to_vec(),
            public: Box::new(key.public().clone()),
        };
        signer.sign(b"message").map_err(|error| error.to_string())
    }

    #[test]
    fn a_program_gets_the_message_and_its_signature_is_taken_plain_or_in_base64() {
        for algorithm in [Algorithm::P256, Algorithm::Ed25519] {
            let (key, dir) = key(algorithm);
            let dir = dir.path().display();
            for script in [
                format!("test \"$(cat)\" = message && cat {dir}/plain"),
                format!("cat >/dev/null; cat {dir}/base64"),
                format!("cat {dir}/plain"),
                format!("echo a word of advice >&2; cat {dir}/base64"),
                format!("cat {dir}/plain; exec >&-; sleep 0.2"),
            ] {
                assert_eq!(signed(&key, &script), Ok(key.sign(b"message")), "{script}");
            }
        }
    }

    #[test]
    fn what_is_no_signature_and_what_fails_is_told() {
        let (key, dir) = key(Algorithm::P256);
        let dir = dir.path().display();
        for (script, says) in [
            ("true".to_owned(), "is not a signature by the key"),
            (format!("cat {dir}/cut"), "is not a signature by the key"),
            (format!("cat {dir}/plain {dir}/plain"), "is not a signature by the key"),
            ("yes".to_owned(), "is not a signature by the key"),
            (format!("cat {dir}/plain; echo locked >&2; exit 3"), "exited with exit status: 3: locked"),
        ] {
            let said = signed(&key, &script).unwrap_err();
            assert!(said.contains(says) || script == "yes" && said.contains("exited with"), "{script}: {said}");
        }
        let signer = |command: &[&str]| Signer::Command {
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            public: Box::new(key.public().clone()),
        };
        assert!(matches!(signer(&[]).sign(b"m"), Err(SignError::Empty)));
        assert!(matches!(signer(&["/nonexistent"]).sign(b"m"), Err(SignError::Run { .. })));
    }

    /// A program may end and leave a child behind that could still write.
    #[test]
    fn an_answer_that_does_not_end_in_time_is_none() {
        let arguments = ["-c".to_owned(), "sleep 3 & exit 0".to_owned()];
        let asked = ask("sh", &arguments, b"message", Duration::from_millis(300));
        assert!(matches!(asked, Err(SignError::Slow { .. })), "{asked:?}");
    }

    /// Whether it keeps its output open or not.
    #[test]
    fn a_program_that_goes_on_is_ended() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        for script in ["exec sleep 1000", "exec >&-; exec sleep 1000"] {
            let arguments = ["-c".to_owned(), format!("echo $$ >{}; {script}", pid.display())];
            let asked = ask("sh", &arguments, b"message", Duration::from_secs(1));
            assert!(matches!(asked, Err(SignError::Slow { .. })), "{script}: {asked:?}");
            let pid = fs::read_to_string(&pid).unwrap();
            let mut alive = Command::new("kill");
            let alive = alive.args(["-0", pid.trim()]).stderr(Stdio::null()).status();
            assert!(!alive.unwrap().success(), "{script} goes on");
        }
    }
}

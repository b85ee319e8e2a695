//! A solver as a child process that reads SMT-LIB on standard input and answers on standard output.
#![expect(
    clippy::disallowed_methods,
    reason = "the solver runs as a process of its own, so that its crash or misuse never takes the tool down"
)]

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use super::{Limits, Reply, Solver, SolverError};

/// How a process is started.
#[derive(Debug, Clone)]
pub(super) struct Start {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
}

/// A solver that is started when first asked, and anew after it ended or was ended.
#[derive(Debug)]
pub(super) struct Process {
    start: Start,
    limits: Limits,
    running: Option<Running>,
    /// The time until the run ends.
    left: Option<Duration>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    commands: Sender<String>,
    lines: Receiver<String>,
}

/// An engine that counts its time itself is given this much more of it before it is ended.
const GRACE: Duration = Duration::from_secs(5);

impl Process {
    pub(super) fn new(start: Start, limits: Limits) -> Self {
        Self { start, limits, running: None, left: None }
    }

    /// Sends commands and returns the first line of the answer; `None` where the time is over.
    pub(super) fn first_line(&mut self, commands: &str) -> Result<Option<String>, SolverError> {
        // Where the process has ended, there is no line.
        let _ = self.running()?.commands.send(commands.to_owned());
        let line = self.line();
        if line.is_err() {
            self.end();
        }
        line
    }

    fn running(&mut self) -> Result<&mut Running, SolverError> {
        if self.running.is_none() {
            self.running = Some(spawn(&self.start)?);
        }
        self.running.as_mut().ok_or(SolverError::Ended)
    }

    fn line(&mut self) -> Result<Option<String>, SolverError> {
        let patience = Duration::from_millis(self.limits.milliseconds).saturating_add(GRACE);
        let patience = self.left.map_or(patience, |left| left.min(patience));
        let running = self.running.as_ref().ok_or(SolverError::Ended)?;
        match running.lines.recv_timeout(patience) {
            Ok(line) => Ok(Some(line)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(SolverError::Ended),
        }
    }

    /// The model, which the process prints between a line `(` and a line `)`.
    fn model(&mut self) -> Result<Option<String>, SolverError> {
        let Some(first) = self.first_line("(get-model)\n")? else {
            return Ok(None);
        };
        if first.trim() != "(" {
            self.end();
            return Err(SolverError::Refused(first));
        }
        let mut model = String::from("(\n");
        loop {
            let Some(line) = self.line()? else { return Ok(None) };
            // Writing to a string cannot fail.
            let _ = writeln!(model, "{line}");
            if line.trim() == ")" {
                return Ok(Some(model));
            }
        }
    }

    fn end(&mut self) {
        if let Some(mut running) = self.running.take() {
            // It may have ended by itself; there is nobody to tell then.
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }

    fn out_of_time(&mut self) -> Reply {
        self.end();
        let most = Duration::from_millis(self.limits.milliseconds);
        Reply::Unknown(match self.left {
            Some(left) if left < most => "time ran out before the answer".to_owned(),
            _ => format!("no answer within {} ms", self.limits.milliseconds),
        })
    }
}

impl Solver for Process {
    fn check(&mut self, script: &str, left: Option<Duration>) -> Result<Reply, SolverError> {
        self.left = left;
        let Some(verdict) = self.first_line(&format!("(reset)\n{script}\n(check-sat)\n"))? else {
            return Ok(self.out_of_time());
        };
        match verdict.trim() {
            "unsat" => Ok(Reply::Unsat),
            "sat" => Ok(match self.model()? {
                Some(model) => Reply::Sat(model),
                None => self.out_of_time(),
            }),
            unknown if unknown.starts_with("unknown") => {
                Ok(Reply::Unknown("the resource limit of the question was reached".to_owned()))
            }
            other => {
                let said = other.trim_start_matches("(error \"").trim_end_matches("\")").to_owned();
                // After an error the process may be anywhere in its input.
                self.end();
                Err(SolverError::Refused(said))
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

fn spawn(start: &Start) -> Result<Running, SolverError> {
    let fault = |source| SolverError::Process { doing: "start", source };
    let mut child = Command::new(&start.program)
        .args(&start.arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(fault)?;
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(SolverError::Ended);
    };
    let (commands, asked) = mpsc::channel::<String>();
    // A process that does not read must not keep the tool waiting: its time is counted where its answer is awaited.
    thread::Builder::new()
        .name("solver input".to_owned())
        .spawn(move || {
            for text in asked {
                if input.write_all(text.as_bytes()).and_then(|()| input.flush()).is_err() {
                    return;
                }
            }
        })
        .map_err(fault)?;
    let (sender, lines) = mpsc::channel();
    thread::Builder::new()
        .name("solver output".to_owned())
        .spawn(move || {
            for line in BufReader::new(output).lines() {
                let Ok(line) = line else { return };
                if sender.send(line).is_err() {
                    return;
                }
            }
        })
        .map_err(fault)?;
    Ok(Running { child, commands, lines })
}

//! A sign of life on standard error, for work that takes longer than a second or two.
#![expect(clippy::disallowed_methods, reason = "how long the rest takes is estimated from the clock")]

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

use crate::text::safe;

use super::env;

/// When the first line comes where nobody watches.
const FIRST_LINE: Duration = Duration::from_secs(2);
/// How often further lines come.
const NEXT_LINE: Duration = Duration::from_secs(5);

/// Whether `--quiet` asks for silence.
static QUIET: AtomicBool = AtomicBool::new(false);

/// Shows nothing for the rest of the process.
pub(super) fn silence() {
    QUIET.store(true, Ordering::Relaxed);
}

/// Does the work on this thread, whose stack is large; if it takes long, standard error says so: by a spinner on a terminal, by
/// a line every few seconds elsewhere.
pub(super) fn during<T>(what: &str, work: impl FnOnce() -> T) -> T {
    counted(what, |_| work())
}

/// The same for work that tells how far it is: how much is done, and of how much.
pub(super) fn counted<T>(what: &str, work: impl FnOnce(&(dyn Fn(usize, usize) + Sync)) -> T) -> T {
    if QUIET.load(Ordering::Relaxed) || env::shows_no_progress() {
        return work(&|_, _| ());
    }
    let what = safe::line(what);
    let begun = Instant::now();
    let so_far = Mutex::new(None);
    let (done, waiting) = mpsc::channel::<()>();
    let message = || match *so_far.lock().unwrap_or_else(PoisonError::into_inner) {
        Some((count, of)) => {
            let left = left(begun.elapsed(), count, of);
            let left = left.map(|left| format!(", about {left} left")).unwrap_or_default();
            format!("{what}: {count} of {of}{left}")
        }
        None => what.clone(),
    };
    thread::scope(|scope| {
        scope.spawn(move || match env::is_watched() {
            true => spin(&waiting, message),
            // Lines of plain text, which a log keeps.
            false => tell(&waiting, message, (FIRST_LINE, NEXT_LINE), &mut std::io::stderr()),
        });
        let result = work(&|count, of| {
            *so_far.lock().unwrap_or_else(PoisonError::into_inner) = Some((count, of));
        });
        drop(done);
        result
    })
}

/// How long the rest takes if it goes on as it did; `None` where too little is done to tell.
fn left(elapsed: Duration, done: usize, of: usize) -> Option<String> {
    const ENOUGH: usize = 3;
    if done < ENOUGH || done >= of {
        return None;
    }
    let seconds = elapsed.as_secs_f64() / done as f64 * (of - done) as f64;
    Some(match seconds {
        ..=59.0 => format!("{:.0} s", seconds.max(1.0)),
        _ => format!("{:.0} min", (seconds / 60.0).ceil()),
    })
}

fn is_going_on(waiting: &Receiver<()>, time: Duration) -> bool {
    waiting.recv_timeout(time) == Err(RecvTimeoutError::Timeout)
}

fn spin(waiting: &Receiver<()>, message: impl Fn() -> String) {
    if is_going_on(waiting, Duration::from_secs(1)) {
        let spinner = ProgressBar::new_spinner().with_message(message());
        spinner.enable_steady_tick(Duration::from_millis(120));
        while is_going_on(waiting, Duration::from_millis(200)) {
            spinner.set_message(message());
        }
        spinner.finish_and_clear();
    }
}

/// A line after some time, and further ones after some more each.
fn tell(
    waiting: &Receiver<()>,
    message: impl Fn() -> String,
    (first, next): (Duration, Duration),
    out: &mut impl Write,
) {
    let mut after = first;
    let mut seconds = 0;
    while is_going_on(waiting, after) {
        seconds += after.as_secs();
        // Nobody is left to tell if that fails.
        let _ = writeln!(out, "{} ({seconds} s)", safe::output(&message()));
        after = next;
    }
}

/// The same for bytes that go somewhere: a bar on a terminal shows how many, and of how many.
#[cfg(feature = "registry")]
pub(super) fn transfer<T>(what: &str, work: impl FnOnce(&(dyn Fn(u64, u64) + Sync)) -> T) -> T {
    if !env::is_watched() || QUIET.load(Ordering::Relaxed) {
        let count = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        return counted(&format!("{what}, bytes"), |progress| work(&|done, of| progress(count(done), count(of))));
    }
    let bar = ProgressBar::new(0).with_message(safe::line(what));
    // A template that is wrong would be a fault of ours, and the plain bar does as well.
    if let Ok(style) = indicatif::ProgressStyle::with_template("{msg} {bar:24} {bytes}/{total_bytes} {bytes_per_sec}") {
        bar.set_style(style);
    }
    let result = work(&|done, of| {
        bar.set_length(of.max(done));
        bar.set_position(done);
    });
    bar.finish_and_clear();
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_estimated_from_what_is_done() {
        let after = |seconds, done, of| left(Duration::from_secs(seconds), done, of);
        assert_eq!(after(10, 50, 150).as_deref(), Some("20 s"));
        assert_eq!(after(10, 10, 100).as_deref(), Some("2 min"));
        assert_eq!(after(0, 99, 100).as_deref(), Some("1 s"));
        assert_eq!(after(10, 1, 100), None, "one value tells nothing");
        assert_eq!(after(10, 100, 100), None);
    }

    #[test]
    fn where_nobody_watches_work_is_told_in_lines_of_plain_text_until_it_is_done() {
        let (done, waiting) = mpsc::channel::<()>();
        let short = Duration::from_millis(1);
        let mut out = Vec::new();
        let mut done = Some(done);
        let lines = Mutex::new(0);
        // The work is done as the third line is written.
        let message = || {
            let mut lines = lines.lock().unwrap();
            *lines += 1;
            format!("proving \u{1b}[31mshop: {lines} of 80")
        };
        thread::scope(|scope| {
            let (message, out) = (&message, &mut out);
            let told = scope.spawn(move || tell(&waiting, message, (short, short), out));
            while *lines.lock().unwrap() < 3 {
                thread::sleep(short);
            }
            done.take();
            told.join().unwrap();
        });
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().count() >= 3, "{text}");
        assert!(text.lines().all(|line| line.contains("proving") && !line.contains(char::is_control)), "{text}");
    }

    #[test]
    fn short_work_says_nothing() {
        let (done, waiting) = mpsc::channel::<()>();
        let mut out = Vec::new();
        drop(done);
        tell(&waiting, || "never".to_owned(), (FIRST_LINE, NEXT_LINE), &mut out);
        assert!(out.is_empty());
    }
}

//! A sign of life on standard error, for work that takes longer than a second.
#![expect(clippy::disallowed_methods, reason = "how long the rest takes is estimated from the clock")]

use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

use crate::text::safe;

use super::env;

/// Does the work on this thread, whose stack is large; where somebody watches, a spinner appears after a second.
pub(super) fn during<T>(what: &str, work: impl FnOnce() -> T) -> T {
    counted(what, |_| work())
}

/// The same for work that tells how far it is: how much is done, and of how much.
pub(super) fn counted<T>(what: &str, work: impl FnOnce(&(dyn Fn(usize, usize) + Sync)) -> T) -> T {
    if !env::is_watched() {
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
        scope.spawn(move || {
            if waiting.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                let spinner = ProgressBar::new_spinner().with_message(message());
                spinner.enable_steady_tick(Duration::from_millis(120));
                while waiting.recv_timeout(Duration::from_millis(200)) == Err(RecvTimeoutError::Timeout) {
                    spinner.set_message(message());
                }
                spinner.finish_and_clear();
            }
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

/// The same for bytes that go somewhere: where somebody watches, a bar shows how many, and of how many.
#[cfg(feature = "registry")]
pub(super) fn transfer<T>(what: &str, work: impl FnOnce(&(dyn Fn(u64, u64) + Sync)) -> T) -> T {
    if !env::is_watched() {
        return work(&|_, _| ());
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
}

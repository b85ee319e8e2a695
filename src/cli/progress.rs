//! A sign of life on standard error, for work that takes longer than a second.

use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

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
    let so_far = Mutex::new(None);
    let (done, waiting) = mpsc::channel::<()>();
    let message = || match *so_far.lock().unwrap_or_else(PoisonError::into_inner) {
        Some((count, of)) => format!("{what}: {count} of {of}"),
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

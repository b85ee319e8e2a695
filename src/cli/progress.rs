//! A sign of life on standard error, for work that takes longer than a second.

use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::thread;
use std::time::Duration;

use indicatif::ProgressBar;

use super::env;

/// Does the work on this thread, whose stack is large; where somebody watches, a spinner appears after a second.
pub(super) fn during<T>(what: &str, work: impl FnOnce() -> T) -> T {
    if !env::is_watched() {
        return work();
    }
    let (done, waiting) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            if waiting.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                let spinner = ProgressBar::new_spinner().with_message(what.to_owned());
                spinner.enable_steady_tick(Duration::from_millis(120));
                let _ = waiting.recv();
                spinner.finish_and_clear();
            }
        });
        let result = work();
        drop(done);
        result
    })
}

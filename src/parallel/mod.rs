//! The same work on each of many values, on all cores. What comes of it does not depend on how many there are.
//! Nothing here knows what the work is.

use std::num::{NonZero, NonZeroUsize};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many threads the user allows, where that was said.
static ALLOWED: OnceLock<NonZeroUsize> = OnceLock::new();

/// Allows so many threads for the rest of the run. What is said first holds.
pub fn allow(threads: NonZeroUsize) {
    let _ = ALLOWED.set(threads);
}

/// How many threads work at once: as many as there are cores, or as the user allows.
#[must_use]
pub fn threads() -> NonZeroUsize {
    let cores = || std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    ALLOWED.get().copied().unwrap_or_else(cores)
}

/// The stack of every thread that works on a package: it holds the deepest nesting that the limits allow. It is address
/// space; only what is used is ever backed by memory.
pub const STACK_BYTES: usize = 256 << 20;

/// How much work a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Little, of many values: a thread takes some at a time, and there is no other thread for a few.
    Little,
    /// So much that a thread takes one at a time.
    Much,
}

impl Work {
    /// Values that one thread takes at a time.
    fn batch(self) -> usize {
        match self {
            Self::Little => 64,
            Self::Much => 1,
        }
    }
}

/// What comes of each value, in their order. Every thread works with a state of its own.
#[must_use]
pub fn map<T: Sync, S, R: Send>(
    size: Work,
    values: &[T],
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) -> R + Sync,
) -> Vec<R> {
    let batch = size.batch();
    let next = AtomicUsize::new(0);
    let batches = || {
        let mut state = state();
        let mut done: Vec<(usize, Vec<R>)> = Vec::new();
        loop {
            let start = next.fetch_add(batch, Ordering::Relaxed);
            if start >= values.len() {
                return done;
            }
            let some = values.iter().skip(start).take(batch);
            done.push((start, some.map(|value| work(&mut state, value)).collect()));
        }
    };
    let helpers = threads().get().min(values.len().div_ceil(batch)).saturating_sub(1);
    let mut done = std::thread::scope(|scope| {
        let helper = || std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, batches);
        // Where the system gives no further thread, this one does all.
        let helping: Vec<_> = (0..helpers).map_while(|_| helper().ok()).collect();
        let mut done = batches();
        for helper in helping {
            match helper.join() {
                Ok(more) => done.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_by_key(|(start, _)| *start);
    done.into_iter().flat_map(|(_, batch)| batch).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_values() {
        for count in [0, 1, 64, 65, 2567] {
            let values: Vec<usize> = (0..count).collect();
            let doubled: Vec<usize> = values.iter().map(|value| 2 * value).collect();
            for size in [Work::Little, Work::Much] {
                assert_eq!(map(size, &values, || (), |(), value| 2 * value), doubled);
            }
        }
    }

    #[test]
    #[should_panic(expected = "seven")]
    fn a_panic_in_a_thread_is_one_of_the_caller() {
        let values: Vec<usize> = (0..256).collect();
        let _ = map(Work::Little, &values, || (), |(), value| assert!(*value != 77, "seven"));
    }
}

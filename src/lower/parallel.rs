//! The same work on each of many values, on all cores. What comes of it does not depend on how many there are.

use std::num::NonZero;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

/// Values that one thread takes at a time.
const BATCH: usize = 64;
/// As much stack as a process starts with. Cedar stops at what does not fit, and a smaller one would stop it earlier.
const STACK: usize = 8 << 20;

/// What comes of each value, in their order. Every thread works with a state of its own.
pub(super) fn map<T: Sync, S, R: Send>(
    values: &[T],
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let batches = || {
        let mut state = state();
        let mut done: Vec<(usize, Vec<R>)> = Vec::new();
        loop {
            let start = next.fetch_add(BATCH, Ordering::Relaxed);
            if start >= values.len() {
                return done;
            }
            let batch = values.iter().skip(start).take(BATCH);
            done.push((start, batch.map(|value| work(&mut state, value)).collect()));
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let helpers = cores.min(values.len().div_ceil(BATCH)).saturating_sub(1);
    let mut done = std::thread::scope(|scope| {
        let helper = || {
            std::thread::Builder::new()
                .stack_size(STACK)
                .spawn_scoped(scope, batches)
        };
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
        for count in [0, 1, BATCH, BATCH + 1, 40 * BATCH + 7] {
            let values: Vec<usize> = (0..count).collect();
            let doubled: Vec<usize> = values.iter().map(|value| 2 * value).collect();
            assert_eq!(map(&values, || (), |(), value| 2 * value), doubled);
        }
    }

    #[test]
    #[should_panic(expected = "seven")]
    fn a_panic_in_a_thread_is_one_of_the_caller() {
        let values: Vec<usize> = (0..4 * BATCH).collect();
        map(&values, || (), |(), value| assert!(*value != 77, "seven"));
    }
}

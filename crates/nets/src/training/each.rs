//! Independent work on a few threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::ThreadPoolBuilder;

/// The results of `job(0)` to `job(count - 1)`, in their order, on at most `threads` threads at once.
///
/// Every job runs in a pool of a single thread, so that what it does inside does not wait for the others, and has the
/// same bits for any number of threads.
///
/// ```
/// use attractor_nets::training::each;
/// let squares = each(5, 2, |i| if i < 9 { Ok(i * i) } else { Err("too large") });
/// assert_eq!(squares, Ok(vec![0, 1, 4, 9, 16]));
/// ```
///
/// # Errors
/// That of the first job, by number, which failed; jobs that had not begun by then are left out.
pub fn each<T: Send, E: Send>(
    count: usize,
    threads: usize,
    job: impl Fn(usize) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let (next, failed) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
    let done: Vec<Mutex<Option<Result<T, E>>>> = (0..count).map(|_| Mutex::new(None)).collect();
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count || number > failed.load(Ordering::Relaxed) {
                return;
            }
            let result = job(number);
            if result.is_err() {
                failed.fetch_min(number, Ordering::Relaxed);
            }
            *done[number].lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(result);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, count.max(1)) {
            scope.spawn(|| match ThreadPoolBuilder::new().num_threads(1).build() {
                Ok(pool) => pool.install(work),
                // Without a pool of its own it shares that of all, which is slower and no less right.
                Err(_) => work(),
            });
        }
    });
    let result = |cell: Mutex<Option<Result<T, E>>>| {
        cell.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
    };
    done.into_iter().filter_map(result).collect()
}

//! Who does the work.

use rayon::prelude::*;

/// Who does the work of a memory. Either way the bits are the same.
///
/// ```
/// use attractor_memory::{Memory, Threads};
/// use ndarray::array;
///
/// let mut memory = Memory::builder(2).threads(Threads::Caller).build()?;
/// memory.store(array![[1.0, 0.0], [0.0, 1.0]].view())?;
/// assert_eq!(memory.recall(array![[0.9, 0.1]].view())?.reports[0].leading[0].id, 0);
/// # Ok::<(), attractor_memory::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Threads {
    /// The threads of the current rayon pool.
    #[default]
    Pool,
    /// The thread that calls, alone. Callers that hold a lock need this: a thread of the pool that waits for its
    /// part of a pass takes up other work meanwhile, and that may want the very same lock.
    Caller,
}

impl Threads {
    pub(crate) fn count(self) -> usize {
        match self {
            Self::Pool => rayon::current_num_threads(),
            Self::Caller => 1,
        }
    }

    pub(crate) fn join<A: Send, B: Send>(
        self,
        a: impl FnOnce() -> A + Send,
        b: impl FnOnce() -> B + Send,
    ) -> (A, B) {
        match self {
            Self::Pool => rayon::join(a, b),
            Self::Caller => (a(), b()),
        }
    }

    /// What `f` makes of every item and its place, in order.
    pub(crate) fn each<S: Send, T: Send>(self, items: Vec<S>, f: impl Fn(usize, S) -> T + Sync) -> Vec<T> {
        match self {
            // Waking a thread costs more than a single item gains by it.
            Self::Pool if items.len() > 1 => {
                items.into_par_iter().enumerate().map(|(i, item)| f(i, item)).collect()
            }
            Self::Pool | Self::Caller => items.into_iter().enumerate().map(|(i, item)| f(i, item)).collect(),
        }
    }
}

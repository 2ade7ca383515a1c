//! Fetching what comes next while the present is worked on.
//!
//! Weighted sums work on a block that is in the second-level cache; without help the memory would idle
//! meanwhile. The inner loops therefore ask for the next block, a line or a few at a time.

use crate::lane::Lane;

/// Lines that will be needed soon.
pub(crate) struct Ahead<'a> {
    rest: std::slice::Iter<'a, Lane>,
}

impl<'a> Ahead<'a> {
    pub(crate) fn new(lanes: &'a [Lane]) -> Self {
        Self { rest: lanes.iter() }
    }

    /// Asks for the next `N` lines, while there are any.
    #[inline(always)]
    pub(crate) fn fetch<const N: usize>(&mut self) {
        if self.rest.len() >= N {
            for line in self.rest.by_ref().take(N) {
                hint(line);
            }
        }
    }
}

#[inline(always)]
fn hint(line: &Lane) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: a prefetch reads nothing; SSE is part of x86-64.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(std::ptr::from_ref(line).cast()) };
    }
    let _ = line;
}

//! What the machine can do at most: the floors that benchmarks print.

use crate::arch::Vector;
use crate::lane::Lane;
use crate::level::Level;

/// Reads every lane once and returns their sum: time it for the read bandwidth.
pub fn read_all(level: Level, lanes: &[Lane]) -> f32 {
    let mut sum = [0.0];
    crate::dispatch::read_on(level, lanes, &mut sum);
    sum[0]
}

/// Floating-point operations of one round of [`multiply_add`].
pub const OPERATIONS: usize = 2 * 16 * CHAINS;

const CHAINS: usize = 12;

/// `rounds` of independent multiply-adds on registers: time it for the peak.
pub fn multiply_add(level: Level, rounds: usize) -> f32 {
    let mut sum = [0.0];
    crate::dispatch::peak_on(level, rounds, &mut sum);
    sum[0]
}

/// # Safety
/// `Vector`'s contract.
#[inline(always)]
pub(crate) unsafe fn read<V: Vector>(lanes: &[Lane], sum: &mut [f32; 1]) {
    // SAFETY: lanes are read inside the slice.
    unsafe {
        let mut sums = [V::splat(0.0); 8];
        let chunks = lanes.chunks_exact(8);
        for lane in chunks.remainder() {
            sums[0] = sums[0].add(V::load(lane));
        }
        for chunk in chunks {
            for (sum, lane) in sums.iter_mut().zip(chunk) {
                *sum = sum.add(V::load(lane));
            }
        }
        sum[0] = sums.iter().map(|s| s.sum()).sum();
    }
}

/// # Safety
/// `Vector`'s contract.
#[inline(always)]
pub(crate) unsafe fn peak<V: Vector>(rounds: usize, sum: &mut [f32; 1]) {
    // SAFETY: registers only.
    unsafe {
        let factor = V::splat(std::hint::black_box(0.999_9));
        let term = V::splat(std::hint::black_box(1e-6));
        let mut chains = [V::splat(1.0); CHAINS];
        for _ in 0..rounds {
            for chain in &mut chains {
                *chain = chain.fma(factor, term);
            }
        }
        sum[0] = chains.iter().map(|c| c.sum()).sum();
    }
}

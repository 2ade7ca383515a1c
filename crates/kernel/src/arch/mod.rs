//! One algorithm over a sixteen-lane vector, one file per instruction set.

mod scalar;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use scalar::Scalar;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{avx2::Avx2, avx512::Avx512};

use crate::lane::{LANES, Lane};

/// `log2(e)`, and `ln 2` in two pieces whose products with small integers are exact (Cody and Waite).
pub(crate) const LOG2_E: f32 = std::f32::consts::LOG2_E;
pub(crate) const LN2_HI: f32 = 0.693_359_4;
pub(crate) const LN2_LO: f32 = -2.121_944_4e-4;
/// Adding `1.5 * 2^23` leaves the nearest integer in the low bits of a float.
pub(crate) const ROUND: f32 = 12_582_912.0;
/// Taylor-like coefficients of `(e^r - 1 - r) / r^2` on `|r| <= ln2 / 2` (Cephes `expf`).
pub(crate) const EXP: [f32; 6] =
    [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];
/// Below this `exp` would be subnormal; kernels return an exact zero there.
pub const EXP_FLOOR: f32 = -87.336_54;

/// Sixteen floats and what retrieval does with them.
///
/// # Safety
/// Every method may use the instructions of the type's level: callers must have checked
/// [`crate::Level::is_available`]. Pointers must be valid for one [`Lane`].
pub(crate) unsafe trait Vector: Copy {
    /// Whether the level has thirty-two registers of sixteen lanes.
    const WIDE: bool;
    unsafe fn splat(x: f32) -> Self;
    unsafe fn load(from: *const Lane) -> Self;
    unsafe fn store(self, to: *mut Lane);
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    unsafe fn mul(self, other: Self) -> Self;
    /// `self * other + sum`, fused where the level has it.
    unsafe fn fma(self, other: Self, sum: Self) -> Self;
    unsafe fn abs(self) -> Self;
    unsafe fn sqrt(self) -> Self;
    /// The larger; where `self` is NaN, `other`.
    unsafe fn max(self, other: Self) -> Self;
    /// The smaller; where `self` is NaN, `other`.
    unsafe fn min(self, other: Self) -> Self;
    /// Lanes whose bit is clear become `other`.
    unsafe fn keep(self, mask: u16, other: Self) -> Self;
    /// `exp` of lanes `<= 0`; exact 0 for lanes below `floor` (and `floor >= EXP_FLOOR`).
    unsafe fn exp(self, floor: Self) -> Self;
    /// Bit per lane that is not zero.
    unsafe fn nonzero(self) -> u16;

    /// Sum of the lanes: always the tree (i, i+8), (i, i+4), (i, i+2), (i, i+1).
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        let mut x = Lane::ZERO;
        // SAFETY: `x` is a lane of this frame.
        unsafe { self.store(&raw mut x) };
        let mut half = LANES / 2;
        while half > 0 {
            for i in 0..half {
                x.0[i] += x.0[i + half];
            }
            half /= 2;
        }
        x.0[0]
    }

    /// Largest lane.
    #[inline(always)]
    unsafe fn largest(self) -> f32 {
        let mut x = Lane::ZERO;
        // SAFETY: `x` is a lane of this frame.
        unsafe { self.store(&raw mut x) };
        x.0.iter().copied().fold(f32::NEG_INFINITY, f32::max)
    }

    /// The sums of the first `count` of sixteen vectors (the others are zero), in the same tree as
    /// [`Vector::sum`].
    #[inline(always)]
    unsafe fn sums(all: &[Self; LANES], count: usize) -> Lane {
        let mut out = Lane::ZERO;
        for (to, v) in out.0.iter_mut().zip(all).take(count) {
            // SAFETY: same contract as this function.
            *to = unsafe { v.sum() };
        }
        out
    }
}

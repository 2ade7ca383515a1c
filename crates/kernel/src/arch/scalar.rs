//! The portable level: arrays that the compiler may vectorise as it can.

use super::{EXP, LN2_HI, LN2_LO, LOG2_E, ROUND, Vector};
use crate::lane::{LANES, Lane};

#[derive(Clone, Copy)]
pub(crate) struct Scalar([f32; LANES]);

impl Scalar {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        let mut out = self.0;
        for (a, b) in out.iter_mut().zip(other.0) {
            *a = f(*a, b);
        }
        Self(out)
    }
}

// SAFETY: no instruction beyond the target's baseline is used.
unsafe impl Vector for Scalar {
    const WIDE: bool = false;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Self([x; LANES])
    }
    #[inline(always)]
    unsafe fn load(from: *const Lane) -> Self {
        // SAFETY: the caller gives a valid lane.
        Self(unsafe { *from }.0)
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut Lane) {
        // SAFETY: the caller gives a valid lane.
        unsafe { *to = Lane(self.0) };
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
    #[inline(always)]
    unsafe fn fma(self, other: Self, sum: Self) -> Self {
        let mut out = sum.0;
        for (c, (a, b)) in out.iter_mut().zip(self.0.into_iter().zip(other.0)) {
            *c += a * b;
        }
        Self(out)
    }
    #[inline(always)]
    unsafe fn abs(self) -> Self {
        Self(self.0.map(f32::abs))
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        Self(self.0.map(f32::sqrt))
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        self.zip(other, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    unsafe fn keep(self, mask: u16, other: Self) -> Self {
        let mut out = other.0;
        for i in 0..LANES {
            if mask >> i & 1 == 1 {
                out[i] = self.0[i];
            }
        }
        Self(out)
    }
    #[inline(always)]
    unsafe fn exp(self, floor: Self) -> Self {
        self.zip(floor, |x, floor| if x < floor { 0.0 } else { exp(x) })
    }
    #[inline(always)]
    unsafe fn nonzero(self) -> u16 {
        self.0.iter().enumerate().fold(0, |mask, (i, &x)| mask | u16::from(x != 0.0) << i)
    }
}

/// `exp` for `EXP_FLOOR <= x <= 0`.
#[inline(always)]
fn exp(x: f32) -> f32 {
    let t = x * LOG2_E + ROUND;
    let n = t - ROUND;
    let r = x - n * LN2_HI - n * LN2_LO;
    let mut p = EXP[0];
    for c in &EXP[1..] {
        p = p * r + c;
    }
    let p = p * r * r + r + 1.0;
    f32::from_bits(p.to_bits().wrapping_add(t.to_bits() << 23))
}

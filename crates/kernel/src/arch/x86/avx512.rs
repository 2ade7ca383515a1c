//! AVX-512 F: a vector is one register.

#[allow(clippy::wildcard_imports)]
use std::arch::x86_64::*;

use super::super::{EXP, LN2_HI, LN2_LO, LOG2_E, ROUND, Vector};
use crate::lane::{LANES, Lane};

#[derive(Clone, Copy)]
pub(crate) struct Avx512(__m512);

// SAFETY: every intrinsic below is AVX-512 F; callers of the trait have checked for it, and lanes are
// 64-byte aligned by their type.
unsafe impl Vector for Avx512 {
    const WIDE: bool = true;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        // SAFETY: callers have checked for AVX-512 F; pointers are to lanes.
        Self(unsafe { _mm512_set1_ps(x) })
    }
    #[inline(always)]
    unsafe fn load(from: *const Lane) -> Self {
        // SAFETY: callers have checked for AVX-512 F; pointers are to lanes.
        Self(unsafe { _mm512_load_ps(from.cast()) })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut Lane) {
        // SAFETY: callers have checked for AVX-512 F; pointers are to lanes.
        unsafe { _mm512_store_ps(to.cast(), self.0) }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: callers have checked for AVX-512 F; pointers are to lanes.
        Self(unsafe { _mm512_add_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        // SAFETY: callers have checked for AVX-512 F; pointers are to lanes.
        Self(unsafe { _mm512_sub_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        // SAFETY: callers have checked for AVX-512 F; pointers are to lanes.
        Self(unsafe { _mm512_mul_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn fma(self, other: Self, sum: Self) -> Self {
        // SAFETY: callers have checked for AVX-512 F; pointers are to lanes.
        Self(unsafe { _mm512_fmadd_ps(self.0, other.0, sum.0) })
    }
    #[inline(always)]
    unsafe fn abs(self) -> Self {
        // SAFETY: callers have checked for AVX-512 F; pointers are to lanes.
        Self(unsafe { _mm512_abs_ps(self.0) })
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        // SAFETY: callers have checked for AVX-512 F; pointers are to lanes.
        Self(unsafe { _mm512_sqrt_ps(self.0) })
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        // SAFETY: callers have checked for AVX-512 F; pointers are to lanes.
        Self(unsafe { _mm512_max_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        // SAFETY: callers have checked for AVX-512 F; pointers are to lanes.
        Self(unsafe { _mm512_min_ps(self.0, other.0) })
    }
    #[inline(always)]
    unsafe fn keep(self, mask: u16, other: Self) -> Self {
        // SAFETY: callers have checked for AVX-512 F; pointers are to lanes.
        Self(unsafe { _mm512_mask_mov_ps(other.0, mask, self.0) })
    }
    #[inline(always)]
    unsafe fn exp(self, floor: Self) -> Self {
        // SAFETY: callers have checked for AVX-512 F; pointers are to lanes.
        unsafe {
            let x = self.0;
            let t = _mm512_fmadd_ps(x, _mm512_set1_ps(LOG2_E), _mm512_set1_ps(ROUND));
            let n = _mm512_sub_ps(t, _mm512_set1_ps(ROUND));
            let r = _mm512_fnmadd_ps(n, _mm512_set1_ps(LN2_HI), x);
            let r = _mm512_fnmadd_ps(n, _mm512_set1_ps(LN2_LO), r);
            let mut p = _mm512_set1_ps(EXP[0]);
            for c in &EXP[1..] {
                p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(*c));
            }
            let tail = _mm512_add_ps(r, _mm512_set1_ps(1.0));
            let p = _mm512_fmadd_ps(p, _mm512_mul_ps(r, r), tail);
            let shift = _mm512_slli_epi32::<23>(_mm512_castps_si512(t));
            let e = _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(p), shift));
            let keep = _mm512_cmp_ps_mask::<_CMP_GE_OQ>(x, floor.0);
            Self(_mm512_maskz_mov_ps(keep, e))
        }
    }
    #[inline(always)]
    unsafe fn nonzero(self) -> u16 {
        // SAFETY: callers have checked for AVX-512 F; pointers are to lanes.
        unsafe { _mm512_cmp_ps_mask::<_CMP_NEQ_UQ>(self.0, _mm512_setzero_ps()) }
    }
    #[inline(always)]
    unsafe fn largest(self) -> f32 {
        // SAFETY: callers have checked for AVX-512 F; pointers are to lanes.
        unsafe { _mm512_reduce_max_ps(self.0) }
    }
    /// A transposing reduction: each stage halves the number of registers, so that sixteen sums cost
    /// fifteen additions instead of sixty-four.
    #[inline(always)]
    unsafe fn sums(all: &[Self; LANES], _: usize) -> Lane {
        // SAFETY: callers have checked for AVX-512 F; pointers are to lanes.
        unsafe {
            // Stage 1: lanes i and i+8; two vectors share a register (a in the low half, b in the high).
            let pair = |a: __m512, b: __m512| {
                let low = _mm512_shuffle_f32x4::<0b01_00_01_00>(a, b);
                let high = _mm512_shuffle_f32x4::<0b11_10_11_10>(a, b);
                _mm512_add_ps(low, high)
            };
            // Stage 2: lanes i and i+4; four vectors share a register, one per 128-bit quarter.
            let quad = |a: __m512, b: __m512| {
                let low = _mm512_shuffle_f32x4::<0b10_00_10_00>(a, b);
                let high = _mm512_shuffle_f32x4::<0b11_01_11_01>(a, b);
                _mm512_add_ps(low, high)
            };
            // Stages 3 and 4: lanes i and i+2, then i and i+1, inside each quarter.
            let two = |a: __m512, b: __m512| {
                let low = _mm512_shuffle_ps::<0b01_00_01_00>(a, b);
                let high = _mm512_shuffle_ps::<0b11_10_11_10>(a, b);
                _mm512_add_ps(low, high)
            };
            let one = |a: __m512, b: __m512| {
                let low = _mm512_shuffle_ps::<0b10_00_10_00>(a, b);
                let high = _mm512_shuffle_ps::<0b11_01_11_01>(a, b);
                _mm512_add_ps(low, high)
            };
            let mut quads = [_mm512_setzero_ps(); 4];
            for (g, quad_of) in quads.iter_mut().enumerate() {
                // Quarter c of register g holds vector 4c + g, so that the last stages leave sum i in lane i.
                let v = |c: usize| all[4 * c + g].0;
                *quad_of = quad(pair(v(0), v(1)), pair(v(2), v(3)));
            }
            let mut out = Lane::ZERO;
            let sums = one(two(quads[0], quads[1]), two(quads[2], quads[3]));
            _mm512_store_ps((&raw mut out).cast(), sums);
            out
        }
    }
}

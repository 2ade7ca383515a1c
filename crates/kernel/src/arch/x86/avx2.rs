//! AVX2 with FMA: a vector is two registers.

#[allow(clippy::wildcard_imports)]
use std::arch::x86_64::*;

use super::super::{EXP, LN2_HI, LN2_LO, LOG2_E, ROUND, Vector};
use crate::lane::Lane;

#[derive(Clone, Copy)]
pub(crate) struct Avx2(__m256, __m256);

#[inline(always)]
unsafe fn exp(x: __m256, floor: __m256) -> __m256 {
    // SAFETY: the trait's contract: AVX2 and FMA are there.
    unsafe {
        let t = _mm256_fmadd_ps(x, _mm256_set1_ps(LOG2_E), _mm256_set1_ps(ROUND));
        let n = _mm256_sub_ps(t, _mm256_set1_ps(ROUND));
        let r = _mm256_fnmadd_ps(n, _mm256_set1_ps(LN2_HI), x);
        let r = _mm256_fnmadd_ps(n, _mm256_set1_ps(LN2_LO), r);
        let mut p = _mm256_set1_ps(EXP[0]);
        for c in &EXP[1..] {
            p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(*c));
        }
        let tail = _mm256_add_ps(r, _mm256_set1_ps(1.0));
        let p = _mm256_fmadd_ps(p, _mm256_mul_ps(r, r), tail);
        let shift = _mm256_slli_epi32::<23>(_mm256_castps_si256(t));
        let e = _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), shift));
        _mm256_and_ps(e, _mm256_cmp_ps::<_CMP_GE_OQ>(x, floor))
    }
}

/// All ones in the lanes whose bit is set in the low byte of `mask`.
#[inline(always)]
unsafe fn spread(mask: u16) -> __m256 {
    // SAFETY: the trait's contract: AVX2 is there.
    unsafe {
        let bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
        let set = _mm256_and_si256(_mm256_set1_epi32(i32::from(mask)), bits);
        _mm256_castsi256_ps(_mm256_cmpeq_epi32(set, bits))
    }
}

// SAFETY: every intrinsic below is AVX2 or FMA; callers of the trait have checked for them, and lanes are
// 64-byte aligned by their type.
unsafe impl Vector for Avx2 {
    const WIDE: bool = false;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        // SAFETY: callers have checked for AVX2 and FMA; pointers are to lanes.
        let v = unsafe { _mm256_set1_ps(x) };
        Self(v, v)
    }
    #[inline(always)]
    unsafe fn load(from: *const Lane) -> Self {
        let from: *const f32 = from.cast();
        // SAFETY: callers have checked for AVX2 and FMA; pointers are to lanes.
        unsafe { Self(_mm256_load_ps(from), _mm256_load_ps(from.add(8))) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut Lane) {
        let to: *mut f32 = to.cast();
        // SAFETY: callers have checked for AVX2 and FMA; pointers are to lanes.
        unsafe {
            _mm256_store_ps(to, self.0);
            _mm256_store_ps(to.add(8), self.1);
        }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: callers have checked for AVX2 and FMA; pointers are to lanes.
        unsafe { Self(_mm256_add_ps(self.0, other.0), _mm256_add_ps(self.1, other.1)) }
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        // SAFETY: callers have checked for AVX2 and FMA; pointers are to lanes.
        unsafe { Self(_mm256_sub_ps(self.0, other.0), _mm256_sub_ps(self.1, other.1)) }
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        // SAFETY: callers have checked for AVX2 and FMA; pointers are to lanes.
        unsafe { Self(_mm256_mul_ps(self.0, other.0), _mm256_mul_ps(self.1, other.1)) }
    }
    #[inline(always)]
    unsafe fn fma(self, other: Self, sum: Self) -> Self {
        // SAFETY: callers have checked for AVX2 and FMA; pointers are to lanes.
        unsafe { Self(_mm256_fmadd_ps(self.0, other.0, sum.0), _mm256_fmadd_ps(self.1, other.1, sum.1)) }
    }
    #[inline(always)]
    unsafe fn abs(self) -> Self {
        // SAFETY: callers have checked for AVX2 and FMA; pointers are to lanes.
        unsafe {
            let sign = _mm256_set1_ps(-0.0);
            Self(_mm256_andnot_ps(sign, self.0), _mm256_andnot_ps(sign, self.1))
        }
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        // SAFETY: callers have checked for AVX2 and FMA; pointers are to lanes.
        unsafe { Self(_mm256_sqrt_ps(self.0), _mm256_sqrt_ps(self.1)) }
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        // SAFETY: callers have checked for AVX2 and FMA; pointers are to lanes.
        unsafe { Self(_mm256_max_ps(self.0, other.0), _mm256_max_ps(self.1, other.1)) }
    }
    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        // SAFETY: callers have checked for AVX2 and FMA; pointers are to lanes.
        unsafe { Self(_mm256_min_ps(self.0, other.0), _mm256_min_ps(self.1, other.1)) }
    }
    #[inline(always)]
    unsafe fn keep(self, mask: u16, other: Self) -> Self {
        // SAFETY: callers have checked for AVX2 and FMA; pointers are to lanes.
        unsafe {
            Self(
                _mm256_blendv_ps(other.0, self.0, spread(mask & 0xff)),
                _mm256_blendv_ps(other.1, self.1, spread(mask >> 8)),
            )
        }
    }
    #[inline(always)]
    unsafe fn exp(self, floor: Self) -> Self {
        // SAFETY: callers have checked for AVX2 and FMA; pointers are to lanes.
        unsafe { Self(exp(self.0, floor.0), exp(self.1, floor.1)) }
    }
    #[inline(always)]
    unsafe fn nonzero(self) -> u16 {
        // SAFETY: callers have checked for AVX2 and FMA; pointers are to lanes.
        unsafe {
            let zero = _mm256_setzero_ps();
            let low = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_NEQ_UQ>(self.0, zero));
            let high = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_NEQ_UQ>(self.1, zero));
            (low | high << 8) as u16
        }
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        // SAFETY: callers have checked for AVX2 and FMA; pointers are to lanes.
        unsafe {
            let eight = _mm256_add_ps(self.0, self.1);
            let four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps::<1>(eight));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
        }
    }
}

//! The mean-field theory of Hebb's network at zero temperature, replica-symmetric.
//!
//! Amit, Gutfreund and Sompolinsky 1985: with `y = m / sqrt(2 alpha r)`, retrieval states solve
//! `sqrt(2 alpha) = erf(y) / y - (2 / sqrt(pi)) exp(-y^2)` and overlap their pattern by `m = erf(y)`. The
//! right-hand side has one maximum; the load there is the largest one with a retrieval state.

use std::f64::consts::PI;

/// Overlap of the retrieval state at `load`; `None` above the largest load that has one.
pub(super) fn overlap(load: f64) -> Option<f64> {
    let best = best();
    if load > at(best) {
        return None;
    }
    // The stable branch: above the maximum the load falls as y grows.
    let (mut low, mut high) = (best, 6.0);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if at(middle) > load { low = middle } else { high = middle }
    }
    Some(erf(low))
}

/// The largest load with a retrieval state.
pub(super) fn largest_load() -> f64 {
    at(best())
}

fn at(y: f64) -> f64 {
    (erf(y) / y - 2.0 / PI.sqrt() * (-y * y).exp()).powi(2) / 2.0
}

fn best() -> f64 {
    // Ternary search for the only maximum.
    let (mut low, mut high) = (0.5, 4.0);
    for _ in 0..200 {
        let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if at(a) < at(b) { low = a } else { high = b }
    }
    f64::midpoint(low, high)
}

/// `erf(y) = (2 / sqrt(pi)) exp(-y^2) sum_n 2^n y^(2n+1) / (2n+1)!!` for `y >= 0`: no term is negative.
fn erf(y: f64) -> f64 {
    let (mut term, mut sum, mut n) = (y, 0.0, 0.0);
    while term > 1e-18 * sum {
        sum += term;
        n += 1.0;
        term *= 2.0 * y * y / (2.0 * n + 1.0);
    }
    2.0 / PI.sqrt() * (-y * y).exp() * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_function_has_its_tabulated_values() {
        for (y, value) in [(0.0, 0.0), (0.5, 0.520_499_877_8), (1.0, 0.842_700_792_9), (3.0, 0.999_977_909_5)]
        {
            assert!((erf(y) - value).abs() < 1e-10, "erf({y}) = {}", erf(y));
        }
    }

    #[test]
    fn the_overlap_solves_the_equation_and_ends_at_the_largest_load() {
        let last = largest_load();
        assert_eq!(overlap(last + 1e-6), None);
        for load in [0.02, 0.05, 0.1, 0.13, last] {
            let m = overlap(load).unwrap();
            // The order parameters themselves: C = sqrt(2 / (pi alpha r)) exp(-m^2 / (2 alpha r)),
            // r = 1 / (1 - C)^2, m = erf(m / sqrt(2 alpha r)).
            let mut r: f64 = 1.0;
            for _ in 0..100_000 {
                let c = (2.0 / (PI * load * r)).sqrt() * (-m * m / (2.0 * load * r)).exp();
                r = 1.0 / (1.0 - c).powi(2);
            }
            let again = erf(m / (2.0 * load * r).sqrt());
            assert!((again - m).abs() < 2e-3, "{load}: {m} against {again}");
        }
    }
}

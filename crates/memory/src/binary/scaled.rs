//! Numbers with an exponent of their own: `F(m)` for any degree and any beta.

use std::f64::consts::{LN_2, LOG2_E};

/// `mantissa * 2^exponent` with `1 <= |mantissa| < 2`, or zero.
///
/// Products of integers stay exact while they fit 53 bits, as they do in `f64`; what changes is
/// that `784^200` and `exp(-10_000)` are ordinary numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scaled {
    mantissa: f64,
    exponent: i64,
}

/// Terms this many binary places below the largest are far below what an `f64` sum can hold.
const DEEPEST: i64 = -900;

impl Scaled {
    pub(crate) const ZERO: Self = Self { mantissa: 0.0, exponent: 0 };

    /// `value * 2^exponent`; `value` must be zero or a normal number.
    pub(crate) fn new(value: f64, exponent: i64) -> Self {
        if value == 0.0 {
            return Self::ZERO;
        }
        let bits = value.to_bits();
        let biased = (bits >> 52 & 0x7ff) as i64;
        let mantissa = f64::from_bits(bits & !(0x7ff << 52) | 1023 << 52);
        Self { mantissa, exponent: exponent + biased - 1023 }
    }

    /// `base^n`.
    pub(crate) fn power(base: f64, mut n: u32) -> Self {
        let mut square = Self::new(base, 0);
        let mut power = Self::new(1.0, 0);
        while n > 0 {
            if n & 1 == 1 {
                power = power.times(square);
            }
            n >>= 1;
            // The square behind the last bit of n would be rounded for nothing.
            if n > 0 {
                square = square.times(square);
            }
        }
        power
    }

    /// `exp(y)`.
    pub(crate) fn exp(y: f64) -> Self {
        if y.abs() < 700.0 {
            return Self::new(y.exp(), 0);
        }
        let binary = y * LOG2_E;
        let whole = binary.floor();
        Self::new((binary - whole).exp2(), whole as i64)
    }

    pub(crate) fn times(self, other: Self) -> Self {
        Self::new(self.mantissa * other.mantissa, self.exponent + other.exponent)
    }

    pub(crate) fn negated(self) -> Self {
        // 0 - x: a negative zero would be printed.
        Self { mantissa: 0.0 - self.mantissa, ..self }
    }

    /// Minus, zero or plus one.
    pub(crate) fn sign(self) -> i32 {
        i32::from(self.mantissa > 0.0) - i32::from(self.mantissa < 0.0)
    }

    /// The sum of `count * value`, added in the order given; zero exactly when it cancels exactly.
    pub(crate) fn sum(terms: impl Iterator<Item = (i64, Self)> + Clone) -> Self {
        let live = terms.filter(|(count, value)| *count != 0 && value.mantissa != 0.0);
        let Some(top) = live.clone().map(|(_, value)| value.exponent).max() else {
            return Self::ZERO;
        };
        let sum = live
            .filter(|(_, value)| value.exponent - top > DEEPEST)
            .map(|(count, value)| count as f64 * value.mantissa * power_of_two(value.exponent - top))
            .sum();
        Self::new(sum, top)
    }

    /// Natural logarithm of the absolute value; minus infinity at zero.
    pub(crate) fn ln_abs(self) -> f64 {
        if self.mantissa == 0.0 {
            return f64::NEG_INFINITY;
        }
        self.mantissa.abs().ln() + self.exponent as f64 * LN_2
    }

    /// As `f64`: infinite where it is too large, zero where it is too small.
    pub(crate) fn value(self) -> f64 {
        if self.exponent > 1023 {
            self.mantissa * f64::INFINITY
        } else if self.exponent < -1022 {
            0.0
        } else {
            self.mantissa * power_of_two(self.exponent)
        }
    }
}

/// `2^k` for `k` in -1022..=1023.
fn power_of_two(k: i64) -> f64 {
    f64::from_bits(((1023 + k) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_f64_where_f64_suffices() {
        for (base, n) in [(3.0, 5), (-7.0, 3), (784.0, 4), (0.0, 2), (1.0, 9)] {
            assert_eq!(Scaled::power(base, n).value(), base.powi(n as i32));
        }
        for y in [-699.0, -1.5, 0.0, 2.0, 699.0] {
            assert_eq!(Scaled::exp(y).value(), f64::exp(y));
        }
    }

    #[test]
    fn goes_on_where_f64_ends() {
        let huge = Scaled::power(784.0, 400);
        assert!((huge.ln_abs() - 400.0 * 784f64.ln()).abs() < 1e-9);
        assert_eq!(huge.value(), f64::INFINITY);
        assert!((Scaled::exp(-1e6).ln_abs() + 1e6).abs() < 1e-8);
        assert_eq!(Scaled::exp(-1e6).value(), 0.0);
    }

    #[test]
    fn sums_cancel_exactly() {
        let [a, b, c] = [9.0, 16.0, 25.0].map(|x| Scaled::new(x, 3000));
        let sum = |terms: &[(i64, Scaled)]| Scaled::sum(terms.iter().copied());
        assert_eq!(sum(&[(1, a), (1, b), (-1, c)]), Scaled::ZERO);
        assert_eq!(sum(&[(2, a), (1, b), (-1, c)]), Scaled::new(9.0, 3000));
        assert_eq!(sum(&[(1, a), (0, c)]).sign(), 1);
        assert_eq!(sum(&[]).sign(), 0);
    }
}

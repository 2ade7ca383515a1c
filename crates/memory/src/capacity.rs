//! Capacity estimates: how many random patterns a network of each kind holds.
//!
//! All are asymptotic, for patterns of independent, unbiased bits; correlated patterns fail far below.

use std::f64::consts::SQRT_2;

use crate::Error;

/// A binary network with a known capacity, for random patterns of width `d`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Network {
    /// Hebb's rule, every pattern without a wrong bit: `d / (2 ln d)` (McEliece et al. 1987).
    Hebb,
    /// Hebb's rule, a small fraction of wrong bits allowed: `0.138 d` (Amit, Gutfreund and Sompolinsky
    /// 1985).
    HebbWithErrors,
    /// Storkey's rule, without a wrong bit: `d / sqrt(2 ln d)` (Storkey 1997).
    Storkey,
    /// The projection (pseudo-inverse) rule: `d` linearly independent patterns.
    Projection,
    /// Dense memory of degree `n >= 2`, without a wrong bit: `d^(n-1) / (2 (2n-3)!! ln d)` (Krotov and
    /// Hopfield 2016). Degree 2 is [`Network::Hebb`].
    Polynomial {
        /// `n` of the energy `-sum overlap^n`.
        degree: u32,
    },
    /// Exponential memory whose cues have a fraction `damage` of their bits flipped, from 0 to 1/2:
    /// `exp(I(1 - 2 damage) d / 2)`; without damage `2^(d/2)` (Demircigil et al. 2017).
    Exponential {
        /// Fraction of wrong bits in the cue.
        damage: f64,
    },
}

impl Network {
    /// The number of patterns; above about `d = 2000` that of [`Network::Exponential`] is infinite in an
    /// `f64`, and [`exponential_rate`] says more.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a width below 2, a degree below 2 or a damage outside [0, 1/2].
    ///
    /// ```
    /// use attractor_memory::capacity::Network;
    ///
    /// let classical = Network::Hebb.capacity(1000)?;
    /// let cubic = Network::Polynomial { degree: 3 }.capacity(1000)?;
    /// assert!((classical - 72.382).abs() < 1e-3 && (cubic - 24_127.5).abs() < 0.1);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn capacity(self, width: usize) -> Result<f64, Error> {
        let d = at_least_two("width", width as f64)?;
        Ok(match self {
            Self::Hebb => d / (2.0 * d.ln()),
            Self::HebbWithErrors => 0.138 * d,
            Self::Storkey => d / (2.0 * d.ln()).sqrt(),
            Self::Projection => d,
            Self::Polynomial { degree } => noise_free(degree, d)? / (2.0 * d.ln()),
            Self::Exponential { damage } => (exponential_rate(damage)? * d).exp(),
        })
    }
}

/// `alpha` in `exp(alpha d)`, the number of patterns whose cues, with a fraction `damage` of their bits
/// flipped, the exponential memory of width `d` mends in one step: `I(1 - 2 damage) / 2` with
/// `I(a) = ((1+a) ln(1+a) + (1-a) ln(1-a)) / 2` (Demircigil et al. 2017).
///
/// # Errors
/// [`Error::Parameter`] for a damage outside [0, 1/2].
///
/// ```
/// let rate = attractor_memory::capacity::exponential_rate(0.0)?;
/// assert_eq!(rate, 2.0_f64.ln() / 2.0);
/// # Ok::<(), attractor_memory::Error>(())
/// ```
pub fn exponential_rate(damage: f64) -> Result<f64, Error> {
    if !(0.0..=0.5).contains(&damage) {
        return Err(Error::Parameter { name: "damage", value: damage, limit: "from 0 to 1/2" });
    }
    let term = |x: f64| if x > 0.0 { x * x.ln() } else { 0.0 };
    // 1 + a and 1 - a with a = 1 - 2 damage.
    Ok((term(2.0 - 2.0 * damage) + term(2.0 * damage)) / 4.0)
}

/// The probability that one bit of a stored pattern turns wrong in one step of the dense memory of degree
/// `n` (2: Hebb's rule), among `patterns` random patterns of width `d`:
/// `Q(sqrt(d^(n-1) / ((2n-3)!! K)))`, `Q(z) = erfc(z / sqrt 2) / 2` (Krotov and Hopfield 2016).
///
/// # Errors
/// [`Error::Parameter`] for a degree or a width below 2.
///
/// ```
/// let p = attractor_memory::capacity::bit_error(2, 1000, 138)?;
/// assert!((p - 0.0035522).abs() < 1e-7);
/// # Ok::<(), attractor_memory::Error>(())
/// ```
pub fn bit_error(degree: u32, width: usize, patterns: usize) -> Result<f64, Error> {
    let signal = noise_free(degree, at_least_two("width", width as f64)?)? / patterns as f64;
    Ok(libm::erfc(signal.sqrt() / SQRT_2) / 2.0)
}

/// `d^(n-1) / (2n-3)!!`: the patterns at which the noise in a field is as large as the signal.
fn noise_free(degree: u32, d: f64) -> Result<f64, Error> {
    at_least_two("degree", f64::from(degree))?;
    Ok((2..=degree).map(|n| d / f64::from(2 * n - 3)).product())
}

fn at_least_two(name: &'static str, value: f64) -> Result<f64, Error> {
    if value >= 2.0 { Ok(value) } else { Err(Error::Parameter { name, value, limit: "at least 2" }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(found: f64, expected: f64, half_digit: f64) {
        assert!((found - expected).abs() <= half_digit, "{found}, expected {expected}");
    }

    #[test]
    fn capacities_to_the_printed_digits() {
        for (network, width, expected, half_digit) in [
            (Network::Hebb, 100, 10.857, 6e-4),
            (Network::Hebb, 1000, 72.382, 6e-4),
            (Network::Storkey, 100, 32.951, 6e-4),
            (Network::Storkey, 1000, 269.040, 6e-4),
            (Network::HebbWithErrors, 1000, 138.0, 1e-9),
            (Network::Projection, 1000, 1000.0, 0.0),
            (Network::Polynomial { degree: 3 }, 100, 361.91, 6e-3),
            (Network::Polynomial { degree: 3 }, 1000, 24_127.5, 6e-2),
            (Network::Polynomial { degree: 4 }, 100, 7_238.2, 6e-2),
            (Network::Polynomial { degree: 4 }, 1000, 4_825_494.0, 0.6),
            (Network::Exponential { damage: 0.0 }, 20, 1024.0, 1e-9),
        ] {
            check(network.capacity(width).unwrap(), expected, half_digit);
        }
        assert_eq!(Network::Polynomial { degree: 2 }.capacity(500), Network::Hebb.capacity(500));
    }

    #[test]
    fn bit_errors_to_the_printed_digits() {
        for (patterns, expected) in [
            (105, 0.0010141),
            (138, 0.0035522),
            (140, 0.0037632),
            (185, 0.0100372),
            (370, 0.0500891),
            (610, 0.1002077),
        ] {
            check(bit_error(2, 1000, patterns).unwrap(), expected, 6e-8);
        }
        assert_eq!(bit_error(2, 100, 0).unwrap(), 0.0);
        // A degree more multiplies the signal by d / (2n-3).
        check(bit_error(3, 1000, 1000 * 100).unwrap(), bit_error(2, 1000, 300).unwrap(), 1e-15);
    }

    #[test]
    fn rates_to_the_printed_digits() {
        check(exponential_rate(0.0).unwrap(), 0.3466, 6e-5);
        check(exponential_rate(0.1).unwrap(), 0.184, 6e-4);
        check(exponential_rate(0.5).unwrap(), 0.0, 0.0);
    }

    #[test]
    fn parameters_out_of_range_are_refused() {
        assert!(Network::Hebb.capacity(1).is_err());
        assert!(Network::Polynomial { degree: 1 }.capacity(100).is_err());
        assert!(bit_error(1, 100, 1).is_err());
        for damage in [-0.1, 0.6, f64::NAN] {
            assert!(Network::Exponential { damage }.capacity(100).is_err());
        }
    }
}

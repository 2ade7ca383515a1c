//! The interaction function `F`: how strongly an overlap counts in the energy.

use super::scaled::Scaled;
use crate::Error;

/// `F` of the energy `E = - sum F(m)`, with `m` the overlap, an integer in `-d..=d`.
///
/// The steeper `F`, the less the patterns disturb each other: with `d` units, a polynomial of degree
/// `n` keeps of the order of `d^(n-1)` patterns, an exponential of the order of `exp(alpha d)` with
/// `alpha < ln(2) / 2` (Krotov and Hopfield 2016; Demircigil et al. 2017).
///
/// ```
/// use attractor_memory::binary::Interaction;
/// assert_eq!(Interaction::Rectified(3).to_string(), "relu(x)^3");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Interaction {
    /// `F(m) = m^n`, `n >= 2`. Degree 2 is the classical network with Hebb's rule and zero diagonal.
    /// An even degree cannot tell a pattern from its inverse.
    Polynomial(u32),
    /// `F(m) = max(m, 0)^n`, `n >= 2`: the inverse of a pattern is never an attractor of its own.
    Rectified(u32),
    /// `F(m) = exp(beta m)` with `0 < beta <= 1e12`; the model of Demircigil et al. has `beta = 1`,
    /// and `beta = 1 / sqrt(d)` is common for images.
    Exponential(f64),
}

/// The largest beta for which `beta * m` has an exponent that fits.
const LARGEST_BETA: f64 = 1e12;

impl Interaction {
    /// Refuses degrees below 2 and a beta outside its range.
    pub(super) fn check(self) -> Result<(), Error> {
        match self {
            Self::Polynomial(n) | Self::Rectified(n) if n < 2 => {
                Err(Error::Parameter { name: "degree", value: f64::from(n), limit: "at least 2" })
            }
            Self::Exponential(beta) if !(beta > 0.0 && beta <= LARGEST_BETA) => {
                Err(Error::Parameter { name: "beta", value: beta, limit: "above 0 and at most 1e12" })
            }
            _ => Ok(()),
        }
    }

    /// `F(x)`.
    pub(super) fn energy(self, x: f64) -> Scaled {
        match self {
            Self::Polynomial(n) => Scaled::power(x, n),
            Self::Rectified(n) => Scaled::power(x.max(0.0), n),
            Self::Exponential(beta) => Scaled::exp(beta * x),
        }
    }

    /// `f(x) = F'(x)`.
    pub(super) fn force(self, x: f64) -> Scaled {
        match self {
            Self::Polynomial(n) => Scaled::power(x, n - 1).times(Scaled::new(f64::from(n), 0)),
            Self::Rectified(n) => Scaled::power(x.max(0.0), n - 1).times(Scaled::new(f64::from(n), 0)),
            Self::Exponential(beta) => Scaled::exp(beta * x).times(Scaled::new(beta, 0)),
        }
    }

    /// `F(c + 1) - F(c - 1)`.
    pub(super) fn difference(self, c: f64) -> Scaled {
        if let Self::Exponential(beta) = self {
            // The plain difference would lose what a small beta has to say.
            let relative = Scaled::new(-(-2.0 * beta).exp_m1(), 0);
            return Scaled::exp(beta * (c + 1.0)).times(relative);
        }
        Scaled::sum([(1, self.energy(c + 1.0)), (-1, self.energy(c - 1.0))].into_iter())
    }

    /// The symmetry of `F`; that of `f` and of the difference is the opposite one.
    pub(super) fn symmetry(self) -> Symmetry {
        match self {
            Self::Polynomial(n) if n % 2 == 0 => Symmetry::Even,
            Self::Polynomial(_) => Symmetry::Odd,
            Self::Rectified(_) | Self::Exponential(_) => Symmetry::None,
        }
    }
}

impl std::fmt::Display for Interaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Polynomial(n) => write!(f, "x^{n}"),
            Self::Rectified(n) => write!(f, "relu(x)^{n}"),
            Self::Exponential(beta) => write!(f, "exp({beta} x)"),
        }
    }
}

/// What a function does when its argument changes sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symmetry {
    Even,
    Odd,
    None,
}

impl Symmetry {
    /// The symmetry of the derivative.
    pub(super) fn of_derivative(self) -> Self {
        match self {
            Self::Even => Self::Odd,
            Self::Odd => Self::Even,
            Self::None => Self::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_is_that_of_the_energies_and_the_force_their_slope() {
        let all = [
            Interaction::Polynomial(2),
            Interaction::Polynomial(3),
            Interaction::Polynomial(6),
            Interaction::Rectified(3),
            Interaction::Exponential(0.3),
        ];
        for interaction in all {
            for c in -9..=9 {
                let c = f64::from(c);
                let plain = interaction.energy(c + 1.0).value() - interaction.energy(c - 1.0).value();
                let size = interaction.energy(c.abs() + 1.0).value();
                assert!(
                    (interaction.difference(c).value() - plain).abs() <= 1e-14 * size,
                    "{interaction} at {c}"
                );
                // Away from the kink of the rectified form.
                if c != 0.0 {
                    let h = 1e-5;
                    let slope =
                        (interaction.energy(c + h).value() - interaction.energy(c - h).value()) / (2.0 * h);
                    assert!(
                        (interaction.force(c).value() - slope).abs() <= 1e-6 * size,
                        "{interaction} at {c}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_tiny_beta_keeps_its_digits() {
        let beta = 1e-9;
        let exact = 2.0 * beta;
        assert!((Interaction::Exponential(beta).difference(0.0).value() / exact - 1.0).abs() < 1e-12);
    }
}

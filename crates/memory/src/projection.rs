//! Projection: how the weighted sum of patterns becomes the next state.
//!
//! Every projection is the gradient of a conjugate `R*`; its regulariser `R` is the other half of the
//! energy, `E(q) = -(1/beta) Omega*(theta(q)) + R(q) + constants` (arXiv 2411.08590).

use std::f64::consts::LN_2;

use crate::Error;

/// What is done to the weighted sum of patterns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Projection {
    /// The sum itself: continuous memories. `R(q) = |q|^2 / 2`.
    Linear,
    /// `tanh(gain * sum)`: graded neurons. `R` is minus their entropy over the gain.
    Tanh {
        /// Steepness, finite and above 0.
        gain: f64,
    },
    /// The sum scaled to length one: states on the sphere. `R` is 0 on the unit ball.
    Normalise,
    /// The sign of the sum: binary memories. `R` is 0 on the cube `[-1, 1]^d`.
    Sign,
}

impl Projection {
    /// Refuses a gain that is not finite and above zero.
    ///
    /// # Errors
    /// [`Error::Parameter`].
    pub fn check(&self) -> Result<(), Error> {
        match *self {
            Self::Tanh { gain } => Error::positive("gain", gain).map(|_| ()),
            Self::Linear | Self::Normalise | Self::Sign => Ok(()),
        }
    }

    /// Overwrites the weighted sum with the next state; `previous`, of the same width, is the state that
    /// the sum was recalled for.
    ///
    /// Where the sum says nothing, the previous state stays: under [`Projection::Sign`] each component
    /// whose sum is 0, under [`Projection::Normalise`] the whole state when the sum is the zero vector.
    /// A component that overflowed counts as the largest finite `f32`.
    ///
    /// ```
    /// use attractor_memory::Projection;
    ///
    /// let mut sum = [2.5, 0.0, -0.1];
    /// Projection::Sign.apply(&mut sum, &[-1.0, -1.0, -1.0]);
    /// assert_eq!(sum, [1.0, -1.0, -1.0]);
    /// ```
    pub fn apply(&self, sum: &mut [f32], previous: &[f32]) {
        debug_assert_eq!(sum.len(), previous.len());
        match *self {
            Self::Linear => saturate(sum),
            Self::Tanh { gain } => {
                for h in sum {
                    *h = (gain * f64::from(*h)).tanh() as f32;
                }
            }
            Self::Normalise => {
                saturate(sum);
                let norm = sum.iter().map(|&h| f64::from(h).powi(2)).sum::<f64>().sqrt();
                if norm == 0.0 {
                    sum.copy_from_slice(previous);
                } else {
                    for h in sum {
                        *h = (f64::from(*h) / norm) as f32;
                    }
                }
            }
            Self::Sign => {
                for (h, &before) in sum.iter_mut().zip(previous) {
                    *h = if *h == 0.0 { before } else { h.signum() };
                }
            }
        }
    }

    /// `R(q)`; infinite outside the domain of the projection (with room for `f32` rounding on the ball),
    /// where only a cue can lie: the first step brings it in.
    ///
    /// ```
    /// use attractor_memory::Projection;
    ///
    /// assert_eq!(Projection::Linear.regulariser(&[3.0, 4.0]), 12.5);
    /// assert_eq!(Projection::Sign.regulariser(&[1.0, -1.0]), 0.0);
    /// assert_eq!(Projection::Sign.regulariser(&[3.0, -1.0]), f64::INFINITY);
    /// ```
    pub fn regulariser(&self, q: &[f32]) -> f64 {
        let square = || q.iter().map(|&q| f64::from(q).powi(2)).sum::<f64>();
        let in_cube = || q.iter().all(|q| q.abs() <= 1.0);
        match *self {
            Self::Linear => square() / 2.0,
            Self::Tanh { gain } if in_cube() => {
                q.iter().map(|&q| minus_entropy(f64::from(q))).sum::<f64>() / gain
            }
            Self::Normalise if square() <= 1.0 + 1e-6 => 0.0,
            Self::Sign if in_cube() => 0.0,
            Self::Tanh { .. } | Self::Normalise | Self::Sign => f64::INFINITY,
        }
    }
}

fn saturate(sum: &mut [f32]) {
    for h in sum {
        *h = h.clamp(f32::MIN, f32::MAX);
    }
}

/// `p ln p + (1-p) ln(1-p)` of a unit that is up with probability `p = (1 + q) / 2`.
fn minus_entropy(q: f64) -> f64 {
    let term = |x: f64| if x > 0.0 { x / 2.0 * (x.ln() - LN_2) } else { 0.0 };
    term(1.0 + q) + term(1.0 - q)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUM: [f32; 4] = [0.7, -0.2, 0.05, -1.3];
    const PREVIOUS: [f32; 4] = [1.0, -1.0, 1.0, 1.0];

    /// `-q.h + R(q)`, which the projection of `h` minimises.
    fn objective(projection: Projection, q: &[f32]) -> f64 {
        let along: f64 = q.iter().zip(SUM).map(|(&q, h)| f64::from(q) * f64::from(h)).sum();
        projection.regulariser(q) - along
    }

    #[test]
    fn the_projection_minimises_the_energy_along_every_axis() {
        for projection in
            [Projection::Linear, Projection::Tanh { gain: 1.7 }, Projection::Normalise, Projection::Sign]
        {
            let mut state = SUM;
            projection.apply(&mut state, &PREVIOUS);
            let least = objective(projection, &state);
            assert!(least.is_finite());
            let mut worse = 0;
            for i in 0..4 {
                for step in [-0.3_f32, -0.01, 0.01, 0.3] {
                    let mut other = state;
                    other[i] += step;
                    assert!(objective(projection, &other) >= least - 1e-6, "{projection:?} {i} {step}");
                    worse += usize::from(objective(projection, &other) > least + 1e-6);
                }
            }
            assert!(worse >= 12, "{projection:?}: a flat objective proves nothing");
        }
    }

    #[test]
    fn regularisers_have_the_inverse_projection_as_gradient() {
        for (projection, inverse) in [
            (Projection::Linear, (|q| q) as fn(f64) -> f64),
            (Projection::Tanh { gain: 1.7 }, |q: f64| q.atanh() / 1.7),
        ] {
            for q in [-0.9_f32, -0.25, 0.0, 0.5, 0.875] {
                // The step is a power of two, so that q + h is exact in f32.
                let h = 2.0_f32.powi(-12);
                let slope = (projection.regulariser(&[q + h]) - projection.regulariser(&[q - h]))
                    / (2.0 * f64::from(h));
                assert!((slope - inverse(f64::from(q))).abs() < 1e-5, "{projection:?} {q}: {slope}");
            }
        }
    }

    #[test]
    fn silence_keeps_the_previous_state() {
        for (projection, expected) in [
            (Projection::Linear, [0.0, 0.0]),
            (Projection::Tanh { gain: 1.0 }, [0.0, 0.0]),
            (Projection::Normalise, [1.0, -1.0]),
            (Projection::Sign, [1.0, -1.0]),
        ] {
            let mut sum = [0.0, -0.0];
            projection.apply(&mut sum, &[1.0, -1.0]);
            assert_eq!(sum, expected);
        }
    }

    #[test]
    fn extreme_sums_stay_finite() {
        for sum in [[f32::MAX, f32::MIN], [f32::INFINITY, f32::NEG_INFINITY], [1e-45, -1e-45]] {
            for projection in
                [Projection::Linear, Projection::Tanh { gain: 1e6 }, Projection::Normalise, Projection::Sign]
            {
                let mut state = sum;
                projection.apply(&mut state, &[1.0, 1.0]);
                assert!(
                    state[0] > 0.0 && state[0].is_finite() && state[1] == -state[0],
                    "{projection:?} {state:?}"
                );
                if projection == Projection::Normalise {
                    assert!((state[0] - 0.5_f32.sqrt()).abs() < 1e-7);
                }
            }
        }
    }

    #[test]
    fn gains_are_checked() {
        assert!(Projection::Tanh { gain: 2.0 }.check().is_ok());
        for gain in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Projection::Tanh { gain }.check().is_err());
        }
    }
}

//! Bounds that hold before a recall: one-step error, fixed point, contraction, basin.

use std::f64::consts::E;

use crate::Error;
use crate::lambert::lambert_w0;

/// The four numbers that every bound for one pattern is computed from.
///
/// `distance` is always `|q - x_i|`, finite and at least 0. A bound that says nothing may be infinite.
///
/// ```
/// use attractor_memory::certificate::Certificate;
///
/// let certificate = Certificate::new(8.0, 3, 1.0, 1.0)?;
/// let basin = certificate.basin().expect("separated well enough");
/// assert!(basin.inner < 0.002 && basin.outer > 0.24);
/// # Ok::<(), attractor_memory::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Certificate {
    beta: f64,
    count: usize,
    radius: f64,
    separation: f64,
}

/// A ball around a stored pattern in which recall provably ends at one fixed point near the pattern.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Basin {
    /// The fixed point lies at most this far from the pattern.
    pub inner: f64,
    /// Every cue closer to the pattern than this ends at the fixed point.
    pub outer: f64,
}

impl Certificate {
    /// For a pattern of separation `D_i` among `count` patterns of length at most `radius`, at inverse
    /// temperature `beta`. A single pattern has an infinite separation.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a `beta` that is not finite and above 0, no patterns, a negative or infinite
    /// radius, or a separation that is NaN.
    pub fn new(beta: f64, count: usize, radius: f64, separation: f64) -> Result<Self, Error> {
        Error::positive("beta", beta)?;
        Error::positive("count", count as f64)?;
        if !(radius.is_finite() && radius >= 0.0) {
            return Err(Error::Parameter { name: "radius", value: radius, limit: "finite and at least 0" });
        }
        if separation.is_nan() {
            return Err(Error::Parameter { name: "separation", value: separation, limit: "a number" });
        }
        Ok(Self { beta, count, radius, separation })
    }

    /// Error after one step: `|f(q) - x_i| <= 2 (N-1) M exp(-beta (D_i - 2 M r))` (theorem 5, without the
    /// unknown fixed point).
    pub fn one_step_error(&self, distance: f64) -> f64 {
        2.0 * self.radius * self.others(distance)
    }

    /// Contraction over the ball: `|J|_2 <= 4 beta M^2 (N-1) exp(-beta (D_i - 2 M r))` within `distance`.
    pub fn contraction(&self, distance: f64) -> f64 {
        4.0 * self.beta * self.radius * self.radius * self.others(distance)
    }

    /// The factor of theorem 4, `|f(q) - x*| <= factor |q - x*|`, as published; `distance` is the larger of
    /// `|q - x_i|` and `|x* - x_i|`. [`Certificate::contraction`] is tighter by `N / 2`.
    pub fn theorem_4_factor(&self, distance: f64) -> f64 {
        self.contraction(distance) * self.count as f64 / 2.0
    }

    /// The separation from which on a fixed point within `1 / (2 beta M)` of the pattern is certain:
    /// `ln(4 e (N-1) beta M^2) / beta`. Minus infinity for a single pattern.
    pub fn needed_separation(&self) -> f64 {
        (4.0 * E * (self.count - 1) as f64 * self.beta * self.radius * self.radius).ln() / self.beta
    }

    /// The same as published: `2 / (beta N) + ln(2 (N-1) N beta M^2) / beta`.
    pub fn published_needed_separation(&self) -> f64 {
        let n = self.count as f64;
        2.0 / (self.beta * n) + (2.0 * (n - 1.0) * n * self.beta * self.radius * self.radius).ln() / self.beta
    }

    /// How far the fixed point lies from the pattern: `2 e (N-1) M exp(-beta D_i)` (theorem 5); `None` when
    /// the separation is below [`Certificate::needed_separation`].
    pub fn fixed_point_error(&self) -> Option<f64> {
        (self.separation >= self.needed_separation()).then(|| E * self.one_step_error(0.0))
    }

    /// The ball in which recall is certain, or `None` when the pattern is not separated well enough.
    ///
    /// A ball of radius `r` maps into itself when `one_step_error(r) <= r`, and its points come closer when
    /// `contraction(r) < 1`. Both are solved in closed form: the second ends at
    /// `outer = D_i / (2 M) - ln(4 beta M^2 (N-1)) / (2 beta M)`, and the first holds there exactly when it is
    /// above `1 / (2 beta M)`; it begins to hold at `inner`, by the Lambert function.
    ///
    /// A memory so warm that all cues end at one average meets both conditions in a very large ball. That is
    /// no recall: `inner` must also be below `D_i / (2 M)`, where the fixed point is nearer to this pattern
    /// than to any other.
    pub fn basin(&self) -> Option<Basin> {
        let outer = self.outer();
        // Grows with the distance to the pattern; 1 at `outer`.
        let at_pattern = self.contraction(0.0);
        let steepness = 2.0 * self.beta * self.radius;
        let inner = if at_pattern == 0.0 {
            0.0
        } else if outer * steepness > 1.0 {
            -lambert_w0(-at_pattern)? / steepness
        } else {
            return None;
        };
        (outer > 0.0 && inner * 2.0 * self.radius < self.separation).then_some(Basin { inner, outer })
    }

    fn outer(&self) -> f64 {
        if self.count == 1 || self.radius == 0.0 {
            return f64::INFINITY;
        }
        let widest = 4.0 * self.beta * self.radius * self.radius * (self.count - 1) as f64;
        (self.separation - widest.ln() / self.beta) / (2.0 * self.radius)
    }

    /// Distance to the fixed point after `steps` steps from a cue at `distance`: at most
    /// `rho^steps (distance + inner)`, with `rho` the contraction over the smallest ball that maps into itself
    /// and holds the cue. `None` outside the basin.
    pub fn error_after(&self, distance: f64, steps: u32) -> Option<f64> {
        let basin = self.basin().filter(|basin| distance < basin.outer)?;
        let rho = self.contraction(distance.max(basin.inner));
        Some(rho.powf(f64::from(steps)) * (distance + basin.inner))
    }

    /// The distance within which a sparse separation recalls the pattern exactly in one step:
    /// `(D_i - margin / beta) / (2 M)` with the margin of [`crate::Separate::margin`], which is
    /// `1 / (alpha - 1)` for entmax (arXiv 2402.13725). `None` when even the pattern itself is not
    /// recalled exactly, infinite when it is the only one.
    ///
    /// ```
    /// use attractor_memory::certificate::Certificate;
    ///
    /// let certificate = Certificate::new(8.0, 3, 1.0, 1.0)?;
    /// assert_eq!(certificate.exact_radius(1.0), Some(0.4375));
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn exact_radius(&self, margin: f64) -> Option<f64> {
        let slack = self.separation - margin / self.beta;
        (slack >= 0.0).then(|| slack / (2.0 * self.radius))
    }

    /// `(N-1) exp(-beta (D_i - 2 M r))`: the weight of all other patterns together is at most this.
    fn others(&self, distance: f64) -> f64 {
        if self.count == 1 {
            return 0.0;
        }
        (self.count - 1) as f64 * (-self.beta * (self.separation - 2.0 * self.radius * distance)).exp()
    }
}

//! How many random patterns the continuous memory stores.

use crate::Error;
use crate::lambert::lambert_w0;

/// The numbers of theorem 3.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SphereCapacity {
    /// `a = 2 / (d-1) (1 + ln(2 beta K^2 p (d-1)))`.
    pub a: f64,
    /// `b = 2 K^2 beta / 5`.
    pub b: f64,
    /// `c = b / W0(exp(a + ln b))`, the base of the capacity.
    pub c: f64,
    /// `(2 / sqrt p)^(4 / (d-1))`: the theorem holds when `c` is at least this.
    pub required: f64,
    /// `sqrt(p) c^((d-1)/4)`, the number of patterns; `None` where the theorem does not hold.
    pub patterns: Option<f64>,
}

/// Theorem 3 of Ramsauer et al. 2021: of random patterns on the sphere of radius `K sqrt(d-1)` in `width`
/// dimensions, at least [`SphereCapacity::patterns`] can be stored, with probability `1 - failure`.
/// Stored means: each has a ball of its own that holds one fixed point, which attracts the ball.
///
/// # Errors
/// [`Error::Parameter`] for a `beta` or `k` that is not finite and above 0, a width below 2, or a `failure`
/// that is not between 0 and 1.
///
/// ```
/// let capacity = attractor_memory::certificate::sphere_capacity(1.0, 3.0, 20, 0.001)?;
/// assert!((capacity.patterns.unwrap() - 7.41297).abs() < 1e-5);
/// # Ok::<(), attractor_memory::Error>(())
/// ```
pub fn sphere_capacity(beta: f64, k: f64, width: usize, failure: f64) -> Result<SphereCapacity, Error> {
    Error::positive("beta", beta)?;
    Error::positive("k", k)?;
    if width < 2 {
        return Err(Error::Parameter { name: "width", value: width as f64, limit: "at least 2" });
    }
    if !(failure > 0.0 && failure < 1.0) {
        return Err(Error::Parameter { name: "failure", value: failure, limit: "above 0 and below 1" });
    }
    let dimensions = (width - 1) as f64;
    let a = 2.0 / dimensions * (1.0 + (2.0 * beta * k * k * failure * dimensions).ln());
    let b = 2.0 * k * k * beta / 5.0;
    // The argument is positive, where W0 always exists; an overflow to infinity has c = 0.
    let c = lambert_w0((a + b.ln()).exp()).map_or(0.0, |w| b / w);
    let required = (2.0 / failure.sqrt()).powf(4.0 / dimensions);
    let patterns = (c >= required).then(|| failure.sqrt() * c.powf(dimensions / 4.0));
    Ok(SphereCapacity { a, b, c, required, patterns })
}

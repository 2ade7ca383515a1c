//! The one-dimensional functions `F` whose sum is a Lagrangian.

use super::check;
use crate::Error;

/// A function `F` of one neuron, with `f = F'` its activation.
///
/// ```
/// use attractor_memory::two_body::Function;
/// let cube = Function::RectifiedPower(3);
/// assert_eq!((cube.value(2.0), cube.slope(2.0), cube.curvature(2.0)), (8.0, 12.0, 12.0));
/// assert_eq!(cube.value(-2.0), 0.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Function {
    /// `x^n` for n from 2 to 100; convex for even n.
    Power(u32),
    /// `max(x, 0)^n` for n from 2 to 100.
    RectifiedPower(u32),
    /// `x^2 / 2`: the identity as activation.
    Quadratic,
    /// `exp(x)`: beyond f64 above x = 709.
    Exponential,
}

impl Function {
    /// `F(x)`.
    pub fn value(self, x: f64) -> f64 {
        match self {
            Self::Power(n) => power(x, n),
            Self::RectifiedPower(n) => power(x.max(0.0), n),
            Self::Quadratic => 0.5 * x * x,
            Self::Exponential => x.exp(),
        }
    }

    /// `f(x) = F'(x)`.
    pub fn slope(self, x: f64) -> f64 {
        match self {
            Self::Power(n) => f64::from(n) * power(x, n.saturating_sub(1)),
            Self::RectifiedPower(n) => f64::from(n) * power(x.max(0.0), n.saturating_sub(1)),
            Self::Quadratic => x,
            Self::Exponential => x.exp(),
        }
    }

    /// `F''(x)`; for the rectified square, whose slope has a corner at 0, it is 0 there.
    pub fn curvature(self, x: f64) -> f64 {
        match self {
            Self::RectifiedPower(_) if x <= 0.0 => 0.0,
            Self::Power(n) | Self::RectifiedPower(n) => {
                let n_f = f64::from(n);
                n_f * (n_f - 1.0) * power(x, n.saturating_sub(2))
            }
            Self::Quadratic => 1.0,
            Self::Exponential => x.exp(),
        }
    }

    /// Whether `F'' >= 0` everywhere, which is what makes the energy a Lyapunov function.
    pub fn is_convex(self) -> bool {
        !matches!(self, Self::Power(n) if n % 2 == 1)
    }

    pub(super) fn check(self) -> Result<(), Error> {
        match self {
            Self::Power(n) | Self::RectifiedPower(n) => {
                check::within("degree", f64::from(n), (2.0, 100.0), "from 2 to 100")
            }
            Self::Quadratic | Self::Exponential => Ok(()),
        }
    }
}

fn power(x: f64, n: u32) -> f64 {
    x.powi(n as i32)
}

//! The rectified polynomial.

use burn::tensor::Tensor;

use super::numerics::{LARGEST, total};
use super::{Evaluated, Lagrangian};
use crate::dense::clamp;
use crate::energy::Misfit;

/// `L = sum max(x, 0)^n / n`, activation `max(x, 0)^(n-1)`: the rectified linear unit for `n = 2` (Krotov and
/// Hopfield 2016). An activation stays at 1e28 once it reached that.
///
/// ```
/// use attractor_nets::energy::{Lagrangian, RectifiedPolynomial};
/// use burn::tensor::{Device, Tensor};
///
/// let state = Tensor::<3>::from_data([[[2.0, -2.0]]], &Device::flex());
/// let cubic = RectifiedPolynomial { degree: 3 }.evaluate(state, &[]);
/// assert_eq!(cubic.activation.try_into_vec_as::<f32>().unwrap(), [4.0, 0.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RectifiedPolynomial {
    /// n, at least 2 and at most 100.
    pub degree: u32,
}

impl RectifiedPolynomial {
    fn bound(self) -> f64 {
        LARGEST.powf(1.0 / f64::from(self.degree - 1))
    }

    fn base(self, state: Tensor<3>) -> Tensor<3> {
        clamp(state, 0.0, self.bound())
    }

    fn power(self, base: Tensor<3>) -> Tensor<3> {
        match self.degree {
            2 => base,
            3 => base.square(),
            degree => base.powf_scalar(degree - 1),
        }
    }
}

impl Lagrangian for RectifiedPolynomial {
    fn evaluate(&self, state: Tensor<3>, _parameters: &[Tensor<2>]) -> Evaluated {
        let base = self.base(state.clone());
        let activation = self.power(base.clone());
        let beyond = (state - self.bound()).clamp_min(0.0);
        let value = total(activation.clone() * (base * f64::from(self.degree).recip() + beyond));
        Evaluated { value, activation }
    }

    fn activation(&self, state: Tensor<3>, _parameters: &[Tensor<2>]) -> Tensor<3> {
        self.power(self.base(state))
    }

    fn name(&self) -> &'static str {
        "rectified polynomial"
    }

    fn is_elementwise(&self) -> bool {
        true
    }

    fn check(&self) -> Result<(), Misfit> {
        if (2..=100).contains(&self.degree) {
            return Ok(());
        }
        Err(Misfit::Number { name: "degree", value: f64::from(self.degree), limit: "from 2 to 100" })
    }
}

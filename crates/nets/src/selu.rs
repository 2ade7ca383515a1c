//! The scaled exponential unit.

use burn::tensor::Tensor;
use burn::tensor::activation::relu;

/// Klambauer et al. 2017. The exponential never sees a positive number: where it overflows, the gradient of a masked one
/// is no number.
pub(crate) fn selu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    const SCALE: f64 = 1.050_700_987_355_480_5;
    const ALPHA: f64 = 1.673_263_242_354_377_2;
    let below = relu(x.clone().neg()).neg();
    (relu(x) + (below.exp() - 1.0) * ALPHA) * SCALE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::scalars;
    use burn::tensor::Device;

    #[test]
    fn slopes_are_finite_wherever_it_is_asked() {
        let x = Tensor::<1>::from_floats([-1e4, -1.0, 1.0, 100.0, 1e4], &Device::flex().autodiff())
            .require_grad();
        let value = selu(x.clone());
        let slopes = x.grad(&value.clone().sum().backward()).unwrap();
        for (slope, expected) in
            scalars(slopes).unwrap().into_iter().zip([0.0, 0.646_768, 1.050_701, 1.050_701, 1.050_701])
        {
            assert!((slope - expected).abs() < 1e-5, "{slope} {expected}");
        }
        assert!((scalars(value).unwrap()[1] + 1.111_330).abs() < 1e-5);
    }
}

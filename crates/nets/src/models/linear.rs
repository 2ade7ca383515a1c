//! Layers with seeded weights, by PyTorch's law: uniform within one over the root of the inputs.

use burn::module::Param;
use burn::nn::Linear;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, RngExt};

pub(super) fn linear(inputs: usize, outputs: usize, device: &Device, rng: &mut impl Rng) -> Linear {
    Linear {
        weight: uniform([inputs, outputs], inputs, device, rng),
        bias: Some(uniform([outputs], inputs, device, rng)),
    }
}

/// A convolution with square kernels of this width, without padding.
pub(super) fn convolution(channels: [usize; 2], width: usize, device: &Device, rng: &mut impl Rng) -> Conv2d {
    let [from, to] = channels;
    let mut layer = Conv2dConfig::new(channels, [width, width]).init(device);
    let inputs = from * width * width;
    layer.weight = uniform([to, from, width, width], inputs, device, rng);
    layer.bias = Some(uniform([to], inputs, device, rng));
    layer
}

fn uniform<const D: usize>(
    shape: [usize; D],
    inputs: usize,
    device: &Device,
    rng: &mut impl Rng,
) -> Param<Tensor<D>> {
    let bound = 1.0 / (inputs as f32).sqrt();
    let numbers: Vec<f32> = (0..shape.iter().product()).map(|_| rng.random_range(-bound..bound)).collect();
    Param::from_tensor(Tensor::from_data(TensorData::new(numbers, shape), device))
}

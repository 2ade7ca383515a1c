//! Hierarchical associative memories over an image.

use burn::tensor::Device;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::energy::{
    Bias, Builder, Convolution, Dense, Network, RectifiedPolynomial, Shape, Sigmoid, Softmax,
};

/// The activation of a hidden layer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Activation {
    /// `max(x, 0)`.
    Rectified,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `softmax(beta x)` over the layer, with this beta: every neuron is a pattern, and they compete.
    Softmax(f64),
}

/// The image, whose pixels are sigmoid, and one hidden layer, densely joined, with a bias each: the two-layer network
/// of Krotov and Hopfield 2021 with learned memories.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TwoLayerConfig {
    /// Hidden neurons; 256 by default.
    pub hidden: usize,
    /// Their activation; rectified by default.
    pub activation: Activation,
    /// Step of time; 0.5 by default.
    pub dt: f64,
    /// Steps in training, and at most in recall; 8 by default.
    pub steps: usize,
}

/// The same with a third layer. The activation of the middle layer is rectified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ThreeLayerConfig {
    /// Neurons of the middle layer; 256 by default.
    pub hidden: usize,
    /// Neurons of the top layer; 64 by default.
    pub top: usize,
    /// Activation of the top layer; sigmoid by default. With a rectified one nothing bounds the energy from below.
    pub activation: Activation,
    /// Step of time; 0.5 by default.
    pub dt: f64,
    /// Steps in training, and at most in recall; 8 by default.
    pub steps: usize,
}

/// The image, rectified features that see it through filters, and a top layer that is densely joined to them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConvolutionalConfig {
    /// Number of filters; 16 by default.
    pub filters: usize,
    /// Side of a filter; 5 by default.
    pub kernel: usize,
    /// Step from one place of a filter to the next; 2 by default.
    pub stride: usize,
    /// Neurons of the top layer; 64 by default.
    pub top: usize,
    /// Activation of the top layer; sigmoid by default. With a rectified one nothing bounds the energy from below.
    pub activation: Activation,
    /// Step of time; 0.5 by default.
    pub dt: f64,
    /// Steps in training, and at most in recall; 8 by default.
    pub steps: usize,
}

impl Default for TwoLayerConfig {
    fn default() -> Self {
        Self { hidden: 256, activation: Activation::Rectified, dt: 0.5, steps: 8 }
    }
}

impl Default for ThreeLayerConfig {
    fn default() -> Self {
        Self { hidden: 256, top: 64, activation: Activation::Sigmoid, dt: 0.5, steps: 8 }
    }
}

impl Default for ConvolutionalConfig {
    fn default() -> Self {
        let activation = Activation::Sigmoid;
        Self { filters: 16, kernel: 5, stride: 2, top: 64, activation, dt: 0.5, steps: 8 }
    }
}

/// The layer that has the pixels.
pub(super) const IMAGE: &str = "image";
/// The parameter that draws every pixel somewhere.
pub(super) const IMAGE_BIAS: &str = "image bias.bias";
const HIDDEN: &str = "hidden";
const TOP: &str = "top";
/// Standard deviation of the first filters: each sees few pixels, which are much alike.
const FILTERS: f64 = 0.1;

impl TwoLayerConfig {
    pub(super) fn build(
        &self,
        image: Shape,
        device: &Device,
        rng: &mut ChaCha8Rng,
    ) -> Result<Network, Error> {
        let builder = hidden(pixels(image), HIDDEN, self.hidden, self.activation);
        let builder = builder.synapse("memories", Dense::default(), &[IMAGE, HIDDEN]);
        Ok(builder.build(device, rng)?)
    }
}

impl ThreeLayerConfig {
    pub(super) fn build(
        &self,
        image: Shape,
        device: &Device,
        rng: &mut ChaCha8Rng,
    ) -> Result<Network, Error> {
        let builder = hidden(pixels(image), HIDDEN, self.hidden, Activation::Rectified);
        let builder = hidden(builder, TOP, self.top, self.activation)
            .synapse("features", Dense::default(), &[IMAGE, HIDDEN])
            .synapse("memories", Dense::default(), &[HIDDEN, TOP]);
        Ok(builder.build(device, rng)?)
    }
}

impl ConvolutionalConfig {
    pub(super) fn build(
        &self,
        image: Shape,
        device: &Device,
        rng: &mut ChaCha8Rng,
    ) -> Result<Network, Error> {
        let stride = [self.stride; 2];
        let filters = Convolution { stride, deviation: FILTERS, ..Convolution::of([self.kernel; 2]) };
        let reason = "the filters have to fit the image, and their stride has to be at least 1";
        let seen = filters.output(image, self.filters).ok_or(Error::Options { option: "kernel", reason })?;
        let builder = pixels(image).layer(HIDDEN, seen, RectifiedPolynomial { degree: 2 }).synapse(
            "hidden bias",
            Bias,
            &[HIDDEN],
        );
        let builder = hidden(builder, TOP, self.top, self.activation)
            .synapse("features", filters, &[IMAGE, HIDDEN])
            .synapse("memories", Dense::default(), &[HIDDEN, TOP]);
        Ok(builder.build(device, rng)?)
    }
}

fn pixels(image: Shape) -> Builder {
    let sigmoid = Sigmoid { beta: 1.0, scale: 1.0 };
    Network::builder().layer(IMAGE, image, sigmoid).synapse("image bias", Bias, &[IMAGE])
}

fn hidden(builder: Builder, name: &str, neurons: usize, activation: Activation) -> Builder {
    let shape = Shape::vector(neurons);
    let builder = match activation {
        Activation::Rectified => builder.layer(name, shape, RectifiedPolynomial { degree: 2 }),
        Activation::Sigmoid => builder.layer(name, shape, Sigmoid { beta: 1.0, scale: 1.0 }),
        Activation::Softmax(beta) => builder.layer(name, shape, Softmax { beta }),
    };
    builder.synapse(&format!("{name} bias"), Bias, &[name])
}

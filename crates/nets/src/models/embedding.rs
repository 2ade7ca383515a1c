//! From instances to features.

use burn::module::Module;
use burn::nn::Linear;
use burn::nn::conv::Conv2d;
use burn::nn::pool::MaxPool2dConfig;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use rand::Rng;
use serde::{Deserialize, Serialize};

use super::linear::{convolution, linear};
use crate::Error;

/// What an [`Embedding`] is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum EmbeddingConfig {
    /// Linear layers of these widths, each with a ReLU. None of them leaves the instances as they are.
    Dense(Vec<usize>),
    /// For pictures of 28 x 28 pixels (Ilse, Tomczak and Welling 2018): 20 and 50 kernels of 5 x 5, each with a ReLU and
    /// a maximum over 2 x 2, then a linear layer of this width with a ReLU.
    Digits(usize),
}

/// Instances `(n, width)` become features `(n, size)`.
///
/// ```
/// use attractor_nets::models::EmbeddingConfig;
/// use attractor_nets::training::Draws;
/// use burn::tensor::{Device, Tensor};
/// let device = Device::flex();
/// let embedding = EmbeddingConfig::Dense(vec![16, 8]).init(5, &device, &mut Draws::Weights.rng(1))?;
/// assert_eq!(embedding.forward(Tensor::ones([3, 5], &device))?.dims(), [3, 8]);
/// # Ok::<(), attractor_nets::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct Embedding {
    kernels: Vec<Conv2d>,
    layers: Vec<Linear>,
    #[module(skip)]
    width: usize,
    #[module(skip)]
    size: usize,
}

const SIDE: usize = 28;

impl EmbeddingConfig {
    /// An embedding of instances of this width, with weights drawn from `rng`.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a width of 0, [`Error::Size`] for pictures of another size.
    pub fn init(&self, width: usize, device: &Device, rng: &mut impl Rng) -> Result<Embedding, Error> {
        Error::at_least_one("width of an instance", width)?;
        let (kernels, mut size, widths) = match self {
            Self::Dense(widths) => (Vec::new(), width, widths.as_slice()),
            Self::Digits(last) => {
                if width != SIDE * SIDE {
                    let (expected, found) = (SIDE * SIDE, width);
                    return Err(Error::Size { place: "pixels of a digit", expected, found });
                }
                let kernels =
                    vec![convolution([1, 20], 5, device, rng), convolution([20, 50], 5, device, rng)];
                (kernels, 800, std::slice::from_ref(last))
            }
        };
        let mut layers = Vec::new();
        for &next in widths {
            Error::allocatable("weights of an embedding layer", &[size, next])?;
            layers.push(linear(size, next, device, rng));
            size = next;
        }
        Ok(Embedding { kernels, layers, width, size })
    }
}

impl Embedding {
    /// The features `(n, size)` of instances `(n, width)`.
    ///
    /// # Errors
    /// [`Error::Shape`] for instances of another width.
    pub fn forward(&self, instances: Tensor<2>) -> Result<Tensor<2>, Error> {
        let [count, width] = instances.dims();
        Error::shape("instances", &[count, self.width], &[count, width])?;
        let mut state = instances;
        if !self.kernels.is_empty() {
            let halved = MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init();
            let mut pictures = state.reshape([count, 1, SIDE, SIDE]);
            for layer in &self.kernels {
                pictures = halved.forward(relu(layer.forward(pictures)));
            }
            state = pictures.flatten(1, 3);
        }
        Ok(self.layers.iter().fold(state, |state, layer| relu(layer.forward(state))))
    }

    /// Features.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Features `(bags, longest, size)` of bags `(bags, longest, width)`.
    pub(super) fn bags(&self, bags: Tensor<3>) -> Result<Tensor<3>, Error> {
        let [count, longest, width] = bags.dims();
        let features = self.forward(bags.reshape([count * longest, width]))?;
        Ok(features.reshape([count, longest, self.size]))
    }
}

//! Models A, B and C as networks of two layers, and as the theory of feature and memory neurons.

use attractor_memory::two_body::{Function, TwoBody};
use attractor_nets::energy::{
    Dense, EnergyError, Evaluated, Identity, Lagrangian, Network, RectifiedPolynomial, Shape, Softmax,
    SphericalNorm,
};
use burn::tensor::{DType, Device, Tensor, TensorData};
use ndarray::{Array2, ArrayView1};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// One of the three models.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Model {
    /// `L_v = sum |v|`, `L_h = sum max(h, 0)^n`: the dense associative memory.
    A { degree: u32 },
    /// `L_v = sum v^2 / 2`, `L_h = ln sum exp(beta h) / beta`: the modern Hopfield network.
    B { beta: f64 },
    /// `L_v = |v|`, `L_h = sum max(h, 0)^n`: the spherical memory.
    C { degree: u32 },
}

/// `L = sum |x|`: activation the sign.
#[derive(Debug)]
struct Absolute;

impl Lagrangian for Absolute {
    fn evaluate(&self, state: Tensor<3>, _parameters: &[Tensor<2>]) -> Evaluated {
        let [batch, ..] = state.dims();
        let value = state.clone().abs().sum_dim(2).sum_dim(1).reshape([batch]);
        Evaluated { value, activation: state.sign() }
    }
}

/// Small enough to leave a length as it is.
const EPS: f64 = 1e-30;

impl Model {
    /// What the patterns of the network are multiplied by: its Lagrangian is `sum x^n / n`, that of the theory `sum x^n`.
    pub(super) fn scale(self) -> f64 {
        match self {
            Self::A { degree } | Self::C { degree } => f64::from(degree).powf(f64::from(degree).recip()),
            Self::B { .. } => 1.0,
        }
    }

    /// Feature and memory neurons in continuous time, both with the time constant 1.
    pub(super) fn theory(self, patterns: &Array2<f64>) -> Result<TwoBody, attractor_memory::Error> {
        match self {
            Self::A { degree } => TwoBody::model_a(patterns.view(), Function::RectifiedPower(degree)),
            Self::B { beta } => TwoBody::model_b(patterns.view(), beta),
            Self::C { degree } => TwoBody::model_c(patterns.view(), Function::RectifiedPower(degree)),
        }
    }

    /// The network of the layers `features` and `memories` and one synapse, in f64.
    pub(super) fn network(self, patterns: &Array2<f64>) -> Result<Network, EnergyError> {
        let (memories, features) = patterns.dim();
        let shape = Shape::vector(features);
        let network = match self {
            Self::A { .. } => Network::builder().layer("features", shape, Absolute),
            Self::B { .. } => Network::builder().layer("features", shape, Identity),
            Self::C { .. } => Network::builder().layer("features", shape, SphericalNorm { eps: EPS }),
        };
        let shape = Shape::vector(memories);
        let network = match self {
            Self::A { degree } | Self::C { degree } => {
                network.layer("memories", shape, RectifiedPolynomial { degree })
            }
            Self::B { beta } => network.layer("memories", shape, Softmax { beta }),
        };
        // The weights that are drawn are replaced.
        network
            .synapse("patterns", Dense::default(), &["features", "memories"])
            .build(&Device::flex(), &mut ChaCha8Rng::seed_from_u64(0))?
            .with_type(DType::F64)
            .with_parameter("patterns.weight", matrix(&(patterns * self.scale()).t().to_owned()))
    }
}

/// As a parameter.
pub(super) fn matrix(of: &Array2<f64>) -> Tensor<2> {
    let numbers: Vec<f64> = of.iter().copied().collect();
    Tensor::from_data(TensorData::new(numbers, [of.nrows(), of.ncols()]), (&Device::flex(), DType::F64))
}

/// As the state of a layer.
pub(super) fn state(of: ArrayView1<'_, f64>) -> Tensor<3> {
    let numbers = of.to_vec();
    Tensor::from_data(TensorData::new(numbers, [1, 1, of.len()]), (&Device::flex(), DType::F64))
}

/// The numbers of a tensor; none where the device gives none.
pub(super) fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.try_into_vec_as::<f64>().unwrap_or_default()
}

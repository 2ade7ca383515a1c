//! Any network on bags, and its file.

use std::path::Path;

use burn::module::Module;
use burn::tensor::activation::softplus;
use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{AttentionMil, AttentionMilConfig, BagClassifier, BagClassifierConfig};
use crate::Error;
use crate::training::{Draws, NamedWeights, Padded};

/// Which network, and its options.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum BagModelConfig {
    /// Pools by a Hopfield association.
    Hopfield(BagClassifierConfig),
    /// Pools by attention.
    Attention(AttentionMilConfig),
}

/// A network that gives bags a logit.
///
/// ```
/// use attractor_nets::models::{BagClassifierConfig, BagModel, BagModelConfig};
/// use attractor_nets::training::Draws;
/// use burn::tensor::Device;
/// let config = BagModelConfig::Hopfield(BagClassifierConfig { heads: 2, ..BagClassifierConfig::default() });
/// let model = config.init(5, &Device::flex(), &mut Draws::Weights.rng(1))?;
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("model.safetensors");
/// model.save(&config, 5, &path)?;
/// let (same, width) = BagModel::load(&path, &Device::flex())?;
/// assert_eq!(width, 5);
/// # Ok::<(), attractor_nets::Error>(())
/// ```
#[allow(clippy::large_enum_variant, reason = "there is one of them per fit")]
#[derive(Module, Debug)]
pub enum BagModel {
    /// See [`BagClassifier`].
    Hopfield(BagClassifier),
    /// See [`AttentionMil`].
    Attention(AttentionMil),
}

const KEY: &str = "attractor.bag_model";

/// What the file of a model says about it.
#[derive(Serialize, Deserialize)]
struct Options {
    width: usize,
    config: BagModelConfig,
}

impl BagModelConfig {
    /// A network for instances of this width, with weights drawn from `rng`.
    ///
    /// # Errors
    /// As of the network.
    pub fn init(&self, width: usize, device: &Device, rng: &mut ChaCha8Rng) -> Result<BagModel, Error> {
        Ok(match self {
            Self::Hopfield(config) => BagModel::Hopfield(config.init(width, device, rng)?),
            Self::Attention(config) => BagModel::Attention(config.init(width, device, rng)?),
        })
    }
}

impl BagModel {
    /// One logit per bag, `(bags)`. With a generator, instances and features are dropped as in training.
    ///
    /// # Errors
    /// [`Error::Shape`] for instances of another width.
    pub fn logits(&self, bags: &Padded, noise: Option<&mut ChaCha8Rng>) -> Result<Tensor<1>, Error> {
        match self {
            Self::Hopfield(model) => model.logits(bags, noise),
            Self::Attention(model) => model.logits(bags, noise),
        }
    }

    /// How much each instance counts, `(bags, longest)`. A row sums to 1.
    ///
    /// # Errors
    /// As [`BagModel::logits`].
    pub fn attention(&self, bags: &Padded) -> Result<Tensor<2>, Error> {
        match self {
            Self::Hopfield(model) => model.attention(bags),
            Self::Attention(model) => model.attention(bags),
        }
    }

    /// Writes the weights, with what is needed to make the network again, to a safetensors file.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn save(&self, config: &BagModelConfig, width: usize, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let options = Options { width, config: config.clone() };
        NamedWeights::of(self)?.with_options(KEY, &options, path)?.write(path)
    }

    /// Reads such a file: the network, and the width of its instances.
    ///
    /// # Errors
    /// [`Error::File`] for a file that cannot be read or is none of these, [`Error::Weights`] when its weights are not
    /// those of the options in it.
    pub fn load(path: impl AsRef<Path>, device: &Device) -> Result<(Self, usize), Error> {
        let path = path.as_ref();
        let weights = NamedWeights::read(path)?;
        let Options { width, config } = weights.options(KEY, "a model of bags", path)?;
        let model = config.init(width, device, &mut Draws::Weights.rng(0))?;
        Ok((weights.put_into(model)?, width))
    }
}

/// The mean cross-entropy of logits against labels, `(1)`.
///
/// ```
/// use attractor_nets::models::cross_entropy;
/// use burn::tensor::{Device, Tensor};
/// let loss = cross_entropy(Tensor::from_floats([0.0, 0.0], &Device::flex()), &[true, false]);
/// assert!((loss.into_scalar::<f32>() - 2.0f32.ln()).abs() < 1e-6);
/// ```
pub fn cross_entropy(logits: Tensor<1>, positive: &[bool]) -> Tensor<1> {
    let labels: Vec<f32> = positive.iter().map(|&label| f32::from(u8::from(label))).collect();
    let labels = Tensor::from_data(TensorData::new(labels, [positive.len()]), &logits.device());
    (softplus(logits.clone(), 1.0) - logits * labels).mean()
}

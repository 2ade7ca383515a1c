//! Bags by Hopfield pooling.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::linear::linear;
use super::thinning::{check, dropped, thinned};
use super::{Embedding, EmbeddingConfig};
use crate::Error;
use crate::hopfield::{
    HopfieldConfig, HopfieldPooling, HopfieldPoolingConfig, Masks, PerHead, SeparationConfig,
};
use crate::training::Padded;

/// Options of a [`BagClassifier`], near those of the multiple-instance experiments of Ramsauer et al. 2021.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BagClassifierConfig {
    /// From instances to features. Default two layers of 128.
    pub embedding: EmbeddingConfig,
    /// Heads of the association. Default 12.
    pub heads: usize,
    /// Depth of the association, per head. Default 32.
    pub head_size: usize,
    /// Inverse temperature; `None`: one over the root of `head_size`. Default `None`.
    pub beta: Option<f64>,
    /// Updates of the state after the first association. Default 0.
    pub updates: usize,
    /// From scores to weights. Default softmax.
    pub separation: SeparationConfig,
    /// State patterns that ask. Default 1.
    pub quantity: usize,
    /// Width of what the pooling gives, per state pattern. Default 64.
    pub hidden: usize,
    /// Share of the instances of a bag that are hidden from the pooling in training. Default 0.
    pub bag_dropout: f64,
    /// Share of the features that are dropped in training, of instances and of the pooled bag. Default 0.
    pub dropout: f64,
}

impl Default for BagClassifierConfig {
    fn default() -> Self {
        Self {
            embedding: EmbeddingConfig::Dense(vec![128, 128]),
            heads: 12,
            head_size: 32,
            beta: None,
            updates: 0,
            separation: SeparationConfig::Softmax,
            quantity: 1,
            hidden: 64,
            bag_dropout: 0.0,
            dropout: 0.0,
        }
    }
}

/// Embedding, [`HopfieldPooling`], ReLU and a linear layer with one output: the logit of a bag.
///
/// ```
/// use attractor_nets::models::BagClassifierConfig;
/// use attractor_nets::training::{Draws, padded};
/// use burn::tensor::Device;
/// use ndarray::Array2;
/// let device = Device::flex();
/// let model = BagClassifierConfig::default().init(5, &device, &mut Draws::Weights.rng(1))?;
/// let bags = [Array2::ones((3, 5)), Array2::zeros((7, 5))];
/// let bags = padded(&[bags[0].view(), bags[1].view()], &device)?;
/// assert_eq!(model.logits(&bags, None)?.dims(), [2]);
/// assert_eq!(model.attention(&bags)?.dims(), [2, 7]);
/// # Ok::<(), attractor_nets::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct BagClassifier {
    embedding: Embedding,
    pooling: HopfieldPooling,
    output: Linear,
    #[module(skip)]
    bag_dropout: f64,
    #[module(skip)]
    dropout: f64,
}

impl BagClassifierConfig {
    /// A network for instances of this width, with weights drawn from `rng`.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a number outside its range, as of [`EmbeddingConfig::init`] and
    /// [`HopfieldPoolingConfig::init`].
    pub fn init(&self, width: usize, device: &Device, rng: &mut ChaCha8Rng) -> Result<BagClassifier, Error> {
        check("bag_dropout", self.bag_dropout)?;
        check("dropout", self.dropout)?;
        Error::at_least_one("hidden", self.hidden)?;
        let embedding = self.embedding.init(width, device, rng)?;
        let hopfield = HopfieldConfig::of(embedding.size())
            .with_num_heads(self.heads)
            .with_hidden_size(Some(self.head_size))
            .with_output_size(Some(self.hidden))
            .with_scaling(self.beta.map(PerHead::Same))
            .with_update_steps_max(PerHead::Same(self.updates))
            .with_separation(self.separation);
        let pooling = HopfieldPoolingConfig::new(hopfield).with_quantity(self.quantity).init(device, rng)?;
        let output = linear(self.hidden * self.quantity, 1, device, rng);
        let (bag_dropout, dropout) = (self.bag_dropout, self.dropout);
        Ok(BagClassifier { embedding, pooling, output, bag_dropout, dropout })
    }
}

impl BagClassifier {
    /// One logit per bag, `(bags)`. With a generator, instances and features are dropped as in training.
    ///
    /// # Errors
    /// [`Error::Shape`] for instances of another width.
    pub fn logits(&self, bags: &Padded, noise: Option<&mut ChaCha8Rng>) -> Result<Tensor<1>, Error> {
        let features = self.embedding.bags(bags.instances.clone())?;
        let pooled = match noise {
            None => self.pool(features, Masks::padding(bags.padding.clone()))?,
            Some(rng) => {
                let features = dropped(features, self.dropout, rng);
                let masks = Masks::padding(match self.bag_dropout > 0.0 {
                    true => thinned(bags, self.bag_dropout, &features.device(), rng),
                    false => bags.padding.clone(),
                });
                dropped(self.pool(features, masks)?, self.dropout, rng)
            }
        };
        Ok(self.output.forward(pooled).flatten(0, 1))
    }

    /// How much each instance counts, `(bags, longest)`: the mean over heads and state patterns. A row sums to 1.
    ///
    /// # Errors
    /// As [`BagClassifier::logits`].
    pub fn attention(&self, bags: &Padded) -> Result<Tensor<2>, Error> {
        let features = self.embedding.bags(bags.instances.clone())?;
        let weights = self.pooling.association_matrix(features, &Masks::padding(bags.padding.clone()))?;
        let [count, _, _, longest] = weights.dims();
        Ok(weights.mean_dim(2).mean_dim(1).reshape([count, longest]))
    }

    fn pool(&self, features: Tensor<3>, masks: Masks) -> Result<Tensor<2>, Error> {
        Ok(relu(self.pooling.forward(features, &masks)?))
    }
}

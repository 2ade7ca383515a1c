//! Bags by attention.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::{sigmoid, softmax, tanh};
use burn::tensor::{Bool, Device, Tensor};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::linear::linear;
use super::thinning::{check, dropped, thinned};
use super::{Embedding, EmbeddingConfig};
use crate::Error;
use crate::training::Padded;

/// How an instance gets its weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// `w tanh(V h)`.
    Tanh,
    /// `w (tanh(V h) * sigmoid(U h))`.
    Gated,
}

/// Options of an [`AttentionMil`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AttentionMilConfig {
    /// From instances to features. Default layers of 256, 128 and 64.
    pub embedding: EmbeddingConfig,
    /// Width of the network of weights. Default 64.
    pub attention: usize,
    /// How an instance gets its weight. Default tanh.
    pub gate: Gate,
    /// Share of the instances of a bag that are hidden in training. Default 0.
    pub bag_dropout: f64,
    /// Share of the features that are dropped in training. Default 0.
    pub dropout: f64,
}

impl Default for AttentionMilConfig {
    fn default() -> Self {
        Self {
            embedding: EmbeddingConfig::Dense(vec![256, 128, 64]),
            attention: 64,
            gate: Gate::Tanh,
            bag_dropout: 0.0,
            dropout: 0.0,
        }
    }
}

/// The bag is the mean of the features of its instances, weighted by a softmax over the bag; a linear layer makes its
/// logit (Ilse, Tomczak and Welling 2018).
///
/// ```
/// use attractor_nets::models::{AttentionMilConfig, Gate};
/// use attractor_nets::training::{Draws, padded};
/// use burn::tensor::Device;
/// use ndarray::Array2;
/// let device = Device::flex();
/// let config = AttentionMilConfig { gate: Gate::Gated, ..AttentionMilConfig::default() };
/// let model = config.init(5, &device, &mut Draws::Weights.rng(1))?;
/// let bag = Array2::ones((4, 5));
/// let attention = model.attention(&padded(&[bag.view()], &device)?)?;
/// assert!(attention.sub_scalar(0.25).abs().max().into_scalar::<f32>() < 1e-6, "all instances are alike");
/// # Ok::<(), attractor_nets::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct AttentionMil {
    embedding: Embedding,
    tanh: Linear,
    sigmoid: Option<Linear>,
    weight: Linear,
    output: Linear,
    #[module(skip)]
    bag_dropout: f64,
    #[module(skip)]
    dropout: f64,
}

impl AttentionMilConfig {
    /// A network for instances of this width, with weights drawn from `rng`.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a number outside its range, as of [`EmbeddingConfig::init`].
    pub fn init(&self, width: usize, device: &Device, rng: &mut ChaCha8Rng) -> Result<AttentionMil, Error> {
        check("bag_dropout", self.bag_dropout)?;
        check("dropout", self.dropout)?;
        Error::at_least_one("attention", self.attention)?;
        let embedding = self.embedding.init(width, device, rng)?;
        let size = embedding.size();
        Ok(AttentionMil {
            embedding,
            tanh: linear(size, self.attention, device, rng),
            sigmoid: (self.gate == Gate::Gated).then(|| linear(size, self.attention, device, rng)),
            weight: linear(self.attention, 1, device, rng),
            output: linear(size, 1, device, rng),
            bag_dropout: self.bag_dropout,
            dropout: self.dropout,
        })
    }
}

impl AttentionMil {
    /// One logit per bag, `(bags)`. With a generator, instances and features are dropped as in training.
    ///
    /// # Errors
    /// [`Error::Shape`] for instances of another width.
    pub fn logits(&self, bags: &Padded, noise: Option<&mut ChaCha8Rng>) -> Result<Tensor<1>, Error> {
        let mut features = self.embedding.bags(bags.instances.clone())?;
        let mut padding = bags.padding.clone();
        if let Some(rng) = noise {
            features = dropped(features, self.dropout, rng);
            if self.bag_dropout > 0.0 {
                padding = thinned(bags, self.bag_dropout, &features.device(), rng);
            }
        }
        let weights = self.weights(features.clone(), padding);
        let [count, longest, size] = features.dims();
        let pooled = weights.reshape([count, 1, longest]).matmul(features).reshape([count, size]);
        Ok(self.output.forward(pooled).flatten(0, 1))
    }

    /// How much each instance counts, `(bags, longest)`. A row sums to 1.
    ///
    /// # Errors
    /// As [`AttentionMil::logits`].
    pub fn attention(&self, bags: &Padded) -> Result<Tensor<2>, Error> {
        let features = self.embedding.bags(bags.instances.clone())?;
        Ok(self.weights(features, bags.padding.clone()))
    }

    fn weights(&self, features: Tensor<3>, padding: Tensor<2, Bool>) -> Tensor<2> {
        let [count, longest, size] = features.dims();
        let features = features.reshape([count * longest, size]);
        let mut state = tanh(self.tanh.forward(features.clone()));
        if let Some(gate) = &self.sigmoid {
            state = state * sigmoid(gate.forward(features));
        }
        let scores = self.weight.forward(state).reshape([count, longest]);
        softmax(scores.mask_fill(padding, f32::NEG_INFINITY), 1)
    }
}

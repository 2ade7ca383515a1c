//! Networks that read a whole sequence and answer with one logit.

use attractor_nets::Error;
use attractor_nets::hopfield::{
    Hopfield, HopfieldConfig, HopfieldLayer, HopfieldLayerConfig, HopfieldPooling, HopfieldPoolingConfig,
    Masks, PerHead,
};
use burn::module::{Module, ModuleMapper, Param};
use burn::nn::{Linear, Lstm, LstmConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};
use ndarray::Array2;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// What reads, with its options.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reading {
    /// A Hopfield layer that associates the instances with each other; a linear layer reads all of them.
    Association,
    /// A learned state asks the instances.
    Pooling,
    /// The instances look these patterns up, which are learned on; a linear layer reads all answers.
    Lookup(Array2<f32>),
    /// The same with one cold look, where every pattern learns its own answer; a linear layer reads the sum of the
    /// answers. What is stored recognises instances, wherever they stand.
    Recognition(Array2<f32>),
    /// The mean of so many rectified features.
    Mean(usize),
    /// A weighted mean of so many rectified features, with weights from a tanh network as wide (Ilse et al. 2018).
    Attention(usize),
    /// A recurrent network with so many units; its last state is read.
    Lstm(usize),
}

impl Reading {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Association => "Hopfield",
            Self::Pooling => "Hopfield pooling",
            Self::Lookup(_) => "Hopfield lookup",
            Self::Recognition(_) => "Hopfield recognition",
            Self::Mean(_) => "mean of features",
            Self::Attention(_) => "attention pooling",
            Self::Lstm(_) => "LSTM",
        }
    }

    /// A network for sequences of `length` instances of `width` components.
    pub(super) fn init(
        &self,
        [length, width]: [usize; 2],
        device: &Device,
        rng: &mut ChaCha8Rng,
    ) -> Result<Reader, Error> {
        let mut head = |inputs: usize| linear(inputs, 1, device, rng);
        Ok(match self {
            Self::Association => Reader::Association(Headed {
                head: head(length * width),
                body: adapted(width).init(device, rng)?,
            }),
            Self::Pooling => Reader::Pooling(Headed {
                head: head(width),
                body: HopfieldPoolingConfig::new(adapted(width)).init(device, rng)?,
            }),
            Self::Lookup(patterns) => {
                let config = HopfieldLayerConfig::new(adapted(width)).with_lookup_targets_as_trainable(false);
                let head = head(length * width);
                Reader::Lookup(Headed { head, body: storing(patterns, config, device, rng)? })
            }
            Self::Recognition(patterns) => {
                let cold = adapted(width)
                    .with_update_steps_max(PerHead::Same(0))
                    .with_scaling(Some(PerHead::Same(4.0)));
                let config = HopfieldLayerConfig::new(cold).with_lookup_targets_as_trainable(true);
                Reader::Recognition(Headed {
                    head: head(width),
                    body: storing(patterns, config, device, rng)?,
                })
            }
            Self::Mean(features) => {
                Reader::Mean(Headed { head: head(*features), body: linear(width, *features, device, rng) })
            }
            Self::Attention(features) => Reader::Attention(Weighted {
                head: head(*features),
                features: linear(width, *features, device, rng),
                hidden: linear(*features, *features, device, rng),
                weight: linear(*features, 1, device, rng),
            }),
            Self::Lstm(units) => {
                let head = head(*units);
                // Burn draws from a generator that all share: every weight is drawn again from ours.
                let drawn = LstmConfig::new(width, *units, true).init(device);
                let bound = 1.0 / (*units as f32).sqrt();
                Reader::Lstm(Headed { head, body: drawn.map(&mut Redraw { bound, rng }) })
            }
        })
    }
}

/// A layer that looks these patterns up, and answers with something else.
fn storing(
    patterns: &Array2<f32>,
    config: HopfieldLayerConfig,
    device: &Device,
    rng: &mut ChaCha8Rng,
) -> Result<HopfieldLayer, Error> {
    let numbers: Vec<f32> = patterns.iter().copied().collect();
    let stored = Tensor::from_data(TensorData::new(numbers, [patterns.nrows(), patterns.ncols()]), device);
    let config = config.with_quantity(patterns.nrows()).with_lookup_weights_as_separated(true);
    config.init(device, rng)?.remembering(stored, None)
}

/// The settings of the reference's examples, but for their dropout.
fn adapted(width: usize) -> HopfieldConfig {
    HopfieldConfig::of(width)
        .with_hidden_size(Some(8))
        .with_num_heads(8)
        .with_update_steps_max(PerHead::Same(3))
        .with_scaling(Some(PerHead::Same(0.25)))
}

/// A network that reads.
#[derive(Module, Debug)]
pub(super) enum Reader {
    Association(Headed<Hopfield>),
    Pooling(Headed<HopfieldPooling>),
    Lookup(Headed<HopfieldLayer>),
    Recognition(Headed<HopfieldLayer>),
    Mean(Headed<Linear>),
    Attention(Weighted),
    Lstm(Headed<Lstm>),
}

/// A body and the linear layer that makes a logit of its answer.
#[derive(Module, Debug)]
pub(super) struct Headed<M: Module> {
    body: M,
    head: Linear,
}

/// Attention pooling.
#[derive(Module, Debug)]
pub(super) struct Weighted {
    features: Linear,
    hidden: Linear,
    weight: Linear,
    head: Linear,
}

impl Reader {
    /// One logit for each of the sequences `(N, L, d)`, `(N)`.
    pub(super) fn logits(&self, sequences: Tensor<3>) -> Result<Tensor<1>, Error> {
        let [n, length, width] = sequences.dims();
        let none = &Masks::none();
        let logits = match self {
            Self::Association(net) => {
                let answers = net.body.forward(sequences, none)?;
                net.head.forward(answers.reshape([n as i64, -1]))
            }
            Self::Pooling(net) => net.head.forward(net.body.forward(sequences, none)?),
            Self::Lookup(net) => {
                // What is stored is the same for all: every instance of every sequence is a query of one association.
                let answers = net.body.forward(sequences.reshape([1, n * length, width]), none)?;
                net.head.forward(answers.reshape([n as i64, -1]))
            }
            Self::Recognition(net) => {
                let answers = net.body.forward(sequences.reshape([1, n * length, width]), none)?;
                net.head.forward(answers.reshape([n, length, width]).sum_dim(1).squeeze_dim(1))
            }
            Self::Mean(net) => {
                let features = relu(net.body.forward(sequences));
                net.head.forward(features.mean_dim(1).squeeze_dim(1))
            }
            Self::Attention(net) => net.logits(sequences),
            Self::Lstm(net) => {
                let (_, last) = net.body.forward(sequences, None);
                net.head.forward(last.hidden)
            }
        };
        Ok(logits.reshape([n]))
    }
}

impl Weighted {
    fn logits(&self, sequences: Tensor<3>) -> Tensor<2> {
        let features = relu(self.features.forward(sequences));
        let scores = self.weight.forward(self.hidden.forward(features.clone()).tanh());
        let weights = burn::tensor::activation::softmax(scores, 1);
        self.head.forward((features * weights).sum_dim(1).squeeze_dim(1))
    }
}

/// Weights and biases uniform within one over the root of the inputs, as PyTorch's `Linear` has them.
fn linear(inputs: usize, outputs: usize, device: &Device, rng: &mut ChaCha8Rng) -> Linear {
    let mut redraw = Redraw { bound: 1.0 / (inputs as f32).sqrt(), rng };
    let weight = Param::from_tensor(Tensor::<2>::zeros([inputs, outputs], device));
    let bias = Param::from_tensor(Tensor::<1>::zeros([outputs], device));
    Linear { weight: redraw.map_float(weight), bias: Some(redraw.map_float(bias)) }
}

/// Draws every number anew, uniform within the bound.
struct Redraw<'a> {
    bound: f32,
    rng: &'a mut ChaCha8Rng,
}

impl ModuleMapper for Redraw<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|old| {
            let (dims, bound) = (old.dims(), self.bound);
            let count: usize = dims.iter().product();
            let numbers: Vec<f32> = (0..count).map(|_| self.rng.random_range(-bound..bound)).collect();
            let new = Tensor::from_data(TensorData::new(numbers, dims), &old.device());
            if old.is_require_grad() { new.require_grad() } else { new }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use attractor_nets::training::{Draws, scalars};

    const READINGS: [fn() -> Reading; 7] = [
        || Reading::Association,
        || Reading::Pooling,
        || Reading::Lookup(Array2::eye(5)),
        || Reading::Recognition(Array2::eye(5)),
        || Reading::Mean(7),
        || Reading::Attention(7),
        || Reading::Lstm(3),
    ];

    fn logits(reading: &Reading, sequences: Vec<f32>, n: usize) -> Vec<f64> {
        let device = Device::flex();
        let reader = reading.init([4, 5], &device, &mut Draws::Weights.rng(2)).unwrap();
        let sequences = Tensor::from_data(TensorData::new(sequences, [n, 4, 5]), &device);
        scalars(reader.logits(sequences).unwrap()).unwrap()
    }

    fn numbers() -> Vec<f32> {
        let rng = &mut Draws::Fit(3).rng(3);
        (0..3 * 20).map(|_| rng.random_range(-1.0f32..1.0)).collect()
    }

    #[test]
    fn a_sequence_is_read_alone_as_among_others() {
        for reading in READINGS.map(|reading| reading()) {
            let together = logits(&reading, numbers(), 3);
            for (place, sequence) in numbers().chunks_exact(20).enumerate() {
                let alone = logits(&reading, sequence.to_vec(), 1)[0];
                assert!((alone - together[place]).abs() < 1e-6, "{}", reading.name());
            }
        }
    }

    #[test]
    fn poolings_do_not_see_an_order_and_a_recurrent_network_does() {
        for reading in READINGS.map(|reading| reading()) {
            let forward = logits(&reading, numbers(), 3);
            let turned =
                numbers().chunks_exact(20).flat_map(|s| s.rchunks_exact(5).flatten().copied()).collect();
            let backward = logits(&reading, turned, 3);
            let apart = forward.iter().zip(&backward).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            match reading {
                Reading::Pooling | Reading::Recognition(_) | Reading::Mean(_) | Reading::Attention(_) => {
                    assert!(apart < 1e-6, "{}: {apart}", reading.name());
                }
                Reading::Lstm(_) => assert!(apart > 1e-3, "{apart}"),
                // New Hopfield layers answer every instance with nearly the same mean: the order shows once they learned.
                Reading::Association | Reading::Lookup(_) => {}
            }
        }
    }
}

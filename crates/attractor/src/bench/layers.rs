//! The workloads of Hopfield layers: training, pooling, lookup.

use std::path::Path;

use anyhow::Context;
use attractor_data::{npy, stream};
use attractor_nets::hopfield::{
    Exchange, Hopfield, HopfieldConfig, HopfieldLayer, HopfieldLayerConfig, HopfieldPooling,
    HopfieldPoolingConfig, Masks, PerHead, StateDict,
};
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor, TensorData};
use ndarray::Array2;
use rand::RngExt;

/// Depth of all patterns, heads, and the inverse temperature of `scaling = None`.
const DEPTH: usize = 256;
const HEADS: usize = 8;

/// One workload.
#[derive(Clone, Copy)]
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    kind: Kind,
    /// Of what comes in: batch, length.
    batch: usize,
    length: usize,
    /// Updates after the first association.
    updates: usize,
    /// Stored patterns, of a lookup.
    stored: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Training,
    Pooling,
    Lookup,
}

/// All of them.
pub(crate) fn all() -> [Workload; 4] {
    let training =
        |name, updates| Workload { name, kind: Kind::Training, batch: 32, length: 128, updates, stored: 128 };
    [
        training("layers/train-32x128x256", 0),
        training("layers/train-32x128x256-3updates", 3),
        Workload {
            name: "layers/pool-8x1024x256",
            kind: Kind::Pooling,
            batch: 8,
            length: 1024,
            updates: 0,
            stored: 1024,
        },
        Workload {
            name: "layers/lookup-64x4096x256",
            kind: Kind::Lookup,
            batch: 64,
            length: 1,
            updates: 0,
            stored: 4096,
        },
    ]
}

/// A layer that does what the workload asks for.
pub(crate) enum Running {
    Training { layer: Hopfield, optimiser: ModuleOptimizer, inputs: Tensor<3> },
    Pooling { layer: HopfieldPooling, inputs: Tensor<3> },
    Lookup { layer: HopfieldLayer, inputs: Tensor<3> },
}

impl Workload {
    /// Floating-point operations that products cannot do without: with `n` states of all of the batch, `s` stored
    /// patterns each and `d` the depth, `2 d^2` per projected row and `2 s d` per state for scores and as much for
    /// what is read; a training step takes two more for every product, and one more for scores that are computed
    /// again.
    pub(crate) fn operations(&self) -> f64 {
        let (d, s) = (DEPTH as f64, self.stored as f64);
        let rows = (self.batch * self.length) as f64;
        match self.kind {
            Kind::Training => {
                let looks = (self.updates + 1) as f64;
                3.0 * 4.0 * 2.0 * rows * d * d + looks * 7.0 * 2.0 * rows * s * d
            }
            Kind::Pooling => 2.0 * 2.0 * rows * d * d + 2.0 * 2.0 * rows * d,
            Kind::Lookup => 2.0 * 2.0 * (rows + s) * d * d + 2.0 * 2.0 * rows * s * d,
        }
    }

    /// Layer and inputs, drawn from a stream of the workload's name.
    pub(crate) fn set_up(&self) -> anyhow::Result<Running> {
        let mut rng = stream(1, self.name);
        let floats: Vec<f32> =
            (0..self.batch * self.length * DEPTH).map(|_| rng.random_range(-1.0..1.0)).collect();
        let device = match self.kind {
            Kind::Training => Device::flex().autodiff(),
            _ => Device::flex(),
        };
        let inputs = Tensor::from_data(TensorData::new(floats, [self.batch, self.length, DEPTH]), &device);
        let config = HopfieldConfig::of(DEPTH)
            .with_num_heads(HEADS)
            .with_update_steps_max(PerHead::Same(self.updates));
        Ok(match self.kind {
            Kind::Training => {
                // As PyTorch's defaults: Burn's are others.
                let optimiser = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(1e-2).init();
                Running::Training { layer: config.init(&device, &mut rng)?, optimiser, inputs }
            }
            Kind::Pooling => {
                let layer = HopfieldPoolingConfig::new(config).init(&device, &mut rng)?;
                Running::Pooling { layer, inputs }
            }
            Kind::Lookup => {
                let config = HopfieldLayerConfig::new(config).with_quantity(self.stored);
                Running::Lookup { layer: config.init(&device, &mut rng)?, inputs }
            }
        })
    }
}

impl Running {
    /// Once: a training step, or the way forward.
    pub(crate) fn run(&mut self) -> anyhow::Result<()> {
        match self {
            Self::Training { layer, optimiser, inputs } => {
                let output = layer.forward(inputs.clone(), &Masks::none())?;
                let loss = (output.clone() * output).mean();
                let gradients = GradientsParams::from_grads(loss.backward(), layer);
                *layer = optimiser.step(1e-3, layer.clone(), gradients);
            }
            other => {
                std::hint::black_box(other.output()?);
            }
        }
        Ok(())
    }

    /// What the layer makes of the inputs, row by row.
    fn output(&self) -> anyhow::Result<Vec<f32>> {
        let masks = Masks::none();
        let output: Tensor<2> = match self {
            Self::Training { layer, inputs, .. } => layer.forward(inputs.clone(), &masks)?.flatten(0, 1),
            Self::Pooling { layer, inputs } => layer.forward(inputs.clone(), &masks)?,
            Self::Lookup { layer, inputs } => layer.forward(inputs.clone(), &masks)?.flatten(0, 1),
        };
        numbers(output)
    }

    fn weights(&self) -> Result<StateDict, attractor_nets::Error> {
        match self {
            Self::Training { layer, .. } => layer.state_dict(),
            Self::Pooling { layer, .. } => layer.state_dict(),
            Self::Lookup { layer, .. } => layer.state_dict(),
        }
    }

    /// Writes weights, inputs and output to `directory`, for another program to check and to time itself on.
    pub(crate) fn write(&self, name: &str, directory: &Path) -> anyhow::Result<()> {
        let place = |what: &str| directory.join(format!("{}-{what}", name.replace('/', "-")));
        std::fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
        self.weights()?.write(place("weights.safetensors"))?;
        let (Self::Training { inputs, .. } | Self::Pooling { inputs, .. } | Self::Lookup { inputs, .. }) =
            self;
        let rows = |floats: Vec<f32>| Array2::from_shape_vec((floats.len() / DEPTH, DEPTH), floats);
        let inputs: Tensor<2> = inputs.clone().flatten(0, 1);
        npy::write(&place("inputs.npy"), rows(numbers(inputs)?)?.view())?;
        npy::write(&place("output.npy"), rows(self.output()?)?.view())?;
        Ok(())
    }
}

fn numbers(tensor: Tensor<2>) -> anyhow::Result<Vec<f32>> {
    let numbers = tensor.without_autodiff().try_into_vec_as::<f32>();
    numbers.map_err(|error| anyhow::anyhow!("the device did not return its result: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_those_of_the_products() {
        let [one, four, pool, lookup] = all().map(|workload| workload.operations());
        // 4,096 rows through four maps, three products each; 256 heads, seven products of 128 x 128 x 32.
        assert_eq!(one, (3u64 * 4 * 2 * 4096 * 256 * 256 + 7 * 2 * 256 * 128 * 128 * 32) as f64);
        assert_eq!(four - one, (3u64 * 7 * 2 * 256 * 128 * 128 * 32) as f64);
        assert!((pool / (2.0 * 2.0 * 8192.0 * 65536.0) - 1.0).abs() < 0.01);
        assert_eq!(lookup, (4 * (64 + 4096) * 65536 + 4 * 64 * 4096 * 256) as f64);
    }
}

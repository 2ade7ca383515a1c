//! The workloads of energy networks: one step of a relaxation.

use std::path::Path;

use anyhow::Context;
use attractor_data::stream;
use attractor_nets::energy::{
    Attention, Clamps, Dense, Diagonal, Identity, LayerNorm, Memory, Network, Profile, RectifiedPolynomial,
    Shape, Softmax,
};
use attractor_nets::relaxation::unroll;
use attractor_nets::training::NamedWeights;
use burn::tensor::{Device, Tensor};

/// One workload.
#[derive(Clone, Copy)]
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// An image of 784 pixels, 10 labels, 2,000 memories; 128 at a time.
    Dense,
    /// A block of the Energy Transformer: 16 times 64 tokens of 256, 8 heads of 32, 1,024 memories.
    Transformer,
}

const STEP: f64 = 0.1;

/// All of them.
pub(crate) fn all() -> [Workload; 2] {
    [
        Workload { name: "energy/dense-128x784-10-2000", kind: Kind::Dense },
        Workload { name: "energy/transformer-16x64x256", kind: Kind::Transformer },
    ]
}

/// A network and the states that it begins with.
pub(crate) struct Running {
    network: Network,
    states: Vec<Tensor<3>>,
}

impl Workload {
    /// Floating-point operations of the products that no step can do without.
    pub(crate) fn operations(self) -> f64 {
        match self.kind {
            // Every weight once up, once down.
            Kind::Dense => 2.0 * 2.0 * 128.0 * 2000.0 * (784.0 + 10.0),
            Kind::Transformer => {
                let (rows, width, memories, tokens) = (16.0 * 64.0, 256.0, 1024.0, 64.0);
                // Queries and keys, and both on the way back; scores, and what both sides read; memories twice.
                2.0 * rows * (4.0 * width * width + 3.0 * tokens * width + 2.0 * width * memories)
            }
        }
    }

    /// Network and states, drawn from a stream of the workload's name.
    pub(crate) fn set_up(self) -> anyhow::Result<Running> {
        let mut rng = stream(1, self.name);
        let (builder, batch) = match self.kind {
            Kind::Dense => {
                let builder = Network::builder()
                    .layer("image", Shape::vector(784), Identity)
                    .layer("label", Shape::vector(10), Softmax { beta: 1.0 })
                    .layer("memories", Shape::vector(2000), RectifiedPolynomial { degree: 2 })
                    .synapse("pixels", Dense::default(), &["image", "memories"])
                    .synapse("classes", Dense::default(), &["label", "memories"]);
                (builder, 128)
            }
            Kind::Transformer => {
                let attention =
                    Attention { diagonal: Diagonal::Included, deviation: 0.1, ..Attention::of(8, 32) };
                let builder = Network::builder()
                    .layer("tokens", Shape::tokens(64, 256), LayerNorm { eps: 1e-5 })
                    .synapse("attention", attention, &["tokens"])
                    .synapse("memory", Memory::of(1024, Profile::Rectified), &["tokens"]);
                (builder, 16)
            }
        };
        let network = builder.build(&Device::flex(), &mut rng)?;
        let states = network.noise(batch, 1.0, &mut rng);
        Ok(Running { network, states })
    }
}

impl Running {
    /// The states after one step of Euler.
    fn next(&self) -> anyhow::Result<Vec<Tensor<3>>> {
        let flow = self.network.flow(&self.states, &Clamps::none())?;
        Ok(unroll(&flow, self.states.clone(), STEP, 1)?)
    }

    /// Once.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        std::hint::black_box(self.next()?);
        Ok(())
    }

    /// Writes parameters, states and the next states to `directory`, for another program to check and to time itself on.
    pub(crate) fn write(&self, name: &str, directory: &Path) -> anyhow::Result<()> {
        let place = |what: &str| directory.join(format!("{}-{what}", name.replace('/', "-")));
        std::fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
        self.network.weights()?.write(place("weights.safetensors"))?;
        for (what, states) in [("states.safetensors", &self.states), ("next.safetensors", &self.next()?)] {
            let mut named = NamedWeights::default();
            for ((layer, _), state) in self.network.layers().zip(states) {
                named = named.with(layer, state.clone())?;
            }
            named.write(place(what))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_those_of_the_products() {
        let [dense, transformer] = all().map(Workload::operations);
        assert_eq!(dense, (2u64 * 2 * 128 * 2000 * 794) as f64);
        let heads = 16u64 * 8 * 3 * 2 * 64 * 64 * 32;
        assert_eq!(transformer, (4 * 2 * 1024 * 256 * 256 + heads + 2 * 2 * 1024 * 256 * 1024) as f64);
    }

    #[test]
    fn a_step_goes_down() {
        for workload in all() {
            let running = workload.set_up().unwrap();
            let energy = |states: &[Tensor<3>]| {
                running.network.energies(states).unwrap().total().try_into_vec_as::<f32>().unwrap()
            };
            let (before, after) = (energy(&running.states), energy(&running.next().unwrap()));
            assert!(before.iter().zip(&after).all(|(before, after)| after < before), "{}", workload.name);
        }
    }
}

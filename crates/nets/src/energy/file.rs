//! Parameters by name, and their file.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Network;
use super::network::Graph;
use crate::Error;
use crate::training::NamedWeights;

const KEY: &str = "attractor.energy_network";

/// What the file says about the network.
#[derive(Serialize, Deserialize)]
struct Options<C> {
    graph: Vec<Part>,
    config: C,
}

/// A layer or a synapse: its kind and name, and what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Part {
    part: String,
    is: String,
}

impl Network {
    /// The parameters by their names, in single precision.
    ///
    /// # Errors
    /// [`Error::Device`] when the device does not give them.
    pub fn weights(&self) -> Result<NamedWeights, Error> {
        let mut all = self.parameters().zip(self.values());
        all.try_fold(NamedWeights::default(), |weights, (name, value)| weights.with(name, value))
    }

    /// The network with these parameters. Which of them are learned stays as it was.
    ///
    /// # Errors
    /// [`Error::Weights`] with every name that is missing, unexpected or of another shape; [`Error::NotFinite`].
    pub fn with_weights(self, weights: &NamedWeights) -> Result<Self, Error> {
        weights.check(&self.weights()?)?;
        self.filled(weights)
    }

    /// The same with weights that were checked, and may have others among them.
    pub(crate) fn filled(self, weights: &NamedWeights) -> Result<Self, Error> {
        let names: Vec<String> = self.parameters().map(str::to_owned).collect();
        let device = self.device();
        names.iter().try_fold(self, |network, name| match weights.matrix(name, &device) {
            Some(value) => Ok(network.with_parameter(name, value)?),
            None => Ok(network),
        })
    }

    /// Writes the parameters to a safetensors file, with `config`, from which the network can be built again, in its
    /// metadata. `docs/networks.md` has the format.
    ///
    /// # Errors
    /// [`Error::File`].
    ///
    /// ```
    /// use attractor_nets::energy::{Dense, EnergyError, Identity, Network, Shape, Softmax};
    /// use burn::tensor::Device;
    /// use rand::SeedableRng;
    /// use rand_chacha::ChaCha8Rng;
    ///
    /// fn build(memories: &usize) -> Result<Network, EnergyError> {
    ///     Network::builder()
    ///         .layer("features", Shape::vector(4), Identity)
    ///         .layer("memories", Shape::vector(*memories), Softmax { beta: 1.0 })
    ///         .synapse("patterns", Dense::default(), &["features", "memories"])
    ///         .build(&Device::flex(), &mut ChaCha8Rng::seed_from_u64(1))
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// let path = folder.path().join("network.safetensors");
    /// let network = build(&3)?;
    /// network.save(&3_usize, &path)?;
    /// let (same, memories) = Network::load(&path, |memories: &usize| Ok(build(memories)?))?;
    /// assert_eq!((same.weights()?, memories), (network.weights()?, 3));
    ///
    /// let refused = Network::load(&path, |_: &usize| Ok(build(&5)?)).unwrap_err().to_string();
    /// assert!(refused.contains("patterns.weight: expected [4, 5], found [4, 3]"), "{refused}");
    /// # Ok::<(), attractor_nets::Error>(())
    /// ```
    pub fn save<C: Serialize>(&self, config: &C, path: impl AsRef<Path>) -> Result<(), Error> {
        self.sealed(self.weights()?, config, path.as_ref())?.write(path)
    }

    /// Reads such a file: `build` makes the network from its config, the file gives the parameters.
    ///
    /// # Errors
    /// [`Error::File`] for a file that cannot be read or is none of these; [`Error::Weights`] with every parameter that
    /// is missing, unexpected or of another shape; [`Error::Checkpoint`] with the first layer or synapse that is
    /// another one; what `build` refuses.
    pub fn load<C: DeserializeOwned>(
        path: impl AsRef<Path>,
        build: impl FnOnce(&C) -> Result<Self, Error>,
    ) -> Result<(Self, C), Error> {
        let path = path.as_ref();
        let weights = NamedWeights::read(path)?;
        let opened = Opened::of(&weights, path)?;
        let network = build(&opened.config)?.with_weights(&weights)?;
        opened.fits(&network)?;
        Ok((network, opened.config))
    }

    /// `weights` with what a file says about the network.
    pub(crate) fn sealed<C: Serialize>(
        &self,
        weights: NamedWeights,
        config: &C,
        path: &Path,
    ) -> Result<NamedWeights, Error> {
        weights.with_options(KEY, &Options { graph: parts(self.graph()), config }, path)
    }
}

/// What a file says about its network.
pub(crate) struct Opened<'a, C> {
    path: &'a Path,
    graph: Vec<Part>,
    pub(crate) config: C,
}

impl<'a, C: DeserializeOwned> Opened<'a, C> {
    pub(crate) fn of(weights: &NamedWeights, path: &'a Path) -> Result<Self, Error> {
        let Options { graph, config } = weights.options(KEY, "the file of an energy network", path)?;
        Ok(Self { path, graph, config })
    }

    /// The file was written by a network of the same layers and synapses.
    pub(crate) fn fits(&self, network: &Network) -> Result<(), Error> {
        let own = parts(network.graph());
        let named = |among: &[Part], name: &str| match among.iter().find(|part| part.part == name) {
            Some(Part { part, is }) => format!("{part}: {is}"),
            None => format!("no {name}"),
        };
        for Part { part, .. } in own.iter().chain(&self.graph) {
            let (expected, found) = (named(&own, part), named(&self.graph, part));
            if expected != found {
                let (path, option) = (self.path.to_owned(), "graph");
                return Err(Error::Checkpoint { path, option, expected, found });
            }
        }
        Ok(())
    }
}

fn parts(graph: &Graph) -> Vec<Part> {
    let layers = graph.layers.iter().map(|layer| Part {
        part: format!("layer {}", layer.name),
        is: format!("{} of {} with time constant {}", layer.shape, layer.lagrangian.name(), layer.tau),
    });
    let synapses = graph.joints.iter().map(|joint| {
        let ends = joint.ends.iter().zip(&joint.silent).map(|(&end, silent)| {
            let name = &graph.layers[end].name;
            if *silent { format!("{name} (without feedback)") } else { name.clone() }
        });
        let ends: Vec<String> = ends.collect();
        Part {
            part: format!("synapse {}", joint.name),
            is: format!("{} between {}", joint.synapse.name(), ends.join(", ")),
        }
    });
    layers.chain(synapses).collect()
}

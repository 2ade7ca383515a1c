//! What is held while the rest moves.

use burn::tensor::{Bool, Tensor};

/// Layers and neurons that keep the state they are given.
///
/// ```
/// use attractor_nets::energy::Clamps;
/// use burn::tensor::{Bool, Device, Tensor};
///
/// // The label, and the first two of three pixels of every image.
/// let known = Tensor::<3, Bool>::from_data([[[true, true, false]]], &Device::flex());
/// let clamps = Clamps::none().layer("label").neurons("image", known);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Clamps {
    pub(super) layers: Vec<String>,
    pub(super) neurons: Vec<(String, Tensor<3, Bool>)>,
}

impl Clamps {
    /// Everything moves.
    pub fn none() -> Self {
        Self::default()
    }

    /// Holds a whole layer.
    #[must_use]
    pub fn layer(mut self, name: &str) -> Self {
        self.layers.push(name.to_owned());
        self
    }

    /// Holds the neurons of a layer where the mask is true. It has the shape `(batch, positions, width)`, the batch
    /// 1 where it is the same for all samples.
    ///
    /// Where the activations of a layer depend on all its neurons, as with softmax, holding some of them voids the
    /// guarantee that the energy falls; [`Network::breaches`](super::Network::breaches) says so.
    #[must_use]
    pub fn neurons(mut self, layer: &str, held: Tensor<3, Bool>) -> Self {
        self.neurons.push((layer.to_owned(), held));
        self
    }
}

/// Why the energy of a network may rise.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Breach {
    /// A synapse that sends nothing to a layer that it reads.
    Feedback {
        /// The synapse.
        synapse: String,
        /// The layer.
        layer: String,
    },
    /// Some neurons of a layer are held whose activations depend on all of them.
    PartlyClamped {
        /// The layer.
        layer: String,
    },
}

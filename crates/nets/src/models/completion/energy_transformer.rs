//! The Energy Transformer, and images as its tokens.

use burn::tensor::Device;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::patches::Patches;
use crate::Error;
use crate::energy::{Attention, Diagonal, LayerNorm, Memory, Network, Profile, Shape};

/// The block of the Energy Transformer (Hoover et al. 2023): tokens under an energy layer norm, energy attention
/// between them, a rectified Hopfield memory at each.
///
/// ```
/// use attractor_nets::models::TransformerBlock;
/// use attractor_nets::energy::{Clamps, Shape};
/// use attractor_nets::relaxation::Relaxation;
/// use burn::tensor::Device;
/// use rand::SeedableRng;
/// use rand_chacha::ChaCha8Rng;
///
/// let mut rng = ChaCha8Rng::seed_from_u64(1);
/// let block = TransformerBlock { width: 16, heads: 2, depth: 4, memories: 32, ..TransformerBlock::default() };
/// let network = block.build(Shape::tokens(9, 16).grid, &Device::flex(), &mut rng)?;
/// let mut tokens = network.noise(2, 1.0, &mut rng);
/// let how = Relaxation { steps: 12, ..Relaxation::euler(0.1) };
/// let report = network.relax(&mut tokens, &Clamps::none(), &how)?;
/// assert!(report.energies[12][0] < report.energies[0][0]);
/// # Ok::<(), attractor_nets::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TransformerBlock {
    /// Width of a token; 64 by default.
    pub width: usize,
    /// Heads of the attention; 4 by default.
    pub heads: usize,
    /// Length of a query and of a key; 16 by default.
    pub depth: usize,
    /// Patterns of the memory; 256 by default.
    pub memories: usize,
    /// Whether a token attends to itself; not by default, as in the paper.
    pub diagonal: Diagonal,
}

impl Default for TransformerBlock {
    fn default() -> Self {
        Self { width: 64, heads: 4, depth: 16, memories: 256, diagonal: Diagonal::Excluded }
    }
}

/// The layer of tokens.
pub(super) const TOKENS: &str = "tokens";

impl TransformerBlock {
    /// The block over a grid of so many rows and columns of tokens.
    ///
    /// # Errors
    /// [`Error::Energy`] for sizes of 0.
    pub fn build(&self, grid: [usize; 2], device: &Device, rng: &mut ChaCha8Rng) -> Result<Network, Error> {
        // Misfits of the synapse are found when it is built; only its default beta divides.
        Error::at_least_one("depth", self.depth)?;
        // Queries and keys of normalised tokens begin with variance 1. With the 0.02 of other synapses patches hardly look
        // at each other for the first epochs.
        let deviation = (self.width.max(1) as f64).sqrt().recip();
        let attention =
            Attention { diagonal: self.diagonal, deviation, ..Attention::of(self.heads, self.depth) };
        let builder = Network::builder()
            .layer(TOKENS, Shape::image(grid, self.width), LayerNorm { eps: 1e-5 })
            .synapse("attention", attention, &[TOKENS])
            .synapse("memory", Memory::of(self.memories, Profile::Rectified), &[TOKENS]);
        Ok(builder.build(device, rng)?)
    }
}

/// Square patches of the image as tokens of one [`TransformerBlock`]: a patch that is not known whole is replaced by a
/// learned mask token, every token gets the learned parameters of its position, and after the steps a linear map reads
/// the patch from its normalised token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EnergyTransformerConfig {
    /// Side of a patch, which divides both sides of the image; 4 by default.
    pub patch: usize,
    /// The block.
    pub block: TransformerBlock,
    /// Step of time; 0.1 by default.
    pub dt: f64,
    /// Steps in training, and at most in recall; 12 by default.
    pub steps: usize,
}

impl Default for EnergyTransformerConfig {
    fn default() -> Self {
        Self { patch: 4, block: TransformerBlock::default(), dt: 0.1, steps: 12 }
    }
}

impl EnergyTransformerConfig {
    pub(super) fn build(
        &self,
        image: Shape,
        device: &Device,
        rng: &mut ChaCha8Rng,
    ) -> Result<(Network, Patches), Error> {
        let patches = Patches::new(image, self.patch, self.block.width, device, rng)?;
        Ok((self.block.build(patches.grid(), device, rng)?, patches))
    }
}

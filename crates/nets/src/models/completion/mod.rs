//! Networks that complete images of which a part is known.
//!
//! A [`Completer`] is an energy network that holds the known pixels and relaxes: a [`TwoLayerConfig`],
//! [`ThreeLayerConfig`] or [`ConvolutionalConfig`] hierarchical associative memory (Krotov 2021) has the image as its
//! lowest layer, an [`EnergyTransformerConfig`] (Hoover et al. 2023) reads its patches as tokens. Training follows the
//! error of the hidden pixels back through the steps, or from the fixed point.

mod completer;
mod config;
mod energy_transformer;
mod file;
mod hierarchy;
mod moment;
mod patches;

pub use completer::{Completed, Completer};
pub use config::CompleterConfig;
pub use energy_transformer::{EnergyTransformerConfig, TransformerBlock};
pub use hierarchy::{Activation, ConvolutionalConfig, ThreeLayerConfig, TwoLayerConfig};
pub use moment::Moment;

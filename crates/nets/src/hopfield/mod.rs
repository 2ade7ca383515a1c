//! Hopfield layers: trainable association (Ramsauer et al. 2021).
//!
//! [`Hopfield`] associates state patterns with stored patterns that both come in, [`HopfieldPooling`] learns the
//! states, [`HopfieldLayer`] learns what is stored. Options are named as in `ml-jku/hopfield-layers`, and weights
//! can be exchanged with it as safetensors ([`StateDict`]).
//!
//! **When not.** To store and recall without training, use `attractor_memory::Memory`: it needs no framework, and
//! certifies what it answers. [`HopfieldConfig::retrieval`] is that memory as a differentiable layer.

mod activation;
mod asked;
mod config;
mod draw;
mod dropping;
mod folded;
mod input;
mod layer;
mod lookup;
mod normalise;
mod per_head;
mod pooling;
mod prepare;
mod projection;
mod replace;
mod separation;
mod sizes;
mod weights;

pub use activation::Activation;
pub use config::HopfieldConfig;
pub use input::{AssociationMask, Masks, Roles};
pub use layer::{Hopfield, Retrieval};
pub use lookup::{HopfieldLayer, HopfieldLayerConfig};
pub use normalise::Normalise;
pub use per_head::PerHead;
pub use pooling::{HopfieldPooling, HopfieldPoolingConfig, Stored};
pub use separation::SeparationConfig;
pub use weights::{Exchange, LayerOptions, StateDict};

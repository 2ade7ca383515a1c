//! The options of a Hopfield layer.

use burn::config::Config;

use super::{Activation, Normalise, PerHead, SeparationConfig};
use crate::association::Gradient;

/// Options of a [`Hopfield`](super::Hopfield), named and meant as those of `ml-jku/hopfield-layers` 1.0.2;
/// `docs/deviations.md` lists where the layer behaves differently, and why.
///
/// `R` are the state patterns, `Y` the stored patterns and `V` what the values are made of.
///
/// ```
/// use attractor_nets::hopfield::{HopfieldConfig, Normalise, PerHead, SeparationConfig};
/// let config = HopfieldConfig::of(64)
///     .with_num_heads(4)
///     .with_scaling(Some(PerHead::Same(0.25)))
///     .with_update_steps_max(PerHead::Same(3))
///     .with_separation(SeparationConfig::Entmax(1.5))
///     .with_normalize_state_pattern(Normalise::Off);
/// let same: HopfieldConfig = serde_json::from_str(&config.to_string())?;
/// assert_eq!(same, config);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[allow(clippy::struct_excessive_bools, reason = "these are the reference's options")]
#[derive(Config, Debug, PartialEq)]
pub struct HopfieldConfig {
    /// Depth of `R`. Only a layer that projects nothing can do without.
    pub input_size: Option<usize>,
    /// Depth of the association, per head. `None`: `input_size / num_heads`.
    pub hidden_size: Option<usize>,
    /// Depth of the output. `None`: `input_size`.
    pub output_size: Option<usize>,
    /// Depth of the values, per head. `None`: that of the association.
    pub pattern_size: Option<usize>,
    /// Heads.
    #[config(default = 1)]
    pub num_heads: usize,
    /// Inverse temperature beta, above 0. `None`: one over the square root of the depth of the association, or 1
    /// where nothing is projected.
    pub scaling: Option<PerHead<f64>>,
    /// Whether beta is learned (its logarithm is the parameter, so that it stays above 0).
    #[config(default = false)]
    pub scaling_as_trainable: bool,
    /// From scores to weights.
    #[config(default = "SeparationConfig::Softmax")]
    pub separation: SeparationConfig,
    /// Updates of the state after the first association: 0 is attention.
    #[config(default = "PerHead::Same(0)")]
    pub update_steps_max: PerHead<usize>,
    /// A query rests when its state moved by no more than this times one plus its length. `None` takes exactly
    /// `update_steps_max` steps.
    pub update_steps_eps: Option<PerHead<f64>>,
    /// Which gradient the updates have. `None`: [`Gradient::Unrolled`]. That of the fixed point needs
    /// `update_steps_eps` and at least one update, softmax or softmax1, and f32 on the CPU.
    pub update_steps_gradient: Option<Gradient>,
    /// Layer normalisation of `Y`.
    #[config(default = "Normalise::Affine(1e-5)")]
    pub normalize_stored_pattern: Normalise,
    /// Layer normalisation of `R`.
    #[config(default = "Normalise::Affine(1e-5)")]
    pub normalize_state_pattern: Normalise,
    /// Layer normalisation of `V`.
    #[config(default = "Normalise::Affine(1e-5)")]
    pub normalize_pattern_projection: Normalise,
    /// Layer normalisation of the projected `R` and `Y`, per head, with weights that all heads share.
    #[config(default = "Normalise::Off")]
    pub normalize_hopfield_space: Normalise,
    /// Whether `Y` is used as it is by every head.
    #[config(default = false)]
    pub stored_pattern_as_static: bool,
    /// Whether `R` is used as it is by every head.
    #[config(default = false)]
    pub state_pattern_as_static: bool,
    /// Whether `V` is used as it is by every head.
    #[config(default = false)]
    pub pattern_projection_as_static: bool,
    /// Whether `V` goes through the projection of `Y` before its own: the values of the paper.
    #[config(default = false)]
    pub pattern_projection_as_connected: bool,
    /// Depth of `Y`. `None`: `input_size`.
    pub stored_pattern_size: Option<usize>,
    /// Depth of `V`. `None`: `input_size`.
    pub pattern_projection_size: Option<usize>,
    /// Whether patterns come as `(batch, length, depth)`; otherwise as `(length, batch, depth)`.
    #[config(default = true)]
    pub batch_first: bool,
    /// A function of the output.
    pub association_activation: Option<Activation>,
    /// Share of the weights that is dropped in training, below 1. Every forward pass drops others; the first draw
    /// comes from the generator that draws the weights.
    #[config(default = 0.0)]
    pub dropout: f64,
    /// Whether the projections have biases.
    #[config(default = true)]
    pub input_bias: bool,
    /// Whether one stored pattern and its value are learned, in the space of the association, per head.
    #[config(default = false)]
    pub concat_bias_pattern: bool,
    /// Whether a stored pattern of zeros with a value of zeros is there too.
    #[config(default = false)]
    pub add_zero_association: bool,
    /// Whether the values of the heads are the output, side by side.
    #[config(default = false)]
    pub disable_out_projection: bool,
}

impl HopfieldConfig {
    /// The defaults for patterns of this depth.
    pub fn of(input_size: usize) -> Self {
        Self::new().with_input_size(Some(input_size))
    }

    /// Pure retrieval: nothing is projected, nothing normalised, nothing learned. `state` moves among `stored` by
    /// the dot product, as in `attractor_memory::Memory`.
    pub fn retrieval() -> Self {
        Self::new()
            .with_stored_pattern_as_static(true)
            .with_state_pattern_as_static(true)
            .with_pattern_projection_as_static(true)
            .with_normalize_stored_pattern(Normalise::Off)
            .with_normalize_state_pattern(Normalise::Off)
            .with_normalize_pattern_projection(Normalise::Off)
            .with_disable_out_projection(true)
    }

    /// Whether nothing is projected.
    pub(super) fn fully_static(&self) -> bool {
        self.stored_pattern_as_static
            && self.state_pattern_as_static
            && self.pattern_projection_as_static
            && !self.pattern_projection_as_connected
            && self.normalize_hopfield_space == Normalise::Off
            && self.disable_out_projection
    }
}

//! Lookup: what is stored is learned, or set.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use rand::Rng;

use super::draw::normal;
use super::pooling::known;
use super::replace::{numbers, replaced};
use super::{Hopfield, HopfieldConfig, Masks, Retrieval, Roles};
use crate::Error;

/// Options of a [`HopfieldLayer`].
#[derive(Config, Debug, PartialEq)]
pub struct HopfieldLayerConfig {
    /// Those of the layer inside.
    pub hopfield: HopfieldConfig,
    /// Stored patterns.
    #[config(default = 1)]
    pub quantity: usize,
    /// Whether the stored patterns are learned.
    #[config(default = true)]
    pub trainable: bool,
    /// Whether the values have weights of their own; otherwise they are made of the stored patterns.
    #[config(default = false)]
    pub lookup_weights_as_separated: bool,
    /// Whether those are learned.
    #[config(default = true)]
    pub lookup_targets_as_trainable: bool,
}

/// State patterns look learned patterns up; or a training set, put in by [`HopfieldLayer::remembering`].
///
/// ```
/// use attractor_nets::hopfield::{HopfieldConfig, HopfieldLayerConfig, Masks, PerHead};
/// use burn::tensor::{Device, Tensor};
/// use rand::SeedableRng;
/// use rand_chacha::ChaCha8Rng;
///
/// // Two training samples and their labels, read by pure retrieval.
/// let device = Device::flex();
/// let hopfield = HopfieldConfig::retrieval()
///     .with_input_size(Some(2))
///     .with_pattern_size(Some(1))
///     .with_scaling(Some(PerHead::Same(50.0)));
/// let config = HopfieldLayerConfig::new(hopfield).with_quantity(2).with_lookup_weights_as_separated(true);
/// let layer = config.init(&device, &mut ChaCha8Rng::seed_from_u64(1))?.remembering(
///     Tensor::from_data([[1.0, 0.0], [0.0, 1.0]], &device),
///     Some(Tensor::from_data([[3.0], [4.0]], &device)),
/// )?;
/// let label = layer.forward(Tensor::from_data([[[0.1, 0.8]]], &device), &Masks::none())?;
/// assert!((label.into_scalar::<f32>() - 4.0).abs() < 1e-3);
/// # Ok::<(), attractor_nets::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct HopfieldLayer {
    /// The layer inside.
    pub hopfield: Hopfield,
    /// The stored patterns, `(1, quantity, stored_pattern_size)`, or as deep as the association where they are
    /// static.
    pub lookup_weights: Param<Tensor<3>>,
    /// What the values are made of, `(1, quantity, pattern_projection_size)`; `None` unless separated.
    pub target_weights: Option<Param<Tensor<3>>>,
}

impl HopfieldLayerConfig {
    /// A layer with weights drawn from `rng`.
    ///
    /// # Errors
    /// As [`HopfieldConfig::init`]; [`Error::Parameter`] for a quantity of 0, [`Error::Options`] when the depth of
    /// the stored patterns is not known, [`Error::Size`] when values cannot be made of stored patterns of their
    /// depth.
    pub fn init(&self, device: &Device, rng: &mut impl Rng) -> Result<HopfieldLayer, Error> {
        Error::at_least_one("quantity", self.quantity)?;
        let hopfield = self.hopfield.init(device, rng)?;
        let (depth, values) = (known(hopfield.sizes.stored)?, known(hopfield.sizes.values)?);
        let most = depth.max(values);
        Error::allocatable("quantity, times the depth of stored patterns", &[self.quantity, most])?;
        let lookup_weights = normal([1, self.quantity, depth], device, rng).set_require_grad(self.trainable);
        let mut target_weights = None;
        if self.lookup_weights_as_separated {
            let drawn = normal([1, self.quantity, values], device, rng);
            target_weights = Some(drawn.set_require_grad(self.lookup_targets_as_trainable));
        } else if depth != values {
            let place =
                "depth of the values, which are the stored patterns unless lookup_weights_as_separated";
            return Err(Error::Size { place, expected: depth, found: values });
        }
        Ok(HopfieldLayer { hopfield, lookup_weights, target_weights })
    }
}

impl HopfieldLayer {
    /// Puts `patterns` `(quantity, depth)` in as what is stored, and `targets` `(quantity, depth)` as what the values
    /// are made of. Whether they are learned stays as it was.
    ///
    /// # Errors
    /// [`Error::Shape`] for another shape than the layer's, [`Error::Options`] for targets of a layer that has none,
    /// [`Error::Device`].
    pub fn remembering(mut self, patterns: Tensor<2>, targets: Option<Tensor<2>>) -> Result<Self, Error> {
        let [_, quantity, depth] = self.lookup_weights.dims();
        Error::shape("lookup_weights", &[quantity, depth], &patterns.dims())?;
        let target_weights = match (self.target_weights.take(), targets) {
            (Some(weights), Some(targets)) => {
                let [_, quantity, depth] = weights.dims();
                Error::shape("target_weights", &[quantity, depth], &targets.dims())?;
                Some(replaced(weights, numbers(targets)?))
            }
            (None, Some(_)) => {
                let reason = "targets need values of their own";
                return Err(Error::Options { option: "lookup_weights_as_separated", reason });
            }
            (weights, None) => weights,
        };
        Ok(Self { lookup_weights: replaced(self.lookup_weights, numbers(patterns)?), target_weights, ..self })
    }

    /// The output `(N, L, output_size)` for state patterns `(N, L, depth)`; axes 0 and 1 change places without
    /// `batch_first`.
    ///
    /// # Errors
    /// As [`Hopfield::forward`].
    pub fn forward(&self, state: Tensor<3>, masks: &Masks) -> Result<Tensor<3>, Error> {
        Ok(self.retrieve(state, masks)?.output)
    }

    /// The same, with the states that read it and when each of them rested.
    ///
    /// # Errors
    /// As [`Hopfield::forward`].
    pub fn retrieve(&self, state: Tensor<3>, masks: &Masks) -> Result<Retrieval, Error> {
        let mut retrieval = self.hopfield.retrieve_roles(self.roles(state), masks)?;
        if !self.hopfield.config().batch_first {
            retrieval.output = retrieval.output.swap_dims(0, 1);
        }
        Ok(retrieval)
    }

    /// The weights `(N, H, L, quantity)` of the stored patterns; see [`Hopfield::association_matrix`].
    ///
    /// # Errors
    /// As [`Hopfield::forward`].
    pub fn association_matrix(&self, state: Tensor<3>, masks: &Masks) -> Result<Tensor<4>, Error> {
        self.hopfield.association_of(self.roles(state), masks)
    }

    /// The values `(N, H, quantity, pattern_size)` that are read; see [`Hopfield::projected_patterns`].
    ///
    /// # Errors
    /// As [`Hopfield::forward`].
    pub fn projected_patterns(&self, state: Tensor<3>, masks: &Masks) -> Result<Tensor<4>, Error> {
        self.hopfield.projected_of(self.roles(state), masks)
    }

    /// Batch first, whatever the states are.
    fn roles(&self, state: Tensor<3>) -> Roles {
        let stored = self.lookup_weights.val();
        let values = self.target_weights.as_ref().map_or_else(|| stored.clone(), Param::val);
        let state = if self.hopfield.config().batch_first { state } else { state.swap_dims(0, 1) };
        Roles { stored, state, values }
    }
}

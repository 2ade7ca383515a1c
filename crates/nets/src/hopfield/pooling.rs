//! Pooling: the states are learned.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use rand::Rng;

use super::draw::normal;
use super::{Hopfield, HopfieldConfig, Masks, Roles};
use crate::Error;

/// Options of a [`HopfieldPooling`].
#[derive(Config, Debug, PartialEq)]
pub struct HopfieldPoolingConfig {
    /// Those of the layer inside.
    pub hopfield: HopfieldConfig,
    /// State patterns.
    #[config(default = 1)]
    pub quantity: usize,
    /// Whether the state patterns are learned.
    #[config(default = true)]
    pub trainable: bool,
}

/// A bag of patterns becomes one vector: learned state patterns ask, the bag answers.
///
/// ```
/// use attractor_nets::hopfield::{HopfieldConfig, HopfieldPoolingConfig, Masks};
/// use burn::tensor::{Device, Tensor};
/// use rand::SeedableRng;
/// use rand_chacha::ChaCha8Rng;
///
/// let device = Device::flex();
/// let config = HopfieldPoolingConfig::new(HopfieldConfig::of(8)).with_quantity(3);
/// let pooling = config.init(&device, &mut ChaCha8Rng::seed_from_u64(1))?;
/// let bags = Tensor::<3>::ones([2, 100, 8], &device);
/// assert_eq!(pooling.forward(bags, &Masks::none())?.dims(), [2, 24]);
/// # Ok::<(), attractor_nets::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct HopfieldPooling {
    /// The layer inside.
    pub hopfield: Hopfield,
    /// The state patterns, `(1, quantity, input_size)`, or as deep as the association where the state is static.
    pub pooling_weights: Param<Tensor<3>>,
}

/// What a pooling reads: one tensor is both.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Stored patterns, `(N, S, depth)`.
    pub stored: Tensor<3>,
    /// What the values are made of, `(N, S, depth)`.
    pub values: Tensor<3>,
}

impl From<Tensor<3>> for Stored {
    fn from(patterns: Tensor<3>) -> Self {
        Self { stored: patterns.clone(), values: patterns }
    }
}

impl From<(Tensor<3>, Tensor<3>)> for Stored {
    fn from((stored, values): (Tensor<3>, Tensor<3>)) -> Self {
        Self { stored, values }
    }
}

impl HopfieldPoolingConfig {
    /// A pooling with weights drawn from `rng`.
    ///
    /// # Errors
    /// As [`HopfieldConfig::init`]; [`Error::Parameter`] for a quantity of 0, [`Error::Options`] when the depth of
    /// the state patterns is not known.
    pub fn init(&self, device: &Device, rng: &mut impl Rng) -> Result<HopfieldPooling, Error> {
        Error::at_least_one("quantity", self.quantity)?;
        let hopfield = self.hopfield.init(device, rng)?;
        let depth = known(hopfield.sizes.state)?;
        Error::allocatable("quantity, times the depth of state patterns", &[self.quantity, depth])?;
        let pooling_weights = normal([1, self.quantity, depth], device, rng).set_require_grad(self.trainable);
        Ok(HopfieldPooling { hopfield, pooling_weights })
    }
}

impl HopfieldPooling {
    /// The output `(N, quantity * output_size)` for bags of `(N, S, depth)`, or `(S, N, depth)` without
    /// `batch_first`.
    ///
    /// # Errors
    /// As [`Hopfield::forward`].
    pub fn forward(&self, bags: impl Into<Stored>, masks: &Masks) -> Result<Tensor<2>, Error> {
        let output = self.hopfield.retrieve_roles(self.roles(bags.into()), masks)?.output;
        let [batch, quantity, depth] = output.dims();
        Ok(output.reshape([batch, quantity * depth]))
    }

    /// The weights `(N, H, quantity, S)` with which each instance of a bag counts; see
    /// [`Hopfield::association_matrix`].
    ///
    /// # Errors
    /// As [`Hopfield::forward`].
    pub fn association_matrix(&self, bags: impl Into<Stored>, masks: &Masks) -> Result<Tensor<4>, Error> {
        self.hopfield.association_of(self.roles(bags.into()), masks)
    }

    /// The values `(N, H, S, pattern_size)` that are read; see [`Hopfield::projected_patterns`].
    ///
    /// # Errors
    /// As [`Hopfield::forward`].
    pub fn projected_patterns(&self, bags: impl Into<Stored>, masks: &Masks) -> Result<Tensor<4>, Error> {
        self.hopfield.projected_of(self.roles(bags.into()), masks)
    }

    /// Batch first, whatever the bags are.
    fn roles(&self, bags: Stored) -> Roles {
        let state = self.pooling_weights.val();
        let roles = Roles { stored: bags.stored, state, values: bags.values };
        if self.hopfield.config().batch_first {
            return roles;
        }
        Roles { stored: roles.stored.swap_dims(0, 1), values: roles.values.swap_dims(0, 1), ..roles }
    }
}

pub(super) fn known(depth: Option<usize>) -> Result<usize, Error> {
    let reason = "learned patterns need their depth: give input_size or hidden_size";
    depth.ok_or(Error::Options { option: "input_size", reason })
}

//! The Hopfield layer.

use burn::module::{Module, Param};
use burn::nn::{Dropout, DropoutConfig};
use burn::tensor::{Device, Tensor, TensorData};
use rand::Rng;

use super::dropping::Dropping;
use super::folded::Folded;
use super::normalise::Norm;
use super::projection::{Projections, joined};
use super::separation::Separating;
use super::sizes::Sizes;
use super::{HopfieldConfig, Masks, Roles};
use crate::Error;
use crate::association::{self, Dynamics, Progress, associate, energies, weights};
use crate::dense::Affine;

/// State patterns associate with stored patterns and read their values, per head:
///
/// `q = R W_Q`, `k = Y W_K`, `v = V W_V` of the normalised patterns; `p = separation(beta q k^T + mask)`; `q <- p k`
/// once per update step; output `p v W_O`, the heads side by side (Ramsauer et al. 2021).
///
/// Weights are drawn from N(0, 0.02), biases are 0. In training, which is on an autodiff device, Burn's `valid()`
/// turns dropout off.
///
/// ```
/// use attractor_nets::hopfield::{HopfieldConfig, Masks};
/// use burn::tensor::{Device, Tensor};
/// use rand::SeedableRng;
/// use rand_chacha::ChaCha8Rng;
///
/// let device = Device::flex();
/// let config = HopfieldConfig::of(12).with_num_heads(3).with_output_size(Some(5));
/// let layer = config.init(&device, &mut ChaCha8Rng::seed_from_u64(1))?;
/// let patterns = Tensor::<3>::ones([2, 7, 12], &device);
/// assert_eq!(layer.forward(patterns.clone(), &Masks::none())?.dims(), [2, 7, 5]);
/// assert_eq!(layer.association_matrix(patterns, &Masks::none())?.dims(), [2, 3, 7, 7]);
/// # Ok::<(), attractor_nets::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct Hopfield {
    pub(super) projections: Projections,
    pub(super) norm_state: Option<Norm>,
    pub(super) norm_stored: Option<Norm>,
    pub(super) norm_values: Option<Norm>,
    pub(super) norm_association: Option<Norm>,
    pub(super) separating: Separating,
    /// Logarithm of beta, `(H)`.
    pub(super) log_beta: Param<Tensor<1>>,
    dropout: Dropout,
    #[module(skip)]
    pub(super) dropping: Option<Dropping>,
    #[module(skip)]
    pub(super) config: HopfieldConfig,
    #[module(skip)]
    pub(super) sizes: Sizes,
    #[module(skip)]
    pub(super) steps: Vec<usize>,
    #[module(skip)]
    pub(super) tolerance: Option<Vec<f64>>,
}

/// What a layer read, and how it came to it.
#[derive(Debug, Clone)]
pub struct Retrieval {
    /// As [`Hopfield::forward`] gives it.
    pub output: Tensor<3>,
    /// The states that read it, `(N, H, L, c)`.
    pub states: Tensor<4>,
    /// When each query rested; `None` without `update_steps_eps`.
    pub progress: Option<Progress>,
}

impl HopfieldConfig {
    /// A layer with weights drawn from `rng`.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a number outside its range, [`Error::Heads`] when `input_size` does not divide among
    /// the heads, [`Error::Size`] for sizes or numbers per head that do not fit together, [`Error::Options`] for
    /// options that do not.
    pub fn init(&self, device: &Device, rng: &mut impl Rng) -> Result<Hopfield, Error> {
        let sizes = Sizes::of(self)?;
        let heads = self.num_heads;
        let (steps, tolerance) =
            (self.update_steps_max.numbers("update_steps_max", heads)?, self.tolerance()?);
        self.update_steps_gradient.unwrap_or_default().check(&steps, tolerance.as_deref())?;
        if !(0.0..1.0).contains(&self.dropout) {
            let (name, value) = ("dropout", self.dropout);
            return Err(Error::Parameter { name, value, limit: "at least 0 and below 1" });
        }
        if self.concat_bias_pattern && (sizes.association.is_none() || sizes.read.is_none()) {
            let reason = "a learned pattern needs hidden_size or input_size";
            return Err(Error::Options { option: "concat_bias_pattern", reason });
        }
        let norm = |option, name, depth| Norm::new(option, name, depth, device);
        Ok(Hopfield {
            norm_state: norm(self.normalize_state_pattern, "normalize_state_pattern", sizes.state)?,
            norm_stored: norm(self.normalize_stored_pattern, "normalize_stored_pattern", sizes.stored)?,
            norm_values: norm(
                self.normalize_pattern_projection,
                "normalize_pattern_projection",
                sizes.values,
            )?,
            norm_association: norm(
                self.normalize_hopfield_space,
                "normalize_hopfield_space",
                sizes.association,
            )?,
            separating: Separating::new(self.separation, heads, device)?,
            log_beta: self.log_beta(&sizes, device)?,
            dropout: DropoutConfig::new(self.dropout).init(),
            steps,
            tolerance,
            projections: Projections::new(self, &sizes, device, rng),
            dropping: Dropping::new(self.dropout, rng),
            config: self.clone(),
            sizes,
        })
    }

    fn log_beta(&self, sizes: &Sizes, device: &Device) -> Result<Param<Tensor<1>>, Error> {
        let heads = self.num_heads;
        let beta = match (&self.scaling, sizes.association) {
            (Some(scaling), _) => scaling.numbers("scaling", heads)?,
            (None, Some(depth)) if !self.fully_static() => vec![1.0 / (depth as f64).sqrt(); heads],
            (None, _) => vec![1.0; heads],
        };
        if let Some(&value) = beta.iter().find(|beta| !(beta.is_finite() && **beta > 0.0)) {
            return Err(Error::Parameter { name: "scaling", value, limit: "finite and above 0" });
        }
        let logs: Vec<f64> = beta.into_iter().map(f64::ln).collect();
        let param = Param::from_tensor(Tensor::from_data(TensorData::new(logs, [heads]), device));
        Ok(param.set_require_grad(self.scaling_as_trainable))
    }

    fn tolerance(&self) -> Result<Option<Vec<f64>>, Error> {
        let Some(tolerance) = &self.update_steps_eps else { return Ok(None) };
        let tolerance = tolerance.numbers("update_steps_eps", self.num_heads)?;
        match tolerance.iter().find(|eps| !(eps.is_finite() && **eps > 0.0)) {
            None => Ok(Some(tolerance)),
            Some(&value) => {
                Err(Error::Parameter { name: "update_steps_eps", value, limit: "finite and above 0" })
            }
        }
    }
}

impl Hopfield {
    /// The output `(N, L, output_size)`, or `(N, L, num_heads * pattern_size)` without output projection; axes 0
    /// and 1 change places without `batch_first`, here and in `patterns`.
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::Size`] and [`Error::Type`] for patterns or masks that do not fit the layer or one
    /// another, [`Error::Parameter`] where there are no patterns; [`Error::Device`] when `update_steps_eps` is set
    /// and the device does not answer.
    pub fn forward(&self, patterns: impl Into<Roles>, masks: &Masks) -> Result<Tensor<3>, Error> {
        Ok(self.retrieve(patterns, masks)?.output)
    }

    /// The same, with the states that read it and when each of them rested.
    ///
    /// # Errors
    /// As [`Hopfield::forward`].
    pub fn retrieve(&self, patterns: impl Into<Roles>, masks: &Masks) -> Result<Retrieval, Error> {
        let mut retrieval = self.retrieve_roles(self.batch_first(patterns.into()), masks)?;
        if !self.config.batch_first {
            retrieval.output = retrieval.output.swap_dims(0, 1);
        }
        Ok(retrieval)
    }

    /// The weights `(N, H, L, S)` that read the values, before dropout and without gradient. After the `S` stored
    /// patterns come the learned one and that of zeros, where the options ask for them.
    ///
    /// # Errors
    /// As [`Hopfield::forward`].
    pub fn association_matrix(&self, patterns: impl Into<Roles>, masks: &Masks) -> Result<Tensor<4>, Error> {
        self.association_of(self.batch_first(patterns.into()), masks)
    }

    /// The values `(N, H, S, pattern_size)` that are read, without gradient; `S` as in
    /// [`Hopfield::association_matrix`].
    ///
    /// # Errors
    /// As [`Hopfield::forward`].
    pub fn projected_patterns(&self, patterns: impl Into<Roles>, masks: &Masks) -> Result<Tensor<4>, Error> {
        self.projected_of(self.batch_first(patterns.into()), masks)
    }

    /// The energy `(N, H, L)` of the states before the first update and after each, in the space of the
    /// association; see [`energies`].
    ///
    /// # Errors
    /// As [`Hopfield::forward`].
    pub fn energies(&self, patterns: impl Into<Roles>, masks: &Masks) -> Result<Vec<Tensor<3>>, Error> {
        energies(self.heads(self.batch_first(patterns.into()), masks)?, &self.dynamics())
    }

    /// Inverse temperature of each head, `(H)`. A learned one stays between `e^-80` and `e^80`, where it is a number
    /// of either type; beyond, its gradient is zero.
    pub fn beta(&self) -> Tensor<1> {
        let log_beta = self.log_beta.val();
        match self.config.scaling_as_trainable {
            true => log_beta.clamp(-80.0, 80.0).exp(),
            false => log_beta.exp(),
        }
    }

    /// Depth of the output; `None` where it is that of whatever comes in.
    pub fn output_size(&self) -> Option<usize> {
        match self.config.disable_out_projection {
            true => self.sizes.read.map(|read| read * self.config.num_heads),
            false => self.sizes.output,
        }
    }

    /// The options it was made with.
    pub fn config(&self) -> &HopfieldConfig {
        &self.config
    }

    fn batch_first(&self, roles: Roles) -> Roles {
        if self.config.batch_first { roles } else { roles.turned() }
    }

    /// Batch first.
    pub(super) fn retrieve_roles(&self, roles: Roles, masks: &Masks) -> Result<Retrieval, Error> {
        match Folded::of(&roles, masks) {
            Some(folded) => {
                let retrieval = self.retrieve_all(folded.together(roles), masks)?;
                Ok(folded.apart(retrieval))
            }
            None => self.retrieve_all(roles, masks),
        }
    }

    fn retrieve_all(&self, roles: Roles, masks: &Masks) -> Result<Retrieval, Error> {
        let extents = self.check(&roles)?;
        let read = match self.asks_few(&roles, extents) {
            true => self.asked(roles, masks, extents)?,
            false => {
                let dynamics = Dynamics { dropout: self.dropout_of_pass(), ..self.dynamics() };
                associate(self.heads(roles, masks)?, &dynamics)?
            }
        };
        let output = joined(read.values);
        let output = match &self.projections.output {
            Some(projection) => Affine::of(projection).forward(output),
            None => output,
        };
        let output = match self.config.association_activation {
            Some(activation) => activation.forward(output),
            None => output,
        };
        Ok(Retrieval { output, states: read.states, progress: read.progress })
    }

    /// Batch first.
    pub(super) fn association_of(&self, roles: Roles, masks: &Masks) -> Result<Tensor<4>, Error> {
        Ok(weights(self.heads(roles, masks)?, &self.dynamics())?.detach())
    }

    /// Batch first.
    pub(super) fn projected_of(&self, roles: Roles, masks: &Masks) -> Result<Tensor<4>, Error> {
        Ok(self.heads(roles, masks)?.values.detach())
    }

    fn dynamics(&self) -> Dynamics {
        Dynamics {
            separation: self.separating.at(&self.log_beta.val()),
            steps: self.steps.clone(),
            tolerance: self.tolerance.clone(),
            gradient: self.config.update_steps_gradient.unwrap_or_default(),
            dropout: None,
        }
    }

    /// Weights are dropped in training alone: on a device with automatic differentiation, unless the layer is frozen.
    fn dropout_of_pass(&self) -> Option<association::Dropout> {
        let trains = self.log_beta.val().device().is_autodiff() && self.dropout.training.is_enabled();
        self.dropping.as_ref().filter(|_| trains).map(Dropping::next)
    }
}

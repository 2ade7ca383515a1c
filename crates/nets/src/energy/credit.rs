//! Credit: which parameters had which part in a loss of what the network relaxed to.

use std::fmt;

use burn::tensor::{Gradients, Tensor};

use super::flow::Nudge;
use super::{Clamps, EnergyError, Evaluated, Network, implicit, synapse};
use crate::relaxation::{Relaxation, Report, relax, unroll};

/// The loss of each sample, `(batch)`, from the activations of all layers.
pub type Loss<'a> = dyn Fn(&[Tensor<3>]) -> Tensor<1> + 'a;

/// How the gradient of a loss is found. All kinds agree where the relaxation comes to rest: unrolled for enough steps,
/// nudged in the limit of no strength.
///
/// ```
/// use attractor_nets::energy::{Clamps, Credit, Dense, Identity, Network, Shape, Softmax};
/// use burn::optim::{GradientsParams, SgdConfig};
/// use burn::tensor::{Device, Tensor};
/// use rand::SeedableRng;
/// use rand_chacha::ChaCha8Rng;
///
/// let device = Device::flex().autodiff();
/// let mut network = Network::builder()
///     .layer("image", Shape::vector(2), Identity)
///     .layer("label", Shape::vector(2), Softmax { beta: 1.0 })
///     .synapse("weights", Dense::default(), &["image", "label"])
///     .build(&device, &mut ChaCha8Rng::seed_from_u64(1))?;
/// let mut optimiser = SgdConfig::new().init();
/// let wanted = Tensor::<3>::from_data([[[1.0, 0.0]], [[0.0, 1.0]]], &device);
/// let images = wanted.clone();
/// let loss = |g: &[Tensor<3>]| {
///     let apart: Tensor<3> = g[1].clone() - wanted.clone();
///     apart.square().sum_dim(2).reshape([2])
/// };
/// let mut losses = Vec::new();
/// for _ in 0..20 {
///     let mut states = network.zeros(2);
///     network.place(&mut states, "image", images.clone())?;
///     let clamps = Clamps::none().layer("image");
///     let credit = Credit::Unrolled { dt: 1.0, steps: 2 }.assign(&network, states, &clamps, &loss)?;
///     losses.push(credit.loss);
///     let gradients = GradientsParams::from_grads(credit.gradients, &network);
///     network = optimiser.step(1.0, network, gradients);
/// }
/// assert!(losses[19] < losses[0] / 2.0);
/// # Ok::<(), attractor_nets::energy::EnergyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Credit {
    /// Automatic differentiation through so many steps of Euler: exact for the states after them.
    Unrolled {
        /// Step of time.
        dt: f64,
        /// Number of steps.
        steps: usize,
    },
    /// At the fixed point that the relaxation ends at: conjugate gradients on products with the Hessian. Its memory
    /// does not grow with the steps.
    Implicit {
        /// To the fixed point.
        relaxation: Relaxation,
        /// Largest residual of the linear system, relative to its right side.
        tolerance: f64,
        /// Largest number of iterations.
        iterations: usize,
    },
    /// From two relaxations: to the fixed point, and on from there with `strength` times the loss added to the
    /// energy. The difference of the local gradients, divided by the strength (Scellier and Bengio 2017).
    Nudged {
        /// Of both phases.
        relaxation: Relaxation,
        /// Above 0; the gradient is off by a term of its order.
        strength: f64,
    },
}

/// Credit assigned.
pub struct Assigned {
    /// The mean loss of the batch.
    pub loss: f64,
    /// Its gradients by the parameters, for `GradientsParams::from_grads`.
    pub gradients: Gradients,
    /// The states that the loss was taken at.
    pub states: Vec<Tensor<3>>,
    /// What the relaxation did; `None` when it was unrolled.
    pub report: Option<Report>,
    /// Of the implicit system, sample by sample: the residual relative to the right side. Empty otherwise.
    pub residuals: Vec<f64>,
}

impl fmt::Debug for Assigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assigned")
            .field("loss", &self.loss)
            .field("report", &self.report)
            .finish_non_exhaustive()
    }
}

/// A loss that can be followed backwards, and how it came about.
struct Followed {
    loss: Tensor<1>,
    states: Vec<Tensor<3>>,
    report: Option<Report>,
    residuals: Vec<f64>,
}

impl Credit {
    /// Relaxes from `states`, and finds the gradients of the mean of `loss` at the end.
    ///
    /// # Errors
    /// As [`Network::relax`]; [`EnergyError::Credit`] for a network without autodiff, for synapses that cannot be
    /// differentiated, and, except when unrolled, where the network is not symmetric; [`EnergyError::Parameter`].
    pub fn assign(
        &self,
        network: &Network,
        states: Vec<Tensor<3>>,
        clamps: &Clamps,
        loss: &Loss<'_>,
    ) -> Result<Assigned, EnergyError> {
        let Followed { loss, states, report, residuals } = self.follow(network, states, clamps, loss)?;
        Ok(Assigned { loss: value(&loss), gradients: loss.backward(), states, report, residuals })
    }

    /// The mean of `loss`, `(1)`, as a tensor whose backward pass gives those gradients, for a loop that wants one.
    /// When unrolled, it goes on into whatever the states and the loss were made of.
    ///
    /// # Errors
    /// As [`Credit::assign`].
    pub fn loss(
        &self,
        network: &Network,
        states: Vec<Tensor<3>>,
        clamps: &Clamps,
        loss: &Loss<'_>,
    ) -> Result<Tensor<1>, EnergyError> {
        Ok(self.follow(network, states, clamps, loss)?.loss)
    }

    fn follow(
        &self,
        network: &Network,
        mut states: Vec<Tensor<3>>,
        clamps: &Clamps,
        loss: &Loss<'_>,
    ) -> Result<Followed, EnergyError> {
        tracked(network)?;
        match *self {
            Self::Unrolled { dt, steps } => {
                differentiable(network)?;
                let flow = network.flow(&states, clamps)?;
                let free = unroll(&flow, flow.free(&states), dt, steps)?;
                let loss = loss(&flow.activations(&free)).mean();
                let states = flow.whole(&free).into_iter().map(Tensor::without_autodiff).collect();
                Ok(Followed { loss, states, report: None, residuals: Vec::new() })
            }
            Self::Implicit { relaxation, tolerance, iterations } => {
                differentiable(network)?;
                symmetric(network, clamps)?;
                positive("tolerance", tolerance)?;
                let report = network.relax(&mut states, clamps, &relaxation)?;
                let (slope, residuals) =
                    implicit::slope(network, &states, clamps, loss, tolerance, iterations)?;
                let loss = sloped(&loss(&network.activations(&states)?).mean(), slope);
                Ok(Followed { loss, states, report: Some(report), residuals })
            }
            Self::Nudged { relaxation, strength } => {
                symmetric(network, clamps)?;
                positive("strength", strength)?;
                let report = network.relax(&mut states, clamps, &relaxation)?;
                let bare = network.values().into_iter().map(Tensor::without_autodiff).collect();
                let flow = super::Flow::new(network, bare, &states, clamps)?.nudged(Nudge { strength, loss });
                let mut free = flow.free(&states);
                relax(&flow, &mut free, &relaxation)?;
                let pushed = flow.whole(&free);
                let risen = energy(network, &pushed, clamps)? - energy(network, &states, clamps)?;
                let slope = risen.mean() * strength.recip();
                let loss = sloped(&loss(&network.activations(&states)?).mean(), slope);
                Ok(Followed { loss, states, report: Some(report), residuals: Vec::new() })
            }
        }
    }
}

/// The value of one tensor with the gradients of another.
fn sloped(value: &Tensor<1>, slope: Tensor<1>) -> Tensor<1> {
    let value = value.clone().without_autodiff().autodiff();
    slope.clone() - slope.detach() + value
}

/// The gradients of the mean energy by the parameters, at activations that are held: what a synapse can find out
/// from the layers that it joins.
///
/// # Errors
/// [`EnergyError::Credit`] for a network without autodiff; [`EnergyError::Unknown`], [`EnergyError::Shape`].
///
/// ```
/// use attractor_nets::energy::{Clamps, Dense, Identity, Network, Shape, local};
/// use burn::tensor::{Device, Tensor};
/// use rand::SeedableRng;
/// use rand_chacha::ChaCha8Rng;
///
/// let device = Device::flex().autodiff();
/// let network = Network::builder()
///     .layer("a", Shape::vector(1), Identity)
///     .layer("b", Shape::vector(1), Identity)
///     .synapse("ab", Dense::default(), &["a", "b"])
///     .build(&device, &mut ChaCha8Rng::seed_from_u64(1))?;
/// let states = [Tensor::full([1, 1, 1], 2.0, &device), Tensor::full([1, 1, 1], 3.0, &device)];
/// let gradients = local(&network, &states, &Clamps::none())?;
/// // E = ... - w g_a g_b
/// let weight = network.parameter("ab.weight")?.grad(&gradients).map(|g| g.into_scalar::<f32>());
/// assert_eq!(weight, Some(-6.0));
/// # Ok::<(), attractor_nets::energy::EnergyError>(())
/// ```
pub fn local(network: &Network, states: &[Tensor<3>], clamps: &Clamps) -> Result<Gradients, EnergyError> {
    tracked(network)?;
    Ok(energy(network, states, clamps)?.mean().backward())
}

/// The energy as a function of the parameters: the activations of free layers are held, for clamped layers the
/// states are.
fn energy(network: &Network, states: &[Tensor<3>], clamps: &Clamps) -> Result<Tensor<1>, EnergyError> {
    network.checked(states)?;
    let held = clamps.layers.iter().map(|name| network.layer(name)).collect::<Result<Vec<_>, _>>()?;
    let (parameters, graph) = (network.values(), network.graph());
    let mut activations = Vec::new();
    let mut parts = Vec::new();
    for (at, (layer, state)) in graph.layers.iter().zip(states).enumerate() {
        let state = state.clone().without_autodiff();
        let Evaluated { value, activation } = layer.evaluate(state.clone(), &parameters);
        let activation = if held.contains(&at) { activation } else { activation.detach() };
        parts.push(synapse::inner(state, activation.clone()) - value);
        activations.push(activation);
    }
    parts.extend(graph.joints.iter().map(|joint| joint.energy(&activations, &parameters)));
    let total = parts.into_iter().reduce(|a, b| a + b);
    total.ok_or_else(|| EnergyError::Credit { reason: "the network has no layers".to_owned() })
}

fn value(loss: &Tensor<1>) -> f64 {
    loss.clone().without_autodiff().try_into_scalar::<f64>().unwrap_or(f64::NAN)
}

fn tracked(network: &Network) -> Result<(), EnergyError> {
    if network.values().iter().any(|parameter| parameter.is_autodiff() && parameter.is_require_grad()) {
        return Ok(());
    }
    let reason = "no parameter requires a gradient: build the network on an autodiff device".to_owned();
    Err(EnergyError::Credit { reason })
}

fn differentiable(network: &Network) -> Result<(), EnergyError> {
    match network.graph().joints.iter().find(|joint| !joint.synapse.is_differentiable()) {
        None => Ok(()),
        Some(joint) => {
            let reason = format!("training cannot follow the gradient of synapse {}", joint.name);
            Err(EnergyError::Credit { reason })
        }
    }
}

fn symmetric(network: &Network, clamps: &Clamps) -> Result<(), EnergyError> {
    match network.breaches(clamps)?.first() {
        None => Ok(()),
        Some(breach) => {
            let reason = format!("only unrolled where the network is not symmetric: {breach:?}");
            Err(EnergyError::Credit { reason })
        }
    }
}

fn positive(name: &'static str, value: f64) -> Result<(), EnergyError> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    Err(EnergyError::Parameter { name, value, limit: "finite and above 0" })
}

//! The association step by step, in operations that every backend has.

use burn::tensor::{Bool, DType, Int, Tensor};

use super::separation::lowest;
use super::{Dynamics, Gradient, Patterns, Progress, Retrieved};
use crate::Error;

/// See [`super::associate`]; the sizes fit.
pub(super) fn associate(patterns: Patterns, dynamics: &Dynamics) -> Result<Retrieved, Error> {
    if dynamics.gradient == Gradient::FixedPoint {
        let reason = "the gradient of the fixed point is that of softmax and softmax1 in f32 on the CPU, without a \
                      gradient by the mask";
        return Err(Error::Options { option: "gradient", reason });
    }
    let moved = settle(&patterns, dynamics, |_| ())?;
    let weights = patterns.weights_of(moved.states.clone(), dynamics);
    let weights = match &dynamics.dropout {
        None => weights,
        Some(dropout) => {
            let factors = dropout.factors(&weights);
            weights * factors
        }
    };
    let values = weights.matmul(patterns.values);
    Ok(Retrieved { values, states: moved.states.detach(), progress: moved.progress })
}

/// See [`super::weights`]; the sizes fit.
pub(super) fn weights(patterns: Patterns, dynamics: &Dynamics) -> Result<Tensor<4>, Error> {
    let moved = settle(&patterns, dynamics, |_| ())?;
    Ok(patterns.weights_of(moved.states, dynamics))
}

/// Where the states came to rest, or the step limit stopped them.
pub(super) struct Settled {
    pub(super) states: Tensor<4>,
    pub(super) progress: Option<Progress>,
}

/// Moves the states; `seen` is shown them before the first step and after each.
pub(super) fn settle(
    patterns: &Patterns,
    dynamics: &Dynamics,
    mut seen: impl FnMut(&Tensor<4>),
) -> Result<Settled, Error> {
    let [batch, heads, states, _] = patterns.state.dims();
    let device = patterns.state.device();
    let limit = dynamics.steps.iter().copied().max().unwrap_or(0);
    let mut watch = dynamics.tolerance.as_ref().map(|tolerance| Watch {
        tolerance: per_head(tolerance.clone(), &patterns.state),
        resting: Tensor::zeros([batch, heads, states, 1], &device),
        steps: Tensor::zeros([batch, heads, states, 1], &device),
    });
    let mut state = patterns.state.clone();
    seen(&state);
    for step in 0..limit {
        let mut next = patterns.weights_of(state.clone(), dynamics).matmul(patterns.stored.clone());
        let held = held(&dynamics.steps, step, &device);
        match (&mut watch, held) {
            (None, None) => {}
            (None, Some(held)) => next = next.mask_where(held.expand(state.dims()), state.clone()),
            (Some(watch), held) => {
                let moving = watch.step(&state, &mut next, held).try_into_scalar::<bool>();
                if !moving.map_err(|error| Error::device("update steps", &error))? {
                    break;
                }
            }
        }
        state = next;
        seen(&state);
    }
    let progress = watch.map(|watch| Progress {
        steps: watch.steps.reshape([batch, heads, states]),
        converged: watch.resting.greater_elem(0).reshape([batch, heads, states]),
    });
    Ok(Settled { states: state, progress })
}

impl Patterns {
    /// `beta q k^T + mask`. A score that overflows counts as half the largest number, so that differences of scores
    /// stay finite.
    pub(super) fn scores(&self, state: Tensor<4>) -> Tensor<4> {
        let heads = self.beta.dims()[0];
        // Scaled after the product: what overflows is then infinite, and not the difference of infinities.
        let scores = state.matmul(self.stored.clone().swap_dims(2, 3));
        let scores = scores * self.beta.clone().reshape([1, heads, 1, 1]);
        let scores = match &self.mask.added {
            None => scores,
            Some(added) => scores + added.clone(),
        };
        let low = lowest(&scores);
        scores.clamp(low, -low)
    }

    pub(super) fn weights_of(&self, state: Tensor<4>, dynamics: &Dynamics) -> Tensor<4> {
        dynamics.separation.weights(self.scores(state), self.mask.forbidden.as_ref())
    }
}

/// Which queries rest. Booleans are kept as integers, since those broadcast and add up on every backend.
struct Watch {
    tolerance: Tensor<4>,
    resting: Tensor<4, Int>,
    steps: Tensor<4, Int>,
}

impl Watch {
    /// Holds the queries that rest in `next`, marks those that came to rest, and says whether any moved.
    fn step(
        &mut self,
        state: &Tensor<4>,
        next: &mut Tensor<4>,
        held: Option<Tensor<4, Bool>>,
    ) -> Tensor<1, Bool> {
        let mut held_or_resting = self.resting.clone();
        if let Some(held) = held {
            held_or_resting = held_or_resting + held.int();
        }
        let still = held_or_resting.clone().greater_elem(0);
        *next = next.clone().mask_where(still.clone().expand(state.dims()), state.clone());
        let from = state.clone().detach();
        let length = |rows: Tensor<4>| rows.square().sum_dim(3).sqrt();
        let within = length(next.clone().detach() - from.clone())
            .lower_equal((length(from) + 1.0) * self.tolerance.clone());
        let moving = still.bool_not();
        self.steps = self.steps.clone() + moving.clone().int();
        self.resting = self.resting.clone() + moving.clone().bool_and(within).int();
        moving.any()
    }
}

/// `(1, H, 1, 1)`: true for the heads whose steps are done; `None` when there is none.
fn held(steps: &[usize], step: usize, device: &burn::tensor::Device) -> Option<Tensor<4, Bool>> {
    let held: Vec<bool> = steps.iter().map(|&steps| step >= steps).collect();
    let heads = held.len();
    held.contains(&true)
        .then(|| Tensor::from_data(burn::tensor::TensorData::new(held, [1, heads, 1, 1]), device))
}

fn per_head(numbers: Vec<f64>, like: &Tensor<4>) -> Tensor<4> {
    let heads = numbers.len();
    let data = burn::tensor::TensorData::new(numbers, [1, heads, 1, 1]);
    let dtype: DType = like.dtype();
    Tensor::from_data(data, (&like.device(), dtype))
}

//! The energy of the states.

use burn::tensor::{Bool, Tensor};

use super::separation::lowest;
use super::{Dynamics, Patterns, Separation, plain};
use crate::Error;

/// The energy of every state before the first update and after each, `(N, H, L)` each time: what the updates never
/// raise. It carries no gradient.
///
/// `E(q) = (h_n - conjugate(beta q k^T + mask)) / beta + q.q / 2 + max |k|^2 / 2` over the `n` stored patterns that
/// are allowed. The conjugate of softmax is log-sum-exp, and `h_n`, the entropy of equal weights, is `ln n`: without
/// a mask that is the energy of Ramsauer et al. 2021, which is at least 0. The other separations have theirs (Santos
/// et al. 2024). Where no pattern is allowed the energy is `q.q / 2`.
///
/// # Errors
/// As [`associate`](super::associate); [`Error::Parameter`] for a beta of 0 on the CPU, which the energy is divided by.
///
/// ```
/// use attractor_nets::association::{Dynamics, Mask, Patterns, Separation, energies};
/// use burn::tensor::{Device, Tensor};
///
/// let device = Device::flex();
/// let stored = Tensor::<4>::from_data([[[[1.0, 0.0], [0.0, 1.0]]]], &device);
/// let patterns = Patterns {
///     state: Tensor::from_data([[[[0.9, 0.2]]]], &device),
///     values: stored.clone(),
///     stored,
///     beta: Tensor::from_data([4.0], &device),
///     mask: Mask::none(),
/// };
/// let dynamics = Dynamics::new(Separation::Softmax, vec![3]);
/// let energies = energies(patterns, &dynamics)?;
/// let energies: Vec<f32> = energies.into_iter().map(|energy| energy.into_scalar()).collect();
/// assert_eq!(energies.len(), 4);
/// assert!(energies.windows(2).all(|pair| pair[1] <= pair[0]));
/// # Ok::<(), attractor_nets::Error>(())
/// ```
pub fn energies(patterns: Patterns, dynamics: &Dynamics) -> Result<Vec<Tensor<3>>, Error> {
    patterns.check(dynamics)?;
    if patterns.betas()?.contains(&0.0) {
        return Err(Error::Parameter {
            name: "beta",
            value: 0.0,
            limit: "above 0 where energies are asked for",
        });
    }
    let mut states = Vec::new();
    plain::settle(&patterns, dynamics, |state| states.push(state.clone().detach()))?;
    Ok(states.into_iter().map(|state| patterns.energy(state, &dynamics.separation)).collect())
}

impl Patterns {
    fn energy(&self, state: Tensor<4>, separation: &Separation) -> Tensor<3> {
        let [batch, heads, states, _] = state.dims();
        let kinetic = state.clone().square().sum_dim(3) / 2.0;
        let scores = self.scores(state).detach();
        let dims = scores.dims();
        let forbidden = match &self.mask.forbidden {
            None => Tensor::<4, Bool>::full(dims, false, &scores.device()),
            Some(mask) => mask.clone().expand(dims),
        };
        let allowed = forbidden.clone().bool_not().float().cast(scores.dtype());
        let count = allowed.clone().sum_dim(3);
        let none = count.clone().equal_elem(0.0);
        let norms = self.stored.clone().detach().square().sum_dim(3).swap_dims(2, 3).expand(dims);
        let largest = norms.mask_fill(forbidden.clone(), 0.0).max_dim(3);
        let beta = self.beta.clone().detach().reshape([1, heads, 1, 1]);
        let weights = separation.weights(scores.clone(), Some(&forbidden));
        let conjugate = conjugate(separation, scores, weights, forbidden);
        let uniform = uniform(separation, count.mask_fill(none.clone(), 1.0));
        let potential = ((uniform - conjugate) / beta + largest / 2.0).mask_fill(none, 0.0);
        (potential + kinetic).reshape([batch, heads, states])
    }
}

/// The function of the scores whose gradient is the weights, `(N, H, L, 1)`.
fn conjugate(
    separation: &Separation,
    scores: Tensor<4>,
    weights: Tensor<4>,
    forbidden: Tensor<4, Bool>,
) -> Tensor<4> {
    let low = lowest(&scores);
    match separation {
        Separation::Softmax | Separation::Softmax1 => {
            let largest = scores.clone().mask_fill(forbidden.clone(), low).max_dim(3);
            let phantom = matches!(separation, Separation::Softmax1);
            let largest = if phantom { largest.clamp_min(0.0) } else { largest };
            let sum = (scores - largest.clone()).exp().mask_fill(forbidden, 0.0).sum_dim(3);
            let sum = if phantom { sum + largest.clone().neg().exp() } else { sum };
            largest + sum.log()
        }
        Separation::TopK(k) => {
            let k = (*k).min(scores.dims()[3]);
            let best = scores.mask_fill(forbidden, low).topk(k, 3);
            let largest = best.clone().narrow(3, 0, 1);
            largest.clone() + (best - largest).exp().sum_dim(3).log()
        }
        Separation::Sparsemax => {
            let entropy = (weights.clone().square().sum_dim(3) - 1.0) / 2.0;
            (scores * weights).sum_dim(3) - entropy
        }
        Separation::Entmax(alpha) => {
            let alpha = alpha.clone().detach().reshape([1, alpha.dims()[0], 1, 1]);
            let powers = weights.clone().powf(alpha.clone().expand(weights.dims())).sum_dim(3);
            let entropy = (powers - 1.0) / (alpha.clone() * (alpha - 1.0));
            (scores * weights).sum_dim(3) - entropy
        }
    }
}

/// The entropy of equal weights over `count` patterns.
fn uniform(separation: &Separation, count: Tensor<4>) -> Tensor<4> {
    match separation {
        Separation::Softmax => count.log(),
        Separation::Softmax1 => (count + 1.0).log(),
        Separation::TopK(k) => count.clamp_max(*k as f64).log(),
        Separation::Sparsemax => (count.recip().neg() + 1.0) / 2.0,
        Separation::Entmax(alpha) => {
            let alpha = alpha.clone().detach().reshape([1, alpha.dims()[0], 1, 1]);
            let power = (count.log() * (alpha.clone().neg() + 1.0)).exp();
            (power.neg() + 1.0) / (alpha.clone() * (alpha - 1.0))
        }
    }
}

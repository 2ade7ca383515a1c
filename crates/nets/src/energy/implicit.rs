//! The gradient of a loss at a fixed point, without the steps that led there.
//!
//! At rest `F(x) = dE/dg = x + S(g(x)) = 0` for all free neurons. With `D = dg/dx`, the Hessian of the Lagrangians,
//! and `W = dS/dg`, both symmetric, `dF/dx = I + W D`; a loss of the activations with gradient `c` has the gradient
//! `-u^T dF/dtheta + c^T dg/dtheta` with `(I + D W) u = D c`. With `u = D y` the system is symmetric,
//!
//! ```text
//! (D + D W D) y = D c
//! ```
//!
//! and not negative at a minimum of the energy, so that conjugate gradients solve it; the product with its matrix is
//! `v -> (dF/dx)^T (D v)`, two backward passes of first order.

use burn::tensor::Tensor;

use super::flow::slopes;
use super::{Clamps, EnergyError, Flow, Loss, Network};
use crate::relaxation::per_sample::{numbers, spread};

type Blocks = Vec<Tensor<3>>;

/// A tensor whose backward pass gives the gradients by the parameters, and the relative residual of every sample.
pub(super) fn slope(
    network: &Network,
    states: &[Tensor<3>],
    clamps: &Clamps,
    loss: &Loss<'_>,
    tolerance: f64,
    iterations: usize,
) -> Result<(Tensor<1>, Vec<f64>), EnergyError> {
    let bare = network.values().into_iter().map(Tensor::without_autodiff).collect();
    let fixed = Flow::new(network, bare, states, clamps)?;
    let free = fixed.free(states);
    let g = fixed.activations(&free);
    // The loss is the mean of the batch.
    let slopes = slopes(loss, 1.0 / g[0].dims()[0] as f64, &g);
    let mine: Blocks = fixed.masks().map(|(at, _)| slopes[at].clone()).collect();
    let right = masked(&fixed, curved(&fixed, &free, &mine));
    let (y, residuals) = solve(&fixed, &free, &right, tolerance, iterations)?;
    let u = masked(&fixed, curved(&fixed, &free, &y));

    let flow = network.flow(states, clamps)?;
    let g = flow.activations(&free);
    let mut parts: Vec<Tensor<1>> = Vec::new();
    for (force, u) in flow.gradient(&free, &g).into_iter().zip(u) {
        parts.push((force * u).sum().neg());
    }
    for (g, slope) in g.into_iter().zip(slopes) {
        parts.push((g * slope).sum());
    }
    match parts.into_iter().reduce(|a, b| a + b) {
        Some(sum) if sum.is_tracked() => Ok((sum, residuals)),
        _ => {
            let reason = "no parameter acts on a free layer".to_owned();
            Err(EnergyError::Credit { reason })
        }
    }
}

/// `D v`.
fn curved(flow: &Flow<'_>, free: &[Tensor<3>], v: &[Tensor<3>]) -> Blocks {
    pulled(free, v, |leaves| {
        let g = flow.activations(leaves);
        flow.masks().map(|(at, _)| g[at].clone()).collect()
    })
}

/// `(D + D W D) v`.
fn product(flow: &Flow<'_>, free: &[Tensor<3>], v: &[Tensor<3>]) -> Blocks {
    let w = masked(flow, curved(flow, free, v));
    let pulled = pulled(free, &w, |leaves| flow.gradient(leaves, &flow.activations(leaves)));
    masked(flow, pulled)
}

/// The transpose of the derivative of `f` at `free`, times `v`.
fn pulled(free: &[Tensor<3>], v: &[Tensor<3>], f: impl Fn(&[Tensor<3>]) -> Blocks) -> Blocks {
    let leaf = |x: &Tensor<3>| x.clone().without_autodiff().autodiff().require_grad();
    let leaves: Blocks = free.iter().map(leaf).collect();
    let parts = f(&leaves).into_iter().zip(v).map(|(f, v)| (f * v.clone()).sum());
    let gradients = parts.reduce(|a, b| a + b).filter(Tensor::is_tracked).map(|sum| sum.backward());
    let slope = |leaf: &Tensor<3>| {
        let slope = gradients.as_ref().and_then(|gradients| leaf.grad(gradients));
        slope.unwrap_or_else(|| leaf.clone().without_autodiff().zeros_like())
    };
    leaves.iter().map(slope).collect()
}

fn masked(flow: &Flow<'_>, blocks: Blocks) -> Blocks {
    let masks = flow.masks().map(|(_, mask)| mask);
    blocks
        .into_iter()
        .zip(masks)
        .map(|(block, mask)| match mask {
            None => block,
            Some(mask) => block * mask.clone(),
        })
        .collect()
}

/// Conjugate gradients (Hestenes and Stiefel 1952), each sample for itself.
fn solve(
    flow: &Flow<'_>,
    free: &[Tensor<3>],
    right: &[Tensor<3>],
    tolerance: f64,
    iterations: usize,
) -> Result<(Blocks, Vec<f64>), EnergyError> {
    let mut y: Blocks = right.iter().map(Tensor::zeros_like).collect();
    let (mut r, mut p) = (right.to_vec(), right.to_vec());
    let whole = dots(right, right)?;
    let mut rr = whole.clone();
    let rests = |rr: f64, whole: f64| rr <= tolerance * tolerance * whole;
    for _ in 0..iterations {
        if rr.iter().zip(&whole).all(|(&rr, &whole)| rests(rr, whole)) {
            break;
        }
        let ap = product(flow, free, &p);
        let pap = dots(&p, &ap)?;
        // A sample that rests, or whose direction bends downwards, stays where it is.
        let alive = |at: usize| !rests(rr[at], whole[at]) && pap[at] > 0.0;
        if !(0..rr.len()).any(alive) {
            break;
        }
        let alpha: Vec<f64> =
            (0..rr.len()).map(|at| if alive(at) { rr[at] / pap[at] } else { 0.0 }).collect();
        y = along(&y, &p, &alpha);
        let minus: Vec<f64> = alpha.iter().map(|alpha| -alpha).collect();
        r = along(&r, &ap, &minus);
        let next = dots(&r, &r)?;
        let beta: Vec<f64> =
            (0..rr.len()).map(|at| if alive(at) { next[at] / rr[at] } else { 0.0 }).collect();
        p = along(&r, &p, &beta);
        rr = next;
    }
    let relative = |(rr, whole): (f64, f64)| if whole > 0.0 { (rr / whole).sqrt() } else { 0.0 };
    Ok((y, rr.into_iter().zip(whole).map(relative).collect()))
}

/// `a + share b`, sample by sample.
fn along(a: &[Tensor<3>], b: &[Tensor<3>], shares: &[f64]) -> Blocks {
    a.iter().zip(b).map(|(a, b)| a.clone() + b.clone() * spread(shares, b)).collect()
}

fn dots(a: &[Tensor<3>], b: &[Tensor<3>]) -> Result<Vec<f64>, EnergyError> {
    let products = a.iter().zip(b).map(|(a, b)| super::synapse::inner(a.clone(), b.clone()));
    match products.reduce(|a, b| a + b) {
        None => Ok(Vec::new()),
        Some(sum) => Ok(numbers(sum, "an inner product")?),
    }
}

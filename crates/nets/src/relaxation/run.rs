//! Relaxation with a report, and steps that training follows.

use burn::tensor::{DType, Tensor};

use super::per_sample::{largest, numbers};
use super::solver::positive;
use super::step::{Failed, Samples, step};
use super::{Relaxation, RelaxationError, Report, Solver, System};

/// Moves `states` until every sample rests or the steps are used up. Gradients do not flow through.
///
/// # Errors
/// [`RelaxationError`]; the states are then those before the step that failed.
pub fn relax(
    system: &impl System,
    states: &mut Vec<Tensor<3>>,
    how: &Relaxation,
) -> Result<Report, RelaxationError> {
    watch(system, states, how, &mut |_| {})
}

/// The same, and `watcher` sees the states at the start and after every step.
///
/// # Errors
/// As [`relax`].
pub fn watch(
    system: &impl System,
    states: &mut Vec<Tensor<3>>,
    how: &Relaxation,
    watcher: &mut dyn FnMut(&[Tensor<3>]),
) -> Result<Report, RelaxationError> {
    how.check()?;
    if states.is_empty() || states.iter().any(|block| block.dims().contains(&0)) {
        return Err(RelaxationError::Empty);
    }
    let start = numbers(system.energy(states), "the energy")?;
    let batch = states[0].dims()[0];
    if start.len() != batch {
        return Err(RelaxationError::Energies { expected: batch, found: start.len() });
    }
    finite(&start, "its energy")?;
    let slack = match how.solver {
        Solver::Damped { .. } | Solver::Heun { .. } => rounding(system, states)?,
        _ => vec![0.0; batch],
    };
    let mut samples = Samples::new(start.clone(), slack, how.solver, how.dt());
    let mut report = Report {
        energies: vec![start.clone()],
        residuals: vec![0.0; start.len()],
        iterations: vec![0; start.len()],
        converged: vec![false; start.len()],
    };
    watcher(states);
    for count in 0..=how.steps {
        let drift = system.drift(states);
        report.residuals = largest(&drift, "the drift")?;
        if count == 0 {
            finite(&report.residuals, "its drift")?;
        }
        if !matches!(how.solver, Solver::Langevin { .. }) {
            let sizes = largest(states, "the states")?;
            for (sample, size) in sizes.into_iter().enumerate() {
                let rests = report.residuals[sample] <= how.tolerance * (1.0 + size);
                report.converged[sample] |= rests;
                samples.moving[sample] &= !rests;
            }
        }
        if count == how.steps || !samples.moving.contains(&true) {
            break;
        }
        for (iterations, _) in report.iterations.iter_mut().zip(&samples.moving).filter(|(_, moves)| **moves)
        {
            *iterations += 1;
        }
        let before = samples.energies.clone();
        let kept = states.clone();
        let diverged = |sample: usize, after: f64| RelaxationError::Diverged {
            sample,
            step: count + 1,
            before: before[sample],
            after,
            suggestion: how.dt() / 4.0,
        };
        match step(system, states, &drift, &mut samples, how.solver) {
            Ok(()) => {}
            Err(Failed::Refused(error)) => return Err(error),
            Err(Failed::Diverged { sample, energy }) => return Err(diverged(sample, energy)),
        }
        if system.falls() && !matches!(how.solver, Solver::Langevin { .. }) {
            let bound = |sample: usize| start[sample] + 1.0 + start[sample].abs();
            let above = (0..start.len()).find(|&sample| samples.energies[sample] > bound(sample));
            if let Some(sample) = above {
                *states = kept;
                return Err(diverged(sample, samples.energies[sample]));
            }
        }
        report.energies.push(samples.energies.clone());
        watcher(states);
    }
    Ok(report)
}

/// The states after `steps` steps of Euler, as differentiable operations: training through the steps is the backward
/// pass of whatever is made of them. On a device with gradient checkpointing what is cheap is computed again rather
/// than kept. The device is never waited for, and nothing is checked on the way.
///
/// # Errors
/// [`RelaxationError::Parameter`] for `dt`.
///
/// ```
/// use attractor_nets::relaxation::{System, unroll};
/// use burn::tensor::{Device, Tensor};
///
/// struct Bowl;
///
/// impl System for Bowl {
///     fn drift(&self, states: &[Tensor<3>]) -> Vec<Tensor<3>> {
///         states.iter().map(|x| x.clone().neg()).collect()
///     }
///
///     fn energy(&self, states: &[Tensor<3>]) -> Tensor<1> {
///         let [batch, ..] = states[0].dims();
///         (states[0].clone().square() / 2.0).sum_dim(2).sum_dim(1).reshape([batch])
///     }
/// }
///
/// let start = Tensor::<3>::ones([1, 1, 1], &Device::flex().autodiff()).require_grad();
/// let end = unroll(&Bowl, vec![start.clone()], 0.5, 3)?;
/// let slope = start.grad(&end[0].clone().sum().backward());
/// assert_eq!(slope.map(|slope| slope.into_scalar::<f32>()), Some(0.125));
/// # Ok::<(), attractor_nets::relaxation::RelaxationError>(())
/// ```
pub fn unroll(
    system: &impl System,
    states: Vec<Tensor<3>>,
    dt: f64,
    steps: usize,
) -> Result<Vec<Tensor<3>>, RelaxationError> {
    positive("dt", dt)?;
    Ok((0..steps).fold(states, |states, _| system.stepped(states, dt)))
}

/// A few units in the last place of what the energy is the sum of.
fn rounding(system: &impl System, states: &[Tensor<3>]) -> Result<Vec<f64>, RelaxationError> {
    const UNITS: f64 = 8.0;
    let unit = match states[0].dtype() {
        DType::F64 => f64::EPSILON,
        _ => f64::from(f32::EPSILON),
    };
    let magnitude = numbers(system.magnitude(states), "the size of the energy")?;
    Ok(magnitude.into_iter().map(|magnitude| UNITS * unit * magnitude).collect())
}

fn finite(numbers: &[f64], what: &'static str) -> Result<(), RelaxationError> {
    match numbers.iter().position(|number| !number.is_finite()) {
        None => Ok(()),
        Some(sample) => Err(RelaxationError::NotFinite { sample, what }),
    }
}

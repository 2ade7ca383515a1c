//! Integration in continuous time, with a stop rule on the state.

use ndarray::Array1;

use super::check;
use super::lagrangian::sign;
use super::network::Energy;
use crate::Error;

/// How one step of time is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Explicit Euler: `x += dt dx/dt`. With `dt = tau` it is the discrete update of the memory.
    Euler,
    /// The classical Runge-Kutta scheme of fourth order: four evaluations per step.
    RungeKutta4,
}

/// How long and how finely to integrate.
///
/// ```
/// use attractor_memory::two_body::Integration;
/// let fine = Integration { tolerance: 1e-12, ..Integration::euler(0.01) };
/// assert_eq!((fine.dt, fine.steps), (0.01, 10_000));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Integration {
    /// The scheme.
    pub scheme: Scheme,
    /// Step of time, in the units of the time constants; finite and above 0.
    pub dt: f64,
    /// Stop once `|r| <= tolerance (1 + |x|)`, where `x` is the whole state and `r = tau dx/dt` the
    /// way to where it is drawn; it does not depend on `dt`. At 0 only a state at rest stops.
    pub tolerance: f64,
    /// Largest number of steps.
    pub steps: usize,
}

impl Integration {
    /// Euler with step `dt`, tolerance 1e-8 and at most 10,000 steps.
    pub fn euler(dt: f64) -> Self {
        Self { scheme: Scheme::Euler, dt, tolerance: 1e-8, steps: 10_000 }
    }

    /// Runge-Kutta with step `dt`, tolerance 1e-8 and at most 10,000 steps.
    pub fn runge_kutta(dt: f64) -> Self {
        Self { scheme: Scheme::RungeKutta4, ..Self::euler(dt) }
    }

    fn check(&self) -> Result<(), Error> {
        Error::positive("dt", self.dt)?;
        check::within("tolerance", self.tolerance, (0.0, f64::MAX), "finite and not below 0")
    }
}

/// Why an integration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The state is at rest within the tolerance.
    Converged,
    /// The step limit came first.
    StepLimit,
    /// The next state or its energy left the range of f64; the last finite state is returned.
    Diverged,
}

/// What an integration did. `S` is the kind of state.
#[derive(Debug, Clone, PartialEq)]
pub struct Trajectory<S> {
    /// The last state.
    pub state: S,
    /// Energy at the start and after each step; empty when already the first is not finite.
    pub energies: Vec<Energy>,
    /// Steps made.
    pub steps: usize,
    /// Changes of sign among the feature neurons, summed over the steps. In model A the energy of
    /// the effective theory changes at these events only.
    pub sign_events: usize,
    /// Why it ended.
    pub status: Status,
}

impl<S> Trajectory<S> {
    pub(super) fn map<T>(self, f: impl FnOnce(S) -> T) -> Trajectory<T> {
        let Self { state, energies, steps, sign_events, status } = self;
        Trajectory { state: f(state), energies, steps, sign_events, status }
    }
}

/// A system `tau dx/dt = r(x)` with an energy; the feature neurons come first in `x`.
pub(super) trait Flow {
    fn residual(&self, x: &Array1<f64>) -> Array1<f64>;
    fn rates(&self) -> Array1<f64>;
    fn energy_at(&self, x: &Array1<f64>) -> Energy;
    fn features(&self) -> usize;
}

pub(super) fn integrate(
    flow: &impl Flow,
    start: Array1<f64>,
    how: &Integration,
) -> Result<Trajectory<Array1<f64>>, Error> {
    how.check()?;
    let rates = flow.rates() * how.dt;
    let mut run =
        Trajectory { state: start, energies: vec![], steps: 0, sign_events: 0, status: Status::Diverged };
    let energy = flow.energy_at(&run.state);
    if !energy.total().is_finite() {
        return Ok(run);
    }
    run.energies.push(energy);
    loop {
        let r = flow.residual(&run.state);
        if norm(&r) <= how.tolerance * (1.0 + norm(&run.state)) {
            run.status = Status::Converged;
            return Ok(run);
        }
        if run.steps == how.steps {
            run.status = Status::StepLimit;
            return Ok(run);
        }
        let next = match how.scheme {
            Scheme::Euler => &run.state + &(r * &rates),
            Scheme::RungeKutta4 => runge_kutta(flow, &run.state, r, &rates),
        };
        let energy = flow.energy_at(&next);
        if !energy.total().is_finite() || next.iter().any(|x| !x.is_finite()) {
            return Ok(run);
        }
        let pairs = run.state.iter().zip(&next).take(flow.features());
        run.sign_events += pairs.filter(|(old, new)| sign(**old) != sign(**new)).count();
        run.energies.push(energy);
        run.state = next;
        run.steps += 1;
    }
}

fn runge_kutta(flow: &impl Flow, x: &Array1<f64>, r: Array1<f64>, rates: &Array1<f64>) -> Array1<f64> {
    let k1 = r * rates;
    let k2 = flow.residual(&(x + &(&k1 * 0.5))) * rates;
    let k3 = flow.residual(&(x + &(&k2 * 0.5))) * rates;
    let k4 = flow.residual(&(x + &k3)) * rates;
    x + &((k1 + (k2 + k3) * 2.0 + k4) / 6.0)
}

fn norm(x: &Array1<f64>) -> f64 {
    x.dot(x).sqrt()
}

//! The full network of feature and memory neurons, and its Lyapunov function.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, s};

use super::check;
use super::effective::Effective;
use super::integrate::{Flow, Integration, Trajectory, integrate};
use super::lagrangian::Lagrangian;
use crate::Error;

/// Feature neurons `v` and memory neurons `h` with symmetric synapses `xi`:
///
/// ```text
/// tau_f dv/dt = xi^T f(h) + I - v        tau_h dh/dt = xi g(v) - h
/// E = [(v - I).g - L_v] + [h.f - L_h] - f.(xi g)
/// ```
///
/// `E` falls along every trajectory when both Lagrangians are convex. Krotov and Hopfield 2021,
/// equations 1 to 4.
///
/// ```
/// use attractor_memory::two_body::{Integration, TwoBody};
/// use ndarray::array;
/// let patterns = array![[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]];
/// let network = TwoBody::model_b(patterns.view(), 8.0)?.time_constants(1.0, 0.1)?;
/// let start = network.relaxed(array![0.9, 0.2].view())?;
/// let run = network.settle(&start, &Integration::euler(0.01))?;
/// assert!((run.state.v[0] - 0.9996626).abs() < 1e-6);
/// # Ok::<(), attractor_memory::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TwoBody {
    pub(super) xi: Array2<f64>,
    pub(super) feature: Lagrangian,
    pub(super) memory: Lagrangian,
    pub(super) tau_f: f64,
    pub(super) tau_h: f64,
    pub(super) input: Array1<f64>,
}

/// The state of both layers.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Feature neurons (N_f).
    pub v: Array1<f64>,
    /// Memory neurons (N_h).
    pub h: Array1<f64>,
}

/// The energy by parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Energy {
    /// `(v - I).g - L_v`.
    pub feature: f64,
    /// `h.f - L_h`; in the effective theory `-L_h(xi g)`.
    pub memory: f64,
    /// `-f.(xi g)`; in the effective theory 0.
    pub synapse: f64,
}

impl Energy {
    /// The Lyapunov function: the sum of the parts.
    pub fn total(&self) -> f64 {
        self.feature + self.memory + self.synapse
    }

    pub(super) fn finite(self) -> Result<Self, Error> {
        let value = self.total();
        let limit = check::RANGE;
        if value.is_finite() { Ok(self) } else { Err(Error::Parameter { name: "energy", value, limit }) }
    }
}

impl TwoBody {
    /// A network with synapses `xi` (N_h, N_f), both time constants 1 and no input current.
    ///
    /// # Errors
    /// [`Error::Empty`] without patterns, [`Error::Parameter`] for patterns of width zero or a
    /// Lagrangian out of range, [`Error::NotFinite`].
    pub fn new(xi: ArrayView2<f64>, feature: Lagrangian, memory: Lagrangian) -> Result<Self, Error> {
        if xi.nrows() == 0 {
            return Err(Error::Empty);
        }
        if xi.ncols() == 0 {
            return Err(Error::Parameter { name: "feature neurons", value: 0.0, limit: "at least 1" });
        }
        check::matrix(xi, "patterns")?;
        feature.check()?;
        memory.check()?;
        let input = Array1::zeros(xi.ncols());
        Ok(Self { xi: xi.to_owned(), feature, memory, tau_f: 1.0, tau_h: 1.0, input })
    }

    /// The same network with other time constants (any unit, the one of [`Integration::dt`]).
    ///
    /// # Errors
    /// [`Error::Parameter`] unless both are finite and above 0.
    pub fn time_constants(self, tau_f: f64, tau_h: f64) -> Result<Self, Error> {
        Error::positive("tau_f", tau_f)?;
        Error::positive("tau_h", tau_h)?;
        Ok(Self { tau_f, tau_h, ..self })
    }

    /// The same network with an input current `I` (N_f) into the feature neurons.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotFinite`].
    pub fn input(self, input: ArrayView1<f64>) -> Result<Self, Error> {
        check::vector(input, self.xi.ncols(), "input")?;
        Ok(Self { input: input.to_owned(), ..self })
    }

    /// The state with features `v` (N_f) and memory neurons at rest for them, `h = xi g(v)`.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotFinite`], [`Error::Parameter`] when it is beyond f64.
    pub fn relaxed(&self, v: ArrayView1<f64>) -> Result<State, Error> {
        check::vector(v, self.xi.ncols(), "v")?;
        let h = check::in_range(self.xi.dot(&self.feature.activation(v)))?;
        Ok(State { v: v.to_owned(), h })
    }

    /// The energy, by parts.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotFinite`], [`Error::Parameter`] when it is beyond f64.
    pub fn energy(&self, state: &State) -> Result<Energy, Error> {
        self.energy_at(&self.flat(state)?).finite()
    }

    /// `(dv/dt, dh/dt)`, as a state.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotFinite`], [`Error::Parameter`] when it is beyond f64.
    pub fn velocity(&self, state: &State) -> Result<State, Error> {
        let rate = self.residual(&self.flat(state)?) * self.rates();
        Ok(self.unflat(&check::in_range(rate)?))
    }

    /// `dE/dt` at a state, from the identity
    /// `dE/dt = -tau_f dv/dt.Hess(L_v) dv/dt - tau_h dh/dt.Hess(L_h) dh/dt`.
    /// It leaves out the jumps of a Lagrangian with corners (model A at a change of sign).
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotFinite`], [`Error::Parameter`] when it is beyond f64.
    pub fn energy_rate(&self, state: &State) -> Result<f64, Error> {
        let State { v, h } = self.velocity(state)?;
        let features = v.dot(&self.feature.hessian_product(state.v.view(), v.view())?);
        let memories = h.dot(&self.memory.hessian_product(state.h.view(), h.view())?);
        Ok(-self.tau_f * features - self.tau_h * memories)
    }

    /// Follows the dynamics from `start`. Explicit schemes need `dt` well below the smaller time
    /// constant; with `dt` up to a tenth of it the energy is seen to fall at every step.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotFinite`], [`Error::Parameter`] for `dt` or the tolerance.
    pub fn settle(&self, start: &State, how: &Integration) -> Result<Trajectory<State>, Error> {
        let run = integrate(self, self.flat(start)?, how)?;
        Ok(run.map(|x| self.unflat(&x)))
    }

    /// The theory of the feature neurons alone, for infinitely fast memory neurons.
    pub fn effective(&self) -> Effective {
        Effective(self.clone())
    }

    fn flat(&self, state: &State) -> Result<Array1<f64>, Error> {
        check::vector(state.v.view(), self.xi.ncols(), "v")?;
        check::vector(state.h.view(), self.xi.nrows(), "h")?;
        Ok(state.v.iter().chain(&state.h).copied().collect())
    }

    fn unflat(&self, x: &Array1<f64>) -> State {
        let (v, h) = self.split(x);
        State { v: v.to_owned(), h: h.to_owned() }
    }

    fn split<'a>(&self, x: &'a Array1<f64>) -> (ArrayView1<'a, f64>, ArrayView1<'a, f64>) {
        (x.slice(s![..self.xi.ncols()]), x.slice(s![self.xi.ncols()..]))
    }
}

impl Flow for TwoBody {
    fn residual(&self, x: &Array1<f64>) -> Array1<f64> {
        let (v, h) = self.split(x);
        let mut r = Array1::zeros(x.len());
        let (mut to_v, mut to_h) = r.view_mut().split_at(ndarray::Axis(0), self.xi.ncols());
        to_v.assign(&(self.xi.t().dot(&self.memory.activation(h)) + &self.input - v));
        to_h.assign(&(self.xi.dot(&self.feature.activation(v)) - h));
        r
    }

    fn rates(&self) -> Array1<f64> {
        let (n_h, n_f) = self.xi.dim();
        std::iter::repeat_n(1.0 / self.tau_f, n_f).chain(std::iter::repeat_n(1.0 / self.tau_h, n_h)).collect()
    }

    fn energy_at(&self, x: &Array1<f64>) -> Energy {
        let (v, h) = self.split(x);
        let g = self.feature.activation(v);
        let f = self.memory.activation(h);
        Energy {
            feature: (&v - &self.input).dot(&g) - self.feature.value(v),
            memory: h.dot(&f) - self.memory.value(h),
            synapse: -f.dot(&self.xi.dot(&g)),
        }
    }

    fn features(&self) -> usize {
        self.xi.ncols()
    }
}

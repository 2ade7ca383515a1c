//! The one-layer theory that is left when the memory neurons are infinitely fast.

use ndarray::{Array1, ArrayView1};

use super::check;
use super::integrate::{Flow, Integration, Trajectory, integrate};
use super::network::{Energy, TwoBody};
use crate::Error;

/// The feature neurons alone, with the memory neurons eliminated (`tau_h -> 0`, `h = xi g(v)`):
///
/// ```text
/// tau_f dv/dt = xi^T f(xi g(v)) + I - v        E_eff = (v - I).g - L_v - L_h(xi g)
/// ```
///
/// Built by [`TwoBody::effective`]. Its models A, B and C are the dense associative memory, the
/// modern Hopfield network and the spherical memory.
///
/// ```
/// use attractor_memory::two_body::TwoBody;
/// use ndarray::array;
/// let patterns = array![[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]];
/// let memory = TwoBody::model_b(patterns.view(), 1.0)?.effective();
/// let energy = memory.energy(array![0.9, 0.2].view())?.total();
/// assert!((energy + 0.9829520141).abs() < 1e-10);
/// # Ok::<(), attractor_memory::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Effective(pub(super) TwoBody);

impl Effective {
    /// `E_eff` at features `v` (N_f): parts `feature` and `memory`; `synapse` is 0.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotFinite`], [`Error::Parameter`] when it is beyond f64.
    pub fn energy(&self, v: ArrayView1<f64>) -> Result<Energy, Error> {
        check::vector(v, self.features(), "v")?;
        self.energy_at(&v.to_owned()).finite()
    }

    /// Where the dynamics draws the features, `xi^T f(xi g(v)) + I`: one step with `dt = tau_f`.
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotFinite`], [`Error::Parameter`] when it is beyond f64.
    pub fn update(&self, v: ArrayView1<f64>) -> Result<Array1<f64>, Error> {
        check::vector(v, self.features(), "v")?;
        check::in_range(self.drive(v))
    }

    /// Follows the dynamics from `v` (N_f).
    ///
    /// # Errors
    /// [`Error::Width`], [`Error::NotFinite`], [`Error::Parameter`] for `dt` or the tolerance.
    pub fn settle(&self, v: ArrayView1<f64>, how: &Integration) -> Result<Trajectory<Array1<f64>>, Error> {
        check::vector(v, self.features(), "v")?;
        integrate(self, v.to_owned(), how)
    }

    fn drive(&self, v: ArrayView1<f64>) -> Array1<f64> {
        let TwoBody { xi, feature, memory, input, .. } = &self.0;
        let h = xi.dot(&feature.activation(v));
        xi.t().dot(&memory.activation(h.view())) + input
    }
}

impl Flow for Effective {
    fn residual(&self, v: &Array1<f64>) -> Array1<f64> {
        self.drive(v.view()) - v
    }

    fn rates(&self) -> Array1<f64> {
        Array1::from_elem(self.features(), 1.0 / self.0.tau_f)
    }

    fn energy_at(&self, v: &Array1<f64>) -> Energy {
        let TwoBody { xi, feature, memory, input, .. } = &self.0;
        let g = feature.activation(v.view());
        Energy {
            feature: (v - input).dot(&g) - feature.value(v.view()),
            memory: -memory.value(xi.dot(&g).view()),
            synapse: 0.0,
        }
    }

    fn features(&self) -> usize {
        self.0.xi.ncols()
    }
}

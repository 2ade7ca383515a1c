//! The three models of the paper: which Lagrangians give which known memory.

use ndarray::ArrayView2;

use super::function::Function;
use super::lagrangian::Lagrangian;
use super::network::TwoBody;
use crate::Error;

impl TwoBody {
    /// Model A, the dense associative memory: `L_h = sum F(h)`, `L_v = sum |v|`, so features act
    /// through their signs. `F = x^2/2` is the classical network with `W = xi^T xi`.
    ///
    /// Without input the feature part of the energy is 0 and `E_eff = -sum F(xi_mu . sign v)` is
    /// piecewise constant: it changes only when a feature changes its sign.
    ///
    /// # Errors
    /// As [`TwoBody::new`].
    ///
    /// ```
    /// use attractor_memory::two_body::{Function, TwoBody};
    /// use ndarray::array;
    /// let patterns = array![[1.0, 1.0, 1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, -1.0]];
    /// let memory = TwoBody::model_a(patterns.view(), Function::RectifiedPower(3))?.effective();
    /// assert_eq!(memory.energy(array![0.3, 2.0, 0.1].view())?.total(), -27.0);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn model_a(xi: ArrayView2<f64>, function: Function) -> Result<Self, Error> {
        Self::new(xi, Lagrangian::Absolute, Lagrangian::Sum(function))
    }

    /// Model B, the modern Hopfield network: `L_h = (1/beta) log sum exp(beta h)`,
    /// `L_v = sum v^2 / 2`. A step with `dt = tau_f` is `v <- xi^T softmax(beta xi v)`.
    ///
    /// # Errors
    /// As [`TwoBody::new`]; `beta` must be finite and above 0.
    ///
    /// ```
    /// use attractor_memory::two_body::TwoBody;
    /// use ndarray::array;
    /// let memory = TwoBody::model_b(array![[1.0, 0.0], [0.0, 1.0]].view(), 50.0)?.effective();
    /// assert!((memory.update(array![0.9, 0.1].view())?[0] - 1.0).abs() < 1e-12);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn model_b(xi: ArrayView2<f64>, beta: f64) -> Result<Self, Error> {
        Self::new(xi, Lagrangian::Sum(Function::Quadratic), Lagrangian::LogSumExp { beta })
    }

    /// Model C, the spherical memory: `L_h = sum F(h)`, `L_v = |v|`, so features act through their
    /// direction. The length of `v` is not controlled by the energy.
    ///
    /// # Errors
    /// As [`TwoBody::new`].
    ///
    /// ```
    /// use attractor_memory::two_body::{Function, TwoBody};
    /// use ndarray::array;
    /// let memory = TwoBody::model_c(array![[1.0, 0.0]].view(), Function::RectifiedPower(3))?.effective();
    /// assert_eq!(memory.energy(array![7.0, 0.0].view())?.total(), -1.0);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn model_c(xi: ArrayView2<f64>, function: Function) -> Result<Self, Error> {
        Self::new(xi, Lagrangian::Norm, Lagrangian::Sum(function))
    }
}

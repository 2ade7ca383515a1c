//! What is learned, and from which samples.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

use crate::Error;

/// A model and the samples it is fitted to, known by their index.
///
/// A task holds its samples, labels and statistics. What it estimates from samples (a mean, a scale) has to come from
/// training samples only: make a task per fold, or estimate inside `init`.
pub trait Task: Sync {
    /// The network.
    type Model: Module;

    /// A model with weights drawn from `rng`, on `device`.
    ///
    /// # Errors
    /// [`Error`] for options that do not fit together.
    fn init(&self, device: &Device, rng: &mut ChaCha8Rng) -> Result<Self::Model, Error>;

    /// The loss of the samples in `batch`, `(1)`, on `device`, which differentiates. What is drawn, such as dropout, is
    /// drawn from `rng`.
    ///
    /// # Errors
    /// [`Error`] as of the model.
    fn loss(
        &self,
        model: &Self::Model,
        batch: &[usize],
        device: &Device,
        rng: &mut ChaCha8Rng,
    ) -> Result<Tensor<1>, Error>;

    /// How good the model is on `set`: higher is better. The model is on a device that does not differentiate.
    ///
    /// # Errors
    /// [`Error`] as of the model.
    fn measure(&self, model: &Self::Model, set: &[usize]) -> Result<f64, Error>;
}

/// The numbers of a tensor, row by row.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// let tensor = Tensor::<2>::from_floats([[1.0, 2.0], [3.0, 4.0]], &Device::flex());
/// assert_eq!(attractor_nets::training::scalars(tensor)?, [1.0, 2.0, 3.0, 4.0]);
/// # Ok::<(), attractor_nets::Error>(())
/// ```
///
/// # Errors
/// [`Error::Device`] when the device does not return them.
pub fn scalars<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f64>, Error> {
    tensor.without_autodiff().try_into_vec_as::<f64>().map_err(|error| Error::device("numbers", &error))
}

//! Numbers out of a parameter, and others into it.

use burn::module::Param;
use burn::tensor::{Tensor, TensorData};

use crate::Error;

/// Row by row.
pub(super) fn numbers<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f64>, Error> {
    tensor.without_autodiff().try_into_vec_as::<f64>().map_err(|error| Error::device("weights", &error))
}

/// The parameter with these numbers, row by row; where it lies, its type, and whether it is learned stay.
pub(super) fn replaced<const D: usize>(param: Param<Tensor<D>>, numbers: Vec<f64>) -> Param<Tensor<D>> {
    param.map(|old| {
        let data = TensorData::new(numbers, old.dims());
        let new = Tensor::from_data(data, (&old.device(), old.dtype()));
        if old.is_require_grad() { new.require_grad() } else { new }
    })
}

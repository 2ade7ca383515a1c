//! All learned numbers of a module, one after the other.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor, TensorData};

use crate::Error;

/// The parameters that are learned, in the order of the module's fields.
pub(super) fn learned<M: Module>(model: &M) -> Result<Vec<f32>, Error> {
    let mut reader = Reader { gradients: None, flat: Vec::new(), failed: None };
    model.visit(&mut reader);
    reader.failed.map_or(Ok(reader.flat), Err)
}

/// Their gradients; zeros for those that the loss does not depend on.
pub(super) fn gradient<M: Module>(model: &M, gradients: &Gradients) -> Result<Vec<f32>, Error> {
    let mut reader = Reader { gradients: Some(gradients), flat: Vec::new(), failed: None };
    model.visit(&mut reader);
    reader.failed.map_or(Ok(reader.flat), Err)
}

/// The model with these numbers in place of those of [`learned`], of which there are as many.
pub(super) fn replaced<M: Module>(model: M, flat: &[f32]) -> M {
    model.map(&mut Writer { rest: flat })
}

struct Reader<'a> {
    gradients: Option<&'a Gradients>,
    flat: Vec<f32>,
    failed: Option<Error>,
}

impl ModuleVisitor for Reader<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val();
        if !value.is_require_grad() {
            return;
        }
        let read = match self.gradients {
            None => Some(value),
            Some(gradients) => match value.grad(gradients) {
                Some(gradient) => Some(gradient),
                None => {
                    let zeros = value.dims().iter().product();
                    self.flat.extend(std::iter::repeat_n(0.0, zeros));
                    None
                }
            },
        };
        match read.map(|tensor| tensor.without_autodiff().try_into_vec_as::<f32>()) {
            Some(Ok(numbers)) => self.flat.extend(numbers),
            Some(Err(error)) => self.failed = Some(Error::device("parameters", &error)),
            None => {}
        }
    }
}

struct Writer<'a> {
    rest: &'a [f32],
}

impl ModuleMapper for Writer<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if !param.val().is_require_grad() {
            return param;
        }
        param.map(|old| {
            let dims = old.dims();
            let (numbers, rest) = self.rest.split_at(dims.iter().product());
            self.rest = rest;
            Tensor::from_data(TensorData::new(numbers.to_vec(), dims), (&old.device(), old.dtype()))
                .require_grad()
        })
    }
}

//! Layers in f64, their gradients by name, and weights from numbers.

use std::collections::HashMap;

use attractor_nets::hopfield::{Exchange, Hopfield, HopfieldConfig, StateDict};
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{DType, Gradients, Tensor};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use super::{device, numbers, rng};

/// A layer in f64, on a device without automatic differentiation.
pub(crate) fn layer(config: &HopfieldConfig) -> Hopfield {
    in_f64(config.init(&device(), &mut rng(7)).unwrap())
}

/// The same with weights that are not tiny, so that nothing is nearly uniform.
pub(crate) fn strong(config: &HopfieldConfig) -> Hopfield {
    stronger(layer(config))
}

pub(crate) fn stronger<M: Module>(module: M) -> M {
    module.map(&mut Stronger)
}

struct Stronger;

impl ModuleMapper for Stronger {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        // Weights only: what has one axis is biases, scales and betas.
        if D == 1 { param } else { param.map(|tensor| tensor * 25.0) }
    }
}

pub(crate) fn in_f64<M: Module>(module: M) -> M {
    module.map(&mut Double)
}

struct Double;

impl ModuleMapper for Double {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| tensor.cast(DType::F64))
    }
}

/// The module with gradients for parameters: zeros where there is none.
pub(crate) fn as_gradients<M: Module>(module: &M, gradients: &Gradients) -> M {
    module.clone().map(&mut AsGradients(gradients))
}

struct AsGradients<'a>(&'a Gradients);

impl ModuleMapper for AsGradients<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| match tensor.grad(self.0) {
            Some(gradient) => gradient,
            None => tensor.without_autodiff().zeros_like(),
        })
    }
}

/// Log beta, which a file keeps in its metadata.
pub(crate) fn log_beta(dict: &StateDict) -> Vec<f64> {
    let bytes = dict.to_bytes().unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let all = header.metadata().clone().unwrap();
    let (_, text) = all.iter().find(|(key, _)| key.ends_with("log_beta")).unwrap();
    serde_json::from_str(text).unwrap()
}

/// Weights in f64, with log beta under its name in the metadata.
pub(crate) fn dict(entries: &[(&str, Vec<usize>, Vec<f64>)], log_beta: (&str, &[f64])) -> StateDict {
    let bytes: Vec<Vec<u8>> =
        entries.iter().map(|(.., numbers)| numbers.iter().flat_map(|x| x.to_le_bytes()).collect()).collect();
    let zipped = entries.iter().zip(&bytes);
    let views = zipped.map(|((name, shape, _), bytes)| {
        (*name, TensorView::new(Dtype::F64, shape.clone(), bytes.as_slice()).unwrap())
    });
    let (name, numbers) = log_beta;
    let metadata = HashMap::from([(format!("attractor.{name}"), format!("{numbers:?}"))]);
    StateDict::from_bytes(&safetensors::serialize(views, Some(metadata)).unwrap()).unwrap()
}

/// Names of the parameters whose gradient is all zeros.
pub(crate) fn without_gradient<M: Module + Exchange>(module: &M, gradients: &Gradients) -> Vec<String> {
    let dict = as_gradients(module, gradients).state_dict().unwrap();
    let silent = |name: &&str| dict.numbers(name).unwrap().iter().all(|&g| g == 0.0);
    dict.shapes().map(|(name, _)| name).filter(silent).map(str::to_owned).collect()
}

/// Rows of a tensor of three axes at one index of the first.
pub(crate) fn element(tensor: &Tensor<3>, index: usize) -> Vec<f64> {
    numbers(&tensor.clone().narrow(0, index, 1))
}

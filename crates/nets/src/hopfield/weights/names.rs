//! Which parameter has which name, and how parameters share a tensor.

use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{DType, Tensor};

use super::super::normalise::Norm;
use super::super::replace::{numbers, replaced};
use super::super::{Hopfield, HopfieldConfig};
use super::dict::{Entry, StateDict};
use crate::Error;

/// Where the names of a layer begin; the wrappers prefix theirs.
pub(super) struct Names {
    pub(super) prefix: &'static str,
}

impl Names {
    pub(super) fn export(&self, layer: &Hopfield) -> Result<StateDict, Error> {
        let mut dict = StateDict::default();
        let projections = &layer.projections;
        let parts = [&projections.query, &projections.key, &projections.value];
        if stacked(&layer.config) {
            let mut whole = Stack::default();
            for part in parts.into_iter().flatten() {
                whole.push(turned(&part.weight)?);
            }
            // Without any projection the reference stores a tensor of no rows, which nobody misses.
            if let Some(entry) = whole.entry() {
                self.put(&mut dict, "association_core.in_proj_weight", entry);
            }
        } else {
            for (name, part) in ["q", "k", "v"].into_iter().zip(parts) {
                if let Some(part) = part {
                    self.put(
                        &mut dict,
                        &format!("association_core.{name}_proj_weight"),
                        turned(&part.weight)?,
                    );
                }
            }
        }
        if let Some(entry) = biases(layer)? {
            self.put(&mut dict, "association_core.in_proj_bias", entry);
        }
        if let Some(output) = &projections.output {
            self.put(&mut dict, "association_core.out_proj.weight", turned(&output.weight)?);
            if let Some(bias) = &output.bias {
                self.put(&mut dict, "association_core.out_proj.bias", plain(bias)?);
            }
        }
        for (name, row) in [("bias_k", &projections.bias_key), ("bias_v", &projections.bias_value)] {
            if let Some(row) = row {
                let row = plain(row)?;
                let shape = vec![1, 1, row.numbers.len()];
                self.put(&mut dict, &format!("association_core.{name}"), Entry { shape, ..row });
            }
        }
        for (name, norm) in norms(layer) {
            let Some(Norm { weight: Some(weight), bias: Some(bias), .. }) = norm else { continue };
            self.put(&mut dict, &format!("{name}weight"), plain(weight)?);
            self.put(&mut dict, &format!("{name}bias"), plain(bias)?);
        }
        dict.extras.insert(format!("{}log_beta", self.prefix), numbers(layer.log_beta.val())?);
        if let Some(alpha) = &layer.separating.alpha {
            dict.extras.insert(format!("{}alpha", self.prefix), numbers(alpha.val())?);
        }
        Ok(dict)
    }

    /// The names and shapes of `dict` have been checked.
    pub(super) fn import(&self, mut layer: Hopfield, dict: &StateDict) -> Hopfield {
        let projections = &mut layer.projections;
        let parts = [&mut projections.query, &mut projections.key, &mut projections.value];
        // A tensor without numbers is what PyTorch keeps where nothing is projected.
        let core = |name: &str| {
            let entry = self.get(dict, &format!("association_core.{name}"));
            entry.filter(|entry| !entry.numbers.is_empty())
        };
        let mut stack = core("in_proj_weight").map(|entry| entry.numbers.as_slice());
        let mut biases = core("in_proj_bias").map(|entry| entry.numbers.as_slice());
        for (name, part) in ["q", "k", "v"].into_iter().zip(parts) {
            let Some(linear) = part.take() else { continue };
            let split = core(&format!("{name}_proj_weight")).map(|entry| entry.numbers.as_slice());
            let rows = match &mut stack {
                Some(stack) => next(stack, linear.weight.dims().iter().product()),
                None => split.unwrap_or_default(),
            };
            let weight = with_rows(linear.weight, rows);
            let bias = match (linear.bias, &mut biases) {
                (Some(bias), Some(biases)) => {
                    let length = bias.dims()[0];
                    Some(replaced(bias, next(biases, length).to_vec()))
                }
                (bias, _) => bias,
            };
            *part = Some(Linear { weight, bias });
        }
        if let (Some(linear), Some(rows)) = (projections.output.take(), core("out_proj.weight")) {
            let bias = linear.bias.map(|bias| put(bias, core("out_proj.bias")));
            projections.output = Some(Linear { weight: with_rows(linear.weight, &rows.numbers), bias });
        }
        projections.bias_key = projections.bias_key.take().map(|row| put(row, core("bias_k")));
        projections.bias_value = projections.bias_value.take().map(|row| put(row, core("bias_v")));
        for (name, norm) in norms_mut(&mut layer) {
            let Some(norm) = norm else { continue };
            let part = |part: &str| self.get(dict, &format!("{name}{part}"));
            norm.weight = norm.weight.take().map(|weight| put(weight, part("weight")));
            norm.bias = norm.bias.take().map(|bias| put(bias, part("bias")));
        }
        let extra = |name: &str| dict.extras.get(&format!("{}{name}", self.prefix)).cloned();
        if let Some(list) = extra("log_beta") {
            layer.log_beta = replaced(layer.log_beta, list);
        }
        if let (Some(alpha), Some(list)) = (layer.separating.alpha.take(), extra("alpha")) {
            layer.separating.alpha = Some(replaced(alpha, list));
        }
        layer
    }

    fn put(&self, dict: &mut StateDict, name: &str, entry: Entry) {
        dict.entries.insert(format!("{}{name}", self.prefix), entry);
    }

    fn get<'a>(&self, dict: &'a StateDict, name: &str) -> Option<&'a Entry> {
        dict.entries.get(&format!("{}{name}", self.prefix))
    }
}

/// Rows of query and key where they are projected, then always those of the values.
fn biases(layer: &Hopfield) -> Result<Option<Entry>, Error> {
    let config = &layer.config;
    let Some(read) = layer.sizes.read.filter(|_| config.input_bias && !config.fully_static()) else {
        return Ok(None);
    };
    let projections = &layer.projections;
    let mut whole = Stack::default();
    for bias in [&projections.query, &projections.key, &projections.value].into_iter().flatten() {
        if let Some(bias) = &bias.bias {
            whole.push(plain(bias)?);
        }
    }
    if projections.value.is_none() {
        let unused = read * config.num_heads;
        whole.push(Entry { shape: vec![unused], numbers: vec![0.0; unused], double: false });
    }
    Ok(whole.entry())
}

/// Whether the reference keeps query, key and value projections in one tensor.
fn stacked(config: &HopfieldConfig) -> bool {
    let depth = config.input_size;
    config.pattern_size.is_none()
        && !config.pattern_projection_as_connected
        && config.stored_pattern_size.or(depth) == depth
        && config.pattern_projection_size.or(depth) == depth
}

/// Entries below one another.
#[derive(Default)]
struct Stack(Option<Entry>);

impl Stack {
    fn push(&mut self, entry: Entry) {
        match &mut self.0 {
            None => self.0 = Some(entry),
            Some(whole) => {
                whole.shape[0] += entry.shape[0];
                whole.numbers.extend(entry.numbers);
            }
        }
    }

    fn entry(self) -> Option<Entry> {
        self.0
    }
}

fn norms(layer: &Hopfield) -> [(&'static str, &Option<Norm>); 4] {
    [
        ("norm_stored_pattern.", &layer.norm_stored),
        ("norm_state_pattern.", &layer.norm_state),
        ("norm_pattern_projection.", &layer.norm_values),
        ("association_core.p_norm_", &layer.norm_association),
    ]
}

fn norms_mut(layer: &mut Hopfield) -> [(&'static str, &mut Option<Norm>); 4] {
    [
        ("norm_stored_pattern.", &mut layer.norm_stored),
        ("norm_state_pattern.", &mut layer.norm_state),
        ("norm_pattern_projection.", &mut layer.norm_values),
        ("association_core.p_norm_", &mut layer.norm_association),
    ]
}

pub(super) fn plain<const D: usize>(param: &Param<Tensor<D>>) -> Result<Entry, Error> {
    let value = param.val();
    let double = value.dtype() == DType::F64;
    Ok(Entry { shape: value.dims().to_vec(), numbers: numbers(value)?, double })
}

/// `[outputs, inputs]`, as PyTorch has it.
fn turned(weight: &Param<Tensor<2>>) -> Result<Entry, Error> {
    let value = weight.val().transpose();
    let double = value.dtype() == DType::F64;
    Ok(Entry { shape: value.dims().to_vec(), numbers: numbers(value)?, double })
}

/// From rows of `[outputs, inputs]`.
fn with_rows(weight: Param<Tensor<2>>, rows: &[f64]) -> Param<Tensor<2>> {
    let [inputs, outputs] = weight.dims();
    let entry = |at: usize| rows[(at % outputs) * inputs + at / outputs];
    replaced(weight, (0..rows.len()).map(entry).collect())
}

pub(super) fn put<const D: usize>(param: Param<Tensor<D>>, entry: Option<&Entry>) -> Param<Tensor<D>> {
    match entry {
        Some(entry) => replaced(param, entry.numbers.clone()),
        None => param,
    }
}

/// Cuts the first numbers off.
fn next<'a>(rest: &mut &'a [f64], count: usize) -> &'a [f64] {
    let (first, others) = rest.split_at(count);
    *rest = others;
    first
}

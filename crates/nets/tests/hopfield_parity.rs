//! The same layers in PyTorch, in f64: outputs and every gradient. `benches/peers/hopfield_fixtures.py` makes the
//! files.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod common;

use std::collections::BTreeMap;

use attractor_nets::hopfield::{
    AssociationMask, Exchange, HopfieldConfig, HopfieldLayerConfig, HopfieldPoolingConfig, Masks, Normalise,
    PerHead, Roles, StateDict, Stored,
};
use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use common::layer::{as_gradients, dict, in_f64, log_beta};
use common::{numbers, rng, weighted};
use safetensors::SafeTensors;
use serde_json::Value;

const CASES: &[u8] = include_bytes!("fixtures/hopfield_cases.safetensors");
const TORCH: &[u8] = include_bytes!("fixtures/hopfield_torch.safetensors");

/// One case of the file.
struct Case {
    config: HopfieldConfig,
    extra: Value,
    tensors: BTreeMap<String, (Vec<usize>, Vec<f64>)>,
}

fn cases() -> Vec<(String, Case)> {
    let file = SafeTensors::deserialize(CASES).unwrap();
    let (_, header) = SafeTensors::read_metadata(CASES).unwrap();
    let described: BTreeMap<String, Value> =
        serde_json::from_str(&header.metadata().as_ref().unwrap()["cases"]).unwrap();
    let read = |name: &str| {
        let prefix = format!("{name}/");
        let of_case = file.tensors().into_iter().filter_map(|(key, view)| {
            let key = key.strip_prefix(&prefix)?.to_owned();
            let numbers = view.data().chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap()));
            Some((key, (view.shape().to_vec(), numbers.collect())))
        });
        of_case.collect()
    };
    let case = |(name, value): (String, Value)| {
        let config = serde_json::from_value(value["options"].clone()).unwrap();
        let case = Case { config, extra: value["extra"].clone(), tensors: read(&name) };
        (name, case)
    };
    described.into_iter().map(case).collect()
}

impl Case {
    fn numbers(&self, name: &str) -> &[f64] {
        &self.tensors[name].1
    }

    /// Tracked, so that inputs have gradients too.
    fn input(&self, name: &str) -> Tensor<3> {
        let (shape, numbers) = &self.tensors[&format!("input/{name}")];
        common::tensor::<3>(numbers.clone(), shape.clone().try_into().unwrap()).autodiff().require_grad()
    }

    fn weights(&self) -> StateDict {
        let of = |(name, (shape, numbers)): (&'static str, &(Vec<usize>, Vec<f64>))| {
            (name, shape.clone(), numbers.clone())
        };
        let named = self.tensors.iter().filter_map(|(name, tensor)| {
            Some((name.strip_prefix("param/")?.to_owned().leak() as &'static str, tensor))
        });
        let wrapped = self.tensors.keys().any(|name| name.starts_with("param/hopfield."));
        let log_beta = if wrapped { "hopfield.log_beta" } else { "log_beta" };
        dict(&named.map(of).collect::<Vec<_>>(), (log_beta, self.numbers("log_beta")))
    }

    fn masks(&self) -> Masks {
        let device = common::device();
        let flags = |numbers: &[f64]| numbers.iter().map(|&x| x != 0.0).collect::<Vec<bool>>();
        let padding = self.tensors.get("input/padding").map(|(shape, numbers)| {
            Tensor::from_data(TensorData::new(flags(numbers), shape.clone()), &device)
        });
        let association = self.tensors.get("input/mask").map(|(shape, numbers)| {
            let flags = || TensorData::new(flags(numbers), shape.clone());
            match self.extra["mask"].as_str().unwrap() {
                "add" => AssociationMask::Add(common::tensor(numbers.clone(), [shape[0], shape[1]])),
                "forbid" => AssociationMask::Forbid(Tensor::from_data(flags(), &device)),
                _ => AssociationMask::ForbidEach(Tensor::from_data(flags(), &device)),
            }
        });
        Masks { padding, association }
    }

    /// Compares outputs, then gradients of parameters and inputs; the largest of both differences.
    fn compare<M: Module + Exchange, const D: usize>(
        &self,
        module: &M,
        output: Tensor<D>,
        inputs: &[(&str, Tensor<3>)],
    ) -> [f64; 2] {
        let forward = difference(&numbers(&output), self.numbers("output"));
        let gradients = weighted(output).backward();
        let own = as_gradients(module, &gradients).state_dict().unwrap();
        let mut backward = difference(&log_beta(&own), self.numbers("gradient_of_log_beta"));
        let mut compared = 0;
        for (name, _) in own.shapes() {
            let theirs = self.numbers(&format!("gradient/{name}"));
            backward = backward.max(difference(own.numbers(name).unwrap(), theirs));
            compared += 1;
        }
        assert_eq!(compared, self.tensors.keys().filter(|name| name.starts_with("gradient/")).count());
        for (name, input) in inputs {
            let gradient = numbers(&input.grad(&gradients).unwrap());
            backward = backward.max(difference(&gradient, self.numbers(&format!("input_gradient/{name}"))));
        }
        [forward, backward]
    }
}

/// Relative to the largest entry.
fn difference(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let scale = expected.iter().fold(1e-3, |m: f64, x| m.max(x.abs()));
    found.iter().zip(expected).fold(0.0, |m: f64, (a, b)| m.max((a - b).abs() / scale))
}

#[test]
fn outputs_and_gradients_are_those_of_pytorch() {
    let (device, mut largest) = (common::device(), [0.0f64; 2]);
    let all = cases();
    assert_eq!(all.len(), 26);
    for (name, case) in all {
        let config = &case.config;
        let quantity = |kind: &str| case.extra[kind].as_u64().map(|quantity| quantity as usize);
        let found = if let Some(quantity) = quantity("pooling") {
            let config = HopfieldPoolingConfig::new(config.clone()).with_quantity(quantity);
            let pooling = in_f64(config.init(&device, &mut rng(1)).unwrap());
            let pooling = pooling.with_state_dict(&case.weights()).unwrap().train();
            let [stored, values] = ["stored", "value"].map(|name| case.input(name));
            let bags = Stored { stored: stored.clone(), values: values.clone() };
            let output = pooling.forward(bags, &case.masks()).unwrap();
            case.compare(&pooling, output, &[("stored", stored), ("value", values)])
        } else if let Some(quantity) = quantity("lookup") {
            let separated = case.extra["separated"].as_bool().unwrap_or(false);
            let config = HopfieldLayerConfig::new(config.clone())
                .with_quantity(quantity)
                .with_lookup_weights_as_separated(separated);
            let layer = in_f64(config.init(&device, &mut rng(1)).unwrap());
            let layer = layer.with_state_dict(&case.weights()).unwrap().train();
            let state = case.input("state");
            let output = layer.forward(state.clone(), &case.masks()).unwrap();
            case.compare(&layer, output, &[("state", state)])
        } else {
            let layer = in_f64(config.init(&device, &mut rng(1)).unwrap());
            let layer = layer.with_state_dict(&case.weights()).unwrap().train();
            let [stored, state, values] = ["stored", "state", "value"].map(|name| case.input(name));
            let roles = Roles { stored: stored.clone(), state: state.clone(), values: values.clone() };
            let p = layer.association_matrix(roles.clone(), &case.masks()).unwrap();
            assert!(difference(&numbers(&p), case.numbers("association")) < 1e-5, "{name}");
            let output = layer.forward(roles, &case.masks()).unwrap();
            case.compare(&layer, output, &[("stored", stored), ("state", state), ("value", values)])
        };
        assert!(found[0] < 1e-5 && found[1] < 1e-4, "{name}: {found:?}");
        largest = [largest[0].max(found[0]), largest[1].max(found[1])];
    }
    println!("largest relative differences: outputs {:e}, gradients {:e}", largest[0], largest[1]);
}

#[test]
fn f32_layers_agree_to_its_precision() {
    for (name, case) in cases().into_iter().filter(|(_, case)| case.extra.as_object().unwrap().is_empty()) {
        let layer = case.config.init(&common::device(), &mut rng(1)).unwrap();
        let layer = layer.with_state_dict(&case.weights()).unwrap();
        let single = |name: &str| case.input(name).without_autodiff().cast(burn::tensor::DType::F32);
        let roles = Roles { stored: single("stored"), state: single("state"), values: single("value") };
        let found =
            difference(&numbers(&layer.forward(roles, &Masks::none()).unwrap()), case.numbers("output"));
        assert!(found < 1e-5, "{name}: {found}");
    }
}

#[test]
fn a_file_that_pytorch_wrote_is_read_and_written_again() {
    let dict = StateDict::from_bytes(TORCH).unwrap();
    let config = HopfieldConfig::of(6)
        .with_num_heads(3)
        .with_hidden_size(Some(4))
        .with_normalize_hopfield_space(Normalise::Affine(1e-5))
        .with_update_steps_max(PerHead::Same(2));
    let layer = config.init(&common::device(), &mut rng(1)).unwrap().with_state_dict(&dict).unwrap();
    let again = layer.state_dict().unwrap();
    assert!(again.shapes().eq(dict.shapes()));
    for (name, _) in dict.shapes() {
        assert_eq!(again.numbers(name), dict.numbers(name), "{name}");
    }
}

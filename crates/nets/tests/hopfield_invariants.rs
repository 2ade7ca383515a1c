//! What holds for every Hopfield layer.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod common;

use attractor_memory::{Detail, Dynamics, Memory, Separation};
use attractor_nets::hopfield::{
    AssociationMask, Exchange, Hopfield, HopfieldConfig, Masks, Normalise, PerHead, Roles, SeparationConfig,
    StateDict,
};
use burn::module::Module;
use burn::tensor::{Bool, DType, Tensor, TensorData};
use common::layer::{as_gradients, dict, element, layer, log_beta, strong, without_gradient};
use common::{assert_close, device, numbers, random, weighted};
use ndarray::Array2;

// Pairwise prime, so that no two axes can be taken for each other.
const N: usize = 3;
const H: usize = 2;
const L: usize = 5;
const S: usize = 7;
const STATE: usize = 11;
const HIDDEN: usize = 13;
const READ: usize = 17;
const STORED: usize = 19;
const VALUES: usize = 23;
const OUT: usize = 29;

fn config() -> HopfieldConfig {
    HopfieldConfig::of(STATE)
        .with_num_heads(H)
        .with_hidden_size(Some(HIDDEN))
        .with_pattern_size(Some(READ))
        .with_stored_pattern_size(Some(STORED))
        .with_pattern_projection_size(Some(VALUES))
        .with_output_size(Some(OUT))
        .with_update_steps_max(PerHead::Same(2))
}

fn roles() -> Roles {
    Roles {
        stored: random([N, S, STORED], 1),
        state: random([N, L, STATE], 2),
        values: random([N, S, VALUES], 3),
    }
}

fn padding(seed: u64) -> Tensor<2, Bool> {
    random([N, S], seed).greater_elem(0.3)
}

#[test]
fn every_axis_is_where_it_belongs() {
    let config = config().with_add_zero_association(true).with_concat_bias_pattern(true);
    let layer = layer(&config);
    let retrieval = layer.retrieve(roles(), &Masks::none()).unwrap();
    assert_eq!(retrieval.output.dims(), [N, L, OUT]);
    assert_eq!(retrieval.states.dims(), [N, H, L, HIDDEN]);
    assert!(retrieval.progress.is_none());
    assert_eq!(layer.association_matrix(roles(), &Masks::none()).unwrap().dims(), [N, H, L, S + 2]);
    assert_eq!(layer.projected_patterns(roles(), &Masks::none()).unwrap().dims(), [N, H, S + 2, READ]);
    let sums = numbers(&layer.association_matrix(roles(), &Masks::none()).unwrap().sum_dim(3));
    assert_close(&sums, &vec![1.0; N * H * L], 1e-12);
    let wide = config.with_disable_out_projection(true);
    let output = common::layer::layer(&wide).forward(roles(), &Masks::none()).unwrap();
    assert_eq!(output.dims(), [N, L, H * READ]);
}

#[test]
fn an_element_of_a_batch_does_not_know_the_others() {
    let config =
        config().with_update_steps_eps(Some(PerHead::Same(1e-3))).with_update_steps_max(PerHead::Same(9));
    let layer = strong(&config);
    let mask = random([N * H, L, S], 5).greater_elem(0.6);
    let masks =
        Masks { padding: Some(padding(4)), association: Some(AssociationMask::ForbidEach(mask.clone())) };
    let all = layer.forward(roles(), &masks).unwrap();
    for n in 0..N {
        let one = |tensor: Tensor<3>| tensor.narrow(0, n, 1);
        let roles = roles();
        let roles = Roles { stored: one(roles.stored), state: one(roles.state), values: one(roles.values) };
        let masks = Masks {
            padding: Some(padding(4).narrow(0, n, 1)),
            association: Some(AssociationMask::ForbidEach(mask.clone().narrow(0, n * H, H))),
        };
        let alone = layer.forward(roles, &masks).unwrap();
        assert_close(&numbers(&alone), &element(&all, n), 1e-13);
    }
}

#[test]
fn a_batch_of_one_is_used_for_every_element() {
    let layer = strong(&config());
    let roles = roles();
    let first = Roles { state: roles.state.clone().narrow(0, 0, 1), ..roles.clone() };
    let spread = Roles { state: roles.state.narrow(0, 0, 1).expand([N, L, STATE]), ..roles };
    let [first, spread] = [first, spread].map(|roles| layer.forward(roles, &Masks::none()).unwrap());
    assert_eq!(numbers(&first), numbers(&spread));
}

#[test]
fn the_order_of_stored_patterns_does_not_matter_and_that_of_states_is_kept() {
    for separation in [SeparationConfig::Softmax, SeparationConfig::Entmax(1.5), SeparationConfig::TopK(3)] {
        let layer = strong(&config().with_separation(separation));
        let straight = layer.forward(roles(), &Masks::padding(padding(6))).unwrap();
        let turned = Roles { stored: roles().stored.flip([1]), values: roles().values.flip([1]), ..roles() };
        let other = layer.forward(turned, &Masks::padding(padding(6).flip([1]))).unwrap();
        assert_close(&numbers(&other), &numbers(&straight), 1e-12);
        let turned = Roles { state: roles().state.flip([1]), ..roles() };
        let other = layer.forward(turned, &Masks::padding(padding(6))).unwrap();
        assert_close(&numbers(&other.flip([1])), &numbers(&straight), 1e-12);
    }
}

#[test]
fn padding_is_as_good_as_removal() {
    let kept = 4;
    let flags = (0..N * S).map(|i| i % S >= kept).collect::<Vec<_>>();
    let padding = Tensor::<2, Bool>::from_data(TensorData::new(flags, [N, S]), &device());
    let short = Roles {
        stored: roles().stored.narrow(1, 0, kept),
        values: roles().values.narrow(1, 0, kept),
        ..roles()
    };
    for zeros in [false, true] {
        let config = config().with_add_zero_association(zeros).with_concat_bias_pattern(zeros);
        let layer = strong(&config);
        let padded = layer.forward(roles(), &Masks::padding(padding.clone())).unwrap();
        let removed = layer.forward(short.clone(), &Masks::none()).unwrap();
        assert_close(&numbers(&padded), &numbers(&removed), 1e-13);
        let [padded, removed] = [
            layer.energies(roles(), &Masks::padding(padding.clone())).unwrap(),
            layer.energies(short.clone(), &Masks::none()).unwrap(),
        ];
        for (padded, removed) in padded.iter().zip(&removed) {
            assert_close(&numbers(padded), &numbers(removed), 1e-12);
        }
    }
}

#[test]
fn updates_never_raise_the_energy() {
    let config = config()
        .with_update_steps_max(PerHead::Each(vec![7, 4]))
        .with_scaling(Some(PerHead::Each(vec![0.3, 2.0])))
        .with_add_zero_association(true);
    let energies = strong(&config).energies(roles(), &Masks::padding(padding(8))).unwrap();
    assert_eq!(energies.len(), 8);
    for pair in energies.windows(2) {
        for (before, after) in numbers(&pair[0]).into_iter().zip(numbers(&pair[1])) {
            assert!(after <= before + 1e-12 * before.abs(), "{before} {after}");
        }
    }
    assert!(numbers(&energies[1])[0] < numbers(&energies[0])[0]);
}

#[test]
fn pure_retrieval_is_that_of_the_memory() {
    let (patterns, beta, rows) = (31, 4.0, 6);
    let stored = random([1, patterns, STATE], 9);
    let state = random([1, rows, STATE], 10);
    let array = |tensor: &Tensor<3>| {
        let [_, rows, depth] = tensor.dims();
        let flat = numbers(tensor).into_iter().map(|x| x as f32).collect();
        Array2::from_shape_vec((rows, depth), flat).unwrap()
    };
    let mut memory = Memory::builder(STATE).separation(Separation::softmax(beta)).build().unwrap();
    memory.store(array(&stored).view()).unwrap();
    for (steps, tolerance) in [(1, None), (4, None), (100, Some(1e-5))] {
        // The layer's last look is one step of the memory more, unless both have come to rest.
        let taken = if tolerance.is_some() { steps } else { steps + 1 };
        let dynamics = Dynamics {
            steps: taken,
            tolerance: tolerance.unwrap_or(0.0),
            detail: Detail::States,
            ..Dynamics::default()
        };
        let recall = memory.recall_with(array(&state).view(), &dynamics).unwrap();
        let config = HopfieldConfig::retrieval()
            .with_scaling(Some(PerHead::Same(beta)))
            .with_update_steps_max(PerHead::Same(steps))
            .with_update_steps_eps(tolerance.map(PerHead::Same));
        let layer = config.init(&device(), &mut common::rng(1)).unwrap();
        let single = |tensor: &Tensor<3>| tensor.clone().cast(DType::F32);
        let roles = Roles { stored: single(&stored), state: single(&state), values: single(&stored) };
        let read = layer.retrieve(roles, &Masks::none()).unwrap();
        let expected: Vec<f64> = recall.states.iter().map(|&x| f64::from(x)).collect();
        let found = read.output.try_into_vec_as::<f64>().unwrap();
        assert_close(&found, &expected, if tolerance.is_some() { 5e-5 } else { 2e-6 });
        if let Some(progress) = read.progress {
            let steps = progress.steps.try_into_vec_as::<i64>().unwrap();
            assert_eq!(steps, recall.steps.iter().map(|&steps| steps as i64).collect::<Vec<_>>());
        }
    }
}

#[test]
fn pure_retrieval_learns_nothing() {
    let layer = HopfieldConfig::retrieval().init(&device(), &mut common::rng(1)).unwrap();
    assert_eq!(layer.state_dict().unwrap().shapes().count(), 0);
    assert_eq!(numbers(&layer.beta()), [1.0]);
}

#[test]
fn every_trainable_weight_has_a_gradient_in_the_first_step() {
    let one = HopfieldConfig::of(HIDDEN * H).with_num_heads(H).with_scaling_as_trainable(true);
    let configs = [
        one.clone(),
        one.clone().with_update_steps_max(PerHead::Same(2)),
        one.clone().with_normalize_hopfield_space(Normalise::Affine(1e-5)),
        one.clone().with_pattern_projection_as_connected(true),
        one.clone().with_add_zero_association(true).with_concat_bias_pattern(true),
        one.clone().with_separation(SeparationConfig::EntmaxTrainable(1.5)),
    ];
    for config in configs {
        // Drawn with 0.02 as they are, not made stronger.
        let layer = layer(&config).train();
        let output = layer.forward(random([N, L, HIDDEN * H], 11), &Masks::none()).unwrap();
        let gradients = weighted(output).backward();
        assert_eq!(without_gradient(&layer, &gradients), Vec::<String>::new(), "{config:?}");
        let own = as_gradients(&layer, &gradients).state_dict().unwrap();
        assert!(log_beta(&own).iter().all(|&g| g != 0.0));
    }
}

#[test]
fn the_bias_of_the_keys_moves_nothing_under_softmax_without_updates() {
    // Softmax ignores a common shift of the scores.
    let layer = layer(&HopfieldConfig::of(6).with_num_heads(2)).train();
    let output = layer.forward(random([N, L, 6], 12), &Masks::none()).unwrap();
    let gradients = as_gradients(&layer, &weighted(output).backward()).state_dict().unwrap();
    let biases = gradients.numbers("association_core.in_proj_bias").unwrap();
    assert_eq!(biases.len(), 18);
    assert!(biases[6..12].iter().all(|g| g.abs() < 1e-15), "{biases:?}");
    assert!(biases[..6].iter().chain(&biases[12..]).all(|g| g.abs() > 1e-12), "{biases:?}");
}

fn flat(dict: &StateDict) -> Vec<(String, Vec<usize>, Vec<f64>)> {
    let entry = |(name, shape): (&str, &[usize])| {
        (name.to_owned(), shape.to_vec(), dict.numbers(name).unwrap().to_vec())
    };
    dict.shapes().map(entry).collect()
}

#[test]
fn gradients_of_the_weights_are_those_of_central_differences() {
    let config = HopfieldConfig::of(5)
        .with_hidden_size(Some(3))
        .with_pattern_size(Some(2))
        .with_num_heads(2)
        .with_update_steps_max(PerHead::Each(vec![1, 2]))
        .with_normalize_hopfield_space(Normalise::Affine(1e-5))
        .with_concat_bias_pattern(true)
        .with_scaling_as_trainable(true);
    let base = strong(&config);
    let start = base.state_dict().unwrap();
    let input = random([2, 3, 5], 13);
    let masks = Masks::association(AssociationMask::Add(random([3, 3], 15)));
    let loss = |layer: &Hopfield| weighted(layer.forward(input.clone(), &masks).unwrap());
    let layer = base.clone().train();
    let gradients = as_gradients(&layer, &loss(&layer).backward()).state_dict().unwrap();
    let (entries, beta, h) = (flat(&start), log_beta(&start), 1e-6);
    let check = |numeric: f64, analytic: f64, name: &str| {
        assert!((numeric - analytic).abs() < 1e-7 * (1.0 + numeric.abs()), "{name}: {numeric} {analytic}");
    };
    let at = |entries: &[(String, Vec<usize>, Vec<f64>)], beta: &[f64]| {
        let named: Vec<_> = entries.iter().map(|(n, s, x)| (n.as_str(), s.clone(), x.clone())).collect();
        let moved = base.clone().with_state_dict(&dict(&named, ("log_beta", beta))).unwrap();
        numbers(&loss(&moved))[0]
    };
    for (which, (name, _, values)) in entries.iter().enumerate() {
        for entry in (0..values.len()).step_by(3) {
            let moved = |by: f64| {
                let mut entries = entries.clone();
                entries[which].2[entry] += by;
                at(&entries, &beta)
            };
            check((moved(h) - moved(-h)) / (2.0 * h), gradients.numbers(name).unwrap()[entry], name);
        }
    }
    for head in 0..2 {
        let moved = |by: f64| {
            let mut beta = beta.clone();
            beta[head] += by;
            at(&entries, &beta)
        };
        check((moved(h) - moved(-h)) / (2.0 * h), log_beta(&gradients)[head], "log_beta");
    }
}

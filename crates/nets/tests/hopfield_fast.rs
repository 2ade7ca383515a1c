//! What layers do to be fast, against what they do otherwise: f32 on the CPU against f64, few states against many,
//! shared stored patterns against each element's own; and dropout, betas and fixed points of whole layers.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod common;

use attractor_nets::Error;
use attractor_nets::association::Gradient;
use attractor_nets::hopfield::{
    AssociationMask, Exchange, Hopfield, HopfieldConfig, HopfieldLayerConfig, HopfieldPooling,
    HopfieldPoolingConfig, LayerOptions, Masks, Normalise, PerHead, Roles,
};
use burn::module::Module;
use burn::tensor::{Bool, DType, Tensor, TensorData};
use common::layer::{as_gradients, dict, in_f64, stronger};
use common::{assert_close, device, numbers, random, rng};

/// Pairwise prime: batch, states, stored patterns.
const SIZES: [usize; 3] = [3, 5, 11];

fn flags<const D: usize>(dims: [usize; D], seed: u64) -> Tensor<D, Bool> {
    random(dims, seed).greater_elem(0.4)
}

/// Outputs and all gradients of two modules with the same weights, relative to the largest entry of each, or to a
/// hundredth of the largest of all gradients: some are zero but for rounding.
#[track_caller]
fn assert_same<M: Module + Exchange, const D: usize>(
    [one, two]: [&M; 2],
    [first, second]: [Tensor<D>; 2],
    tolerance: f64,
    what: &str,
) {
    let largest = |numbers: &[f64]| numbers.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    let close = |found: &[f64], expected: &[f64], least: f64, name: &str| {
        let scale = largest(expected).max(least);
        let off = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(
            found.len() == expected.len() && off <= tolerance * scale,
            "{what}, {name}: {off} of {scale}"
        );
    };
    close(&numbers(&first), &numbers(&second), 0.0, "output");
    let gradients = |module: &M, output: Tensor<D>| {
        let count = output.dims().iter().product();
        let slopes: Vec<f64> = (0..count).map(|i| (1.0 + i as f64).sin()).collect();
        let slopes = Tensor::<D>::from_data(
            TensorData::new(slopes, output.dims()),
            (&output.device(), output.dtype()),
        );
        as_gradients(module, &(output * slopes).sum().backward()).state_dict().unwrap()
    };
    let (first, second) = (gradients(one, first), gradients(two, second));
    let least =
        second.shapes().map(|(name, _)| largest(second.numbers(name).unwrap())).fold(0.0, f64::max) / 100.0;
    assert!(least > 0.0, "{what}: nothing has a gradient");
    for (name, _) in second.shapes() {
        close(first.numbers(name).unwrap(), second.numbers(name).unwrap(), least, name);
    }
}

fn in_f32(tensor: &Tensor<3>) -> Tensor<3> {
    tensor.clone().cast(DType::F32).autodiff()
}

#[test]
fn f32_on_the_cpu_is_what_f64_is() {
    let [n, l, s] = SIZES;
    let (state, stored, values) = (random([n, l, 12], 1), random([n, s, 12], 2), random([n, s, 12], 3));
    let base = HopfieldConfig::of(12).with_num_heads(3).with_scaling_as_trainable(true);
    let masks = [
        Masks::none(),
        Masks::padding(flags([n, s], 4)),
        Masks {
            padding: Some(flags([n, s], 5)),
            association: Some(AssociationMask::Forbid(flags([l, s], 6))),
        },
        Masks::association(AssociationMask::ForbidEach(flags([n * 3, l, s], 7))),
    ];
    for (name, config) in [
        ("defaults", base.clone()),
        ("updates", base.clone().with_update_steps_max(PerHead::Each(vec![2, 0, 3]))),
        (
            "no biases, plain norms",
            base.clone().with_input_bias(false).with_normalize_state_pattern(Normalise::Plain(1e-3)),
        ),
        (
            "one norm",
            base.clone()
                .with_normalize_state_pattern(Normalise::Off)
                .with_normalize_pattern_projection(Normalise::Off),
        ),
        ("static values", base.clone().with_pattern_projection_as_static(true).with_pattern_size(Some(12))),
        ("connected", base.clone().with_pattern_projection_as_connected(true)),
        (
            "everything else",
            base.with_normalize_hopfield_space(Normalise::Affine(1e-5))
                .with_concat_bias_pattern(true)
                .with_add_zero_association(true),
        ),
    ] {
        for (at, masks) in masks.iter().enumerate() {
            for shared in [false, true] {
                let roles = |of: &dyn Fn(&Tensor<3>) -> Tensor<3>| match shared {
                    false => Roles { state: of(&state), stored: of(&stored), values: of(&values) },
                    // One tensor in two roles: it is standardised once.
                    true => {
                        let both = of(&stored);
                        Roles { state: of(&state), stored: both.clone(), values: both }
                    }
                };
                let layer: Hopfield = stronger(config.init(&device(), &mut rng(7)).unwrap());
                let (single, double) = (layer.clone().train(), in_f64(layer).train());
                let fast = single.forward(roles(&in_f32), masks).unwrap();
                let slow = double.forward(roles(&|tensor| tensor.clone().autodiff()), masks).unwrap();
                assert_same(
                    [&single, &double],
                    [fast, slow],
                    2e-4,
                    &format!("{name}, mask {at}, shared {shared}"),
                );
            }
        }
    }
}

#[test]
fn one_tensor_in_all_roles_is_what_three_copies_are() {
    let input = in_f32(&random([2, 7, 6], 1));
    // Another epsilon is another normalisation.
    let config =
        HopfieldConfig::of(6).with_num_heads(2).with_normalize_stored_pattern(Normalise::Affine(0.5));
    let layer: Hopfield = stronger(config.init(&device(), &mut rng(3)).unwrap()).train();
    let copy = |seed: f32| input.clone() * 1.0 + seed * 0.0;
    let copies = Roles { state: copy(1.0), stored: copy(2.0), values: copy(3.0) };
    let together = layer.forward(input.clone(), &Masks::none()).unwrap();
    let apart = layer.forward(copies, &Masks::none()).unwrap();
    assert_same([&layer, &layer], [together, apart], 1e-6, "roles");
}

/// A tolerance without a step to take changes nothing but the way: every stored pattern is projected.
fn the_long_way(config: &HopfieldConfig) -> HopfieldConfig {
    config.clone().with_update_steps_eps(Some(PerHead::Same(1.0)))
}

#[test]
fn few_states_that_ask_read_what_many_would() {
    let [n, _, s] = SIZES;
    let bags = random([n, s, 12], 1).autodiff();
    let config =
        HopfieldConfig::of(12).with_num_heads(3).with_pattern_size(Some(2)).with_scaling_as_trainable(true);
    let mut all = vec![false; n * s];
    // Nothing is left of the second bag.
    all[s..2 * s].fill(true);
    let empty = Tensor::<2, Bool>::from_data(TensorData::new(all, [n, s]), &device());
    for quantity in [1, 2] {
        for (name, masks) in [
            ("no mask", Masks::none()),
            ("padding", Masks::padding(flags([n, s], 2))),
            ("an empty bag", Masks::padding(empty.clone())),
            ("each head", Masks::association(AssociationMask::ForbidEach(flags([n * 3, quantity, s], 3)))),
            ("added", Masks::association(AssociationMask::Add(random([quantity, s], 4)))),
        ] {
            let pooling = |config: &HopfieldConfig| -> HopfieldPooling {
                let config = HopfieldPoolingConfig::new(config.clone()).with_quantity(quantity);
                let pooling = stronger(in_f64(config.init(&device(), &mut rng(5)).unwrap()));
                pooling.train()
            };
            let (short, long) = (pooling(&config), pooling(&the_long_way(&config)));
            let outputs = [&short, &long].map(|pooling| pooling.forward(bags.clone(), &masks).unwrap());
            assert_same([&short, &long], outputs, 1e-9, &format!("{name}, {quantity}"));
        }
    }
    // The long way is another way: it watches.
    let layer = in_f64(the_long_way(&config).init(&device(), &mut rng(5)).unwrap());
    assert!(layer.retrieve(random([1, 4, 12], 1), &Masks::none()).unwrap().progress.is_some());
}

#[test]
fn states_of_all_elements_that_share_what_is_stored_are_as_each_alone() {
    let config = HopfieldConfig::of(6)
        .with_num_heads(2)
        .with_update_steps_max(PerHead::Each(vec![1, 4]))
        .with_update_steps_eps(Some(PerHead::Same(1e-2)));
    let layer = HopfieldLayerConfig::new(config).with_quantity(7);
    let layer = stronger(in_f64(layer.init(&device(), &mut rng(1)).unwrap()));
    let states = random::<3>([3, 4, 6], 2);
    let all = layer.retrieve(states.clone(), &Masks::none()).unwrap();
    assert_eq!((all.output.dims(), all.states.dims()), ([3, 4, 6], [3, 2, 4, 3]));
    for n in 0..3 {
        let alone = layer.retrieve(states.clone().narrow(0, n, 1), &Masks::none()).unwrap();
        assert_close(&numbers(&all.output.clone().narrow(0, n, 1)), &numbers(&alone.output), 1e-12);
        assert_close(&numbers(&all.states.clone().narrow(0, n, 1)), &numbers(&alone.states), 1e-12);
        let steps = |retrieval: &attractor_nets::hopfield::Retrieval, n: usize| {
            let steps = retrieval.progress.clone().unwrap().steps.narrow(0, n, 1);
            steps.try_into_vec_as::<i64>().unwrap()
        };
        assert_eq!(steps(&all, n), steps(&alone, 0));
    }
}

#[test]
fn dropout_goes_on_by_itself_and_starts_with_the_weights() {
    let config = HopfieldConfig::of(6).with_dropout(0.5);
    let input = in_f32(&random([2, 9, 6], 1));
    let layer = || stronger(config.init(&device(), &mut rng(4)).unwrap()).train();
    let pass = |layer: &Hopfield| numbers(&layer.forward(input.clone(), &Masks::none()).unwrap());
    let (one, two) = (layer(), layer());
    let [first, second] = [pass(&one), pass(&one)];
    assert_ne!(first, second);
    assert_eq!([pass(&two), pass(&two)], [first, second]);
    // A clone goes on where it was taken, without moving the original.
    let clone = one.clone();
    let third = pass(&clone);
    assert_eq!(pass(&one), third);
    // What is asked beside the passes does not count as one.
    two.association_matrix(input.clone(), &Masks::none()).unwrap();
    assert_eq!(pass(&two), third);
    // f64 is composed of other operations and drops the same weights.
    let double = in_f64(config.init(&device(), &mut rng(4)).unwrap());
    let double = stronger(double).train();
    let again = double.forward(random([2, 9, 6], 1).autodiff(), &Masks::none()).unwrap();
    let fresh = layer();
    assert_close(&pass(&fresh), &numbers(&again), 1e-4);
}

#[test]
fn a_beta_beyond_all_numbers_is_the_largest_that_is_one() {
    let config = HopfieldConfig::retrieval().with_input_size(Some(2)).with_scaling_as_trainable(true);
    for log in [1e4, -1e4] {
        let layer = config.init(&device(), &mut rng(1)).unwrap();
        let layer = layer.with_state_dict(&dict(&[], ("log_beta", &[log]))).unwrap().train();
        let patterns = in_f32(&random([1, 4, 2], 1));
        let output = layer.forward(patterns, &Masks::none()).unwrap();
        assert!(numbers(&output).iter().all(|x| x.is_finite()), "log beta {log}");
        let gradients = as_gradients(&layer, &output.sum().backward()).state_dict().unwrap();
        assert!(common::layer::log_beta(&gradients)[0] == 0.0, "log beta {log}");
    }
}

#[test]
fn the_gradient_of_the_fixed_point_is_an_option() {
    let config = HopfieldConfig::of(6)
        .with_num_heads(2)
        .with_update_steps_max(PerHead::Same(300))
        .with_update_steps_eps(Some(PerHead::Same(1e-7)));
    let fixed = config.clone().with_update_steps_gradient(Some(Gradient::FixedPoint));
    let input = in_f32(&random([2, 5, 6], 1));
    let layer = |config: &HopfieldConfig| stronger(config.init(&device(), &mut rng(2)).unwrap()).train();
    let (unrolled, implicit) = (layer(&config), layer(&fixed));
    let outputs = [&implicit, &unrolled].map(|layer| layer.forward(input.clone(), &Masks::none()).unwrap());
    // So many steps forget where they began: both gradients are those of the fixed point.
    assert_same([&implicit, &unrolled], outputs, 2e-3, "fixed point");
    let lone = config.with_update_steps_eps(None).with_update_steps_gradient(Some(Gradient::FixedPoint));
    assert!(matches!(lone.init(&device(), &mut rng(2)), Err(Error::Options { option: "tolerance", .. })));
    let none = fixed.with_update_steps_max(PerHead::Same(0));
    assert!(matches!(none.init(&device(), &mut rng(2)), Err(Error::Parameter { name: "update steps", .. })));
}

#[test]
fn options_come_by_name_and_what_does_not_fit_is_named() {
    let parse = |text: &str| LayerOptions::from_values(serde_json::from_str(text).unwrap());
    let text =
        r#"{ "input_size": 6, "num_heads": 2, "normalize_state_pattern": "Off", "scaling": [0.5, 2.0] }"#;
    let expected = HopfieldConfig::of(6)
        .with_num_heads(2)
        .with_normalize_state_pattern(Normalise::Off)
        .with_scaling(Some(PerHead::Each(vec![0.5, 2.0])));
    assert_eq!(parse(text).unwrap(), LayerOptions::Hopfield(expected.clone()));
    let lookup =
        r#"{ "layer": "lookup", "input_size": 6, "quantity": 4, "lookup_weights_as_separated": true }"#;
    assert!(matches!(parse(lookup).unwrap(), LayerOptions::Lookup(config) if config.quantity == 4));
    for (text, option) in [
        (r#"{ "layer": "cache" }"#, "layer"),
        (r#"{ "input_size": 6, "heads": 2 }"#, "heads"),
        (r#"{ "input_size": "six" }"#, "input_size"),
        (r#"{ "layer": "pooling", "quantity": -1 }"#, "quantity"),
        (r#"{ "quantity": 3 }"#, "quantity"),
    ] {
        assert!(matches!(parse(text), Err(Error::Named { option: found, .. }) if found == option), "{text}");
    }
    // Weights of the layer fit, and keep its betas; those of another are refused.
    let layer = expected.init(&device(), &mut rng(1)).unwrap();
    let options = parse(text).unwrap();
    let fitted = options.fitted(&layer.state_dict().unwrap()).unwrap();
    assert_close(&fitted.betas().unwrap(), &[0.5, 2.0], 1e-6);
    let other = HopfieldConfig::of(4).init(&device(), &mut rng(1)).unwrap().state_dict().unwrap();
    assert!(matches!(options.fitted(&other), Err(Error::Weights { .. })));
}

//! Options that are easily got wrong, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod common;

use attractor_nets::hopfield::{
    Activation, AssociationMask, Exchange, HopfieldConfig, HopfieldLayerConfig, HopfieldPoolingConfig, Masks,
    Normalise, PerHead, Roles, SeparationConfig, StateDict, Stored,
};
use burn::module::Module;
use burn::tensor::{Bool, Tensor};
use common::layer::{as_gradients, in_f64, layer, strong, stronger, without_gradient};
use common::{assert_close, device, numbers, random, rng, weighted};
use safetensors::tensor::{Dtype, TensorView};

const N: usize = 3;
const L: usize = 5;
const S: usize = 7;

type Function = fn(f64) -> f64;

#[track_caller]
fn refused(config: &HopfieldConfig, message: &str) {
    assert_eq!(config.init(&device(), &mut rng(1)).unwrap_err().to_string(), message);
}

#[test]
fn options_that_do_not_go_together_are_refused_by_name() {
    let of = HopfieldConfig::of;
    refused(&of(10).with_num_heads(3), "input_size = 10: must be divisible by num_heads = 3");
    refused(&of(6).with_num_heads(0), "num_heads = 0: must be at least 1 and at most 16777216");
    refused(&of(6).with_scaling(Some(PerHead::Each(vec![1.0, 2.0]))), "scaling: expected 1, found 2");
    refused(&of(6).with_scaling(Some(PerHead::Same(0.0))), "scaling = 0: must be finite and above 0");
    refused(&of(6).with_update_steps_max(PerHead::Each(vec![])), "update_steps_max: expected 1, found 0");
    refused(
        &of(6).with_update_steps_eps(Some(PerHead::Same(-1.0))),
        "update_steps_eps = -1: must be finite and above 0",
    );
    refused(&of(6).with_dropout(1.0), "dropout = 1: must be at least 0 and below 1");
    refused(
        &of(6).with_normalize_state_pattern(Normalise::Plain(0.0)),
        "normalize_state_pattern = 0: must be finite and at least 1e-45",
    );
    refused(
        &of(6).with_separation(SeparationConfig::Entmax(1.0)),
        "alpha = 1: must be above 1 and at most 2",
    );
    refused(&of(6).with_separation(SeparationConfig::TopK(0)), "k = 0: must be at least 1");
    refused(
        &of(6)
            .with_stored_pattern_as_static(true)
            .with_hidden_size(Some(4))
            .with_stored_pattern_size(Some(5)),
        "stored_pattern_size (static: the depth of the association): expected 4, found 5",
    );
    refused(
        &of(6).with_pattern_projection_as_connected(true).with_pattern_size(Some(5)),
        "pattern_size (connected: hidden_size): expected 6, found 5",
    );
    let unknown = HopfieldConfig::new().init(&device(), &mut rng(1)).unwrap_err().to_string();
    assert!(unknown.starts_with("input_size: needed unless"), "{unknown}");
    let row = HopfieldConfig::retrieval().with_concat_bias_pattern(true);
    assert!(row.init(&device(), &mut rng(1)).unwrap_err().to_string().starts_with("concat_bias_pattern: "));
    let pooling = HopfieldPoolingConfig::new(HopfieldConfig::retrieval());
    assert!(pooling.init(&device(), &mut rng(1)).unwrap_err().to_string().starts_with("input_size: "));
    let none = HopfieldPoolingConfig::new(of(6)).with_quantity(0).init(&device(), &mut rng(1));
    assert_eq!(none.unwrap_err().to_string(), "quantity = 0: must be at least 1");
    let values = HopfieldLayerConfig::new(of(6).with_pattern_projection_size(Some(5)));
    assert!(values.init(&device(), &mut rng(1)).unwrap_err().to_string().ends_with("expected 6, found 5"));
}

#[test]
fn patterns_and_masks_that_do_not_fit_are_refused_by_shape() {
    let layer = layer(&HopfieldConfig::of(6).with_num_heads(2));
    let roles = |n, s, depth| Roles {
        stored: random([n, s, depth], 1),
        state: random([N, L, 6], 2),
        values: random([n, S, 6], 3),
    };
    let refused = |roles: Roles, masks: &Masks| layer.forward(roles, masks).unwrap_err().to_string();
    assert_eq!(
        refused(roles(N, S, 5), &Masks::none()),
        "stored patterns: expected the shape [3, 7, 6], found [3, 7, 5]"
    );
    assert_eq!(
        refused(roles(N, 4, 6), &Masks::none()),
        "values: expected the shape [3, 4, 6], found [3, 7, 6]"
    );
    assert_eq!(
        refused(roles(2, S, 6), &Masks::none()),
        "batch of stored, state and value patterns: expected 2, found 3"
    );
    let bools = |dims: [usize; 2]| -> Tensor<2, Bool> { random(dims, 4).greater_elem(0.0) };
    assert_eq!(
        refused(roles(N, S, 6), &Masks::padding(bools([N, L]))),
        "stored_pattern_padding_mask: expected the shape [3, 7], found [3, 5]"
    );
    assert_eq!(
        refused(roles(N, S, 6), &Masks::association(AssociationMask::Forbid(bools([S, L])))),
        "association_mask: expected the shape [5, 7], found [7, 5]"
    );
    assert_eq!(
        refused(roles(N, S, 6), &Masks::association(AssociationMask::AddEach(random([2, L, S], 5)))),
        "association_mask: expected the shape [6, 5, 7], found [2, 5, 7]"
    );
}

#[test]
fn numbers_of_another_type_are_refused() {
    let layer = layer(&HopfieldConfig::of(6));
    let single = Tensor::<3>::ones([N, L, 6], (&device(), burn::tensor::DType::F32));
    let error = layer.forward(single, &Masks::none()).unwrap_err().to_string();
    assert_eq!(error, "state patterns: expected the type f64, found f32");
}

#[test]
fn no_patterns_at_all_are_refused() {
    let layer = layer(&HopfieldConfig::of(6).with_num_heads(2));
    let refused = |n, l, s| {
        let roles = (random([n, s, 6], 16), random([n, l, 6], 17), random([n, s, 6], 18));
        layer.forward(roles, &Masks::none()).unwrap_err().to_string()
    };
    assert_eq!(refused(N, L, 0), "stored patterns = 0: must be at least 1");
    assert_eq!(refused(N, 0, S), "state patterns = 0: must be at least 1");
    assert_eq!(refused(0, L, S), "batch = 0: must be at least 1");
}

#[test]
fn the_length_can_come_first() {
    let config = HopfieldConfig::of(6).with_num_heads(2).with_update_steps_max(PerHead::Same(1));
    let turned = config.clone().with_batch_first(false);
    let padding = Masks::padding(random([N, S], 6).greater_elem(0.3));
    let (stored, state) = (random([N, S, 6], 7), random([N, L, 6], 8));
    let swap = |tensor: &Tensor<3>| tensor.clone().swap_dims(0, 1);
    let first = strong(&config).forward((stored.clone(), state.clone(), stored.clone()), &padding).unwrap();
    let second = strong(&turned).forward((swap(&stored), swap(&state), swap(&stored)), &padding).unwrap();
    assert_eq!(second.dims(), [L, N, 6]);
    assert_close(&numbers(&swap(&second)), &numbers(&first), 1e-13);
    // Learned patterns are turned in the file alone.
    let pooling = |config: &HopfieldConfig| {
        let config = HopfieldPoolingConfig::new(config.clone()).with_quantity(2);
        stronger(in_f64(config.init(&device(), &mut rng(1)).unwrap()))
    };
    let first = pooling(&config).forward(stored.clone(), &padding).unwrap();
    let second = pooling(&turned).forward(swap(&stored), &padding).unwrap();
    assert_close(&numbers(&second), &numbers(&first), 1e-13);
    let shape = |dict: &StateDict| {
        dict.shapes().find(|(name, _)| *name == "pooling_weights").map(|(_, shape)| shape.to_vec())
    };
    let (one, two) = (pooling(&config).state_dict().unwrap(), pooling(&turned).state_dict().unwrap());
    assert_eq!((shape(&one), shape(&two)), (Some(vec![1, 2, 6]), Some(vec![2, 1, 6])));
    assert_eq!(pooling(&turned).with_state_dict(&two).unwrap().state_dict().unwrap(), two);
    let lookup = |config: &HopfieldConfig| {
        let config = HopfieldLayerConfig::new(config.clone()).with_quantity(4);
        stronger(in_f64(config.init(&device(), &mut rng(1)).unwrap()))
    };
    let first = lookup(&config).forward(state.clone(), &Masks::none()).unwrap();
    let second = lookup(&turned).forward(swap(&state), &Masks::none()).unwrap();
    assert_close(&numbers(&swap(&second)), &numbers(&first), 1e-13);
}

#[test]
fn dropout_is_of_the_weights_that_read_and_only_in_training() {
    let config = HopfieldConfig::of(6).with_dropout(0.5).with_update_steps_max(PerHead::Same(1));
    let still = strong(&config);
    let input = random([1, 200, 6], 9);
    let p = still.association_matrix(input.clone(), &Masks::none()).unwrap();
    let without = strong(&config.clone().with_dropout(0.0)).forward(input.clone(), &Masks::none()).unwrap();
    assert_eq!(numbers(&still.forward(input.clone(), &Masks::none()).unwrap()), numbers(&without));
    let training = still.train();
    let dropped = training.forward(input.clone(), &Masks::none()).unwrap();
    assert!(numbers(&dropped) != numbers(&without));
    // The states and the matrix are those without dropout.
    let tracked = training.association_matrix(input.clone(), &Masks::none()).unwrap();
    assert_close(&numbers(&tracked), &numbers(&p), 1e-13);
    assert_eq!(numbers(&training.valid().forward(input, &Masks::none()).unwrap()), numbers(&without));
}

#[test]
fn learned_patterns_can_be_fixed() {
    let state = random([N, L, 6], 10);
    for (trainable, targets) in [(true, false), (false, true), (false, false)] {
        let config = HopfieldLayerConfig::new(HopfieldConfig::of(6).with_pattern_projection_size(Some(4)))
            .with_quantity(3)
            .with_lookup_weights_as_separated(true)
            .with_trainable(trainable)
            .with_lookup_targets_as_trainable(targets);
        let layer = in_f64(config.init(&device(), &mut rng(1)).unwrap()).train();
        let patterns = [random::<2>([3, 6], 11), random::<2>([3, 4], 12)];
        let layer = layer.remembering(patterns[0].clone(), Some(patterns[1].clone())).unwrap();
        assert_eq!(numbers(&layer.lookup_weights.val()), numbers(&patterns[0]));
        assert_eq!(numbers(&layer.target_weights.as_ref().unwrap().val()), numbers(&patterns[1]));
        let gradients = weighted(layer.forward(state.clone(), &Masks::none()).unwrap()).backward();
        let silent = without_gradient(&layer, &gradients);
        assert_eq!(silent.contains(&"lookup_weights".to_owned()), !trainable);
        assert_eq!(silent.contains(&"target_weights".to_owned()), !targets);
    }
    let plain = HopfieldLayerConfig::new(HopfieldConfig::of(6)).with_quantity(3);
    let plain = plain.init(&device(), &mut rng(1)).unwrap();
    let error = plain.clone().remembering(random([3, 6], 1), Some(random([3, 6], 1))).unwrap_err();
    assert!(error.to_string().starts_with("lookup_weights_as_separated: "));
    let error = plain.remembering(random([2, 6], 1), None).unwrap_err().to_string();
    assert_eq!(error, "lookup_weights: expected the shape [3, 6], found [2, 6]");
}

#[test]
fn pooling_reads_values_apart_from_stored_patterns() {
    let hopfield = HopfieldConfig::of(6).with_num_heads(2).with_pattern_projection_size(Some(4));
    let config = HopfieldPoolingConfig::new(hopfield).with_quantity(2).with_trainable(false);
    let pooling = stronger(in_f64(config.init(&device(), &mut rng(1)).unwrap())).train();
    let bags = || Stored { stored: random([N, S, 6], 13), values: random([N, S, 4], 14) };
    assert_eq!(pooling.association_matrix(bags(), &Masks::none()).unwrap().dims(), [N, 2, 2, S]);
    assert_eq!(pooling.projected_patterns(bags(), &Masks::none()).unwrap().dims(), [N, 2, S, 3]);
    let gradients = weighted(pooling.forward(bags(), &Masks::none()).unwrap()).backward();
    assert_eq!(without_gradient(&pooling, &gradients), ["pooling_weights"]);
}

#[test]
fn activations_and_separations_are_those_named() {
    let input = random([N, L, 6], 15);
    let plain = numbers(&strong(&HopfieldConfig::of(6)).forward(input.clone(), &Masks::none()).unwrap());
    let activations: [(Activation, Function); 5] = [
        (Activation::Relu, |x| x.max(0.0)),
        (Activation::LeakyRelu(0.25), |x| if x < 0.0 { 0.25 * x } else { x }),
        (Activation::Sigmoid, |x| 1.0 / (1.0 + (-x).exp())),
        (Activation::Tanh, f64::tanh),
        (Activation::Selu, |x| {
            let (scale, alpha) = (1.0507009873554805, 1.6732632423543772);
            scale * if x > 0.0 { x } else { alpha * (x.exp() - 1.0) }
        }),
    ];
    for (activation, function) in activations {
        let layer = strong(&HopfieldConfig::of(6).with_association_activation(Some(activation)));
        let expected: Vec<f64> = plain.iter().map(|&x| function(x)).collect();
        assert_close(&numbers(&layer.forward(input.clone(), &Masks::none()).unwrap()), &expected, 1e-7);
    }
    let rows = |separation| {
        let config =
            HopfieldConfig::of(6).with_separation(separation).with_scaling(Some(PerHead::Same(0.05)));
        let p = strong(&config).association_matrix(input.clone(), &Masks::none()).unwrap();
        numbers(&p).chunks_exact(L).map(<[f64]>::to_vec).collect::<Vec<_>>()
    };
    let mut seen = Vec::new();
    for separation in [
        SeparationConfig::Softmax,
        SeparationConfig::Softmax1,
        SeparationConfig::Sparsemax,
        SeparationConfig::Entmax(1.5),
        SeparationConfig::TopK(2),
    ] {
        let rows = rows(separation);
        for row in &rows {
            let sum: f64 = row.iter().sum();
            assert_eq!(sum < 1.0 - 1e-3, separation == SeparationConfig::Softmax1, "{separation:?}");
            let zeros = row.iter().filter(|&&p| p == 0.0).count();
            assert!(separation != SeparationConfig::TopK(2) || zeros == L - 2);
        }
        assert!(!seen.contains(&rows), "{separation:?}");
        seen.push(rows);
    }
    // A learned alpha starts where it was told to.
    let learned = rows(SeparationConfig::EntmaxTrainable(1.5)).concat();
    assert_close(&learned, &rows(SeparationConfig::Entmax(1.5)).concat(), 1e-6);
}

#[test]
fn weights_go_through_a_file_whatever_the_options() {
    let of = || HopfieldConfig::of(6).with_num_heads(2);
    let configs = [
        of(),
        of().with_input_bias(false),
        of().with_pattern_size(Some(4)).with_concat_bias_pattern(true),
        of().with_normalize_hopfield_space(Normalise::Affine(1e-5))
            .with_pattern_projection_as_connected(true),
        of().with_hidden_size(Some(6)).with_pattern_projection_as_static(true),
        of().with_hidden_size(Some(5)).with_stored_pattern_as_static(true).with_state_pattern_as_static(true),
        of().with_separation(SeparationConfig::EntmaxTrainable(1.25)).with_scaling_as_trainable(true),
        HopfieldConfig::retrieval().with_scaling(Some(PerHead::Same(3.0))),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (i, config) in configs.iter().enumerate() {
        let path = folder.path().join(format!("{i}.safetensors"));
        let one = stronger(config.init(&device(), &mut rng(1)).unwrap());
        one.state_dict().unwrap().write(&path).unwrap();
        let other = HopfieldConfig { scaling: None, ..config.clone() }.init(&device(), &mut rng(2)).unwrap();
        let other = other.with_state_dict(&StateDict::read(&path).unwrap()).unwrap();
        assert_eq!(other.state_dict().unwrap(), one.state_dict().unwrap());
        let wide = Tensor::<3>::ones([N, L, if config.hidden_size == Some(5) { 5 } else { 6 }], &device());
        let value = Tensor::<3>::ones([N, L, 6], &device());
        let [a, b] = [&one, &other]
            .map(|layer| layer.forward((wide.clone(), wide.clone(), value.clone()), &Masks::none()).unwrap());
        assert_eq!(numbers(&a), numbers(&b));
        // What is learned is still learned, and nothing else.
        let trained = other.train();
        if let Some(weight) = trained.state_dict().unwrap().shapes().next() {
            assert!(!weight.1.is_empty());
            let output = trained.forward((wide.clone(), wide, value), &Masks::none()).unwrap();
            assert_eq!(
                as_gradients(&trained, &output.sum().backward()).state_dict().unwrap().shapes().count(),
                one.state_dict().unwrap().shapes().count()
            );
        }
    }
}

#[test]
fn the_unused_tail_of_the_biases_is_written_and_ignored() {
    let config = HopfieldConfig::of(6).with_pattern_projection_as_static(true);
    let layer = config.init(&device(), &mut rng(1)).unwrap();
    let dict = layer.state_dict().unwrap();
    // Rows of query and key in the weight; of the values too in the bias.
    let shapes: Vec<_> = dict.shapes().filter(|(name, _)| name.contains("in_proj")).collect();
    assert_eq!(
        shapes,
        [("association_core.in_proj_bias", &[18][..]), ("association_core.in_proj_weight", &[12, 6][..])]
    );
}

#[test]
fn a_tensor_without_numbers_is_as_good_as_none() {
    let config = HopfieldConfig::of(6).with_pattern_size(Some(4));
    let layer = config.init(&device(), &mut rng(1)).unwrap();
    let dict = layer.state_dict().unwrap();
    let numbers: Vec<(String, Vec<usize>, Vec<f64>)> = dict
        .shapes()
        .map(|(name, shape)| (name.to_owned(), shape.to_vec(), dict.numbers(name).unwrap().to_vec()))
        .chain([("association_core.in_proj_weight".to_owned(), vec![0, 6], Vec::new())])
        .collect();
    assert!(numbers.iter().any(|(name, ..)| name == "association_core.q_proj_weight"));
    let bytes: Vec<Vec<u8>> = numbers
        .iter()
        .map(|(.., numbers)| numbers.iter().flat_map(|&x| (x as f32).to_le_bytes()).collect())
        .collect();
    let views = numbers
        .iter()
        .zip(&bytes)
        .map(|((name, shape, _), bytes)| (name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    let file = safetensors::serialize(views, None).unwrap();
    let other = config.init(&device(), &mut rng(2)).unwrap();
    let read = other.with_state_dict(&StateDict::from_bytes(&file).unwrap()).unwrap();
    let name = "association_core.q_proj_weight";
    assert_eq!(read.state_dict().unwrap().numbers(name), dict.numbers(name));
}

#[test]
fn weights_of_another_layer_are_refused_with_all_their_names() {
    let layer = |config: HopfieldConfig| config.init(&device(), &mut rng(1)).unwrap();
    let dict =
        layer(HopfieldConfig::of(4).with_normalize_state_pattern(Normalise::Off)).state_dict().unwrap();
    let other = HopfieldConfig::of(4)
        .with_output_size(Some(5))
        .with_normalize_stored_pattern(Normalise::Off)
        .with_concat_bias_pattern(true);
    let error = layer(other).with_state_dict(&dict).unwrap_err().to_string();
    assert_eq!(
        error,
        "weights do not fit the layer: missing [association_core.bias_k [1, 1, 4], association_core.bias_v \
         [1, 1, 4], norm_state_pattern.bias [4], norm_state_pattern.weight [4]]; unexpected \
         [norm_stored_pattern.bias [4], norm_stored_pattern.weight [4]]; of another shape \
         [association_core.out_proj.bias: expected [5], found [4], association_core.out_proj.weight: expected \
         [5, 4], found [4, 4]]"
    );
    let heads = layer(HopfieldConfig::of(4).with_num_heads(2).with_normalize_state_pattern(Normalise::Off));
    let error = heads.with_state_dict(&dict).unwrap_err().to_string();
    assert!(error.contains("metadata log_beta: expected [2], found [1]"), "{error}");
}

#[test]
fn files_that_are_none_are_refused() {
    let missing = StateDict::read("/nowhere/at/all.safetensors").unwrap_err().to_string();
    assert!(missing.starts_with("/nowhere/at/all.safetensors: "), "{missing}");
    assert!(StateDict::from_bytes(b"none").is_err());
    let whole = HopfieldConfig::of(4).init(&device(), &mut rng(1)).unwrap().state_dict().unwrap();
    let bytes = whole.to_bytes().unwrap();
    for cut in [0, 7, 8, 100, bytes.len() - 1] {
        assert!(StateDict::from_bytes(&bytes[..cut]).is_err(), "{cut}");
    }
}

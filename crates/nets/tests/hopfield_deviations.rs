//! Where the layer behaves differently from `ml-jku/hopfield-layers` 1.0.2; `docs/deviations.md` says why.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod common;

use attractor_nets::hopfield::{
    AssociationMask, Exchange, HopfieldConfig, HopfieldPoolingConfig, Masks, Normalise, PerHead, Roles,
};
use burn::module::Module;
use burn::tensor::{Bool, DType, Tensor, TensorData};
use common::layer::{dict, element, in_f64, layer, log_beta, strong, stronger, without_gradient};
use common::{assert_close, device, numbers, random, rng, weighted};

const N: usize = 3;
const L: usize = 5;
const S: usize = 7;

fn flags<const D: usize>(flags: Vec<bool>, dims: [usize; D]) -> Tensor<D, Bool> {
    Tensor::from_data(TensorData::new(flags, dims), &device())
}

#[test]
fn d01_each_head_has_its_own_beta() {
    // Three heads, which do not divide the depth of five.
    let (heads, hidden, size) = (3, 5, 4);
    let betas = [0.25, 1.0, 4.0];
    let config = |heads: usize, betas: &[f64]| {
        HopfieldConfig::of(size)
            .with_num_heads(heads)
            .with_hidden_size(Some(hidden))
            .with_scaling(Some(PerHead::Each(betas.to_vec())))
            .with_update_steps_max(PerHead::Same(2))
            .with_disable_out_projection(true)
            .with_normalize_stored_pattern(Normalise::Off)
            .with_normalize_state_pattern(Normalise::Off)
            .with_normalize_pattern_projection(Normalise::Off)
    };
    let all = strong(&config(heads, &betas));
    let weights = all.state_dict().unwrap();
    let input = random([N, L, size], 1);
    let together = all.forward(input.clone(), &Masks::none()).unwrap();
    let (name, bias_name) = ("association_core.in_proj_weight", "association_core.in_proj_bias");
    for head in 0..heads {
        let of_head = |numbers: &[f64], width: usize| -> Vec<f64> {
            let rows = |part: usize| {
                (part * heads + head) * hidden * width..(part * heads + head + 1) * hidden * width
            };
            (0..3).flat_map(|part| numbers[rows(part)].to_vec()).collect()
        };
        let own = [
            (name, vec![3 * hidden, size], of_head(weights.numbers(name).unwrap(), size)),
            (bias_name, vec![3 * hidden], of_head(weights.numbers(bias_name).unwrap(), 1)),
        ];
        let own = dict(&own, ("log_beta", &[log_beta(&weights)[head]]));
        let single = layer(&config(1, &betas[head..=head])).with_state_dict(&own).unwrap();
        let alone = single.forward(input.clone(), &Masks::none()).unwrap();
        let part = together.clone().narrow(2, head * hidden, hidden);
        assert_close(&numbers(&part), &numbers(&alone), 1e-13);
    }
}

#[test]
fn d02_static_patterns_do_not_mix_batch_elements() {
    let size = 6;
    for which in 0..3 {
        let config = HopfieldConfig::of(size)
            .with_num_heads(2)
            .with_hidden_size(Some(size))
            .with_stored_pattern_as_static(which == 0)
            .with_state_pattern_as_static(which == 1)
            .with_pattern_projection_as_static(which == 2);
        let layer = strong(&config);
        let roles = Roles {
            stored: random([N, S, size], 2),
            state: random([N, L, size], 3),
            values: random([N, S, size], 4),
        };
        let padding = random([N, S], 5).greater_elem(0.3);
        let all = layer.forward(roles.clone(), &Masks::padding(padding.clone())).unwrap();
        for n in 0..N {
            let one = |tensor: &Tensor<3>| tensor.clone().narrow(0, n, 1);
            let alone =
                Roles { stored: one(&roles.stored), state: one(&roles.state), values: one(&roles.values) };
            let masks = Masks::padding(padding.clone().narrow(0, n, 1));
            assert_close(&numbers(&layer.forward(alone, &masks).unwrap()), &element(&all, n), 1e-13);
        }
    }
}

#[test]
fn d03_the_learned_pattern_is_read_and_learns_with_static_sides_too() {
    let size = 6;
    for fixed in [false, true] {
        let config = HopfieldConfig::of(size)
            .with_num_heads(2)
            .with_hidden_size(Some(size))
            .with_pattern_size(Some(5))
            .with_stored_pattern_as_static(fixed)
            .with_concat_bias_pattern(true);
        let layer = strong(&config).train();
        let shapes: Vec<_> =
            layer.state_dict().unwrap().shapes().map(|(n, s)| (n.to_owned(), s.to_vec())).collect();
        assert!(shapes.contains(&("association_core.bias_k".into(), vec![1, 1, 12])));
        assert!(shapes.contains(&("association_core.bias_v".into(), vec![1, 1, 10])));
        // With every pattern masked it is all there is.
        let masks = Masks::association(AssociationMask::Forbid(flags(vec![true; L * S], [L, S])));
        let roles = Roles {
            stored: random([N, S, size], 6),
            state: random([N, L, size], 7),
            values: random([N, S, size], 8),
        };
        let p = numbers(&layer.association_matrix(roles.clone(), &masks).unwrap());
        assert!(p.chunks_exact(S + 1).all(|row| row[S] == 1.0 && row[..S].iter().all(|&p| p == 0.0)));
        let gradients = weighted(layer.forward(roles, &Masks::none()).unwrap()).backward();
        assert_eq!(without_gradient(&layer, &gradients), Vec::<String>::new());
    }
}

#[test]
fn d04_a_query_stops_for_itself_at_a_limit_and_says_so() {
    let config = HopfieldConfig::of(6)
        .with_scaling(Some(PerHead::Same(2.0)))
        .with_update_steps_max(PerHead::Same(50))
        .with_update_steps_eps(Some(PerHead::Same(1e-6)));
    let layer = strong(&config);
    let input = random([N, L, 6], 9);
    let all = layer.retrieve(input.clone(), &Masks::none()).unwrap();
    let steps = all.progress.unwrap().steps.try_into_vec_as::<i64>().unwrap();
    assert!(steps.iter().max() > steps.iter().min(), "{steps:?}");
    // One state alone: fewer states of other elements, and a shorter sequence.
    let alone = Roles { stored: input.clone(), state: input.clone().narrow(1, 0, 1), values: input.clone() };
    let alone = Roles {
        stored: alone.stored.narrow(0, 0, 1),
        state: alone.state.narrow(0, 0, 1),
        values: alone.values.narrow(0, 0, 1),
    };
    let one = layer.retrieve(alone, &Masks::none()).unwrap();
    assert_close(&numbers(&one.output), &numbers(&all.output.narrow(0, 0, 1).narrow(1, 0, 1)), 1e-13);
    assert_eq!(one.progress.unwrap().steps.try_into_vec_as::<i64>().unwrap(), steps[..1]);
    let short = strong(&config.with_update_steps_max(PerHead::Same(1)));
    let progress = short.retrieve(input, &Masks::none()).unwrap().progress.unwrap();
    assert!(progress.converged.try_into_vec_as::<bool>().unwrap().contains(&false));
}

#[test]
fn d05_the_space_of_the_association_is_normalised_without_hidden_size() {
    let config =
        HopfieldConfig::of(6).with_num_heads(2).with_normalize_hopfield_space(Normalise::Affine(1e-5));
    let layer = strong(&config);
    let shapes = layer.state_dict().unwrap();
    assert_eq!(shapes.numbers("association_core.p_norm_weight").unwrap().len(), 3);
    let retrieval = layer.retrieve(random([N, L, 6], 10), &Masks::none()).unwrap();
    // No update: the states are the normalised projections, of mean 0 and variance 1.
    for state in numbers(&retrieval.states).chunks_exact(3) {
        assert!(state.iter().sum::<f64>().abs() < 1e-12);
        // The variance of a projection is not large beside the 1e-5 that is added to it.
        let variance = state.iter().map(|x| x * x).sum::<f64>() / 3.0;
        assert!((variance - 1.0).abs() < 0.05, "{variance}");
    }
}

#[test]
fn d06_a_row_that_is_masked_altogether_reads_zeros() {
    let config = HopfieldConfig::of(6).with_num_heads(2).with_update_steps_max(PerHead::Same(3));
    let layer = strong(&config);
    let mask = |row: usize| (0..L * L).map(|i| i / L == row).collect::<Vec<_>>();
    let input = random([N, L, 6], 11);
    let output = layer
        .forward(input.clone(), &Masks::association(AssociationMask::Forbid(flags(mask(2), [L, L]))))
        .unwrap();
    let bias = layer.state_dict().unwrap().numbers("association_core.out_proj.bias").unwrap().to_vec();
    let free = numbers(&layer.forward(input.clone(), &Masks::none()).unwrap());
    for (row, (found, free)) in numbers(&output).chunks_exact(6).zip(free.chunks_exact(6)).enumerate() {
        let expected = if row % L == 2 { &bias[..] } else { free };
        assert_close(found, expected, 1e-13);
    }
    // Numbers of any type are taken, and minus infinity forbids.
    for dtype in [DType::F32, DType::BF16, DType::F64] {
        let infinite =
            mask(2).into_iter().map(|masked| if masked { f64::NEG_INFINITY } else { 0.0 }).collect();
        let mask = common::tensor::<2>(infinite, [L, L]).cast(dtype);
        let same = layer.forward(input.clone(), &Masks::association(AssociationMask::Add(mask))).unwrap();
        assert_eq!(numbers(&same), numbers(&output), "{dtype:?}");
    }
    let trained = layer.train();
    let masks = Masks::association(AssociationMask::Forbid(flags(mask(2), [L, L])));
    let gradients = weighted(trained.forward(input, &masks).unwrap()).backward();
    let gradients = common::layer::as_gradients(&trained, &gradients).state_dict().unwrap();
    let finite = |name| gradients.numbers(name).unwrap().iter().all(|g| g.is_finite());
    assert!(gradients.shapes().all(|(name, _)| finite(name)));
}

#[test]
fn d07_beta_is_learned_and_saved() {
    let config = HopfieldConfig::of(6)
        .with_num_heads(2)
        .with_scaling(Some(PerHead::Each(vec![0.5, 8.0])))
        .with_scaling_as_trainable(true);
    let taught = layer(&config).train();
    let output = taught.forward(random([N, L, 6], 12), &Masks::none()).unwrap();
    let gradients = common::layer::as_gradients(&taught, &weighted(output).backward());
    assert!(log_beta(&gradients.state_dict().unwrap()).iter().all(|&g| g != 0.0));
    // Through the file, and through Burn's own record.
    let other = || layer(&HopfieldConfig { scaling: None, ..config.clone() });
    let saved = taught.state_dict().unwrap().to_bytes().unwrap();
    let saved = attractor_nets::hopfield::StateDict::from_bytes(&saved).unwrap();
    assert_eq!(numbers(&other().with_state_dict(&saved).unwrap().beta()), numbers(&taught.beta()));
    let record = taught.clone().valid().into_record();
    assert_eq!(numbers(&other().load_record(record).beta()), numbers(&taught.beta()));
    // Fixed unless asked for.
    let fixed = layer(&config.with_scaling_as_trainable(false)).train();
    let output = fixed.forward(random([N, L, 6], 12), &Masks::none()).unwrap();
    let gradients = common::layer::as_gradients(&fixed, &weighted(output).backward());
    assert_eq!(log_beta(&gradients.state_dict().unwrap()), [0.0, 0.0]);
}

#[test]
fn d08_projected_patterns_are_given_whatever_comes_in() {
    let config = HopfieldConfig::of(6).with_num_heads(2).with_output_size(Some(6)).with_pattern_size(Some(6));
    let layer = strong(&config);
    let input = random([N, S, 6], 13).autodiff().require_grad();
    let read = layer.projected_patterns(input.clone(), &Masks::none()).unwrap();
    let p = layer.association_matrix(input.clone(), &Masks::none()).unwrap();
    assert_eq!(read.dims(), [N, 2, S, 6]);
    assert!(!read.is_tracked() && !p.is_tracked());
    // They are what the weights read.
    let heads = p.matmul(read).swap_dims(1, 2).reshape([N, S, 12]);
    let wide = layer.retrieve(input, &Masks::none()).unwrap().output;
    let projected = layer.state_dict().unwrap();
    let (weight, bias) = (
        projected.numbers("association_core.out_proj.weight").unwrap(),
        projected.numbers("association_core.out_proj.bias").unwrap(),
    );
    let weight = common::tensor::<2>(weight.to_vec(), [6, 12]).transpose().unsqueeze::<3>();
    let by_hand = heads.matmul(weight) + common::tensor::<1>(bias.to_vec(), [6]).unsqueeze::<3>();
    assert_close(&numbers(&by_hand), &numbers(&wide), 1e-12);
}

#[test]
fn d09_one_tensor_in_all_roles_trains_all_normalisations_at_once() {
    let layer = layer(&HopfieldConfig::of(6).with_num_heads(2)).train();
    let output = layer.forward(random([N, L, 6], 14), &Masks::none()).unwrap();
    let gradients = common::layer::as_gradients(&layer, &weighted(output).backward()).state_dict().unwrap();
    let roles = ["norm_stored_pattern", "norm_state_pattern", "norm_pattern_projection"];
    let of = |role: &str| gradients.numbers(&format!("{role}.weight")).unwrap().to_vec();
    for role in roles {
        assert!(of(role).iter().all(|&g| g != 0.0), "{role}");
    }
    // Each has its own: no path is counted for another.
    assert!(of(roles[0]) != of(roles[1]) && of(roles[1]) != of(roles[2]));
    // Equal numbers in different tensors are the same computation.
    let copy = || random([N, L, 6], 14);
    let apart = layer.forward((copy(), copy(), copy()), &Masks::none()).unwrap();
    let apart = common::layer::as_gradients(&layer, &weighted(apart).backward()).state_dict().unwrap();
    for role in roles {
        assert_eq!(apart.numbers(&format!("{role}.weight")).unwrap(), of(role), "{role}");
    }
}

#[test]
fn d10_pooling_has_static_states_as_deep_as_the_association() {
    let hopfield =
        HopfieldConfig::of(6).with_num_heads(2).with_hidden_size(Some(5)).with_state_pattern_as_static(true);
    let config = HopfieldPoolingConfig::new(hopfield).with_quantity(4);
    let pooling = stronger(in_f64(config.init(&device(), &mut rng(1)).unwrap())).train();
    assert_eq!(pooling.pooling_weights.dims(), [1, 4, 5]);
    let output = pooling.forward(random([N, S, 6], 15), &Masks::none()).unwrap();
    assert_eq!(output.dims(), [N, 24]);
    let gradients = weighted(output).backward();
    assert_eq!(without_gradient(&pooling, &gradients), Vec::<String>::new());
}

#[test]
fn d13_an_activation_that_is_not_known_is_refused() {
    let json = HopfieldConfig::of(6).to_string();
    assert!(json.contains("\"association_activation\": null"));
    let named = |name: &str| {
        let json = json
            .replace("\"association_activation\": null", &format!("\"association_activation\": \"{name}\""));
        serde_json::from_str::<HopfieldConfig>(&json)
    };
    assert!(named("tanh").is_ok());
    assert!(named("tahn").unwrap_err().to_string().contains("unknown variant `tahn`"));
}

#[test]
fn d14_the_output_size_is_that_of_the_output() {
    let layer = layer(
        &HopfieldConfig::of(6).with_pattern_size(Some(5)).with_num_heads(3).with_disable_out_projection(true),
    );
    assert_eq!(layer.output_size(), Some(15));
    assert_eq!(layer.forward(random([N, L, 6], 16), &Masks::none()).unwrap().dims(), [N, L, 15]);
}

//! Published numbers: computed once in f64 from the equations, outside of this code.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod common;

use attractor_nets::hopfield::{Exchange, HopfieldConfig, Masks, PerHead, Roles, StateDict};
use burn::tensor::Tensor;
use common::layer::{dict, layer};
use common::{assert_close, numbers, tensor};

const N: usize = 2;
const L: usize = 2;
const S: usize = 3;
const E: usize = 4;

fn grid<const D: usize>(dims: [usize; D], entry: impl Fn(f64) -> f64) -> Tensor<D> {
    tensor((0..dims.iter().product()).map(|i: usize| entry(i as f64)).collect(), dims)
}

fn roles() -> Roles {
    // Row-major: 8 n + 4 l + e and 12 n + 4 s + e are the positions.
    let state = grid([N, L, E], |i| (1.0 + i).sin());
    let stored = grid([N, S, E], |i| (2.0 + i).cos());
    Roles { stored: stored.clone(), state, values: stored }
}

fn weights() -> StateDict {
    let list = |count: usize, entry: fn(f64) -> f64| (0..count).map(|i| entry(i as f64)).collect::<Vec<_>>();
    let mut entries = vec![
        ("association_core.in_proj_weight", vec![18, 4], list(72, |i| 0.5 * (1.0 + 0.7 * i).sin())),
        ("association_core.in_proj_bias", vec![18], list(18, |i| 0.05 * i.cos())),
        ("association_core.out_proj.weight", vec![4, 6], list(24, |i| 0.5 * (1.0 + 0.3 * i).cos())),
        ("association_core.out_proj.bias", vec![4], list(4, |i| 0.01 * i)),
    ];
    for name in ["norm_stored_pattern", "norm_state_pattern", "norm_pattern_projection"] {
        let name = |part| -> &'static str { format!("{name}.{part}").leak() };
        entries.push((name("weight"), vec![4], vec![1.0; 4]));
        entries.push((name("bias"), vec![4], vec![0.0; 4]));
    }
    dict(&entries, ("log_beta", &[0.5f64.ln(); 2]))
}

fn config(steps: usize) -> HopfieldConfig {
    HopfieldConfig::of(E)
        .with_hidden_size(Some(3))
        .with_num_heads(2)
        .with_scaling(Some(PerHead::Same(0.5)))
        .with_update_steps_max(PerHead::Same(steps))
}

fn row<const D: usize>(tensor: &Tensor<D>, row: usize) -> Vec<f64> {
    let depth = tensor.dims()[D - 1];
    numbers(tensor)[row * depth..][..depth].to_vec()
}

/// The numbers are given to ten digits.
const DIGITS: f64 = 6e-11;

#[test]
fn weights_and_outputs_are_the_published_ones() {
    /// Update steps, rows of weights, rows of the output.
    type Published = (usize, [[f64; 3]; 2], [[f64; 4]; 2]);
    let published: [Published; 3] = [
        (
            0,
            [[0.380585551, 0.1417932523, 0.4776211966], [0.2061064207, 0.4541998676, 0.3396937117]],
            [
                [0.0434249975, 0.1912344723, -0.105778701, -0.0940801036],
                [0.0680713886, 0.1919411818, -0.1307462238, -0.0834414662],
            ],
        ),
        (
            1,
            [[0.4005673538, 0.0524561441, 0.5469765021], [0.333755109, 0.3302255589, 0.3360193322]],
            [
                [-0.0186519955, 0.1850001922, -0.040868825, -0.1173411431],
                [0.0551211421, 0.2203839073, -0.130720471, -0.1118958938],
            ],
        ),
        (
            3,
            [[0.3845867574, 0.0228626267, 0.5925506159], [0.3634062305, 0.2876624418, 0.3489313277]],
            [
                [-0.0421058718, 0.1863920934, -0.0180474345, -0.1291031798],
                [0.0454818018, 0.2826022914, -0.1493534251, -0.1656473856],
            ],
        ),
    ];
    for (steps, association, output) in published {
        let layer = layer(&config(steps)).with_state_dict(&weights()).unwrap();
        let p = layer.association_matrix(roles(), &Masks::none()).unwrap();
        assert_eq!(p.dims(), [N, 2, L, S]);
        assert_close(&row(&p, 0), &association[0], DIGITS);
        assert_close(&row(&p, L), &association[1], DIGITS);
        let out = layer.forward(roles(), &Masks::none()).unwrap();
        assert_eq!(out.dims(), [N, L, E]);
        assert_close(&row(&out, 0), &output[0], DIGITS);
        assert_close(&row(&out, 3), &output[1], DIGITS);
    }
}

#[test]
fn so_is_the_zero_association() {
    let layer = layer(&config(0).with_add_zero_association(true)).with_state_dict(&weights()).unwrap();
    let p = layer.association_matrix(roles(), &Masks::none()).unwrap();
    assert_close(&row(&p, 0), &[0.3023149467, 0.1126322831, 0.3793943996, 0.2056583706], DIGITS);
    let out = layer.forward(roles(), &Masks::none()).unwrap();
    assert_close(&row(&out, 0), &[0.0331756015, 0.1522415863, -0.0778107742, -0.0677959608], DIGITS);
}

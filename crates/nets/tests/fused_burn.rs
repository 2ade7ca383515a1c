//! The fused association as an operation of Burn, against Burn's own operations and its differentiation of them.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use attractor_nets::Error;
use attractor_nets::fused::{Mask, Updates, associate};
use burn::tensor::activation::softmax;
use burn::tensor::{Bool, DType, Device, Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SHAPE: [usize; 6] = [2, 3, 5, 21, 7, 4];

fn device() -> Device {
    Device::flex().autodiff()
}

fn random<const D: usize>(shape: [usize; D], seed: u64) -> Tensor<D> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let floats: Vec<f32> = (0..shape.iter().product()).map(|_| rng.random_range(-1.0..1.0)).collect();
    Tensor::from_data(TensorData::new(floats, shape), &device())
}

fn draw<const D: usize>(shape: [usize; D], seed: u64) -> Tensor<D, Bool> {
    random(shape, seed).lower_elem(-0.3)
}

struct Leaves {
    queries: Tensor<4>,
    patterns: Tensor<4>,
    values: Tensor<4>,
    betas: Tensor<1>,
    slopes: Tensor<4>,
}

impl Leaves {
    fn new() -> Self {
        let [n, h, l, s, c, cv] = SHAPE;
        Self {
            queries: random([n, h, l, c], 1).require_grad(),
            patterns: random([n, h, s, c], 2).require_grad(),
            values: random([n, h, s, cv], 3).require_grad(),
            betas: random([h], 4).add_scalar(2.0).detach().require_grad(),
            slopes: random([n, h, l, cv], 5),
        }
    }

    /// The output, then the gradients by all leaves.
    fn run(&self, operation: impl Fn(&Self) -> Tensor<4>) -> Vec<Vec<f32>> {
        let output = operation(self);
        let list = |tensor: Tensor<4>| tensor.try_into_vec_as::<f32>().unwrap();
        let mut all = vec![list(output.clone().without_autodiff())];
        let gradients = (output * self.slopes.clone()).sum().backward();
        all.extend(
            [&self.queries, &self.patterns, &self.values].map(|leaf| list(leaf.grad(&gradients).unwrap())),
        );
        all.push(self.betas.grad(&gradients).unwrap().try_into_vec_as::<f32>().unwrap());
        all
    }
}

/// The formula in Burn's own operations; `terms` broadcasts to the scores.
fn plain(leaves: &Leaves, count: usize, terms: Option<&Tensor<4>>) -> Tensor<4> {
    let betas: Tensor<4> = leaves.betas.clone().reshape([1, SHAPE[1] as i32, 1, 1]);
    let weights = |q: Tensor<4>| {
        let scores = q.matmul(leaves.patterns.clone().swap_dims(2, 3)) * betas.clone();
        softmax(
            match terms {
                Some(terms) => scores + terms.clone(),
                None => scores,
            },
            3,
        )
    };
    let mut state = leaves.queries.clone();
    for _ in 0..count {
        state = weights(state).matmul(leaves.patterns.clone());
    }
    weights(state).matmul(leaves.values.clone())
}

fn ours(leaves: &Leaves, count: usize, mask: Option<Mask>, padding: Option<Tensor<2, Bool>>) -> Tensor<4> {
    let Leaves { queries, patterns, values, betas, .. } = leaves;
    let (q, k, v, betas) = (queries.clone(), patterns.clone(), values.clone(), betas.clone());
    associate(q, k, v, betas, mask, padding, Updates::Unrolled(count)).unwrap()
}

fn assert_close(ours: &[Vec<f32>], theirs: &[Vec<f32>], what: &str) {
    for (i, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        assert_eq!(ours.len(), theirs.len());
        let largest = theirs.iter().fold(0.0f32, |m, x| m.max(x.abs()));
        let off = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(off <= 1e-5 * largest, "{what}, part {i}: off by {off} of {largest}");
    }
}

#[test]
fn outputs_and_gradients_are_those_of_burn() {
    let leaves = Leaves::new();
    for count in [0, 1, 3] {
        let theirs = leaves.run(|leaves| plain(leaves, count, None));
        assert_close(
            &leaves.run(|leaves| ours(leaves, count, None, None)),
            &theirs,
            &format!("{count} updates"),
        );
        let fewer = leaves.run(|leaves| ours(leaves, count + 1, None, None));
        let apart = fewer[1].iter().zip(&theirs[1]).any(|(a, b)| (a - b).abs() > 1e-3);
        assert!(apart, "another number of updates has other gradients");
    }
}

#[test]
fn masks_are_terms_of_the_scores() {
    let [n, h, l, s, ..] = SHAPE;
    let leaves = Leaves::new();
    let forbid = |mask: Tensor<4, Bool>| Tensor::<4>::zeros(mask.dims(), &device()).mask_fill(mask, -1e30);
    let (shared, each) = (draw([l, s], 6), draw([n, h, l, s], 7));
    let (added, added_each) = (random([l, s], 8), random([1, h, l, s], 9));
    let padding = draw([n, s], 10);
    let wide: Tensor<4, Bool> = padding.clone().reshape([n, 1, 1, s]).expand([n, h, l, s]);
    for (what, mask, terms) in [
        ("forbidden", Mask::Forbidden(shared.clone()), forbid(shared.unsqueeze())),
        ("forbidden each", Mask::ForbiddenEach(each.clone()), forbid(each)),
        ("added", Mask::Added(added.clone()), added.unsqueeze()),
        ("added each", Mask::AddedEach(added_each.clone()), added_each),
    ] {
        let theirs = leaves.run(|leaves| plain(leaves, 2, Some(&terms)));
        assert_close(&leaves.run(|leaves| ours(leaves, 2, Some(mask.clone()), None)), &theirs, what);
        let both = terms + forbid(wide.clone());
        let theirs = leaves.run(|leaves| plain(leaves, 1, Some(&both)));
        let padded = leaves.run(|leaves| ours(leaves, 1, Some(mask.clone()), Some(padding.clone())));
        assert_close(&padded, &theirs, &format!("{what}, padded"));
    }
}

#[test]
fn swapped_flipped_and_shared_tensors_need_no_copies_by_the_caller() {
    let [n, h, l, s, c, cv] = SHAPE;
    let rows = random([n, l, h, c], 11).require_grad();
    let patterns = random([1, h, s, c], 12).require_grad();
    let values = random([n, h, s, cv], 13).require_grad();
    let betas = random([h], 14).add_scalar(2.0).detach().require_grad();
    let slopes = random([n, h, l, cv], 15);
    let leaves = || Leaves {
        queries: rows.clone().swap_dims(1, 2),
        patterns: patterns.clone().expand([n, h, s, c]),
        values: values.clone().flip([2]),
        betas: betas.clone(),
        slopes: slopes.clone(),
    };
    let run = |operation: &dyn Fn(&Leaves) -> Tensor<4>| {
        let output = operation(&leaves());
        let gradients = (output.clone() * slopes.clone()).sum().backward();
        let leaves = [&rows, &patterns, &values];
        let mut all = vec![output.without_autodiff().try_into_vec_as::<f32>().unwrap()];
        all.extend(leaves.map(|leaf| leaf.grad(&gradients).unwrap().try_into_vec_as::<f32>().unwrap()));
        all
    };
    let theirs = run(&|leaves| plain(leaves, 1, None));
    assert_close(&run(&|leaves| ours(leaves, 1, None, None)), &theirs, "views");
}

#[test]
fn constants_get_no_gradient_and_need_no_tape() {
    let leaves = Leaves::new();
    let fixed = |tensor: &Tensor<4>| tensor.clone().detach();
    let updates = Updates::Unrolled(1);
    let (k, v) = (fixed(&leaves.patterns), fixed(&leaves.values));
    let betas = leaves.betas.clone().detach();
    let output = associate(leaves.queries.clone(), k, v, betas, None, None, updates).unwrap();
    let gradients = (output * leaves.slopes.clone()).sum().backward();
    let alone = leaves.queries.grad(&gradients).unwrap().try_into_vec_as::<f32>().unwrap();
    assert_eq!(alone, leaves.run(|leaves| ours(leaves, 1, None, None))[1]);
    assert!(leaves.patterns.grad(&gradients).is_none());

    let bare = [&leaves.queries, &leaves.patterns, &leaves.values].map(|x| x.clone().without_autodiff());
    let [q, k, v] = bare;
    let output = associate(q, k, v, leaves.betas.clone().without_autodiff(), None, None, updates).unwrap();
    let output = output.try_into_vec_as::<f32>().unwrap();
    assert_eq!(output, leaves.run(|leaves| ours(leaves, 1, None, None))[0]);
}

#[test]
fn fixed_points_are_differentiated_through_burn_too() {
    let leaves = Leaves::new();
    let run = |updates: Updates| {
        leaves.run(|leaves| {
            let Leaves { queries, patterns, values, betas, .. } = leaves;
            let (q, k, v, betas) = (queries.clone(), patterns.clone(), values.clone(), betas.clone() * 0.25);
            associate(q, k, v, betas, None, None, updates).unwrap()
        })
    };
    // With so small a beta, forty updates arrive: their unrolled gradient is that of the fixed point.
    let settled = run(Updates::Settled { tolerance: 1e-7, limit: 500 });
    let unrolled = run(Updates::Unrolled(40));
    for i in [0, 2, 3, 4] {
        let largest = unrolled[i].iter().fold(0.0f32, |m, x| m.max(x.abs()));
        let off = settled[i].iter().zip(&unrolled[i]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(off <= 1e-4 * largest, "part {i}: {off} of {largest}");
    }
    assert!(settled[1].iter().all(|&x| x == 0.0));
}

#[test]
fn what_does_not_fit_is_refused() {
    let leaves = Leaves::new();
    let [n, h, l, s, ..] = SHAPE;
    let refused = |q: Tensor<4>, betas: Tensor<1>, mask: Option<Mask>, padding: Option<Tensor<2, Bool>>| {
        let (k, v) = (leaves.patterns.clone(), leaves.values.clone());
        associate(q, k, v, betas, mask, padding, Updates::Unrolled(0)).err()
    };
    let (q, betas) = (leaves.queries.clone(), leaves.betas.clone());
    assert!(refused(q.clone(), betas.clone(), None, None).is_none());
    let wide = random([n, h, l, 9], 1);
    assert!(matches!(refused(wide, betas.clone(), None, None), Some(Error::Size { expected: 9, .. })));
    let short = Some(Mask::Forbidden(draw([l, s - 1], 1)));
    assert!(matches!(refused(q.clone(), betas.clone(), short, None), Some(Error::Size { .. })));
    let padding = Some(draw([n, s + 1], 1));
    assert!(matches!(refused(q.clone(), betas.clone(), None, padding), Some(Error::Size { .. })));
    let negative = Some(Error::Parameter { name: "beta", value: 0.0, limit: "" });
    let found = refused(q.clone(), betas.clone() - 9.0, None, None);
    assert_eq!(found.map(|e| std::mem::discriminant(&e)), negative.map(|e| std::mem::discriminant(&e)));
    let double = Tensor::<4>::zeros(q.dims(), (&Device::flex(), DType::F64));
    assert!(matches!(refused(double, betas, None, None), Some(Error::Device { place: "queries", .. })));
}

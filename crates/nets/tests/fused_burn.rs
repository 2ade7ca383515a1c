//! The fused association against the same in Burn's own operations, values and gradients, over every option that it
//! takes; and when it is not taken.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use attractor_nets::Error;
use attractor_nets::association::{
    Dropout, Dynamics, Gradient, Mask, Patterns, Retrieved, Separation, associate, composed,
};
use burn::tensor::{Bool, DType, Device, Int, Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Pairwise prime: batch, heads, queries, patterns, width, value width.
const SHAPE: [usize; 6] = [2, 3, 5, 19, 7, 4];
/// Several blocks of queries, and of patterns.
const LARGE: [usize; 6] = [1, 2, 67, 300, 17, 5];

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

fn list<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.without_autodiff().try_into_vec_as::<f32>().unwrap()
}

struct Leaves {
    queries: Tensor<4>,
    patterns: Tensor<4>,
    values: Tensor<4>,
    betas: Tensor<1>,
    slopes: Tensor<4>,
}

impl Leaves {
    fn new([n, h, l, s, c, cv]: [usize; 6]) -> Self {
        Self {
            queries: random([n, h, l, c], 1).require_grad(),
            patterns: random([n, h, s, c], 2).require_grad(),
            values: random([n, h, s, cv], 3).require_grad(),
            betas: (random([h], 4).add_scalar(2.0) * 2.0 / (c as f32).sqrt()).detach().require_grad(),
            slopes: random([n, h, l, cv], 5),
        }
    }

    fn patterns(&self, mask: Mask) -> Patterns {
        Patterns {
            state: self.queries.clone(),
            stored: self.patterns.clone(),
            values: self.values.clone(),
            beta: self.betas.clone(),
            mask,
        }
    }

    /// The output, then the gradients by all leaves: zeros where there is none.
    fn run(&self, operation: impl Fn(&Self) -> Tensor<4>) -> Vec<Vec<f32>> {
        let output = operation(self);
        let mut all = vec![list(output.clone())];
        let gradients = (output * self.slopes.clone()).sum().backward();
        let of = |leaf: &Tensor<4>| match leaf.grad(&gradients) {
            Some(gradient) => list(gradient),
            None => vec![0.0; leaf.dims().iter().product()],
        };
        all.extend([&self.queries, &self.patterns, &self.values].map(of));
        all.push(self.betas.grad(&gradients).map_or_else(Vec::new, list));
        all
    }
}

fn softmax(steps: &[usize]) -> Dynamics {
    Dynamics::new(Separation::Softmax, steps.to_vec())
}

/// Values within 1e-5, gradients within 1e-4 of the largest entry.
#[track_caller]
fn assert_close(ours: &[Vec<f32>], theirs: &[Vec<f32>], what: &str) {
    for (i, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        assert_eq!(ours.len(), theirs.len());
        let largest = theirs.iter().fold(0.0f32, |m, x| m.max(x.abs()));
        let off = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        let bound = if i == 0 { 1e-5 } else { 1e-4 };
        assert!(off <= bound * largest, "{what}, part {i}: off by {off} of {largest}");
    }
}

#[track_caller]
fn assert_same_progress(ours: &Retrieved, theirs: &Retrieved, what: &str) {
    let (Some(ours), Some(theirs)) = (&ours.progress, &theirs.progress) else {
        assert!(ours.progress.is_none() && theirs.progress.is_none(), "{what}");
        return;
    };
    let steps = |steps: &Tensor<3, Int>| steps.clone().try_into_vec_as::<i64>().unwrap();
    assert_eq!(steps(&ours.steps), steps(&theirs.steps), "{what}");
    let flags = |flags: &Tensor<3, Bool>| flags.clone().int().try_into_vec_as::<i64>().unwrap();
    assert_eq!(flags(&ours.converged), flags(&theirs.converged), "{what}");
}

#[test]
fn every_option_gives_what_the_composed_operations_give() {
    for shape in [SHAPE, LARGE] {
        let [n, h, l, s, ..] = shape;
        let leaves = Leaves::new(shape);
        let masks = [
            ("no mask", Mask::none()),
            ("padding", Mask::none().forbidding(draw([n, 1, 1, s], 6))),
            ("shared", Mask::none().forbidding(draw([1, 1, l, s], 7))),
            ("each", Mask::none().forbidding(draw([n, h, l, s], 8))),
            (
                "padding and shared",
                Mask::none().forbidding(draw([n, 1, 1, s], 6)).forbidding(draw([1, 1, l, s], 7)),
            ),
            ("added", Mask::none().adding(random([1, 1, l, s], 9))),
            ("added per head", Mask::none().adding(random([1, h, 1, s], 10))),
            (
                "added and padding",
                Mask::none().adding(random([n, h, l, s], 11)).forbidding(draw([n, 1, 1, s], 6)),
            ),
        ];
        for (mask_name, mask) in masks {
            let each: Vec<usize> = [2, 0, 3][..h].to_vec();
            for (name, dynamics) in [
                ("attention", softmax(&vec![0; h])),
                ("one update", softmax(&vec![1; h])),
                ("updates per head", softmax(&each)),
                ("tolerance", Dynamics { tolerance: Some(vec![1e-2; h]), ..softmax(&vec![4; h]) }),
                ("dropout", Dynamics { dropout: Some(Dropout { share: 0.4, seed: 3 }), ..softmax(&each) }),
                ("softmax1", Dynamics::new(Separation::Softmax1, each.clone())),
            ] {
                let what = format!("{shape:?}, {mask_name}, {name}");
                let ours = associate(leaves.patterns(mask.clone()), &dynamics).unwrap();
                let theirs = composed(leaves.patterns(mask.clone()), &dynamics).unwrap();
                assert_same_progress(&ours, &theirs, &what);
                assert_close(&[list(ours.states)], &[list(theirs.states)], &what);
                let by = |operation: fn(Patterns, &Dynamics) -> Result<Retrieved, Error>| {
                    leaves.run(|leaves| operation(leaves.patterns(mask.clone()), &dynamics).unwrap().values)
                };
                assert_close(&by(associate), &by(composed), &what);
            }
        }
    }
}

#[test]
fn another_option_gives_another_result() {
    // What the table above compares is not the same in all of its rows.
    let leaves = Leaves::new(SHAPE);
    let by = |dynamics: &Dynamics| {
        leaves.run(|leaves| associate(leaves.patterns(Mask::none()), dynamics).unwrap().values)
    };
    let plain = by(&softmax(&[1; 3]));
    for other in [
        softmax(&[2; 3]),
        softmax(&[1, 1, 0]),
        Dynamics::new(Separation::Softmax1, vec![1; 3]),
        Dynamics { dropout: Some(Dropout { share: 0.4, seed: 3 }), ..softmax(&[1; 3]) },
    ] {
        for (part, same) in by(&other).iter().zip(&plain) {
            assert!(part.iter().zip(same).any(|(a, b)| (a - b).abs() > 1e-3), "{other:?}");
        }
    }
}

#[test]
fn what_the_fused_operation_does_not_do_is_composed() {
    let [_, h, l, s, ..] = SHAPE;
    let leaves = Leaves::new(SHAPE);
    // A mask that is learned has its gradient.
    let added = random([1, h, l, s], 9).require_grad();
    let mask = || Mask::none().adding(added.clone());
    let read = associate(leaves.patterns(mask()), &softmax(&[1; 3])).unwrap().values;
    let gradients = (read * leaves.slopes.clone()).sum().backward();
    let slope = list(added.grad(&gradients).unwrap());
    let (entry, step) = (4, 1e-2);
    let at = |by: f32| {
        let mut moved = list(added.clone());
        moved[entry] += by;
        let added = Tensor::from_data(TensorData::new(moved, added.dims()), &device());
        let read = associate(leaves.patterns(Mask::none().adding(added)), &softmax(&[1; 3])).unwrap().values;
        list((read * leaves.slopes.clone()).sum())[0]
    };
    let numeric = (at(step) - at(-step)) / (2.0 * step);
    assert!((numeric - slope[entry]).abs() < 1e-2 * slope[entry].abs() + 1e-3, "{numeric} {}", slope[entry]);
    // The fixed point has a gradient in the fused operation alone.
    let settled =
        Dynamics { tolerance: Some(vec![1e-6; 3]), gradient: Gradient::FixedPoint, ..softmax(&[100; 3]) };
    for refused in [
        associate(leaves.patterns(mask()), &settled),
        composed(leaves.patterns(Mask::none()), &settled),
        associate(
            leaves.patterns(Mask::none()),
            &Dynamics { separation: Separation::Sparsemax, ..settled.clone() },
        ),
    ] {
        assert!(matches!(refused, Err(Error::Options { option: "gradient", .. })));
    }
    let never = Dynamics { tolerance: None, ..settled.clone() };
    let refused = associate(leaves.patterns(Mask::none()), &never);
    assert!(matches!(refused, Err(Error::Options { option: "tolerance", .. })));
    let refused = associate(leaves.patterns(Mask::none()), &Dynamics { steps: vec![1, 0, 1], ..settled });
    assert!(matches!(refused, Err(Error::Parameter { name: "update steps", .. })));
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
    let by = |operation: fn(Patterns, &Dynamics) -> Result<Retrieved, Error>| {
        run(&|leaves| operation(leaves.patterns(Mask::none()), &softmax(&[1; 3])).unwrap().values)
    };
    assert_close(&by(associate), &by(composed), "views");
}

#[test]
fn constants_get_no_gradient_and_need_no_tape() {
    let leaves = Leaves::new(SHAPE);
    let read = |patterns| associate(patterns, &softmax(&[1; 3])).unwrap();
    let all = leaves.run(|leaves| read(leaves.patterns(Mask::none())).values);
    let fixed = |tensor: &Tensor<4>| tensor.clone().detach();
    let constant = Patterns {
        stored: fixed(&leaves.patterns),
        values: fixed(&leaves.values),
        beta: leaves.betas.clone().detach(),
        ..leaves.patterns(Mask::none())
    };
    let gradients = (read(constant).values * leaves.slopes.clone()).sum().backward();
    assert_eq!(list(leaves.queries.grad(&gradients).unwrap()), all[1]);
    assert!(leaves.patterns.grad(&gradients).is_none());

    let bare = [&leaves.queries, &leaves.patterns, &leaves.values].map(|x| x.clone().without_autodiff());
    let [state, stored, values] = bare;
    let beta = leaves.betas.clone().without_autodiff();
    let read = read(Patterns { state, stored, values, beta, mask: Mask::none() });
    assert_eq!(list(read.values), all[0]);
    assert!(!read.states.is_autodiff() && leaves.queries.is_autodiff());
}

#[test]
fn fixed_points_are_differentiated_through_burn_too() {
    let leaves = Leaves::new(SHAPE);
    let run = |dynamics: &Dynamics| {
        leaves.run(|leaves| {
            // With so small a beta the updates contract.
            let cool = Patterns { beta: leaves.betas.clone() * 0.25, ..leaves.patterns(Mask::none()) };
            associate(cool, dynamics).unwrap().values
        })
    };
    let watched = Dynamics { tolerance: Some(vec![1e-7; 3]), ..softmax(&[500; 3]) };
    let settled = run(&Dynamics { gradient: Gradient::FixedPoint, ..watched });
    // Forty updates arrive: their unrolled gradient is that of the fixed point.
    let unrolled = run(&softmax(&[40; 3]));
    for i in [0, 2, 3, 4] {
        let largest = unrolled[i].iter().fold(0.0f32, |m, x| m.max(x.abs()));
        let off = settled[i].iter().zip(&unrolled[i]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(off <= 1e-4 * largest, "part {i}: {off} of {largest}");
    }
    assert!(settled[1].iter().all(|&x| x == 0.0));
}

#[test]
fn what_does_not_fit_is_refused() {
    let leaves = Leaves::new(SHAPE);
    let [n, h, l, s, ..] = SHAPE;
    let refused = |patterns: Patterns, dynamics: &Dynamics| associate(patterns, dynamics).err();
    let good = || leaves.patterns(Mask::none());
    assert!(refused(good(), &softmax(&[0; 3])).is_none());
    let wide = Patterns { state: random([n, h, l, 9], 1), ..good() };
    assert!(matches!(refused(wide, &softmax(&[0; 3])), Some(Error::Shape { place: "stored patterns", .. })));
    let short = leaves.patterns(Mask::none().forbidding(draw([1, 1, l, s - 1], 1)));
    assert!(matches!(refused(short, &softmax(&[0; 3])), Some(Error::Shape { place: "mask", .. })));
    assert!(matches!(refused(good(), &softmax(&[0; 2])), Some(Error::Shape { place: "update steps", .. })));
    let mixed = Patterns { state: leaves.queries.clone().cast(DType::F64), ..good() };
    assert!(matches!(refused(mixed, &softmax(&[0; 3])), Some(Error::Type { .. })));
    for beta in [-1.0, f32::NAN, f32::INFINITY] {
        let beta = Tensor::full([h], beta, &device());
        let found = refused(Patterns { beta, ..good() }, &softmax(&[0; 3]));
        assert!(matches!(found, Some(Error::Parameter { name: "beta", .. })));
    }
    for share in [-0.1, 1.0, f64::NAN] {
        let found =
            refused(good(), &Dynamics { dropout: Some(Dropout { share, seed: 0 }), ..softmax(&[0; 3]) });
        assert!(matches!(found, Some(Error::Parameter { name: "dropout", .. })));
    }
}

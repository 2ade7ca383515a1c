//! What the rules write into the weights: printed values, naive references, removal.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use attractor_memory::Error;
use attractor_memory::classical::{Diagonal, Network, Rule};
use ndarray::{Array1, Array2, Axis, array};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const KEPT: Diagonal = Diagonal::Kept;
const ZEROED: Diagonal = Diagonal::Zeroed;

fn rules() -> [Rule; 4] {
    [Rule::Hebb, Rule::Storkey, Rule::pseudo_inverse(KEPT), Rule::pseudo_inverse(ZEROED)]
}

fn network(rule: Rule, patterns: &Array2<f32>) -> Network {
    let mut network = Network::new(patterns.ncols(), rule).unwrap();
    network.store(patterns.view()).unwrap();
    network
}

fn random(seed: u64, rows: usize, width: usize) -> Array2<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    Array2::from_shape_fn((rows, width), |_| if rng.random() { 1.0 } else { -1.0 })
}

fn close(a: &Array2<f64>, b: &Array2<f64>, tolerance: f64) {
    let worst = (a - b).mapv(f64::abs).into_iter().fold(0.0, f64::max);
    assert!(worst <= tolerance, "differ by {worst}");
}

/// The patterns A, B, C of the reference.
fn abc() -> Array2<f32> {
    array![[1.0, 1.0, -1.0, -1.0], [1.0, -1.0, 1.0, 1.0], [1.0, 1.0, 1.0, -1.0]]
}

/// A symmetric matrix with zero diagonal from its upper triangle 12, 13, 14, 23, 24, 34.
fn symmetric(upper: [f64; 6]) -> Array2<f64> {
    let [a, b, c, d, e, f] = upper;
    array![[0.0, a, b, c], [a, 0.0, d, e], [b, d, 0.0, f], [c, e, f, 0.0]]
}

/// How many units of each pattern have a field against them.
fn wrong(network: &Network) -> Vec<usize> {
    network.one_step_errors(network.ids()).unwrap()
}

#[test]
fn hebb_on_three_patterns() {
    let network = network(Rule::Hebb, &abc());
    assert_eq!(network.weights(), symmetric([0.25, 0.25, -0.25, -0.25, -0.75, 0.25]));
    let fields = array![[0.25, 1.25, -0.25, -1.25], [-0.25, -0.75, 0.75, 0.75], [0.75, 0.75, -0.25, -0.75]];
    assert_eq!(network.fields(abc().view()).unwrap(), fields);
    assert_eq!(wrong(&network), [0, 1, 1]);
}

#[test]
fn storkey_on_three_patterns() {
    let mut network = network(Rule::Storkey, &abc().slice_move(ndarray::s![..2, ..]));
    assert_eq!(network.weights(), symmetric([0.0, 0.0, 0.0, -0.5, -0.5, 0.5]));
    network.store(abc().slice(ndarray::s![2.., ..])).unwrap();
    assert_eq!(network.weights(), symmetric([0.25, 0.5, -0.25, -0.25, -1.0, 0.25]));
    let fields = array![[0.0, 1.5, 0.0, -1.5], [0.0, -1.0, 1.0, 1.0], [1.0, 1.0, 0.0, -1.0]];
    assert_eq!(network.fields(abc().view()).unwrap(), fields);
    // Stable only because a field of zero keeps the unit.
    assert_eq!(wrong(&network), [0, 0, 0]);
}

#[test]
fn projection_on_three_patterns() {
    let projection = network(Rule::pseudo_inverse(KEPT), &abc());
    let mut expected = Array2::from_diag(&array![1.0, 0.5, 1.0, 0.5]);
    expected[[1, 3]] = -0.5;
    expected[[3, 1]] = -0.5;
    close(&projection.weights(), &expected, 1e-15);
    close(&projection.fields(abc().view()).unwrap(), &abc().mapv(f64::from), 1e-14);

    let zeroed = network(Rule::pseudo_inverse(ZEROED), &abc());
    expected.diag_mut().fill(0.0);
    close(&zeroed.weights(), &expected, 1e-15);
    // Units 1 and 3 have no field at all: rounding must not move them.
    assert_eq!(wrong(&zeroed), [0, 0, 0]);
}

#[test]
fn the_three_bit_set_has_its_printed_weights_and_energies() {
    let network = network(Rule::Hebb, &array![[1.0, 1.0, 1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, -1.0]]);
    let third = 1.0 / 3.0;
    assert_eq!(network.weights(), array![[0.0, third, 1.0], [third, 0.0, third], [1.0, third, 0.0]]);
    let states =
        Array2::from_shape_fn((8, 3), |(row, bit)| if row >> (2 - bit) & 1 == 0 { 1.0 } else { -1.0 });
    let printed = [-5.0 / 3.0, 1.0, -third, 1.0, 1.0, -third, 1.0, -5.0 / 3.0];
    for (energy, printed) in network.energy(states.view()).unwrap().into_iter().zip(printed) {
        assert!((energy.total() - printed).abs() < 1e-15);
        assert_eq!(energy.bias, 0.0);
    }
}

#[test]
fn hebb_is_the_sum_of_outer_products() {
    for (seed, width) in [1, 2, 63, 64, 65].into_iter().enumerate() {
        let patterns = random(seed as u64, 70, width);
        let x = patterns.mapv(f64::from);
        let mut naive = x.t().dot(&x) / width as f64;
        naive.diag_mut().fill(0.0);
        assert_eq!(network(Rule::Hebb, &patterns).weights(), naive);
    }
}

#[test]
fn storkey_is_its_definition() {
    for (seed, d) in [1usize, 2, 9, 20].into_iter().enumerate() {
        let patterns = random(10 + seed as u64, 6, d);
        let mut w = Array2::<f64>::zeros((d, d));
        for xi in patterns.mapv(f64::from).rows() {
            let h = |i: usize, j: usize| -> f64 {
                (0..d).filter(|&k| k != i && k != j).map(|k| w[[i, k]] * xi[k]).sum()
            };
            let step = Array2::from_shape_fn((d, d), |(i, j)| {
                if i == j { 0.0 } else { (xi[i] * xi[j] - xi[i] * h(j, i) - h(i, j) * xi[j]) / d as f64 }
            });
            w += &step;
        }
        close(&network(Rule::Storkey, &patterns).weights(), &w, 1e-13);
    }
}

#[test]
fn the_projection_is_one_and_its_rank_is_that_of_the_patterns() {
    for (seed, d) in [2usize, 33, 64, 65].into_iter().enumerate() {
        let count = d / 2 + 1;
        let independent = random(20 + seed as u64, count, d);
        let mut network = network(Rule::pseudo_inverse(KEPT), &independent);
        let w = network.weights();
        close(&w.dot(&w), &w, 1e-12);
        let x = independent.mapv(f64::from);
        close(&x.dot(&w), &x, 1e-11);
        // Any other rank would leave W x = x violated or the trace elsewhere.
        let rank = w.diag().sum();
        assert!((rank - rank.round()).abs() < 1e-11 && rank <= count as f64 + 1e-9);
        // A pattern of the span changes nothing: neither a repetition nor an inverse.
        network.store(independent.mapv(|s| -s).view()).unwrap();
        assert_eq!(network.weights(), w);
        assert_eq!(network.len(), 2 * count);
    }
    let d = 64;
    let w = network(Rule::pseudo_inverse(KEPT), &random(1, 40, d)).weights();
    assert!((w.diag().sum() - 40.0).abs() < 1e-11);
}

#[test]
fn weights_are_symmetric_to_the_bit_and_one_by_one_is_all_at_once() {
    for rule in rules() {
        let patterns = random(31, 20, 65);
        let at_once = network(rule, &patterns);
        assert_eq!(at_once.weights(), at_once.weights().t());
        let mut one_by_one = Network::new(65, rule).unwrap();
        for (k, row) in patterns.rows().into_iter().enumerate() {
            assert_eq!(one_by_one.store(row.insert_axis(Axis(0))).unwrap(), [k as u64]);
        }
        assert_eq!(one_by_one.weights(), at_once.weights(), "{rule:?}");
    }
}

#[test]
fn threads_do_not_change_a_bit_of_the_weights() {
    for rule in rules() {
        let patterns = random(32, 20, 65);
        let learn = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| network(rule, &patterns).weights())
        };
        assert_eq!(learn(1), learn(3));
    }
}

#[test]
fn a_removed_pattern_was_never_stored() {
    for rule in rules() {
        for gone in [0usize, 7, 19] {
            let patterns = random(33, 20, 65);
            let mut removed = network(rule, &patterns);
            removed.remove(gone as u64).unwrap();
            let kept: Vec<usize> = (0..20).filter(|&k| k != gone).collect();
            let never = network(rule, &patterns.select(Axis(0), &kept));
            assert_eq!(removed.weights(), never.weights(), "{rule:?}");
            assert_eq!(removed.patterns(), never.patterns());
            let ids: Vec<u64> = kept.iter().map(|&k| k as u64).collect();
            assert_eq!(removed.ids(), ids);
            assert_eq!(removed.remove(gone as u64), Err(Error::UnknownId { id: gone as u64 }));
        }
    }
}

#[test]
fn hebbs_one_step_errors_are_at_their_theoretical_rate() {
    // P = Q(1 / sqrt(alpha)) for random patterns; four standard deviations of the count.
    for (k, printed) in [(140, 0.0037632), (185, 0.0100372), (370, 0.0500891)] {
        let network = network(Rule::Hebb, &random(k as u64, k, 1000));
        let bits = (k * 1000) as f64;
        let rate = wrong(&network).iter().sum::<usize>() as f64 / bits;
        let spread = 4.0 * (printed / bits).sqrt() + 0.01 * printed;
        assert!((rate - printed).abs() < spread, "load {k}/1000: {rate} is not {printed}");
    }
}

#[test]
fn mistakes_are_named_and_change_nothing() {
    let refused = |width, rule| Network::new(width, rule).map(|_| ()).unwrap_err();
    assert!(matches!(refused(0, Rule::Hebb), Error::Parameter { name: "width", .. }));
    assert!(matches!(refused(1 << 20, Rule::Hebb), Error::Parameter { name: "width", .. }));
    for tolerance in [f64::NAN, -1e-9, 1.0] {
        let rule = Rule::PseudoInverse { diagonal: KEPT, tolerance };
        assert!(matches!(refused(2, rule), Error::Parameter { name: "tolerance", .. }));
    }
    let bias =
        |b: Array1<f64>| Network::new(2, Rule::Hebb).unwrap().with_bias(b.view()).map(|_| ()).unwrap_err();
    assert!(matches!(bias(array![1.0]), Error::Width { expected: 2, found: 1, place: "bias" }));
    assert!(matches!(bias(array![0.0, f64::NAN]), Error::NotFinite { column: 1, .. }));

    let mut network = network(Rule::Storkey, &array![[1.0, -1.0]]);
    let before = network.weights();
    assert!(matches!(
        network.store(array![[1.0, 1.0], [0.0, 1.0]].view()),
        Err(Error::NotBinary { row: 1, .. })
    ));
    assert_eq!((network.weights(), network.len()), (before, 1));
    assert!(matches!(network.one_step_errors(&[5]), Err(Error::UnknownId { id: 5 })));
    assert!(network.store(Array2::zeros((0, 2)).view()).unwrap().is_empty());
}

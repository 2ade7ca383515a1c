//! How classical networks move: naive references, energy, cycles, clamping, independence of cues.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::needless_pass_by_value, reason = "array views are small and passed by value")]

use attractor_memory::binary::Schedule;
use attractor_memory::classical::{Diagonal, Network, Rule};
use attractor_memory::{Error, Status};
use ndarray::{Array1, Array2, ArrayView1, Axis, array};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const WIDTHS: [usize; 6] = [1, 2, 3, 63, 64, 65];

/// Calls `check` with a network of every rule and width, with a bias, and cues.
fn on_all(check: impl Fn(Rule, &Network, &Array2<f32>)) {
    let rules = [
        Rule::Hebb,
        Rule::Storkey,
        Rule::pseudo_inverse(Diagonal::Kept),
        Rule::pseudo_inverse(Diagonal::Zeroed),
    ];
    for (a, rule) in rules.into_iter().enumerate() {
        for (b, width) in WIDTHS.into_iter().enumerate() {
            let mut rng = ChaCha8Rng::seed_from_u64((a * WIDTHS.len() + b) as u64);
            let mut random =
                |rows| Array2::from_shape_fn((rows, width), |_| if rng.random() { 1.0 } else { -1.0 });
            let (patterns, cues) = (random(width / 4 + 1), random(11));
            let bias = Array1::from_shape_fn(width, |_| rng.random_range(-0.3..0.3));
            for bias in [Array1::zeros(width), bias] {
                let mut network = Network::new(width, rule).unwrap().with_bias(bias.view()).unwrap();
                network.store(patterns.view()).unwrap();
                assert_eq!(network.bias(), bias);
                check(rule, &network, &cues);
            }
        }
    }
}

/// `-1/2 s W s + b s`, by the book.
fn naive_energy(network: &Network, state: ArrayView1<'_, f32>) -> f64 {
    let s = state.mapv(f64::from);
    -0.5 * s.dot(&network.weights().dot(&s)) + network.bias().dot(&s)
}

fn naive_fields(network: &Network, state: ArrayView1<'_, f32>) -> Array1<f64> {
    network.weights().dot(&state.mapv(f64::from)) - network.bias()
}

/// Sign of a field; what is zero to rounding keeps the unit.
fn naive_sign(field: f64, now: f32) -> f32 {
    if field.abs() < 1e-9 { now } else { field.signum() as f32 }
}

#[test]
fn energies_and_fields_agree_with_the_naive_sums() {
    on_all(|_, network, cues| {
        let energies = network.energy(cues.view()).unwrap();
        let fields = network.fields(cues.view()).unwrap();
        for (k, cue) in cues.rows().into_iter().enumerate() {
            assert!((energies[k].total() - naive_energy(network, cue)).abs() < 1e-11);
            let bias: f64 = network.bias().dot(&cue.mapv(f64::from));
            assert!((energies[k].bias - bias).abs() < 1e-13);
            let off = &fields.row(k) - &naive_fields(network, cue);
            assert!(off.iter().all(|e| e.abs() < 1e-12));
        }
    });
}

#[test]
fn a_flip_changes_the_energy_by_twice_the_state_times_the_field() {
    on_all(|rule, network, cues| {
        for cue in cues.rows().into_iter().take(3) {
            let flips = network.flip_energies(cue).unwrap();
            let fields = naive_fields(network, cue);
            let weights = network.weights();
            for i in 0..cue.len() {
                let mut flipped = cue.to_owned();
                flipped[i] = -flipped[i];
                let change = naive_energy(network, flipped.view()) - naive_energy(network, cue);
                assert!((flips[i] - change).abs() < 1e-10, "{rule:?}");
                let own = weights[[i, i]];
                assert!((flips[i] - 2.0 * (f64::from(cue[i]) * fields[i] - own)).abs() < 1e-11);
                assert!(own == 0.0 || rule == Rule::pseudo_inverse(Diagonal::Kept));
            }
        }
    });
}

#[test]
fn sweeps_agree_with_the_naive_update() {
    on_all(|rule, network, cues| {
        let clamped: Vec<usize> = (0..cues.ncols()).filter(|i| i % 4 == 2).collect();
        for clamped in [vec![], clamped] {
            let schedule = Schedule::sequential().sweeps(2).clamped(&clamped);
            let sequential = network.recall(cues.view(), &schedule).unwrap();
            let at_once = Schedule::synchronous().sweeps(1).clamped(&clamped);
            let at_once = network.recall(cues.view(), &at_once).unwrap();
            for (k, cue) in cues.rows().into_iter().enumerate() {
                let mut state = cue.to_owned();
                let mut flips = 0;
                for i in (0..cue.len()).chain(0..cue.len()).filter(|i| !clamped.contains(i)) {
                    let next = naive_sign(naive_fields(network, state.view())[i], state[i]);
                    flips += usize::from(next != state[i]);
                    state[i] = next;
                }
                assert_eq!(sequential.states.row(k), state, "{rule:?}");
                assert_eq!(sequential.flips[k], flips);
                let fields = naive_fields(network, cue);
                for i in 0..cue.len() {
                    let next = if clamped.contains(&i) { cue[i] } else { naive_sign(fields[i], cue[i]) };
                    assert_eq!(at_once.states[[k, i]], next, "{rule:?}");
                }
            }
        }
    });
}

#[test]
fn asynchronous_updates_never_raise_the_energy_and_end_in_a_fixed_point() {
    on_all(|rule, network, cues| {
        for schedule in [Schedule::sequential(), Schedule::random(4)] {
            let recall = network.recall(cues.view(), &schedule).unwrap();
            for (k, energies) in recall.energies.iter().enumerate() {
                assert_eq!(recall.status[k], Status::Converged);
                assert_eq!(energies.len(), recall.sweeps[k] + 1);
                // The trace is recomputed from fields that are updated in floats.
                assert!(energies.windows(2).all(|pair| pair[1] <= pair[0] + 1e-11), "{rule:?} {energies:?}");
                let state = recall.states.row(k);
                assert!((energies[recall.sweeps[k]] - naive_energy(network, state)).abs() < 1e-10);
                let fields = naive_fields(network, state);
                assert!(fields.iter().zip(state).all(|(&h, &s)| naive_sign(h, s) == s));
            }
            assert!(recall.log_energies.is_none());
        }
    });
}

#[test]
fn synchronous_updates_end_in_a_fixed_point_or_a_reported_cycle() {
    let mut cycles = 0;
    for seed in 0..6 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut random = |rows| Array2::from_shape_fn((rows, 40), |_| if rng.random() { 1.0 } else { -1.0 });
        let mut network = Network::new(40, Rule::Hebb).unwrap();
        network.store(random(30).view()).unwrap();
        let recall = network.recall(random(20).view(), &Schedule::synchronous()).unwrap();
        let once = network.recall(recall.states.view(), &Schedule::synchronous().sweeps(1)).unwrap().states;
        let twice = network.recall(once.view(), &Schedule::synchronous().sweeps(1)).unwrap().states;
        for (k, status) in recall.status.iter().enumerate() {
            let state = recall.states.row(k);
            match status {
                Status::Converged => assert_eq!(once.row(k), state),
                Status::Cycle => {
                    cycles += 1;
                    assert_ne!(once.row(k), state);
                    assert_eq!(twice.row(k), state);
                }
                other => panic!("{other}"),
            }
        }
    }
    assert!(cycles > 0, "no cycle among the cues: the test shows nothing");
}

#[test]
fn two_units_that_want_to_agree_change_places_for_ever() {
    let mut network = Network::new(2, Rule::Hebb).unwrap();
    network.store(array![[1.0, 1.0]].view()).unwrap();
    let cue = array![[1.0, -1.0]];
    let recall = network.recall(cue.view(), &Schedule::synchronous()).unwrap();
    assert_eq!((recall.status[0], recall.sweeps[0], recall.flips[0]), (Status::Cycle, 2, 4));
    assert_eq!(recall.states, cue);
    let limited = network.recall(cue.view(), &Schedule::synchronous().sweeps(1)).unwrap();
    assert_eq!(limited.status[0], Status::StepLimit);
}

#[test]
fn a_cue_is_recalled_the_same_in_any_company_and_on_any_number_of_threads() {
    on_all(|_, network, cues| {
        for schedule in [Schedule::sequential(), Schedule::random(3), Schedule::synchronous()] {
            let batch = network.recall(cues.view(), &schedule).unwrap();
            let mut mixed = cues.mapv(|s| -s);
            mixed.row_mut(9).assign(&cues.row(9));
            let mixed = network.recall(mixed.view(), &schedule).unwrap();
            assert_eq!(batch.states.row(9), mixed.states.row(9));
            assert_eq!(batch.energies[9], mixed.energies[9]);
            let alone = network.recall(cues.row(0).insert_axis(Axis(0)), &schedule).unwrap();
            assert_eq!(batch.states.row(0), alone.states.row(0));
            assert_eq!(batch.energies[0], alone.energies[0]);
            for threads in [1, 3] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                assert_eq!(pool.install(|| network.recall(cues.view(), &schedule).unwrap()), batch);
            }
        }
    });
}

#[test]
fn damaged_patterns_come_back_below_capacity() {
    let mut rng = ChaCha8Rng::seed_from_u64(50);
    let patterns = Array2::from_shape_fn((8, 200), |_| if rng.random() { 1.0 } else { -1.0 });
    let mut cues = patterns.clone();
    cues.slice_mut(ndarray::s![.., ..30]).mapv_inplace(|s: f32| -s);
    for rule in [Rule::Hebb, Rule::Storkey, Rule::pseudo_inverse(Diagonal::Zeroed)] {
        let mut network = Network::new(200, rule).unwrap();
        let ids = network.store(patterns.view()).unwrap();
        let recall = network.recall(cues.view(), &Schedule::random(1)).unwrap();
        assert_eq!(recall.states, patterns, "{rule:?}");
        for (leading, &id) in recall.leading.iter().zip(&ids) {
            assert_eq!((leading[0].id, leading[0].overlap, leading.len()), (id, 200, 5));
        }
        let overlaps = network.overlaps(cues.view()).unwrap();
        assert_eq!(overlaps.mapv(|m| m as f32), cues.dot(&patterns.t()));
    }
}

#[test]
fn the_order_of_a_random_schedule_is_that_of_its_seed() {
    let mut rng = ChaCha8Rng::seed_from_u64(51);
    let mut random = |rows| Array2::from_shape_fn((rows, 60), |_| if rng.random() { 1.0 } else { -1.0 });
    let mut network = Network::new(60, Rule::Hebb).unwrap();
    network.store(random(25).view()).unwrap();
    let cues = random(12);
    let recall = |seed| network.recall(cues.view(), &Schedule::random(seed)).unwrap().states;
    assert_eq!(recall(1), recall(1));
    assert_ne!(recall(1), recall(2));
    // The same cue twice in a batch goes two ways.
    let twins = Array2::from_shape_fn((12, 60), |(_, i)| cues[[0, i]]);
    let states = network.recall(twins.view(), &Schedule::random(1)).unwrap().states;
    assert!(states.rows().into_iter().any(|row| row != states.row(0)));
}

#[test]
fn mistakes_in_a_cue_are_named() {
    let mut network = Network::new(2, Rule::Hebb).unwrap();
    let cue = array![[1.0, -1.0]];
    let recall = |network: &Network, cue: &Array2<f32>, known: &[usize]| {
        network.recall(cue.view(), &Schedule::sequential().clamped(known)).map(|_| ()).unwrap_err()
    };
    assert_eq!(recall(&network, &cue, &[]), Error::Empty);
    network.store(cue.view()).unwrap();
    assert_eq!(recall(&network, &cue, &[0, 7]), Error::Clamp { component: 7, width: 2 });
    assert!(matches!(
        recall(&network, &array![[1.0, f32::INFINITY]], &[]),
        Error::NotBinary { column: 1, .. }
    ));
    assert!(matches!(
        recall(&network, &array![[1.0, 1.0, 1.0]], &[]),
        Error::Width { expected: 2, found: 3, .. }
    ));
    let none = network.recall(cue.view(), &Schedule::sequential().sweeps(0)).unwrap();
    assert_eq!((none.status[0], none.states), (Status::StepLimit, cue));
}

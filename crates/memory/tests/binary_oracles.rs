//! Dense memory against printed values: the three-bit set, large numbers, defined answers.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use attractor_memory::binary::{DenseMemory, Form, Interaction, Schedule};
use attractor_memory::{Error, Status};
use ndarray::{Array2, array};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The eight states of three bits, `+++` first, the last bit changing fastest.
fn three_bit_states() -> Array2<f32> {
    Array2::from_shape_fn((8, 3), |(row, bit)| if row >> (2 - bit) & 1 == 0 { 1.0 } else { -1.0 })
}

fn memory(interaction: Interaction, patterns: &Array2<f32>) -> DenseMemory {
    let mut memory = DenseMemory::new(patterns.ncols(), interaction).unwrap();
    memory.store(patterns.view()).unwrap();
    memory
}

#[test]
fn the_three_bit_set_has_its_printed_energies() {
    let patterns = array![[1.0, 1.0, 1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, -1.0]];
    let check = |interaction, printed: [f64; 8], digits: f64| {
        let energies = memory(interaction, &patterns).energy(three_bit_states().view()).unwrap();
        for (energy, printed) in energies.iter().zip(printed) {
            assert!(
                (energy.value - printed).abs() <= digits,
                "{interaction}: {} is not {printed}",
                energy.value
            );
            assert!((energy.log - printed.abs().ln()).abs() <= digits, "{interaction}: log of {printed}");
        }
    };
    check(
        Interaction::Exponential(1.0 / 3f64.sqrt()),
        [-6.3905388, -4.1240083, -2.5196173, -2.9040800, -4.1240083, -7.9949298, -2.9040800, -7.6104671],
        6e-8,
    );
    check(
        Interaction::Exponential(1.0),
        [
            -20.50320343,
            -5.804443098,
            -3.135948338,
            -3.454040711,
            -5.804443098,
            -23.17169819,
            -3.454040711,
            -22.85360582,
        ],
        6e-9,
    );
    check(Interaction::Rectified(3), [-27.0, -2.0, -1.0, -1.0, -2.0, -28.0, -1.0, -28.0], 0.0);
    check(Interaction::Polynomial(3), [1.0, -1.0, 27.0, 1.0, -1.0, -27.0, 1.0, -1.0], 0.0);
}

#[test]
fn one_step_errors_follow_the_normal_tail() {
    // Q(2) for degree 2 (d / K = 4) and for degree 3 (d^2 / (3 K) = 4); counts over 40 patterns.
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for (degree, d, k) in [(2, 1000, 250), (3, 200, 3333)] {
        let patterns = Array2::from_shape_fn((k, d), |_| if rng.random() { 1.0 } else { -1.0 });
        let memory = memory(Interaction::Polynomial(degree), &patterns);
        let wrong: usize = memory.one_step_errors(&memory.ids()[..40]).unwrap().iter().sum();
        let rate = wrong as f64 / (40 * d) as f64;
        assert!((rate - 0.02275).abs() < 0.004, "degree {degree}: {rate}");
    }
}

#[test]
fn degrees_and_betas_beyond_every_float_still_recall() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let patterns = Array2::from_shape_fn((9, 65), |_| if rng.random() { 1.0 } else { -1.0 });
    let mut cues = patterns.clone();
    cues.column_mut(3).mapv_inplace(|s: f32| -s);
    for interaction in [
        Interaction::Polynomial(2000),
        Interaction::Rectified(1001),
        Interaction::Exponential(1e6),
        Interaction::Exponential(12.0),
    ] {
        let memory = memory(interaction, &patterns);
        let recall = memory.recall(cues.view(), &Schedule::sequential()).unwrap();
        assert_eq!(recall.states, patterns, "{interaction}");
        assert!(recall.energies.iter().flatten().all(|e| !e.is_nan()));
        assert!(memory.flip_energies(cues.row(0)).unwrap().iter().all(|e| !e.is_nan()));
        for log in recall.log_energies.iter().flatten().flatten() {
            assert!(log.is_finite());
        }
    }
    let lse = memory(Interaction::Exponential(100.0), &patterns).energy(patterns.view()).unwrap()[0];
    assert_eq!(lse.value, f64::NEG_INFINITY);
    assert!((lse.log - 6500.0).abs() < 1e-9);
}

#[test]
fn a_tie_at_the_top_leaves_the_decision_to_the_patterns_below() {
    // The state is all +1 and unit 0 decides. The first and the last pattern cancel, at a level
    // exp(200) times above the one in between, which pulls unit 0 down.
    let patterns = array![
        [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0],
        [-1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0],
        [-1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0]
    ];
    let state = Array2::<f32>::ones((1, 7));
    for interaction in [Interaction::Exponential(50.0), Interaction::Rectified(400)] {
        let memory = memory(interaction, &patterns);
        assert!(memory.flip_energies(state.row(0)).unwrap()[0] < 0.0, "{interaction}");
        let tied = memory_without(&memory, 1);
        assert_eq!(tied.flip_energies(state.row(0)).unwrap()[0], 0.0, "{interaction}");
        let clamped = Schedule::sequential().clamped(&[1, 2, 3, 4, 5, 6]);
        assert_eq!(memory.recall(state.view(), &clamped).unwrap().flips, [1]);
        assert_eq!(tied.recall(state.view(), &clamped).unwrap().flips, [0]);
    }
}

fn memory_without(memory: &DenseMemory, id: u64) -> DenseMemory {
    let mut rest = memory.clone();
    rest.remove(id).unwrap();
    rest
}

#[test]
fn only_the_rectified_form_has_no_answer_to_an_inverse() {
    let pattern = array![[1.0, -1.0, 1.0, 1.0, -1.0]];
    let inverse = pattern.mapv(|s: f32| -s);
    let recall = |i| memory(i, &pattern).recall(inverse.view(), &Schedule::sequential()).unwrap();
    let rectified = recall(Interaction::Rectified(3));
    assert_eq!((rectified.status[0], &rectified.states), (Status::OutOfSupport, &inverse));
    let even = recall(Interaction::Polynomial(4));
    assert_eq!((even.status[0], &even.states), (Status::Converged, &inverse));
    let odd = recall(Interaction::Polynomial(3));
    assert_eq!((odd.status[0], &odd.states), (Status::Converged, &pattern));
}

#[test]
fn synchronous_updates_report_their_cycle() {
    let mut memory = DenseMemory::new(2, Interaction::Polynomial(2)).unwrap();
    memory.store(array![[1.0, 1.0]].view()).unwrap();
    let cue = array![[1.0, -1.0]];
    let at_once = memory.recall(cue.view(), &Schedule::synchronous()).unwrap();
    assert_eq!((at_once.status[0], at_once.sweeps[0]), (Status::Cycle, 2));
    assert_eq!(at_once.states, cue);
    let in_turn = memory.recall(cue.view(), &Schedule::sequential()).unwrap();
    assert_eq!(in_turn.status[0], Status::Converged);
}

#[test]
fn the_step_limit_is_kept_and_reported() {
    let memory = memory(Interaction::Rectified(3), &array![[1.0, 1.0, 1.0, 1.0]]);
    let cue = array![[1.0, 1.0, 1.0, -1.0]];
    let none = memory.recall(cue.view(), &Schedule::sequential().sweeps(0)).unwrap();
    assert_eq!((none.status[0], none.sweeps[0], &none.states), (Status::StepLimit, 0, &cue));
    let one = memory.recall(cue.view(), &Schedule::sequential().sweeps(1)).unwrap();
    assert_eq!((one.status[0], one.flips[0], one.energies[0].len()), (Status::StepLimit, 1, 2));
}

#[test]
fn a_single_unit_keeps_its_state() {
    for interaction in [Interaction::Polynomial(2), Interaction::Polynomial(4)] {
        let memory = memory(interaction, &array![[1.0]]);
        let recall = memory.recall(array![[-1.0]].view(), &Schedule::random(1)).unwrap();
        assert_eq!((recall.states, recall.status[0]), (array![[-1.0]], Status::Converged));
    }
    let odd = memory(Interaction::Polynomial(3), &array![[1.0]]).with_form(Form::Difference);
    assert_eq!(odd.recall(array![[-1.0]].view(), &Schedule::sequential()).unwrap().states, array![[1.0]]);
}

#[test]
fn mistakes_are_named_and_change_nothing() {
    let parameter = |width, interaction| DenseMemory::new(width, interaction).map(|_| ()).unwrap_err();
    assert!(matches!(parameter(0, Interaction::Polynomial(2)), Error::Parameter { name: "width", .. }));
    assert!(matches!(parameter(3, Interaction::Polynomial(1)), Error::Parameter { name: "degree", .. }));
    for beta in [f64::NAN, f64::INFINITY, -1.0, 0.0] {
        assert!(matches!(
            parameter(3, Interaction::Exponential(beta)),
            Error::Parameter { name: "beta", .. }
        ));
    }

    let mut auto = DenseMemory::new(2, Interaction::Polynomial(2)).unwrap();
    let pair = array![[1.0, -1.0]];
    assert_eq!(auto.recall(pair.view(), &Schedule::sequential()).unwrap_err(), Error::Empty);
    assert!(matches!(
        auto.store(array![[1.0, -1.0], [1.0, 0.0]].view()),
        Err(Error::NotBinary { row: 1, .. })
    ));
    assert!(auto.is_empty());
    assert!(matches!(auto.store_pairs(pair.view(), pair.view()), Err(Error::Unsupported { .. })));
    let ids = auto.store(pair.view()).unwrap();
    assert!(matches!(auto.recall(array![[1.0]].view(), &Schedule::sequential()), Err(Error::Width { .. })));
    let out = auto.recall(pair.view(), &Schedule::sequential().clamped(&[2])).unwrap_err();
    assert_eq!(out, Error::Clamp { component: 2, width: 2 });
    assert!(matches!(auto.recall_values(pair.view()), Err(Error::Unsupported { .. })));
    auto.remove(ids[0]).unwrap();
    assert_eq!(auto.remove(ids[0]), Err(Error::UnknownId { id: ids[0] }));
    assert_eq!(auto.one_step_errors(&ids), Err(Error::UnknownId { id: ids[0] }));

    auto.store(pair.view()).unwrap();
    assert!(matches!(auto.with_values(3), Err(Error::Unsupported { .. })));
    let mut hetero = DenseMemory::new(2, Interaction::Polynomial(2)).unwrap().with_values(1).unwrap();
    assert!(matches!(hetero.store(pair.view()), Err(Error::Unsupported { .. })));
    let two = array![[1.0], [1.0]];
    assert!(matches!(
        hetero.store_pairs(pair.view(), two.view()),
        Err(Error::Rows { expected: 1, found: 2, .. })
    ));
    let none = array![[f32::NAN]];
    assert!(matches!(hetero.store_pairs(pair.view(), none.view()), Err(Error::NotBinary { .. })));
    assert!(hetero.is_empty() && hetero.values().unwrap().is_empty());
}

#[test]
fn an_empty_batch_is_an_empty_report() {
    let memory = memory(Interaction::Exponential(1.0), &array![[1.0, -1.0]]);
    let recall = memory.recall(Array2::zeros((0, 2)).view(), &Schedule::sequential()).unwrap();
    assert_eq!(recall.states.dim(), (0, 2));
    assert!(recall.status.is_empty());
}

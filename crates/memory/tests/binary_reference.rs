//! Dense memory against naive references, and the properties of its dynamics, on random instances.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::needless_pass_by_value, reason = "array views are small and passed by value")]

use attractor_memory::binary::{DenseMemory, Form, Interaction, Schedule};
use attractor_memory::classical::{Network, Rule};
use ndarray::{Array1, Array2, ArrayView1, Axis, concatenate};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const WIDTHS: [usize; 7] = [1, 2, 3, 17, 63, 64, 65];

const INTERACTIONS: [Interaction; 7] = [
    Interaction::Polynomial(2),
    Interaction::Polynomial(3),
    Interaction::Polynomial(4),
    Interaction::Rectified(2),
    Interaction::Rectified(3),
    Interaction::Exponential(1.0),
    Interaction::Exponential(0.125),
];

fn random(rng: &mut ChaCha8Rng, rows: usize, width: usize) -> Array2<f32> {
    Array2::from_shape_fn((rows, width), |_| if rng.random() { 1.0 } else { -1.0 })
}

/// Patterns around a few centres, so that overlaps are large and cues have work to do.
fn problem(seed: u64, width: usize) -> (Array2<f32>, Array2<f32>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let count = 3 + (seed as usize * 31) % 90;
    let patterns = random(&mut rng, count, width);
    let mut cues = random(&mut rng, 6, width);
    for k in 0..4 {
        for i in 0..width {
            if rng.random_range(0.0..1.0) < 0.7 {
                cues[[k, i]] = patterns[[k % count, i]];
            }
        }
    }
    (patterns, cues)
}

fn build(interaction: Interaction, form: Form, patterns: &Array2<f32>) -> DenseMemory {
    let mut memory = DenseMemory::new(patterns.ncols(), interaction).unwrap().with_form(form);
    memory.store(patterns.view()).unwrap();
    memory
}

fn f_energy(interaction: Interaction, m: f64) -> f64 {
    match interaction {
        Interaction::Polynomial(n) => m.powi(n as i32),
        Interaction::Rectified(n) => m.max(0.0).powi(n as i32),
        Interaction::Exponential(beta) => (beta * m).exp(),
        _ => unreachable!("not in the table"),
    }
}

fn f_force(interaction: Interaction, m: f64) -> f64 {
    match interaction {
        Interaction::Polynomial(n) => f64::from(n) * m.powi(n as i32 - 1),
        Interaction::Rectified(n) => f64::from(n) * m.max(0.0).powi(n as i32 - 1),
        Interaction::Exponential(beta) => beta * (beta * m).exp(),
        _ => unreachable!("not in the table"),
    }
}

/// `sum xi_i t(c)` for unit `i`, with the sum of absolute terms: the scale of rounding.
fn naive_pull(
    interaction: Interaction,
    form: Form,
    patterns: &Array2<f32>,
    state: &Array1<f32>,
    i: usize,
) -> (f64, f64) {
    let (mut sum, mut size) = (0.0, 0.0);
    for xi in patterns.rows() {
        let c = f64::from(xi.dot(state) - xi[i] * state[i]);
        let own = f64::from(xi[i]);
        let (term, terms) = match form {
            Form::Difference => {
                let (up, down) = (f_energy(interaction, c + own), f_energy(interaction, c - own));
                (up - down, up.abs() + down.abs())
            }
            Form::FirstOrder => (own * f_force(interaction, c), f_force(interaction, c).abs()),
        };
        sum += term;
        size += terms;
    }
    (sum, size)
}

/// The direction a unit takes: minus, plus, or as it is when the pull is zero to rounding.
fn naive_decision(pull: (f64, f64), now: f32) -> f32 {
    if pull.0.abs() <= 1e-12 * pull.1 { now } else { pull.0.signum() as f32 }
}

fn naive_sequential(
    interaction: Interaction,
    form: Form,
    patterns: &Array2<f32>,
    cue: ArrayView1<'_, f32>,
    sweeps: usize,
    clamped: &[usize],
) -> Array1<f32> {
    let mut state = cue.to_owned();
    for _ in 0..sweeps {
        for i in (0..state.len()).filter(|i| !clamped.contains(i)) {
            state[i] = naive_decision(naive_pull(interaction, form, patterns, &state, i), state[i]);
        }
    }
    state
}

/// Calls `check` on every interaction and width, with a problem of its own.
fn on_all(check: impl Fn(Interaction, &Array2<f32>, &Array2<f32>)) {
    for (a, interaction) in INTERACTIONS.into_iter().enumerate() {
        for (b, width) in WIDTHS.into_iter().enumerate() {
            let (patterns, cues) = problem((a * WIDTHS.len() + b) as u64, width);
            check(interaction, &patterns, &cues);
        }
    }
}

#[test]
fn sweeps_agree_with_the_naive_update() {
    on_all(|interaction, patterns, cues| {
        for form in [Form::Difference, Form::FirstOrder] {
            let memory = build(interaction, form, patterns);
            let one = memory.recall(cues.view(), &Schedule::sequential().sweeps(1)).unwrap();
            let three = memory.recall(cues.view(), &Schedule::sequential().sweeps(3)).unwrap();
            let step = memory.recall(cues.view(), &Schedule::synchronous().sweeps(1)).unwrap();
            for (k, cue) in cues.rows().into_iter().enumerate() {
                let naive = |sweeps| naive_sequential(interaction, form, patterns, cue, sweeps, &[]);
                assert_eq!(one.states.row(k), naive(1), "{interaction} {form:?} width {}", cue.len());
                assert_eq!(three.states.row(k), naive(3), "{interaction} {form:?} width {}", cue.len());
                let cue = cue.to_owned();
                let at_once = |i| naive_decision(naive_pull(interaction, form, patterns, &cue, i), cue[i]);
                assert_eq!(
                    step.states.row(k),
                    Array1::from_shape_fn(cue.len(), at_once),
                    "{interaction} {form:?}"
                );
            }
        }
    });
}

#[test]
fn energies_overlaps_and_neighbours_agree_with_the_naive_sums() {
    on_all(|interaction, patterns, cues| {
        let memory = build(interaction, Form::Difference, patterns);
        let overlaps = cues.dot(&patterns.t());
        assert_eq!(memory.overlaps(cues.view()).unwrap().mapv(|m| m as f32), overlaps);
        for (k, row) in overlaps.rows().into_iter().enumerate() {
            let terms = row.mapv(|m| f_energy(interaction, f64::from(m)));
            let energy = memory.energy(cues.view()).unwrap()[k];
            let size: f64 = terms.mapv(f64::abs).sum();
            assert!((energy.value + terms.sum()).abs() <= 1e-13 * size, "{interaction}");
            let nearest = memory.nearest(cues.view()).unwrap()[k];
            let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            assert_eq!(nearest.distance as f32, (cues.ncols() as f32 - largest) / 2.0);
            assert_eq!(row[memory.ids().iter().position(|&id| id == nearest.id).unwrap()], largest);
        }
    });
}

#[test]
fn a_flip_changes_the_energy_by_what_the_rule_compares() {
    on_all(|interaction, patterns, cues| {
        let memory = build(interaction, Form::Difference, patterns);
        for cue in cues.rows() {
            let flips = memory.flip_energies(cue).unwrap();
            let step = cue.insert_axis(Axis(0));
            let next = memory.recall(step, &Schedule::synchronous().sweeps(1)).unwrap().states;
            let before = memory.energy(step).unwrap()[0].value;
            for i in 0..cue.len() {
                let mut flipped = cue.to_owned();
                flipped[i] = -flipped[i];
                let after = memory.energy(flipped.view().insert_axis(Axis(0))).unwrap()[0].value;
                let size = before.abs() + after.abs() + patterns.nrows() as f64;
                assert!((flips[i] - (after - before)).abs() <= 1e-11 * size, "{interaction} unit {i}");
                assert_eq!(flips[i] < 0.0, next[[0, i]] != cue[i], "{interaction} unit {i}");
            }
        }
    });
}

#[test]
fn asynchronous_updates_never_raise_the_energy_and_end_in_a_minimum() {
    on_all(|interaction, patterns, cues| {
        let memory = build(interaction, Form::Difference, patterns);
        for schedule in [Schedule::sequential(), Schedule::random(3)] {
            let recall = memory.recall(cues.view(), &schedule).unwrap();
            for (k, energies) in recall.energies.iter().enumerate() {
                assert_eq!(energies.len(), recall.sweeps[k] + 1);
                for pair in energies.windows(2) {
                    assert!(pair[1] <= pair[0], "{interaction}: {} after {}", pair[1], pair[0]);
                }
                assert!(memory.flip_energies(recall.states.row(k)).unwrap().iter().all(|&e| e >= 0.0));
            }
            for logs in recall.log_energies.iter().flatten() {
                assert!(logs.windows(2).all(|pair| pair[1] >= pair[0]), "{interaction}");
            }
            assert_eq!(recall.log_energies.is_some(), matches!(interaction, Interaction::Exponential(_)));
        }
    });
}

#[test]
fn for_degree_two_both_forms_are_the_classical_network() {
    for (seed, width) in WIDTHS.into_iter().enumerate() {
        let (patterns, cues) = problem(100 + seed as u64, width);
        let mut network = Network::new(width, Rule::Hebb).unwrap();
        network.store(patterns.view()).unwrap();
        for schedule in [Schedule::sequential(), Schedule::random(9), Schedule::synchronous()] {
            let classical = network.recall(cues.view(), &schedule).unwrap();
            for form in [Form::Difference, Form::FirstOrder] {
                let dense = build(Interaction::Polynomial(2), form, &patterns)
                    .recall(cues.view(), &schedule)
                    .unwrap();
                assert_eq!(dense.states, classical.states);
                assert_eq!(dense.flips, classical.flips);
                assert_eq!(dense.status, classical.status);
                assert_eq!(dense.leading, classical.leading);
                let (k, d) = (patterns.nrows() as f64, width as f64);
                for (dense, classical) in
                    dense.energies.iter().flatten().zip(classical.energies.iter().flatten())
                {
                    // sum m^2 counts the diagonal and both orders of each pair.
                    assert!(((dense + k * d) / (2.0 * d) - classical).abs() < 1e-10);
                }
            }
        }
    }
}

#[test]
fn for_the_exponential_both_forms_are_one() {
    for (seed, width) in WIDTHS.into_iter().enumerate() {
        let (patterns, cues) = problem(200 + seed as u64, width);
        let recall = |form| {
            let memory = build(Interaction::Exponential(0.5), form, &patterns);
            memory.recall(cues.view(), &Schedule::random(1)).unwrap()
        };
        assert_eq!(recall(Form::Difference), recall(Form::FirstOrder));
    }
}

#[test]
fn a_cue_is_recalled_the_same_in_any_company_and_on_any_number_of_threads() {
    on_all(|interaction, patterns, cues| {
        let memory = build(interaction, Form::Difference, patterns);
        let others = cues.mapv(|s| -s);
        for schedule in [Schedule::sequential(), Schedule::random(3), Schedule::synchronous()] {
            let batch = memory.recall(cues.view(), &schedule).unwrap();
            let mixed =
                concatenate![Axis(0), others.view().split_at(Axis(0), 5).0, cues.row(5).insert_axis(Axis(0))];
            let mixed = memory.recall(mixed.view(), &schedule).unwrap();
            assert_eq!(batch.states.row(5), mixed.states.row(5));
            assert_eq!(batch.energies[5], mixed.energies[5]);
            let alone = memory.recall(cues.row(0).insert_axis(Axis(0)), &schedule).unwrap();
            assert_eq!(batch.states.row(0), alone.states.row(0));
            assert_eq!(batch.energies[0], alone.energies[0]);
            for threads in [1, 3] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                assert_eq!(pool.install(|| memory.recall(cues.view(), &schedule).unwrap()), batch);
            }
        }
    });
}

#[test]
fn a_removed_pattern_was_never_there() {
    on_all(|interaction, patterns, cues| {
        let mut memory = build(interaction, Form::Difference, patterns);
        let gone = [0, patterns.nrows() / 2];
        for &id in &gone {
            memory.remove(id as u64).unwrap();
        }
        let kept: Vec<usize> = (0..patterns.nrows()).filter(|k| !gone.contains(k)).collect();
        let rest = patterns.select(Axis(0), &kept);
        assert_eq!(memory.patterns(), rest);
        let never = build(interaction, Form::Difference, &rest);
        if rest.is_empty() {
            return;
        }
        assert_eq!(memory.energy(cues.view()), never.energy(cues.view()));
        let [a, b] = [&memory, &never].map(|m| m.recall(cues.view(), &Schedule::random(8)).unwrap());
        assert_eq!((a.states, a.energies, a.flips), (b.states, b.energies, b.flips));
    });
}

#[test]
fn clamped_units_never_move_and_the_others_follow_the_naive_update() {
    on_all(|interaction, patterns, cues| {
        let memory = build(interaction, Form::Difference, patterns);
        let clamped: Vec<usize> = (0..cues.ncols()).filter(|i| i % 3 != 1).collect();
        let schedule = Schedule::sequential().clamped(&clamped).sweeps(2);
        let recall = memory.recall(cues.view(), &schedule).unwrap();
        for (k, cue) in cues.rows().into_iter().enumerate() {
            assert!(clamped.iter().all(|&i| recall.states[[k, i]] == cue[i]));
            let naive = naive_sequential(interaction, Form::Difference, patterns, cue, 2, &clamped);
            assert_eq!(recall.states.row(k), naive);
        }
    });
}

#[test]
fn values_are_the_sign_of_the_weighted_sum() {
    on_all(|interaction, patterns, cues| {
        let mut rng = ChaCha8Rng::seed_from_u64(77);
        let values = random(&mut rng, patterns.nrows(), 5);
        let mut memory = DenseMemory::new(cues.ncols(), interaction).unwrap().with_values(5).unwrap();
        memory.store_pairs(patterns.view(), values.view()).unwrap();
        assert_eq!(memory.values().unwrap(), values);
        memory.remove(1).unwrap();
        let kept: Vec<usize> = (0..patterns.nrows()).filter(|&k| k != 1).collect();
        let (patterns, values) = (patterns.select(Axis(0), &kept), values.select(Axis(0), &kept));
        assert_eq!(memory.values().unwrap(), values);
        let recalled = memory.recall_values(cues.view()).unwrap();
        for (k, cue) in cues.rows().into_iter().enumerate() {
            let weights = patterns.dot(&cue).mapv(|m| f_force(interaction, f64::from(m)));
            for j in 0..5 {
                let sum = weights.dot(&values.column(j).mapv(f64::from));
                let naive = naive_decision((sum, weights.mapv(f64::abs).sum()), 0.0);
                assert_eq!(recalled[[k, j]], naive, "{interaction} width {}", cue.len());
            }
        }
    });
}

#[test]
fn the_leading_patterns_are_those_of_largest_overlap() {
    let (patterns, cues) = problem(13, 65);
    let memory = build(Interaction::Rectified(3), Form::Difference, &patterns);
    let recall = memory.recall(cues.view(), &Schedule::sequential()).unwrap();
    let overlaps = memory.overlaps(recall.states.view()).unwrap();
    for (leading, row) in recall.leading.iter().zip(overlaps.rows()) {
        let mut sorted: Vec<i32> = row.iter().map(|m| m.abs()).collect();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        let sizes: Vec<i32> = leading.iter().map(|l| l.overlap.abs()).collect();
        assert_eq!(sizes, sorted[..5]);
        assert!(leading.iter().all(|l| row[l.id as usize] == l.overlap));
    }
}

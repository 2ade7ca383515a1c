//! The memory over real-valued patterns: against naive f64, against the reference vectors, and its promises.
#![allow(clippy::unwrap_used)]

use attractor_memory::{
    Clamp, Detail, Dynamics, FixedPoint, Memory, Projection, Rectification, Separation, Similarity, Status,
    Threads,
};
use ndarray::{Array2, Axis, array, s};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn random(rows: usize, width: usize, seed: u64) -> Array2<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    Array2::from_shape_simple_fn((rows, width), || rng.random_range(-1.0..1.0f32))
}

fn memory(patterns: &Array2<f32>, separation: Separation) -> Memory {
    let mut memory = Memory::builder(patterns.ncols()).separation(separation).build().unwrap();
    memory.store(patterns.view()).unwrap();
    memory
}

fn t3() -> Array2<f32> {
    array![[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]
}

fn close(got: f64, want: f64, tolerance: f64, what: &str) {
    assert!((got - want).abs() <= tolerance, "{what}: {got} is not {want}");
}

/// Every separation, at a beta.
fn separations(beta: f64) -> Vec<Separation> {
    vec![
        Separation::softmax(beta),
        Separation::softmax1(beta),
        Separation::sparsemax(beta),
        Separation::entmax(1.5, beta).unwrap(),
        Separation::entmax(1.2, beta).unwrap(),
        Separation::normmax(2.0, beta).unwrap(),
        Separation::normmax(5.0, beta).unwrap(),
        Separation::budget(3, beta).unwrap(),
        Separation::topk_renormalised(4, beta).unwrap(),
        Separation::topk_keep(4, beta).unwrap(),
        Separation::argmax(),
        Separation::identity(),
        Separation::polynomial(2, Rectification::Signed).unwrap(),
        Separation::polynomial(3, Rectification::Rectified).unwrap(),
        Separation::exponential(beta),
    ]
}

/// The reference of section 4: X = (1,0), (0,1), (-1,0) and q = (0.9, 0.2).
#[test]
fn reference_vectors_of_the_modern_network() {
    // beta, energies of q0.., first state, fixed point, its energy.
    let cases = [
        (
            8.0,
            vec![0.16186508623806, 0.13729562740063, 0.13728448342365, 0.1372844830814],
            [0.996314651474, 0.00368423785344],
            [0.999662609720332, 0.000337164067370052],
            0.137284483081386,
        ),
        (
            2.0,
            vec![0.4532564945189, 0.43968719277079, 0.43416789010721, 0.4301240998975],
            [0.76352969847, 0.193573247202],
            [0.0, 0.644881828333639],
            0.393016506829112,
        ),
    ];
    for (beta, energies, first, fixed, last) in cases {
        let memory = memory(&t3(), Separation::softmax(beta));
        let cue = array![[0.9f32, 0.2]];
        let one = Dynamics { steps: 1, tolerance: 0.0, ..Dynamics::default() };
        let step = memory.recall_with(cue.view(), &one).unwrap();
        let rest = Dynamics { steps: 2000, tolerance: 1e-9, ..Dynamics::default() };
        let recall = memory.recall_with(cue.view(), &rest).unwrap();
        for j in 0..2 {
            close(f64::from(step.states[[0, j]]), first[j], 1e-6, "first state");
            close(f64::from(recall.states[[0, j]]), fixed[j], 2e-4, "fixed point");
        }
        for (t, &energy) in energies.iter().enumerate() {
            close(recall.reports[0].trace[t], energy, 5e-7, &format!("beta {beta}, energy {t}"));
        }
        close(recall.reports[0].energy.total(), last, 5e-7, "last energy");
        assert_eq!(recall.status[0], Status::Converged);
    }
}

/// The reference of section 7 on the same patterns.
#[test]
fn reference_vectors_of_the_sparse_networks() {
    let cue = array![[0.9f32, 0.2]];
    let cases: [(Separation, &[f64]); 6] = [
        (
            Separation::entmax(1.5, 2.0).unwrap(),
            &[0.299352998014, 0.285827298894, 0.282049390716, 0.2817677954],
        ),
        (Separation::sparsemax(2.0), &[0.191666666667, 0.166666666667]),
        (Separation::normmax(2.0, 2.0).unwrap(), &[0.236324865405]),
        (Separation::entmax(1.5, 8.0).unwrap(), &[0.0954416218017, 0.0704416218017]),
        (Separation::sparsemax(8.0), &[0.0666666666667, 0.0416666666667]),
        (Separation::normmax(2.0, 8.0).unwrap(), &[0.0778312163513]),
    ];
    for (separation, energies) in cases {
        let name = separation.kind().name();
        let dynamics = Dynamics { tolerance: 0.0, ..Dynamics::default() };
        let recall = memory(&t3(), separation).recall_with(cue.view(), &dynamics).unwrap();
        for (t, &energy) in energies.iter().enumerate() {
            close(recall.reports[0].trace[t], energy, 5e-7, &name);
        }
        // These have a finite margin: they end at the pattern itself.
        assert_eq!(recall.states, array![[1.0, 0.0]], "{name}");
        assert_eq!(recall.reports[0].kind, FixedPoint::Single);
    }
}

/// The reference of section 8: energies up to the unspecified epsilon.
#[test]
fn reference_vectors_of_the_epanechnikov_memory() {
    let mut memory = Memory::builder(2)
        .similarity(Similarity::SquaredEuclidean)
        .separation(Separation::epanechnikov(2.5))
        .build()
        .unwrap();
    memory.store(array![[0.0, 0.0], [1.0, 0.0], [0.0, 3.0]].view()).unwrap();
    let states = array![[0.2f32, 0.1], [0.5, 0.0], [0.0, 0.0], [0.05, 0.0]];
    let want = [-0.0471132142626, -0.127381492447, 0.0, 0.00125195720357];
    for (energy, want) in memory.energies(states.view()).unwrap().iter().zip(want) {
        close(energy.total(), want, 2e-7, "energy");
    }
    let recall = memory.recall(array![[0.2f32, 0.1], [9.0, 9.0]].view()).unwrap();
    assert_eq!(recall.states.row(0), array![0.5, 0.0], "the emergent minimum between two memories");
    assert_eq!((recall.status[0], recall.status[1]), (Status::Converged, Status::OutOfSupport));
    assert_eq!(recall.states.row(1), array![9.0, 9.0], "outside every ball the state stays");
    assert_eq!(recall.reports[1].kind, FixedPoint::None);
}

/// One update, naively in f64.
fn naive(patterns: &Array2<f32>, separation: &Separation, similarity: Similarity, q: &[f32]) -> Vec<f64> {
    let d = q.len() as f64;
    let q: Vec<f64> = q.iter().map(|&x| f64::from(x)).collect();
    let length = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let rows: Vec<Vec<f64>> =
        patterns.rows().into_iter().map(|r| r.iter().map(|&x| f64::from(x)).collect()).collect();
    let mut theta: Vec<f64> = rows
        .iter()
        .map(|x| {
            let dot: f64 = x.iter().zip(&q).map(|(a, b)| a * b).sum();
            let gaps = x.iter().zip(&q).map(|(a, b)| (a - b).abs());
            separation.beta()
                * match similarity {
                    Similarity::Dot => dot,
                    Similarity::ScaledDot => dot / d.sqrt(),
                    Similarity::Cosine => dot / (length(x) * length(&q)),
                    Similarity::SquaredEuclidean => -gaps.map(|g| g * g).sum::<f64>(),
                    Similarity::Euclidean => -gaps.map(|g| g * g).sum::<f64>().sqrt(),
                    Similarity::Manhattan => -gaps.sum::<f64>(),
                    Similarity::Hamming => -gaps.sum::<f64>() / 2.0,
                    other => panic!("{other} has no reference"),
                }
        })
        .collect();
    let partition = theta.iter().map(|t| t.exp()).sum::<f64>().ln();
    separation.kind().weights(&mut theta, rows.len(), partition);
    (0..q.len()).map(|j| rows.iter().zip(&theta).map(|(x, p)| p * x[j]).sum()).collect()
}

#[test]
fn one_update_agrees_with_f64_for_every_similarity_and_separation() {
    for (rows, width) in [(1, 1), (7, 3), (50, 17), (5000, 8)] {
        let patterns = random(rows, width, 1);
        let cues = random(5, width, 2);
        for similarity in Similarity::ALL {
            for separation in separations(1.7) {
                let mut memory = Memory::builder(width)
                    .similarity(similarity)
                    .separation(separation.clone())
                    .build()
                    .unwrap();
                memory.store(patterns.view()).unwrap();
                let one =
                    Dynamics { steps: 1, tolerance: 0.0, detail: Detail::States, ..Dynamics::default() };
                let recall = memory.recall_with(cues.view(), &one).unwrap();
                for (cue, state) in cues.rows().into_iter().zip(recall.states.rows()) {
                    let want = naive(&patterns, &separation, similarity, &cue.to_vec());
                    let scale = want.iter().fold(1.0, |m: f64, x| m.max(x.abs()));
                    for (&got, want) in state.iter().zip(want) {
                        let what = format!("{rows}x{width} {similarity} {}", separation.kind().name());
                        close(f64::from(got), want, 5e-5 * scale, &what);
                    }
                }
            }
        }
    }
}

#[test]
fn energy_never_rises_where_theory_says_so() {
    let projections =
        [Projection::Linear, Projection::Tanh { gain: 0.8 }, Projection::Normalise, Projection::Sign];
    let mut guaranteed = 0;
    for beta in [1e-3, 0.3, 1.0, 4.0, 50.0, 1e4] {
        for separation in separations(beta) {
            for similarity in [Similarity::Dot, Similarity::ScaledDot, Similarity::SquaredEuclidean] {
                for projection in projections {
                    for damping in [1.0, 0.4] {
                        let mut memory = Memory::builder(6)
                            .similarity(similarity)
                            .separation(separation.clone())
                            .projection(projection)
                            .build()
                            .unwrap();
                        memory.store(random(30, 6, 3).view()).unwrap();
                        // Unnormalised weights without a bound on the state grow without end: there is an
                        // energy, but no floor under it.
                        let bounded = separation.kind().sums_to_one() || projection != Projection::Linear;
                        // A damped sign is no state of a binary network.
                        let fits = projection != Projection::Sign || damping == 1.0;
                        if !memory.descends() || !bounded || !fits {
                            continue;
                        }
                        guaranteed += 1;
                        let dynamics = Dynamics { steps: 12, tolerance: 0.0, damping, ..Dynamics::default() };
                        let mut cues = random(4, 6, 4);
                        if projection == Projection::Normalise {
                            cues /= 3.0;
                        }
                        let recall = memory.recall_with(cues.view(), &dynamics).unwrap();
                        for report in &recall.reports {
                            let parts = report.energy.memory.abs() + report.energy.state.abs();
                            for pair in report.trace.windows(2) {
                                assert!(
                                    pair[1] <= pair[0] + 2e-6 * (1.0 + parts + pair[0].abs()),
                                    "{similarity} {} {projection:?} beta {beta} damping {damping}: {:?}",
                                    separation.kind().name(),
                                    report.trace
                                );
                            }
                        }
                    }
                }
            }
        }
    }
    assert!(guaranteed > 300, "{guaranteed} combinations were checked");
}

/// `grad E = q - f(q)` for inner products: finite differences of the energy against the update.
#[test]
fn the_update_is_the_gradient_of_the_energy() {
    let patterns = random(12, 4, 5);
    let q = array![[0.3f32, -0.5, 0.7, 0.1]];
    for separation in separations(1.3) {
        let name = separation.kind().name();
        if !separation.kind().is_gradient() || name == "argmax" || name.starts_with("topk") {
            continue; // Subgradients: no derivative at every point.
        }
        let memory = memory(&patterns, separation);
        let one = Dynamics { steps: 1, tolerance: 0.0, detail: Detail::States, ..Dynamics::default() };
        let f = memory.recall_with(q.view(), &one).unwrap().states;
        let h = 0.015625;
        for j in 0..4 {
            let (mut up, mut down) = (q.clone(), q.clone());
            up[[0, j]] += h;
            down[[0, j]] -= h;
            let energy = |state: &Array2<f32>| memory.energies(state.view()).unwrap()[0].total();
            let slope = (energy(&up) - energy(&down)) / (2.0 * f64::from(h));
            let want = f64::from(q[[0, j]] - f[[0, j]]);
            close(slope, want, 5e-3 * (1.0 + want.abs()), &format!("{name}, component {j}"));
            // The check can fail: a gradient that forgets the state is far off.
            assert!((slope + f64::from(f[[0, j]])).abs() > 0.02, "{name}");
        }
    }
}

#[test]
fn a_cue_gets_the_same_bits_with_any_company_and_any_number_of_threads() {
    let patterns = random(9_500, 20, 6);
    let cues = random(13, 20, 7);
    let dynamics = Dynamics { steps: 3, tolerance: 0.0, ..Dynamics::default() };
    for separation in separations(2.0) {
        let memory = memory(&patterns, separation);
        let all = memory.recall_with(cues.view(), &dynamics).unwrap();
        for threads in [1, 2, 3, 5] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let again = pool.install(|| memory.recall_with(cues.view(), &dynamics).unwrap());
            assert_eq!(again, all, "{} on {threads} threads", memory.separation().kind().name());
        }
        let mut own = Memory::builder(20)
            .similarity(memory.similarity())
            .separation(memory.separation().clone())
            .threads(Threads::Caller)
            .build()
            .unwrap();
        own.store(patterns.view()).unwrap();
        assert_eq!(own.recall_with(cues.view(), &dynamics).unwrap(), all, "on the caller's thread");
        let mut order: Vec<usize> = (0..13).collect();
        order.reverse();
        let reversed = memory.recall_with(cues.select(Axis(0), &order).view(), &dynamics).unwrap();
        for (i, &cue) in order.iter().enumerate() {
            let alone = memory.recall_with(cues.slice(s![cue..=cue, ..]), &dynamics).unwrap();
            for (one, at) in [(&alone, 0), (&reversed, i)] {
                assert_eq!(one.states.row(at), all.states.row(cue));
                assert_eq!(one.reports[at], all.reports[cue]);
            }
        }
    }
}

#[test]
fn extreme_beta_gives_defined_answers() {
    let patterns = random(40, 10, 8);
    for similarity in Similarity::ALL {
        for beta in [1e-6, 1e6, 1e30] {
            let mut memory = Memory::builder(10)
                .similarity(similarity)
                .separation(Separation::softmax(beta))
                .build()
                .unwrap();
            memory.store(patterns.view()).unwrap();
            let recall = memory.recall(patterns.slice(s![..4, ..])).unwrap();
            assert!(recall.states.iter().all(|x| x.is_finite()), "{similarity} beta {beta}");
            assert!(recall.reports.iter().all(|r| !r.energy.total().is_nan() && !r.entropy.is_nan()));
            if beta < 1.0 {
                assert_eq!(recall.reports[0].kind, FixedPoint::Global);
                let mean = patterns.mean_axis(Axis(0)).unwrap();
                let gap = (&recall.states.row(0) - &mean).iter().fold(0.0, |m: f32, x| m.max(x.abs()));
                assert!(gap < 1e-4, "{similarity}: {gap} from the mean");
            } else if similarity != Similarity::Dot && similarity != Similarity::ScaledDot {
                assert_eq!(recall.states, patterns.slice(s![..4, ..]), "{similarity} beta {beta}");
            }
        }
    }
    // Ties at infinite beta: the mean of the tied patterns.
    let tied = memory(&array![[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]], Separation::softmax(1e6));
    assert_eq!(tied.recall(array![[0.5f32, 0.5]].view()).unwrap().states, array![[0.5, 0.5]]);
}

#[test]
fn zero_vectors_and_equal_rows_are_defined() {
    for similarity in Similarity::ALL {
        for separation in separations(2.0) {
            let name = format!("{similarity} {}", separation.kind().name());
            let mut memory =
                Memory::builder(3).similarity(similarity).separation(separation).build().unwrap();
            memory.store(Array2::zeros((5, 3)).view()).unwrap();
            let recall = memory.recall(Array2::zeros((2, 3)).view()).unwrap();
            assert!(recall.states.iter().all(|&x| x == 0.0), "{name}");
            assert!(recall.reports.iter().all(|r| !r.energy.total().is_nan()), "{name}");
        }
    }
}

#[test]
fn removing_is_as_if_never_stored() {
    let patterns = random(300, 7, 9);
    let cues = random(3, 7, 10);
    for similarity in [Similarity::Dot, Similarity::Cosine] {
        let build = || {
            Memory::builder(7)
                .similarity(similarity)
                .separation(Separation::softmax(3.0))
                .values(2)
                .build()
                .unwrap()
        };
        let values = random(300, 2, 11);
        let mut memory = build();
        assert_eq!(memory.store_pairs(patterns.view(), values.view()).unwrap(), 0..300);
        // Past the half, the room is given back; ids stay.
        for id in (0..300).filter(|id| id % 3 != 0) {
            memory.remove(id).unwrap();
            assert!(memory.remove(id).is_err(), "{id} is gone");
        }
        let keep: Vec<usize> = (0..300).step_by(3).collect();
        let mut fresh = build();
        fresh
            .store_pairs(patterns.select(Axis(0), &keep).view(), values.select(Axis(0), &keep).view())
            .unwrap();
        assert_eq!(memory.len(), 100);
        assert_eq!(memory.patterns(), fresh.patterns());
        assert_eq!(memory.values(), fresh.values());
        assert_eq!(memory.ids(), keep.iter().map(|&k| k as u64).collect::<Vec<_>>());
        assert_eq!(memory.largest_norm(), fresh.largest_norm());
        let (a, b) = (memory.recall(cues.view()).unwrap(), fresh.recall(cues.view()).unwrap());
        for (x, y) in a.states.iter().zip(&b.states).chain(a.values.unwrap().iter().zip(&b.values.unwrap())) {
            assert!((x - y).abs() < 1e-5);
        }
        assert_eq!(
            memory.store_pairs(patterns.slice(s![..1, ..]), values.slice(s![..1, ..])).unwrap(),
            300..301
        );
        assert_eq!(memory.pattern(300).unwrap(), patterns.row(0));
    }
}

#[test]
fn clamped_components_stay_and_the_rest_is_completed() {
    let patterns = random(20, 30, 12);
    let memory = memory(&patterns, Separation::softmax(4.0));
    let mut cues = patterns.clone();
    cues.slice_mut(s![.., 15..]).fill(0.0);
    let known = Clamp::Components((0..15).collect());
    let mask = Array2::from_shape_fn((20, 30), |(_, j)| j < 15);
    let run = |clamp| memory.recall_with(cues.view(), &Dynamics { clamp, ..Dynamics::default() }).unwrap();
    let (a, b) = (run(known), run(Clamp::Mask(mask)));
    assert_eq!(a, b);
    assert_eq!(a.states.slice(s![.., ..15]), patterns.slice(s![.., ..15]));
    for (i, report) in a.reports.iter().enumerate() {
        assert_eq!(report.leading[0].id, i as u64);
        for pair in report.trace.windows(2) {
            assert!(pair[1] <= pair[0] + 1e-5 * (1.0 + pair[0].abs()));
        }
    }
}

#[test]
fn the_error_bound_holds_for_the_next_update() {
    let mut tight = 0;
    for beta in [0.1, 1.0, 3.0, 20.0] {
        for separation in [Separation::softmax(beta), Separation::entmax(1.5, beta).unwrap()] {
            let patterns = random(40, 12, 13);
            let memory = memory(&patterns, separation);
            let one = Dynamics { steps: 1, tolerance: 0.0, ..Dynamics::default() };
            let from = memory.recall_with(random(20, 12, 14).view(), &one).unwrap();
            let next = memory.recall_with(from.states.view(), &one).unwrap();
            for (report, state) in from.reports.iter().zip(next.states.rows()) {
                let bound = report.error_bound.unwrap();
                let error = &state - &patterns.row(report.leading[0].id as usize);
                let error = f64::from(error.dot(&error)).sqrt();
                assert!(error <= bound + 1e-5, "{error} > {bound}");
                // A tenth of the bound would not hold: the check can fail.
                tight += usize::from(error > bound / 10.0);
            }
        }
    }
    assert!(tight > 20, "{tight}");
}

#[test]
fn values_of_another_width_are_read_at_the_end_state() {
    let mut memory = Memory::builder(2).separation(Separation::softmax(60.0)).values(3).build().unwrap();
    let values = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]];
    memory.store_pairs(t3().view(), values.view()).unwrap();
    let recall = memory.recall(array![[0.8f32, 0.3], [-0.7, 0.1]].view()).unwrap();
    let got = recall.values.unwrap();
    for j in 0..3 {
        close(f64::from(got[[0, j]]), f64::from(values[[0, j]]), 1e-4, "first");
        close(f64::from(got[[1, j]]), f64::from(values[[2, j]]), 1e-4, "second");
    }
}

#[test]
fn mistakes_are_named_and_change_nothing() {
    let says = |error: attractor_memory::Error, words: &[&str]| {
        let text = error.to_string();
        assert!(words.iter().all(|w| text.contains(w)), "{text}");
    };
    let mut memory = memory(&t3(), Separation::softmax(1.0));
    let before = memory.patterns();
    says(memory.store(array![[1.0, 2.0, 3.0]].view()).unwrap_err(), &["patterns", "width 3", "width 2"]);
    says(
        memory.store(array![[1.0, 0.0], [0.0, f32::NAN]].view()).unwrap_err(),
        &["row 1", "column 1", "NaN"],
    );
    says(memory.store(array![[f32::INFINITY, 0.0]].view()).unwrap_err(), &["row 0", "inf", "finite"]);
    says(memory.store(array![[1e30f32, 0.0]].view()).unwrap_err(), &["1e18"]);
    says(memory.remove(7).unwrap_err(), &["id 7"]);
    assert_eq!(memory.patterns(), before);
    says(memory.recall(array![[1.0f32]].view()).unwrap_err(), &["cues", "width 1"]);
    says(memory.recall(array![[f32::NAN, 0.0]].view()).unwrap_err(), &["cues", "row 0", "NaN"]);
    let bad = |dynamics: Dynamics| memory.recall_with(array![[1.0f32, 0.0]].view(), &dynamics).unwrap_err();
    let default = Dynamics::default;
    says(bad(Dynamics { clamp: Clamp::Components(vec![5]), ..default() }), &["component 5", "width 2"]);
    says(bad(Dynamics { clamp: Clamp::Mask(Array2::from_elem((1, 3), true)), ..default() }), &["clamp", "3"]);
    says(bad(Dynamics { damping: 0.0, ..default() }), &["damping"]);
    says(bad(Dynamics { tolerance: f64::NAN, ..default() }), &["tolerance"]);
    let empty = Memory::builder(2).build().unwrap();
    says(empty.recall(array![[1.0f32, 0.0]].view()).unwrap_err(), &["empty"]);
    for beta in [-1.0, f64::NAN, f64::INFINITY, 0.0] {
        let separation = Separation::softmax(beta);
        says(Memory::builder(2).separation(separation).build().unwrap_err(), &["beta", "finite and above 0"]);
    }
    says(Memory::builder(0).build().unwrap_err(), &["width = 0"]);
    says(Separation::entmax(0.5, 1.0).unwrap_err(), &["alpha = 0.5"]);
}

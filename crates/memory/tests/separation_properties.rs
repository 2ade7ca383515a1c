//! What holds for every separation, on random and on adversarial scores.

use attractor_memory::{Reach, Separation};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

const ALL: &[&str] = &[
    "softmax",
    "softmax1",
    "sparsemax",
    "entmax(1)",
    "entmax(1.0000001)",
    "entmax(1.2)",
    "entmax(1.5)",
    "entmax(1.75)",
    "entmax(2)",
    "entmax(2.25)",
    "entmax(4)",
    "entmax(50)",
    "entmax(1e9)",
    "normmax(1.0000001)",
    "normmax(1.2)",
    "normmax(2)",
    "normmax(5)",
    "normmax(10)",
    "normmax(1000)",
    "budget(1)",
    "budget(2)",
    "budget(3)",
    "budget(7)",
    "budget(1000)",
    "topk(1)",
    "topk(3)",
    "topk(1000)",
    "topk-keep(1)",
    "topk-keep(4)",
    "argmax",
    "identity",
    "polynomial(2)",
    "polynomial(3)",
    "polynomial(20)",
    "rectified(3)",
    "rectified(2)",
    "exponential",
    "epanechnikov",
];

const ON_SIMPLEX: &[&str] = &["softmax", "sparsemax", "entmax", "normmax", "topk(", "argmax"];

#[test]
fn scores_outside_the_reach_have_no_weight() {
    for name in ALL {
        let separation = Separation::parse(name, 1.0).unwrap();
        for theta in inputs() {
            let (full, conjugate) = apply(&separation, &theta, theta.len());
            let floor = floor(separation.kind().reach(theta.len()), &theta);
            let kept: Vec<usize> = (0..theta.len()).filter(|&i| theta[i] >= floor).collect();
            let restricted: Vec<f64> = kept.iter().map(|&i| theta[i]).collect();
            let mut scattered = vec![0.0; theta.len()];
            let mut weights = restricted.clone();
            let partial = separation.kind().weights(&mut weights, theta.len(), log_partition(&theta));
            for (i, w) in kept.into_iter().zip(weights) {
                scattered[i] = w;
            }
            assert_eq!(scattered, full, "{name} on {theta:?}");
            assert_eq!(partial, conjugate, "{name} on {theta:?}");
        }
    }
}

#[test]
fn weights_are_finite_and_sum_to_what_they_should() {
    for name in ALL {
        let separation = Separation::parse(name, 1.0).unwrap();
        for theta in inputs() {
            let (weights, conjugate) = apply(&separation, &theta, theta.len());
            assert!(weights.iter().all(|w| w.is_finite()), "{name} on {theta:?}: {weights:?}");
            assert!(conjugate.is_finite(), "{name} on {theta:?}: {conjugate}");
            let sum: f64 = weights.iter().sum();
            if ON_SIMPLEX.iter().any(|start| name.starts_with(start) && *name != "softmax1") {
                assert!((sum - 1.0).abs() < 1e-12, "{name} on {theta:?}: {weights:?}");
                assert!(weights.iter().all(|w| (0.0..=1.0).contains(w)));
            }
            if let Some(k) = name.strip_prefix("budget(").and_then(|k| k.strip_suffix(')')) {
                let k: usize = k.parse().unwrap();
                assert!((sum - k.min(theta.len()) as f64).abs() < 1e-9, "{name} on {theta:?}: {weights:?}");
                assert!(weights.iter().all(|w| (0.0..=1.0).contains(w)));
            }
        }
    }
}

#[test]
fn masked_patterns_have_no_weight() {
    for name in ALL {
        let separation = Separation::parse(name, 1.0).unwrap();
        for theta in [&[][..], &[f64::NEG_INFINITY][..], &[f64::NEG_INFINITY; 5][..]] {
            let (weights, conjugate) = apply(&separation, theta, theta.len());
            assert!(weights.iter().all(|&w| w == 0.0), "{name}: {weights:?}");
            assert!(!conjugate.is_nan());
        }
        for theta in inputs() {
            let mut masked = theta.clone();
            masked.insert(theta.len() / 2, f64::NEG_INFINITY);
            let (mut weights, with_mask) = apply(&separation, &masked, masked.len());
            assert_eq!(weights.remove(theta.len() / 2), 0.0, "{name}");
            let (plain, conjugate) = apply(&separation, &theta, theta.len());
            assert_eq!((weights, with_mask), (plain, conjugate), "{name} on {theta:?}");
        }
        for theta in [[f64::INFINITY, 1.0], [f64::MAX, f64::MIN], [f64::INFINITY; 2]] {
            let (weights, conjugate) = apply(&separation, &theta, 2);
            let ok = weights.iter().all(|w| w.is_finite()) && !conjugate.is_nan();
            assert!(ok, "{name} on {theta:?}: {weights:?}, {conjugate}");
        }
    }
}

#[test]
fn equal_scores_have_equal_weights_in_any_order() {
    for name in ALL {
        let separation = Separation::parse(name, 1.0).unwrap();
        for theta in inputs() {
            let (weights, _) = apply(&separation, &theta, theta.len());
            for i in 0..theta.len() {
                for j in 0..i {
                    if theta[i] == theta[j] {
                        assert_eq!(weights[i], weights[j], "{name} on {theta:?}");
                    }
                }
            }
            let mut turned = theta.clone();
            turned.rotate_left(theta.len() / 3);
            let (mut other, _) = apply(&separation, &turned, theta.len());
            other.rotate_right(theta.len() / 3);
            for (a, b) in weights.iter().zip(&other) {
                assert!((a - b).abs() <= 1e-9 * a.abs().max(1e-3), "{name} on {theta:?}: {a} {b}");
            }
        }
    }
}

#[test]
fn weights_are_the_gradient_of_the_conjugate() {
    let mut violated = 0;
    for name in ALL {
        // Neither a gradient by definition, nor differentiable at the scale of the step.
        if ["topk-keep", "epanechnikov"].iter().any(|n| name.starts_with(n)) {
            continue;
        }
        let separation = Separation::parse(name, 1.0).unwrap();
        for seed in 0..20 {
            let theta = random(seed, 6, 1.5);
            let (weights, _) = apply(&separation, &theta, 6);
            for i in 0..6 {
                let h = 1e-6;
                let at = |step: f64| {
                    let mut moved = theta.clone();
                    moved[i] += step;
                    apply(&separation, &moved, 6).1
                };
                let slope = (at(h) - at(-h)) / (2.0 * h);
                let scale = 1.0 + weights.iter().fold(0.0_f64, |a, w| a.max(w.abs()));
                assert!((slope - weights[i]).abs() < 2e-6 * scale, "{name}: {slope} {weights:?}");
                violated += usize::from((slope - 1.01 * weights[i]).abs() >= 2e-6 * scale);
            }
        }
    }
    assert!(violated > 1000, "a gradient that is 1 % off must be found out");
}

#[test]
fn conjugates_are_fenchel_young() {
    for name in ALL {
        let separation = Separation::parse(name, 1.0).unwrap();
        let Some(omega) = omega(name) else { continue };
        for seed in 0..50 {
            let theta = random(seed, 5, 2.0);
            let (p, conjugate) = apply(&separation, &theta, 5);
            let value = |p: &[f64]| p.iter().zip(&theta).map(|(p, t)| p * t).sum::<f64>() - omega(p);
            assert!((value(&p) - conjugate).abs() < 1e-6, "{name} on {theta:?}");
            // Moving weight between any two patterns, within the domain, is never better.
            for i in 0..5 {
                for j in 0..5 {
                    let step = (1e-3_f64).min(p[i]).min(1.0 - p[j]);
                    let mut other = p.clone();
                    other[i] -= step;
                    other[j] += step;
                    assert!(value(&other) <= conjugate + 1e-6, "{name} on {theta:?}");
                }
            }
        }
        for n in [1, 2, 7] {
            let (p, conjugate) = apply(&separation, &vec![0.0; n], n);
            let uniform = separation.kind().uniform(n);
            assert!((uniform - omega(&p)).abs() < 1e-6, "{name}: {uniform} {}", omega(&p));
            assert!((uniform + conjugate).abs() < 1e-9, "{name}: {uniform} {conjugate}");
        }
    }
}

#[test]
fn a_lead_of_the_margin_recalls_one_pattern() {
    let mut with_margin = 0;
    for name in ALL {
        let separation = Separation::parse(name, 1.0).unwrap();
        let Some(margin) = separation.kind().margin() else { continue };
        with_margin += 1;
        let (weights, _) = apply(&separation, &[0.0, margin, 0.0, 0.0], 4);
        assert_eq!(weights, [0.0, 1.0, 0.0, 0.0], "{name}");
        // Near the limit of softmax or argmax the other weights are there, but below the last bit.
        if (0.1..10.0).contains(&margin) && !name.contains("1.0000001") {
            let (weights, _) = apply(&separation, &[0.0, 0.9 * margin, 0.0, 0.0], 4);
            assert!(weights[1] < 1.0, "{name}: the margin is not the least");
        }
    }
    assert!(with_margin >= 15);
}

#[test]
fn large_beta_tends_to_argmax() {
    let theta = [1e9, -3e9, 1e9, 0.5e9];
    for name in ALL.iter().filter(|n| ON_SIMPLEX.iter().any(|s| n.starts_with(s)) && !n.contains('3')) {
        if name.starts_with("softmax1") {
            continue;
        }
        let (weights, _) = apply(&Separation::parse(name, 1.0).unwrap(), &theta, 4);
        assert_eq!(weights, [0.5, 0.0, 0.5, 0.0], "{name}");
    }
}

#[test]
fn jacobian_products_match_finite_differences() {
    let mut supported = 0;
    let mut violated = 0;
    for name in ALL.iter().filter(|n| !["entmax(50)", "entmax(1e9)", "normmax(1000)"].contains(n)) {
        let separation = Separation::parse(name, 1.0).unwrap();
        for seed in 0..20 {
            let theta = random(seed, 6, 1.0);
            let (weights, _) = apply(&separation, &theta, 6);
            let direction = random(seed + 1000, 6, 1.0);
            let mut product = direction.clone();
            if separation.kind().jvp(&weights, &mut product).is_err() {
                continue;
            }
            supported += 1;
            let h = 1e-6;
            let at = |step: f64| {
                let moved: Vec<f64> = theta.iter().zip(&direction).map(|(t, u)| t + step * u).collect();
                apply(&separation, &moved, 6).0
            };
            // A weight about to vanish changes faster than any step.
            if weights.iter().any(|&p| p > 0.0 && p < 1e-3) {
                continue;
            }
            for ((after, before), exact) in at(h).iter().zip(at(-h)).zip(&product) {
                let slope = (after - before) / (2.0 * h);
                assert!((slope - exact).abs() < 1e-5 * (1.0 + exact.abs()), "{name}: {slope} {exact}");
                violated += usize::from((slope - 1.01 * exact).abs() >= 1e-5 * (1.0 + exact.abs()));
            }
        }
    }
    assert!(supported >= 300, "{supported}");
    assert!(violated > 500, "{violated}: a product that is 1 % off must be found out");
}

type Regulariser = Box<dyn Fn(&[f64]) -> f64>;

/// The regulariser by its definition; `None` where the domain is not a polytope of weights.
fn omega(name: &str) -> Option<Regulariser> {
    let entropy = |p: &[f64]| p.iter().filter(|p| **p > 0.0).map(|p| p * p.ln()).sum::<f64>();
    let (kind, parameter) = name.split_once('(').unwrap_or((name, "0)"));
    let a: f64 = parameter.trim_end_matches(')').parse().expect("a number");
    match kind {
        "softmax" => Some(Box::new(entropy)),
        "softmax1" => Some(Box::new(move |p| {
            let rest = (1.0 - p.iter().sum::<f64>()).max(1e-300);
            entropy(p) + rest * rest.ln()
        })),
        "sparsemax" => Some(Box::new(|p| (p.iter().map(|p| p * p).sum::<f64>() - 1.0) / 2.0)),
        // By its definition, which cancels near alpha = 1.
        "entmax" if a > 1.1 => {
            Some(Box::new(move |p| (p.iter().map(|p| p.powf(a)).sum::<f64>() - 1.0) / (a * (a - 1.0))))
        }
        "normmax" => Some(Box::new(move |p| {
            let largest = p.iter().copied().fold(0.0, f64::max);
            largest * p.iter().map(|p| (p / largest).powf(a)).sum::<f64>().powf(1.0 / a) - 1.0
        })),
        "budget" => Some(Box::new(|p| p.iter().map(|p| p * p).sum::<f64>() / 2.0)),
        "argmax" => Some(Box::new(|_| 0.0)),
        _ => None,
    }
}

fn apply(separation: &Separation, theta: &[f64], n: usize) -> (Vec<f64>, f64) {
    let mut weights = theta.to_vec();
    let conjugate = separation.kind().weights(&mut weights, n, log_partition(theta));
    (weights, conjugate)
}

fn log_partition(theta: &[f64]) -> f64 {
    let largest = theta.iter().copied().fold(f64::NEG_INFINITY, f64::max).min(f64::MAX);
    if largest == f64::NEG_INFINITY {
        return largest;
    }
    largest + theta.iter().map(|t| (t.min(f64::MAX) - largest).exp()).sum::<f64>().ln()
}

fn floor(reach: Reach, theta: &[f64]) -> f64 {
    let mut sorted = theta.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    match reach {
        Reach::Exponential { .. } | Reach::Pointwise => f64::NEG_INFINITY,
        Reach::BelowMax { margin } => sorted[0] - margin,
        Reach::BelowKth { k, margin } => sorted[k.min(theta.len()) - 1] - margin,
        Reach::Above { level } => level,
    }
}

fn random(seed: u64, n: usize, scale: f64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..n).map(|_| scale * rng.random_range(-1.0..1.0)).collect()
}

/// Random scores at scales from 1e-6 to 1e6, ties, equal rows, single scores, steps of exactly a margin.
fn inputs() -> Vec<Vec<f64>> {
    let mut all = vec![
        vec![0.0],
        vec![-1e6],
        vec![1e6],
        vec![0.0; 9],
        vec![1e6; 7],
        vec![-1e6; 7],
        vec![0.0, -1.0, -2.0, -3.0, -1.0, 0.0],
        vec![5.0, 5.0, 4.0, 4.0, 4.0, 3.0, 3.0],
        vec![1e6, 1e6 - 1.0, 1e6 - 0.5, 1e6, -1e6],
        vec![0.3, 0.1 + 0.2, 0.3 - 1.0, 0.3 - 2.0, 0.3 - 1.0 / 3.0],
        (0..500).map(|i| f64::from(i % 7) * 0.25).collect(),
        vec![1e-6; 300],
    ];
    for (seed, scale) in [1e-6, 1e-3, 1.0, 3.0, 1e2, 1e6].into_iter().enumerate() {
        for n in [1, 2, 3, 17, 100] {
            all.push(random(seed as u64 * 100 + n as u64, n, scale));
        }
    }
    all
}

//! Bounds on random memories: never violated; and the same bounds, shrunk, are.

use attractor_memory::certificate::{Geometry, posterior};
use attractor_memory::{Separation, certificate::posterior::Truncation};
use ndarray::{Array1, Array2};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// Rounding in the reference computation.
const ROUNDING: f64 = 1e-12;

/// One random memory, a pattern of it and a cue at a random distance from that pattern.
struct Trial {
    patterns: Array2<f64>,
    geometry: Geometry,
    beta: f64,
    row: usize,
    cue: Array1<f64>,
    distance: f64,
}

impl Trial {
    /// Every fourth trial is a pair of opposite patterns and a cue between them, where the bounds are tight.
    fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let d = rng.random_range(1..12);
        let opposite = seed.is_multiple_of(4);
        let n = if opposite { 2 } else { rng.random_range(1..9) };
        let mut stored = Array2::from_shape_fn((n, d), |_| rng.random_range(-1.0_f32..1.0));
        if opposite {
            let negative = -&stored.row(0);
            stored.row_mut(1).assign(&negative);
        }
        let geometry = Geometry::of(stored.view()).expect("finite patterns");
        let patterns = stored.mapv(f64::from);
        let beta = 10.0_f64.powf(rng.random_range(-1.0..2.0));
        let row = rng.random_range(0..n);
        let mut offset = Array1::from_shape_fn(d, |_| rng.random_range(-1.0..1.0));
        if opposite {
            offset = -&patterns.row(row);
        }
        let share = rng.random_range(0.0..1.0_f64).powi(3);
        let length = length(&offset);
        offset *= share * geometry.radius / length.max(1e-9);
        let cue = &patterns.row(row) + &offset;
        let distance = self::length(&offset);
        Self { patterns, geometry, beta, row, cue, distance }
    }

    fn weights(&self, q: &Array1<f64>) -> Vec<f64> {
        let mut theta = (self.patterns.dot(q) * self.beta).to_vec();
        let n = theta.len();
        Separation::softmax(self.beta).kind().weights(&mut theta, n, f64::NAN);
        theta
    }

    fn step(&self, q: &Array1<f64>) -> Array1<f64> {
        self.patterns.t().dot(&Array1::from(self.weights(q)))
    }

    fn error(&self, q: &Array1<f64>) -> f64 {
        length(&(q - &self.patterns.row(self.row)))
    }

    /// `|J(q)|_2` by power iteration; from below, as every estimate by a Rayleigh quotient.
    fn jacobian_norm(&self, q: &Array1<f64>) -> f64 {
        let p = self.weights(q);
        let softmax = Separation::softmax(self.beta);
        let mut u = Array1::from_shape_fn(q.len(), |i| 1.0 + 0.1 * i as f64);
        let mut norm = 0.0;
        for _ in 0..60 {
            u /= length(&u).max(1e-300);
            let mut along = (self.patterns.dot(&u) * self.beta).to_vec();
            softmax.kind().jvp(&p, &mut along).expect("softmax has one");
            let next = self.patterns.t().dot(&Array1::from(along));
            norm = length(&next);
            u = next;
        }
        norm
    }
}

fn length(x: &Array1<f64>) -> f64 {
    x.dot(x).sqrt()
}

/// Counts how often `found <= bound` fails, and keeps the largest `found / bound`: the bound times anything
/// below that would have been found out.
#[derive(Default)]
struct Count {
    tried: usize,
    violated: usize,
    tightest: f64,
}

impl Count {
    fn add(&mut self, found: f64, bound: f64) {
        assert!(!found.is_nan() && !bound.is_nan());
        self.tried += 1;
        self.violated += usize::from(found > bound + ROUNDING);
        if bound > 1e3 * ROUNDING {
            self.tightest = self.tightest.max(found / bound);
        }
    }

    /// Never violated, while the bound shrunk by the factor `control` is.
    fn holds(&self, what: &str, at_least: usize, control: f64) {
        let Self { tried, violated, tightest } = self;
        assert!(*tried >= at_least, "{what}: only {tried} trials");
        assert_eq!(*violated, 0, "{what}: violated in {tried} trials");
        assert!(*tightest > control, "{what}: the bound times {control} holds too ({tightest})");
    }
}

#[test]
fn one_step_errors_and_contractions() {
    let (mut prior, mut after, mut everywhere, mut ball, mut here) = Default::default();
    for seed in 0..4000 {
        let trial = Trial::new(seed);
        let certificate = trial.geometry.certificate(trial.row, trial.beta).unwrap();
        let weight = trial.weights(&trial.cue)[trial.row];
        let error = trial.error(&trial.step(&trial.cue));
        Count::add(&mut prior, error, certificate.one_step_error(trial.distance));
        Count::add(&mut after, error, posterior::one_step_error(weight, trial.geometry.diameter));
        let norm = trial.jacobian_norm(&trial.cue);
        Count::add(&mut everywhere, norm, trial.geometry.contraction(trial.beta));
        Count::add(&mut ball, norm, certificate.contraction(trial.distance));
        let posterior = posterior::contraction(trial.beta, trial.geometry.radius, weight);
        Count::add(&mut here, norm, posterior);
        let n = trial.patterns.nrows();
        if n > 1 {
            assert!(certificate.contraction(0.1) <= certificate.theorem_4_factor(0.1) * (1.0 + 1e-12));
        }
    }
    prior.holds("a-priori error", 4000, 0.9);
    after.holds("a-posteriori error", 4000, 0.9);
    everywhere.holds("contraction everywhere", 4000, 0.9);
    ball.holds("contraction on the ball", 4000, 0.9);
    here.holds("a-posteriori contraction", 4000, 0.9);
}

#[test]
fn certified_basins_hold_one_fixed_point() {
    let (mut inner, mut published, mut decay, mut last) =
        (Count::default(), Count::default(), Count::default(), Count::default());
    for seed in 0..4000 {
        let trial = Trial::new(seed);
        let certificate = trial.geometry.certificate(trial.row, trial.beta).unwrap();
        let Some(basin) = certificate.basin() else { continue };
        assert!(basin.inner <= basin.outer);
        if trial.distance >= basin.outer {
            assert_eq!(certificate.error_after(trial.distance, 1), None);
            continue;
        }
        let mut states = vec![trial.cue.clone()];
        for t in 0..200 {
            states.push(trial.step(&states[t]));
        }
        let fixed = states[200].clone();
        let from_pattern = (0..200).fold(trial.patterns.row(trial.row).to_owned(), |q, _| trial.step(&q));
        let rho = certificate.contraction(trial.distance.max(basin.inner));
        // Close to the edge 200 steps are not enough to see the limit.
        if rho < 0.9 {
            assert!(length(&(&fixed - &from_pattern)) < 1e-9, "two fixed points in one basin");
            let nearest = (0..trial.patterns.nrows())
                .map(|i| length(&(&fixed - &trial.patterns.row(i))))
                .fold(f64::INFINITY, f64::min);
            assert_eq!(trial.error(&fixed), nearest, "the fixed point belongs to another pattern");
            inner.add(trial.error(&fixed), basin.inner);
            published.add(trial.error(&fixed), certificate.fixed_point_error().unwrap());
            for t in 0..10 {
                let distance = length(&(&states[t] - &fixed));
                decay.add(distance, certificate.error_after(trial.distance, t as u32).unwrap());
                if t > 0 {
                    let step = length(&(&states[t] - &states[t - 1]));
                    last.add(distance, posterior::distance_to_fixed_point(rho, step).unwrap());
                }
            }
        }
    }
    inner.holds("distance of the fixed point", 100, 0.9);
    published.holds("theorem 5", 100, 0.5);
    decay.holds("error after t steps", 1000, 0.9);
    last.holds("distance by the last step", 1000, 0.9);
}

#[test]
fn basins_are_the_largest_that_the_conditions_allow() {
    let mut found = 0;
    for seed in 0..500 {
        let trial = Trial::new(seed);
        let certificate = trial.geometry.certificate(trial.row, trial.beta).unwrap();
        let holds = |r: f64| certificate.one_step_error(r) <= r && certificate.contraction(r) < 1.0;
        let searched = (1..=20_000).map(|k| f64::from(k) * 1e-4).filter(|&r| holds(r));
        let (first, last) = searched.fold((f64::INFINITY, 0.0), |(a, b), r| (r.min(a), r.max(b)));
        match certificate.basin() {
            Some(basin) if basin.outer < 1.9 && basin.outer - basin.inner > 1e-3 => {
                found += 1;
                assert!((last - basin.outer).abs() <= 1.1e-4, "{last} {basin:?}");
                assert!((first - basin.inner).abs() <= 1.1e-4, "{first} {basin:?}");
            }
            Some(_) => {}
            // Nothing to find, or a ball in which the fixed point need not be nearest to this pattern.
            None => {
                let nearest = trial.geometry.separation[trial.row] / (2.0 * trial.geometry.radius);
                assert!(last == 0.0 || first + 1e-4 >= nearest, "{first} {last}");
            }
        }
    }
    assert!(found > 50, "{found}");
}

#[test]
fn sparse_memories_recall_exactly_within_the_radius() {
    for (separation, least) in
        [("sparsemax", 100), ("entmax(1.5)", 100), ("normmax(2)", 100), ("argmax", 100)]
    {
        let (mut tried, mut beyond) = (0, 0);
        for seed in 0..1000 {
            let trial = Trial::new(seed);
            let separation = Separation::parse(separation, trial.beta).unwrap();
            let certificate = trial.geometry.certificate(trial.row, trial.beta).unwrap();
            let margin = separation.kind().margin().unwrap();
            let Some(radius) = certificate.exact_radius(margin).filter(|r| r.is_finite()) else { continue };
            tried += 1;
            let exact = |share: f64| {
                let offset = &trial.cue - &trial.patterns.row(trial.row);
                let scale = radius * share / length(&offset).max(1e-300);
                let q = &trial.patterns.row(trial.row) + &(offset * scale);
                let mut theta = (trial.patterns.dot(&q) * trial.beta).to_vec();
                let n = theta.len();
                separation.kind().weights(&mut theta, n, f64::NAN);
                theta.iter().enumerate().all(|(i, &p)| p == f64::from(u8::from(i == trial.row)))
            };
            assert!(exact(0.0) && exact(1.0 - 1e-9), "{separation:?} {seed}");
            beyond += usize::from(!exact(1.05));
        }
        assert!(tried >= least, "{separation}: {tried}");
        assert!(beyond > 0, "{separation}: beyond the radius some cue must not be recalled exactly");
    }
}

#[test]
fn truncated_recall_stays_within_its_bounds() {
    let (mut state, mut log_sum) = (Count::default(), Count::default());
    for seed in 0..4000 {
        let trial = Trial::new(seed);
        let similarity = trial.patterns.dot(&trial.cue);
        let n = similarity.len();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| similarity[b].total_cmp(&similarity[a]));
        // Not always the best: a bad search has a positive gap.
        let kept = &order[seed as usize % 2..n.div_ceil(2).max(1 + seed as usize % 2).min(n)];
        if kept.is_empty() {
            continue;
        }
        let omitted: Vec<usize> = order.iter().copied().filter(|i| !kept.contains(i)).collect();
        let top = similarity[kept[0]];
        let sum: f64 = kept.iter().map(|&i| (trial.beta * (similarity[i] - top)).exp()).sum();
        let gap = omitted.iter().map(|&i| similarity[i] - top).fold(f64::NEG_INFINITY, f64::max);
        let bound = Truncation::new(trial.beta, trial.geometry.radius, sum, omitted.len(), gap);
        let mut partial = Array1::zeros(trial.patterns.ncols());
        for &i in kept {
            partial += &(&trial.patterns.row(i) * ((trial.beta * (similarity[i] - top)).exp() / sum));
        }
        state.add(length(&(trial.step(&trial.cue) - partial)), bound.state);
        let all: f64 = similarity.iter().map(|s| (trial.beta * (s - top)).exp()).sum();
        let difference = (all.ln() - sum.ln()) / trial.beta;
        assert!(difference >= -ROUNDING);
        log_sum.add(difference, bound.log_sum);
    }
    state.holds("state", 3000, 0.9);
    log_sum.holds("log-sum-exp", 3000, 0.9);
}

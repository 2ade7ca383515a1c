//! The fused association against naive f64, its gradients against central differences, and its promises.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use attractor_nets::Error;
use attractor_nets::association::Gradient;
use attractor_nets::fused::{Forward, Gradients, Inputs, Phantom, backward, forward};
use ndarray::{Array3, Array4, s};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How the states move, the same for all heads.
#[derive(Debug, Clone, Copy)]
enum Updates {
    Unrolled(usize),
    Settled { tolerance: f64, limit: usize },
}

/// Everything that goes in, and the slope of the loss by the output.
#[derive(Clone)]
struct Case {
    queries: Array4<f32>,
    patterns: Array4<f32>,
    values: Array4<f32>,
    betas: Vec<f32>,
    mask: Option<Array4<f32>>,
    /// `(batch, 1, 1, patterns)`
    padding: Option<Array4<u8>>,
    steps: Vec<usize>,
    tolerance: Option<Vec<f64>>,
    gradient: Gradient,
    phantom: Phantom,
    slopes: Array4<f32>,
}

fn random(shape: [usize; 4], rng: &mut ChaCha8Rng) -> Array4<f32> {
    Array4::from_shape_simple_fn(shape, || rng.random_range(-1.0..1.0))
}

impl Case {
    /// `[batch, heads, queries, patterns, width, value width]`
    fn new([n, h, l, s, c, cv]: [usize; 6], beta: f32, updates: Updates) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64((n + 3 * h + 5 * l + 7 * s + 11 * c + 13 * cv) as u64);
        let case = Self {
            queries: random([n, h, l, c], &mut rng),
            patterns: random([n, h, s, c], &mut rng),
            values: random([n, h, s, cv], &mut rng),
            betas: (0..h).map(|i| beta * (1.0 + 0.25 * i as f32)).collect(),
            mask: None,
            padding: None,
            steps: vec![],
            tolerance: None,
            gradient: Gradient::Unrolled,
            phantom: Phantom::Absent,
            slopes: random([n, h, l, cv], &mut rng),
        };
        case.with(updates)
    }

    fn with(mut self, updates: Updates) -> Self {
        let heads = self.betas.len();
        (self.steps, self.tolerance, self.gradient) = match updates {
            Updates::Unrolled(count) => (vec![count; heads], None, Gradient::Unrolled),
            Updates::Settled { tolerance, limit } => {
                (vec![limit; heads], Some(vec![tolerance; heads]), Gradient::FixedPoint)
            }
        };
        self
    }

    /// A third of the pairs forbidden, the rest with a bias; row 0 of each head forbidden everything.
    fn masked(mut self) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(99);
        let (n, h, l, _) = self.queries.dim();
        let shape = [n, h, l, self.patterns.dim().2];
        let mut mask = random(shape, &mut rng).mapv(|x| if x < -0.33 { f32::NEG_INFINITY } else { x });
        mask.slice_mut(s![.., .., 0, ..]).fill(f32::NEG_INFINITY);
        self.mask = Some(mask);
        self
    }

    /// The last pattern of each element of the batch is padding; of the last element all are.
    fn padded(mut self) -> Self {
        let (n, _, s, _) = self.patterns.dim();
        let behind = |(i, _, _, j)| u8::from(j + 1 == s || i + 1 == n);
        self.padding = Some(Array4::from_shape_fn((n, 1, 1, s), behind));
        self
    }

    fn inputs(&self) -> Inputs<'_> {
        let (n, h, l, _) = self.queries.dim();
        let scores = [n, h, l, self.patterns.dim().2];
        Inputs {
            added: self.mask.as_ref().map(|mask| mask.view()),
            forbidden: self.padding.as_ref().map(|padding| padding.broadcast(scores).unwrap()),
            tolerance: self.tolerance.as_deref(),
            gradient: self.gradient,
            phantom: self.phantom,
            ..Inputs::new(
                self.queries.view(),
                self.patterns.view(),
                self.values.view(),
                &self.betas,
                &self.steps,
            )
        }
    }

    fn run(&self) -> (Forward, Gradients) {
        let forward = forward(&self.inputs()).unwrap();
        let gradients = backward(&self.inputs(), &forward, self.slopes.view()).unwrap();
        (forward, gradients)
    }

    fn exact(&self) -> Exact {
        let [queries, patterns, values] =
            [&self.queries, &self.patterns, &self.values].map(|x| x.mapv(f64::from));
        let betas = self.betas.iter().map(|&beta| f64::from(beta)).collect();
        Exact { queries, patterns, values, betas }
    }
}

/// The inputs in f64, to be moved.
#[derive(Clone)]
struct Exact {
    queries: Array4<f64>,
    patterns: Array4<f64>,
    values: Array4<f64>,
    betas: Vec<f64>,
}

impl Exact {
    fn weights(&self, case: &Case, n: usize, h: usize, l: usize, state: &[f64]) -> Vec<f64> {
        let theta: Vec<f64> = (0..self.patterns.dim().2)
            .map(|s| {
                let dot: f64 =
                    state.iter().zip(self.patterns.slice(s![n, h, s, ..])).map(|(q, k)| q * k).sum();
                let mask = case.mask.as_ref().map_or(0.0, |mask| f64::from(mask[[n, h, l, s]]));
                let out = case.padding.as_ref().is_some_and(|padding| padding[[n, 0, 0, s]] != 0);
                self.betas[h] * dot + mask + if out { f64::NEG_INFINITY } else { 0.0 }
            })
            .collect();
        let top = theta.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if top == f64::NEG_INFINITY {
            return vec![0.0; theta.len()];
        }
        let phantom = if case.phantom == Phantom::Present { (-top).exp() } else { 0.0 };
        let total: f64 = theta.iter().map(|x| (x - top).exp()).sum::<f64>() + phantom;
        theta.iter().map(|x| (x - top).exp() / total).collect()
    }

    fn output(&self, case: &Case) -> Array4<f64> {
        let (n, h, l, c) = self.queries.dim();
        let cv = self.values.dim().3;
        let mut output = Array4::zeros([n, h, l, cv]);
        for (n, h, l) in (0..n).flat_map(|n| (0..h).flat_map(move |h| (0..l).map(move |l| (n, h, l)))) {
            let mut state = self.queries.slice(s![n, h, l, ..]).to_vec();
            let limit = match case.gradient {
                Gradient::Unrolled => case.steps[h],
                // Far beyond what f32 can see.
                Gradient::FixedPoint => 20_000,
            };
            for _ in 0..limit {
                let weights = self.weights(case, n, h, l, &state);
                let next: Vec<f64> = (0..c)
                    .map(|j| weights.iter().enumerate().map(|(s, w)| w * self.patterns[[n, h, s, j]]).sum())
                    .collect();
                let still = next == state;
                state = next;
                if still {
                    break;
                }
            }
            let weights = self.weights(case, n, h, l, &state);
            for j in 0..cv {
                output[[n, h, l, j]] =
                    weights.iter().enumerate().map(|(s, w)| w * self.values[[n, h, s, j]]).sum();
            }
        }
        output
    }

    fn loss(&self, case: &Case) -> f64 {
        self.output(case).iter().zip(&case.slopes).map(|(x, &g)| x * f64::from(g)).sum()
    }

    /// Number `i` of all the inputs.
    fn entry(&mut self, i: usize) -> &mut f64 {
        let (q, k, v) = (self.queries.len(), self.patterns.len(), self.values.len());
        match i {
            i if i < q => &mut self.queries.as_slice_mut().unwrap()[i],
            i if i < q + k => &mut self.patterns.as_slice_mut().unwrap()[i - q],
            i if i < q + k + v => &mut self.values.as_slice_mut().unwrap()[i - q - k],
            i => &mut self.betas[i - q - k - v],
        }
    }
}

/// All gradients in the order of [`Exact::entry`].
fn flat(gradients: &Gradients) -> Vec<f64> {
    let arrays = [&gradients.queries, &gradients.patterns, &gradients.values];
    let entries = arrays.into_iter().flat_map(|array| array.iter()).chain(&gradients.betas);
    entries.map(|&x| f64::from(x)).collect()
}

/// Largest difference between `gradient` and central differences of the naive loss of `case`, relative to the largest
/// entry of either.
fn mismatch(case: &Case, gradient: &[f64]) -> f64 {
    let h = 1e-5;
    let mut exact = case.exact();
    let (mut worst, mut scale) = (0.0f64, 0.0f64);
    for (i, &analytic) in gradient.iter().enumerate() {
        *exact.entry(i) += h;
        let up = exact.loss(case);
        *exact.entry(i) -= 2.0 * h;
        let numeric = (up - exact.loss(case)) / (2.0 * h);
        *exact.entry(i) += h;
        worst = worst.max((numeric - analytic).abs());
        scale = scale.max(numeric.abs()).max(analytic.abs());
    }
    worst / scale
}

fn worst(ours: &Array4<f32>, theirs: &Array4<f64>) -> f64 {
    ours.iter().zip(theirs).map(|(&a, b)| (f64::from(a) - b).abs()).fold(0.0, f64::max)
}

/// Sizes of 1, pairwise prime sizes, sizes that are no multiple of a lane, several blocks of queries and patterns.
const SHAPES: [[usize; 6]; 10] = [
    [1, 1, 1, 1, 1, 1],
    [2, 3, 1, 5, 7, 1],
    [1, 2, 5, 1, 3, 11],
    [3, 1, 2, 17, 1, 5],
    [2, 2, 33, 16, 16, 32],
    [1, 1, 70, 300, 5, 3],
    [1, 3, 37, 129, 17, 19],
    [2, 1, 31, 257, 32, 48],
    [1, 17, 3, 13, 23, 65],
    [1, 1, 4, 700, 100, 2],
];

#[test]
fn outputs_are_those_of_the_formula() {
    for shape in SHAPES {
        for count in [0, 1, 3] {
            for beta in [0.0, 0.5, 4.0].map(|beta| beta / (shape[4] as f32).sqrt()) {
                let plain = Case::new(shape, beta, Updates::Unrolled(count));
                for case in [plain.clone(), plain.masked().padded()] {
                    let output = forward(&case.inputs()).unwrap().output;
                    let off = worst(&output, &case.exact().output(&case));
                    // An update multiplies the rounding of a state by up to beta times the spread of the patterns.
                    let bound = 5e-6 * (1.0 + f64::from(beta) * count as f64);
                    assert!(off < bound, "{shape:?}, {count} updates, beta {beta}: {off}");
                }
            }
        }
    }
}

#[test]
fn gradients_are_those_of_central_differences() {
    for shape in [[1, 1, 1, 1, 1, 1], [2, 2, 3, 5, 3, 2], [1, 2, 2, 17, 4, 6], [1, 1, 35, 3, 2, 1]] {
        for count in [0, 1, 3] {
            for beta in [0.5, 3.0] {
                let plain = Case::new(shape, beta, Updates::Unrolled(count));
                for case in [plain.clone(), plain.clone().masked(), plain.clone().masked().padded()] {
                    let gradient = flat(&case.run().1);
                    if shape[3] == 1 || gradient.iter().all(|&x| x == 0.0) {
                        continue; // One pattern always has weight 1: only values matter, checked below.
                    }
                    let off = mismatch(&case, &gradient);
                    assert!(off < 1e-5, "{shape:?}, {count} updates, beta {beta}: {off}");
                }
            }
        }
    }
    let one = Case::new([1, 1, 1, 1, 1, 1], 1.0, Updates::Unrolled(2));
    let gradients = one.run().1;
    assert_eq!(gradients.values, one.slopes);
    assert_eq!((gradients.queries[[0; 4]], gradients.betas[0]), (0.0, 0.0));
}

#[test]
fn a_wrong_gradient_does_not_pass_for_a_right_one() {
    let case = Case::new([2, 2, 3, 5, 3, 2], 2.0, Updates::Unrolled(2));
    let right = flat(&case.run().1);
    assert!(mismatch(&case, &right) < 1e-5);
    let other = case.clone().with(Updates::Unrolled(1));
    assert!(mismatch(&case, &flat(&other.run().1)) > 1e-2, "an update fewer");
    for i in [0, right.len() / 3, right.len() - 1] {
        let mut wrong = right.clone();
        wrong[i] *= 1.001;
        wrong[i] += 1e-3;
        assert!(mismatch(&case, &wrong) > 1e-4, "entry {i}");
    }
}

#[test]
fn heads_take_their_own_steps_and_a_phantom_takes_weight() {
    for shape in [[2, 3, 3, 5, 3, 2], [2, 3, 35, 4, 2, 1]] {
        let mut case = Case::new(shape, 2.0, Updates::Unrolled(0)).masked().padded();
        case.steps = vec![2, 0, 3];
        for phantom in [Phantom::Absent, Phantom::Present] {
            case.phantom = phantom;
            let (forward, gradients) = case.run();
            let off = worst(&forward.output, &case.exact().output(&case));
            assert!(off < 1e-5, "{shape:?}, {phantom:?}: {off}");
            let off = mismatch(&case, &flat(&gradients));
            assert!(off < 1e-5, "{shape:?}, {phantom:?}, gradients: {off}");
            assert_eq!(
                forward.steps(),
                Array3::from_shape_fn(forward.steps().dim(), |(_, h, _)| case.steps[h])
            );
        }
    }
    // Without the phantom the output is another.
    let case = Case::new([1, 1, 2, 3, 2, 2], 1.0, Updates::Unrolled(1));
    let with = Case { phantom: Phantom::Present, ..case.clone() };
    assert!(worst(&with.run().0.output, &case.exact().output(&case)) > 1e-2);
}

#[test]
fn a_query_that_rests_has_the_gradient_of_the_steps_that_it_took() {
    let [n, h, l, s, c, cv] = [1, 2, 40, 6, 3, 2];
    let mut case = Case::new([n, h, l, s, c, cv], 1.5, Updates::Unrolled(30)).masked();
    case.tolerance = Some(vec![1e-2, 3e-3]);
    let (forward, gradients) = case.run();
    let (steps, converged) = (forward.steps(), forward.converged());
    assert!(converged.iter().all(|&converged| converged));
    let (least, most) = (steps.iter().min().unwrap(), steps.iter().max().unwrap());
    assert!(least + 2 < *most, "queries rest at different times: {least} to {most}");
    // Each query alone, with just the steps that it took, and nothing that watches it.
    let mut sums = [Array4::<f64>::zeros([n, h, s, c]), Array4::zeros([n, h, s, cv])];
    for head in 0..h {
        for query in 0..l {
            let mut alone = case.clone();
            alone.queries = case.queries.slice(s![.., .., query..=query, ..]).to_owned();
            alone.slopes = case.slopes.slice(s![.., .., query..=query, ..]).to_owned();
            alone.mask = case.mask.as_ref().map(|mask| mask.slice(s![.., .., query..=query, ..]).to_owned());
            (alone.steps, alone.tolerance) = (vec![steps[[0, head, query]]; h], None);
            let (single, gradient) = alone.run();
            let at = s![0, head, query, ..];
            assert_eq!(single.output.slice(s![0, head, 0, ..]), forward.output.slice(at));
            let states = (single.states.unwrap(), forward.states.as_ref().unwrap());
            assert_eq!(states.0.slice(s![0, head, 0, ..]), states.1.slice(at));
            assert_eq!(gradient.queries.slice(s![0, head, 0, ..]), gradients.queries.slice(at));
            for (sum, part) in sums.iter_mut().zip([&gradient.patterns, &gradient.values]) {
                let part = part.slice(s![0, head, .., ..]).mapv(f64::from);
                let mut to = sum.slice_mut(s![0, head, .., ..]);
                to += &part;
            }
        }
    }
    assert!(worst(&gradients.patterns, &sums[0]) < 1e-4 && worst(&gradients.values, &sums[1]) < 1e-4);
}

/// Large shapes: the slope of the loss along a random direction in all inputs at once.
#[test]
fn gradients_of_many_blocks_are_the_slopes_along_directions() {
    for (shape, count) in
        [([1, 1, 70, 300, 5, 3], 1), ([1, 3, 37, 129, 17, 19], 2), ([2, 1, 31, 257, 32, 48], 0)]
    {
        for case in [
            Case::new(shape, 1.0, Updates::Unrolled(count)),
            Case::new(shape, 1.0, Updates::Unrolled(count)).masked(),
        ] {
            let gradient = flat(&case.run().1);
            let mut rng = ChaCha8Rng::seed_from_u64(5);
            for _ in 0..2 {
                let direction: Vec<f64> = gradient.iter().map(|_| rng.random_range(-1.0..1.0)).collect();
                let at = |h: f64| {
                    let mut exact = case.exact();
                    direction.iter().enumerate().for_each(|(i, d)| *exact.entry(i) += h * d);
                    exact.loss(&case)
                };
                let numeric = (at(1e-5) - at(-1e-5)) / 2e-5;
                let analytic: f64 = gradient.iter().zip(&direction).map(|(g, d)| g * d).sum();
                let scale: f64 = gradient.iter().zip(&direction).map(|(g, d)| (g * d).abs()).sum();
                let off = (numeric - analytic).abs();
                assert!(
                    off < 1e-6 * scale + 1e-7,
                    "{shape:?}, {count} updates: {numeric} {analytic} ({scale})"
                );
            }
        }
    }
}

#[test]
fn who_may_look_at_nothing_gets_zeros_and_gives_none() {
    for updates in
        [Updates::Unrolled(0), Updates::Unrolled(2), Updates::Settled { tolerance: 1e-6, limit: 50 }]
    {
        let case = Case::new([2, 2, 40, 21, 5, 6], 1.0, updates).masked();
        let (forward, gradients) = case.run();
        assert!(forward.output.slice(s![.., .., 0, ..]).iter().all(|&x| x == 0.0));
        assert!(gradients.queries.slice(s![.., .., 0, ..]).iter().all(|&x| x == 0.0));
        assert!(flat(&gradients).iter().all(|x| x.is_finite()));
        // The row gives nothing to the sums: they are those of a loss that does not look at it.
        let mut blind = case.clone();
        blind.slopes.slice_mut(s![.., .., 0, ..]).fill(0.0);
        assert_eq!(flat(&blind.run().1), flat(&gradients));

        let padded = Case::new([3, 1, 4, 9, 2, 3], 1.0, updates).padded();
        let (forward, gradients) = padded.run();
        assert!(forward.output.slice(s![2, .., .., ..]).iter().all(|&x| x == 0.0));
        assert!(gradients.values.slice(s![2, .., .., ..]).iter().all(|&x| x == 0.0));
        assert!(gradients.patterns.slice(s![.., .., 8, ..]).iter().all(|&x| x == 0.0));
        assert!(gradients.values.slice(s![0, 0, 0, ..]).iter().all(|&x| x != 0.0));

        let empty = Case::new([1, 2, 3, 0, 4, 5], 1.0, updates);
        let (forward, gradients) = empty.run();
        assert_eq!(forward.output, Array4::<f32>::zeros([1, 2, 3, 5]));
        assert_eq!(gradients.queries, Array4::<f32>::zeros([1, 2, 3, 4]));
    }
}

#[test]
fn large_beta_finds_the_nearest_and_stays_finite() {
    for beta in [1e3, 1e6, 1e30, f32::MAX] {
        for count in [0, 2] {
            for patterns in [40, 300] {
                let mut case = Case::new([1, 2, 5, patterns, 8, 3], 1.0, Updates::Unrolled(count));
                case.betas = vec![beta; 2];
                // Unit patterns, queries near one of them: the scores are far apart.
                for mut row in case.patterns.rows_mut() {
                    let length = row.dot(&row).sqrt();
                    row /= length;
                }
                for h in 0..2 {
                    for l in 0..5 {
                        let near = case.patterns.slice(s![0, h, 7 * l, ..]).to_owned();
                        case.queries.slice_mut(s![0, h, l, ..]).assign(&near);
                    }
                }
                let (forward, gradients) = case.run();
                for h in 0..2 {
                    for l in 0..5 {
                        let value = case.values.slice(s![0, h, 7 * l, ..]);
                        assert_eq!(forward.output.slice(s![0, h, l, ..]), value, "beta {beta}");
                    }
                }
                assert!(flat(&gradients).iter().all(|x| x.is_finite()), "beta {beta}, {patterns} patterns");
            }
        }
    }
    // Scores beyond the range of f32.
    let mut far = Case::new([1, 1, 3, 20, 4, 2], 1.0, Updates::Unrolled(1));
    far.queries.mapv_inplace(|x| x * 1e25);
    far.patterns.mapv_inplace(|x| x * 1e25);
    assert!(forward(&far.inputs()).unwrap().output.iter().all(|x| x.is_finite()));
}

#[test]
fn the_bits_do_not_depend_on_the_threads() {
    let updates =
        [Updates::Unrolled(0), Updates::Unrolled(2), Updates::Settled { tolerance: 1e-4, limit: 20 }];
    for shape in [[1, 1, 200, 40, 8, 12], [3, 8, 40, 33, 5, 7], [1, 3, 130, 270, 16, 16]] {
        for updates in updates {
            let case = Case::new(shape, 1.0, updates).masked();
            let on = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let (forward, gradients) = pool.install(|| case.run());
                (forward.output, flat(&gradients))
            };
            let alone = on(1);
            assert!(alone == on(2) && alone == on(3), "{shape:?}, {updates:?}");
        }
    }
}

#[test]
fn a_query_depends_neither_on_the_others_nor_on_the_batch() {
    let settled = Updates::Settled { tolerance: 1e-3, limit: 30 };
    for updates in [Updates::Unrolled(0), Updates::Unrolled(3), settled] {
        let case = Case::new([3, 2, 75, 140, 9, 5], 1.0, updates);
        let all = forward(&case.inputs()).unwrap().output;
        for (n, l) in [(0, 0), (1, 33), (2, 74)] {
            let mut alone = case.clone();
            alone.queries = case.queries.slice(s![n..=n, .., l..=l, ..]).to_owned();
            alone.patterns = case.patterns.slice(s![n..=n, .., .., ..]).to_owned();
            alone.values = case.values.slice(s![n..=n, .., .., ..]).to_owned();
            let output = forward(&alone.inputs()).unwrap().output;
            assert_eq!(output, all.slice(s![n..=n, .., l..=l, ..]), "{updates:?}");
        }
    }
}

#[test]
fn strides_change_no_bit_and_results_keep_the_order_of_their_inputs() {
    let case = Case::new([2, 3, 35, 18, 5, 7], 1.0, Updates::Unrolled(1)).masked();
    let (straight, gradients) = case.run();
    // Rows before heads in memory, as a layer's projection leaves them.
    let swapped = |x: &Array4<f32>| {
        let memory = x.view().permuted_axes([0, 2, 1, 3]).as_standard_layout().into_owned();
        memory.permuted_axes([0, 2, 1, 3])
    };
    let turned = Case {
        queries: swapped(&case.queries),
        patterns: swapped(&case.patterns),
        values: swapped(&case.values),
        slopes: swapped(&case.slopes),
        ..case.clone()
    };
    let (forward_turned, gradients_turned) = turned.run();
    assert_eq!(forward_turned.output, straight.output);
    assert_eq!(flat(&gradients_turned), flat(&gradients));
    assert_eq!(forward_turned.output.strides(), turned.slopes.strides());
    assert_eq!(gradients_turned.patterns.strides(), turned.patterns.strides());

    // One set of patterns for all of the batch, without copies.
    let mut shared = case.clone();
    shared.patterns = case.patterns.slice(s![..1, .., .., ..]).to_owned();
    let mut copied = case.clone();
    let wide = shared.patterns.broadcast([2, 3, 18, 5]).unwrap();
    copied.patterns = wide.to_owned();
    let inputs = Inputs { patterns: wide, ..case.inputs() };
    let output = forward(&inputs).unwrap();
    let gradients = backward(&inputs, &output, case.slopes.view()).unwrap();
    let (expected, expected_gradients) = copied.run();
    assert_eq!(output.output, expected.output);
    assert_eq!(flat(&gradients), flat(&expected_gradients));
}

#[test]
fn the_gradient_at_the_fixed_point_is_that_of_central_differences() {
    let settled = Updates::Settled { tolerance: 1e-6, limit: 2000 };
    for (shape, beta) in [([1, 2, 3, 6, 3, 2], 0.5), ([2, 1, 2, 5, 4, 3], 1.0), ([1, 1, 3, 4, 6, 2], 6.0)] {
        for case in [Case::new(shape, beta, settled), Case::new(shape, beta, settled).masked()] {
            let (forward, gradients) = case.run();
            assert_eq!((forward.unsettled(), gradients.unsettled), (0, 0), "{shape:?}");
            let off = worst(&forward.output, &case.exact().output(&case));
            assert!(off < 1e-4, "{shape:?}, output: {off}");
            let off = mismatch(&case, &flat(&gradients));
            assert!(off < 1e-3, "{shape:?}, beta {beta}: {off}");
            assert!(gradients.queries.iter().all(|&x| x == 0.0));
            // Negative control: plain attention at the same inputs has another gradient.
            let plain = case.clone().with(Updates::Unrolled(0));
            assert!(mismatch(&case, &flat(&plain.run().1)) > 1e-2);
        }
    }
}

#[test]
fn queries_that_have_not_settled_are_counted() {
    let hasty = Updates::Settled { tolerance: 1e-7, limit: 1 };
    let (forward, gradients) = Case::new([1, 2, 3, 6, 3, 2], 2.0, hasty).run();
    assert_eq!(forward.unsettled(), 6);
    assert!(gradients.unsettled > 0);
}

#[test]
fn an_adjoint_that_runs_away_leaves_gradients_that_are_numbers() {
    // Halfway between two patterns a cold memory rests where everything repels: a = 4 + 4 a is never reached.
    let mut case = Case::new([1, 1, 1, 2, 1, 1], 4.0, Updates::Settled { tolerance: 1e-6, limit: 100 });
    let ends = Array4::from_shape_vec([1, 1, 2, 1], vec![1.0, -1.0]).unwrap();
    case.queries.fill(0.0);
    (case.patterns, case.values) = (ends.clone(), ends);
    let (forward, gradients) = case.run();
    assert_eq!((forward.unsettled(), gradients.unsettled), (0, 1));
    assert!(flat(&gradients).iter().all(|x| x.is_finite()), "{gradients:?}");
    // Warmer it attracts, and the equation has its solution.
    case.betas = vec![0.5];
    assert_eq!(case.run().1.unsettled, 0);
}

#[test]
fn no_query_has_no_answer() {
    for updates in [Updates::Unrolled(1), Updates::Settled { tolerance: 1e-6, limit: 10 }] {
        let (forward, gradients) = Case::new([2, 3, 0, 5, 4, 6], 1.0, updates).run();
        assert_eq!(forward.output.dim(), (2, 3, 0, 6));
        assert!(flat(&gradients).iter().all(|&x| x == 0.0));
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let case = Case::new([2, 3, 5, 7, 4, 6], 1.0, Updates::Unrolled(0));
    let refused = |change: &dyn Fn(&mut Case)| {
        let mut case = case.clone();
        change(&mut case);
        forward(&case.inputs()).err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert_eq!(refused(&|_| {}), "");
    let shape = |place: &str, expected: &str, found: &str| {
        format!("{place}: expected the shape [{expected}], found [{found}]")
    };
    let other = |shape| Array4::<f32>::zeros(shape);
    assert_eq!(refused(&|c| c.patterns = other([2, 3, 7, 5])), shape("patterns", "2, 3, 7, 4", "2, 3, 7, 5"));
    assert_eq!(refused(&|c| c.patterns = other([2, 2, 7, 4])), shape("patterns", "2, 3, 7, 4", "2, 2, 7, 4"));
    assert_eq!(refused(&|c| c.values = other([2, 3, 8, 6])), shape("values", "2, 3, 7, 6", "2, 3, 8, 6"));
    assert_eq!(refused(&|c| c.values = other([1, 3, 7, 6])), shape("values", "2, 3, 7, 6", "1, 3, 7, 6"));
    assert_eq!(refused(&|c| c.betas.truncate(1)), shape("betas", "3", "1"));
    assert_eq!(refused(&|c| c.steps.truncate(1)), shape("update steps", "3", "1"));
    assert_eq!(refused(&|c| c.mask = Some(other([2, 3, 4, 7]))), shape("mask", "2, 3, 5, 7", "2, 3, 4, 7"));
    for beta in [-1.0, f32::NAN, f32::INFINITY] {
        assert!(refused(&|case| case.betas[1] = beta).starts_with("beta = "));
    }
    assert!(refused(&|case| case.values = other([2, 3, 7, 0])).starts_with("value width = 0"));
    for (tolerance, limit) in [(0.0, 1), (f64::NAN, 1), (1e-3, 0)] {
        assert_ne!(refused(&|case| *case = case.clone().with(Updates::Settled { tolerance, limit })), "");
    }
    let forward = forward(&case.inputs()).unwrap();
    let short = case.slopes.slice(s![.., .., 1.., ..]);
    assert!(matches!(backward(&case.inputs(), &forward, short), Err(Error::Shape { .. })));
    let other = case.clone().with(Updates::Unrolled(1));
    assert!(backward(&other.inputs(), &forward, case.slopes.view()).is_err(), "another way forward");
}

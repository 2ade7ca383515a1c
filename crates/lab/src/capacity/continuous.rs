//! `capacity/continuous`: the retrieval bounds of the continuous memory, tried on random patterns.

use attractor_memory::certificate::{posterior, sphere_capacity};
use attractor_memory::{Detail, Dynamics, Memory, Separation};
use ndarray::Array2;
use rayon::prelude::*;

use super::sphere::{Sphere, direction, minus, norm};
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::outcome::{Curve, Figure, Named, Outcome, Scale};
use crate::published;
use crate::statistics::{Summary, quantile};

/// The experiment.
pub(crate) const EXPERIMENT: Experiment = Experiment {
    id: "capacity/continuous",
    title: "Retrieval error of the continuous memory against its bounds",
    source: "Ramsauer et al. 2021, Hopfield networks is all you need, ICLR (arXiv 2008.02217), theorems 3, 4, 5",
    protocol: "random patterns on the sphere of radius sqrt(d-1); cues at up to D_i/(2M) from a pattern, in random \
               directions and straight towards its competitor; the update in f64; every bound against what it bounds; \
               theorem 3 at the number of patterns that it promises",
    published: Some(published::BOUND_VIOLATIONS),
    data: &[],
    run,
};

/// Relative rounding that a bound is granted: it is itself computed in `f64`, from exponents of up to 500.
const ROUNDING: f64 = 1e-9;
/// Rounding of differences of updates, relative to what is subtracted.
const CANCELLATION: f64 = 1e-11;
/// Rounding of `1 - p` relative to 1.
const WEIGHT: f64 = 1e-15;
/// Distances of the cues, relative to `D_i / (2 M)`.
const DISTANCES: [f64; 6] = [0.0, 0.05, 0.2, 0.5, 0.8, 1.0];
/// The bounds, in the order in which a trial checks them.
const BOUNDS: [&str; 5] = [
    "a priori: 2 (N-1) M exp(-beta (D - 2 M r))",
    "a posteriori: (1 - p) max |x_j - x_i|",
    "theorem 5, with the fixed point",
    "theorem 4, contraction towards the fixed point",
    "theorem 5, distance of the fixed point: 2 e (N-1) M exp(-beta D)",
];

struct Protocol {
    runs: usize,
    patterns: usize,
    widths: &'static [usize],
    counts: &'static [usize],
    /// `beta M^2`.
    steepness: &'static [f64],
    memories: usize,
}

impl Protocol {
    fn of(context: &Context<'_>) -> Self {
        let runs = context.repetitions(3, 2);
        match context.extent() {
            Extent::Full => Self {
                runs,
                patterns: 24,
                widths: &[8, 16, 64, 128],
                counts: &[2, 16, 128, 1024],
                steepness: &[2.0, 8.0, 32.0, 128.0, 512.0],
                memories: 200,
            },
            Extent::Smoke => Self {
                runs,
                patterns: 4,
                widths: &[8, 32],
                counts: &[2, 16],
                steepness: &[8.0, 64.0],
                memories: 5,
            },
        }
    }
}

/// Trials of one bound.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    trials: usize,
    /// Where the bound is below `2 M`, which holds of any error.
    telling: usize,
    violations: usize,
    /// Trials that half the bound would not have survived.
    half_violated: usize,
    tightest: f64,
}

impl Tally {
    fn record(&mut self, actual: f64, bound: f64, slack: f64, diameter: f64) {
        self.trials += 1;
        self.violations += usize::from(actual > bound * (1.0 + ROUNDING) + slack);
        if bound < diameter {
            self.telling += 1;
            self.half_violated += usize::from(actual > bound / 2.0 * (1.0 + ROUNDING) + slack);
            if bound > slack / ROUNDING {
                self.tightest = self.tightest.max(actual / bound);
            }
        }
    }

    fn join(&mut self, other: &Self) {
        self.trials += other.trials;
        self.telling += other.telling;
        self.violations += other.violations;
        self.half_violated += other.half_violated;
        self.tightest = self.tightest.max(other.tightest);
    }
}

/// All trials on one memory.
#[derive(Debug, Clone, Default)]
struct Trials {
    tallies: [Tally; BOUNDS.len()],
    /// `(a-priori bound, error)` of telling trials, relative to `2 M`.
    pairs: Vec<(f64, f64)>,
    /// Largest difference between the memory's step and ours, relative to `M`.
    engine: f64,
}

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let protocol = Protocol::of(context);
    let seed = context.seed;
    let mut settings = Vec::new();
    for &width in protocol.widths {
        for &count in protocol.counts {
            settings.extend(protocol.steepness.iter().map(|&steepness| (width, count, steepness)));
        }
    }
    let mut violations = Vec::new();
    let mut all = Trials::default();
    for run in 0..protocol.runs {
        context.progress(0.8 * run as f64 / protocol.runs as f64, "bounds");
        let trials: Vec<Trials> = settings
            .par_iter()
            .map(|&(width, count, steepness)| {
                let name = format!("capacity/continuous {width} {count} {steepness} {run}");
                let mut rng = attractor_data::stream(seed, &name);
                let sphere = Sphere::random(count, width, 1.0, &mut rng)?;
                try_bounds(&sphere, steepness / (width as f64 - 1.0), protocol.patterns, &mut rng)
            })
            .collect::<Result<_, LabError>>()?;
        let tallies = trials.iter().flat_map(|t| t.tallies);
        violations.push(tallies.map(|t| t.violations).sum::<usize>() as f64);
        for one in trials {
            all.tallies.iter_mut().zip(&one.tallies).for_each(|(sum, t)| sum.join(t));
            all.pairs.extend(one.pairs);
            all.engine = all.engine.max(one.engine);
        }
    }
    let mut outcome = Outcome { measured: Summary::of(&violations), ..Outcome::default() };
    let exactly = |name: String, mean: f64| Named { name, mean, spread: 0.0 };
    for (name, tally) in BOUNDS.into_iter().zip(&all.tallies) {
        outcome.series.extend([
            exactly(format!("trials, {name}"), tally.trials as f64),
            exactly(format!("of these with a bound below 2 M, {name}"), tally.telling as f64),
            exactly(format!("violations, {name}"), tally.violations as f64),
            exactly(format!("largest error over bound, {name}"), tally.tightest),
        ]);
        outcome
            .baselines
            .push(exactly(format!("violations of half the bound, {name}"), tally.half_violated as f64));
    }
    outcome
        .series
        .push(exactly("largest difference of the f32 memory's step, over M".to_owned(), all.engine));
    context.progress(0.8, "theorem 3");
    let unstored = theorem_3(seed, &protocol, &mut outcome)?;
    outcome.figures.insert(0, figure(&all.pairs));
    let none = all.tallies.iter().all(|t| t.violations == 0);
    outcome.pass = Some(none && unstored == 0);
    outcome.notes.extend([
        "Updates and bounds are computed in f64 on patterns and cues that are exact f32 numbers. Rounding is granted \
         1e-9 of each bound, 1e-15 of the largest distance where 1 - p is formed, and 1e-11 of the updates where two \
         are subtracted."
            .to_owned(),
        "The fixed point of theorems 4 and 5 is found by iteration to 13 digits, and only asked for where the \
         certificate promises one."
            .to_owned(),
        "Half of each bound is the negative control: the a-posteriori bound is an equality for two patterns, and the \
         a-priori one comes within a factor 1.5 of it there. Where half a bound holds too, its largest error over \
         bound says how loose it is."
            .to_owned(),
    ]);
    Ok(outcome)
}

fn try_bounds(
    sphere: &Sphere,
    beta: f64,
    patterns: usize,
    rng: &mut impl rand::Rng,
) -> Result<Trials, LabError> {
    let width = sphere.patterns.ncols();
    let diameter = 2.0 * sphere.geometry.radius;
    let mut trials = Trials::default();
    let mut cues = Vec::new();
    let mut ours = Vec::new();
    for i in 0..patterns.min(sphere.patterns.nrows()) {
        let certificate = sphere.geometry.certificate(i, beta)?;
        let radius = sphere.geometry.separation[i].max(0.0) / diameter;
        let reach = sphere.reach(i);
        let (competitor, apart) = sphere.competitor(i);
        let towards: Vec<f64> = minus(sphere.row(competitor), sphere.row(i))
            .iter()
            .map(|x| x / apart.max(f64::MIN_POSITIVE))
            .collect();
        let fixed = match certificate.basin() {
            Some(_) => sphere.fixed_point(beta, i, &vec![0.0; width]),
            None => None,
        };
        if let (Some(fixed), Some(bound)) = (&fixed, certificate.fixed_point_error()) {
            trials.tallies[4].record(norm(fixed), bound, 0.0, diameter);
        }
        for distance in DISTANCES {
            for heading in [direction(width, rng), towards.clone()] {
                // The cue is what an f32 can hold, and the offset what that leaves.
                let cue: Vec<f32> = sphere
                    .row(i)
                    .iter()
                    .zip(&heading)
                    .map(|(x, u)| (x + distance * radius * u) as f32)
                    .collect();
                let wide: Vec<f64> = cue.iter().map(|&x| f64::from(x)).collect();
                let offset = minus(&wide, sphere.row(i));
                let r = norm(&offset);
                let step = sphere.step(beta, i, &offset);
                let error = norm(&step.error);
                let prior = certificate.one_step_error(r);
                trials.tallies[0].record(error, prior, 0.0, diameter);
                if prior < diameter && error > 0.0 {
                    trials.pairs.push((prior / diameter, error / diameter));
                }
                let after = posterior::one_step_error(step.weight, reach);
                trials.tallies[1].record(error, after, WEIGHT * reach, diameter);
                if let Some(fixed) = &fixed {
                    let farther = r.max(norm(fixed));
                    trials.tallies[2].record(error, certificate.one_step_error(farther), 0.0, diameter);
                    let slack = CANCELLATION * (error + norm(fixed));
                    let bound = certificate.theorem_4_factor(farther) * norm(&minus(&offset, fixed));
                    trials.tallies[3].record(norm(&minus(&step.error, fixed)), bound, slack, diameter);
                }
                cues.extend(cue);
                ours.extend(sphere.row(i).iter().zip(&step.error).map(|(x, e)| x + e));
            }
        }
    }
    let mut memory = Memory::builder(width).separation(Separation::softmax(beta)).build()?;
    memory.store(sphere.patterns.view())?;
    let cues = Array2::from_shape_fn((cues.len() / width, width), |(row, k)| cues[row * width + k]);
    let dynamics = Dynamics { steps: 1, detail: Detail::States, ..Dynamics::default() };
    let states = memory.recall_with(cues.view(), &dynamics)?.states;
    trials.engine = states
        .rows()
        .into_iter()
        .zip(ours.chunks(width))
        .map(|(state, ours)| {
            norm(&state.iter().zip(ours).map(|(&a, b)| f64::from(a) - b).collect::<Vec<_>>())
        })
        .fold(0.0, f64::max)
        / sphere.geometry.radius;
    Ok(trials)
}

/// Theorem 3: as many patterns as it promises, in many memories; returns how many memories broke the promise.
fn theorem_3(seed: u64, protocol: &Protocol, outcome: &mut Outcome) -> Result<usize, LabError> {
    const FAILURE: f64 = 0.001;
    let mut broken = 0;
    for (k, width) in [(3.0, 20), (1.0, 75)] {
        let promised = sphere_capacity(1.0, k, width, FAILURE)?.patterns.unwrap_or(0.0) as usize;
        let failed = (0..protocol.memories)
            .into_par_iter()
            .map(|memory| {
                let mut rng =
                    attractor_data::stream(seed, &format!("capacity/continuous theorem 3 {k} {memory}"));
                let sphere = Sphere::random(promised, width, k, &mut rng)?;
                Ok(!stored(&sphere, &mut rng))
            })
            .collect::<Result<Vec<bool>, LabError>>()?;
        let failed = failed.into_iter().filter(|&failed| failed).count();
        broken += failed;
        outcome.series.push(Named {
            name: format!(
                "memories of {promised} patterns that do not store them, beta = 1, K = {k}, d = {width}"
            ),
            mean: failed as f64,
            spread: 0.0,
        });
    }
    let curve = |k: f64| {
        let widths = (10..=150).step_by(5);
        let points = widths.filter_map(|width| {
            let patterns = sphere_capacity(1.0, k, width, FAILURE).ok()?.patterns?;
            Some((width as f64, patterns.log2()))
        });
        Curve { name: format!("K = {k}"), points: points.collect() }
    };
    outcome.figures.push(Figure {
        title: "Random patterns that theorem 3 promises, beta = 1, p = 0.001".to_owned(),
        x: "width d".to_owned(),
        y: "log2 of the number of patterns".to_owned(),
        x_scale: Scale::Linear,
        curves: [1.0, 2.0, 3.0].map(curve).into(),
    });
    Ok(broken)
}

/// Whether every pattern has a ball of radius `1 / (beta N M)` of its own, with one fixed point in it that the
/// pattern and ten random points of the ball's surface all lead to.
fn stored(sphere: &Sphere, rng: &mut impl rand::Rng) -> bool {
    let count = sphere.patterns.nrows();
    let width = sphere.patterns.ncols();
    let radius = 1.0 / (count as f64 * sphere.geometry.radius);
    (0..count).all(|i| {
        let alone = sphere.competitor(i).1 > 2.0 * radius;
        let Some(fixed) = sphere.fixed_point(1.0, i, &vec![0.0; width]) else { return false };
        let drawn = (0..10).all(|_| {
            let start: Vec<f64> = direction(width, rng).iter().map(|u| radius * u).collect();
            let end = sphere.fixed_point(1.0, i, &start);
            end.is_some_and(|end| norm(&minus(&end, &fixed)) <= 1e-9 * radius)
        });
        alone && norm(&fixed) <= radius && drawn
    })
}

/// Error against bound, in bins of the bound: the median and the largest error of each.
fn figure(pairs: &[(f64, f64)]) -> Figure {
    const DECADES: i32 = 20;
    let mut bins = vec![Vec::new(); DECADES as usize];
    for &(bound, error) in pairs {
        let decade = (-bound.log10()).floor();
        if decade < f64::from(DECADES) {
            bins[decade.max(0.0) as usize].push((bound.log10(), error.log10()));
        }
    }
    bins.reverse();
    bins.retain(|bin| !bin.is_empty());
    // The largest bound of a bin: no error in it may be above.
    let x = |bin: &[(f64, f64)]| bin.iter().map(|(b, _)| *b).fold(f64::NEG_INFINITY, f64::max);
    let at = |q: f64| {
        let point =
            |bin: &Vec<(f64, f64)>| (x(bin), quantile(&bin.iter().map(|(_, e)| *e).collect::<Vec<_>>(), q));
        bins.iter().map(point).collect()
    };
    Figure {
        title: "Error of one step against its a-priori bound, both over 2 M".to_owned(),
        x: "log10 of the bound".to_owned(),
        y: "log10 of the error".to_owned(),
        x_scale: Scale::Linear,
        curves: vec![
            Curve { name: "bound".to_owned(), points: bins.iter().map(|bin| (x(bin), x(bin))).collect() },
            Curve { name: "largest error".to_owned(), points: at(1.0) },
            Curve { name: "median error".to_owned(), points: at(0.5) },
        ],
    }
}

//! `fixed-points`: which kind of fixed point recall ends at, against beta.

use attractor_memory::certificate::Geometry;
use attractor_memory::{Detail, Dynamics, FixedPoint, Memory, Separation};
use ndarray::{Array1, Array2, ArrayView2, Axis};
use rand::RngExt;
use rayon::prelude::*;

use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::outcome::{Curve, Figure, Named, Outcome, Scale};
use crate::statistics::Summary;

/// The experiment.
pub(crate) const EXPERIMENT: Experiment = Experiment {
    id: "fixed-points",
    title: "Kinds of fixed points of the continuous memory against beta",
    source: "Ramsauer et al. 2021, Hopfield networks is all you need, ICLR (arXiv 2008.02217), sections 2 and 3",
    protocol: "the 95 glyphs, and as many random patterns of the same width; every pattern with a tenth of its bits \
               flipped is recalled to rest; kinds by k, the least number of patterns with 90 % of the weight: single \
               (1), metastable (at most half of them), global",
    published: None,
    data: &[],
    run,
};

/// Share of flipped bits in the cues.
const DAMAGE: f64 = 0.1;
/// Rounding of one step in `f32`, relative to `M`.
const ROUNDING: f64 = 1e-5;

struct Protocol {
    runs: usize,
    /// Powers of two of `beta M^2`, in quarters.
    quarters: std::ops::RangeInclusive<i32>,
    stride: usize,
    steps: usize,
}

impl Protocol {
    fn of(context: &Context<'_>) -> Self {
        let runs = context.repetitions(5, 2);
        match context.extent() {
            Extent::Full => Self { runs, quarters: -16..=36, stride: 1, steps: 2000 },
            Extent::Smoke => Self { runs, quarters: -16..=36, stride: 8, steps: 200 },
        }
    }
}

/// What recall at one beta ended at.
#[derive(Debug, Clone, Copy, Default)]
struct Kinds {
    single: f64,
    metastable: f64,
    global: f64,
    /// Mean of k.
    spread: f64,
    /// End states whose largest weight is that of the pattern asked for, among the single ones.
    own: f64,
    checks: Checks,
}

/// Trials and violations of the two facts.
#[derive(Debug, Clone, Copy, Default)]
struct Checks {
    near_mean: [usize; 2],
    one_end: [usize; 2],
}

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let protocol = Protocol::of(context);
    let glyphs = attractor_data::glyphs();
    let (count, width) = glyphs.patterns().dim();
    let mut outcome = Outcome::default();
    let mut checks = Checks::default();
    let mut spreads = Vec::new();
    for (done, what) in ["random patterns", "glyphs"].into_iter().enumerate() {
        context.progress(done as f64 / 2.0, what);
        let seed = context.seed;
        let curves: Vec<Vec<(f64, Kinds)>> = (0..protocol.runs)
            .into_par_iter()
            .map(|run| {
                let mut rng = attractor_data::stream(seed, &format!("fixed-points {what} {run}"));
                let random = Array2::from_shape_simple_fn((count, width), || {
                    if rng.random::<bool>() { 1.0_f32 } else { -1.0 }
                });
                let patterns = if done == 0 { random.view() } else { glyphs.patterns() };
                sweep(patterns, &protocol, &mut rng)
            })
            .collect::<Result<_, _>>()?;
        for (_, kinds) in curves.iter().flatten() {
            for side in 0..2 {
                checks.near_mean[side] += kinds.checks.near_mean[side];
                checks.one_end[side] += kinds.checks.one_end[side];
            }
        }
        let halves: Vec<f64> = curves.iter().filter_map(|curve| first_half(curve, |k| k.single)).collect();
        let leaves: Vec<f64> =
            curves.iter().filter_map(|curve| first_half(curve, |k| 1.0 - k.global)).collect();
        if done == 0 {
            outcome.measured = Summary::of(&halves);
        }
        outcome.series.extend([
            Named::new(
                format!("{what}: beta M^2 where half the cues leave the global average"),
                &Summary::of(&leaves),
            ),
            Named::new(
                format!("{what}: beta M^2 where half the cues end at a single pattern"),
                &Summary::of(&halves),
            ),
        ]);
        let last: Vec<f64> = curves.iter().filter_map(|curve| curve.last()).map(|(_, k)| k.own).collect();
        outcome.series.push(Named::new(
            format!("{what}: share of cues that end at their own pattern, largest beta"),
            &Summary::of(&last),
        ));
        let mean = |name: &str, pick: fn(&Kinds) -> f64| Curve {
            name: name.to_owned(),
            points: (0..curves[0].len())
                .map(|at| {
                    let values: Vec<f64> = curves.iter().map(|curve| pick(&curve[at].1)).collect();
                    (curves[0][at].0, Summary::of(&values).mean)
                })
                .collect(),
        };
        outcome.figures.push(Figure {
            title: format!("Kinds of fixed points, {what}"),
            x: "beta M^2".to_owned(),
            y: "share of cues".to_owned(),
            x_scale: Scale::Logarithmic,
            curves: vec![
                mean("global average", |k| k.global),
                mean("metastable", |k| k.metastable),
                mean("single pattern", |k| k.single),
            ],
        });
        spreads.push(mean(what, |k| k.spread));
    }
    outcome.figures.push(Figure {
        title: "Patterns that hold 90 % of the weight".to_owned(),
        x: "beta M^2".to_owned(),
        y: "mean k".to_owned(),
        x_scale: Scale::Logarithmic,
        curves: spreads,
    });
    for (name, [trials, violations]) in [
        ("one step stays within M (exp(2 beta M^2) - 1) of the mean", checks.near_mean),
        ("beta R^2 / 4 below 1: all cues end at one point", checks.one_end),
    ] {
        outcome.series.extend([
            Named { name: format!("trials: {name}"), mean: trials as f64, spread: 0.0 },
            Named { name: format!("violations: {name}"), mean: violations as f64, spread: 0.0 },
        ]);
    }
    outcome.baselines.push(Named {
        name: "beta M^2 below which theory has one fixed point, for any patterns".to_owned(),
        mean: 1.0,
        spread: 0.0,
    });
    outcome.pass = Some(checks.near_mean[1] + checks.one_end[1] == 0);
    outcome.notes.extend([
        "Nothing numeric is published: the result holds when neither theorem is violated. The measured number is \
         beta M^2 (M the length of a pattern, 8) at which half the cues of random patterns end at a single pattern."
            .to_owned(),
        "Steps are those of the f32 memory: 1e-5 M is granted for the rounding of one step, and, where a recall has \
         come to rest at a contraction rho, (last step + 1e-5 M) / (1 - rho) for its distance to the fixed point."
            .to_owned(),
        "The runs of the glyphs differ in the damage of the cues only.".to_owned(),
    ]);
    Ok(outcome)
}

fn sweep(
    patterns: ArrayView2<'_, f32>,
    protocol: &Protocol,
    rng: &mut impl rand::Rng,
) -> Result<Vec<(f64, Kinds)>, LabError> {
    let geometry = Geometry::of(patterns)?;
    let mut cues = patterns.to_owned();
    cues.mapv_inplace(|x| if rng.random::<f64>() < DAMAGE { -x } else { x });
    let quarters = protocol.quarters.clone().step_by(protocol.stride);
    let steepness = quarters.map(|quarter| (f64::from(quarter) / 4.0).exp2());
    steepness.map(|s| Ok((s, at_beta(patterns, &cues, &geometry, s, protocol.steps)?))).collect()
}

fn at_beta(
    patterns: ArrayView2<'_, f32>,
    cues: &Array2<f32>,
    geometry: &Geometry,
    steepness: f64,
    steps: usize,
) -> Result<Kinds, LabError> {
    let radius = geometry.radius;
    let beta = steepness / radius.powi(2);
    let mut memory = Memory::builder(patterns.ncols()).separation(Separation::softmax(beta)).build()?;
    memory.store(patterns)?;
    let recall = memory.recall_with(cues.view(), &Dynamics { steps, ..Dynamics::default() })?;
    let mut kinds = Kinds::default();
    let share = 1.0 / cues.nrows() as f64;
    for (row, report) in recall.reports.iter().enumerate() {
        kinds.spread += share * report.spread as f64;
        match report.kind {
            FixedPoint::Single => {
                kinds.single += share;
                if report.leading.first().is_some_and(|l| l.id == row as u64) {
                    kinds.own += share;
                }
            }
            FixedPoint::Metastable { .. } => kinds.metastable += share,
            _ => kinds.global += share,
        }
    }
    let once = Dynamics { steps: 1, detail: Detail::States, ..Dynamics::default() };
    let stepped = memory.recall_with(cues.view(), &once)?.states;
    let wide = |row: ndarray::ArrayView1<'_, f32>| row.mapv(f64::from);
    if let Some(mean) = patterns.mapv(f64::from).mean_axis(Axis(0)) {
        let bound = radius * (2.0 * steepness).exp_m1() + ROUNDING * radius;
        let beyond = stepped.rows().into_iter().filter(|row| distance(&wide(*row), &mean) > bound);
        kinds.checks.near_mean = [cues.nrows(), beyond.count()];
    }
    let rho = geometry.contraction(beta);
    if rho < 1.0 {
        let first = wide(recall.states.row(0));
        let away = |row: usize| (recall.residuals[row] + ROUNDING * radius) / (1.0 - rho);
        let beyond = (0..cues.nrows())
            .filter(|&row| distance(&wide(recall.states.row(row)), &first) > away(row) + away(0));
        kinds.checks.one_end = [cues.nrows(), beyond.count()];
    }
    Ok(kinds)
}

fn distance(a: &Array1<f64>, b: &Array1<f64>) -> f64 {
    (a - b).mapv(|x| x * x).sum().sqrt()
}

/// The first x at which a share is one half, on a logarithmic axis.
fn first_half(curve: &[(f64, Kinds)], pick: impl Fn(&Kinds) -> f64) -> Option<f64> {
    curve.windows(2).find_map(|pair| {
        let [(x0, y0), (x1, y1)] = [(pair[0].0.ln(), pick(&pair[0].1)), (pair[1].0.ln(), pick(&pair[1].1))];
        (y0 < 0.5 && y1 >= 0.5).then(|| (x0 + (x1 - x0) * (0.5 - y0) / (y1 - y0)).exp())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_is_found_between_two_points_of_a_logarithmic_axis() {
        let at = |x: f64, single: f64| (x, Kinds { single, ..Kinds::default() });
        let curve = [at(1.0, 0.0), at(4.0, 0.25), at(16.0, 0.75), at(64.0, 1.0)];
        assert!((first_half(&curve, |k| k.single).unwrap() - 8.0).abs() < 1e-12);
        assert_eq!(first_half(&curve[2..], |k| k.single), None);
    }
}

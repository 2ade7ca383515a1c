//! `cls/go-cls`: how much of what a notebook holds a student should copy, against the noise of the world.

use attractor_data::stream;
use attractor_memory::{Detail, Dynamics, Memory, Separation};
use ndarray::{Array1, Array2, ArrayView2, Axis, concatenate, s};
use rand::{Rng, RngExt};

use super::notebook::{Notebook, Visit, centred, patterns, random_seeds};
use super::spectrum::Spectrum;
use super::student::{Examples, Teacher, Variances, descend};
use super::{figure, mean_curve, named, over, over_seeds};
use crate::experiment::{Context, Effort, Experiment, LabError};
use crate::outcome::{Curve, Outcome, Scale};

/// The experiment.
pub(crate) const EXPERIMENT: Experiment = Experiment {
    id: "cls/go-cls",
    title: "Consolidation that stops where it ceases to generalise",
    source: "Sun, Advani, Spruston, Saxe, Fitzgerald 2023, Organizing memories for generalization in complementary \
             learning systems, Nature Neuroscience 26:1438",
    protocol: "linear teacher with noise, 100 inputs, 100 examples, signal-to-noise ratios 0.05 to infinity, variances \
               that add up to 1; notebook: sparse Hopfield network, 2000 units, 5 % active; linear student from zero, \
               2000 epochs of 100 reactivations, rate 0.015; regulated: the epoch of least error on 100 held-out \
               examples; full: the last epoch; test error exact; 10 seeds. Fixed beforehand, for the student that \
               random seeds of the notebook drive: (a) without noise the last epoch is no worse than the regulated \
               one; (b) at every finite ratio of the list the regulated one is better than the last; (c) the share \
               of the training error that the regulated student takes away rises with the ratio; (d) the notebook \
               completes at least 95 % of the training inputs to their own pattern throughout.",
    published: None,
    data: &[],
    run,
};

const RATIOS: [f64; 6] = [0.05, 0.25, 1.0, 4.0, 16.0, f64::INFINITY];
/// The ratio of the measured number and of the detailed figure.
const SHOWN: usize = 2;
const RATE: f64 = 0.015;
/// At this inverse temperature a random seed of the full size ends at a single pattern.
const BETA: f64 = 1.0;
const RECALLED: f64 = 0.95;
const REPLAYS: [&str; 4] =
    ["every example", "index sampling", "energy sampling, Hopfield", "energy sampling, softmax"];
/// The replay of the paper.
const HOPFIELD: usize = 2;

struct Sizes {
    width: usize,
    examples: usize,
    units: usize,
    active: usize,
    epochs: usize,
    /// Reactivations that are drawn once and replayed again and again.
    pool: usize,
}

impl Sizes {
    fn of(effort: Effort) -> Self {
        match effort {
            Effort::Full => {
                Self { width: 100, examples: 100, units: 2000, active: 100, epochs: 2000, pool: 2000 }
            }
            Effort::Smoke => Self { width: 20, examples: 20, units: 400, active: 20, epochs: 100, pool: 60 },
        }
    }
}

/// Errors of a student before each epoch and after the last.
#[derive(Debug, Clone, Default)]
struct History {
    train: Vec<f64>,
    held_out: Vec<f64>,
    test: Vec<f64>,
}

impl History {
    /// The epoch of least held-out error, the first of equals.
    fn stop(&self) -> usize {
        let better = |best: usize, at: usize| if self.held_out[at] < self.held_out[best] { at } else { best };
        (0..self.held_out.len()).reduce(better).unwrap_or(0)
    }

    fn regulated(&self) -> f64 {
        self.test[self.stop()]
    }

    fn full(&self) -> f64 {
        self.test.last().copied().unwrap_or(0.0)
    }

    /// Share of the training error that is gone at the stop.
    fn consolidated(&self) -> f64 {
        1.0 - self.train[self.stop()] / self.train[0]
    }
}

/// Everything at one ratio.
struct AtRatio {
    replays: Vec<History>,
    expected: Vec<f64>,
    ridge: f64,
    recalled: f64,
    /// Error of what the notebook answers to its training inputs, and to new ones.
    notebook: [f64; 2],
}

/// How a way of sampling visits the patterns.
struct Visits {
    single: f64,
    /// exp of the entropy of the visited patterns, over their number; even sampling of as many is below 1 too.
    even: f64,
    crowded: f64,
}

struct Run {
    ratios: Vec<AtRatio>,
    /// Index, Hopfield, softmax; patterns all alike in their make.
    plain: Vec<Visits>,
    /// The same where a fifth of the patterns resemble each other.
    crowded: Vec<Visits>,
}

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let sizes = Sizes::of(context.effort);
    let runs = over_seeds(context, 10, |seed| one(&sizes, seed))?;
    Ok(outcome(&sizes, &runs))
}

fn one(sizes: &Sizes, seed: u64) -> Result<Run, LabError> {
    let shape = (sizes.examples, sizes.units);
    let mut rng = stream(seed, "cls/go-cls/notebook");
    let plain = patterns(shape, sizes.active, 0, &mut rng);
    let crowded = patterns(shape, sizes.active, sizes.examples / 5, &mut rng);
    let seeds = random_seeds(sizes.pool, sizes.units, sizes.active, &mut rng);
    let notebook = Notebook::store(plain.view(), sizes.active)?;
    let hopfield = notebook.complete(seeds.view())?;
    let soft = soften(plain.view(), sizes, seeds.view())?;
    let mut ratios = vec![];
    for ratio in RATIOS {
        let mut rng = stream(seed, &format!("cls/go-cls/teacher {ratio}"));
        ratios.push(at_ratio(sizes, ratio, &notebook, plain.view(), [&hopfield, &soft], &mut rng)?);
    }
    let indices: Vec<Visit> =
        (0..sizes.pool).map(|_| Visit::Pattern(rng.random_range(0..sizes.examples))).collect();
    let look = |notebook: &Notebook, states: [&Array2<f32>; 2]| -> Result<Vec<Visits>, LabError> {
        let [hopfield, soft] = states.map(|states| notebook.visits(states.view()));
        Ok([indices.clone(), hopfield?, soft?].map(|visits| count(&visits, sizes.examples)).into())
    };
    let rough = Notebook::store(crowded.view(), sizes.active)?;
    let ends = [rough.complete(seeds.view())?, soften(crowded.view(), sizes, seeds.view())?];
    Ok(Run {
        plain: look(&notebook, [&hopfield, &soft])?,
        crowded: look(&rough, [&ends[0], &ends[1]])?,
        ratios,
    })
}

/// Where the softmax memory over the same patterns takes the seeds, with the mean activity put back.
fn soften(
    patterns: ArrayView2<'_, f32>,
    sizes: &Sizes,
    seeds: ArrayView2<'_, f32>,
) -> Result<Array2<f32>, LabError> {
    let mut memory = Memory::builder(sizes.units).separation(Separation::softmax(BETA)).build()?;
    memory.store(centred(patterns, sizes.active).view())?;
    let rest = Dynamics { detail: Detail::States, ..Dynamics::default() };
    let states = memory.recall_with(centred(seeds, sizes.active).view(), &rest)?.states;
    Ok(states + sizes.active as f32 / sizes.units as f32)
}

fn count(visits: &[Visit], patterns: usize) -> Visits {
    let mut times = vec![0usize; patterns];
    visits.iter().for_each(|visit| {
        if let Visit::Pattern(at) = visit {
            times[*at] += 1;
        }
    });
    let all = times.iter().sum::<usize>().max(1) as f64;
    let share = |times: usize| times as f64 / all;
    let entropy: f64 = times.iter().filter(|&&n| n > 0).map(|&n| -share(n) * share(n).ln()).sum();
    Visits {
        single: times.iter().sum::<usize>() as f64 / visits.len() as f64,
        even: entropy.exp() / patterns as f64,
        crowded: share(times[..patterns / 5].iter().sum()),
    }
}

/// A memory that ties rows of `keys` to rows of `values` by Hebb's rule: `sum_m values_m (keys_m . q)`.
fn hebbian(keys: ArrayView2<'_, f32>, values: ArrayView2<'_, f32>) -> Result<Memory, LabError> {
    let builder = Memory::builder(keys.ncols()).values(values.ncols());
    let mut memory = builder.separation(Separation::identity()).build()?;
    memory.store_pairs(keys, values)?;
    Ok(memory)
}

/// What it answers to `cues`, which do not move.
fn read(memory: &Memory, cues: ArrayView2<'_, f32>) -> Result<Array2<f32>, LabError> {
    let still = Dynamics { steps: 0, detail: Detail::States, ..Dynamics::default() };
    let values = memory.recall_with(cues, &still)?.values;
    Ok(values.unwrap_or_else(|| Array2::zeros((cues.nrows(), 0))))
}

fn at_ratio(
    sizes: &Sizes,
    ratio: f64,
    notebook: &Notebook,
    patterns: ArrayView2<'_, f32>,
    pools: [&Array2<f32>; 2],
    rng: &mut impl Rng,
) -> Result<AtRatio, LabError> {
    let variances = Variances::at(ratio);
    let teacher = Teacher::draw(sizes.width, variances, rng);
    let shown = teacher.show(sizes.examples, rng);
    let held_out = teacher.show(sizes.examples, rng);
    let index = centred(patterns, sizes.active);
    let inputs = shown.inputs.mapv(|x| x as f32);
    let targets = shown.targets.mapv(|y| y as f32).insert_axis(Axis(1));
    let pairs = concatenate![Axis(1), inputs, targets];
    let to_student = hebbian(index.view(), pairs.view())?;
    let from_student = hebbian(inputs.view(), index.view())?;
    // What the whole of a pattern brings: its overlap with itself is this, not 1.
    let scale = sizes.active as f64 * (1.0 - sizes.active as f64 / sizes.units as f64);
    let reactivated = |states: ArrayView2<'_, f32>| -> Result<Examples, LabError> {
        let pairs = read(&to_student, states)?.mapv(|v| f64::from(v) / scale);
        let inputs = pairs.slice(s![.., ..sizes.width]).to_owned();
        Ok(Examples { inputs, targets: pairs.column(sizes.width).to_owned() })
    };
    let pools = [reactivated(pools[0].view())?, reactivated(pools[1].view())?];
    let sources = [None, Some(&shown), Some(&pools[0]), Some(&pools[1])];
    let replays = sources.map(|source| train(sizes, &teacher, &shown, &held_out, source, rng)).into();
    let mut recalled = 0.0;
    let mut errors = [0.0; 2];
    for (error, asked) in errors.iter_mut().zip([&shown, &held_out]) {
        let cues = asked.inputs.mapv(|x| x as f32);
        let ends = notebook.complete(read(&from_student, cues.view())?.view())?;
        let answers = reactivated(ends.view())?.targets;
        *error = (answers - &asked.targets).mapv(|d| d * d).mean().unwrap_or(0.0);
        let visits = notebook.visits(ends.view())?;
        let own = visits.iter().enumerate().filter(|&(at, &visit)| visit == Visit::Pattern(at)).count();
        if std::ptr::eq(asked, &raw const shown) {
            recalled = own as f64 / visits.len() as f64;
        }
    }
    let spectrum = Spectrum::of(&shown);
    let expected = |epoch| spectrum.as_ref().map_or(0.0, |s| s.expected_error(variances, RATE, epoch));
    let ridge = spectrum.as_ref().map(|s| s.ridge(variances.noise / variances.signal));
    Ok(AtRatio {
        replays,
        expected: (0..=sizes.epochs).map(expected).collect(),
        ridge: ridge.map_or(0.0, |w| teacher.test_error(w.view())),
        recalled,
        notebook: errors,
    })
}

/// A student from zero: each epoch replays as many draws from `source` as there are examples, or, without
/// one, every example once.
fn train(
    sizes: &Sizes,
    teacher: &Teacher,
    shown: &Examples,
    held_out: &Examples,
    source: Option<&Examples>,
    rng: &mut impl Rng,
) -> History {
    let mut history = History::default();
    let mut student = Array1::zeros(sizes.width);
    for epoch in 0..=sizes.epochs {
        history.train.push(shown.error(student.view()));
        history.held_out.push(held_out.error(student.view()));
        history.test.push(teacher.test_error(student.view()));
        if epoch == sizes.epochs {
            break;
        }
        match source {
            None => descend(&mut student, shown.inputs.view(), shown.targets.view(), RATE),
            Some(pool) => {
                let drawn: Vec<usize> = (0..shown.len()).map(|_| rng.random_range(0..pool.len())).collect();
                let inputs = pool.inputs.select(Axis(0), &drawn);
                descend(&mut student, inputs.view(), pool.targets.select(Axis(0), &drawn).view(), RATE);
            }
        }
    }
    history
}

fn outcome(sizes: &Sizes, runs: &[Run]) -> Outcome {
    let at = |ratio: usize, replay: usize| move |run: &Run| run.ratios[ratio].replays[replay].clone();
    let full = |ratio, replay| over(runs, |run| at(ratio, replay)(run).full());
    let regulated = |ratio, replay| over(runs, |run| at(ratio, replay)(run).regulated());
    let consolidated = |ratio, replay| over(runs, |run| at(ratio, replay)(run).consolidated());
    let last = RATIOS.len() - 1;
    let mut out = Outcome {
        measured: over(runs, |run| {
            1.0 - at(SHOWN, HOPFIELD)(run).regulated() / at(SHOWN, HOPFIELD)(run).full()
        }),
        ..Outcome::default()
    };
    for (r, ratio) in RATIOS.iter().enumerate() {
        for (k, replay) in REPLAYS.iter().enumerate() {
            let of = |what: &str| format!("{what}, ratio {ratio}, {replay}");
            out.series.extend([
                named(of("test error, regulated"), runs, |run| at(r, k)(run).regulated()),
                named(of("test error, full"), runs, |run| at(r, k)(run).full()),
            ]);
            if k == HOPFIELD {
                out.series.extend([
                    named(of("epoch of the stop"), runs, |run| at(r, k)(run).stop() as f64),
                    named(of("share consolidated at the stop"), runs, |run| at(r, k)(run).consolidated()),
                ]);
            }
        }
        out.series.push(named(
            format!("training inputs completed by the notebook, ratio {ratio}"),
            runs,
            |run| run.ratios[r].recalled,
        ));
        out.baselines.extend([
            named(format!("test error, ridge that knows the noise, ratio {ratio}"), runs, |run| {
                run.ratios[r].ridge
            }),
            named(format!("test error, nothing learned, ratio {ratio}"), runs, |run| at(r, 0)(run).test[0]),
            named(format!("error of the notebook on training inputs, ratio {ratio}"), runs, |run| {
                run.ratios[r].notebook[0]
            }),
            named(format!("error of the notebook on new inputs, ratio {ratio}"), runs, |run| {
                run.ratios[r].notebook[1]
            }),
        ]);
    }
    for (k, sampling) in REPLAYS[1..].iter().enumerate() {
        out.series.extend([
            named(format!("draws that end at one pattern, {sampling}"), runs, |run| run.plain[k].single),
            named(format!("evenness of the visits, {sampling}"), runs, |run| run.plain[k].even),
            named(format!("visits to the crowded fifth, {sampling}"), runs, |run| run.crowded[k].crowded),
            named(format!("draws that end at one pattern, a fifth crowded, {sampling}"), runs, |run| {
                run.crowded[k].single
            }),
        ]);
    }
    let noise_free = full(last, HOPFIELD).mean <= regulated(last, HOPFIELD).mean;
    let noisy = (0..last).all(|r| regulated(r, HOPFIELD).mean < full(r, HOPFIELD).mean);
    let rises = (0..last).all(|r| consolidated(r, HOPFIELD).mean < consolidated(r + 1, HOPFIELD).mean);
    let kept = (0..=last).all(|r| over(runs, |run| run.ratios[r].recalled).mean >= RECALLED);
    out.pass = Some(noise_free && noisy && rises && kept);
    let said = |holds: bool| if holds { "holds" } else { "does not hold" };
    out.notes = vec![
        format!(
            "(a) {}, (b) {}, (c) {}, (d) {}. Nothing numeric is compared: the paper's curves are figures.",
            said(noise_free),
            said(noisy),
            said(rises),
            said(kept)
        ),
        "Measured: share of the test error of full copying that regulation saves at ratio 1, for the student driven by \
         random seeds of the Hopfield notebook."
            .into(),
        "Sizes, rates and the two rounds of completion follow the authors' public code (read, not copied). \
         Departures: the stop is chosen on held-out examples and not on the test set; the test error is exact and \
         not sampled; units keep their self-couplings; reactivations are drawn once, as many as `pool` says, and \
         replayed; inhibition enters in the second round only, as winners do not feel it."
            .into(),
        "Energy sampling starts a notebook at random seeds; index sampling draws the examples themselves, with \
         replacement. Evenness is exp(entropy) of the visited patterns over their number. Of the second set of \
         patterns a fifth share half of their units with each other; even sampling gives that fifth 0.2."
            .into(),
        "A silent state or a mixture of the Hopfield notebook is replayed as it reads, as in the paper: inputs and \
         targets are mixed alike, so that a mixture of noise-free examples is one too."
            .into(),
    ];
    let mut epochs: Vec<usize> = (0..=44).map(|q| 2f64.powf(f64::from(q) / 4.0).round() as usize).collect();
    epochs.retain(|&epoch| epoch <= sizes.epochs);
    epochs.dedup();
    let xs: Vec<f64> = epochs.iter().map(|&epoch| epoch as f64).collect();
    let thin = |values: &[f64]| epochs.iter().map(|&epoch| values[epoch]).collect::<Vec<_>>();
    let curve = |name: String, pick: &dyn Fn(&Run) -> Vec<f64>| {
        let all: Vec<Vec<f64>> = runs.iter().map(|run| thin(&pick(run))).collect();
        mean_curve(name, &all, &xs, |values| values)
    };
    let by_ratio = RATIOS
        .iter()
        .enumerate()
        .map(|(r, ratio)| curve(format!("ratio {ratio}"), &|run| at(r, HOPFIELD)(run).test));
    let detail = vec![
        curve("test".into(), &|run| at(SHOWN, HOPFIELD)(run).test),
        curve("training".into(), &|run| at(SHOWN, HOPFIELD)(run).train),
        curve("test, every example".into(), &|run| at(SHOWN, 0)(run).test),
        curve("expected, closed form".into(), &|run| run.ratios[SHOWN].expected.clone()),
        curve("notebook, training".into(), &|run| vec![run.ratios[SHOWN].notebook[0]; sizes.epochs + 1]),
        curve("notebook, test".into(), &|run| vec![run.ratios[SHOWN].notebook[1]; sizes.epochs + 1]),
    ];
    let against = |name: &str, pick: &dyn Fn(usize) -> f64| Curve {
        name: name.into(),
        points: (0..last).map(|r| (RATIOS[r], pick(r))).collect(),
    };
    let ends = vec![
        against("full", &|r| full(r, HOPFIELD).mean),
        against("regulated", &|r| regulated(r, HOPFIELD).mean),
        against("ridge that knows the noise", &|r| over(runs, |run| run.ratios[r].ridge).mean),
        against("nothing learned", &|r| over(runs, |run| at(r, 0)(run).test[0]).mean),
    ];
    let shares = vec![against("at the stop", &|r| consolidated(r, HOPFIELD).mean)];
    let log = Scale::Logarithmic;
    out.figures = vec![
        figure("Test error, driven by the notebook", ["epoch", "error"], log, by_ratio.collect()),
        figure("Errors at ratio 1", ["epoch", "error"], log, detail),
        figure("What copying costs", ["signal-to-noise ratio", "test error"], log, ends),
        figure(
            "How much to consolidate",
            ["signal-to-noise ratio", "share of training error gone"],
            log,
            shares,
        ),
    ];
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stop_is_the_first_least_held_out_error() {
        let history = History {
            train: vec![4.0, 3.0, 1.0, 0.5],
            held_out: vec![3.0, 2.0, 2.0, 2.5],
            test: vec![5.0, 4.0, 3.0, 6.0],
        };
        assert_eq!((history.stop(), history.regulated(), history.full()), (1, 4.0, 6.0));
        assert_eq!(history.consolidated(), 0.25);
    }

    #[test]
    fn visits_are_counted() {
        let even: Vec<Visit> = (0..10).map(Visit::Pattern).collect();
        let counted = count(&even, 10);
        assert!((counted.even - 1.0).abs() < 1e-12 && (counted.crowded - 0.2).abs() < 1e-12);
        let one = count(&[Visit::Pattern(0), Visit::Silent, Visit::Pattern(0), Visit::Mixture], 10);
        assert_eq!((one.single, one.crowded), (0.5, 1.0));
        assert!((one.even - 0.1).abs() < 1e-12);
        assert_eq!(count(&[Visit::Silent], 10).crowded, 0.0);
    }
}

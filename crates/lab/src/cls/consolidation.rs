//! One seed of `cls/go-cls`: notebook, reactivations, students.

use attractor_data::stream;
use attractor_memory::{Detail, Dynamics, Memory, Separation};
use ndarray::{Array1, Array2, ArrayView2, Axis, concatenate, s};
use rand::{Rng, RngExt};

use super::notebook::{Notebook, Visit, centred, patterns, random_seeds};
use super::spectrum::Spectrum;
use super::student::{Examples, Teacher, Variances, descend};
use crate::experiment::{Extent, LabError};

/// Signal-to-noise ratios.
pub(super) const RATIOS: [f64; 6] = [0.05, 0.25, 1.0, 4.0, 16.0, f64::INFINITY];
const RATE: f64 = 0.015;
/// At this inverse temperature a random seed of the full size ends at a single pattern.
const BETA: f64 = 1.0;

pub(super) struct Sizes {
    width: usize,
    examples: usize,
    units: usize,
    active: usize,
    pub(super) epochs: usize,
    /// Reactivations that are drawn once and replayed again and again.
    pool: usize,
}

impl Sizes {
    pub(super) fn of(extent: Extent) -> Self {
        match extent {
            Extent::Full => {
                Self { width: 100, examples: 100, units: 2000, active: 100, epochs: 2000, pool: 2000 }
            }
            Extent::Smoke => Self { width: 20, examples: 20, units: 400, active: 20, epochs: 100, pool: 60 },
        }
    }
}

/// Errors of a student before each epoch and after the last.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    pub(super) train: Vec<f64>,
    pub(super) held_out: Vec<f64>,
    pub(super) test: Vec<f64>,
}

impl History {
    /// The epoch of least held-out error, the first of equals.
    pub(super) fn stop(&self) -> usize {
        let better = |best: usize, at: usize| if self.held_out[at] < self.held_out[best] { at } else { best };
        (0..self.held_out.len()).reduce(better).unwrap_or(0)
    }

    pub(super) fn regulated(&self) -> f64 {
        self.test[self.stop()]
    }

    pub(super) fn full(&self) -> f64 {
        self.test.last().copied().unwrap_or(0.0)
    }

    /// Share of the training error that is gone at the stop.
    pub(super) fn consolidated(&self) -> f64 {
        1.0 - self.train[self.stop()] / self.train[0]
    }
}

/// Everything at one ratio.
pub(super) struct AtRatio {
    pub(super) replays: Vec<History>,
    pub(super) expected: Vec<f64>,
    pub(super) ridge: f64,
    pub(super) recalled: f64,
    /// Error of what the notebook answers to its training inputs, and to new ones.
    pub(super) notebook: [f64; 2],
}

/// How a way of sampling visits the patterns.
pub(super) struct Visits {
    pub(super) single: f64,
    /// exp of the entropy of the visited patterns, over their number; even sampling of as many is below 1 too.
    pub(super) even: f64,
    pub(super) crowded: f64,
}

pub(super) struct Run {
    pub(super) ratios: Vec<AtRatio>,
    /// Index, Hopfield, softmax; patterns all alike in their make.
    pub(super) plain: Vec<Visits>,
    /// The same where a fifth of the patterns resemble each other.
    pub(super) crowded: Vec<Visits>,
}

pub(super) fn one(sizes: &Sizes, seed: u64) -> Result<Run, LabError> {
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
    // The error of the answers, and the share of cues completed to the pattern of the same row.
    let ask = |asked: &Examples| -> Result<(f64, f64), LabError> {
        let cues = read(&from_student, asked.inputs.mapv(|x| x as f32).view())?;
        let ends = notebook.complete(cues.view())?;
        let missing = reactivated(ends.view())?.targets - &asked.targets;
        let visits = notebook.visits(ends.view())?;
        let own = visits.iter().enumerate().filter(|&(at, &visit)| visit == Visit::Pattern(at)).count();
        Ok((missing.mapv(|d| d * d).mean().unwrap_or(0.0), own as f64 / visits.len() as f64))
    };
    let (seen, recalled) = ask(&shown)?;
    let (unseen, _) = ask(&held_out)?;
    let spectrum = Spectrum::of(&shown);
    let expected = |epoch| spectrum.as_ref().map_or(0.0, |s| s.expected_error(variances, RATE, epoch));
    let ridge = spectrum.as_ref().map(|s| s.ridge(variances.noise / variances.signal));
    Ok(AtRatio {
        replays,
        expected: (0..=sizes.epochs).map(expected).collect(),
        ridge: ridge.map_or(0.0, |w| teacher.test_error(w.view())),
        recalled,
        notebook: [seen, unseen],
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

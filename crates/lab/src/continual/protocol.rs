//! How a stream is shown, and what is measured.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use attractor_data::stream as random;
use attractor_learn::strategy::Batch;
use ndarray::{Axis, s};
use rand::seq::SliceRandom;

use super::contestant::{Contestant, Entry, Question};
use super::stream::{Part, Stream};
use crate::experiment::{Context as Run, LabError};

/// How long a context is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// Every example so many times, in a new random order each; the last batch of a pass may be smaller.
    Passes(usize),
    /// So many batches, in random order, pass after pass; what does not fill a batch is left out of its pass.
    Batches(usize),
}

/// How a stream is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// How long each context is shown.
    pub length: Length,
    /// Runs, with seeds one after another.
    pub seeds: u64,
}

/// What one run of one contestant gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Per cent right on each context, after the last.
    pub last: Vec<f64>,
    /// Mean of the per cent right over the contexts seen so far, after each; empty when it was asked once only.
    pub so_far: Vec<f64>,
    /// Bytes held at the end.
    pub bytes: usize,
}

impl Score {
    /// Mean over the contexts of the per cent right, after the last.
    pub fn accuracy(&self) -> f64 {
        self.last.iter().sum::<f64>() / self.last.len().max(1) as f64
    }
}

/// Runs every entry on every seed; the runs of entry `e` are `result[e]`. What a run gives depends on its entry and
/// its seed only: all contestants see the same batches in the same order, as far as their sizes agree.
///
/// # Errors
/// The first refusal of a contestant.
pub fn contest(
    run: &mut Run<'_>,
    stream: &dyn Stream,
    schedule: Schedule,
    entries: &[Entry],
) -> Result<Vec<Vec<Score>>, LabError> {
    let seed = run.seed;
    let jobs: Vec<(usize, u64)> = (0..schedule.seeds)
        .flat_map(|s| (0..entries.len()).map(move |e| (e, seed.wrapping_add(s))))
        .collect();
    let total = (jobs.len() * stream.contexts().max(1)) as f64;
    run.progress(0.0, "contestants");
    let progress = Mutex::new((0usize, &mut *run));
    let tick = |doing: &str| {
        if let Ok(mut held) = progress.lock() {
            held.0 += 1;
            let share = held.0 as f64 / total;
            held.1.progress(share, doing);
        }
    };
    let scores = spread(&jobs, |&(entry, seed)| alone(stream, schedule.length, &entries[entry], seed, &tick));
    let mut by_entry: Vec<Vec<Score>> = entries.iter().map(|_| vec![]).collect();
    for ((entry, _), score) in jobs.into_iter().zip(scores) {
        by_entry[entry].push(score?);
    }
    Ok(by_entry)
}

/// Jobs on as many threads as rayon has, each job on one thread: small products are faster alone, and what a job gives
/// does not depend on how many threads it has. Results in the order of the jobs.
fn spread<J: Sync, R: Send>(jobs: &[J], work: impl Fn(&J) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(vec![]);
    let worker = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(at) else { return };
            let result = match rayon::ThreadPoolBuilder::new().num_threads(1).build() {
                Ok(pool) => pool.install(|| work(job)),
                Err(_) => work(job),
            };
            done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..rayon::current_num_threads().min(jobs.len()) {
            scope.spawn(worker);
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// One contestant, one seed.
fn alone(
    stream: &dyn Stream,
    length: Length,
    entry: &Entry,
    seed: u64,
    tick: &(dyn Fn(&str) + Sync),
) -> Result<Score, LabError> {
    let mut contestant = (entry.start)(seed)?;
    let (mut so_far, mut last) = (vec![], vec![]);
    for index in 0..stream.contexts() {
        let train = stream.train(index, seed);
        let rows = if index == 0 { entry.rows } else { entry.later };
        show(contestant.as_mut(), &train, length, rows, (seed, index))?;
        contestant.close(Batch::new(train.inputs.view(), &train.classes)?)?;
        drop(train);
        let over = index + 1 == stream.contexts();
        if over || entry.asked == Question::Throughout {
            last = (0..=index)
                .map(|past| measure(contestant.as_mut(), &stream.test(past, seed), &stream.among(past)))
                .collect::<Result<_, _>>()?;
        }
        if entry.asked == Question::Throughout {
            so_far.push(last.iter().sum::<f64>() / last.len() as f64);
        }
        tick(&format!("{}, seed {seed}, context {}", entry.name, index + 1));
    }
    Ok(Score { last, so_far, bytes: contestant.bytes() })
}

fn show(
    contestant: &mut dyn Contestant,
    train: &Part,
    length: Length,
    rows: usize,
    (seed, index): (u64, usize),
) -> Result<(), LabError> {
    let mut order: Vec<usize> = (0..train.classes.len()).collect();
    let (mut shown, mut pass) = (0, 0);
    loop {
        match length {
            Length::Passes(passes) if pass >= passes => return Ok(()),
            Length::Batches(batches) if shown >= batches || order.len() < rows => return Ok(()),
            _ => {}
        }
        order.shuffle(&mut random(seed, &format!("continual/order/{index}/{pass}")));
        for chosen in order.chunks(rows.max(1)) {
            if let Length::Batches(batches) = length
                && (shown >= batches || chosen.len() < rows)
            {
                break;
            }
            let (inputs, classes) = train.select(chosen);
            contestant.observe(Batch::new(inputs.view(), &classes)?, pass)?;
            shown += 1;
        }
        pass += 1;
    }
}

/// Per cent right on the test part of a context.
fn measure(contestant: &mut dyn Contestant, test: &Part, among: &[u32]) -> Result<f64, LabError> {
    /// Examples asked at once, so that memory stays small.
    const AT_ONCE: usize = 2000;
    let (inputs, classes) = (&test.inputs, &test.classes);
    let mut right = 0;
    for from in (0..classes.len()).step_by(AT_ONCE) {
        let to = (from + AT_ONCE).min(inputs.len_of(Axis(0)));
        let answers = contestant.predict(inputs.slice(s![from..to, ..]), among)?;
        right += answers.iter().zip(&classes[from..to]).filter(|(a, b)| a == b).count();
    }
    Ok(100.0 * right as f64 / classes.len().max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Effort;
    use ndarray::{Array2, ArrayView2};

    fn part(index: usize, count: usize) -> Part {
        let inputs = Array2::from_elem((count, 1), index as f32).into_shared();
        Part { inputs, classes: vec![index as u32; count] }
    }

    /// Two contexts; the class of an example is the number of its context.
    struct Toy;

    impl Stream for Toy {
        fn contexts(&self) -> usize {
            2
        }

        fn train(&self, index: usize, _: u64) -> Part {
            part(index, 25)
        }

        fn test(&self, index: usize, _: u64) -> Part {
            part(index, 10)
        }

        fn among(&self, _: usize) -> Vec<u32> {
            vec![0, 1]
        }
    }

    /// Knows only the context that it saw last.
    #[derive(Default)]
    struct Forgetful {
        last: u32,
        seen: Vec<usize>,
        closed: usize,
    }

    impl Contestant for Forgetful {
        fn observe(&mut self, batch: Batch<'_>, _: usize) -> Result<(), LabError> {
            self.last = batch.classes()[0];
            self.seen.push(batch.classes().len());
            Ok(())
        }

        fn close(&mut self, context: Batch<'_>) -> Result<(), LabError> {
            self.closed += context.classes().len();
            Ok(())
        }

        fn predict(&mut self, inputs: ArrayView2<'_, f32>, _: &[u32]) -> Result<Vec<u32>, LabError> {
            Ok(vec![self.last; inputs.nrows()])
        }

        fn bytes(&self) -> usize {
            self.seen.iter().sum::<usize>() * 100 + self.closed
        }
    }

    #[test]
    fn the_matrix_is_that_of_who_forgets() {
        let entry = |asked| Entry {
            name: "forgetful".into(),
            start: Box::new(|_| Ok(Box::<Forgetful>::default())),
            rows: 10,
            later: 5,
            asked,
            baseline: false,
        };
        let mut quiet = |_: f64, _: &str| {};
        let mut run = Run::new(1, Effort::Smoke, None, &mut quiet);
        let entries = [entry(Question::Throughout), entry(Question::AtTheEnd)];
        let schedule = Schedule { length: Length::Passes(2), seeds: 2 };
        let scores = contest(&mut run, &Toy, schedule, &entries).unwrap();
        // Two passes over 25 in each of two contexts, and each closed once.
        let expected = Score { last: vec![0.0, 100.0], so_far: vec![100.0, 50.0], bytes: 10_050 };
        assert_eq!(scores[0], vec![expected.clone(); 2]);
        assert_eq!(scores[1], vec![Score { so_far: vec![], ..expected }; 2]);
        assert_eq!(scores[0][0].accuracy(), 50.0);
        let batches = Schedule { length: Length::Batches(3), seeds: 1 };
        let scores = contest(&mut run, &Toy, batches, &entries[..1]).unwrap();
        assert_eq!(scores[0][0].bytes, (3 * 10 + 3 * 5) * 100 + 50);
    }
}

//! Runs of a learner on disk: alone, with somebody who asks meanwhile, and opened again.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::anyhow;
use attractor_learn::metrics::Latency;
use attractor_learn::{Learner, Observed, Reader};
use attractor_store::ledger::Durability;
use ndarray::ArrayView2;
use rayon::prelude::*;

use super::digits::Digits;

/// What was observed is durable within this time.
const GROUPED: Duration = Duration::from_millis(50);
/// From one question to the next.
pub(crate) const PACE: Duration = Duration::from_millis(5);

/// Who asks while the learner learns.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Asking {
    Nobody,
    /// One thread, every [`PACE`].
    Steadily,
}

/// One pass over the stream.
pub(crate) struct Pass {
    pub(crate) learner: Learner,
    /// Until everything was on the disk.
    pub(crate) spent: Duration,
    pub(crate) answers: Latency,
    /// Episodes that an observation found, on average.
    pub(crate) episodes: f64,
}

/// Learns everything in `directory`, which must not hold a learner yet.
pub(crate) fn pass(digits: &Digits, directory: &Path, asking: Asking) -> anyhow::Result<Pass> {
    let mut learner = open(digits, directory)?;
    let reader = learner.reader();
    let done = AtomicBool::new(false);
    let (learned, answers) = std::thread::scope(|scope| {
        let asks = (asking == Asking::Steadily)
            .then(|| scope.spawn(|| ask(&reader, digits.test.patterns.view(), &done)));
        let learned = learn(&mut learner, digits);
        done.store(true, Ordering::Relaxed);
        let answers = match asks {
            Some(thread) => thread.join().map_err(|_| anyhow!("the asking thread panicked"))?,
            None => Ok(Latency::new()),
        };
        anyhow::Ok((learned?, answers?))
    })?;
    let (spent, stored) = learned;
    // An episode that entered a full memory took the place of another.
    let room = learner.stats().episodes as f64;
    let found: f64 = stored
        .iter()
        .zip(&digits.pieces)
        .map(|(&n, piece)| room.min(n as f64) * piece.labels.len() as f64)
        .sum();
    Ok(Pass { learner, spent, answers, episodes: found / digits.len().max(1) as f64 })
}

/// Time, and how many episodes were stored before each piece.
fn learn(learner: &mut Learner, digits: &Digits) -> anyhow::Result<(Duration, Vec<usize>)> {
    let (mut before, mut stored) = (Vec::with_capacity(digits.pieces.len()), 0);
    let start = Instant::now();
    for piece in &digits.pieces {
        let (patterns, labels) = piece.view();
        before.push(stored);
        let observed = learner.observe_many(patterns, &labels)?;
        stored += observed.iter().filter(|what| matches!(what, Observed::Stored(_))).count();
    }
    learner.sync()?;
    Ok((start.elapsed(), before))
}

/// Asks until `done`. A question waits for the one before it, and that wait counts: a user who is held up once is
/// held up for every question that was due meanwhile. That a sleeping thread wakes late does not count.
fn ask(
    reader: &Reader,
    questions: ArrayView2<'_, f32>,
    done: &AtomicBool,
) -> Result<Latency, attractor_learn::Error> {
    let mut answers = Latency::new();
    let mut due = Instant::now();
    for question in questions.rows().into_iter().cycle() {
        if done.load(Ordering::Relaxed) {
            break;
        }
        let question = question.to_vec();
        let now = Instant::now();
        let since = if now < due {
            std::thread::sleep(due - now);
            Instant::now()
        } else {
            due
        };
        std::hint::black_box(reader.predict(&question)?);
        answers.record(since.elapsed());
        due += PACE;
    }
    Ok(answers)
}

/// The learner of the directory.
pub(crate) fn open(digits: &Digits, directory: &Path) -> Result<Learner, attractor_learn::Error> {
    Learner::builder().shape(digits.shape).durability(Durability::Grouped(GROUPED)).open(directory)
}

/// Milliseconds that opening takes, `times` times, each by a process that has just let go without a close.
pub(crate) fn reopen(digits: &Digits, directory: &Path, times: usize) -> anyhow::Result<Vec<f64>> {
    let mut samples = Vec::with_capacity(times);
    for _ in 0..times {
        let start = Instant::now();
        let learner = open(digits, directory)?;
        samples.push(start.elapsed().as_secs_f64() * 1e3);
        drop(learner);
    }
    Ok(samples)
}

/// Share of the test examples that are answered with their label.
pub(crate) fn accuracy(reader: &Reader, digits: &Digits) -> Result<f64, attractor_learn::Error> {
    let (patterns, labels) = digits.test.view();
    let right = (0..labels.len())
        .into_par_iter()
        .map(|row| {
            let answer = reader.predict(&patterns.row(row).to_vec())?;
            Ok(usize::from(answer.label.as_deref() == Some(labels[row])))
        })
        .collect::<Result<Vec<usize>, attractor_learn::Error>>()?;
    Ok(right.iter().sum::<usize>() as f64 / labels.len().max(1) as f64)
}

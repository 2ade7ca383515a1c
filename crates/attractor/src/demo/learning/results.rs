//! Everything that the second half of the demo shows, computed.

use anyhow::Context;
use attractor_data::Shape;
use attractor_learn::{Budget, Slumber};

use super::characters::characters;
use super::course::{Course, accuracy, course};
use super::digits::digits;
use super::flowers::flowers;
use super::kill::{Killed, kill, open};
use super::lesson::Lesson;
use super::questions::{Questions, questions};

/// Most replays of a sleep.
const REPLAYS: u64 = 1_024;

/// What was learned from one stream.
pub(crate) struct Learned {
    pub(crate) lesson: Lesson,
    pub(crate) course: Course,
    /// Of the letters only.
    pub(crate) killed: Option<Killed>,
    pub(crate) slept: Slept,
    /// Of pictures only.
    pub(crate) questions: Option<Questions>,
}

/// What a sleep did.
pub(crate) struct Slept {
    pub(crate) slumber: Slumber,
    /// Episodes that are left.
    pub(crate) episodes: usize,
    /// Accuracy on all test examples afterwards.
    pub(crate) accuracy: f64,
}

/// The second half of the demo.
pub(crate) struct Learning {
    pub(crate) learned: Vec<Learned>,
    /// How to get the digits, where they are not at hand.
    pub(crate) missing: Option<String>,
}

/// What a learner meets on its way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Unharmed,
    /// A second one learns the same, and is killed half way.
    Killed,
}

/// Learns everything, in directories that are gone afterwards; `progress` hears the share that is done.
pub(crate) fn measure(seed: u64, progress: &dyn Fn(f64)) -> anyhow::Result<Learning> {
    let mut learned = vec![
        learn(characters(seed)?, Fate::Killed, seed, &|share| progress(share * 0.25))?,
        learn(flowers(seed)?, Fate::Unharmed, seed, &|share| progress(0.25 + share * 0.05))?,
    ];
    let missing = match digits(seed)? {
        Ok(lesson) => {
            learned.push(learn(lesson, Fate::Unharmed, seed, &|share| progress(0.3 + share * 0.7))?);
            None
        }
        Err(hint) => Some(hint),
    };
    progress(1.0);
    Ok(Learning { learned, missing })
}

fn learn(lesson: Lesson, fate: Fate, seed: u64, progress: &dyn Fn(f64)) -> anyhow::Result<Learned> {
    let folder = tempfile::tempdir().context("no directory to learn in can be made")?;
    let mut learner = open(&lesson, &folder.path().join("brain"), seed)?;
    let course = course(&lesson, &mut learner, seed, &|share| progress(share * 0.8))?;
    let killed = match fate {
        Fate::Unharmed => None,
        Fate::Killed => Some(kill(&lesson, &folder.path().join("killed"), &learner.reader(), seed)?),
    };
    progress(0.9);
    let slumber = learner.sleep(Budget::updates(REPLAYS))?;
    let accuracy = accuracy(&lesson, &learner.reader(), &lesson.test)?;
    let slept = Slept { slumber, episodes: learner.stats().episodes, accuracy };
    let questions = match lesson.shape {
        Shape::Image { .. } => Some(questions(&lesson, &learner, seed)?),
        Shape::Vector(_) => None,
    };
    learner.close()?;
    progress(1.0);
    Ok(Learned { lesson, course, killed, slept, questions })
}

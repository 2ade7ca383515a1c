//! Everything that the demo shows, computed.

use attractor_data::{Error, Part, Set, mnist, stream};
use ndarray::{Array2, Axis};

use super::count::{Answer, Count, count, same_signs};
use super::damage::Damage;
use super::kind::Kind;
use super::learning::{self, Learning};
use super::store::Trace;

/// Numbers of stored characters in the capacity plot.
const STORED: [usize; 10] = [1, 2, 4, 8, 16, 32, 48, 64, 80, 95];
/// The characters that are watched; the first of them is watched in the terminal.
const WATCHED: [char; 3] = ['R', '5', '&'];
/// The few that even the oldest kind can hold.
const FEW: [char; 3] = ['R', 'o', '/'];
/// Digits stored, and how many of them the page shows.
const DIGITS: usize = 100;
const DIGITS_SHOWN: usize = 6;

/// One measured cell.
pub(crate) struct Cell {
    pub(crate) answer: Answer,
    pub(crate) stored: usize,
    pub(crate) damage: Damage,
    pub(crate) count: Count,
}

/// A recall that is watched.
pub(crate) struct Show {
    pub(crate) kind: Kind,
    pub(crate) stored: usize,
    pub(crate) asked: char,
    pub(crate) pattern: Vec<f32>,
    pub(crate) trace: Trace,
    pub(crate) ending: Ending,
}

/// What a recall ends in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The character that was asked for.
    Recalled,
    /// Another stored character.
    Other(String),
    /// Nothing that was ever stored.
    Spurious,
}

/// Handwritten digits with their lower halves masked.
pub(crate) struct Digits {
    pub(crate) cells: Vec<Cell>,
    pub(crate) patterns: Array2<f32>,
    pub(crate) cues: Array2<f32>,
    /// What each kind makes of the cues.
    pub(crate) recalled: Vec<(Kind, Array2<f32>)>,
}

/// The whole demo.
pub(crate) struct Results {
    /// All characters stored, every damage.
    pub(crate) table: Vec<Cell>,
    /// [`Damage::SHOWN`], every number of stored characters.
    pub(crate) capacity: Vec<Cell>,
    /// Few characters in the oldest kind.
    pub(crate) few: Show,
    /// All characters in every kind; the first [`Kind::ALL`] of them ask for the same one.
    pub(crate) shows: Vec<Show>,
    /// `Err` says why there are none.
    pub(crate) digits: Result<Digits, String>,
    pub(crate) learning: Learning,
}

/// Runs the demo; `progress` hears the share that is done.
pub(crate) fn measure(seed: u64, runs: usize, progress: &dyn Fn(f64)) -> anyhow::Result<Results> {
    let glyphs = attractor_data::glyphs();
    let answers = Answer::all();
    let jobs = answers.len() * (Damage::ALL.len() + STORED.len());
    let (mut table, mut capacity) = (Vec::new(), Vec::new());
    for answer in answers {
        let full = Damage::ALL.map(|damage| (glyphs.len(), damage));
        let growing = STORED.map(|stored| (stored, Damage::SHOWN));
        for (index, (stored, damage)) in full.into_iter().chain(growing).enumerate() {
            let count = count(&glyphs, answer, stored, damage, runs, seed)?;
            let cells = if index < full.len() { &mut table } else { &mut capacity };
            cells.push(Cell { answer, stored, damage, count });
            progress((table.len() + capacity.len()) as f64 / jobs as f64 * 0.4);
        }
    }
    let all: Vec<usize> = (0..glyphs.len()).collect();
    let mut shows = Vec::new();
    for asked in WATCHED {
        for kind in Kind::ALL {
            shows.push(show(&glyphs, kind, &all, asked, seed)?);
        }
    }
    let few: Vec<usize> = FEW.iter().map(|&c| place(&glyphs, c)).collect();
    let few = show(&glyphs, Kind::Hebb, &few, FEW[0], seed)?;
    progress(0.42);
    let digits = match mnist(Part::Test) {
        Ok(set) => Ok(digits(&set.binarised(127.0)?, runs, seed)?),
        Err(Error::Missing { hint, .. }) => Err(hint),
        Err(other) => return Err(other.into()),
    };
    let learning = learning::measure(seed, &|share| progress(0.5 + share * 0.5))?;
    Ok(Results { table, capacity, few, shows, digits, learning })
}

fn place(glyphs: &Set, character: char) -> usize {
    let name = character.to_string();
    glyphs.class_names().iter().position(|n| *n == name).unwrap_or(0)
}

/// Watches the recall of `asked` from a memory that holds the characters in `rows`.
fn show(glyphs: &Set, kind: Kind, rows: &[usize], asked: char, seed: u64) -> anyhow::Result<Show> {
    let held = glyphs.subset(rows)?;
    let wanted = glyphs.subset(&[place(glyphs, asked)])?;
    // Every kind gets the same damaged character.
    let mut rng = stream(seed, &format!("watched {asked}"));
    let cues = Damage::SHOWN.apply(wanted.patterns(), wanted.shape(), &mut rng)?;
    let trace = kind.store(held.patterns())?.watch(cues.states.row(0), &cues.held, 8)?;
    let pattern = wanted.patterns().row(0).to_vec();
    let end = ndarray::ArrayView1::from(trace.frames.last().unwrap_or(&pattern));
    let ending = match held.samples().find(|sample| same_signs(sample.pattern, end)) {
        Some(sample) if sample.pattern.to_vec() == pattern => Ending::Recalled,
        Some(sample) => Ending::Other(held.class_name(sample.label.unwrap_or(0)).into_owned()),
        None => Ending::Spurious,
    };
    Ok(Show { kind, stored: held.len(), asked, pattern, trace, ending })
}

fn digits(set: &Set, runs: usize, seed: u64) -> anyhow::Result<Digits> {
    let set = set.take(10 * DIGITS);
    let mut cells = Vec::new();
    for answer in Answer::all() {
        let count = count(&set, answer, DIGITS, Damage::Halved, runs, seed)?;
        cells.push(Cell { answer, stored: DIGITS, damage: Damage::Halved, count });
    }
    let held = set.take(DIGITS);
    let shown = set.take(DIGITS_SHOWN);
    let cues = Damage::Halved.apply(shown.patterns(), shown.shape(), &mut stream(seed, "digits shown"))?;
    let mut recalled = Vec::new();
    for kind in Kind::ALL {
        recalled.push((kind, kind.store(held.patterns())?.recall(cues.states.view(), &cues.held)?));
    }
    let patterns = shown.patterns().select(Axis(0), &(0..shown.len()).collect::<Vec<_>>());
    Ok(Digits { cells, patterns, cues: cues.states, recalled })
}

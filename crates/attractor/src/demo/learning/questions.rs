//! What the learner is asked afterwards, with the pictures that its answers rest on.

use attractor_data::{Corruption, Region, stream};
use attractor_learn::metrics::auroc;
use attractor_learn::{Answer, Completion, Evidence, Learner};
use ndarray::{ArrayView1, Axis};

use super::lesson::Lesson;

/// Episodes that are shown with an answer.
const SHOWN: usize = 4;

/// An answer and what it rests on.
pub(crate) struct Explained {
    pub(crate) picture: Vec<f32>,
    /// The class that it is of; `None` for a class that was never shown.
    pub(crate) truth: Option<String>,
    pub(crate) answer: Answer,
    pub(crate) episodes: Vec<Remembered>,
}

/// An episode with its picture.
pub(crate) struct Remembered {
    pub(crate) evidence: Evidence,
    pub(crate) picture: Vec<f32>,
}

/// A half-hidden picture, completed.
pub(crate) struct Completed {
    pub(crate) truth: String,
    pub(crate) whole: Vec<f32>,
    pub(crate) cue: Vec<f32>,
    pub(crate) completion: Completion,
    /// Pixels that were hidden, and those of them whose sign came back.
    pub(crate) hidden: usize,
    pub(crate) right: usize,
    pub(crate) episodes: Vec<Remembered>,
}

/// How known and strange pictures compare.
pub(crate) struct Strangeness {
    pub(crate) stranger: Explained,
    /// Probability that a picture of a class that was never shown is more novel than one of a known class.
    pub(crate) auroc: f64,
    /// Test pictures on either side.
    pub(crate) known: usize,
    pub(crate) unknown: usize,
}

/// All questions.
pub(crate) struct Questions {
    pub(crate) known: Explained,
    /// `None` where there are no strangers.
    pub(crate) strange: Option<Strangeness>,
    pub(crate) completed: Completed,
}

/// Asks about the first test picture, of the class that was learned first, and the first stranger.
pub(super) fn questions(lesson: &Lesson, learner: &Learner, seed: u64) -> anyhow::Result<Questions> {
    let first = lesson.test.patterns.row(0);
    let truth = lesson.classes[lesson.test.classes[0] as usize].clone();
    let known = explain(lesson, learner, first, Some(truth.clone()))?;
    let strange = match lesson.strangers.len() {
        0 => None,
        _ => Some(strangeness(lesson, learner)?),
    };
    Ok(Questions { known, strange, completed: complete(lesson, learner, truth, seed)? })
}

fn explain(
    lesson: &Lesson,
    learner: &Learner,
    picture: ArrayView1<'_, f32>,
    truth: Option<String>,
) -> anyhow::Result<Explained> {
    let picture = picture.to_vec();
    let answer = learner.predict(&picture)?;
    let episodes = remembered(lesson, &answer.episodes);
    Ok(Explained { picture, truth, answer, episodes })
}

fn remembered(lesson: &Lesson, episodes: &[Evidence]) -> Vec<Remembered> {
    let picture = |evidence: &Evidence| {
        // The time of an episode is its place in the stream.
        let row = usize::try_from(evidence.time).ok().filter(|&row| row < lesson.stream.len())?;
        let picture = lesson.stream.patterns.row(row).to_vec();
        Some(Remembered { evidence: evidence.clone(), picture })
    };
    episodes.iter().take(SHOWN).filter_map(picture).collect()
}

fn strangeness(lesson: &Lesson, learner: &Learner) -> anyhow::Result<Strangeness> {
    let energies = |patterns: &ndarray::Array2<f32>| -> anyhow::Result<Vec<f64>> {
        let energy = |row: ArrayView1<'_, f32>| Ok(learner.novelty(&row.to_vec())?.energy);
        patterns.rows().into_iter().map(energy).collect()
    };
    let (known, unknown) = (energies(&lesson.test.patterns)?, energies(&lesson.strangers.patterns)?);
    Ok(Strangeness {
        stranger: explain(lesson, learner, lesson.strangers.patterns.row(0), None)?,
        auroc: auroc(&known, &unknown)?,
        known: known.len(),
        unknown: unknown.len(),
    })
}

fn complete(lesson: &Lesson, learner: &Learner, truth: String, seed: u64) -> anyhow::Result<Completed> {
    let whole = lesson.test.patterns.row(0);
    let half = Corruption::Mask { region: Region::Lower(0.5), fill: 0.0 };
    let damaged =
        half.apply(whole.insert_axis(Axis(0)), lesson.shape, &mut stream(seed, "demo/completion"))?;
    let (cue, known) = (damaged.cues.row(0).to_vec(), damaged.known.row(0).to_vec());
    let completion = learner.recall(&cue, &known)?;
    let hidden: Vec<usize> = (0..known.len()).filter(|&pixel| !known[pixel]).collect();
    let is_right = |&&pixel: &&usize| (completion.pattern[pixel] > 0.0) == (whole[pixel] > 0.0);
    let right = hidden.iter().filter(is_right).count();
    let episodes = remembered(lesson, &completion.episodes);
    Ok(Completed { truth, whole: whole.to_vec(), cue, completion, hidden: hidden.len(), right, episodes })
}

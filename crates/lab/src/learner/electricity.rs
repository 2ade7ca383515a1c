//! A stream that drifts: electricity prices, predicted before they are learned.

use attractor_data::{Set, catalogue, csv};
use attractor_learn::metrics::Prequential;
use attractor_learn::{Learner, Slow};

use super::class;
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::outcome::{Named, Outcome};
use crate::statistics::Summary;

pub(crate) const EXPERIMENT: Experiment = Experiment {
    id: "electricity",
    title: "Electricity prices, predicted before they are learned",
    source: "Harries 1999 (Elec2); numbers of others for this stream: complementary to, not comparable with, ours",
    protocol: "45,312 rows in time order, never shuffled; each is predicted, then observed; share right over the whole \
        stream, of the default learner, of its two systems alone, and of a learner without slow system; beside \
        persistence (the last label) and the majority so far. Holds when the learner is better than persistence.",
    published: None,
    data: &["streams"],
    run,
};

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let root = context.data.clone().unwrap_or_else(catalogue::root);
    let set = csv::read_set(&root.join("streams").join("elec.csv.gz"), &csv::Label::Guess)?;
    let rows = match context.extent() {
        Extent::Full => set.len(),
        Extent::Smoke => 400,
    };
    let seed = context.seed;
    let mut progress = |share: f64, doing: &str| context.progress(share, doing);
    let both = follow(&set, rows, Slow::Ridge, seed, &mut |share| progress(share / 2.0, "both systems"))?;
    let alone =
        follow(&set, rows, Slow::None, seed, &mut |share| progress(0.5 + share / 2.0, "episodes only"))?;
    let percent = |share: f64| Summary::of(&[100.0 * share]);
    let score = both.answer.score();
    Ok(Outcome {
        measured: percent(score.learner.overall),
        series: vec![
            Named::new("the learner, %", &percent(score.learner.overall)),
            Named::new("its fast system, %", &percent(both.fast.score().learner.overall)),
            Named::new("its slow system, %", &percent(both.slow.score().learner.overall)),
            Named::new("episodes only, %", &percent(alone.answer.score().learner.overall)),
        ],
        baselines: vec![
            Named::new("persistence, %", &percent(score.persistence.overall)),
            Named::new("majority so far, %", &percent(score.majority.overall)),
        ],
        pass: (context.extent() == Extent::Full).then_some(score.learner.overall > score.persistence.overall),
        sheets: vec![],
        figures: Vec::new(),
        notes: vec![
            "Neither the last label nor any feature of time beyond the columns of the file is given to the learner. \
             The closed form of the slow system weighs the whole past alike: it does not follow drift."
                .to_owned(),
        ],
    })
}

struct Followed {
    answer: Prequential,
    fast: Prequential,
    slow: Prequential,
}

fn follow(
    set: &Set,
    rows: usize,
    slow: Slow,
    seed: u64,
    progress: &mut dyn FnMut(f64),
) -> Result<Followed, LabError> {
    let mut learner = Learner::builder().slow(slow).seed(seed).ephemeral()?;
    let new = || Prequential::new(1_000, 0);
    let mut followed = Followed { answer: new()?, fast: new()?, slow: new()? };
    for row in 0..rows.min(set.len()) {
        let (pattern, truth) = (set.patterns().row(row).to_vec(), class(set, row));
        let answer = learner.predict(&pattern)?;
        let number = |label: &Option<String>| label.as_ref().and_then(|label| label.parse().ok());
        followed.answer.record(truth, number(&answer.label));
        followed.fast.record(truth, number(&answer.fast));
        followed.slow.record(truth, number(&answer.slow));
        learner.observe(&pattern, &truth.to_string())?;
        if row % 1_000 == 0 {
            progress(row as f64 / rows as f64);
        }
    }
    Ok(followed)
}

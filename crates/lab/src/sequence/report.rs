//! Several readers on one problem, and what they reach.

use attractor_data::Bags;
use attractor_nets::training::{Draws, Fit, Split, TrainingConfig, each};

use super::reader::Reading;
use super::task::Sequences;
use crate::experiment::{Context, LabError};
use crate::outcome::{Curve, Figure, Named, Outcome, Scale};
use crate::statistics::Summary;

/// Share of held-out sequences from which on a problem counts as solved, in per cent. The examples of the reference show
/// curves and no numbers: this is ours.
pub(super) const SOLVED: f64 = 99.0;

/// A reader, the epochs that it is given, and whether the claim is about it.
pub(super) struct Entry {
    pub(super) reading: Reading,
    pub(super) epochs: usize,
    pub(super) claim: Claim,
}

/// What an entry is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// It has to solve the problem.
    Solves,
    /// It stands beside.
    Baseline,
}

/// A problem with its published training.
pub(super) struct Problem<'a> {
    pub(super) bags: &'a Bags,
    pub(super) length: usize,
    pub(super) split: Split,
    /// Independent networks for each reader.
    pub(super) runs: usize,
}

/// Trains all, and puts the accuracies after the last epoch together. The first entry is the number measured.
pub(super) fn compare(
    problem: &Problem<'_>,
    entries: &[Entry],
    context: &mut Context<'_>,
) -> Result<Outcome, LabError> {
    let (mut series, mut baselines, mut curves) = (Vec::new(), Vec::new(), Vec::new());
    let (mut measured, mut solved) = (None, true);
    for (place, entry) in entries.iter().enumerate() {
        context.progress(place as f64 / entries.len() as f64, entry.reading.name());
        let task = Sequences { bags: problem.bags, length: problem.length, reading: entry.reading.clone() };
        let training = TrainingConfig::adamw(1e-3, entry.epochs).with_batch(32).with_clip(1.0);
        let seed = context.seed;
        let histories = each(problem.runs, 2, |run| {
            let fit = Fit::new(&task, &training, Draws::Fit(run).seed(seed));
            Ok::<_, LabError>(fit.run(&problem.split)?.history.measures())
        })?;
        let last: Vec<f64> =
            histories.iter().filter_map(|measures| measures.last()).map(|share| 100.0 * share).collect();
        let accuracy = Summary::of(&last);
        measured.get_or_insert(accuracy);
        let named = Named::new(format!("{}, %", entry.reading.name()), &accuracy);
        match entry.claim {
            Claim::Solves => {
                solved &= accuracy.mean > SOLVED;
                series.push(named);
            }
            Claim::Baseline => baselines.push(named),
        }
        let mean = |epoch: usize| {
            let shares: Vec<f64> = histories.iter().map(|measures| 100.0 * measures[epoch]).collect();
            ((epoch + 1) as f64, Summary::of(&shares).mean)
        };
        let points = (0..entry.epochs).map(mean).collect();
        curves.push(Curve { name: entry.reading.name().to_owned(), points });
    }
    context.progress(1.0, "done");
    Ok(Outcome {
        measured: measured.unwrap_or_default(),
        series,
        baselines,
        pass: Some(solved),
        sheets: vec![],
        figures: vec![Figure {
            title: "Held-out sequences that are right, by epoch".to_owned(),
            x: "epochs".to_owned(),
            y: "per cent".to_owned(),
            x_scale: Scale::Logarithmic,
            curves,
        }],
        notes: vec![
            "Weights are those of the last epoch: the held-out sequences choose nothing. The dropout of 0.5 inside the \
             association, which the reference's examples have, is left out."
                .to_owned(),
        ],
    })
}

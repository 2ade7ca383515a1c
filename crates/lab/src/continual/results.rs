//! From scores to an outcome.

use super::contestant::Entry;
use super::protocol::Score;
use crate::outcome::{Curve, Figure, Named, Outcome, Scale};
use crate::published::Published;
use crate::statistics::Summary;

/// A published accuracy, by the name of its entry.
pub(super) type Row = (&'static str, Published);

/// What a protocol says about itself.
pub(super) struct Report<'a> {
    /// The entry that the outcome measures.
    pub(super) measured: &'a str,
    /// What is published.
    pub(super) published: &'a [Row],
    /// Title of the figure.
    pub(super) title: &'a str,
    /// What else a reader must know.
    pub(super) notes: Vec<String>,
}

/// Accuracies at the end by entry, over the runs; a claim holds when no entry falls short of its published number by
/// more than the tolerance.
pub(super) fn outcome(report: Report<'_>, entries: &[Entry], scores: &[Vec<Score>]) -> Outcome {
    let of = |runs: &[Score]| Summary::of(&runs.iter().map(Score::accuracy).collect::<Vec<_>>());
    let all: Vec<(&Entry, Summary, &Vec<Score>)> =
        entries.iter().zip(scores).map(|(entry, runs)| (entry, of(runs), runs)).collect();
    let named = |baseline: bool| {
        let some = all.iter().filter(move |(entry, ..)| entry.baseline == baseline);
        some.map(|(entry, summary, _)| Named::new(entry.name.clone(), summary)).collect::<Vec<_>>()
    };
    let find = |name: &str| all.iter().find(|(entry, ..)| entry.name == name).map(|(_, summary, _)| *summary);
    let short = |(name, published): &Row| {
        find(name).is_some_and(|ours| ours.mean < published.value - published.tolerance)
    };
    let taking: Vec<&Row> = report.published.iter().filter(|(name, _)| find(name).is_some()).collect();
    let mut notes = vec![table(&taking, find), bytes(&all)];
    notes.extend(report.notes);
    Outcome {
        measured: find(report.measured).unwrap_or_default(),
        series: named(false),
        baselines: named(true),
        pass: (!taking.is_empty()).then(|| !taking.iter().any(|row| short(row))),
        sheets: vec![],
        figures: vec![figure(report.title, &all)],
        notes,
    }
}

fn table(rows: &[&Row], find: impl Fn(&str) -> Option<Summary>) -> String {
    let line = |(name, published): &&Row| {
        let ours = find(name).unwrap_or_default();
        format!("{name}: {:.2} (published {:.2} +- {:.2})", ours.mean, published.value, published.spread)
    };
    format!("Per cent right, ours and published: {}.", rows.iter().map(line).collect::<Vec<_>>().join("; "))
}

fn bytes(all: &[(&Entry, Summary, &Vec<Score>)]) -> String {
    let line = |(entry, _, runs): &(&Entry, Summary, &Vec<Score>)| {
        let most = runs.iter().map(|score| score.bytes).max().unwrap_or(0);
        format!("{} {:.2}", entry.name, most as f64 / 1e6)
    };
    format!(
        "Megabytes held at the end, everything counted: {}.",
        all.iter().map(line).collect::<Vec<_>>().join("; ")
    )
}

/// Accuracy so far, over the contexts.
fn figure(title: &str, all: &[(&Entry, Summary, &Vec<Score>)]) -> Figure {
    let curve = |(entry, _, runs): &(&Entry, Summary, &Vec<Score>)| {
        let contexts = runs.iter().map(|score| score.so_far.len()).min().unwrap_or(0);
        let mean = |at: usize| runs.iter().map(|score| score.so_far[at]).sum::<f64>() / runs.len() as f64;
        let points = (0..contexts).map(|at| ((at + 1) as f64, mean(at))).collect::<Vec<_>>();
        Curve { name: entry.name.clone(), points }
    };
    Figure {
        title: title.into(),
        x: "contexts learned".into(),
        y: "per cent right on them".into(),
        x_scale: Scale::Linear,
        curves: all.iter().map(curve).filter(|curve| curve.points.len() > 1).collect(),
    }
}

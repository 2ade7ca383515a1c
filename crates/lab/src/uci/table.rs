//! All methods on one table.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use attractor_data::catalogue;
use attractor_data::uci::{Uci, list, read};

use super::methods::contestants;
use super::{Majority, Method, measure};
use crate::experiment::{Context, Experiment, LabError};
use crate::outcome::{Named, Outcome};
use crate::statistics::Summary;

/// What stands before the name of a table in an id.
const FAMILY: &str = "uci/";

/// What is said about the protocol wherever its numbers stand.
pub(super) const CAUTION: &str = "The published test splits are random draws that overlap, and the rows for choosing are \
    measured on later: these accuracies compare methods, they are not unbiased. Every file was standardised by its own \
    statistics, a test file too.";

pub(super) const SOURCE: &str = "Fernandez-Delgado, Cernadas, Barro, Amorim 2014, JMLR 15, 3133 (tables, splits); \
    Ramsauer et al. 2021, section 4 and A.5.3 (the small tables)";

/// An experiment for each table in the folder of the data sets.
pub(crate) fn experiments() -> Vec<Experiment> {
    let names = list(&catalogue::root().join("uci121")).unwrap_or_default();
    let experiment = |name: String| Experiment {
        id: kept(format!("{FAMILY}{name}")),
        title: "A small table: nearest neighbours, linear scores, trees and a Hopfield layer beside each other",
        source: SOURCE,
        protocol: "Hyper-parameters chosen on the published half of the rows, accuracy on the four published splits (on \
            the test file where there is one); per cent, mean and spread over the splits. No number is published for \
            one table; the number measured is that of the best method, which says nothing beyond this table.",
        published: None,
        data: &["uci121"],
        run,
    };
    names.into_iter().map(experiment).collect()
}

/// The same text for as long as the program runs; asked for twice, it is the same.
fn kept(text: String) -> &'static str {
    static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(same) = kept.get(text.as_str()) {
        return same;
    }
    let new: &'static str = Box::leak(text.into_boxed_str());
    kept.insert(new);
    new
}

/// Where the tables are.
pub(super) fn folder(context: &Context<'_>) -> PathBuf {
    context.data.clone().unwrap_or_else(catalogue::root).join("uci121")
}

/// What one method reached on one table: per cent, split by split.
pub(super) struct Reached {
    pub(super) method: &'static str,
    pub(super) accuracies: Vec<f64>,
    /// The candidate that was chosen for the first split.
    pub(super) chosen: String,
}

/// Every contestant on `table`, and the most frequent class.
pub(super) fn contest(
    table: &Uci,
    context: &mut Context<'_>,
    progress: impl Fn(f64) -> f64,
) -> Result<(Vec<Reached>, f64), LabError> {
    let contestants = contestants(context.extent(), table.set.len());
    let mut all = Vec::new();
    for (place, contestant) in contestants.iter().enumerate() {
        let share = place as f64 / contestants.len() as f64;
        context.progress(progress(share), &format!("{} on {}", contestant.name, table.set.name()));
        let measured = measure(table, &contestant.candidates, context.seed)?;
        all.push(Reached {
            method: contestant.name,
            accuracies: measured.accuracies.iter().map(|accuracy| 100.0 * accuracy).collect(),
            chosen: contestant.candidates[measured.chosen[0]].name(),
        });
    }
    let candidates: Vec<Box<dyn Method>> = vec![Box::new(Majority)];
    let majority = measure(table, &candidates, context.seed)?;
    Ok((all, 100.0 * Summary::of(&majority.accuracies).mean))
}

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let name = context.id().strip_prefix(FAMILY).unwrap_or_default().to_owned();
    let table = read(&folder(context), &name)?;
    let (reached, majority) = contest(&table, context, |share| share)?;
    context.progress(1.0, "done");
    let series: Vec<Named> = reached
        .iter()
        .map(|reached| Named::new(format!("{}, %", reached.method), &Summary::of(&reached.accuracies)))
        .collect();
    let best = reached.iter().map(|reached| Summary::of(&reached.accuracies));
    let best = best.reduce(|a, b| if b.mean > a.mean { b } else { a }).unwrap_or_default();
    let chosen: Vec<String> = reached.into_iter().map(|reached| reached.chosen).collect();
    let (rows, width) = table.set.patterns().dim();
    Ok(Outcome {
        measured: best,
        series,
        baselines: vec![Named { name: "majority, %".to_owned(), mean: majority, spread: 0.0 }],
        pass: None,
        sheets: vec![],
        figures: Vec::new(),
        notes: vec![
            format!(
                "{rows} samples of {width} components. Chosen (for the first split): {}.",
                chosen.join("; ")
            ),
            CAUTION.to_owned(),
        ],
    })
}

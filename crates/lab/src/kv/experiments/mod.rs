//! The runs of this folder's parent over seeds, as reproductions.

mod capacity;
mod continual;
mod correlated;
mod hetero;
mod sequence;

use super::contestant::Kind;
use crate::experiment::{Context, Experiment, LabError};
use crate::published;

/// The experiments, in the order of the list.
pub const ALL: [Experiment; 5] = [
    capacity::EXPERIMENT,
    continual::EXPERIMENT,
    correlated::EXPERIMENT,
    hetero::EXPERIMENT,
    sequence::EXPERIMENT,
];

const SOURCE: &str = "Tyulmankov, Fang, Vadaparty, Yang 2021, Biological learning in key-value memory networks, \
                      NeurIPS, arXiv 2110.13976";

/// Random slots with the probability that the paper reports.
const RANDOM: Kind = Kind::Random { slots_per_write: published::KV_RANDOM_SLOTS };

/// What a memory is called in series and figures.
fn label(kind: Kind) -> String {
    match kind {
        Kind::Sequential => "sequential key-value".into(),
        Kind::LeastRecent => "least-recent key-value".into(),
        Kind::Random { slots_per_write } => format!("random key-value, p = {slots_per_write}/N"),
        Kind::RandomPassive { slots_per_write, decay } => {
            format!("random key-value, p = {slots_per_write}/N, values decay by {decay}")
        }
        Kind::Hopfield => "Hopfield".into(),
        Kind::Palimpsest => "Hopfield with bounded weights".into(),
        Kind::Matrix => "Hebbian matrix, one read".into(),
        Kind::Bam => "bidirectional associative memory".into(),
        Kind::NearestStored => "nearest stored".into(),
        Kind::CueOnly => "cue itself".into(),
    }
}

/// Whether it is a trivial baseline.
fn is_baseline(kind: Kind) -> bool {
    matches!(kind, Kind::NearestStored | Kind::CueOnly)
}

/// Runs `one` for `full` seeds (1 in a quick run, 2 in a smoke run), telling the progress; what it returns comes in their order.
fn over_seeds<T>(
    context: &mut Context<'_>,
    full: u64,
    one: impl Fn(u64) -> Result<T, LabError>,
) -> Result<Vec<T>, LabError> {
    let count = context.repetitions(full, 2);
    let mut all = vec![];
    for run in 0..count {
        let seed = context.seed.wrapping_add(run);
        context.progress(run as f64 / count as f64, &format!("seed {seed}"));
        all.push(one(seed)?);
    }
    context.progress(1.0, "done");
    Ok(all)
}

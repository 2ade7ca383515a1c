//! What a binary recall reports.

use ndarray::Array2;
use serde::Serialize;

use super::bits::{BitPatterns, unpack};
use super::dynamics::Trajectory;
use crate::Status;

/// A stored pattern and how much of it is in a recalled state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Leading {
    /// Id of the pattern.
    pub id: u64,
    /// Overlap `m`, from `-width` (the inverse of the pattern) to `width` (the pattern itself).
    pub overlap: i32,
}

/// The recall of a batch of cues; entry `k` of every list belongs to cue `k`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BinaryRecall {
    /// The recalled states, -1 and +1, shape `(cues, width)`.
    pub states: Array2<f32>,
    /// Energies: that of the cue first, then one after each sweep. Asynchronous orders never raise
    /// them. An exponential energy may be below what a float can hold (minus infinity): see
    /// `log_energies`.
    pub energies: Vec<Vec<f64>>,
    /// For exponential memories `ln(-E) = ln sum exp(beta m)` at the same points, always finite.
    pub log_energies: Option<Vec<Vec<f64>>>,
    /// Sweeps made, with the last one that found nothing to change.
    pub sweeps: Vec<usize>,
    /// Units flipped on the way.
    pub flips: Vec<usize>,
    /// How each recall ended.
    pub status: Vec<Status>,
    /// The five patterns of largest absolute overlap with the recalled state, largest first.
    pub leading: Vec<Vec<Leading>>,
}

/// The recall of one cue.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    pub(crate) state: Vec<u64>,
    pub(crate) run: Trajectory,
    pub(crate) leading: Vec<Leading>,
}

const LEADING: usize = 5;

impl Trace {
    /// The trace of a run that ended in the packed `state`.
    pub(crate) fn new(state: Vec<u64>, run: Trajectory, patterns: &BitPatterns) -> Self {
        let mut leading: Vec<Leading> = patterns
            .ids()
            .iter()
            .zip(patterns.overlaps(&state))
            .map(|(&id, overlap)| Leading { id, overlap })
            .collect();
        let rank = |l: &Leading| (std::cmp::Reverse(l.overlap.abs()), l.id);
        if leading.len() > LEADING {
            leading.select_nth_unstable_by_key(LEADING, rank);
            leading.truncate(LEADING);
        }
        leading.sort_unstable_by_key(rank);
        Self { state, run, leading }
    }
}

impl BinaryRecall {
    /// Joins the traces of a batch.
    pub(crate) fn gather(width: usize, traces: Vec<Trace>) -> Self {
        let packed: Vec<u64> = traces.iter().flat_map(|t| t.state.iter().copied()).collect();
        let mut recall = Self {
            states: unpack(&packed, width),
            energies: Vec::new(),
            log_energies: traces
                .iter()
                .map(|t| t.run.log_energies.clone())
                .collect::<Option<Vec<_>>>()
                .filter(|all| !all.is_empty()),
            sweeps: Vec::new(),
            flips: Vec::new(),
            status: Vec::new(),
            leading: Vec::new(),
        };
        for trace in traces {
            recall.energies.push(trace.run.energies);
            recall.sweeps.push(trace.run.sweeps);
            recall.flips.push(trace.run.flips);
            recall.status.push(trace.run.status);
            recall.leading.push(trace.leading);
        }
        recall
    }
}

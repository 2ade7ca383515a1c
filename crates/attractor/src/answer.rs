//! What a memory of any kind answers to one cue, in one form.

use attractor_memory::binary::Schedule;
use attractor_memory::file::Stored;
use attractor_memory::{Clamp, Dynamics, FixedPoint, Status};
use ndarray::{Array2, ArrayView2, Axis};
use serde::Serialize;

use crate::output::Refusal;

/// A stored pattern that answered, by weight (continuous) or overlap with the state, -1 to 1 (binary).
#[derive(Debug, Serialize)]
pub(crate) struct Leading {
    pub(crate) id: u64,
    pub(crate) label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) weight: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) overlap: Option<f64>,
}

/// The recall of one cue, apart from its state.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    pub(crate) status: Status,
    pub(crate) steps: usize,
    /// Absent where it is no finite number.
    pub(crate) energy: Option<f64>,
    /// `ln(-E)`, of exponential memories.
    pub(crate) log_energy: Option<f64>,
    pub(crate) trace: Vec<f64>,
    pub(crate) kind: Option<FixedPoint>,
    pub(crate) entropy: Option<f64>,
    /// The next update of the state lies within this distance of the pattern that leads, where theory says so.
    pub(crate) error_bound: Option<f64>,
    pub(crate) leading: Vec<Leading>,
}

/// How the recall runs: what was left out takes the default of the memory.
#[derive(Debug, Default)]
pub(crate) struct Motion {
    pub(crate) steps: Option<usize>,
    pub(crate) tolerance: Option<f64>,
    pub(crate) damping: Option<f64>,
    pub(crate) clamp: Clamp,
}

/// Recalls `cues`; `labels` are those of the stored patterns in the order of their ids.
pub(crate) fn recall(
    stored: &Stored,
    cues: ArrayView2<'_, f32>,
    motion: Motion,
    labels: &[Option<String>],
) -> anyhow::Result<(Array2<f32>, Vec<Answer>)> {
    let ids = stored.ids();
    let name = |id: u64| ids.binary_search(&id).ok().and_then(|at| labels.get(at).cloned().flatten());
    match stored {
        Stored::Continuous(memory) => {
            let default = Dynamics::default();
            let dynamics = Dynamics {
                steps: motion.steps.unwrap_or(default.steps),
                tolerance: motion.tolerance.unwrap_or(default.tolerance),
                damping: motion.damping.unwrap_or(default.damping),
                clamp: motion.clamp,
                ..default
            };
            let recall = memory.recall_with(cues, &dynamics)?;
            let ends = recall.status.into_iter().zip(recall.steps);
            let answers = recall.reports.into_iter().zip(ends).map(|(report, (status, steps))| Answer {
                status,
                steps,
                energy: Some(report.energy.total()),
                log_energy: None,
                trace: report.trace,
                kind: Some(report.kind),
                entropy: Some(report.entropy),
                error_bound: report.error_bound,
                leading: report
                    .leading
                    .iter()
                    .map(|l| Leading { id: l.id, label: name(l.id), weight: Some(l.weight), overlap: None })
                    .collect(),
            });
            Ok((recall.states, answers.collect()))
        }
        Stored::Dense(_) | Stored::Classical(_) => {
            for (option, given) in
                [("--tolerance", motion.tolerance.is_some()), ("--damping", motion.damping.is_some())]
            {
                if given {
                    let what =
                        format!("{option} has no meaning for a memory of -1 and +1, which moves by flips");
                    return Err(Refusal::new(what, "leave the option out").into());
                }
            }
            binary(stored, cues, &motion, name)
        }
        _ => Err(Refusal::new("a memory of a kind that cannot be recalled", "name another file").into()),
    }
}

/// Recall of a binary memory. Its schedule clamps the same components of all cues of a call: cues with masks of
/// their own come one by one.
fn binary(
    stored: &Stored,
    cues: ArrayView2<'_, f32>,
    motion: &Motion,
    name: impl Fn(u64) -> Option<String>,
) -> anyhow::Result<(Array2<f32>, Vec<Answer>)> {
    let schedule = match motion.steps {
        Some(steps) => Schedule::sequential().sweeps(steps),
        None => Schedule::sequential(),
    };
    let calls: Vec<(ArrayView2<'_, f32>, Schedule)> = match &motion.clamp {
        Clamp::Free => vec![(cues, schedule)],
        Clamp::Components(components) => vec![(cues, schedule.clamped(components))],
        Clamp::Mask(known) => (cues.axis_chunks_iter(Axis(0), 1).zip(known.rows()))
            .map(|(cue, known)| {
                let components: Vec<usize> = (0..known.len()).filter(|&i| known[i]).collect();
                (cue, schedule.clone().clamped(&components))
            })
            .collect(),
    };
    let width = stored.width() as f64;
    let mut states = Array2::zeros((0, cues.ncols()));
    let mut answers = Vec::new();
    for (cues, schedule) in calls {
        let recall = match stored {
            Stored::Dense(memory) => memory.recall(cues, &schedule)?,
            Stored::Classical(network) => network.recall(cues, &schedule)?,
            _ => continue,
        };
        states.append(Axis(0), recall.states.view())?;
        for (cue, energies) in recall.energies.into_iter().enumerate() {
            let logs = recall.log_energies.as_ref().and_then(|all| all[cue].last().copied());
            let leading = recall.leading[cue].iter().map(|l| Leading {
                id: l.id,
                label: name(l.id),
                weight: None,
                overlap: Some(f64::from(l.overlap) / width),
            });
            answers.push(Answer {
                status: recall.status[cue],
                steps: recall.sweeps[cue],
                energy: energies.last().copied().filter(|e| e.is_finite()),
                log_energy: logs,
                trace: energies,
                kind: None,
                entropy: None,
                error_bound: None,
                leading: leading.collect(),
            });
        }
    }
    Ok((states, answers))
}

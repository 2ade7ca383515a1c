//! How a recall ended.

use std::fmt;

use serde::Serialize;

/// How the recall of one cue ended. Every cue of a batch has its own.
///
/// ```
/// use attractor_memory::Status;
/// assert_eq!(Status::Cycle.to_string(), "cycle");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// The state is a fixed point, to the tolerance asked for (binary states: exactly).
    Converged,
    /// The step limit was reached while the state was still moving.
    StepLimit,
    /// The state alternates between two states; only synchronous updates do this.
    Cycle,
    /// No stored pattern answers: the energy is flat here and the state has no reason to move.
    OutOfSupport,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Converged => "converged",
            Self::StepLimit => "step limit",
            Self::Cycle => "cycle",
            Self::OutOfSupport => "out of support",
        })
    }
}

//! What a learner answers, and on what grounds.

use serde::Serialize;

/// Which of the two systems gave an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum System {
    /// The episodic memory.
    Fast,
    /// The cortex.
    Slow,
}

/// An episode behind an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// Its id.
    pub id: u64,
    /// Its class.
    pub label: Option<String>,
    /// Its namespace; empty for the one without a name.
    pub namespace: String,
    /// Its weight in the answer of the fast system; all of them sum to one.
    pub weight: f64,
    /// Its similarity to the cue: minus the squared distance of the keys.
    pub similarity: f64,
    /// When it was seen: the number of observations before it.
    pub time: u64,
}

/// How familiar a cue is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Novelty {
    /// Energy of the cue in the episodic memory, `-(1/beta) ln sum exp(beta * similarity)` over the leading
    /// episodes; infinite as long as the memory is empty.
    pub energy: f64,
    /// Share of the familiar cues seen so far that had a lower energy, 0 to 1: near 1 for what is stranger than
    /// nearly all of them, a half as long as none was seen.
    pub rank: f64,
}

/// An answer to one cue.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The class; `None` when no class is known.
    pub label: Option<String>,
    /// Probability of that class, 0 to 1.
    pub confidence: f64,
    /// Probability of every class known, by that system, in the order in which the classes were first seen.
    pub probabilities: Vec<(String, f64)>,
    /// The system that answers.
    pub system: System,
    /// What the fast system alone would have said.
    pub fast: Option<String>,
    /// What the slow system alone would have said.
    pub slow: Option<String>,
    /// Probability that the fast system is the one to be trusted: what the gate says, 0 or 1 where one of them has
    /// nothing to say.
    pub share: f64,
    /// How familiar the cue is.
    pub novelty: Novelty,
    /// `1 / sum w^2` over the episodes: how many of them answer.
    pub effective: f64,
    /// The episodes of the fast system, largest weight first.
    pub episodes: Vec<Evidence>,
}

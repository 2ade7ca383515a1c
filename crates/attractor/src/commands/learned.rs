//! What came of `attractor learn`.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use attractor_learn::metrics::Value;
use attractor_learn::{Learner, Observed};
use serde::Serialize;

use crate::brain::{disk_bytes, size};
use crate::output::Output;

/// What became of the observations.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Counts {
    /// New episodes.
    stored: u64,
    /// Strengthened episodes.
    merged: u64,
    /// Left to the slow system.
    passed: u64,
    /// Taken in a batch that a later one ended.
    #[serde(skip)]
    other: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, observed: &[Observed]) {
        for observed in observed {
            match observed {
                Observed::Stored(_) => self.stored += 1,
                Observed::Merged(_) => self.merged += 1,
                Observed::Passed => self.passed += 1,
            }
        }
    }

    pub(crate) fn other(&mut self, taken: u64) {
        self.other += taken;
    }

    pub(crate) fn all(&self) -> u64 {
        self.stored + self.merged + self.passed + self.other
    }
}

/// What the test said.
#[derive(Serialize)]
pub(crate) struct Tested {
    /// On all test examples at the end.
    pub(crate) accuracy: f64,
    /// By the definition `fgt`; absent with one experience.
    pub(crate) forgetting: Option<f64>,
    pub(crate) examples: usize,
    pub(crate) left_out: usize,
    pub(crate) matrix: Vec<Vec<f64>>,
    pub(crate) values: Vec<Value>,
}

#[derive(Serialize)]
pub(crate) struct Learned {
    schema: u32,
    command: &'static str,
    kind: &'static str,
    brain: String,
    data: String,
    observations: u64,
    /// On learning, without reading and testing.
    seconds: f64,
    per_second: Option<f64>,
    #[serde(flatten)]
    counts: Counts,
    /// Of the learner, with those of earlier runs.
    total: u64,
    classes: usize,
    episodes: usize,
    room: usize,
    memory_total: u64,
    memory_bytes: BTreeMap<&'static str, u64>,
    disk_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    test: Option<Tested>,
}

impl Learned {
    /// Checkpoints the learner and says what it is now.
    pub(crate) fn finish(
        brain: &Path,
        data: &str,
        mut learner: Learner,
        counts: Counts,
        spent: Duration,
        test: Option<Tested>,
    ) -> anyhow::Result<Self> {
        learner.checkpoint()?;
        let stats = learner.stats();
        drop(learner);
        let (observations, seconds) = (counts.all(), spent.as_secs_f64());
        Ok(Self {
            schema: 1,
            command: "learn",
            kind: "total",
            brain: brain.display().to_string(),
            data: data.to_owned(),
            observations,
            seconds,
            per_second: (seconds > 0.0).then(|| observations as f64 / seconds),
            counts,
            total: stats.observations,
            classes: stats.classes.len(),
            episodes: stats.episodes,
            room: stats.room,
            memory_total: stats.memory_total(),
            memory_bytes: stats.memory_bytes.iter().copied().collect(),
            disk_bytes: disk_bytes(brain),
            test,
        })
    }

    pub(crate) fn tell(&self, output: &Output) -> anyhow::Result<()> {
        if output.json() {
            return output.object(self);
        }
        let say = |name: &str, text: String| output.line(format_args!("{name:<12}{text}"));
        let rate = self.per_second.map_or_else(String::new, |rate| format!(", {rate:.0} per second"));
        say("learned", format!("{} observations in {:.2} s{rate}", self.observations, self.seconds))?;
        let Counts { stored, merged, passed, .. } = self.counts;
        say("as", format!("{stored} new episodes, {merged} merged, {passed} left to the slow system"))?;
        say(
            "learner",
            format!(
                "{}: {} observations, {} classes, {} episodes (room for {})",
                self.brain, self.total, self.classes, self.episodes, self.room
            ),
        )?;
        let parts: Vec<String> =
            self.memory_bytes.iter().map(|(name, bytes)| format!("{name} {}", size(*bytes))).collect();
        say("memory", format!("{} ({})", size(self.memory_total), parts.join(", ")))?;
        say("disk", size(self.disk_bytes))?;
        let Some(test) = &self.test else { return Ok(()) };
        let forgetting =
            test.forgetting.map_or_else(String::new, |value| format!(", forgetting {value:.4} (fgt)"));
        say("accuracy", format!("{:.4} on {} examples{forgetting}", test.accuracy, test.examples))?;
        if test.left_out > 0 {
            say("left out", format!("{} test examples of classes that were not learned", test.left_out))?;
        }
        let values: Vec<String> =
            test.values.iter().map(|value| format!("{} {:.4}", value.definition, value.value)).collect();
        say("summaries", values.join(", "))
    }
}

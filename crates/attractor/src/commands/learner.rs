//! `attractor inspect` of a learner's directory.

use std::collections::BTreeMap;
use std::path::Path;

use attractor_learn::Stats;
use serde::Serialize;

use crate::brain::{self, size};
use crate::output::Output;

#[derive(Serialize)]
struct Report {
    schema: u32,
    command: &'static str,
    brain: String,
    #[serde(flatten)]
    stats: Stats,
    memory_total: u64,
    /// Most bytes in memory and on disk.
    memory_bound: u64,
    disk_bound: u64,
    vision: String,
    seed: u64,
    /// What is damaged, with file and place; the rest is served.
    damage: Vec<String>,
}

pub(crate) fn inspect(directory: &Path, output: &Output) -> anyhow::Result<()> {
    let snapshot = brain::read(directory)?;
    let config = snapshot.config();
    let mut stats = snapshot.stats();
    // A snapshot knows nothing of the disk.
    stats.disk_bytes = brain::disk_bytes(directory);
    stats.generation = brain::generation(directory).unwrap_or(stats.generation);
    let report = Report {
        schema: 1,
        command: "inspect",
        brain: directory.display().to_string(),
        memory_total: stats.memory_total(),
        stats,
        memory_bound: config.memory_bytes,
        disk_bound: config.disk_bytes,
        vision: format!("{:?}", config.vision).to_lowercase(),
        seed: config.seed,
        damage: snapshot.damage().iter().map(ToString::to_string).collect(),
    };
    if !output.json() {
        return tell(&report, output);
    }
    // By name, as `attractor learn` gives them.
    let parts: BTreeMap<_, _> = report.stats.memory_bytes.iter().copied().collect();
    let mut object = serde_json::to_value(&report)?;
    object["memory_bytes"] = serde_json::to_value(parts)?;
    output.object(&object)
}

fn tell(report: &Report, output: &Output) -> anyhow::Result<()> {
    let say = |name: &str, text: String| output.line(format_args!("{name:<12}{text}"));
    let stats = &report.stats;
    say("learner", format!("{}, seed {}", report.brain, report.seed))?;
    let shape = stats.shape.as_deref().unwrap_or("unknown");
    say("sees", format!("observations of size {shape}, vision {}", report.vision))?;
    let slow = stats.slow.unwrap_or("none yet");
    say("slow system", format!("{slow}, encoders learned {} times", stats.encoder_version))?;
    say("observed", format!("{}, replayed {}", stats.observations, stats.replays))?;
    say("episodes", format!("{}, room for {}", stats.episodes, stats.room))?;
    for class in &stats.classes {
        let (label, seen, episodes) = (&class.label, class.observations, class.episodes);
        say("class", format!("{label}: {seen} observations, {episodes} episodes"))?;
    }
    for namespace in stats.namespaces.iter().filter(|_| stats.namespaces.len() > 1) {
        let name = if namespace.name.is_empty() { "(without a name)" } else { &namespace.name };
        say("namespace", format!("{name}: {} episodes", namespace.episodes))?;
    }
    let parts: Vec<String> =
        stats.memory_bytes.iter().map(|(name, bytes)| format!("{name} {}", size(*bytes))).collect();
    let (used, bound) = (size(report.memory_total), size(report.memory_bound));
    say("memory", format!("{used} of {bound} ({})", parts.join(", ")))?;
    say("disk", format!("{} of {}", size(stats.disk_bytes), size(report.disk_bound)))?;
    say("checkpoint", format!("number {}", stats.generation))?;
    for damage in &report.damage {
        say("damaged", damage.clone())?;
    }
    Ok(())
}

//! Numbers about a learner.

use std::collections::BTreeMap;

use attractor_store::ledger::Ledger;
use serde::Serialize;

use crate::mind::Mind;

/// Numbers about a learner at one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stats {
    /// How the components of an observation lie, such as `28x28`; `None` before the first.
    pub shape: Option<String>,
    /// Observations so far.
    pub observations: u64,
    /// Replays so far.
    pub replays: u64,
    /// Classes in the order in which they came, with the number of observations and of episodes.
    pub classes: Vec<ClassStats>,
    /// Namespaces in the order in which they came, with the number of episodes; the first is the one without a name.
    pub namespaces: Vec<NamespaceStats>,
    /// Episodes, and how many there may be.
    pub episodes: usize,
    /// Most episodes that the byte bound has room for.
    pub room: usize,
    /// The slow system.
    pub slow: Option<&'static str>,
    /// Weights of the gate: of the entropy of the slow system, and of familiarity to the fast one.
    pub gate: [f64; 2],
    /// Version of the encoders: how often they were learned.
    pub encoder_version: u32,
    /// Bytes in this process, by component.
    pub memory_bytes: Vec<(&'static str, u64)>,
    /// Bytes on disk, everything counted; 0 for a snapshot.
    pub disk_bytes: u64,
    /// Number of the last checkpoint; 0 for a snapshot.
    pub generation: u64,
}

/// Numbers about a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClassStats {
    /// Its name.
    pub label: String,
    /// Observations so far, since it was last forgotten; those of a namespace go with it.
    pub observations: u64,
    /// Its episodes.
    pub episodes: usize,
}

/// Numbers about a namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NamespaceStats {
    /// Its name.
    pub name: String,
    /// Its episodes.
    pub episodes: usize,
}

impl Stats {
    pub(super) fn of(mind: Option<&Mind>, ledger: Option<&Ledger>) -> Self {
        let mut stats = Self {
            shape: None,
            observations: 0,
            replays: 0,
            classes: Vec::new(),
            namespaces: Vec::new(),
            episodes: 0,
            room: 0,
            slow: None,
            gate: [0.0; 2],
            encoder_version: 0,
            memory_bytes: Vec::new(),
            disk_bytes: ledger.map_or(0, Ledger::bytes),
            generation: ledger.map_or(0, Ledger::generation),
        };
        let Some(mind) = mind else { return stats };
        stats.room = mind.room();
        stats.memory_bytes = mind.bytes().to_vec();
        (stats.observations, stats.replays) = (mind.seen, mind.replays);
        stats.slow = mind.cortex.as_ref().map(|cortex| cortex.name());
        let view = mind.view();
        stats.shape = Some(view.shape.to_string());
        stats.gate = view.gate.weights();
        stats.encoder_version = view.perception.version();
        stats.episodes = view.fast.len();
        let namespaces = view.namespaces.names().enumerate();
        stats.namespaces = namespaces
            .map(|(number, name)| NamespaceStats {
                name: name.to_owned(),
                episodes: view.fast.size(number as u32),
            })
            .collect();
        let mut episodes = vec![0; view.labels.len()];
        for class in view.fast.episodes().iter().filter_map(|episode| episode.label) {
            if let Some(count) = episodes.get_mut(class as usize) {
                *count += 1;
            }
        }
        let mut looks = BTreeMap::<u32, u64>::new();
        mind.looks.iter().for_each(|(&(_, class), n)| *looks.entry(class).or_default() += n);
        let class = |(number, (label, episodes)): (usize, (&str, usize))| ClassStats {
            label: label.to_owned(),
            observations: looks.get(&(number as u32)).copied().unwrap_or(0),
            episodes,
        };
        stats.classes = view.labels.names().zip(episodes).enumerate().map(class).collect();
        stats
    }

    /// Bytes in this process, all components.
    pub fn memory_total(&self) -> u64 {
        self.memory_bytes.iter().map(|(_, bytes)| bytes).sum()
    }
}

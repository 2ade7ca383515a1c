//! Processes that are killed at any moment, for real: 50 of them, or as many as `ATTRACTOR_KILLS` says.
//!
//! The program starts itself again as a child that works on a directory and tells by a pipe what was acknowledged;
//! the parent kills it, opens the directory, and compares with one that was never interrupted.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod child;
mod learner;
mod store;
#[path = "../streams/mod.rs"]
mod streams;

use std::time::Duration;

/// How many are killed in each test.
fn kills() -> u64 {
    std::env::var("ATTRACTOR_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(50)
}

/// What a test found out.
#[derive(Debug, Default)]
struct Tally {
    kills: u64,
    /// Children that had not even opened the directory.
    early: u64,
    acknowledged: u64,
    /// Found though nobody was told.
    untold: u64,
    openings: Vec<Duration>,
}

impl Tally {
    /// Tells how it goes, every hundred kills and at the end.
    fn tell(&mut self, what: &str) {
        if !self.kills.is_multiple_of(100) && self.kills != kills() {
            return;
        }
        self.openings.sort_unstable();
        let at = |share: f64| self.openings[((self.openings.len() - 1) as f64 * share) as usize];
        println!(
            "{what}: {} kills ({} before the directory was open), {} acknowledged, 0 lost, {} found untold; \
             reopening {:?} in the median, {:?} at most",
            self.kills,
            self.early,
            self.acknowledged,
            self.untold,
            at(0.5),
            at(1.0)
        );
    }
}

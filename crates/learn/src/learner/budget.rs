//! How long a learner may sleep.

use std::time::{Duration, Instant};

use crate::Error;

/// Most that a sleep may take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget(Limit);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Limit {
    Seconds(f64),
    Updates(u64),
}

impl Budget {
    /// So many seconds, checked between rounds of 256 replays.
    pub fn seconds(seconds: f64) -> Self {
        Self(Limit::Seconds(seconds))
    }

    /// So many replayed episodes.
    pub fn updates(updates: u64) -> Self {
        Self(Limit::Updates(updates))
    }

    pub(super) fn check(self) -> Result<(), Error> {
        match self.0 {
            Limit::Seconds(value) if !(0.0..=1e9).contains(&value) => {
                Err(Error::Parameter { name: "seconds of sleep", value, limit: "0 to 1e9" })
            }
            _ => Ok(()),
        }
    }

    /// How many replays may still be done, at most `round`.
    pub(super) fn next(self, start: Instant, done: u64, round: u64) -> u64 {
        match self.0 {
            Limit::Updates(all) => all.saturating_sub(done).min(round),
            Limit::Seconds(seconds) if start.elapsed() < Duration::from_secs_f64(seconds) => round,
            Limit::Seconds(_) => 0,
        }
    }

    /// The share of the budget that is used up.
    pub(super) fn used(self, start: Instant, done: u64) -> f64 {
        let share = match self.0 {
            Limit::Updates(all) => done as f64 / all.max(1) as f64,
            Limit::Seconds(seconds) => start.elapsed().as_secs_f64() / seconds.max(1e-9),
        };
        share.min(1.0)
    }
}

//! Sleep as the user sees it.

use std::ops::ControlFlow;
use std::time::Instant;

use serde::Serialize;

use super::{Budget, Learner};
use crate::Error;
use crate::event::Event;
use crate::mind::Mind;
use crate::replay::Order;
use crate::sleep::ROUND;

/// Why a sleep ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The budget was used up.
    Budget,
    /// More replay would not have generalised better.
    Generalised,
    /// The caller asked for it.
    Interrupted,
    /// There was nothing to replay, or nothing to replay it to.
    Nothing,
}

/// How far a sleep is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Replays done.
    pub updates: u64,
    /// Share of the budget used, 0 to 1.
    pub share: f64,
    /// Log-loss of the slow system on the episodes that are never replayed.
    pub loss: Option<f64>,
}

/// What a sleep did.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Slumber {
    /// Replays done.
    pub updates: u64,
    /// Those that the slow system learned from; a closed form learns again only from what it knows badly.
    pub learned: u64,
    /// Log-loss of the slow system on the episodes that are never replayed, before and after.
    pub before: Option<f64>,
    /// The same, after.
    pub after: Option<f64>,
    /// Episodes that were let go because the slow system knows them.
    pub pruned: u64,
    /// Why it ended.
    pub ended: Ended,
    /// How long it took.
    pub seconds: f64,
}

impl Learner {
    /// Sleeps: replays episodes, those that the slow system knows badly first, until the budget is used up or more
    /// replay would not generalise better, and lets go of episodes that it knows by then.
    ///
    /// # Errors
    /// A budget that is negative or not finite; a disk that refuses.
    pub fn sleep(&mut self, budget: Budget) -> Result<Slumber, Error> {
        self.sleep_with(budget, Order::Prioritised { exponent: 0.5 }, |_| ControlFlow::Continue(()))
    }

    /// As [`Learner::sleep`] in another order of replay; `progress` is told after every round, and may end it. What
    /// was replayed until then stays; the next sleep goes on where this one stopped.
    ///
    /// # Errors
    /// As [`Learner::sleep`].
    pub fn sleep_with(
        &mut self,
        budget: Budget,
        order: Order,
        mut progress: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Slumber, Error> {
        budget.check()?;
        self.usable()?;
        let start = Instant::now();
        let mut slumber = Slumber {
            updates: 0,
            learned: 0,
            before: None,
            after: None,
            pruned: 0,
            ended: Ended::Nothing,
            seconds: 0.0,
        };
        let replays =
            self.mind.as_ref().is_some_and(|mind| mind.cortex.is_some() && mind.view().fast.len() > 0);
        loop {
            if !replays {
                break;
            }
            let updates = budget.next(start, slumber.updates, ROUND);
            if updates == 0 {
                slumber.ended = Ended::Budget;
                break;
            }
            // Into the journal first: a learner that is killed in this round does it when it opens.
            self.journal(&Event::Slept { order, updates })?;
            let round = self.change(|mind| mind.replay(order, updates))?;
            slumber.updates += updates;
            slumber.learned += if round.kept { round.learned as u64 } else { 0 };
            slumber.before = slumber.before.or(round.before);
            slumber.after = if round.kept { round.after } else { round.before };
            let share = budget.used(start, slumber.updates);
            if progress(Progress { updates: slumber.updates, share, loss: slumber.after }).is_break() {
                slumber.ended = Ended::Interrupted;
                break;
            }
            if round.is_enough() {
                slumber.ended = Ended::Generalised;
                break;
            }
        }
        if replays && slumber.ended != Ended::Interrupted {
            self.journal(&Event::Woke)?;
            slumber.pruned = self.change(Mind::prune)? as u64;
        }
        if replays {
            self.checkpoint()?;
        }
        slumber.seconds = start.elapsed().as_secs_f64();
        Ok(slumber)
    }
}

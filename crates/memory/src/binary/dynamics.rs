//! The dynamics that all networks of -1 and +1 share: visit, decide, flip.

use rand::seq::SliceRandom;

use super::schedule::{Order, Schedule, stream};
use crate::Status;

/// Units in some state, and an energy that says which of them would rather be the other way round.
pub(crate) trait Units {
    /// Whether unit `i` would flip, given all the others. A tie keeps the unit.
    fn yields(&mut self, i: usize) -> bool;
    /// Flips unit `i`.
    fn flip(&mut self, i: usize);
    /// The energy of the state.
    fn energy(&self) -> f64;
    /// `ln(-E)`, for energies that are negative everywhere and may not fit a float.
    fn log_energy(&self) -> Option<f64>;
}

/// What happened on the way.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trajectory {
    pub(crate) energies: Vec<f64>,
    pub(crate) log_energies: Option<Vec<f64>>,
    pub(crate) sweeps: usize,
    pub(crate) flips: usize,
    pub(crate) status: Status,
}

/// Runs the schedule on cue number `cue`, moving only the units in `free` (ascending).
pub(crate) fn relax(units: &mut impl Units, schedule: &Schedule, free: &[usize], cue: u64) -> Trajectory {
    let mut run = Trajectory {
        energies: vec![units.energy()],
        log_energies: units.log_energy().map(|e| vec![e]),
        sweeps: 0,
        flips: 0,
        status: Status::StepLimit,
    };
    let mut order = free.to_vec();
    let mut rng = match schedule.order {
        Order::Random { seed } => Some(stream(seed, cue)),
        Order::Sequential | Order::Synchronous => None,
    };
    let mut flipped_before = Vec::new();
    while run.sweeps < schedule.sweeps {
        if let Some(rng) = &mut rng {
            order.shuffle(rng);
        }
        let flipped = match schedule.order {
            Order::Synchronous => at_once(units, &order),
            Order::Sequential | Order::Random { .. } => one_by_one(units, &order),
        };
        run.sweeps += 1;
        run.flips += flipped.len();
        run.energies.push(units.energy());
        if let (Some(trace), Some(e)) = (&mut run.log_energies, units.log_energy()) {
            trace.push(e);
        }
        if flipped.is_empty() {
            run.status = Status::Converged;
            break;
        }
        // Flipping the same units twice in a row leads back to the state of two steps ago.
        if schedule.order == Order::Synchronous && flipped == flipped_before {
            run.status = Status::Cycle;
            break;
        }
        flipped_before = flipped;
    }
    run
}

fn one_by_one(units: &mut impl Units, order: &[usize]) -> Vec<usize> {
    let mut flipped = Vec::new();
    for &i in order {
        if units.yields(i) {
            units.flip(i);
            flipped.push(i);
        }
    }
    flipped
}

fn at_once(units: &mut impl Units, order: &[usize]) -> Vec<usize> {
    let flipped: Vec<usize> = order.iter().copied().filter(|&i| units.yields(i)).collect();
    for &i in &flipped {
        units.flip(i);
    }
    flipped
}

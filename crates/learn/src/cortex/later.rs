//! A solve that runs beside the learning, and whose result is taken over at a count that was fixed beforehand.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use attractor_store::wire::{Reader, Writer};

use super::check;
use super::linear::Solution;
use crate::Error;

/// What can be solved, apart from everything that changes.
pub(crate) trait System: Send + Sync + 'static {
    /// The solution; `None` when the matrix is singular to working precision.
    fn solve(&self) -> Option<Solution>;

    /// Bytes held, and needed while it is solved.
    fn bytes(&self) -> usize;
}

/// A solution to come. Who asks for it waits until it is there, so that no result depends on timing.
pub(crate) struct Later {
    at: u64,
    bytes: usize,
    state: Mutex<State>,
}

enum State {
    Running(JoinHandle<Option<Solution>>),
    /// No thread could be had: solved when asked for.
    Waiting(Arc<dyn System>),
    Done(Option<Solution>),
}

impl Later {
    /// Begins to solve `system`, for use at count `at`.
    pub(crate) fn start(at: u64, system: impl System) -> Self {
        let system: Arc<dyn System> = Arc::new(system);
        let bytes = system.bytes();
        let copy = Arc::clone(&system);
        let state = match Builder::new().name("attractor-solve".into()).spawn(move || copy.solve()) {
            Ok(thread) => State::Running(thread),
            Err(_) => State::Waiting(system),
        };
        Self { at, bytes, state: Mutex::new(state) }
    }

    fn done(at: u64, solution: Option<Solution>) -> Self {
        Self { at, bytes: 0, state: Mutex::new(State::Done(solution)) }
    }

    /// The count at which the result is taken over.
    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    /// Bytes held until then.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The result, which stays here.
    pub(crate) fn wait(&self) -> Option<Solution> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let solution = match std::mem::replace(&mut *state, State::Done(None)) {
            State::Running(thread) => thread.join().unwrap_or(None),
            State::Waiting(system) => system.solve(),
            State::Done(solution) => solution,
        };
        *state = State::Done(solution.clone());
        solution
    }

    /// Drops `class` from the result.
    pub(crate) fn forget(&mut self, class: u32) {
        let rest = self.wait().map(|solution| solution.without(class));
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::Done(rest);
    }

    /// Writes what is pending, if anything is: waits for its result.
    pub(crate) fn save(later: Option<&Self>, to: &mut Writer) {
        let Some(later) = later else { return to.u8(ABSENT) };
        let solution = later.wait();
        to.u8(if solution.is_some() { PENDING } else { FAILED });
        to.u64(later.at);
        if let Some(solution) = solution {
            solution.save(to);
        }
    }

    pub(crate) fn load(from: &mut Reader<'_>, width: usize) -> Result<Option<Self>, Error> {
        Ok(match from.u8()? {
            ABSENT => None,
            FAILED => Some(Self::done(check::count(from)?, None)),
            PENDING => Some(Self::done(check::count(from)?, Some(Solution::load(from, width)?))),
            _ => return Err(from.fault("a pending solve of unknown state").into()),
        })
    }
}

const ABSENT: u8 = 0;
const PENDING: u8 = 1;
const FAILED: u8 = 2;

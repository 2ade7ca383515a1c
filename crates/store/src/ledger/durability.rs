//! When what is written becomes durable, and the thread that sees to it.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::storage::Flush;

/// When an appended event survives a loss of power. In every case it survives the end of the process, and
/// [`super::Ledger::sync`] and [`super::Ledger::commit`] make durable all that came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Before [`super::Ledger::append`] returns.
    #[default]
    Always,
    /// A background thread begins to sync at most this long after, and the ledger once more when it is dropped.
    Grouped(Duration),
    /// With the next sync or commit, or when the system pleases.
    System,
}

/// How much of the journal is written and how much durable; a background thread where one is asked for.
pub(super) struct Syncer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    wake: Condvar,
}

struct State {
    flusher: Arc<dyn Flush>,
    written: u64,
    synced: u64,
    /// When the oldest unsynced byte was written.
    since: Option<Instant>,
    failed: Option<String>,
    stopped: bool,
}

impl Syncer {
    /// All of the `synced` first bytes are durable already.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(super) fn new(durability: Durability, flusher: Arc<dyn Flush>, synced: u64) -> io::Result<Self> {
        let state = State { flusher, written: synced, synced, since: None, failed: None, stopped: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), wake: Condvar::new() });
        let thread = match durability {
            Durability::Grouped(period) => {
                let shared = shared.clone();
                let run = move || shared.run(period);
                Some(thread::Builder::new().name("attractor-sync".to_owned()).spawn(run)?)
            }
            Durability::Always | Durability::System => None,
        };
        Ok(Self { shared, thread })
    }

    /// The file has grown to `length` bytes.
    pub(super) fn written(&self, length: u64) {
        let mut state = self.shared.hold();
        state.written = length;
        state.since.get_or_insert_with(Instant::now);
        self.shared.wake.notify_all();
    }

    /// Makes durable what is written.
    ///
    /// # Errors
    /// What the system says; [`Self::failed`] has it from then on.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.shared.sync(self.shared.hold())
    }

    /// How many of the first bytes are durable for certain.
    pub(super) fn synced(&self) -> u64 {
        self.shared.hold().synced
    }

    /// Why nothing may be written any more.
    pub(super) fn failed(&self) -> Option<String> {
        self.shared.hold().failed.clone()
    }

    /// Nothing may be written any more, because of this.
    pub(super) fn fail(&self, cause: String) {
        self.shared.hold().failed.get_or_insert(cause);
    }

    /// The file is now written through another handle.
    pub(super) fn reopened(&self, flusher: Arc<dyn Flush>) {
        self.shared.hold().flusher = flusher;
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.shared.hold().stopped = true;
        self.shared.wake.notify_all();
        if let Some(thread) = self.thread.take() {
            // It cannot panic but for a storage that does, and then has nothing left to do.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn hold(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appending goes on while the system syncs.
    fn sync(&self, mut state: MutexGuard<'_, State>) -> io::Result<()> {
        let (written, flusher) = (state.written, state.flusher.clone());
        state.since = None;
        drop(state);
        let result = flusher.flush();
        let mut state = self.hold();
        match &result {
            Ok(()) => state.synced = state.synced.max(written),
            Err(error) => {
                state.failed.get_or_insert(error.to_string());
            }
        }
        result
    }

    fn run(&self, period: Duration) {
        let mut state = self.hold();
        while !state.stopped && state.failed.is_none() {
            let left = state.since.map(|since| period.saturating_sub(since.elapsed()));
            state = match left {
                None => self.wake.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => {
                    // A failure is kept in the state, where the next call finds it.
                    let _ = self.sync(state);
                    self.hold()
                }
                Some(left) => self.wake.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
    }
}

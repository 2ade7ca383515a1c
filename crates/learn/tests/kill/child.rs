//! The process that is killed.

use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use attractor_store::ledger::Durability;
use rand::{Rng, RngExt};

const PLACE: &str = "ATTRACTOR_KILL_PLACE";
const NUMBER: &str = "ATTRACTOR_KILL_NUMBER";
/// A child that is not dead by then has nothing to do.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where this process shall work, and as which life of the directory, if it is a child.
pub(crate) fn order() -> Option<(String, u64)> {
    Some((std::env::var(PLACE).ok()?, std::env::var(NUMBER).ok()?.parse().ok()?))
}

/// Both kinds in turns.
pub(crate) fn durability(number: u64) -> Durability {
    if number.is_multiple_of(2) { Durability::Grouped(Duration::from_millis(50)) } else { Durability::Always }
}

/// Tells the parent that everything up to `count` was acknowledged.
pub(crate) fn tell(count: u64) {
    // One write of a few bytes: a pipe takes all of it or nothing.
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\nack {count}\n").as_bytes()).and_then(|()| out.flush()).unwrap();
}

/// Held while this process has a directory open, and while it starts a child: between fork and exec, a child of the
/// other test holds copies of all files, and with them the lock of a directory that was let go just now.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts `test` of this program on `place`, kills it at a moment drawn from `rng`, and returns the last number that it
/// told.
pub(crate) fn run_and_kill(test: &str, place: &Path, number: u64, rng: &mut impl Rng) -> Option<u64> {
    let mut said = tempfile::tempfile().unwrap();
    let held = alone();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(PLACE, place)
        .env(NUMBER, number.to_string())
        .env("RAYON_NUM_THREADS", "2")
        .stdout(Stdio::piped())
        .stderr(said.try_clone().unwrap())
        .spawn()
        .unwrap();
    drop(held);
    let out = child.stdout.take().unwrap();
    // Numbers told so far, and the last of them plus one.
    let (told, last) = (AtomicU64::new(0), AtomicU64::new(0));
    // After the first moments, in which it opens the directory, or after some acknowledgements, and then anywhere in
    // what comes next.
    let (least, pause) = match rng.random_range(0..4) {
        0 => (0, rng.random_range(0..40_000)),
        _ => (rng.random_range(1..60), rng.random_range(0..6_000)),
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if let Some(count) = line.strip_prefix("ack ").and_then(|count| count.parse::<u64>().ok()) {
                    last.store(count + 1, Ordering::Release);
                    told.fetch_add(1, Ordering::Release);
                }
            }
        });
        let start = std::time::Instant::now();
        while told.load(Ordering::Acquire) < least && start.elapsed() < PATIENCE {
            if child.try_wait().unwrap().is_some() {
                break;
            }
            thread::sleep(Duration::from_micros(50));
        }
        thread::sleep(Duration::from_micros(pause));
        let ended = child.try_wait().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        if let Some(ended) = ended {
            let mut text = String::new();
            said.rewind().unwrap();
            said.read_to_string(&mut text).unwrap();
            panic!("the child ended by itself: {ended}\n{text}");
        }
    });
    last.load(Ordering::Acquire).checked_sub(1)
}

//! Repeated timing: median and spread, never the best alone.

use std::time::{Duration, Instant};

use serde_json::json;

use super::floor::Floor;
use super::process::cpu_ms;
use crate::output::Output;

/// The times of one workload, in milliseconds, in the order they were taken.
pub(crate) struct Timing {
    samples: Vec<f64>,
    /// Processor time of all threads for each, where the system says.
    pub(crate) cpu: Option<f64>,
}

impl Timing {
    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.samples.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }

    /// The middle of the times; the mean of both middles where their number is even.
    pub(crate) fn median(&self) -> f64 {
        let sorted = self.sorted();
        let middle = sorted.len() / 2;
        match sorted.len() % 2 {
            _ if sorted.is_empty() => f64::NAN,
            1 => sorted[middle],
            _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
        }
    }

    /// One line: a JSON object, or a row for people.
    pub(crate) fn print(&self, workload: &str, floor: &Floor, output: &Output) -> anyhow::Result<()> {
        let (sorted, median) = (self.sorted(), self.median());
        let (min, max) = (sorted.first().copied(), sorted.last().copied());
        let (threads, level) = (rayon::current_num_threads(), attractor_kernel::Level::current().name());
        if output.json() {
            return output.object(&json!({
                "schema": 1, "workload": workload, "median_ms": median, "min_ms": min, "max_ms": max,
                "samples_ms": self.samples, "floor_ms": floor.milliseconds, "floor_of": floor.of,
                "threads": threads, "level": level,
            }));
        }
        let (min, max) = (min.unwrap_or(f64::NAN), max.unwrap_or(f64::NAN));
        output.line(format_args!(
            "{workload:<22} median {median:9.3} ms  [{min:.3} .. {max:.3}]  floor {:9.3} ms ({})  {:3.0} %",
            floor.milliseconds,
            floor.of,
            100.0 * floor.milliseconds / median,
        ))
    }
}

/// What is not timed: a process that was just started is slower while its memory grows and its threads awake.
const WARM: Duration = Duration::from_millis(500);

/// Runs `work` for half a second and at least once without timing it, then `times` times, and returns its last result.
/// Dropping a result is not timed.
pub(crate) fn repeat<T>(
    times: usize,
    mut work: impl FnMut() -> anyhow::Result<T>,
) -> anyhow::Result<(Timing, T)> {
    let warm = Instant::now();
    let mut last = work()?;
    while warm.elapsed() < WARM {
        last = work()?;
    }
    let mut samples = Vec::with_capacity(times);
    let before = cpu_ms();
    for _ in 0..times {
        let start = Instant::now();
        let result = work()?;
        samples.push(start.elapsed().as_secs_f64() * 1e3);
        last = std::hint::black_box(result);
    }
    let cpu = before.zip(cpu_ms()).map(|(before, after)| (after - before) / times as f64);
    Ok((Timing { samples, cpu }, last))
}

//! `attractor bench learn`: learning on disk, alone and while somebody asks.

use anyhow::{Context, bail};
use attractor_kernel::Level;
use attractor_learn::{Config, Stats};
use serde_json::{Value, json};

use crate::bench::digits::Digits;
use crate::bench::floor::Machine;
use crate::bench::learning::{Asking, PACE, Pass, accuracy, open, pass, reopen};
use crate::output::Output;

/// Multiply-adds of the encoder of 28x28 pictures: 576 patches of 25 pixels against 24 centroids, 768 pooled
/// answers into the features, and both parts of a key.
const PATCHES: usize = 576 * 25 * 24;
const POOLED: usize = 768;
const KEYS: usize = (POOLED + 784) * KEY / 2;
/// Components of a key.
const KEY: usize = 128;

/// Time learning digits one by one, on disk, and predictions meanwhile
///
/// MNIST where it is there, else a synthetic stream of its size; two new classes at a time, one look at each
/// example, 64 at a time, durable within 50 ms, in a temporary directory. No sleep. One line per quantity:
///
/// learn/alone            observations per second, until all are on the disk
///
/// learn/predicting       the same, while a second thread asks every 5 ms
///
/// learn/predict-latency  what that thread waited, as percentiles
///
/// learn/accuracy         on the test digits, after one pass
///
/// learn/reopen-killed    opening after a kill: the last checkpoint, then the events since
///
/// learn/reopen-closed    opening after a close
///
/// learn/bytes            of the learner in this process, and on disk
#[derive(clap::Args)]
#[command(after_help = "Examples:
  attractor bench learn
  attractor bench learn --limit 5000 --json")]
pub(super) struct Args {
    /// The first so many training examples [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Threads that learn; the asking thread comes on top
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Times that the learner is opened again, after a kill and after a close
    #[arg(long, default_value_t = 3)]
    repeat: usize,
}

pub(super) fn run(args: &Args, output: &Output) -> anyhow::Result<()> {
    if args.threads == 0 || args.repeat == 0 {
        bail!("--threads and --repeat must be at least 1");
    }
    // For the whole process: the asking thread must not bring threads of its own.
    rayon::ThreadPoolBuilder::new().num_threads(args.threads).build_global()?;
    let machine = Machine::measure();
    machine.print(output)?;
    let digits = Digits::new(args.limit.map(|limit| limit as usize))?;
    output.line(format_args!("{} observations of {} ({})", digits.len(), digits.shape, digits.name))?;
    let lines = Lines { digits: &digits, machine: &machine, output };
    let place = tempfile::tempdir().context("a temporary directory")?;

    let alone = pass(&digits, &place.path().join("alone"), Asking::Nobody)?;
    lines.throughput("learn/alone", &alone)?;
    lines.accuracy(accuracy(&alone.learner.reader(), &digits)?)?;
    // One learner at a time, as a user has.
    drop(alone);

    let directory = place.path().join("predicting");
    let asked = pass(&digits, &directory, Asking::Steadily)?;
    lines.throughput("learn/predicting", &asked)?;
    lines.latency(&asked)?;
    let stats = asked.learner.stats();
    // A kill leaves what a drop leaves: every event is in the journal, nothing is written on the way out.
    drop(asked);
    lines.opening("learn/reopen-killed", &reopen(&digits, &directory, args.repeat)?)?;
    open(&digits, &directory)?.close()?;
    lines.opening("learn/reopen-closed", &reopen(&digits, &directory, args.repeat)?)?;
    lines.bytes(&stats)
}

/// Results, one line each.
struct Lines<'a> {
    digits: &'a Digits,
    machine: &'a Machine,
    output: &'a Output,
}

impl Lines<'_> {
    fn throughput(&self, workload: &str, pass: &Pass) -> anyhow::Result<()> {
        let seconds = pass.spent.as_secs_f64();
        let per_second = self.digits.len() as f64 / seconds;
        let operations = operations(Config::default().features, pass.episodes);
        let floor = 1e6 * self.machine.seconds(operations);
        self.object(
            workload,
            json!({
                "seconds": seconds, "per_second": per_second, "us_per_observation": 1e6 / per_second,
                "floor_us_per_observation": floor, "floor_of": "multiply-adds over peak",
                "operations_per_observation": operations,
            }),
        )?;
        let share = 100.0 * floor * per_second / 1e6;
        self.output.line(format_args!(
            "{workload:<22} {per_second:9.0} observations/s  {:9.1} us each  floor {floor:9.1} us \
             ({:.1} M operations over peak)  {share:3.0} %",
            1e6 / per_second,
            operations / 1e6,
        ))
    }

    fn latency(&self, pass: &Pass) -> anyhow::Result<()> {
        let workload = "learn/predict-latency";
        let times = pass.answers.percentiles();
        self.object(
            workload,
            json!({
                "calls": times.count, "pace_ms": PACE.as_secs_f64() * 1e3, "mean_us": times.mean_us,
                "p50_us": times.p50_us, "p99_us": times.p99_us, "max_us": times.max_us,
            }),
        )?;
        self.output.line(format_args!(
            "{workload:<22} p50 {:.0} us  p99 {:.0} us  max {:.0} us  ({} calls, one every {} ms)",
            times.p50_us,
            times.p99_us,
            times.max_us,
            times.count,
            PACE.as_millis(),
        ))
    }

    fn accuracy(&self, accuracy: f64) -> anyhow::Result<()> {
        let asked = self.digits.test.labels.len();
        self.object("learn/accuracy", json!({ "accuracy": accuracy, "examples": asked }))?;
        self.output.line(format_args!("{:<22} {accuracy:.4} of {asked} examples", "learn/accuracy"))
    }

    fn opening(&self, workload: &str, samples: &[f64]) -> anyhow::Result<()> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let median = f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[middle]);
        let (min, max) = (sorted[0], sorted[sorted.len() - 1]);
        self.object(
            workload,
            json!({
                "median_ms": median, "min_ms": min, "max_ms": max, "samples_ms": samples,
            }),
        )?;
        self.output.line(format_args!("{workload:<22} median {median:9.1} ms  [{min:.1} .. {max:.1}]"))
    }

    fn bytes(&self, stats: &Stats) -> anyhow::Result<()> {
        let (memory, disk) = (stats.memory_total(), stats.disk_bytes);
        self.object(
            "learn/bytes",
            json!({
                "memory_bytes": memory, "disk_bytes": disk, "episodes": stats.episodes, "room": stats.room,
            }),
        )?;
        self.output.line(format_args!(
            "{:<22} {:.1} MiB in memory, {:.1} MiB on disk, {} episodes",
            "learn/bytes",
            memory as f64 / f64::from(1 << 20),
            disk as f64 / f64::from(1 << 20),
            stats.episodes,
        ))
    }

    /// Every line says what it was measured on.
    fn object(&self, workload: &str, mut values: Value) -> anyhow::Result<()> {
        let common = json!({
            "schema": 1, "workload": workload, "data": self.digits.name, "observations": self.digits.len(),
            "threads": rayon::current_num_threads(), "level": Level::current().name(),
        });
        if let (Some(values), Value::Object(common)) = (values.as_object_mut(), common) {
            values.extend(common);
        }
        self.output.object(&values)
    }
}

/// Floating-point operations that one observation cannot do without: its share of the normal equations of
/// `features`, its encoding, and reading `episodes` keys. Left out: solving the equations, the readout, and the
/// look back at one episode per eight observations.
fn operations(features: usize, episodes: f64) -> f64 {
    let equations = (features * features / 2) as f64;
    let encoding = (PATCHES + POOLED * features + KEYS) as f64;
    2.0 * (equations + encoding + episodes * KEY as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_observation_costs_what_its_parts_cost() {
        // 2 M for the equations and 2 M for the encoder, two operations each.
        assert!((operations(2_000, 0.0) / 8e6 - 1.0).abs() < 0.02);
        let reading = operations(2_000, 4_400.0) - operations(2_000, 0.0);
        assert!((reading - 2.0 * 4_400.0 * 128.0).abs() < 1.0);
    }
}

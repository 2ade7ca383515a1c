//! The floor: the time below which this machine cannot do the work, from its measured bandwidth and peak.

use std::time::Instant;

use attractor_kernel::{Lane, Level, padded, probe};
use rayon::prelude::*;
use serde_json::json;

use crate::output::Output;

/// Bytes read for the bandwidth: far beyond any cache.
const BYTES: usize = 512 << 20;
const ROUNDS: usize = 4_000_000;
const TIMES: usize = 5;

/// What the machine did at its best, on the threads of the current pool.
pub(crate) struct Machine {
    /// Bytes per second.
    bandwidth: f64,
    /// Floating-point operations per second.
    peak: f64,
}

/// The least time, and which limit it comes from.
pub(crate) struct Floor {
    pub(crate) milliseconds: f64,
    pub(crate) of: &'static str,
}

impl Machine {
    /// Reads half a GiB and multiplies in registers, on all threads; takes about a second.
    pub(crate) fn measure() -> Self {
        let level = Level::current();
        let threads = rayon::current_num_threads();
        let lanes = vec![Lane([1.0; 16]); BYTES / size_of::<Lane>()];
        // Small pieces: a thread that the machine holds up for a moment does not hold up the others.
        let bandwidth =
            best(BYTES as f64, || lanes.par_chunks(1 << 15).map(|part| probe::read_all(level, part)).sum());
        let operations = threads * ROUNDS * probe::OPERATIONS;
        let peak = best(operations as f64, || {
            (0..threads).into_par_iter().map(|_| probe::multiply_add(level, ROUNDS)).sum()
        });
        Self { bandwidth, peak }
    }

    /// The least time to read `rows x width` keys once per step, or to do the products of `cues` that no
    /// skipping can avoid: one per cue, key and component. With no cues: to read the rows and to write them.
    pub(crate) fn floor(&self, rows: usize, width: usize, cues: usize, steps: usize) -> Floor {
        let bytes = (rows * padded(width) * size_of::<f32>()) as f64;
        if cues == 0 {
            return Floor { milliseconds: 2e3 * bytes / self.bandwidth, of: "bytes read and written" };
        }
        let read = 1e3 * steps as f64 * bytes / self.bandwidth;
        let multiply = 1e3 * (2 * steps * cues * rows * padded(width)) as f64 / self.peak;
        if read > multiply {
            Floor { milliseconds: read, of: "bytes over bandwidth" }
        } else {
            Floor { milliseconds: multiply, of: "scores over peak" }
        }
    }

    /// The least time for so many floating-point operations.
    pub(crate) fn seconds(&self, operations: f64) -> f64 {
        operations / self.peak
    }

    pub(crate) fn print(&self, output: &Output) -> anyhow::Result<()> {
        let (bandwidth, peak) = (self.bandwidth / 1e9, self.peak / 1e9);
        let (threads, level) = (rayon::current_num_threads(), Level::current().name());
        if output.json() {
            return output.object(&json!({
                "schema": 1, "workload": "machine", "read_gb_per_s": bandwidth, "peak_gflop_per_s": peak,
                "threads": threads, "level": level,
            }));
        }
        output.line(format_args!(
            "this machine, {threads} threads, {level}: reads {bandwidth:.1} GB/s, peak {peak:.0} GFLOP/s"
        ))
    }
}

/// `amount` per second, at the best of a few runs.
fn best(amount: f64, work: impl Fn() -> f32) -> f64 {
    let run = || {
        let start = Instant::now();
        std::hint::black_box(work());
        amount / start.elapsed().as_secs_f64()
    };
    (0..TIMES).map(|_| run()).fold(0.0, f64::max)
}

//! `attractor bench layers`: Hopfield layers, trained and asked.

use std::path::PathBuf;

use anyhow::bail;
use attractor_kernel::Level;
use serde_json::json;

use crate::bench::floor::{Floor, Machine};
use crate::bench::layers::{Workload, all};
use crate::bench::measure::{Timing, repeat};
use crate::bench::process::{peak_bytes, reset_peak};
use crate::output::Output;

/// Time Hopfield layers: a training step, pooling, lookup
///
/// Patterns of 256 components, 8 heads, all normalisations and projections. One line per workload:
///
/// layers/train-32x128x256           forward, backward and AdamW, one association
///
/// layers/train-32x128x256-3updates  the same with three updates before it
///
/// layers/pool-8x1024x256            forward: one learned state reads 8 bags of 1,024 instances
///
/// layers/lookup-64x4096x256         forward: 64 states look up 4,096 learned patterns
///
/// The floor is the products over the measured peak. Memory is the largest resident size of the process while the
/// workload ran. Processor time is that of all threads.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  attractor bench layers
  attractor bench layers pool --json
  attractor bench layers --out layers                 weights, inputs and outputs for another program")]
pub(super) struct Args {
    /// Run the workloads whose name contains this
    only: Option<String>,
    /// Threads
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Timed repetitions, after half a second that is not timed
    #[arg(long, default_value_t = 15)]
    repeat: usize,
    /// Write the weights before the first step, the inputs and the output of each workload to this directory
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &Args, output: &Output) -> anyhow::Result<()> {
    if args.threads == 0 || args.repeat == 0 {
        bail!("--threads and --repeat must be at least 1");
    }
    let word = args.only.as_deref().unwrap_or("");
    let chosen: Vec<Workload> = all().into_iter().filter(|workload| workload.name.contains(word)).collect();
    if chosen.is_empty() {
        bail!("no workload is named like `{word}`: choose among {}", all().map(|w| w.name).join(", "));
    }
    // Burn's own operations run on the threads of the process.
    rayon::ThreadPoolBuilder::new().num_threads(args.threads).build_global()?;
    // The machine comes last: what is read to measure it would count as memory of the layers.
    let timed =
        chosen.into_iter().map(|workload| time(workload, args)).collect::<anyhow::Result<Vec<_>>>()?;
    let machine = Machine::measure();
    machine.print(output)?;
    timed.iter().try_for_each(|timed| timed.print(args, &machine, output))
}

struct Timed {
    workload: Workload,
    timing: Timing,
    peak: Option<u64>,
}

fn time(workload: Workload, args: &Args) -> anyhow::Result<Timed> {
    let mut running = workload.set_up()?;
    if let Some(directory) = &args.out {
        running.write(workload.name, directory)?;
    }
    reset_peak();
    let (timing, ()) = repeat(args.repeat, || running.run())?;
    Ok(Timed { workload, timing, peak: peak_bytes() })
}

impl Timed {
    fn print(&self, args: &Args, machine: &Machine, output: &Output) -> anyhow::Result<()> {
        let Self { workload, timing, peak } = self;
        let operations = workload.operations();
        let floor = Floor { milliseconds: 1e3 * machine.seconds(operations), of: "products over peak" };
        timing.print(workload.name, &floor, output)?;
        output.object(&json!({
            "schema": 1, "workload": workload.name, "cpu_ms": timing.cpu, "peak_bytes": peak,
            "operations": operations, "threads": args.threads, "level": Level::current().name(),
        }))?;
        let mib = peak.map_or(f64::NAN, |bytes| bytes as f64 / f64::from(1 << 20));
        output.line(format_args!(
            "{:<22} {:.1} ms of processor time, {mib:.0} MiB at most",
            "",
            timing.cpu.unwrap_or(f64::NAN)
        ))
    }
}

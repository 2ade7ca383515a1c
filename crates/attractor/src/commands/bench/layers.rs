//! `attractor bench layers`: Hopfield layers, trained and asked.

use attractor_kernel::Level;
use serde_json::json;

use super::options::Options;
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
    #[command(flatten)]
    options: Options,
}

pub(super) fn run(args: &Args, output: &Output) -> anyhow::Result<()> {
    let options = &args.options;
    let chosen = options.chosen(all(), |workload| workload.name)?;
    options.pool()?.install(|| timed(chosen, options, output))
}

fn timed(chosen: Vec<Workload>, options: &Options, output: &Output) -> anyhow::Result<()> {
    // The machine comes last: what is read to measure it would count as memory of the layers.
    let timed =
        chosen.into_iter().map(|workload| time(workload, options)).collect::<anyhow::Result<Vec<_>>>()?;
    let machine = Machine::measure();
    machine.print(output)?;
    timed.iter().try_for_each(|timed| timed.print(options, &machine, output))
}

struct Timed {
    workload: Workload,
    timing: Timing,
    peak: Option<u64>,
}

fn time(workload: Workload, options: &Options) -> anyhow::Result<Timed> {
    let mut running = workload.set_up()?;
    if let Some(directory) = &options.out {
        running.write(workload.name, directory)?;
    }
    reset_peak();
    let (timing, ()) = repeat(options.repeat, || running.run())?;
    Ok(Timed { workload, timing, peak: peak_bytes() })
}

impl Timed {
    fn print(&self, options: &Options, machine: &Machine, output: &Output) -> anyhow::Result<()> {
        let Self { workload, timing, peak } = self;
        let operations = workload.operations();
        let floor = Floor { milliseconds: 1e3 * machine.seconds(operations), of: "products over peak" };
        timing.print(workload.name, &floor, output)?;
        output.object(&json!({
            "schema": 1, "workload": workload.name, "cpu_ms": timing.cpu, "peak_bytes": peak,
            "operations": operations, "threads": options.threads, "level": Level::current().name(),
        }))?;
        let mib = peak.map_or(f64::NAN, |bytes| bytes as f64 / f64::from(1 << 20));
        output.line(format_args!(
            "{:<22} {:.1} ms of processor time, {mib:.0} MiB at most",
            "",
            timing.cpu.unwrap_or(f64::NAN)
        ))
    }
}

//! `attractor bench energy`: energy networks, relaxed.

use attractor_kernel::Level;
use serde_json::json;

use super::options::Options;
use crate::bench::energy::{Workload, all};
use crate::bench::floor::{Floor, Machine};
use crate::bench::measure::repeat;
use crate::output::Output;

/// Time energy networks: one step of a relaxation
///
/// One line per workload:
///
/// energy/dense-128x784-10-2000    an image, its label and 2,000 memories; 128 at a time
///
/// energy/transformer-16x64x256    a block of the Energy Transformer: 8 heads, 1,024 memories; 16 x 64 tokens
///
/// A step computes all activations and the gradient of the energy by each, and moves all states. The floor is the
/// products over the measured peak. Processor time is that of all threads.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  attractor bench energy
  attractor bench energy dense --json
  attractor bench energy --out energy                 parameters and states for another program")]
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
    let machine = Machine::measure();
    machine.print(output)?;
    chosen.into_iter().try_for_each(|workload| time(workload, options, &machine, output))
}

fn time(workload: Workload, options: &Options, machine: &Machine, output: &Output) -> anyhow::Result<()> {
    let running = workload.set_up()?;
    if let Some(directory) = &options.out {
        running.write(workload.name, directory)?;
    }
    let (timing, ()) = repeat(options.repeat, || running.run())?;
    let cpu = timing.cpu;
    let operations = workload.operations();
    let floor = Floor { milliseconds: 1e3 * machine.seconds(operations), of: "products over peak" };
    timing.print(workload.name, &floor, output)?;
    output.object(&json!({
        "schema": 1, "workload": workload.name, "cpu_ms": cpu, "operations": operations,
        "threads": options.threads, "level": Level::current().name(),
    }))?;
    output.line(format_args!("{:<22} {:.1} ms of processor time", "", cpu.unwrap_or(f64::NAN)))
}

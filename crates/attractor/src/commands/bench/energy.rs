//! `attractor bench energy`: energy networks, relaxed.

use std::path::PathBuf;

use anyhow::bail;
use attractor_kernel::Level;
use serde_json::json;

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
    /// Run the workloads whose name contains this
    only: Option<String>,
    /// Threads
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Timed repetitions, after half a second that is not timed
    #[arg(long, default_value_t = 15)]
    repeat: usize,
    /// Write parameters, states and the states after a step of each workload to this directory
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
    let machine = Machine::measure();
    machine.print(output)?;
    chosen.into_iter().try_for_each(|workload| time(workload, args, &machine, output))
}

fn time(workload: Workload, args: &Args, machine: &Machine, output: &Output) -> anyhow::Result<()> {
    let running = workload.set_up()?;
    if let Some(directory) = &args.out {
        running.write(workload.name, directory)?;
    }
    let (timing, ()) = repeat(args.repeat, || running.run())?;
    let cpu = timing.cpu;
    let operations = workload.operations();
    let floor = Floor { milliseconds: 1e3 * machine.seconds(operations), of: "products over peak" };
    timing.print(workload.name, &floor, output)?;
    output.object(&json!({
        "schema": 1, "workload": workload.name, "cpu_ms": cpu, "operations": operations,
        "threads": args.threads, "level": Level::current().name(),
    }))?;
    output.line(format_args!("{:<22} {:.1} ms of processor time", "", cpu.unwrap_or(f64::NAN)))
}

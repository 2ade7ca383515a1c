//! `attractor bench`: our own times, next to the floor of the machine.

#[cfg(feature = "network")]
mod energy;
#[cfg(feature = "network")]
mod layers;
mod learn;
#[cfg(feature = "network")]
mod options;

use std::path::PathBuf;

use anyhow::{Context, bail};
use attractor_memory::{Detail, Dynamics, Memory, Separation, Told};
use ndarray::{Array2, ArrayView2};

use crate::bench::floor::Machine;
use crate::bench::measure::{Timing, repeat};
use crate::bench::workload::{self, Workload};
use crate::output::Output;

/// Time recall and storing, next to the floor of this machine
///
/// Without --keys, runs the workloads of `benches/README.md` on synthetic patterns. The floor is the time
/// that this machine needs at the least: bytes over measured read bandwidth, or operations over measured
/// peak, whichever is longer; a cue that comes to rest before the last step needs less.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  attractor bench                                     all workloads
  attractor bench 64x1Mx128 --threads 1               those whose name contains the word
  attractor bench learn                               learning, and predictions meanwhile
  attractor bench layers                              Hopfield layers: training, pooling, lookup
  attractor bench energy                              energy networks: one step of a relaxation
  attractor bench --keys k.npy --cues c.npy --beta 8 --out states.npy --json")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: Option<What>,
    /// Run the workloads whose name contains this
    only: Option<String>,
    /// Keys of your own, (n, d) f32 in an npy file
    #[arg(long, value_name = "NPY")]
    keys: Option<PathBuf>,
    /// Cues of your own, (m, d) f32 in an npy file
    #[arg(long, value_name = "NPY", requires = "keys")]
    cues: Option<PathBuf>,
    /// Time storing the keys in an empty memory
    #[arg(long, requires = "keys", conflicts_with = "cues")]
    store: bool,
    /// Inverse temperature
    #[arg(long, default_value_t = 8.0)]
    beta: f64,
    /// Steps of recall; no cue stops earlier unless it is at an exact fixed point
    #[arg(long, default_value_t = 1)]
    steps: usize,
    /// Separation, such as softmax, argmax or topk(10)
    #[arg(long, default_value = "softmax")]
    separation: String,
    /// What is computed beside the states: nothing, or all that a recall reports, with eight leading patterns
    #[arg(long, value_enum, default_value = "states", requires = "cues")]
    detail: Reported,
    /// Threads
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Timed repetitions, after half a second that is not timed
    #[arg(long, default_value_t = 7)]
    repeat: usize,
    /// Write the final states to this npy file
    #[arg(long, value_name = "NPY", requires = "cues")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Reported {
    States,
    Full,
}

impl Reported {
    fn dynamics(self, steps: usize) -> Dynamics {
        let all = Dynamics { steps, tolerance: 0.0, ..Dynamics::default() };
        match self {
            Self::States => Dynamics { detail: Detail::States, ..all },
            Self::Full => Dynamics { detail: Detail::Full, told: Told::LastUpdate, leading: 8, ..all },
        }
    }
}

#[derive(clap::Subcommand)]
enum What {
    Learn(learn::Args),
    #[cfg(feature = "network")]
    Energy(energy::Args),
    #[cfg(feature = "network")]
    Layers(layers::Args),
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<()> {
    match &args.what {
        Some(What::Learn(args)) => return learn::run(args, output),
        #[cfg(feature = "network")]
        Some(What::Energy(args)) => return energy::run(args, output),
        #[cfg(feature = "network")]
        Some(What::Layers(args)) => return layers::run(args, output),
        None => {}
    }
    if args.threads == 0 || args.repeat == 0 {
        bail!("--threads and --repeat must be at least 1");
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.threads).build()?;
    pool.install(|| match &args.keys {
        Some(keys) => own(args, keys, output),
        None => all(args, output),
    })
}

fn all(args: &Args, output: &Output) -> anyhow::Result<()> {
    let word = args.only.as_deref().unwrap_or("");
    let chosen: Vec<Workload> = workload::all().into_iter().filter(|w| w.name.contains(word)).collect();
    if chosen.is_empty() {
        let names: Vec<String> = workload::all().into_iter().map(|w| w.name).collect();
        bail!("no workload is named like `{word}`: choose among {}", names.join(", "));
    }
    let machine = Machine::measure();
    machine.print(output)?;
    for workload in chosen {
        let (keys, cues) = workload.data();
        let separation = Separation::softmax(workload.beta);
        let timing = match workload.cues {
            0 => time_store(keys.view(), args.repeat)?,
            _ => {
                let dynamics = Reported::States.dynamics(workload.steps);
                time_recall(keys.view(), cues.view(), separation, &dynamics, args.repeat)?.0
            }
        };
        let (rows, width) = keys.dim();
        timing.print(&workload.name, &machine.floor(rows, width, workload.cues, workload.steps), output)?;
    }
    Ok(())
}

fn own(args: &Args, keys: &std::path::Path, output: &Output) -> anyhow::Result<()> {
    let machine = Machine::measure();
    let keys = read(keys)?;
    let (rows, width) = keys.dim();
    if args.store {
        let timing = time_store(keys.view(), args.repeat)?;
        timing.print("store", &machine.floor(rows, width, 0, 1), output)?;
        return Ok(());
    }
    let cues = read(args.cues.as_deref().context("--cues is needed with --keys")?)?;
    let separation = Separation::parse(&args.separation, args.beta)?;
    let dynamics = args.detail.dynamics(args.steps);
    let (timing, states) = time_recall(keys.view(), cues.view(), separation, &dynamics, args.repeat)?;
    if let Some(out) = &args.out {
        attractor_data::npy::write(out, states.view())?;
    }
    let name = format!("{}x{rows}x{width}", cues.nrows());
    timing.print(&name, &machine.floor(rows, width, cues.nrows(), args.steps), output)?;
    Ok(())
}

fn read(path: &std::path::Path) -> anyhow::Result<Array2<f32>> {
    Ok(attractor_data::open(path)?.into_patterns())
}

fn time_store(keys: ArrayView2<'_, f32>, times: usize) -> anyhow::Result<Timing> {
    repeat(times, || {
        let mut memory = Memory::builder(keys.ncols()).build()?;
        memory.store(keys)?;
        Ok(memory)
    })
    .map(|(timing, _)| timing)
}

fn time_recall(
    keys: ArrayView2<'_, f32>,
    cues: ArrayView2<'_, f32>,
    separation: Separation,
    dynamics: &Dynamics,
    times: usize,
) -> anyhow::Result<(Timing, Array2<f32>)> {
    let mut memory = Memory::builder(keys.ncols()).separation(separation).build()?;
    memory.store(keys)?;
    let (timing, recall) = repeat(times, || Ok(memory.recall_with(cues, dynamics)?))?;
    Ok((timing, recall.states))
}

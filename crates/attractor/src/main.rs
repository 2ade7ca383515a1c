//! The command line.

mod answer;
mod bench;
mod brain;
mod commands;
mod demo;
mod examples;
mod learning;
mod output;
mod picture;
mod recipe;
#[cfg(feature = "network")]
mod relaxing;
mod source;
mod survey;
#[cfg(feature = "network")]
mod training;
mod units;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use output::Output;

/// Results of a step are large and soon freed: an allocator that keeps their pages spares the system the giving and the
/// taking of them, which took a fifth of the processor time of a training step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Associative memory and complementary learning: remember, recall, learn, sleep, and the published results.
#[derive(Parser)]
#[command(name = "attractor", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Print one JSON object per line on standard output
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    Demo(commands::demo::Args),
    Remember(commands::remember::Args),
    Recall(commands::recall::Args),
    Learn(commands::learn::Args),
    Predict(commands::predict::Args),
    Sleep(commands::sleep::Args),
    Forget(commands::forget::Args),
    Inspect(commands::inspect::Args),
    #[cfg(feature = "network")]
    Train(commands::train::Args),
    Data(commands::data::Args),
    Reproduce(commands::reproduce::Args),
    Bench(commands::bench::Args),
    #[cfg(feature = "network")]
    Weights(commands::weights::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(cli.json);
    let done =
        attractor_kernel::Level::from_env().map_err(anyhow::Error::from).and_then(|_| match cli.command {
            Command::Demo(args) => commands::demo::run(&args, &output),
            Command::Remember(args) => commands::remember::run(&args, &output),
            Command::Recall(args) => commands::recall::run(&args, &output),
            Command::Learn(args) => commands::learn::run(&args, &output),
            Command::Predict(args) => commands::predict::run(&args, &output),
            Command::Sleep(args) => commands::sleep::run(&args, &output),
            Command::Forget(args) => commands::forget::run(&args, &output),
            Command::Inspect(args) => commands::inspect::run(&args, &output),
            #[cfg(feature = "network")]
            Command::Train(args) => commands::train::run(&args, &output),
            Command::Data(args) => commands::data::run(&args, &output),
            Command::Reproduce(args) => commands::reproduce::run(&args, &output),
            Command::Bench(args) => commands::bench::run(&args, &output),
            #[cfg(feature = "network")]
            Command::Weights(args) => commands::weights::run(&args, &output),
        });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error);
            ExitCode::from(2)
        }
    }
}

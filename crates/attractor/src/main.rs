//! The command line.

mod answer;
mod bench;
mod commands;
mod demo;
mod output;
mod picture;
mod recipe;
mod source;
mod survey;
mod units;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use output::Output;

/// Associative memory: remember, recall, and the published results, reproduced.
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
    Inspect(commands::inspect::Args),
    Data(commands::data::Args),
    Reproduce(commands::reproduce::Args),
    Bench(commands::bench::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(cli.json);
    let done =
        attractor_kernel::Level::from_env().map_err(anyhow::Error::from).and_then(|_| match cli.command {
            Command::Demo(args) => commands::demo::run(&args, &output),
            Command::Remember(args) => commands::remember::run(&args, &output),
            Command::Recall(args) => commands::recall::run(&args, &output),
            Command::Inspect(args) => commands::inspect::run(&args, &output),
            Command::Data(args) => commands::data::run(&args, &output),
            Command::Reproduce(args) => commands::reproduce::run(&args, &output),
            Command::Bench(args) => commands::bench::run(&args, &output),
        });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error);
            ExitCode::from(2)
        }
    }
}

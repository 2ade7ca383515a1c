//! `attractor forget`: an episode or a class, out of a learner.

use std::path::PathBuf;

use attractor_learn::{Forget, Learner};
use serde::Serialize;

use crate::brain;
use crate::output::Output;

/// Make a learner forget an episode, or a class with all its episodes
#[derive(clap::Args)]
#[command(after_help = "\
EXAMPLES:
  attractor forget brain --episode 17
  attractor forget brain --label cat")]
pub(crate) struct Args {
    /// The learner's directory
    brain: PathBuf,
    #[command(flatten)]
    what: What,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct What {
    /// Forget this episode
    #[arg(long, value_name = "ID")]
    episode: Option<u64>,
    /// Forget this class
    #[arg(long, value_name = "NAME")]
    label: Option<String>,
}

#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    command: &'static str,
    brain: &'a str,
    episode: Option<u64>,
    label: Option<&'a str>,
    /// Episodes that went.
    removed: usize,
    episodes: usize,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<()> {
    brain::there(&args.brain)?;
    let mut learner = Learner::open(&args.brain)?;
    let before = learner.stats().episodes;
    let what = match (args.what.episode, &args.what.label) {
        (Some(id), _) => Forget::Episode(id),
        (None, label) => Forget::Label(label.clone().unwrap_or_default()),
    };
    learner.forget(what)?;
    let episodes = learner.stats().episodes;
    learner.close()?;
    let removed = before.saturating_sub(episodes);
    let brain = args.brain.display().to_string();
    let (episode, label) = (args.what.episode, args.what.label.as_deref());
    output.object(&Report {
        schema: 1,
        command: "forget",
        brain: &brain,
        episode,
        label,
        removed,
        episodes,
    })?;
    let what = match (episode, label) {
        (Some(id), _) => format!("episode #{id}"),
        (None, label) => format!("class {}", label.unwrap_or_default()),
    };
    output.line(format_args!("forgot      {what}: {removed} episodes went, {episodes} are left"))
}

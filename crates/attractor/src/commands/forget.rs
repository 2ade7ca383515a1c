//! `attractor forget`: an episode, a class or a namespace, out of a learner.

use std::path::PathBuf;

use attractor_learn::{Forget, Learner};
use serde::Serialize;

use crate::brain;
use crate::output::Output;

/// Make a learner forget an episode, a class with all its episodes, or the episodes of a namespace
#[derive(clap::Args)]
#[command(after_help = "\
EXAMPLES:
  attractor forget brain --episode 17
  attractor forget brain --label cat
  attractor forget brain --namespace kitchen")]
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
    /// Forget all episodes of this namespace
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
}

#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    command: &'static str,
    brain: &'a str,
    episode: Option<u64>,
    label: Option<&'a str>,
    namespace: Option<&'a str>,
    /// Episodes that went.
    removed: usize,
    episodes: usize,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<()> {
    brain::there(&args.brain)?;
    let mut learner = Learner::open(&args.brain)?;
    let before = learner.stats().episodes;
    let (what, said) = match (args.what.episode, &args.what.label, &args.what.namespace) {
        (Some(id), ..) => (Forget::Episode(id), format!("episode #{id}")),
        (None, Some(label), _) => (Forget::Label(label.clone()), format!("class {label}")),
        (None, None, namespace) => {
            let name = namespace.clone().unwrap_or_default();
            let said = format!("namespace `{name}`");
            (Forget::Namespace(name), said)
        }
    };
    learner.forget(what)?;
    let episodes = learner.stats().episodes;
    learner.close()?;
    let removed = before.saturating_sub(episodes);
    let brain = args.brain.display().to_string();
    output.object(&Report {
        schema: 1,
        command: "forget",
        brain: &brain,
        episode: args.what.episode,
        label: args.what.label.as_deref(),
        namespace: args.what.namespace.as_deref(),
        removed,
        episodes,
    })?;
    output.line(format_args!("forgot      {said}: {removed} episodes went, {episodes} are left"))
}

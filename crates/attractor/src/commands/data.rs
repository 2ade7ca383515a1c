//! `attractor data`: which data sets there are, and what is in one.

use attractor_data::catalogue::{ENTRIES, root};
use attractor_data::{Set, TABLES, fetch, glyphs, table};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::output::Output;
use crate::picture::draw;
use crate::source::{HELP, set};

/// List, fetch and look at data sets
#[derive(clap::Args)]
#[command(after_help = "\
EXAMPLES:
  attractor data list
  attractor data fetch mnist
  attractor data show glyphs")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Name the data sets that are built in, and those that can be fetched
    #[command(after_help = "EXAMPLE:\n  attractor data list --json")]
    List,
    /// Download a data set into the folder ATTRACTOR_DATA (default: attractor in the data folder of the user);
    /// only the published content is kept
    #[command(after_help = "EXAMPLE:\n  ATTRACTOR_DATA=data attractor data fetch mnist")]
    Fetch {
        /// One of the names that `attractor data list` shows
        name: String,
    },
    /// Say what is in a data set: patterns, size, range, labels
    #[command(after_help = format!("{HELP}\n\nEXAMPLE:\n  attractor data show faces/"))]
    Show {
        /// Path or name
        source: String,
    },
}

#[derive(Serialize)]
struct Listed<'a> {
    schema: u32,
    command: &'static str,
    name: &'a str,
    title: String,
    /// "built in", "here", or "to be fetched".
    place: &'static str,
    licence: Option<&'a str>,
    source: Option<&'a str>,
}

#[derive(Serialize)]
struct Shown<'a> {
    schema: u32,
    command: &'static str,
    name: &'a str,
    patterns: usize,
    shape: String,
    width: usize,
    range: (f32, f32),
    /// Number of classes; absent without labels.
    classes: Option<usize>,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<()> {
    match &args.action {
        Action::List => list(output),
        Action::Fetch { name } => bring(name, output),
        Action::Show { source } => show(&set(source, None)?, output),
    }
}

fn list(output: &Output) -> anyhow::Result<()> {
    let mut all = vec![built_in(&glyphs(), "glyphs", "printable characters")];
    for name in TABLES {
        all.push(built_in(&table(name)?, name, "table of measurements"));
    }
    let root = root();
    for entry in ENTRIES {
        let here = entry.files.iter().all(|file| root.join(entry.name).join(file.name).is_file());
        all.push(Listed {
            schema: 1,
            command: "data list",
            name: entry.name,
            title: entry.title.to_owned(),
            place: if here { "here" } else { "to be fetched" },
            licence: Some(entry.licence),
            source: Some(entry.source),
        });
    }
    for one in &all {
        match output.json() {
            true => output.object(one)?,
            false => output.line(format_args!("{:<13}{:<15}{}", one.name, one.place, one.title))?,
        }
    }
    Ok(())
}

fn built_in<'a>(set: &Set, name: &'a str, what: &str) -> Listed<'a> {
    let title = format!("{what}: {} of size {}", set.len(), set.shape());
    Listed { schema: 1, command: "data list", name, title, place: "built in", licence: None, source: None }
}

fn bring(name: &str, output: &Output) -> anyhow::Result<()> {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}")?;
    let bar = ProgressBar::new(0).with_style(style);
    let fetched = fetch(name, &root(), |step| {
        if bar.message() != step.file {
            bar.set_message(step.file.to_owned());
        }
        bar.set_length(step.total.unwrap_or(step.received));
        bar.set_position(step.received);
    });
    bar.finish_and_clear();
    let folder = fetched?.display().to_string();
    if output.json() {
        return output.object(&serde_json::json!({
            "schema": 1, "command": "data fetch", "name": name, "folder": folder,
        }));
    }
    output.line(format_args!("{name} is in {folder}, its content checked"))
}

fn show(set: &Set, output: &Output) -> anyhow::Result<()> {
    let classes = set.labels().map(|labels| labels.iter().collect::<std::collections::BTreeSet<_>>().len());
    let shown = Shown {
        schema: 1,
        command: "data show",
        name: set.name(),
        patterns: set.len(),
        shape: set.shape().to_string(),
        width: set.shape().components(),
        range: set.range(),
        classes,
    };
    if output.json() {
        return output.object(&shown);
    }
    let (low, high) = shown.range;
    let labels = classes.map_or_else(|| "no labels".to_owned(), |n| format!("{n} classes"));
    let (name, patterns, shape) = (shown.name, shown.patterns, &shown.shape);
    output.line(format_args!("{name}: {patterns} patterns of size {shape}, {low} to {high}, {labels}"))?;
    // The middle one says more than the first: a space, an empty border.
    let patterns = set.patterns();
    match (set.len() / 2 < set.len()).then(|| draw(patterns.row(set.len() / 2), set.shape(), set.range())) {
        Some(Some(rows)) => output.line(rows.join("\n")),
        _ => Ok(()),
    }
}

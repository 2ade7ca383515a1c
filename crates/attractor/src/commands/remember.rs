//! `attractor remember`: patterns into a memory file.

use std::path::PathBuf;

use attractor_memory::file::{Notes, Stored};
use serde::Serialize;

use crate::output::{Output, Refusal};
use crate::recipe::{Recipe, describe};
use crate::source::{HELP, Source};
use crate::units::{Scale, Units, labels, note_labels};

/// Store patterns in a memory file, which is made, or added to
#[derive(clap::Args)]
#[command(after_help = format!("{HELP}\n
EXAMPLES:
  attractor remember faces/ --into faces.attractor
  attractor remember glyphs --into glyphs.attractor --kind 'polynomial(3)'
  attractor remember mnist --take 1000 --binary 127 --kind exponential --into digits.attractor
  attractor remember table.csv --label-column species --separation 'entmax(1.5)' --into table.attractor"))]
pub(crate) struct Args {
    /// What to store; several are stored one after the other
    #[arg(required = true, value_name = "SOURCE")]
    sources: Vec<String>,
    /// The memory file
    #[arg(long, value_name = "FILE")]
    into: PathBuf,
    #[command(flatten)]
    recipe: Recipe,
    /// Numbers of the patterns: the range of the source becomes -1 to 1 or 0 to 1, or stays
    /// [default: signed for pictures and 8-bit data, raw for the rest]
    #[arg(long, value_enum)]
    scale: Option<Choice>,
    /// +1 where a number of the source is above THRESHOLD, -1 elsewhere
    #[arg(long, value_name = "THRESHOLD", conflicts_with = "scale", allow_hyphen_values = true)]
    binary: Option<f32>,
    /// Store the first N patterns only
    #[arg(long, value_name = "N")]
    take: Option<usize>,
    /// Column of a CSV file that holds labels: name, place from 0, or none [default: guessed]
    #[arg(long, value_name = "COLUMN")]
    label_column: Option<String>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Choice {
    Signed,
    Unit,
    Raw,
}

#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    command: &'static str,
    file: &'a str,
    stored: usize,
    total: usize,
    width: usize,
    shape: String,
    scale: String,
    memory: String,
    first_id: Option<u64>,
    last_id: Option<u64>,
    file_bytes: u64,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<()> {
    let file = args.into.display().to_string();
    let existing = if args.into.exists() { Some(Stored::load(&args.into)?) } else { None };
    let source = Source::read(&args.sources, args.label_column.as_deref(), args.take)?;
    let what = &args.sources[0];
    let (mut stored, mut notes, units) = match existing {
        Some((stored, notes)) => {
            args.recipe.agree(&stored, &file)?;
            let units = Units::from_notes(&notes, &stored);
            if args.scale()?.is_some_and(|scale| scale != units.scale) {
                let what = format!("{file} holds patterns of scale {}", units.scale());
                return Err(Refusal::new(what, "leave --scale and --binary out to add to it").into());
            }
            (Some(stored), notes, units)
        }
        None => (None, Notes::new(), Units::new(args.scale()?, &source)),
    };
    let patterns = units.apply(&source, what, &file)?;
    let mut names = stored.as_ref().map_or_else(Vec::new, |stored| labels(&notes, stored.len()));
    let memory = match &mut stored {
        Some(memory) => memory,
        None => stored.insert(args.recipe.build(patterns.view())?),
    };
    let ids: Vec<u64> = match memory {
        Stored::Continuous(memory) => memory.store(patterns.view())?.collect(),
        Stored::Dense(memory) => memory.store(patterns.view())?,
        Stored::Classical(network) => network.store(patterns.view())?,
        _ => return Err(Refusal::new(format!("{file}: cannot be added to"), "name another file").into()),
    };
    names.extend(source.labels);
    units.note(&mut notes);
    note_labels(&mut notes, &names)?;
    memory.save(&args.into, &notes)?;

    let report = Report {
        schema: 1,
        command: "remember",
        file: &file,
        stored: ids.len(),
        total: memory.len(),
        width: memory.width(),
        shape: units.shape.to_string(),
        scale: units.scale(),
        memory: describe(memory),
        first_id: ids.first().copied(),
        last_id: ids.last().copied(),
        file_bytes: std::fs::metadata(&args.into).map_or(0, |data| data.len()),
    };
    if output.json() {
        return output.object(&report);
    }
    let ids = match (report.first_id, report.last_id) {
        (Some(first), Some(last)) if first < last => format!("ids {first} to {last}"),
        (Some(only), _) => format!("id {only}"),
        _ => "no ids".to_owned(),
    };
    output.line(format_args!("stored   {} patterns of size {} ({ids})", report.stored, report.shape))?;
    output.line(format_args!("scale    {}", report.scale))?;
    output.line(format_args!("memory   {}", report.memory))?;
    output.line(format_args!("file     {file}: {} patterns, {} bytes", report.total, report.file_bytes))
}

impl Args {
    fn scale(&self) -> Result<Option<Scale>, Refusal> {
        Ok(match (self.scale, self.binary) {
            (_, Some(threshold)) if !threshold.is_finite() => {
                return Err(Refusal::new(
                    format!("--binary {threshold}: must be finite"),
                    "127 suits 8-bit pictures",
                ));
            }
            (_, Some(threshold)) => Some(Scale::Binary(threshold)),
            (Some(Choice::Signed), _) => Some(Scale::Signed),
            (Some(Choice::Unit), _) => Some(Scale::Unit),
            (Some(Choice::Raw), _) => Some(Scale::Raw),
            (None, None) => None,
        })
    }
}

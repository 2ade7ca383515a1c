//! `attractor recall`: cues to what the memory makes of them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use attractor_data::{Corruption, Shape, npy, png, stream};
use attractor_memory::file::Stored;
use attractor_memory::{Clamp, FixedPoint};
use ndarray::{Array2, ArrayView1};
use serde::Serialize;

#[cfg(feature = "network")]
use super::completer;
use super::completion;
use crate::answer::{Answer, Leading, Motion, recall};
use crate::output::{Output, Refusal};
use crate::picture::{beside, draw};
use crate::source::{HELP, Source};
use crate::units::{Units, labels};

/// Cues that are drawn in the terminal.
pub(super) const DRAWN: usize = 8;

/// Recall what a memory file, a learner or a trained network knows from damaged or partial cues
///
/// A learner completes what the damage hides, or what --clamp does not name, from its episodes; a network from what it
/// has learned.
#[derive(clap::Args)]
#[command(after_help = format!("{HELP}\n
DAMAGE, in the numbers of the memory: flip:SHARE, gauss:STD[:LOW:HIGH], \
mask:upper|lower|left|right|random:SHARE[:FILL], occlude:HEIGHTxWIDTH[:FILL], patches:SIDE:SHARE[:FILL].\n
EXAMPLES:
  attractor recall glyphs.attractor --cues glyphs --take 5 --damage flip:0.1 --seed 7
  attractor recall faces.attractor --cues faces/ --damage mask:lower:0.5 --clamp known --out recalled/
  attractor recall brain --cues faces/ --damage mask:lower:0.5 --out recalled/
  attractor recall --model runs/digits/model.safetensors --cues mnist:test --take 8 --damage mask:lower:0.5 --page digits.html
  attractor recall table.attractor --cues query.csv --out answer.npy --json"))]
pub(crate) struct Args {
    /// The memory file, or the directory of a learner
    #[cfg_attr(feature = "network", arg(required_unless_present = "model", conflicts_with = "model"))]
    #[cfg_attr(not(feature = "network"), arg(required = true))]
    file: Option<PathBuf>,
    /// Complete images with a network that `attractor train` wrote
    #[cfg(feature = "network")]
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// What to recall from; several come one after the other
    #[arg(long, required = true, num_args = 1.., value_name = "SOURCE")]
    pub(super) cues: Vec<String>,
    /// Damage the cues first; several are done in this order
    #[arg(long)]
    pub(super) damage: Vec<String>,
    /// Seed of the damage
    #[arg(long, default_value_t = 0)]
    pub(super) seed: u64,
    /// Most steps (sweeps over all units for memories of -1 and +1) [default: 100]
    #[arg(long)]
    pub(super) steps: Option<usize>,
    /// A state rests when it moves by at most this share of its length [default: 1e-5]
    #[arg(long, allow_hyphen_values = true)]
    pub(super) tolerance: Option<f64>,
    /// Share of the way that a step goes, above 0 and at most 1 [default: 1]
    #[arg(long, allow_hyphen_values = true)]
    pub(super) damping: Option<f64>,
    /// Components that must not move: `known` for what the damage left whole, or places from 0 such as
    /// 0-391,400
    #[arg(long, value_name = "COMPONENTS")]
    pub(super) clamp: Option<String>,
    /// Write the states: to FILE.npy, FILE.csv, or as PNG pictures, with their cues, into a folder
    #[arg(long, value_name = "PATH")]
    pub(super) out: Option<PathBuf>,
    /// Write an HTML page of the relaxation of the first cues; for --model
    #[cfg(feature = "network")]
    #[arg(long, value_name = "FILE")]
    pub(super) page: Option<PathBuf>,
    /// Use the first N cues only
    #[arg(long, value_name = "N")]
    pub(super) take: Option<usize>,
    /// Complete from the episodes of this namespace only [default: all]; for learners
    #[arg(long, value_name = "NAME")]
    pub(super) namespace: Option<String>,
    /// Column of a CSV file that holds labels: name, place from 0, or none [default: guessed]
    #[arg(long, value_name = "COLUMN")]
    pub(super) label_column: Option<String>,
}

/// One cue, for machines.
#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    command: &'static str,
    cue: usize,
    label: Option<&'a str>,
    /// Root mean square difference to the cue before it was damaged; absent without damage.
    #[serde(skip_serializing_if = "Option::is_none")]
    rms_error: Option<f64>,
    #[serde(flatten)]
    answer: &'a Answer,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<()> {
    #[cfg(feature = "network")]
    if let Some(model) = &args.model {
        return completer::run(args, model, output);
    }
    #[cfg(feature = "network")]
    if args.page.is_some() {
        let what = "--page: only the relaxation of a trained network has a page";
        return Err(Refusal::new(what, "leave the option out, or name a network with --model").into());
    }
    let Some(path) = &args.file else {
        return Err(Refusal::new(
            "nothing to recall from",
            "name a memory file or the directory of a learner",
        )
        .into());
    };
    if path.is_dir() {
        return completion::run(args, path, output);
    }
    if args.namespace.is_some() {
        let what = format!("--namespace: {} is a memory file, which has none", path.display());
        return Err(Refusal::new(what, "leave the option out, or name the directory of a learner").into());
    }
    let file = path.display().to_string();
    let (stored, notes) = Stored::load(path)?;
    if stored.is_empty() {
        return Err(anyhow::Error::from(attractor_memory::Error::Empty).context(file));
    }
    let units = Units::from_notes(&notes, &stored);
    let target = args.out.as_deref().map(|path| Target::of(path, units.shape)).transpose()?;
    let source = Source::read(&args.cues, args.label_column.as_deref(), args.take)?;
    let whole = units.apply(&source, &args.cues[0], &file)?;
    let (cues, known) = damage(args, &whole, units.shape)?;
    let clamp = match args.clamp.as_deref() {
        None => Clamp::Free,
        Some("known") => Clamp::Mask(known.ok_or_else(|| {
            let what = "--clamp known: no damage says which components it left whole";
            Refusal::new(what, "hide a part with --damage mask:... or occlude:..., or name the components")
        })?),
        Some(text) => Clamp::Components(components(text, stored.width())?),
    };
    let motion = Motion { steps: args.steps, tolerance: args.tolerance, damping: args.damping, clamp };
    let (states, answers) = recall(&stored, cues.view(), motion, &labels(&notes, stored.len()))?;

    for (cue, answer) in answers.iter().enumerate() {
        let label = source.labels[cue].as_deref();
        let rms_error = (!args.damage.is_empty()).then(|| distance(whole.row(cue), states.row(cue)));
        if output.json() {
            output.object(&Report { schema: 1, command: "recall", cue, label, rms_error, answer })?;
            continue;
        }
        output.line(said(cue, label, answer, rms_error))?;
        let draw = |row| draw(row, units.shape, units.tones());
        if cue < DRAWN
            && let (Some(before), Some(after)) = (draw(cues.row(cue)), draw(states.row(cue)))
        {
            output.line(beside(&before, &after).join("\n"))?;
        }
    }
    match &target {
        Some(target) => target.write(&cues, &states, units.tones()),
        None => Ok(()),
    }
}

/// The damaged cues, and what of them is known where some damage hides a part.
pub(super) fn damage(
    args: &Args,
    whole: &Array2<f32>,
    shape: Shape,
) -> anyhow::Result<(Array2<f32>, Option<Array2<bool>>)> {
    let kinds = args.damage.iter().map(|text| text.parse()).collect::<Result<Vec<Corruption>, _>>()?;
    let mut rng = stream(args.seed, "damage");
    let mut cues = whole.clone();
    let mut known: Option<Array2<bool>> = None;
    for kind in kinds {
        let damaged = kind.apply(cues.view(), shape, &mut rng)?;
        cues = damaged.cues;
        known = Some(match known {
            None => damaged.known,
            Some(known) => known & damaged.known,
        });
    }
    Ok((cues, known.filter(|known| known.iter().any(|&k| k))))
}

/// Reads `0-391,400`.
pub(super) fn components(text: &str, width: usize) -> anyhow::Result<Vec<usize>> {
    let wrong = || {
        Refusal::new(
            format!("--clamp {text}: is neither `known` nor a list of components"),
            format!("write places from 0 to {}, such as 0-3,7", width - 1),
        )
    };
    let mut all = Vec::new();
    for part in text.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let from: usize = from.trim().parse().map_err(|_| wrong())?;
        let to: usize = to.trim().parse().map_err(|_| wrong())?;
        if from > to {
            return Err(wrong().into());
        }
        if to >= width {
            return Err(attractor_memory::Error::Clamp { component: to, width }.into());
        }
        all.extend(from..=to);
    }
    Ok(all)
}

pub(super) fn distance(a: ArrayView1<'_, f32>, b: ArrayView1<'_, f32>) -> f64 {
    let sum: f64 = a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum();
    (sum / a.len() as f64).sqrt()
}

/// One cue, for people.
fn said(cue: usize, label: Option<&str>, answer: &Answer, rms_error: Option<f64>) -> String {
    let called = label.map_or_else(String::new, |label| format!(" ({label})"));
    let energy = match (answer.energy, answer.log_energy) {
        (Some(energy), _) if energy.abs() < 1e6 => format!("energy {energy:.5}"),
        (Some(energy), _) => format!("energy {energy:.5e}"),
        (None, Some(log)) => format!("energy -exp({log:.5})"),
        (None, None) => "energy beyond numbers".to_owned(),
    };
    let kind = match answer.kind {
        Some(FixedPoint::Single) => ", one pattern".to_owned(),
        Some(FixedPoint::Metastable { k }) => format!(", mixes {k} patterns"),
        Some(FixedPoint::Global) => ", average of most patterns".to_owned(),
        Some(FixedPoint::None) => ", no pattern answers".to_owned(),
        _ => String::new(),
    };
    let error = rms_error.map_or_else(String::new, |error| format!(", rms error {error:.4}"));
    let leading: Vec<String> = answer.leading.iter().take(3).map(who).collect();
    let steps = if answer.steps == 1 { "step" } else { "steps" };
    format!(
        "cue {cue}{called}: {} after {} {steps}, {energy}{kind}{error}; {}",
        answer.status,
        answer.steps,
        leading.join(", ")
    )
}

fn who(leading: &Leading) -> String {
    let called = leading.label.as_ref().map_or_else(String::new, |label| format!(" ({label})"));
    match (leading.weight, leading.overlap) {
        (Some(weight), _) => format!("#{}{called} weight {weight:.4}", leading.id),
        (_, Some(overlap)) => format!("#{}{called} overlap {overlap:.4}", leading.id),
        _ => format!("#{}{called}", leading.id),
    }
}

/// Where states are written.
pub(super) enum Target {
    Npy(PathBuf),
    Csv(PathBuf),
    Pictures(PathBuf, Shape),
}

impl Target {
    pub(super) fn of(path: &Path, shape: Shape) -> Result<Self, Refusal> {
        let ending = path.extension().map(std::ffi::OsStr::to_ascii_lowercase);
        Ok(match ending.as_ref().and_then(|ending| ending.to_str()) {
            Some("npy") => Self::Npy(path.to_owned()),
            Some("csv") => Self::Csv(path.to_owned()),
            _ if matches!(shape, Shape::Image { .. }) => Self::Pictures(path.to_owned(), shape),
            _ => {
                let what = format!("--out {}: the patterns of this memory are no pictures", path.display());
                return Err(Refusal::new(what, "name a file that ends in .npy or .csv"));
            }
        })
    }

    pub(super) fn write(
        &self,
        cues: &Array2<f32>,
        states: &Array2<f32>,
        tones: (f32, f32),
    ) -> anyhow::Result<()> {
        let system = |path: &Path| {
            let path = path.to_owned();
            move |reason| attractor_data::Error::Io { path, reason }
        };
        match self {
            Self::Npy(path) => npy::write(path, states.view())?,
            Self::Csv(path) => {
                let body = || -> std::io::Result<()> {
                    let mut file = std::io::BufWriter::new(fs::File::create(path)?);
                    for row in states.rows() {
                        let cells: Vec<String> = row.iter().map(ToString::to_string).collect();
                        writeln!(file, "{}", cells.join(","))?;
                    }
                    file.flush()
                };
                body().map_err(system(path))?;
            }
            Self::Pictures(folder, shape) => {
                fs::create_dir_all(folder).map_err(system(folder))?;
                for (cue, (before, after)) in cues.rows().into_iter().zip(states.rows()).enumerate() {
                    png::write(&folder.join(format!("{cue:05}-cue.png")), before, *shape, tones)?;
                    png::write(&folder.join(format!("{cue:05}-recalled.png")), after, *shape, tones)?;
                }
            }
        }
        Ok(())
    }
}

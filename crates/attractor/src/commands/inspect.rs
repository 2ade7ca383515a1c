//! `attractor inspect`: what a memory file holds.

use std::path::{Path, PathBuf};

use attractor_data::{Shape, npy, png};
use attractor_memory::Error;
use attractor_memory::certificate::Geometry;
use attractor_memory::file::{Notes, Stored};
use ndarray::{ArrayView1, Axis};
use serde::Serialize;

use super::learner;
use crate::output::{Output, Refusal};
use crate::picture::draw;
use crate::recipe::describe;
use crate::survey::{Capacity, Certified, MODERATE, Pair, Spread, capacities, certified, nearest, norms};
use crate::units::{Units, labels};

/// Show what a memory file or a learner holds: recipe, patterns or classes, bytes, what is certain about recall
#[derive(clap::Args)]
#[command(after_help = "\
EXAMPLES:
  attractor inspect faces.attractor
  attractor inspect brain
  attractor inspect faces.attractor --json
  attractor inspect faces.attractor --pattern 3 --out face.png")]
pub(crate) struct Args {
    /// The memory file, or the directory of a learner
    file: PathBuf,
    /// Show the pattern with this id, of a memory file
    #[arg(long, value_name = "ID")]
    pattern: Option<u64>,
    /// Write that pattern to FILE.png or FILE.npy
    #[arg(long, requires = "pattern", value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Serialize)]
struct Report {
    schema: u32,
    command: &'static str,
    file: String,
    file_bytes: u64,
    memory: String,
    /// Whether theory says that recall never raises the energy.
    descends: bool,
    patterns: usize,
    width: usize,
    shape: String,
    scale: String,
    first_id: Option<u64>,
    last_id: Option<u64>,
    labelled: usize,
    norms: Option<Spread>,
    /// `D_i`; absent above a moderate number of patterns, as are the next two.
    separation: Option<Spread>,
    nearest: Option<Vec<Pair>>,
    certified: Option<Certified>,
    capacities: Vec<Capacity>,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<()> {
    if args.file.is_dir() {
        if args.pattern.is_some() {
            let what = format!("--pattern: {} is no memory file", args.file.display());
            return Err(Refusal::new(what, "leave the option out").into());
        }
        return learner::inspect(&args.file, output);
    }
    let (stored, notes) = Stored::load(&args.file)?;
    if let Some(id) = args.pattern {
        return pattern(args, output, &stored, &notes, id);
    }
    let report = survey(&args.file, &stored, &notes)?;
    if output.json() { output.object(&report) } else { tell(&report, output) }
}

fn survey(file: &Path, stored: &Stored, notes: &Notes) -> anyhow::Result<Report> {
    let units = Units::from_notes(notes, stored);
    let (patterns, ids) = (stored.patterns(), stored.ids());
    let moderate = (1..=MODERATE).contains(&patterns.nrows());
    let geometry = moderate.then(|| Geometry::of(patterns.view())).transpose()?;
    let certified = match (stored, &geometry) {
        (Stored::Continuous(memory), Some(geometry)) => certified(memory, geometry),
        _ => None,
    };
    Ok(Report {
        schema: 1,
        command: "inspect",
        file: file.display().to_string(),
        file_bytes: std::fs::metadata(file).map_or(0, |data| data.len()),
        memory: describe(stored),
        descends: match stored {
            Stored::Continuous(memory) => memory.descends(),
            _ => true,
        },
        patterns: stored.len(),
        width: stored.width(),
        shape: units.shape.to_string(),
        scale: units.scale(),
        first_id: ids.first().copied(),
        last_id: ids.last().copied(),
        labelled: labels(notes, stored.len()).iter().flatten().count(),
        norms: norms(patterns.view()),
        separation: geometry.and_then(|geometry| Spread::of(geometry.separation)),
        nearest: moderate.then(|| nearest(patterns.view(), &ids)),
        certified,
        capacities: capacities(stored, patterns.view()),
    })
}

fn tell(report: &Report, output: &Output) -> anyhow::Result<()> {
    let say = |name: &str, text: String| output.line(format_args!("{name:<11}{text}"));
    let spread = |s: &Spread| format!("least {:.5}, median {:.5}, most {:.5}", s.least, s.median, s.most);
    say("file", format!("{}, {} bytes", report.file, report.file_bytes))?;
    say("memory", report.memory.clone())?;
    let falls = if report.descends { "never rises during recall" } else { "may rise during recall" };
    say("energy", falls.to_owned())?;
    let ids = match (report.first_id, report.last_id) {
        (Some(first), Some(last)) => format!(", ids {first} to {last}, {} with labels", report.labelled),
        _ => String::new(),
    };
    let scale = &report.scale;
    say("patterns", format!("{} of size {}, scale {scale}{ids}", report.patterns, report.shape))?;
    if let Some(norms) = &report.norms {
        say("lengths", spread(norms))?;
    }
    match &report.separation {
        Some(separation) => say("separation", format!("D: {}", spread(separation)))?,
        None if report.patterns > 0 => {
            say("separation", format!("not measured for more than {MODERATE} patterns"))?;
        }
        None => {}
    }
    for pair in report.nearest.iter().flatten() {
        say("nearest", format!("#{} and #{}: distance {:.5}", pair.ids[0], pair.ids[1], pair.distance))?;
    }
    if let Some(certified) = &report.certified {
        let end = if certified.exact { "exactly at the pattern" } else { "near the pattern" };
        let radius =
            certified.radius.as_ref().map_or_else(String::new, |r| format!("; from within: {}", spread(r)));
        let (some, all) = (certified.patterns, report.patterns);
        say("certain", format!("recall ends {end} around {some} of {all} patterns{radius}"))?;
    }
    for capacity in &report.capacities {
        let patterns = capacity.patterns;
        let amount = if patterns < 1e6 { format!("{patterns:.1}") } else { format!("{patterns:.3e}") };
        say("capacity", format!("{amount} random patterns: {}", capacity.network))?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Single<'a> {
    schema: u32,
    command: &'static str,
    id: u64,
    label: Option<&'a str>,
    pattern: Vec<f32>,
}

fn pattern(args: &Args, output: &Output, stored: &Stored, notes: &Notes, id: u64) -> anyhow::Result<()> {
    let row = stored
        .ids()
        .binary_search(&id)
        .map_err(|_| anyhow::Error::from(Error::UnknownId { id }).context(args.file.display().to_string()))?;
    let units = Units::from_notes(notes, stored);
    let patterns = stored.patterns();
    let pattern = patterns.row(row);
    if let Some(path) = &args.out {
        write(path, pattern, &units)?;
    }
    let labels = labels(notes, stored.len());
    let label = labels[row].as_deref();
    if output.json() {
        return output.object(&Single {
            schema: 1,
            command: "inspect",
            id,
            label,
            pattern: pattern.to_vec(),
        });
    }
    output.line(format_args!("#{id} {}", label.unwrap_or_default()))?;
    match draw(pattern, units.shape, units.tones()) {
        Some(rows) => output.line(rows.join("\n")),
        None => output.line(pattern.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
    }
}

fn write(path: &Path, pattern: ArrayView1<'_, f32>, units: &Units) -> anyhow::Result<()> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match (ending, units.shape) {
        ("png", Shape::Image { .. }) => png::write(path, pattern, units.shape, units.tones())?,
        ("npy", _) => npy::write(path, pattern.insert_axis(Axis(0)))?,
        _ => {
            let what = format!("--out {}: this pattern cannot be written so", path.display());
            return Err(Refusal::new(what, "name a .npy file, or a .png file for a picture").into());
        }
    }
    Ok(())
}

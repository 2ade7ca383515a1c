//! `attractor recall` of a learner's directory: damaged observations, completed from its episodes.

use std::path::Path;

use attractor_learn::{Completion, Evidence};
use ndarray::{Array2, ArrayView1};
use rayon::prelude::*;
use serde::Serialize;

use super::recall::{Args, DRAWN, Target, components, damage, distance};
use crate::brain;
use crate::examples::fits;
use crate::output::{Output, Refusal};
use crate::picture::{beside, draw};
use crate::source::Source;

/// Episodes that are given to machines.
const LEADING: usize = 8;

/// One cue, for machines.
#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    command: &'static str,
    cue: usize,
    label: Option<&'a str>,
    /// Root mean square difference to the cue before it was damaged.
    rms_error: f64,
    /// Components that were held.
    known: usize,
    status: String,
    steps: usize,
    energy: f64,
    leading: &'a [Evidence],
}

pub(super) fn run(args: &Args, directory: &Path, output: &Output) -> anyhow::Result<()> {
    let given = [
        ("--steps", args.steps.is_some()),
        ("--tolerance", args.tolerance.is_some()),
        ("--damping", args.damping.is_some()),
    ];
    if let Some((option, _)) = given.iter().find(|(_, given)| *given) {
        let what = format!("{option} has no meaning for a learner, which chooses its dynamics itself");
        return Err(Refusal::new(what, "leave the option out").into());
    }
    let snapshot = brain::read(directory)?;
    let source = Source::read(&args.cues, args.label_column.as_deref(), args.take)?;
    let bytes = source.fixed && source.range == (0.0, 255.0);
    let (whole, tones) = match bytes {
        true => (source.patterns.mapv(|x| (f64::from(x) / 255.0) as f32), (0.0, 1.0)),
        false => (source.patterns.clone(), source.range),
    };
    if let Some(known) = brain::shape(snapshot.config(), &snapshot.stats()) {
        fits(known, source.shape, &args.cues[0], directory)?;
    }
    let target = args.out.as_deref().map(|path| Target::of(path, source.shape)).transpose()?;
    let (cues, known) = damage(args, &whole, source.shape)?;
    let known = match args.clamp.as_deref() {
        None | Some("known") => known.ok_or_else(|| {
            let what =
                format!("{}: a learner has to be told which components are known", directory.display());
            Refusal::new(what, "hide a part with --damage mask:... or occlude:..., or name them with --clamp")
        })?,
        Some(text) => {
            let held = components(text, whole.ncols())?;
            Array2::from_shape_fn(whole.dim(), |(_, j)| held.contains(&j))
        }
    };
    let reader = brain::reader(&snapshot, args.namespace.as_deref());
    let completions = (0..cues.nrows())
        .into_par_iter()
        .map(|cue| reader.recall(&cues.row(cue).to_vec(), &known.row(cue).to_vec()))
        .collect::<Result<Vec<Completion>, _>>()?;
    let mut states = Array2::zeros(cues.dim());
    for (mut row, completion) in states.rows_mut().into_iter().zip(&completions) {
        row.assign(&ArrayView1::from(&completion.pattern));
    }
    for (cue, completion) in completions.iter().enumerate() {
        let label = source.labels[cue].as_deref();
        let report = Report {
            schema: 1,
            command: "recall",
            cue,
            label,
            rms_error: distance(whole.row(cue), states.row(cue)),
            known: known.row(cue).iter().filter(|known| **known).count(),
            status: completion.status.to_string(),
            steps: completion.steps,
            energy: completion.energy,
            leading: &completion.episodes[..completion.episodes.len().min(LEADING)],
        };
        output.object(&report)?;
        output.line(said(&report))?;
        let draw = |row| draw(row, source.shape, tones);
        if !output.json()
            && cue < DRAWN
            && let (Some(before), Some(after)) = (draw(cues.row(cue)), draw(states.row(cue)))
        {
            output.line(beside(&before, &after).join("\n"))?;
        }
    }
    target.map_or(Ok(()), |target| target.write(&cues, &states, tones))
}

fn said(report: &Report<'_>) -> String {
    let called = report.label.map_or_else(String::new, |label| format!(" ({label})"));
    let who = |episode: &Evidence| {
        let called = episode.label.as_ref().map_or_else(String::new, |label| format!(" ({label})"));
        format!("#{}{called} weight {:.4}", episode.id, episode.weight)
    };
    let leading: Vec<String> = report.leading.iter().take(3).map(who).collect();
    let steps = if report.steps == 1 { "step" } else { "steps" };
    format!(
        "cue {}{called}: {} after {} {steps}, energy {:.5}, rms error {:.4}; {}",
        report.cue,
        report.status,
        report.steps,
        report.energy,
        report.rms_error,
        leading.join(", ")
    )
}

//! `attractor recall --model`: damaged images, completed by a trained network.

use std::path::Path;

use attractor_data::Shape;
use attractor_lab::completion::grid;
use attractor_nets::models::Completer;
use attractor_nets::relaxation::Relaxation;
use burn::tensor::Device;
use ndarray::{Array2, Axis, Slice};
use serde::Serialize;

use super::recall::{Args, DRAWN, Target, components, damage, distance};
use crate::output::{Output, Refusal};
use crate::picture::{beside, draw};
use crate::relaxing::{Watched, page};
use crate::source::Source;

/// One cue, for machines.
#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    command: &'static str,
    cue: usize,
    label: Option<&'a str>,
    /// Root mean square difference to the cue before it was damaged.
    rms_error: f64,
    /// Pixels that were held.
    known: usize,
    converged: bool,
    steps: usize,
    /// Of the cue, and at the end.
    start: f64,
    energy: f64,
    /// Largest `|dx/dt|` at the end.
    residual: f64,
}

pub(super) fn run(args: &Args, model: &Path, output: &Output) -> anyhow::Result<()> {
    let given = [("--damping", args.damping.is_some()), ("--namespace", args.namespace.is_some())];
    if let Some((option, _)) = given.iter().find(|(_, given)| *given) {
        let what = format!("{option} has no meaning for a network, which has its own step of time");
        return Err(Refusal::new(what, "leave the option out").into());
    }
    let completer = Completer::load(model, &Device::flex())?;
    let how = relaxation(args, &completer)?;
    let source = Source::read(&args.cues, args.label_column.as_deref(), args.take)?;
    fits(&completer, source.shape, &args.cues[0], model)?;
    let whole = source.pixels(&args.cues[0])?;
    let target = args.out.as_deref().map(|path| Target::of(path, source.shape)).transpose()?;
    let (cues, known) = damage(args, &whole, source.shape)?;
    let known = held(args, model, known, whole.dim())?;
    let done = completer.complete(cues.view(), known.view(), &how)?;
    let report = &done.report;
    for cue in 0..whole.nrows() {
        let label = source.labels[cue].as_deref();
        let energy = |of: Option<&Vec<f64>>| of.map_or(f64::NAN, |energies| energies[cue]);
        let line = Report {
            schema: 1,
            command: "recall",
            cue,
            label,
            rms_error: distance(whole.row(cue), done.images.row(cue)),
            known: known.row(cue).iter().filter(|known| **known).count(),
            converged: report.converged[cue],
            steps: report.iterations[cue],
            start: energy(report.energies.first()),
            energy: energy(report.energies.last()),
            residual: report.residuals[cue],
        };
        output.object(&line)?;
        output.line(said(&line))?;
        let draw = |row| draw(row, source.shape, (0.0, 1.0));
        if !output.json()
            && cue < DRAWN
            && let (Some(before), Some(after)) = (draw(cues.row(cue)), draw(done.images.row(cue)))
        {
            output.line(beside(&before, &after).join("\n"))?;
        }
    }
    if let Some(path) = &args.page {
        let few = Slice::from(..whole.nrows().min(DRAWN));
        let (cues, known) = (cues.slice_axis(Axis(0), few), known.slice_axis(Axis(0), few));
        let (done, moments) = completer.watch(cues, known, &how)?;
        let label = |cue: usize| match &source.labels[cue] {
            Some(label) => format!("cue {cue} ({label})"),
            None => format!("cue {cue}"),
        };
        let text = page(&Watched {
            about: format!("{} from {}", model.display(), args.cues.join(" ")),
            shape: source.shape,
            labels: (0..cues.nrows()).map(label).collect(),
            whole: whole.slice_axis(Axis(0), few).to_owned(),
            known: known.to_owned(),
            done: &done,
            moments: &moments,
        });
        std::fs::write(path, text)
            .map_err(|reason| attractor_data::Error::Io { path: path.clone(), reason })?;
    }
    target.map_or(Ok(()), |target| target.write(&cues, &done.images, (0.0, 1.0)))
}

fn relaxation(args: &Args, completer: &Completer) -> anyhow::Result<Relaxation> {
    let trained = completer.relaxation();
    let steps = args.steps.unwrap_or(trained.steps);
    if steps == 0 {
        return Err(Refusal::new("--steps 0 completes nothing", "take at least 1").into());
    }
    Ok(Relaxation { steps, tolerance: args.tolerance.unwrap_or(trained.tolerance), ..trained })
}

/// The pixels that are held.
fn held(
    args: &Args,
    model: &Path,
    known: Option<Array2<bool>>,
    dims: (usize, usize),
) -> anyhow::Result<Array2<bool>> {
    match args.clamp.as_deref() {
        None | Some("known") => known.ok_or_else(|| {
            let what = format!("{}: a network has to be told which pixels are known", model.display());
            let hint =
                "hide a part with --damage mask:..., occlude:... or patches:..., or name pixels with --clamp";
            Refusal::new(what, hint).into()
        }),
        Some(text) => {
            let held = components(text, dims.1)?;
            Ok(Array2::from_shape_fn(dims, |(_, at)| held.contains(&at)))
        }
    }
}

fn fits(completer: &Completer, found: Shape, spec: &str, model: &Path) -> Result<(), Refusal> {
    if completer.image() == grid(found) {
        return Ok(());
    }
    let what = format!("{spec}: size {found}, but {} completes {}", model.display(), completer.image());
    Err(Refusal::new(what, "give images of the size that the network was trained on"))
}

fn said(report: &Report<'_>) -> String {
    let called = report.label.map_or_else(String::new, |label| format!(" ({label})"));
    let steps = if report.steps == 1 { "step" } else { "steps" };
    let rests = if report.converged { "at rest" } else { "still moving" };
    format!(
        "cue {}{called}: {rests} after {} {steps}, energy {:.5} from {:.5}, rms error {:.4}",
        report.cue, report.steps, report.energy, report.start, report.rms_error
    )
}

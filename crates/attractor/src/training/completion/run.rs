//! A fit, and what it is worth on images that it has not seen.

use std::time::Instant;

use attractor_data::{holdout, stream};
use attractor_lab::LabError;
use attractor_lab::completion::{CompletionTask, hidden_error};
use attractor_nets::training::{Draws, Epoch, Fit, Split};
use ndarray::{Array2, Axis, Slice};

use super::results::Shown;
use super::{Config, Results, page};
use crate::output::Refusal;
use crate::source::Source;
use crate::training::places::Places;
use crate::training::run::Progress;

/// Held images on the page.
const SHOWN: usize = 12;

/// Trains as `config` says, and writes everything into its output folder. With `resume` it goes on where an interrupted
/// run of the same configuration stopped.
pub(crate) fn run(config: &Config, resume: bool, progress: Progress<'_>) -> anyhow::Result<Results> {
    let start = Instant::now();
    let source = Source::read(std::slice::from_ref(&config.data), None, config.take)?;
    let images = source.pixels(&config.data)?;
    let fold = holdout(images.nrows(), config.held, &mut stream(config.seed, "held images"))?;
    if fold.train.is_empty() || fold.test.is_empty() {
        let what = format!(
            "{}: {} images leave none to learn from, or none to hold out",
            config.data,
            images.nrows()
        );
        return Err(Refusal::new(what, "give more images, or another share to hold out").into());
    }
    let split = Split { train: fold.train, held: fold.test };
    let (damage, model) = (config.damage()?, config.model.clone());
    let task = CompletionTask::new(images.clone(), source.shape, &split.train, damage, model, config.credit)
        .map_err(plain)?;
    let places = Places::new(&config.output)?;
    let epochs = config.training.epochs as f64;
    let mut observer = |epoch: &Epoch| {
        let measure = epoch.measure.map_or(String::new(), |measure| format!(", held {:.5}", -measure));
        let doing = format!("epoch {}: loss {:.5}{measure}", epoch.epoch + 1, epoch.loss);
        progress((epoch.epoch + 1) as f64 / epochs, &doing);
    };
    let seed = Draws::Fit(0).seed(config.seed);
    let checkpoint = places.checkpoint();
    let mut fit = Fit::new(&task, &config.training, seed).observed(&mut observer);
    if resume && checkpoint.is_file() {
        fit = fit.resumed(&checkpoint);
    }
    let fitted = fit.checkpoints(&checkpoint, 1).run(&split)?;
    fitted.model.save(places.model())?;
    let whole = images.select(Axis(0), &split.held);
    let (known, done) = task.complete(&fitted.model, &split.held, &fitted.model.relaxation())?;
    let mean = Array2::from_shape_fn(whole.dim(), |(_, pixel)| task.mean()[pixel]);
    let error = |images: &Array2<f32>| hidden_error(whole.view(), known.view(), images.view());
    let rests = done.report.converged.iter().filter(|rests| **rests).count();
    let few = Slice::from(..whole.nrows().min(SHOWN));
    let results = Results {
        schema: 1,
        command: "train",
        kind: "results",
        config: config.clone(),
        images: split.train.len(),
        held: split.held.len(),
        error: error(&done.images),
        error_of_mean: error(&mean),
        converged: rests as f64 / whole.nrows() as f64,
        history: fitted.history,
        model: places.model(),
        page: places.page(),
        seconds: start.elapsed().as_secs_f64(),
        shown: Shown {
            shape: source.shape,
            whole: whole.slice_axis(Axis(0), few).to_owned(),
            known: known.slice_axis(Axis(0), few).to_owned(),
            completed: done.images.slice_axis(Axis(0), few).to_owned(),
        },
    };
    Places::write(&places.results(), &(serde_json::to_string(&results)? + "\n"))?;
    Places::write(&places.page(), &page::page(&results))?;
    Ok(results)
}

/// What the data or the network refused, so that the hint for it is found.
fn plain(error: LabError) -> anyhow::Error {
    match error {
        LabError::Nets(error) => error.into(),
        LabError::Data(error) => error.into(),
        other => other.into(),
    }
}

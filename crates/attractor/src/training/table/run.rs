//! Cross-validation, then the network that is kept.

use std::time::Instant;

use attractor_nets::training::{Draws, Epoch, Fit, Split};
use serde::Serialize;

use super::rows::Rows;
use super::validation::{Accuracy, choose, measure};
use super::{Config, Results, page};
use crate::training::places::Places;
use crate::training::repetitions::{Repetition, repetitions};
use crate::training::results::Measured;
use crate::training::run::{Progress, plain};

/// What a row has to go through before the network sees it, and what its answers are called.
#[derive(Serialize)]
struct Seen<'a> {
    #[serde(flatten)]
    features: &'a attractor_lab::mil::Features,
    classes: &'a [String],
}

/// Trains as `config` says, and writes everything into its output folder. With `resume` it goes on where an interrupted
/// run of the same configuration stopped.
pub(crate) fn run(config: &Config, resume: bool, progress: Progress<'_>) -> anyhow::Result<Results> {
    let start = Instant::now();
    let rows = Rows::read(config)?;
    let places = Places::new(&config.output)?;
    let repetitions = cross_validation(config, &rows, &places, resume, progress)?;
    let candidate = choose(config, &rows).map_err(plain)?;
    let model = config.model[candidate];
    let all: Vec<usize> = (0..rows.len()).collect();
    let split = rows.held_out(&all, &config.training, config.seed).map_err(plain)?;
    let (task, features) = rows.task(&split.train, model).map_err(plain)?;
    let epochs = config.training.epochs as f64;
    let mut observer = |epoch: &Epoch| {
        let measure =
            epoch.measure.map_or(String::new(), |measure| format!(", accuracy {:.1} %", 100.0 * measure));
        let doing = format!("epoch {}: loss {:.4}{measure}", epoch.epoch + 1, epoch.loss);
        progress((epoch.epoch + 1) as f64 / epochs, &doing);
    };
    let checkpoint = places.checkpoint();
    let subject = serde_json::to_string(&(model, rows.digest()))?;
    let seed = Draws::Fit(0).seed(config.seed);
    let mut fit = Fit::new(&task, &config.training, seed).about(subject).observed(&mut observer);
    if resume && checkpoint.is_file() {
        fit = fit.resumed(&checkpoint);
    }
    let fitted = fit.checkpoints(&checkpoint, 1).run(&split)?;
    fitted.model.save(task.config(), places.model())?;
    let seen = Seen { features: &features, classes: &rows.names };
    Places::write(&places.features(), &(serde_json::to_string(&seen)? + "\n"))?;
    let count = |class: u32| rows.classes.iter().filter(|&&other| other == class).count();
    let most = (0..rows.names.len() as u32).map(count).max().unwrap_or(0);
    let results = Results {
        schema: 1,
        command: "train",
        kind: "results",
        config: config.clone(),
        rows: rows.len(),
        majority: most as f64 / rows.len() as f64,
        accuracy: Measured::of(&repetitions.iter().map(|r| Accuracy::means(&r.folds)).collect::<Vec<_>>()),
        repetitions,
        candidate,
        history: fitted.history,
        classes: rows.names,
        model: places.model(),
        page: places.page(),
        seconds: start.elapsed().as_secs_f64(),
    };
    Places::write(&places.results(), &(serde_json::to_string(&results)? + "\n"))?;
    Places::write(&places.page(), &page::page(&results))?;
    Ok(results)
}

fn cross_validation(
    config: &Config,
    rows: &Rows,
    places: &Places,
    resume: bool,
    progress: Progress<'_>,
) -> anyhow::Result<Vec<Repetition<Accuracy>>> {
    let Some(cv) = &config.cross_validation else { return Ok(Vec::new()) };
    let run = serde_json::to_string(&(&config.model, &config.training, cv, config.seed, rows.digest()))?;
    let all: Vec<usize> = (0..rows.len()).collect();
    repetitions((&run, cv.repetitions), places, resume, progress, |number| {
        let name = format!("folds of repetition {number}");
        let folds: Vec<Split> = rows.folds(&all, cv.folds, (config.seed, &name)).map_err(plain)?;
        measure(config, cv, rows, &folds, config.seed.wrapping_add(number as u64)).map_err(plain)
    })
}

//! Cross-validation, then the network that is kept.

use std::time::Instant;

use attractor_data::{Bags, Split as Fold, selection_folds, stream};
use attractor_lab::LabError;
use attractor_lab::mil::{Area, BagTask, Features, held_out};
use attractor_nets::models::BagModel;
use attractor_nets::training::{Draws, Epoch, Fit, Fitted, Split, Task, select};

use super::config::Config;
use super::identity;
use super::page::page;
use super::places::Places;
use super::repetitions::{Repetition, repetitions};
use super::results::{Attention, Measured, Results};

/// What a run tells on its way: a share from 0 to 1 of its present part, and a word.
pub(crate) type Progress<'a> = &'a mut (dyn FnMut(f64, &str) + Send);

/// Trains as `config` says, and writes everything into its output folder. With `resume` it goes on where an interrupted
/// run of the same configuration stopped.
pub(crate) fn run(config: &Config, resume: bool, progress: Progress<'_>) -> anyhow::Result<Results> {
    let start = Instant::now();
    let bags = config.bags()?;
    let folds = config.repetitions(&bags)?;
    let places = Places::new(&config.output)?;
    let repetitions = cross_validation(config, &bags, &folds, &places, resume, progress)?;
    let candidate = choose(config, &bags)?;
    let (task, split, fitted) = fit(config, &bags, candidate, &places, resume, progress)?;
    fitted.model.save(&config.model[candidate], task.width(), places.model())?;
    let features = Features::of(&bags, &split.train);
    Places::write(&places.features(), &(serde_json::to_string(&features)? + "\n"))?;
    let results = Results {
        schema: 1,
        command: "train",
        kind: "results",
        config: config.clone(),
        bags: bags.len(),
        auc: Measured::of(&repetitions.iter().map(|r| Area::means(&r.folds)).collect::<Vec<_>>()),
        repetitions,
        candidate,
        attention: attention(&task, &fitted.model, &bags, &split)?,
        history: fitted.history,
        model: places.model(),
        page: places.page(),
        seconds: start.elapsed().as_secs_f64(),
    };
    Places::write(&places.results(), &(serde_json::to_string(&results)? + "\n"))?;
    Places::write(&places.page(), &page(&results))?;
    Ok(results)
}

fn cross_validation(
    config: &Config,
    bags: &Bags,
    folds: &[Vec<Fold>],
    places: &Places,
    resume: bool,
    progress: Progress<'_>,
) -> anyhow::Result<Vec<Repetition<Area>>> {
    let Some(cv) = &config.cross_validation else { return Ok(Vec::new()) };
    let run = identity::of_validation(config, bags, folds)?;
    let contender = config.contender(cv);
    repetitions((&run, folds.len()), places, resume, progress, |number| {
        let seed = config.seed.wrapping_add(number as u64);
        contender.measure(bags, &folds[number], rayon::current_num_threads(), seed).map_err(plain)
    })
}

/// The candidate for the network that is kept: chosen on folds of all bags.
fn choose(config: &Config, bags: &Bags) -> anyhow::Result<usize> {
    let Some(cv) = config.cross_validation.as_ref().filter(|_| config.model.len() > 1) else { return Ok(0) };
    let all = Fold { train: (0..bags.len()).collect(), test: Vec::new() };
    let rng = &mut stream(config.seed, "selection");
    let folds = selection_folds(&all, bags.labels(), cv.inner, rng)?;
    let folds: Vec<Split> =
        folds.into_iter().map(|fold| Split { train: fold.train, held: fold.test }).collect();
    let threads = rayon::current_num_threads();
    let chosen = select(config.model.len(), &folds, threads, |candidate, split| {
        let model = config.model[candidate].clone();
        let held = held_out(bags, &split.train, &config.training, config.seed)?;
        let task = BagTask::standardised(bags, &held.train, model)?;
        let fitted = Fit::new(&task, &config.training, config.seed).run(&held)?;
        Ok::<_, LabError>(task.measure(&fitted.model, &split.held)?)
    });
    Ok(chosen.map_err(plain)?.candidate)
}

/// The network that is kept, fitted to all bags but those that early stopping needs.
fn fit(
    config: &Config,
    bags: &Bags,
    candidate: usize,
    places: &Places,
    resume: bool,
    progress: Progress<'_>,
) -> anyhow::Result<(BagTask, Split, Fitted<BagModel>)> {
    let all: Vec<usize> = (0..bags.len()).collect();
    let split = held_out(bags, &all, &config.training, config.seed).map_err(plain)?;
    let model = config.model[candidate].clone();
    let task = BagTask::standardised(bags, &split.train, model).map_err(plain)?;
    let epochs = config.training.epochs as f64;
    let mut observer = |epoch: &Epoch| {
        let measure =
            epoch.measure.map_or(String::new(), |measure| format!(", AUC {:.1} %", 100.0 * measure));
        let doing = format!("epoch {}: loss {:.4}{measure}", epoch.epoch + 1, epoch.loss);
        progress((epoch.epoch + 1) as f64 / epochs, &doing);
    };
    let seed = Draws::Fit(0).seed(config.seed);
    let checkpoint = places.checkpoint();
    let subject = identity::of_fit(config, candidate, bags)?;
    let mut fit = Fit::new(&task, &config.training, seed).about(subject).observed(&mut observer);
    if resume && checkpoint.is_file() {
        fit = fit.resumed(&checkpoint);
    }
    let fitted = fit.checkpoints(&checkpoint, 1).run(&split)?;
    Ok((task, split, fitted))
}

/// The surest positive bags, and the surest negative one, among those held out where there are any.
fn attention(task: &BagTask, model: &BagModel, bags: &Bags, split: &Split) -> anyhow::Result<Vec<Attention>> {
    const POSITIVE: usize = 3;
    let among = if split.held.is_empty() { &split.train } else { &split.held };
    let mut order: Vec<(usize, f64)> = among.iter().copied().zip(task.logits(model, among)?).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    let positive = order.iter().filter(|(bag, _)| bags.labels()[*bag]).take(POSITIVE);
    let negative = order.iter().rev().find(|(bag, _)| !bags.labels()[*bag]);
    let shown = |&(bag, logit): &(usize, f64)| {
        Ok(Attention {
            bag: bags.names()[bag].clone(),
            positive: bags.labels()[bag],
            logit,
            weights: task.attention(model, bag)?,
        })
    };
    positive.chain(negative).map(shown).collect()
}

/// What the network refused, so that the hint for it is found.
pub(super) fn plain(error: LabError) -> anyhow::Error {
    match error {
        LabError::Nets(error) => error.into(),
        LabError::Data(error) => error.into(),
        other => other.into(),
    }
}

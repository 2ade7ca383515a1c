//! All contenders on one set, with one seed.

use attractor_data::{Corruption, Shape, stream};
use attractor_nets::models::{Completed, CompleterConfig};
use attractor_nets::relaxation::Relaxation;
use attractor_nets::training::{Draws, Fit, RuleConfig, Schedule, Split, TrainingConfig};
use ndarray::{Array2, Axis, Slice};

use super::rivals::{Cues, Plan, decoded, mean, nearest, one_layer, right};
use super::sets::Images;
use super::{Assigning, CompletionTask, damaged, hidden_error};
use crate::experiment::LabError;
use crate::outcome::{Named, Row, Sheet};
use crate::statistics::Summary;

/// What is compared.
#[derive(Debug, Clone)]
pub(super) struct Trial {
    /// Energy networks by name.
    pub(super) networks: Vec<(&'static str, CompleterConfig)>,
    /// Hidden units of the autoencoder.
    pub(super) autoencoder: usize,
    pub(super) hide: Vec<Corruption>,
    pub(super) epochs: usize,
    pub(super) batch: usize,
    /// Learning rate of the energy networks.
    pub(super) rate: f64,
    /// Images on the page.
    pub(super) shown: usize,
}

/// What one contender did.
#[derive(Debug, Clone)]
pub(super) struct Score {
    pub(super) name: &'static str,
    /// Mean squared error of hidden pixels.
    pub(super) error: f64,
    /// Share of the completed images that are classified right, in per cent.
    pub(super) right: f64,
    /// Of energy networks.
    pub(super) rest: Option<Rest>,
    pub(super) pictures: Array2<f32>,
}

/// How near to rest relaxations end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rest {
    /// Share that came to rest, in per cent.
    pub(super) rested: f64,
    /// The same after [`LONGER`] times the steps.
    pub(super) later: f64,
    /// Mean squared error of hidden pixels then.
    pub(super) error: f64,
}

/// For each step that a network was trained for.
const LONGER: usize = 16;

/// Names of the first and the last rows, which complete nothing.
const CUE: &str = "cue";
const WHOLE: &str = "whole";
/// Hidden units, epochs and rate of the classifier, not tuned.
const CLASSIFIER: (usize, usize, f64) = (256, 15, 1e-3);
/// Epochs of the autoencoder for each of a network, and its rate: it costs little, and gains from more.
const AUTOENCODER: (usize, f64) = (3, 2e-3);

impl Trial {
    pub(super) fn run(&self, images: &Images, seed: u64) -> Result<Vec<Score>, LabError> {
        let shape = Shape::grey(28, 28);
        let (train, test) = (images.train.view(), images.test.view());
        let known = damaged(test, shape, &self.hide, &mut stream(seed, "hidden pixels"))?.known;
        let cues = Cues { images: test, known: known.view() };
        let (hidden, epochs, rate) = CLASSIFIER;
        let plan = Plan { epochs, batch: self.batch, rate, seed: Draws::Fit(0).seed(seed) };
        let classifier = plan.classifier(train, &images.train_classes, images.classes, hidden)?;
        let few = Slice::from(..test.nrows().min(self.shown));
        let score = |name, completed: Array2<f32>, rest| {
            Ok::<_, LabError>(Score {
                name,
                error: hidden_error(test, known.view(), completed.view()),
                right: right(&classifier, completed.view(), &images.test_classes)?,
                rest,
                pictures: completed.slice_axis(Axis(0), few).to_owned(),
            })
        };
        let mut scores = vec![
            score(CUE, cues.filled(|_, _| 0.5), None)?,
            score("mean image", mean(train, cues), None)?,
            score("nearest stored image", nearest(train, cues), None)?,
            score("one-layer memory", one_layer(train, cues, shape, &self.hide)?, None)?,
        ];
        let (more, rate) = AUTOENCODER;
        let plan =
            Plan { epochs: more * self.epochs, batch: self.batch, rate, seed: Draws::Fit(1).seed(seed) };
        let autoencoder = plan.autoencoder(train, self.autoencoder, shape, &self.hide)?;
        scores.push(score("autoencoder", decoded(&autoencoder, cues)?, None)?);
        for (place, (name, config)) in self.networks.iter().enumerate() {
            let split = Split { train: (0..train.nrows()).collect(), held: Vec::new() };
            let task = CompletionTask::new(
                images.train.clone(),
                shape,
                &split.train,
                self.hide.clone(),
                config.clone(),
                Assigning::Unrolled,
            )?;
            let training = TrainingConfig::adamw(self.rate, self.epochs)
                .with_batch(self.batch)
                .with_rule(RuleConfig::AdamW { decay: 0.0 })
                .with_clip(1.0)
                .with_schedule(Schedule::Cosine { least: 0.0 });
            let fitted = Fit::new(&task, &training, Draws::Fit(2 + place).seed(seed)).run(&split)?;
            let trained = fitted.model.relaxation();
            let done = fitted.model.complete(test, known.view(), &trained)?;
            let longer = Relaxation { steps: LONGER * trained.steps, ..trained };
            let later = fitted.model.complete(test, known.view(), &longer)?;
            let rested = |of: &Completed| {
                let count = of.report.converged.iter().filter(|rests| **rests).count();
                100.0 * count as f64 / test.nrows() as f64
            };
            let error = hidden_error(test, known.view(), later.images.view());
            let rest = Rest { rested: rested(&done), later: rested(&later), error };
            scores.push(score(name, done.images, Some(rest))?);
        }
        scores.push(score(WHOLE, test.to_owned(), None)?);
        Ok(scores)
    }
}

/// The scores of one set, seed by seed.
pub(super) struct Scores<'a> {
    pub(super) set: &'a str,
    pub(super) runs: Vec<Vec<Score>>,
}

impl Scores<'_> {
    /// A number of a contender over the seeds.
    pub(super) fn summary(&self, name: &str, of: impl Fn(&Score) -> Option<f64>) -> Summary {
        let all = self.runs.iter().flatten().filter(|score| score.name == name);
        Summary::of(&all.filter_map(of).collect::<Vec<_>>())
    }

    pub(super) fn error(&self, name: &str) -> Summary {
        self.summary(name, |score| Some(score.error))
    }

    /// Every number of those contenders that are, or are not, energy networks.
    pub(super) fn named(&self, networks: bool) -> Vec<Named> {
        let mut all = Vec::new();
        for score in self.runs.first().into_iter().flatten() {
            let (name, set) = (score.name, self.set);
            if score.rest.is_some() != networks {
                continue;
            }
            if name != WHOLE && name != CUE {
                let label = format!("{name}, {set}, squared error of hidden pixels");
                all.push(Named::new(label, &self.error(name)));
            }
            let label = format!("{name}, {set}, % classified right");
            all.push(Named::new(label, &self.summary(name, |score| Some(score.right))));
            if networks {
                let mut add = |what: &str, of: fn(Rest) -> f64| {
                    let label = format!("{name}, {set}, {what}");
                    all.push(Named::new(label, &self.summary(name, |score| score.rest.map(of))));
                };
                add("% at rest", |rest| rest.rested);
                add(&format!("% at rest after {LONGER} times the steps"), |rest| rest.later);
                add("squared error of hidden pixels then", |rest| rest.error);
            }
        }
        all
    }

    /// Pictures of the first seed.
    pub(super) fn sheet(&self) -> Sheet {
        let row = |score: &Score| Row {
            name: score.name.to_owned(),
            size: [28, 28],
            range: (0.0, 1.0),
            pictures: score.pictures.rows().into_iter().map(|row| row.to_vec()).collect(),
        };
        let rows = self.runs.first().into_iter().flatten().map(row).collect();
        Sheet { title: format!("{}, first seed", self.set), rows }
    }
}

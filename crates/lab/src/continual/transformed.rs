//! All ten digits again and again, their pixels permuted or turned: the protocols of Buzzega et al. 2020.

use attractor_data::stream as random;
use attractor_learn::strategy::{Codec, Copies, Distillation, Draw, Recipe};
use ndarray::{Array2, Axis};
use rand::RngExt;
use rand::seq::SliceRandom;

use super::contestant::{Entry, Question};
use super::entries::{class_means, cls_er, dark, naive, nearest, reservoir};
use super::protocol::{Length, Schedule, Score, contest};
use super::results::{Report, Row, outcome};
use super::stream::{Digits, Part, Stream};
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::outcome::{Curve, Figure, Outcome, Scale};
use crate::published::{PERMUTED_MNIST, ROTATED_MNIST};

const SOURCE: &str = "Buzzega et al. 2020, Dark experience, NeurIPS, arXiv 2004.07211; CLS-ER with the settings of Arani, \
    Sarfraz, Zonooz 2022, arXiv 2201.12604";

/// Permuted digits.
pub(crate) const PERMUTED: Experiment = Experiment {
    id: "permuted-mnist",
    title: "Permuted MNIST: the ten digits under twenty orders of the pixels",
    source: SOURCE,
    protocol: "MNIST in [0, 1]; 20 contexts of all digits, each under its own permutation of the pixels, one pass, batches \
               of 128; 784-100-100-10 network, plain gradient descent with the published rates; reservoirs of 200 and \
               500 images. Per cent right, mean over the contexts; the context is not told. 1 seed.",
    published: Some(PERMUTED_MNIST[3].1),
    data: &["mnist"],
    run: |context| run(context, Kind::Permuted, &PERMUTED_MNIST),
};

/// Rotated digits.
pub(crate) const ROTATED: Experiment = Experiment {
    id: "rotated-mnist",
    title: "Rotated MNIST: the ten digits under twenty angles",
    source: SOURCE,
    protocol: "MNIST in [0, 1]; 20 contexts of all digits, each turned by its own angle, uniform from 0 to 180 degrees \
               (nearest pixel), one pass, batches of 128; 784-100-100-10 network, plain gradient descent with the \
               published rates; reservoirs of 200 and 500 images. Per cent right, mean over the contexts; the context is \
               not told. 1 seed.",
    published: Some(ROTATED_MNIST[3].1),
    data: &["mnist"],
    run: |context| run(context, Kind::Rotated, &ROTATED_MNIST),
};

const WIDTH: usize = 28 * 28;
const BATCH: usize = 128;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Permuted,
    Rotated,
}

/// The same digits in every context, with the pixels of a picture taken from other places.
struct Transformed {
    digits: Digits,
    kind: Kind,
    contexts: usize,
}

impl Transformed {
    /// Where each pixel of context `index` is taken from; `None` outside the picture.
    fn sources(&self, index: usize, seed: u64) -> Vec<Option<usize>> {
        let mut rng = random(seed, &format!("continual/transformed/{index}"));
        match self.kind {
            Kind::Permuted => {
                let mut order: Vec<Option<usize>> = (0..WIDTH).map(Some).collect();
                order.shuffle(&mut rng);
                order
            }
            Kind::Rotated => turned(rng.random_range(0.0..180.0)),
        }
    }

    fn part(&self, part: &Part, index: usize, seed: u64) -> Part {
        let sources = self.sources(index, seed);
        let mut inputs = Array2::zeros(part.inputs.raw_dim());
        for (mut to, from) in inputs.axis_iter_mut(Axis(0)).zip(part.inputs.axis_iter(Axis(0))) {
            for (x, source) in to.iter_mut().zip(&sources) {
                *x = source.map_or(0.0, |at| from[at]);
            }
        }
        Part { inputs: inputs.into_shared(), classes: part.classes.clone() }
    }
}

/// Where each pixel of a picture of 28 x 28 comes from when it is turned counter-clockwise about its centre.
fn turned(degrees: f64) -> Vec<Option<usize>> {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let centre = 13.5;
    let inside = |x: f64| (0.0..=27.0).contains(&x.round()).then(|| x.round() as usize);
    let source = |at: usize| {
        let (y, x) = ((at / 28) as f64 - centre, (at % 28) as f64 - centre);
        let (from_x, from_y) = (cos * x - sin * y + centre, sin * x + cos * y + centre);
        Some(inside(from_y)? * 28 + inside(from_x)?)
    };
    (0..WIDTH).map(source).collect()
}

impl Stream for Transformed {
    fn contexts(&self) -> usize {
        self.contexts
    }

    fn train(&self, index: usize, seed: u64) -> Part {
        self.part(&self.digits.train, index, seed)
    }

    fn test(&self, index: usize, seed: u64) -> Part {
        self.part(&self.digits.test, index, seed)
    }

    fn among(&self, _: usize) -> Vec<u32> {
        (0..10).collect()
    }
}

fn run(context: &mut Context<'_>, kind: Kind, published: &[Row]) -> Result<Outcome, LabError> {
    let (seeds, contexts) = match context.extent() {
        Extent::Full => (1, 20),
        Extent::Smoke => (2, 3),
    };
    let stream = Transformed { digits: Digits::load(context)?, kind, contexts };
    // As the authors' network draws its first weights.
    let draw = Draw::Glorot;
    let recipe = |rate: f64| Recipe { draw, ..Recipe::new(&[WIDTH, 100, 100, 10], rate) };
    let distillation = |alpha: f64, beta: f64| Distillation { alpha, beta, rows: 128 };
    let copies = match kind {
        Kind::Permuted => Copies {
            consistency: 1.0,
            stable: 0.8,
            plastic: 1.0,
            stable_keep: 0.99,
            plastic_keep: 0.99,
            rows: 128,
        },
        Kind::Rotated => Copies {
            consistency: 0.75,
            stable: 1.0,
            plastic: 1.0,
            stable_keep: 0.999,
            plastic_keep: 0.99,
            rows: 128,
        },
    };
    let (few, many) = match kind {
        Kind::Permuted => (distillation(1.0, 1.0), distillation(1.0, 0.5)),
        Kind::Rotated => (distillation(1.0, 0.5), distillation(0.5, 1.0)),
    };
    let mut entries = vec![
        naive(&recipe(0.2), BATCH),
        reservoir(&recipe(0.2), BATCH, 200, 128),
        reservoir(&recipe(0.2), BATCH, 500, 128),
        dark(&recipe(0.1), BATCH, 200, few),
        dark(&recipe(0.2), BATCH, 500, many),
        cls_er(&recipe(0.2), BATCH, 200, copies),
        cls_er(&recipe(0.2), BATCH, 500, copies),
        class_means(BATCH),
        nearest(BATCH, WIDTH, 10, 500, Codec::Unit8),
    ];
    // Twenty contexts: measuring on all of them after each of them would take longer than learning them.
    entries.iter_mut().for_each(|entry| entry.asked = Question::AtTheEnd);
    let schedule = Schedule { length: Length::Passes(1), seeds };
    let scores = contest(context, &stream, schedule, &entries)?;
    context.progress(1.0, "done");
    let report = Report {
        measured: "DER++ 200",
        published,
        title: "Accuracy so far",
        notes: vec![
            "Published numbers: (unverified). Nothing is published here for CLS-ER: its rows are compared with nothing."
                .to_owned(),
        ],
    };
    let mut outcome = outcome(report, &entries, &scores);
    outcome.figures = vec![forgetting(&entries, &scores)];
    Ok(outcome)
}

/// What is left of each context after the last.
fn forgetting(entries: &[Entry], scores: &[Vec<Score>]) -> Figure {
    let curve = |(entry, runs): (&Entry, &Vec<Score>)| {
        let contexts = runs.iter().map(|score| score.last.len()).min().unwrap_or(0);
        let mean = |at: usize| runs.iter().map(|score| score.last[at]).sum::<f64>() / runs.len() as f64;
        let points = (0..contexts).map(|at| ((at + 1) as f64, mean(at))).collect();
        Curve { name: entry.name.clone(), points }
    };
    Figure {
        title: "What is left of each context after the last".into(),
        x: "context".into(),
        y: "per cent right".into(),
        x_scale: Scale::Linear,
        curves: entries.iter().zip(scores).map(curve).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_counter_clockwise_about_the_centre() {
        assert!(turned(0.0).iter().enumerate().all(|(at, from)| *from == Some(at)));
        // A quarter turn brings the right edge to the top.
        assert_eq!(turned(90.0)[0], Some(27));
        assert_eq!(turned(180.0)[0], Some(27 * 28 + 27));
        // At 45 degrees the corners come from outside.
        assert_eq!(turned(45.0)[0], None);
    }
}

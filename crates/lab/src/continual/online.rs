//! Split MNIST in one pass, batches of ten: the protocol of Buzzega et al. 2020, with CLS-ER.

use attractor_learn::strategy::{Codec, Copies, Distillation, Draw, Recipe};

use super::entries::{class_means, cls_er, dark, gdumb, naive, nearest, reservoir};
use super::protocol::{Length, Schedule, contest};
use super::results::{Report, outcome};
use super::stream::{Digits, Scenario, Split};
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::outcome::Outcome;
use crate::published::SEQ_MNIST_ONLINE;

/// The experiment.
pub(crate) const EXPERIMENT: Experiment = Experiment {
    id: "seq-mnist/online",
    title: "Split MNIST in one pass: which of all ten digits?",
    source: "Buzzega et al. 2020, Dark experience, NeurIPS, arXiv 2004.07211 (ER, DER++); Arani, Sarfraz, Zonooz 2022, \
             Learning fast, learning slow, ICLR, arXiv 2201.12604 (CLS-ER)",
    protocol: "MNIST in [0, 1]; 5 contexts of 2 digits, in order, one pass, batches of 10; 784-100-100-10 network, \
               plain gradient descent with the published rates; reservoirs of 200 and 500 images, everything else \
               as the authors' settings for this benchmark. Per cent right, mean over the contexts. 3 seeds.",
    published: Some(SEQ_MNIST_ONLINE[5].1),
    data: &["mnist"],
    run,
};

const WIDTH: usize = 28 * 28;
const BATCH: usize = 10;

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let seeds = context.repetitions(3, 2);
    let epochs = match context.extent() {
        Extent::Full => 64,
        Extent::Smoke => 4,
    };
    let stream = Split::new(&Digits::load(context)?, Scenario::Class);
    // As the authors' network draws its first weights.
    let draw = Draw::Glorot;
    let recipe = |rate: f64| Recipe { draw, ..Recipe::new(&[WIDTH, 100, 100, 10], rate) };
    let copies = |rows: usize| Copies {
        consistency: 2.0,
        stable: 0.9,
        plastic: 1.0,
        stable_keep: 0.99,
        plastic_keep: 0.99,
        rows,
    };
    let entries = [
        naive(&recipe(0.03), BATCH),
        reservoir(&recipe(0.01), BATCH, 200, 10),
        reservoir(&recipe(0.1), BATCH, 500, 10),
        dark(&recipe(0.03), BATCH, 200, Distillation { alpha: 0.2, beta: 1.0, rows: 128 }),
        dark(&recipe(0.03), BATCH, 500, Distillation { alpha: 1.0, beta: 0.5, rows: 10 }),
        cls_er(&recipe(0.03), BATCH, 200, copies(128)),
        cls_er(&recipe(0.1), BATCH, 500, copies(32)),
        gdumb(&recipe(0.05), BATCH, 500, epochs),
        class_means(BATCH),
        nearest(BATCH, WIDTH, 10, 200, Codec::Unit8),
        nearest(BATCH, WIDTH, 10, 500, Codec::Unit8),
    ];
    let schedule = Schedule { length: Length::Passes(1), seeds };
    let scores = contest(context, &stream, schedule, &entries)?;
    context.progress(1.0, "done");
    let report = Report {
        measured: "CLS-ER 500",
        published: &SEQ_MNIST_ONLINE,
        title: "Accuracy so far",
        notes: vec![
            "Published numbers of ER and DER++ are (unverified). CLS-ER answers with its stable copy."
                .to_owned(),
            "GDumb has the published optimiser and network, 64 epochs instead of 256.".to_owned(),
            "The nearest of 200 and of 500 hold as many images as the buffers, balanced over the classes."
                .to_owned(),
        ],
    };
    Ok(outcome(report, &entries, &scores))
}

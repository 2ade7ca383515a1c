//! Split MNIST, class by class, with so many iterations per context: the protocol of van de Ven, Tuytelaars and Tolias 2022.

use attractor_learn::strategy::{Codec, Drill, Intake, Keep, Mix, Recipe, Rule, Store, Support};

use super::entries::{class_means, naive, nearest, replay};
use super::protocol::{Length, Schedule, contest};
use super::results::{Report, outcome};
use super::stream::{Digits, Scenario, Split};
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::outcome::Outcome;
use crate::published::SPLIT_MNIST_ITERATIONS;

/// The experiment.
pub(crate) const EXPERIMENT: Experiment = Experiment {
    id: "split-mnist/class-2000",
    title: "Split MNIST: which of all ten digits, after 2,000 iterations per context?",
    source: "van de Ven, Tuytelaars, Tolias 2022, Three types of incremental learning, Nat. Mach. Intell. 4, table 2",
    protocol: "MNIST in [0, 1]; 5 contexts of 2 digits, in order, 2,000 batches of 128 each; 784-400-400-10 network, \
               Adam 1e-3, softmax over the classes seen so far; replay of 128 from 100 images per class, weights 1/T \
               and 1 - 1/T. Per cent right, mean over the contexts. 1 seed, where 20 are published.",
    published: Some(SPLIT_MNIST_ITERATIONS[1].1),
    data: &["mnist"],
    run,
};

const WIDTH: usize = 28 * 28;
const BATCH: usize = 128;

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let (seeds, iterations, kept) = match context.extent() {
        Extent::Full => (1, 2000, 1000),
        Extent::Smoke => (2, 10, 100),
    };
    let rows = if context.extent() == Extent::Full { BATCH } else { 32 };
    let stream = Split::new(&Digits::load(context)?, Scenario::Class);
    let support = Support::Seen;
    let recipe = Recipe { rule: Rule::Adam, support, ..Recipe::new(&[WIDTH, 400, 400, 10], 1e-3) };
    let store = Store::of(kept, WIDTH, 0, Codec::Unit8, Keep::Balanced);
    let drill = Drill { rows, mix: Mix::ByContext, intake: Intake::Closed };
    let entries = [
        naive(&recipe, rows),
        replay("ER 100 per class", &recipe, rows, store, drill),
        class_means(rows),
        nearest(rows, WIDTH, 10, kept, Codec::Unit8),
    ];
    let schedule = Schedule { length: Length::Batches(iterations), seeds };
    let scores = contest(context, &stream, schedule, &entries)?;
    context.progress(1.0, "done");
    let report = Report {
        measured: "ER 100 per class",
        published: &SPLIT_MNIST_ITERATIONS,
        title: "Accuracy so far",
        notes: vec![
            "Published numbers: (unverified). The buffer has room for 1000 images from the start, balanced over the \
             classes seen so far; in the reference each class has 100 from the start."
                .to_owned(),
        ],
    };
    Ok(outcome(report, &entries, &scores))
}

//! Split MNIST in three scenarios: the protocol of Hsu, Liu, Ramasamy and Kira 2018.

use attractor_learn::strategy::{Codec, Drill, Intake, Keep, Mix, Recipe, Rule, Store, Support};

use super::entries::{class_means, gdumb_as_others, joint, naive, nearest, ours, replay, ridge};
use super::protocol::{Length, Schedule, contest};
use super::results::{Report, Row, outcome};
use super::stream::{Digits, Scenario, Split};
use crate::experiment::{Context, Effort, Experiment, LabError};
use crate::outcome::Outcome;
use crate::published::{SPLIT_MNIST_CLASS, SPLIT_MNIST_DOMAIN, SPLIT_MNIST_TASK};

const SOURCE: &str =
    "Hsu, Liu, Ramasamy, Kira 2018, Re-evaluating continual learning scenarios, arXiv 1810.12488";
const PROTOCOL: &str = "MNIST padded to 32 x 32 and standardised; 5 contexts of 2 digits, in order, 4 passes each; \
    784-400-400 network (1024 inputs), Adam 1e-3, batches of 128, half of them rehearsed from the second context on; \
    1100 images as f32 or 4400 as bytes, 4.5 MB either way. Per cent right, mean over the contexts. 3 seeds.";

macro_rules! scenario {
    ($name:ident, $id:literal, $title:literal, $rows:expr, $scenario:expr) => {
        #[doc = $title]
        pub(crate) const $name: Experiment = Experiment {
            id: $id,
            title: $title,
            source: SOURCE,
            protocol: PROTOCOL,
            published: Some($rows[2].1),
            data: &["mnist"],
            run: |context| run(context, $scenario, &$rows),
        };
    };
}

scenario!(
    CLASS,
    "split-mnist/class",
    "Split MNIST: which of all ten digits?",
    SPLIT_MNIST_CLASS,
    Scenario::Class
);
scenario!(DOMAIN, "split-mnist/domain", "Split MNIST: odd or even?", SPLIT_MNIST_DOMAIN, Scenario::Domain);
scenario!(
    TASK,
    "split-mnist/task",
    "Split MNIST: which of the two digits of this context?",
    SPLIT_MNIST_TASK,
    Scenario::Task
);

/// Width of an image.
const WIDTH: usize = 32 * 32;
/// Images that fit as f32.
const FEW: usize = 1100;
/// Images that fit as bytes.
const MANY: usize = 4400;
const BATCH: usize = 128;
const EPOCHS: usize = 4;

fn run(context: &mut Context<'_>, scenario: Scenario, published: &[Row]) -> Result<Outcome, LabError> {
    let (seeds, passes, few, many, cycles) = match context.effort {
        Effort::Full => (3, EPOCHS, FEW, MANY, 32),
        Effort::Smoke => (2, 2, 50, 200, 4),
    };
    let stream = Split::new(&Digits::load(context)?.padded(), scenario);
    let outputs = if scenario == Scenario::Domain { 2 } else { 10 };
    let support = match scenario {
        Scenario::Task => Support::Grouped((0..10).map(|class| class / 2).collect()),
        Scenario::Class | Scenario::Domain => Support::All,
    };
    // Mean and deviation of the training pixels, as the reference has them.
    let (mean, deviation) = (0.1, 0.2752);
    let recipe = Recipe {
        mean,
        deviation,
        rule: Rule::Adam,
        support,
        ..Recipe::new(&[WIDTH, 400, 400, outputs], 1e-3)
    };
    let rehearsal = |name: &str, examples: usize, codec: Codec| {
        let store = Store::of(examples, WIDTH, 0, codec, Keep::Balanced);
        let drill = Drill { rows: BATCH / 2, mix: Mix::Together, intake: Intake::Closed };
        let mut entry = replay(name, &recipe, BATCH, store, drill);
        entry.later = BATCH / 2;
        entry
    };
    let entries = [
        naive(&recipe, BATCH),
        rehearsal("replay 1100", few, Codec::F32),
        rehearsal("replay 4400", many, Codec::Unit8),
        gdumb_as_others(&recipe, BATCH, many, cycles),
        joint(&recipe, BATCH, passes),
        class_means(BATCH),
        nearest(BATCH, WIDTH, outputs, few, Codec::F32),
        nearest(BATCH, WIDTH, outputs, many, Codec::Unit8),
        ridge(BATCH, WIDTH, outputs),
        ours(BATCH, 32),
    ];
    let schedule = Schedule { length: Length::Passes(passes), seeds };
    let scores = contest(context, &stream, schedule, &entries)?;
    context.progress(1.0, "done");
    let mut notes = vec![
        "Deviations: kept images are balanced over the classes of all contexts, where the reference balances them over \
         contexts (the same up to the sizes of the classes), GDumb's too, which knows classes alone; a rehearsing batch has exactly 64 old images, where the reference \
         shuffles as many old as new."
            .to_owned(),
        "Joint is trained once, on everything. GDumb keeps 4400 images and is trained from scratch for 32 epochs, with \
         the optimiser of the others: its own kills the units of this network. Ridge has lambda 1, not tuned."
            .to_owned(),
        "The nearest of 4400 decodes its images when it is asked: what it keeps takes 4.5 MB, what it searches 18 MB."
            .to_owned(),
    ];
    if scenario == Scenario::Task {
        notes.push(
            "One head, masked to the two classes of the context in training and in tests: what one head per \
             context computes."
                .to_owned(),
        );
    }
    let report = Report { measured: "replay 4400", published, title: "Accuracy so far", notes };
    Ok(outcome(report, &entries, &scores))
}

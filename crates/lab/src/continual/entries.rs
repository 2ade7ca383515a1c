//! Entries that several protocols share.

use attractor_data::Shape;
use attractor_learn::strategy::{
    ClsEr, Codec, Copies, Dark, Distillation, Drill, Intake, Keep, Lessons, Mix, Naive, Rates, Rebuild,
    Recipe, Replay, Store,
};

use super::contestant::{Contestant, Entry, Question, Start, Trained};
use super::nearest::{ClassMeans, NearestExample};
use super::ours::Ours;
use super::ridge::Ridge;
use crate::experiment::LabError;

/// An entry that is asked after every context and sees as many new examples in every batch.
fn entry(name: impl Into<String>, rows: usize, start: Start) -> Entry {
    Entry { name: name.into(), start, rows, later: rows, asked: Question::Throughout, baseline: false }
}

/// A contestant that is made from a recipe under the seed of the run.
fn seeded<S: Contestant + 'static>(
    recipe: &Recipe,
    make: impl Fn(&Recipe) -> Result<S, attractor_learn::Error> + Send + Sync + 'static,
) -> Start {
    let recipe = recipe.clone();
    Box::new(move |seed| Ok(Box::new(make(&Recipe { seed, ..recipe.clone() })?)))
}

/// Training on what comes.
pub(super) fn naive(recipe: &Recipe, rows: usize) -> Entry {
    entry("naive", rows, seeded(recipe, |recipe| Ok(Trained(Naive::new(recipe)?))))
}

/// Experience replay.
pub(super) fn replay(
    name: impl Into<String>,
    recipe: &Recipe,
    rows: usize,
    store: Store,
    drill: Drill,
) -> Entry {
    entry(name, rows, seeded(recipe, move |recipe| Ok(Trained(Replay::new(recipe, store, drill)?))))
}

/// Experience replay from a reservoir of `examples` in bytes, one draw of `drawn` per batch.
pub(super) fn reservoir(recipe: &Recipe, rows: usize, examples: usize, drawn: usize) -> Entry {
    let store = Store::of(examples, recipe.widths[0], 0, Codec::Unit8, Keep::Reservoir);
    let drill = Drill { rows: drawn, mix: Mix::Together, intake: Intake::Observed };
    replay(format!("ER {examples}"), recipe, rows, store, drill)
}

/// DER++ from a reservoir of `examples` in bytes with their outputs.
pub(super) fn dark(recipe: &Recipe, rows: usize, examples: usize, distillation: Distillation) -> Entry {
    let start = seeded(recipe, move |recipe| {
        let store = Dark::store(recipe, examples, Codec::Unit8);
        Ok(Trained(Dark::new(recipe, store, distillation)?))
    });
    entry(format!("DER++ {examples}"), rows, start)
}

/// CLS-ER from a reservoir of `examples` in bytes.
pub(super) fn cls_er(recipe: &Recipe, rows: usize, examples: usize, copies: Copies) -> Entry {
    let store = Store::of(examples, recipe.widths[0], 0, Codec::Unit8, Keep::Reservoir);
    let start = seeded(recipe, move |recipe| Ok(Trained(ClsEr::new(recipe, store, copies)?)));
    entry(format!("CLS-ER {examples}"), rows, start)
}

/// GDumb with the published optimiser: descent with momentum 0.9 and decay 1e-6, batches of 16, rates from 0.05 to 5e-4
/// in cycles of 1, 2, 4, ... epochs, after one at a tenth of it; gradients longer than 10 are scaled down.
pub(super) fn gdumb(recipe: &Recipe, rows: usize, examples: usize, epochs: usize) -> Entry {
    let rule = attractor_learn::strategy::Rule::Descent { momentum: 0.9, decay: 1e-6 };
    let recipe = Recipe { rule, rate: 0.05, longest: 10.0, ..recipe.clone() };
    let store = Store::of(examples, recipe.widths[0], 0, Codec::Unit8, Keep::Balanced);
    let rates = Rates::Restarts { least: 5e-4 };
    let lessons = Lessons { epochs, rows: 16, rates, intake: Intake::Closed };
    let start = seeded(&recipe, move |recipe| Ok(Trained(Rebuild::new(recipe, store, lessons)?)));
    Entry { asked: Question::AtTheEnd, ..entry(format!("GDumb {examples}"), rows, start) }
}

/// GDumb's buffer and its training from scratch, with the network and the optimiser of the others. (With its own
/// optimiser all units of two layers of 400 on standardised pixels die: 10 to 40 % right.)
pub(super) fn gdumb_as_others(recipe: &Recipe, rows: usize, examples: usize, epochs: usize) -> Entry {
    let store = Store::of(examples, recipe.widths[0], 0, Codec::Unit8, Keep::Balanced);
    let lessons = Lessons { epochs, rows, rates: Rates::Constant, intake: Intake::Closed };
    let start = seeded(recipe, move |recipe| Ok(Trained(Rebuild::new(recipe, store, lessons)?)));
    Entry { asked: Question::AtTheEnd, ..entry(format!("GDumb {examples}"), rows, start) }
}

/// Training on everything at once.
pub(super) fn joint(recipe: &Recipe, rows: usize, epochs: usize) -> Entry {
    let lessons = Lessons { epochs, rows, rates: Rates::Constant, intake: Intake::Closed };
    let start = seeded(recipe, move |recipe| Ok(Trained(Rebuild::joint(recipe, Codec::Unit8, lessons)?)));
    Entry { asked: Question::AtTheEnd, ..entry("joint", rows, start) }
}

/// The nearest class mean of pixels.
pub(super) fn class_means(rows: usize) -> Entry {
    Entry {
        baseline: true,
        ..entry("nearest class mean", rows, Box::new(|_| Ok(Box::<ClassMeans>::default())))
    }
}

/// The nearest of `examples` kept examples, as many of each class.
pub(super) fn nearest(rows: usize, width: usize, classes: usize, examples: usize, codec: Codec) -> Entry {
    let store = Store::of(examples, width, 0, codec, Keep::Balanced);
    let start: Start = Box::new(move |seed| -> Result<Box<dyn Contestant>, LabError> {
        Ok(Box::new(NearestExample::new(width, classes, store, seed)?))
    });
    let asked = Question::AtTheEnd;
    Entry { asked, baseline: true, ..entry(format!("nearest of {examples}"), rows, start) }
}

/// The complementary learner, one look at each example.
pub(super) fn ours(rows: usize, side: usize) -> Entry {
    let start: Start = Box::new(move |seed| -> Result<Box<dyn Contestant>, LabError> {
        Ok(Box::new(Ours::new(Shape::grey(side, side), seed)?))
    });
    entry("our learner, one look", rows, start)
}

/// Ridge regression on pixels.
pub(super) fn ridge(rows: usize, width: usize, classes: usize) -> Entry {
    let start: Start = Box::new(move |_| Ok(Box::new(Ridge::new(width, classes))));
    Entry { asked: Question::AtTheEnd, baseline: true, ..entry("ridge on pixels", rows, start) }
}

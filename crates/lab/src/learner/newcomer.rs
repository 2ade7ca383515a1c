//! A class that is new in the middle of a stream: who knows it, and from which look on.

use attractor_data::{Part, stream};
use attractor_learn::Answer;
use rand::seq::SliceRandom;

use super::{ask, learner, mnist, order, right, rows_of, show};
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::outcome::{Curve, Figure, Named, Outcome, Scale};
use crate::statistics::Summary;

pub(crate) const EXPERIMENT: Experiment = Experiment {
    id: "learner/newcomer",
    title: "A tenth digit, after nine are known",
    source: "McClelland, McNaughton, O'Reilly 1995: the fast system takes up at once what the slow one must not; no \
        published number",
    protocol: "MNIST; 1,000 training digits of each of nine classes in random order, shown once, then digits of the \
        tenth, one after the other; after 1, 5, 20, 100, 500 and 2,000 of them, accuracy on the test digits of the \
        tenth class and on those of the other nine, of the learner, of its fast and of its slow system alone; mean of \
        5 orders. Holds when the learner knows the tenth class at least as well as the slow system alone at every \
        number, and never loses more than 2 points on the nine.",
    published: None,
    data: &["mnist"],
    run,
};

/// What somebody says in an answer.
type Saying = fn(&Answer) -> Option<&String>;

/// Who is asked: the learner, its fast system, its slow system.
const VOICES: [(&str, Saying); 3] = [
    ("learner", |answer| answer.label.as_ref()),
    ("fast alone", |answer| answer.fast.as_ref()),
    ("slow alone", |answer| answer.slow.as_ref()),
];

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let orders: u64 = context.repetitions(5, 1);
    let (known, numbers): (usize, &[usize]) = match context.extent() {
        Extent::Full => (1_000, &[1, 5, 20, 100, 500, 2_000]),
        Extent::Smoke => (10, &[1, 5]),
    };
    let part = if context.extent() == Extent::Full { Part::Train } else { Part::Test };
    let (train, test) = (mnist(context, part)?, mnist(context, Part::Test)?);
    // Of the tenth class and of the nine, by number of looks and voice.
    let mut new = vec![[const { Vec::new() }; 3]; numbers.len()];
    let mut old = new.clone();
    let mut before = Vec::new();
    for index in 0..orders {
        context.progress(index as f64 / orders as f64, "one order");
        let seed = context.seed + index;
        let order = order(seed);
        let (nine, tenth) = order.split_at(9);
        let mut rng = stream(seed, "newcomer");
        let mut rows = Vec::new();
        for &class in nine {
            let mut of_class = rows_of(&train, &[class]);
            of_class.shuffle(&mut rng);
            of_class.truncate(known);
            rows.extend(of_class);
        }
        rows.shuffle(&mut rng);
        let mut newcomers = rows_of(&train, tenth);
        newcomers.shuffle(&mut rng);
        let mut learner = learner(&train, seed)?;
        show(&mut learner, &train, &rows)?;
        let (asked_new, asked_old) = (rows_of(&test, tenth), rows_of(&test, nine));
        before.push(100.0 * right(&test, &asked_old, &ask(&learner, &test, &asked_old)?, VOICES[0].1));
        let mut shown = 0;
        for (at, &number) in numbers.iter().enumerate() {
            show(&mut learner, &train, &newcomers[shown..number.min(newcomers.len())])?;
            shown = number.min(newcomers.len());
            for (lists, asked) in [(&mut new[at], &asked_new), (&mut old[at], &asked_old)] {
                let answers = ask(&learner, &test, asked)?;
                for (list, (_, said)) in lists.iter_mut().zip(VOICES) {
                    list.push(100.0 * right(&test, asked, &answers, said));
                }
            }
        }
    }
    context.progress(1.0, "done");
    let before = Summary::of(&before);
    let mut series = vec![Named::new("the nine, learner, before, %", &before)];
    let mut holds = true;
    for ((new, old), number) in new.iter().zip(&old).zip(numbers) {
        let (new, old) = ([0, 1, 2].map(|i| Summary::of(&new[i])), [0, 1, 2].map(|i| Summary::of(&old[i])));
        holds &= new[0].mean >= new[2].mean && old[0].mean >= before.mean - 2.0;
        for (place, summaries) in [("the tenth", new), ("the nine", old)] {
            let named = |((name, _), summary): ((&str, Saying), &Summary)| {
                Named::new(format!("{place}, {name}, {number} looks, %"), summary)
            };
            series.extend(VOICES.into_iter().zip(&summaries).map(named));
        }
    }
    let curve = |i: usize| Curve {
        name: VOICES[i].0.to_owned(),
        points: new.iter().zip(numbers).map(|(l, &n)| (n as f64, Summary::of(&l[i]).mean)).collect(),
    };
    Ok(Outcome {
        measured: Summary::of(&new[0][0]),
        series,
        baselines: Vec::new(),
        pass: (context.extent() == Extent::Full).then_some(holds),
        sheets: vec![],
        figures: vec![Figure {
            title: "Accuracy on the tenth class".to_owned(),
            x: "looks at it".to_owned(),
            y: "per cent".to_owned(),
            x_scale: Scale::Logarithmic,
            curves: (0..3).map(curve).collect(),
        }],
        notes: vec![
            "The headline is the tenth class after one look. The slow system, a ridge regression, takes new examples up \
             in blocks, at most 1,024 + 512 observations later; until then the memory answers for them."
                .to_owned(),
        ],
    })
}

//! Methods on tables against their definitions, and a protocol that looks only where it may.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use std::path::PathBuf;

use attractor_data::uci::{Fold, Uci};
use attractor_data::{Set, Shape, Split, stream};
use attractor_lab::uci::{Boosted, Cases, Forest, Lookup, Majority, Method, Nearest, Ridge, measure};
use attractor_lab::{Context, Effort, LabError, experiment, experiments, members};
use ndarray::{Array2, array};
use rand::RngExt;

/// Rows around one centre per class, with components that are whole numbers, so that distances tie.
fn cases(n: usize, classes: u32, apart: f32, seed: u64) -> Cases {
    let rng = &mut stream(seed, "tests/uci");
    let labels: Vec<u32> = (0..n).map(|_| rng.random_range(0..classes)).collect();
    let rows = Array2::from_shape_fn((n, 4), |(row, column)| {
        let centre = if labels[row] as usize % 4 == column { apart } else { 0.0 };
        centre + rng.random_range(-3i32..=3) as f32
    });
    Cases { rows, classes: labels }
}

fn classify(method: &dyn Method, train: &Cases, asked: &Cases) -> Vec<u32> {
    method.fit(train, None, 1).unwrap().classify(asked.rows.view()).unwrap()
}

fn right(found: &[u32], expected: &[u32]) -> f64 {
    found.iter().zip(expected).filter(|(a, b)| a == b).count() as f64 / expected.len() as f64
}

fn lookup(epochs: usize) -> Lookup {
    Lookup { layers: 1, width: 16, heads: 4, beta: 0.25, patterns: 2, rate: 0.01, epochs, members: 1 }
}

fn all() -> Vec<Box<dyn Method>> {
    vec![
        Box::new(Nearest { neighbours: 5 }),
        Box::new(Ridge { lambda: 1.0 }),
        Box::new(Forest { trees: 30, drawn: 1.0, leaf: 1 }),
        Box::new(Boosted { rounds: 20, rate: 0.3, depth: 3 }),
        Box::new(Lookup { members: 2, ..lookup(20) }),
    ]
}

#[test]
fn neighbours_vote_as_defined() {
    let (train, asked) = (cases(60, 3, 1.0, 1), cases(40, 3, 1.0, 2));
    for neighbours in [1, 2, 5, 60, 99] {
        let found = classify(&Nearest { neighbours }, &train, &asked);
        for (row, found) in asked.rows.outer_iter().zip(found) {
            let distance = |other: usize| -> i64 {
                row.iter().zip(train.rows.row(other)).map(|(a, b)| ((a - b) as i64).pow(2)).sum()
            };
            let mut order: Vec<usize> = (0..60).collect();
            order.sort_by_key(|&other| (distance(other), other));
            order.truncate(neighbours);
            let votes = |class: u32| order.iter().filter(|&&other| train.classes[other] == class).count();
            let most = (0..3).map(votes).max().unwrap();
            let winner = order.iter().map(|&other| train.classes[other]).find(|&class| votes(class) == most);
            assert_eq!(found, winner.unwrap(), "{neighbours} neighbours");
        }
    }
}

#[test]
fn ridge_scores_solve_their_normal_equations() {
    let (train, asked) = (cases(50, 3, 1.0, 3), cases(200, 3, 1.0, 4));
    let found = classify(&Ridge { lambda: 0.5 }, &train, &asked);
    // Gradient descent on the same objective, class by class, in f64.
    let n = train.classes.len() as f64;
    let x: Vec<Vec<f64>> =
        train.rows.outer_iter().map(|r| r.iter().map(|&v| f64::from(v)).collect()).collect();
    let center: Vec<f64> = (0..4).map(|c| x.iter().map(|row| row[c]).sum::<f64>() / n).collect();
    let centred: Vec<Vec<f64>> =
        x.iter().map(|row| row.iter().zip(&center).map(|(a, b)| a - b).collect()).collect();
    let total: f64 = centred.iter().flatten().map(|v| v * v).sum();
    let penalty = 0.5 * total / n;
    let mut weights = [[0.0f64; 4]; 3];
    let share = |class: usize| train.classes.iter().filter(|&&c| c as usize == class).count() as f64 / n;
    for (class, weights) in weights.iter_mut().enumerate() {
        for _ in 0..20_000 {
            let errors: Vec<f64> = centred
                .iter()
                .zip(&train.classes)
                .map(|(row, &c)| {
                    let score: f64 = row.iter().zip(weights.iter()).map(|(a, b)| a * b).sum();
                    score + share(class) - f64::from(u8::from(c as usize == class))
                })
                .collect();
            for column in 0..4 {
                let slope: f64 = centred.iter().zip(&errors).map(|(row, e)| row[column] * e).sum();
                weights[column] -= (slope + penalty * weights[column]) / (total + penalty);
            }
        }
    }
    for (row, found) in asked.rows.outer_iter().zip(found) {
        let scores: Vec<f64> = (0..3)
            .map(|class| {
                let terms = row.iter().zip(&center).zip(&weights[class]);
                terms.map(|((&a, b), w)| (f64::from(a) - b) * w).sum::<f64>() + share(class)
            })
            .collect();
        let best = (0..3).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
        // Where two scores nearly tie, either is right.
        assert!((scores[found as usize] - scores[best]).abs() < 1e-6, "{scores:?} {found}");
    }
}

#[test]
fn every_method_finds_a_signal_and_none_finds_noise() {
    for (apart, range) in [(8.0, 0.95..=1.0), (0.0, 0.15..=0.55)] {
        let (train, asked) = (cases(150, 3, apart, 5), cases(150, 3, apart, 6));
        for method in all() {
            let share = right(&classify(&*method, &train, &asked), &asked.classes);
            assert!(range.contains(&share), "{}: {share}", method.name());
            let again = right(&classify(&*method, &train, &asked), &asked.classes);
            assert_eq!(share, again, "{}: the same seed gives the same answers", method.name());
        }
    }
}

#[test]
fn trees_and_networks_bend_where_lines_cannot() {
    // Class 1 where exactly one of two components is above 0.
    let rng = &mut stream(7, "tests/uci");
    let rows = Array2::from_shape_fn((300, 2), |_| rng.random_range(-1.0f32..1.0));
    let classes: Vec<u32> = rows.outer_iter().map(|r| u32::from((r[0] > 0.0) != (r[1] > 0.0))).collect();
    let part = |range: std::ops::Range<usize>| Cases {
        rows: rows.slice(ndarray::s![range.clone(), ..]).to_owned(),
        classes: classes[range].to_vec(),
    };
    let (train, asked) = (part(0..200), part(200..300));
    let share = |method: &dyn Method| right(&classify(method, &train, &asked), &asked.classes);
    assert!(share(&Forest { trees: 50, drawn: 1.0, leaf: 1 }) > 0.9);
    assert!(share(&Boosted { rounds: 50, rate: 0.3, depth: 3 }) > 0.9);
    assert!(share(&Ridge { lambda: 1.0 }) < 0.7);
}

#[test]
fn rounds_are_those_that_were_best_where_it_may_look() {
    let (train, held) = (cases(80, 2, 2.0, 8), cases(80, 2, 2.0, 9));
    let boosted = Boosted { rounds: 60, rate: 0.3, depth: 3 };
    let trial = boosted.trial(&train, &held, 1).unwrap();
    let refitted = boosted.fit(&train, trial.rounds, 1).unwrap().classify(held.rows.view()).unwrap();
    assert_eq!(right(&refitted, &held.classes), trial.accuracy, "as many rounds give the same trees");
    for rounds in [20, 40, 60] {
        let other = boosted.fit(&train, Some(rounds), 1).unwrap().classify(held.rows.view()).unwrap();
        assert!(right(&other, &held.classes) <= trial.accuracy);
    }
    let trial = lookup(30).trial(&train, &held, 1).unwrap();
    assert!((16..=30).contains(&trial.rounds.unwrap()), "{trial:?}");
}

/// A table with a split for choosing and two folds.
fn table(classes: Vec<u32>, rows: Array2<f32>, selection: Option<Split>) -> Uci {
    let width = rows.ncols();
    let set = Set::new("made", rows, Shape::Vector(width)).unwrap().with_labels(classes).unwrap();
    let fold = |test: std::ops::Range<usize>| Fold {
        train: (0..80).filter(|row| !test.contains(row)).collect(),
        validation: Vec::new(),
        test: test.collect(),
    };
    Uci { set, selection, folds: vec![fold(0..20), fold(20..40)] }
}

#[test]
fn what_is_measured_on_is_not_learned_from() {
    let made = cases(80, 2, 2.0, 10);
    let choose = Some(Split { train: (40..60).collect(), test: (60..80).collect() });
    for selection in [choose, None] {
        let honest = table(made.classes.clone(), made.rows.clone(), selection.clone());
        // Poisoned classes of the test rows of the first fold: what it gets right turns over, nothing else of it moves.
        let mut classes = made.classes.clone();
        classes[..20].iter_mut().for_each(|class| *class = 1 - *class);
        let poisoned = table(classes, made.rows.clone(), selection);
        for candidates in [
            vec![
                Box::new(Nearest { neighbours: 1 }) as Box<dyn Method>,
                Box::new(Nearest { neighbours: 9 }) as Box<dyn Method>,
            ],
            vec![Box::new(Boosted { rounds: 40, rate: 0.3, depth: 2 }) as Box<dyn Method>],
        ] {
            let (a, b) =
                (measure(&honest, &candidates, 3).unwrap(), measure(&poisoned, &candidates, 3).unwrap());
            assert_eq!(a.chosen[0], b.chosen[0]);
            assert!((a.accuracies[0] + b.accuracies[0] - 1.0).abs() < 1e-12, "{a:?} {b:?}");
        }
    }
}

#[test]
fn the_choice_is_made_on_the_rows_for_choosing() {
    // The nearest row of the same class everywhere, but on the rows for choosing the fifth-nearest decides better.
    let made = cases(80, 2, 1.5, 11);
    let candidates: Vec<Box<dyn Method>> =
        [1, 3, 9, 15].map(|neighbours| Box::new(Nearest { neighbours }) as Box<dyn Method>).into();
    let split = Split { train: (0..40).collect(), test: (40..80).collect() };
    let table = table(made.classes, made.rows, Some(split.clone()));
    let (train, held) =
        (Cases::of(&table.set, &split.train).unwrap(), Cases::of(&table.set, &split.test).unwrap());
    let shares: Vec<f64> =
        candidates.iter().map(|c| right(&classify(&**c, &train, &held), &held.classes)).collect();
    let best = shares.iter().copied().fold(0.0, f64::max);
    let first = shares.iter().position(|&share| share == best).unwrap();
    assert_eq!(measure(&table, &candidates, 1).unwrap().chosen, [first, first], "{shares:?}");
}

#[test]
fn odd_tables_have_answers() {
    // One class only; components that never vary; a class that is skipped; two rows.
    let constant = Cases { rows: Array2::ones((6, 2)), classes: vec![0, 2, 2, 0, 2, 2] };
    let single = Cases { rows: array![[1.0, 2.0], [3.0, 4.0], [0.0, 1.0]], classes: vec![1, 1, 1] };
    let tiny = Cases { rows: array![[1.0, 2.0], [3.0, 4.0]], classes: vec![0, 1] };
    for method in all() {
        assert!(
            classify(&*method, &constant, &constant).iter().all(|&class| class <= 2),
            "{}",
            method.name()
        );
        assert_eq!(classify(&*method, &single, &single), [1, 1, 1], "{}", method.name());
        assert_eq!(classify(&*method, &tiny, &tiny).len(), 2, "{}", method.name());
    }
    assert_eq!(classify(&Majority, &constant, &tiny), [2, 2]);
}

#[test]
fn what_cannot_be_learned_from_is_refused() {
    let none = Cases { rows: Array2::zeros((0, 2)), classes: Vec::new() };
    let some = cases(10, 2, 1.0, 1);
    for method in all() {
        assert!(method.fit(&none, None, 1).is_err(), "{}", method.name());
        let model = method.fit(&some, None, 1).unwrap();
        assert!(model.classify(Array2::zeros((1, 3)).view()).is_err(), "{}", method.name());
    }
    let bad: [Box<dyn Method>; 6] = [
        Box::new(Nearest { neighbours: 0 }),
        Box::new(Ridge { lambda: 0.0 }),
        Box::new(Forest { trees: 0, drawn: 1.0, leaf: 1 }),
        Box::new(Forest { trees: 1, drawn: f64::NAN, leaf: 1 }),
        Box::new(Boosted { rounds: 0, rate: 0.1, depth: 1 }),
        Box::new(Boosted { rounds: 1, rate: -0.1, depth: 1 }),
    ];
    for method in bad {
        assert!(method.fit(&some, None, 1).is_err(), "{}", method.name());
    }
    let made = table(some.classes.repeat(8), Array2::zeros((80, 2)), None);
    assert!(measure(&made, &[], 1).is_err());
    let nobody = Lookup { members: 0, ..lookup(2) };
    assert!(nobody.fit(&cases(20, 2, 1.0, 1), None, 1).is_err());
}

#[test]
fn the_experiments_run_small_where_their_data_is() {
    let data = std::env::var_os("ATTRACTOR_DATA").map(PathBuf::from);
    let Some(data) = data.filter(|data| data.join("uci121/iris/iris_R.dat").is_file()) else {
        eprintln!("skipped: ATTRACTOR_DATA has no uci121/iris");
        return;
    };
    let smoke = |id: &str| {
        let mut quiet = |_: f64, _: &str| {};
        let mut context = Context::new(1, Effort::Smoke, Some(data.clone()), &mut quiet);
        experiment(id).unwrap().reproduce(&mut context).unwrap().0
    };
    let one = smoke("uci/iris");
    assert_eq!((one.series.len(), one.pass), (6, None));
    assert!(one.series.iter().all(|named| named.mean > 20.0 && named.mean <= 100.0), "{:?}", one.series);
    let all = smoke("uci/all");
    assert_eq!((all.pass, all.figures.len()), (None, 2));
    let (together, alone): (Vec<_>, Vec<_>) = all
        .series
        .iter()
        .filter(|n| n.name.starts_with("mean rank, 3 small"))
        .partition(|n| n.name.ends_with("in place of one"));
    assert_eq!(together.len(), 1);
    let ranks: Vec<f64> = alone.iter().map(|n| n.mean).collect();
    assert!((ranks.iter().sum::<f64>() - 15.0).abs() < 1e-9, "ranks 1 to 5 on average: {ranks:?}");
    assert!(ranks.contains(&all.measured.mean));
    assert_eq!(all, smoke("uci/all"), "same seed, other numbers");
    // Members stand in the list of their own, and nowhere twice.
    let listed = |id: &str| experiments().iter().any(|experiment| experiment.id == id);
    assert!(members().iter().any(|member| member.id == "uci/iris") && !listed("uci/iris"));
    assert!(matches!(experiment("uci/no-such-table"), Err(LabError::UnknownId { .. })));
}

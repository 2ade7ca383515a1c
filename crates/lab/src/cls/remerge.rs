//! `cls/remerge`: inference over stored pairs by recurrence, with no slow learning.

use attractor_data::stream;
use attractor_memory::{Clamp, Detail, Dynamics, Memory, Separation};
use faer::Mat;
use faer::prelude::Solve;
use ndarray::{Array1, Array2};
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};

use super::{figure, gaussian, mean_curve, named, over, over_seeds};
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::outcome::{Curve, Named, Outcome, Scale};

/// The experiment.
pub(crate) const EXPERIMENT: Experiment = Experiment {
    id: "cls/remerge",
    title: "Inference from stored pairs by recurrence, without slow learning",
    source: "Kumaran, McClelland 2012, Generalization through the recurrent interaction of episodic memories, \
             Psychological Review 119:573",
    protocol: "every pair is stored at once, as the sum of its two items with a strength of 1 +- 0.1 (normal); \
               hedged softmax with C = 1 and 1/tau = 2; probe items are held, and each read is the next query, 10 \
               passes, against 1 pass. Transitive inference: A > B > ... > F, premises only; each pair speaks for its \
               first item and against its second; BD, CE and BE are asked. Paired associates: A-B and B-C of 8 \
               triads; A is shown, C or the C of another triad is to be chosen. 200 memories per seed, 10 seeds. \
               Control: the items of the premises shuffled. Fixed beforehand: with recurrence both inferences exceed \
               0.75; with one pass, and in the control, they lie within 0.05 of 0.5; premises exceed 0.9 with \
               recurrence; the activation by the first item of the chain falls strictly with distance.",
    published: None,
    data: &[],
    run,
};

/// Items of the chain of transitive inference.
const CHAIN: usize = 6;
const TRIADS: usize = 8;
/// Inverse temperature of the hedged softmax.
const BETA: f64 = 2.0;
const STRENGTH_SPREAD: f64 = 0.1;
const PASSES: usize = 10;
/// Tested pairs of the chain that are no premises and leave out its ends, `(better, worse)`.
const INFERENCES: [(usize, usize); 3] = [(1, 3), (2, 4), (1, 4)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pairing {
    /// As they were shown.
    True,
    /// Between the items in another order.
    Shuffled,
}

/// Pairs as episodes: the memory and which item of each pair was the first.
struct Episodes {
    memory: Memory,
    pairs: Vec<(usize, usize)>,
}

impl Episodes {
    fn store(
        items: usize,
        pairs: Vec<(usize, usize)>,
        separation: Separation,
        rng: &mut impl Rng,
    ) -> Result<Self, LabError> {
        let mut rows = Array2::zeros((pairs.len(), items));
        for (mut row, &(first, second)) in rows.rows_mut().into_iter().zip(&pairs) {
            let strength = (1.0 + STRENGTH_SPREAD * gaussian(rng)) as f32;
            row[first] = strength;
            row[second] = strength;
        }
        let mut memory = Memory::builder(items).separation(separation).build()?;
        memory.store(rows.view())?;
        Ok(Self { memory, pairs })
    }

    /// Activities of the items after `steps` reads, each the query of the next; the probe is held.
    fn spread(&self, probe: &[usize], steps: usize) -> Result<Array2<f32>, LabError> {
        let mut cue = Array2::zeros((1, self.memory.width()));
        probe.iter().for_each(|&item| cue[[0, item]] = 1.0);
        let clamp = Clamp::Components(probe.to_vec());
        let dynamics =
            Dynamics { steps, tolerance: 0.0, clamp, detail: Detail::States, ..Dynamics::default() };
        Ok(self.memory.recall_with(cue.view(), &dynamics)?.states)
    }

    /// What the pairs say for `better` against `worse` on the given pass, from 1.
    fn preference(&self, (better, worse): (usize, usize), pass: usize) -> Result<f64, LabError> {
        let state = self.spread(&[better, worse], pass - 1)?;
        let weights = self.memory.weights(state.view())?;
        let vote = |&(first, second): &(usize, usize)| {
            let of = |item| f64::from(u8::from(first == item)) - f64::from(u8::from(second == item));
            of(better) - of(worse)
        };
        Ok(self.pairs.iter().zip(weights.row(0)).map(|(pair, w)| w * vote(pair)).sum())
    }
}

/// 1 for the right choice, one half where nothing speaks for either.
fn right(preference: f64) -> f64 {
    if preference == 0.0 { 0.5 } else { f64::from(u8::from(preference > 0.0)) }
}

/// Shares of right choices by pass, and the like, of one seed.
struct Run {
    inference: Vec<f64>,
    premises: Vec<f64>,
    /// The pair of the two ends, which are never and always the worse.
    ends: Vec<f64>,
    by_distance: Vec<f64>,
    associates: Vec<f64>,
    direct: Vec<f64>,
    control: [f64; 2],
    /// `[beta][one pass, all passes]` of the inferences of the chain.
    betas: Vec<[f64; 2]>,
    unhedged: [f64; 2],
    nearest: [f64; 2],
    /// Activity of every item of the chain when its first is shown.
    activity: Vec<f64>,
}

const BETAS: [f64; 7] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0];

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let memories = match context.extent() {
        Extent::Full => 200,
        Extent::Smoke => 20,
    };
    let runs = over_seeds(context, 10, |seed| one(memories, seed))?;
    Ok(outcome(&runs))
}

fn one(memories: usize, seed: u64) -> Result<Run, LabError> {
    let hedged = || Separation::softmax1(BETA);
    let premises: Vec<(usize, usize)> = (1..CHAIN).map(|item| (item - 1, item)).collect();
    let mut chains = vec![];
    let mut triads = vec![];
    let mut rng = stream(seed, "cls/remerge");
    for _ in 0..memories {
        chains.push(chain(Pairing::True, hedged(), &mut rng)?);
        triads.push((associates(Pairing::True, hedged(), &mut rng)?, foil(&mut rng)));
    }
    let asked = |chains: &[Episodes], questions: &[(usize, usize)], pass: usize| -> Result<f64, LabError> {
        let mut sum = 0.0;
        for episodes in chains {
            for &question in questions {
                sum += right(episodes.preference(question, pass)?);
            }
        }
        Ok(sum / (chains.len() * questions.len()) as f64)
    };
    let passes = |questions: &[(usize, usize)]| -> Result<Vec<f64>, LabError> {
        (1..=PASSES).map(|pass| asked(&chains, questions, pass)).collect()
    };
    let both = |make: &mut dyn FnMut() -> Result<Episodes, LabError>| -> Result<[f64; 2], LabError> {
        let chains = (0..memories).map(|_| make()).collect::<Result<Vec<_>, _>>()?;
        Ok([asked(&chains, &INFERENCES, 1)?, asked(&chains, &INFERENCES, PASSES)?])
    };
    let betas = BETAS.map(|beta| both(&mut || chain(Pairing::True, Separation::softmax1(beta), &mut rng)));
    let unhedged = both(&mut || chain(Pairing::True, Separation::softmax(BETA), &mut rng))?;
    let nearest = both(&mut || chain(Pairing::True, Separation::argmax(), &mut rng))?;
    let shuffled = both(&mut || chain(Pairing::Shuffled, hedged(), &mut rng))?[1];
    let mut broken = vec![];
    for _ in 0..memories {
        broken.push((associates(Pairing::Shuffled, hedged(), &mut rng)?, foil(&mut rng)));
    }
    let mut activity = Array1::<f64>::zeros(CHAIN);
    for episodes in &chains {
        activity += &episodes.spread(&[0], PASSES)?.row(0).mapv(f64::from);
    }
    Ok(Run {
        inference: passes(&INFERENCES)?,
        premises: passes(&premises[1..CHAIN - 2])?,
        ends: passes(&[(0, CHAIN - 1)])?,
        by_distance: (2..4)
            .map(|distance| {
                let at: Vec<_> = INFERENCES.into_iter().filter(|(b, w)| w - b == distance).collect();
                asked(&chains, &at, PASSES)
            })
            .collect::<Result<_, _>>()?,
        associates: (1..=PASSES).map(|pass| completed(&triads, 2, pass)).collect::<Result<_, _>>()?,
        direct: (1..=PASSES).map(|pass| completed(&triads, 1, pass)).collect::<Result<_, _>>()?,
        control: [shuffled, completed(&broken, 2, PASSES)?],
        betas: betas.into_iter().collect::<Result<_, _>>()?,
        unhedged,
        nearest,
        activity: (activity / memories as f64).to_vec(),
    })
}

/// The premises of a chain, between its items or, shuffled, between the same items in another order.
fn chain(pairing: Pairing, separation: Separation, rng: &mut impl Rng) -> Result<Episodes, LabError> {
    let mut items: Vec<usize> = (0..CHAIN).collect();
    if pairing == Pairing::Shuffled {
        items.shuffle(rng);
    }
    let pairs = items.windows(2).map(|pair| (pair[0], pair[1])).collect();
    Episodes::store(CHAIN, pairs, separation, rng)
}

/// A-B and B-C of every triad; item `3 t + k` is the k-th of triad t. Shuffled, each B has some triad's C.
fn associates(pairing: Pairing, separation: Separation, rng: &mut impl Rng) -> Result<Episodes, LabError> {
    let mut last: Vec<usize> = (0..TRIADS).collect();
    if pairing == Pairing::Shuffled {
        last.shuffle(rng);
    }
    let triads = last.iter().enumerate();
    let pairs = triads.flat_map(|(t, other)| [(3 * t, 3 * t + 1), (3 * t + 1, 3 * other + 2)]).collect();
    Episodes::store(3 * TRIADS, pairs, separation, rng)
}

/// For each triad another one.
fn foil(rng: &mut impl Rng) -> Vec<usize> {
    (0..TRIADS).map(|t| (t + rng.random_range(1..TRIADS)) % TRIADS).collect()
}

/// Share of triads whose `member` (B 1, C 2) is more active than that of the foil when A is shown.
fn completed(memories: &[(Episodes, Vec<usize>)], member: usize, pass: usize) -> Result<f64, LabError> {
    let mut sum = 0.0;
    for (episodes, foils) in memories {
        for (t, other) in foils.iter().enumerate() {
            let state = episodes.spread(&[3 * t], pass)?;
            let active = |t: usize| f64::from(state[[0, 3 * t + member]]);
            sum += right(active(t) - active(*other)) / foils.len() as f64;
        }
    }
    Ok(sum / memories.len() as f64)
}

/// The linear form of the chain with unit input to the first item, `x = (I - W^T W)^-1 u`, weights of 1/2 for
/// the two items of a pair: `x_i = (2 n + 1 - 2 i) / n`, i from 1.
fn linear(items: usize) -> Array1<f64> {
    let pairs = pair_weights(items);
    let square = pairs.t().dot(&pairs);
    let system = Mat::from_fn(items, items, |i, j| f64::from(u8::from(i == j)) - square[[i, j]]);
    let input = Mat::from_fn(items, 1, |i, _| f64::from(u8::from(i == 0)));
    let solved = system.partial_piv_lu().solve(&input);
    (0..items).map(|i| solved[(i, 0)]).collect()
}

fn pair_weights(items: usize) -> Array2<f64> {
    Array2::from_shape_fn(
        (items - 1, items),
        |(pair, item)| {
            if item == pair || item == pair + 1 { 0.5 } else { 0.0 }
        },
    )
}

fn outcome(runs: &[Run]) -> Outcome {
    let last = PASSES - 1;
    let mean = |pick: &dyn Fn(&Run) -> f64| over(runs, pick).mean;
    let mut series = vec![];
    for (name, pick) in [
        ("transitive inference", (|run| &run.inference) as fn(&Run) -> &Vec<f64>),
        ("premises inside the chain", |run| &run.premises),
        ("ends of the chain", |run| &run.ends),
        ("paired associates, inferred", |run| &run.associates),
        ("paired associates, direct", |run| &run.direct),
    ] {
        series.push(named(format!("{name}, one pass"), runs, |run| pick(run)[0]));
        series.push(named(format!("{name}, {PASSES} passes"), runs, |run| pick(run)[last]));
    }
    series.extend([
        named("transitive inference over distance 2", runs, |run| run.by_distance[0]),
        named("transitive inference over distance 3", runs, |run| run.by_distance[1]),
        named("transitive inference, softmax without hedge", runs, |run| run.unhedged[1]),
    ]);
    series.extend(
        (0..CHAIN).map(|i| {
            named(format!("activity of item {}, the first shown", i + 1), runs, |run| run.activity[i])
        }),
    );
    let baselines = vec![
        Named { name: "chance".into(), mean: 0.5, spread: 0.0 },
        named("transitive inference, nearest pair, one pass", runs, |run| run.nearest[0]),
        named(format!("transitive inference, nearest pair, {PASSES} passes"), runs, |run| run.nearest[1]),
        named("transitive inference, shuffled premises", runs, |run| run.control[0]),
        named("paired associates, shuffled premises", runs, |run| run.control[1]),
    ];
    let chance = |value: f64| (value - 0.5).abs() <= 0.05;
    let inferred = mean(&|run| run.inference[last]) > 0.75 && mean(&|run| run.associates[last]) > 0.75;
    let needed = chance(mean(&|run| run.inference[0])) && chance(mean(&|run| run.associates[0]));
    let control = chance(mean(&|run| run.control[0])) && chance(mean(&|run| run.control[1]));
    let known = mean(&|run| run.premises[last]) > 0.9 && mean(&|run| run.direct[last]) > 0.9;
    let falls = (1..CHAIN).all(|i| mean(&|run| run.activity[i]) < mean(&|run| run.activity[i - 1]));
    let said = |holds: bool| if holds { "holds" } else { "does not hold" };
    let xs: Vec<f64> = (1..=PASSES).map(|pass| pass as f64).collect();
    let linearly = linear(CHAIN);
    let items: Vec<f64> = (1..=CHAIN).map(|item| item as f64).collect();
    let by_beta = |name: &str, side: usize| Curve {
        name: name.into(),
        points: BETAS.iter().enumerate().map(|(b, &x)| (x, mean(&|run| run.betas[b][side]))).collect(),
    };
    let points = items.iter().zip(&linearly).map(|(&x, &y)| (x, y)).collect();
    Outcome {
        measured: over(runs, |run| run.inference[last]),
        series,
        baselines,
        pass: Some(inferred && needed && control && known && falls),
        sheets: vec![],
        figures: vec![
            figure(
                "Right choices against passes",
                ["pass", "share right"],
                Scale::Linear,
                vec![
                    mean_curve("transitive inference", runs, &xs, |run| &run.inference),
                    mean_curve("premises inside the chain", runs, &xs, |run| &run.premises),
                    mean_curve("ends of the chain", runs, &xs, |run| &run.ends),
                    mean_curve("associates, inferred", runs, &xs, |run| &run.associates),
                    mean_curve("associates, direct", runs, &xs, |run| &run.direct),
                ],
            ),
            figure(
                "Activation along the chain, its first item shown",
                ["item", "activity"],
                Scale::Linear,
                vec![
                    mean_curve("hedged softmax", runs, &items, |run| &run.activity),
                    Curve { name: "linear form".into(), points },
                ],
            ),
            figure(
                "Transitive inference against temperature",
                ["1 / tau", "share right"],
                Scale::Logarithmic,
                vec![by_beta("one pass", 0), by_beta("ten passes", 1)],
            ),
        ],
        notes: vec![
            format!(
                "Both inferences with recurrence: {}. One pass at chance: {}. Control at chance: {}. Premises known: \
                 {}. Activation falls with distance: {}.",
                said(inferred),
                said(needed),
                said(control),
                said(known),
                said(falls)
            ),
            "Measured: share of right choices in BD, CE and BE with recurrence. Nothing is learned: the pairs are \
             stored once, and the choice is that of greater support, without noise of its own."
                .into(),
            "Unverified against the paper: the form of the hedged softmax, C = 1, 1/tau, and that the spread of the \
             strengths stands for unequal study. The published simulations have other parameters; their curves are \
             figures, so that no number is compared. The third figure shows what the temperature does."
                .into(),
            format!(
                "What falls short: choices get worse with distance, {:.3} right over distance 2 and {:.3} over 3, as \
                 the links in between weaken; better choices over longer distances, as people and animals make them, \
                 are not shown here. The hedge hardly matters: without it {:.3}.",
                mean(&|run| run.by_distance[0]),
                mean(&|run| run.by_distance[1]),
                mean(&|run| run.unhedged[1])
            ),
            "The ends of the chain need no inference: one is always and the other never the first of its pair.".into(),
        ],
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Axis;

    use super::*;

    #[test]
    fn the_linear_form_has_its_graded_answer() {
        for items in [2, 3, 6, 9] {
            let solved = linear(items);
            for (i, x) in solved.iter().enumerate() {
                let exact = (2 * items + 1 - 2 * (i + 1)) as f64 / items as f64;
                assert!((x - exact).abs() < 1e-9, "{items} {i}: {x}");
            }
        }
        let pairs = pair_weights(3).dot(&linear(3));
        assert!((pairs[0] - 4.0 / 3.0).abs() < 1e-12 && (pairs[1] - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn one_read_of_an_identity_memory_is_the_feedback_of_the_linear_form() {
        let mut memory = Memory::builder(6).separation(Separation::identity()).build().unwrap();
        memory.store(pair_weights(6).mapv(|w| w as f32).view()).unwrap();
        let state = linear(6).mapv(|x| x as f32).insert_axis(Axis(0));
        let once = Dynamics { steps: 1, tolerance: 0.0, detail: Detail::States, ..Dynamics::default() };
        let mut next = memory.recall_with(state.view(), &once).unwrap().states;
        assert!((next[[0, 0]] - state[[0, 0]]).abs() > 0.5, "without its input the state decays");
        next[[0, 0]] += 1.0;
        assert!(next.iter().zip(&state).all(|(a, b)| (a - b).abs() < 1e-5));
    }

    #[test]
    fn softmax_with_one_phantom_is_the_hedged_softmax() {
        let weigh = |scores: [f64; 3], beta: f64| {
            let separation = Separation::softmax1(beta);
            let mut weights = scores.map(|s| s * separation.beta());
            separation.kind().weights(&mut weights, 3, f64::NAN);
            weights
        };
        let expected = [0.224515, 0.610296, 0.082595];
        let found = weigh([1.0, 2.0, 0.0], 1.0);
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?}");
        assert!((found.iter().sum::<f64>() - 0.917405).abs() < 1e-6);
        assert_eq!(weigh([0.0; 3], 1.0), [0.25; 3]);
    }

    #[test]
    fn without_noise_only_recurrence_tells_the_inner_items_apart() {
        let pairs: Vec<_> = (1..CHAIN).map(|item| (item - 1, item)).collect();
        let mut rows = Array2::zeros((pairs.len(), CHAIN));
        pairs.iter().enumerate().for_each(|(m, &(a, b))| {
            rows[[m, a]] = 1.0;
            rows[[m, b]] = 1.0;
        });
        let mut memory = Memory::builder(CHAIN).separation(Separation::softmax1(BETA)).build().unwrap();
        memory.store(rows.view()).unwrap();
        let episodes = Episodes { memory, pairs };
        for question in INFERENCES {
            let once = episodes.preference(question, 1).unwrap();
            let often = episodes.preference(question, PASSES).unwrap();
            assert!(once.abs() < 1e-6 && often > 1e-3, "{question:?}: {once} {often}");
            let turned = episodes.preference((question.1, question.0), PASSES).unwrap();
            assert!((turned + often).abs() < 1e-6);
        }
        assert_eq!([right(0.0), right(0.1), right(-0.1)], [0.5, 1.0, 0.0]);
    }
}

//! Hebb, Storkey and pseudo-inverse beside each other: patterns without a wrong bit, and from damage.

use attractor_memory::binary::Schedule;
use attractor_memory::capacity::Network as Kind;
use attractor_memory::classical::{Diagonal, Network, Rule};
use ndarray::{Array2, s};
use rand::seq::SliceRandom;
use rayon::prelude::*;

use super::{crossing, random_signs};
use crate::experiment::{Context, Extent, LabError};
use crate::outcome::{Curve, Figure, Named, Outcome, Scale};
use crate::statistics::Summary;

/// Share of bits that are flipped in the damaged cues.
const DAMAGE: f64 = 0.1;
/// A cue counts as recalled when its end state overlaps the pattern by at least this.
const RECALLED: f64 = 0.95;

/// What one draw of patterns gives at each number of patterns.
struct Draw {
    /// Share of the patterns that are fixed points.
    error_free: Vec<f64>,
    /// Share of the damaged cues that are recalled.
    recalled: Vec<f64>,
}

/// Adds series, baselines and figures to the outcome.
pub(super) fn compare(context: &mut Context<'_>, outcome: &mut Outcome) -> Result<(), LabError> {
    let runs = context.repetitions(5, 2);
    let width = match context.extent() {
        Extent::Full => 512,
        Extent::Smoke => 64,
    };
    let counts: Vec<usize> = (1..=32).map(|k| k * width / 32).collect();
    let rules = [
        ("Hebb", Rule::Hebb),
        ("Storkey", Rule::Storkey),
        ("pseudo-inverse", Rule::pseudo_inverse(Diagonal::Zeroed)),
    ];
    let mut free_curves = Vec::new();
    let mut recalled_curves = Vec::new();
    for (done, (name, rule)) in rules.into_iter().enumerate() {
        context.progress(0.7 + 0.1 * done as f64, name);
        let seed = context.seed;
        let draws: Vec<Draw> = (0..runs)
            .into_par_iter()
            .map(|run| draw(seed, run, width, rule, &counts))
            .collect::<Result<_, _>>()?;
        let picks: [(_, Pick, _); 2] = [
            ("half the patterns without a wrong bit", |d| &d.error_free, &mut free_curves),
            ("half the cues with 10 % damage recalled", |d| &d.recalled, &mut recalled_curves),
        ];
        for (what, pick, curves) in picks {
            let halves: Vec<f64> = draws.iter().map(|d| half(&counts, pick(d))).collect();
            outcome
                .series
                .push(Named::new(format!("{name}, N = {width}: K with {what}"), &Summary::of(&halves)));
            let mean = |k: usize| Summary::of(&draws.iter().map(|d| pick(d)[k]).collect::<Vec<_>>()).mean;
            let points =
                counts.iter().enumerate().map(|(k, &n)| (n as f64 / width as f64, mean(k))).collect();
            curves.push(Curve { name: name.to_owned(), points });
        }
        let all: Vec<f64> = draws.iter().map(|d| all(&counts, &d.error_free)).collect();
        outcome.series.push(Named::new(
            format!("{name}, N = {width}: largest K tried with no wrong bit at all"),
            &Summary::of(&all),
        ));
    }
    for (name, kind) in [
        ("Hebb: N / (2 ln N)", Kind::Hebb),
        ("Storkey: N / sqrt(2 ln N)", Kind::Storkey),
        ("pseudo-inverse: N", Kind::Projection),
    ] {
        let mean = kind.capacity(width)?;
        outcome.baselines.push(Named { name: format!("{name}, N = {width}"), mean, spread: 0.0 });
    }
    for (title, curves) in [
        (format!("Patterns without a wrong bit, N = {width}"), free_curves),
        (format!("Recalled from cues with 10 % wrong bits, N = {width}"), recalled_curves),
    ] {
        let (x, y) = ("load K / N".to_owned(), "share".to_owned());
        outcome.figures.push(Figure { title, x, y, x_scale: Scale::Linear, curves });
    }
    outcome.notes.push(format!(
        "The rules are compared at N = {width} on a grid of {} numbers of patterns up to N; a share that stays \
         above one half counts as N. N / (2 ln N) and N / sqrt(2 ln N) are limits of large N for patterns \
         without a wrong bit.",
        counts.len()
    ));
    Ok(())
}

type Pick = fn(&Draw) -> &Vec<f64>;

fn draw(seed: u64, run: usize, width: usize, rule: Rule, counts: &[usize]) -> Result<Draw, LabError> {
    // The same patterns for every rule.
    let mut rng = attractor_data::stream(seed, &format!("capacity/classical rules {width} {run}"));
    let patterns = random_signs(width, width, &mut rng);
    let cues = damaged(patterns.slice(s![..width / 32, ..]).to_owned(), &mut rng);
    let mut network = Network::new(width, rule)?;
    let mut draw = Draw { error_free: Vec::new(), recalled: Vec::new() };
    for &count in counts {
        network.store(patterns.slice(s![network.len()..count, ..]))?;
        let wrong = network.one_step_errors(network.ids())?;
        draw.error_free.push(share(wrong.iter().map(|&w| w == 0)));
        let states = network.recall(cues.view(), &Schedule::sequential())?.states;
        let overlaps = states.rows().into_iter().zip(patterns.rows()).map(|(a, b)| a.dot(&b));
        draw.recalled.push(share(overlaps.map(|m| f64::from(m) >= RECALLED * width as f64)));
    }
    Ok(draw)
}

fn damaged(mut cues: Array2<f32>, rng: &mut impl rand::Rng) -> Array2<f32> {
    let mut order: Vec<usize> = (0..cues.ncols()).collect();
    let flips = (DAMAGE * cues.ncols() as f64).round() as usize;
    for mut cue in cues.rows_mut() {
        order.shuffle(rng);
        for &i in &order[..flips] {
            cue[i] = -cue[i];
        }
    }
    cues
}

fn share(hits: impl ExactSizeIterator<Item = bool>) -> f64 {
    let all = hits.len() as f64;
    hits.filter(|&hit| hit).count() as f64 / all
}

/// Where the share falls through one half; the largest number when it never does.
fn half(counts: &[usize], shares: &[f64]) -> f64 {
    let points: Vec<(f64, f64)> = counts.iter().map(|&n| n as f64).zip(shares.iter().copied()).collect();
    crossing(&points, 0.5).unwrap_or_else(|| counts.last().map_or(0.0, |&n| n as f64))
}

/// The number before the first one at which some pattern has a wrong bit.
fn all(counts: &[usize], shares: &[f64]) -> f64 {
    let whole = shares.iter().take_while(|&&share| share == 1.0).count();
    whole.checked_sub(1).map_or(0.0, |last| counts[last] as f64)
}

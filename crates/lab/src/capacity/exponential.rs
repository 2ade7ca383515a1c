//! `capacity/exponential`: how fast the capacity of the exponential memory grows with its width.

use std::f64::consts::LN_2;

use attractor_memory::capacity::exponential_rate;
use rand::RngExt;
use rayon::prelude::*;

use super::lanes;
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::outcome::{Curve, Figure, Named, Outcome, Scale};
use crate::published;
use crate::statistics::{Summary, line, quantile};

/// The experiment.
pub(crate) const EXPERIMENT: Experiment = Experiment {
    id: "capacity/exponential",
    title: "Rate of ln K against width for the exponential memory",
    source: "Demircigil, Heusel, Löwe, Upgang and Vermet 2017, On a model of associative memory with huge storage \
             capacity, J. Stat. Phys. 168",
    protocol: "F = exp, random patterns stored one after the other until one of all those stored no longer \
               survives one synchronous step; K is the median over memories, the rate the slope of ln K against \
               N; the same from cues with a tenth of the bits flipped",
    published: Some(published::EXPONENTIAL_RATE),
    data: &[],
    run,
};

/// What must survive. Chosen before any run.
#[derive(Clone, Copy)]
struct Criterion {
    name: &'static str,
    /// Share of wrong bits in the cues.
    damage: f64,
    /// Whether every stored pattern is asked for, or only the first.
    all: bool,
    widths: &'static [u32],
    limit: fn(u32) -> usize,
}

struct Protocol {
    runs: usize,
    memories: usize,
    criteria: [Criterion; 3],
}

impl Protocol {
    fn of(context: &Context<'_>) -> Self {
        let (runs, extent) = (context.repetitions(5, 2), context.extent());
        let memories = match extent {
            Extent::Full => 25,
            Extent::Smoke => 5,
        };
        let widths = |full: &'static [u32], smoke: &'static [u32]| match extent {
            Extent::Full => full,
            Extent::Smoke => smoke,
        };
        let criteria = [
            Criterion {
                name: "all patterns",
                damage: 0.0,
                all: true,
                widths: widths(&[12, 14, 16, 18, 20, 22, 24, 26], &[10, 12, 14]),
                limit: |width| 1 << (width / 2),
            },
            Criterion {
                name: "all patterns, 10 % damage",
                damage: 0.1,
                all: true,
                widths: widths(&[10, 20, 30, 40], &[10, 20]),
                limit: |width| 100 + (0.21 * f64::from(width)).exp() as usize,
            },
            Criterion {
                name: "one given pattern",
                damage: 0.0,
                all: false,
                widths: widths(&[10, 12, 14, 16, 18], &[8, 10]),
                limit: |width| 1 << width,
            },
        ];
        Self { runs, memories, criteria }
    }
}

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let protocol = Protocol::of(context);
    let mut outcome = Outcome::default();
    let mut curves = Vec::new();
    let mut capped = 0;
    for (done, criterion) in protocol.criteria.iter().enumerate() {
        // Of each run: (N, ln K).
        let mut points = vec![Vec::new(); protocol.runs];
        for (at, &width) in criterion.widths.iter().enumerate() {
            let share = (done as f64 + at as f64 / criterion.widths.len() as f64) / 3.0;
            context.progress(share, &format!("{}, N = {width}", criterion.name));
            for (run, points) in points.iter_mut().enumerate() {
                let seed = context.seed;
                let lasted: Vec<f64> = (0..protocol.memories)
                    .into_par_iter()
                    .map(|memory| {
                        let name = format!("capacity/exponential {} {width} {run} {memory}", criterion.name);
                        let mut rng = attractor_data::stream(seed, &name);
                        survivors(&draw(width, criterion, &mut rng), criterion.all) as f64
                    })
                    .collect();
                capped += lasted.iter().filter(|&&k| k >= (criterion.limit)(width) as f64).count();
                points.push((f64::from(width), quantile(&lasted, 0.5).max(1.0).ln()));
            }
        }
        let slopes: Vec<f64> = points.iter().filter_map(|p| line(p)).map(|(slope, _)| slope).collect();
        let rate = Summary::of(&slopes);
        if done == 0 {
            outcome.measured = rate;
            // K is about sqrt(2 ln 2 / N) 2^(N/2): without the square root, the rate itself is left.
            let freed: Vec<f64> = points
                .iter()
                .filter_map(|p| line(&p.iter().map(|(n, k)| (*n, k + n.ln() / 2.0)).collect::<Vec<_>>()))
                .map(|(slope, _)| slope)
                .collect();
            outcome.series.push(Named::new("rate of K sqrt(N), all patterns", &Summary::of(&freed)));
        }
        outcome.series.push(Named::new(format!("rate, {}", criterion.name), &rate));
        let mean = |at: usize| Summary::of(&points.iter().map(|p| p[at].1 / LN_2).collect::<Vec<_>>()).mean;
        let points = criterion.widths.iter().enumerate().map(|(at, &n)| (f64::from(n), mean(at)));
        curves.push(Curve { name: criterion.name.to_owned(), points: points.collect() });
    }
    let widths = protocol.criteria[0].widths;
    let theory = |name: &str, ln_k: &dyn Fn(f64) -> f64| Curve {
        name: name.to_owned(),
        points: widths.iter().map(|&n| f64::from(n)).map(|n| (n, ln_k(n) / LN_2)).collect(),
    };
    curves.push(theory("2^(N/2)", &|n| n * LN_2 / 2.0));
    curves.push(theory("no two patterns one bit apart", &birthday));
    outcome.figures.push(Figure {
        title: "Patterns that the exponential memory keeps".to_owned(),
        x: "width N".to_owned(),
        y: "log2 of the median number of patterns K".to_owned(),
        x_scale: Scale::Linear,
        curves,
    });
    let pairs: Vec<(f64, f64)> = widths.iter().map(|&n| f64::from(n)).map(|n| (n, birthday(n))).collect();
    let baseline = |name: &str, mean: f64| Named { name: name.to_owned(), mean, spread: 0.0 };
    outcome.baselines = vec![
        baseline("ln(2) / 2", exponential_rate(0.0)?),
        baseline("theorem at 10 % damage, I(0.8) / 2", exponential_rate(0.1)?),
        baseline(
            "no two patterns one bit apart, same widths",
            line(&pairs).map_or(f64::NAN, |(slope, _)| slope),
        ),
    ];
    let expected = published::EXPONENTIAL_RATE;
    let (rate, limit) = (outcome.measured.mean, expected.value);
    outcome.pass = Some(rate < limit && rate > limit - expected.tolerance);
    outcome.notes.extend([
        format!(
            "{capped} memories kept every pattern that was drawn for them; medians need not know when they would \
             have lost one."
        ),
        "The theorem promises less than it seems: below the rate ln(2)/2, one given pattern survives, almost \
         surely in the limit. Here all of them must. Two patterns that differ in one bit undo each other exactly, \
         and among random patterns the first such pair comes at about sqrt(2 ln 2 / N) 2^(N/2): this is why the \
         rate of all patterns is ln(2)/2, less 1/(2N) at finite width. One given pattern alone survives much \
         longer (see its series)."
            .to_owned(),
        "Damaged cues have exactly a tenth of their bits flipped, which needs widths that are multiples of ten; \
         the theorem's rate for them is a limit of large N and their four widths are far from it."
            .to_owned(),
    ]);
    Ok(outcome)
}

/// `ln K` at which a pair of patterns one bit apart becomes as likely as not.
fn birthday(n: f64) -> f64 {
    (2.0 * LN_2 / n).ln() / 2.0 + n * LN_2 / 2.0
}

/// Patterns, bit by bit, and which bits are flipped in the cue of each.
struct Draw {
    width: u32,
    patterns: Vec<u64>,
    flips: Vec<u64>,
}

fn draw(width: u32, criterion: &Criterion, rng: &mut impl rand::Rng) -> Draw {
    let count = (criterion.limit)(width);
    let patterns = (0..count).map(|_| rng.next_u64() >> (64 - width)).collect();
    let wrong = (criterion.damage * f64::from(width)).round() as u32;
    let mut flipped = || {
        let mut flips = 0u64;
        while flips.count_ones() < wrong {
            flips |= 1 << rng.random_range(0..width);
        }
        flips
    };
    let flips = (0..count).map(|_| flipped()).collect();
    Draw { width, patterns, flips }
}

/// The largest number of patterns, stored in order, with which one synchronous step still restores every one of
/// them (or only the first) from its cue; never more than were drawn.
fn survivors(draw: &Draw, all: bool) -> usize {
    // A short prefix usually tells: every pattern costs a pass over the prefix.
    let mut prefix = draw.patterns.len().min(64);
    loop {
        let kept = survivors_among(draw, prefix, all);
        if kept < prefix || prefix == draw.patterns.len() {
            return kept;
        }
        prefix = draw.patterns.len().min(2 * prefix);
    }
}

/// [`survivors`] among the first `prefix` patterns.
///
/// In the gauge of its cue, unit `i` has the field `sum (agrees ? t(m - 1) : -t(m + 1))` over the patterns, `m`
/// their overlap with the cue and `t(c) = exp(c - (N - 1))`. Units that the cue has right must not be pushed
/// over, the flipped ones must be.
fn survivors_among(draw: &Draw, prefix: usize, all: bool) -> usize {
    let width = draw.width as usize;
    let t = |c: f64| (c - (width as f64 - 1.0)).exp();
    let overlap = |distance: usize| width as f64 - 2.0 * distance as f64;
    let agree: Vec<f64> = (0..=width).map(|d| t(overlap(d) - 1.0)).collect();
    let swing: Vec<f64> = (0..=width).map(|d| -t(overlap(d) - 1.0) - t(overlap(d) + 1.0)).collect();
    let lanes = width.next_multiple_of(8);
    let mut fields = [0.0; 64];
    let mut side = [1.0; 64];
    let mut alive = prefix;
    let watched = if all { prefix } else { 1 };
    for (index, (pattern, flips)) in draw.patterns.iter().zip(&draw.flips).enumerate().take(watched) {
        if index >= alive {
            break;
        }
        let cue = pattern ^ flips;
        let mut common = 0.0;
        fields.fill(0.0);
        for (i, side) in side.iter_mut().enumerate() {
            *side = if flips >> i & 1 == 1 { -1.0 } else { 1.0 };
        }
        for (stored, other) in draw.patterns[..alive].iter().enumerate() {
            let differ = other ^ cue;
            let distance = differ.count_ones() as usize;
            common += agree[distance];
            lanes::add_where(&mut fields[..lanes], &[differ], swing[distance]);
            if stored < index {
                continue;
            }
            // The sign bit of any product: a flipped unit with a field of exactly zero stays wrong.
            let pairs = fields[..lanes].iter().zip(&side[..lanes]);
            let signs = pairs.fold(0, |any, (field, side)| any | ((common + field) * side).to_bits());
            if signs >> 63 == 1 {
                // With `stored` patterns, if it was asked for by then, it was still there.
                alive = stored;
                break;
            }
        }
    }
    alive
}

#[cfg(test)]
mod tests {
    use super::*;
    use attractor_memory::binary::{DenseMemory, Interaction, Schedule};
    use ndarray::{Array2, s};

    #[test]
    fn the_memory_itself_loses_the_same_pattern_at_the_same_number() {
        let mut losses = 0;
        let mut quiet = |_: f64, _: &str| {};
        let protocol = Protocol::of(&Context::new(1, crate::Effort::Full, None, &mut quiet));
        for (criterion, width, repeats) in [(0, 12, 6), (0, 17, 2), (1, 20, 3), (2, 9, 5)] {
            let criterion = protocol.criteria[criterion];
            for repeat in 0..repeats {
                let mut rng = attractor_data::stream(repeat, "exponential");
                let draw = draw(width, &criterion, &mut rng);
                let signs = |bits: &dyn Fn(usize) -> u64| {
                    Array2::from_shape_fn((draw.patterns.len(), width as usize), |(k, i)| {
                        if bits(k) >> i & 1 == 1 { 1.0_f32 } else { -1.0 }
                    })
                };
                let patterns = signs(&|k| draw.patterns[k]);
                let cues = signs(&|k| draw.patterns[k] ^ draw.flips[k]);
                let restored = |count: usize| {
                    let mut memory = DenseMemory::new(width as usize, Interaction::Exponential(1.0)).unwrap();
                    memory.store(patterns.slice(s![..count, ..])).unwrap();
                    let asked = if criterion.all { count } else { 1 };
                    let schedule = Schedule::synchronous().sweeps(1);
                    let recall = memory.recall(cues.slice(s![..asked, ..]), &schedule).unwrap();
                    recall.states == patterns.slice(s![..asked, ..])
                };
                let alive = survivors(&draw, criterion.all);
                let lost = (1..=draw.patterns.len()).find(|&count| !restored(count));
                let kept = lost.map_or(draw.patterns.len(), |count| count - 1);
                assert_eq!(alive, kept, "{} at {width}", criterion.name);
                losses += usize::from(lost.is_some());
            }
        }
        assert!(losses > 10, "{losses} of 16 memories lost a pattern");
    }

    #[test]
    fn two_patterns_one_bit_apart_end_the_count() {
        let draw =
            Draw { width: 16, patterns: vec![0xAAAA, 0x0F0F, 0x3333, 0xAAAB, 0x1234], flips: vec![0; 5] };
        assert_eq!(survivors(&draw, true), 3);
    }
}

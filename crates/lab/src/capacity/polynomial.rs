//! `capacity/polynomial`: how the capacity of the dense memory of degree `n` grows with its width.

use attractor_memory::capacity::bit_error;
use rayon::prelude::*;

use super::{crossing, lanes};
use crate::experiment::{Context, Experiment, Extent, LabError};
use crate::outcome::{Curve, Figure, Named, Outcome, Scale};
use crate::published;
use crate::statistics::{Summary, line};

/// The experiment.
pub(crate) const EXPERIMENT: Experiment = Experiment {
    id: "capacity/polynomial",
    title: "Exponent of capacity against width for dense memories of degree 2, 3, 4",
    source: "Krotov and Hopfield 2016, Dense associative memory for pattern recognition, NeurIPS",
    protocol: "random patterns; from a stored pattern, one step of the exact energy comparison; K is where 1 % of \
               the bits turn wrong; the exponent is the slope of ln K against ln N",
    published: Some(published::POLYNOMIAL_EXPONENTS[1].1),
    data: &[],
    run,
};

/// Share of wrong bits that defines the capacity. Chosen before any run.
const CRITERION: f64 = 0.01;
/// Numbers of patterns that are looked at, relative to the Gaussian theory: 0.5 to 1.7 of it.
const CHECKPOINTS: usize = 14;

struct Protocol {
    runs: usize,
    bits: usize,
    widths: fn(u32) -> &'static [usize],
}

impl Protocol {
    fn of(context: &Context<'_>) -> Self {
        let runs = context.repetitions(5, 2);
        match context.extent() {
            Extent::Full => Self {
                runs,
                bits: 30_000,
                widths: |degree| match degree {
                    2 => &[250, 500, 1000, 2000, 4000],
                    3 => &[100, 200, 400, 800, 1600],
                    _ => &[32, 64, 128, 256],
                },
            },
            Extent::Smoke => Self {
                runs,
                bits: 3_000,
                widths: |degree| match degree {
                    2 => &[100, 200, 400],
                    3 => &[40, 80],
                    _ => &[24, 48],
                },
            },
        }
    }
}

fn run(context: &mut Context<'_>) -> Result<Outcome, LabError> {
    let protocol = Protocol::of(context);
    let mut outcome = Outcome { pass: Some(true), ..Outcome::default() };
    let mut curves = Vec::new();
    for (done, (degree, expected)) in published::POLYNOMIAL_EXPONENTS.into_iter().enumerate() {
        let widths = (protocol.widths)(degree);
        // Of each run: (ln N, ln K).
        let mut points = vec![Vec::new(); protocol.runs];
        let mut theory = Vec::new();
        for (at, &width) in widths.iter().enumerate() {
            let share = (done as f64 + at as f64 / widths.len() as f64) / 3.0;
            context.progress(share, &format!("degree {degree}, N = {width}"));
            let predicted = predicted(degree, width)?;
            theory.push(((width as f64).ln(), (predicted as f64).ln()));
            for (run, points) in points.iter_mut().enumerate() {
                let k = capacity(context.seed, run, degree, width, predicted, protocol.bits);
                points.extend(k.map(|ln_k| ((width as f64).ln(), ln_k)));
            }
        }
        let slopes: Vec<f64> = points.iter().filter_map(|p| line(p)).map(|(slope, _)| slope).collect();
        let exponent = Summary::of(&slopes);
        let holds = (exponent.mean - expected.value).abs() <= expected.tolerance && !slopes.is_empty();
        outcome.pass = Some(holds && outcome.pass == Some(true));
        outcome.series.push(Named::new(format!("exponent, n = {degree}"), &exponent));
        let last = widths.len() - 1;
        let ratios: Vec<f64> = points
            .iter()
            .filter_map(|p| p.iter().find(|(x, _)| *x == theory[last].0))
            .map(|(_, ln_k)| (ln_k - theory[last].1).exp())
            .collect();
        outcome.series.push(Named::new(
            format!("K over Gaussian theory, n = {degree}, N = {}", widths[last]),
            &Summary::of(&ratios),
        ));
        let baseline = line(&theory).map_or(f64::NAN, |(slope, _)| slope);
        outcome.baselines.push(Named {
            name: format!("exponent of the Gaussian theory, n = {degree}"),
            mean: baseline,
            spread: 0.0,
        });
        if degree == 3 {
            outcome.measured = exponent;
        }
        if degree == 2 {
            outcome.baselines.push(Named::new("classical network (n = 2)", &exponent));
        }
        let means = theory.iter().map(|&(x, _)| {
            let all: Vec<f64> = points.iter().flatten().filter(|(at, _)| *at == x).map(|(_, k)| *k).collect();
            (x.exp(), Summary::of(&all).mean / std::f64::consts::LN_2)
        });
        curves.push(Curve { name: format!("n = {degree}"), points: means.collect() });
        let theory = theory.iter().map(|(x, y)| (x.exp(), y / std::f64::consts::LN_2)).collect();
        curves.push(Curve { name: format!("n = {degree}, Gaussian theory"), points: theory });
    }
    outcome.figures.push(Figure {
        title: "Patterns at which 1 % of the bits turn wrong in one step".to_owned(),
        x: "width N".to_owned(),
        y: "log2 of the number of patterns K".to_owned(),
        x_scale: Scale::Logarithmic,
        curves,
    });
    outcome.notes.extend([
        "The criterion is a share of wrong bits. Patterns without any wrong bit number N^(n-1) / (2 (2n-3)!! ln \
         N): the logarithm would lower the exponent fitted over a finite range by about 1 / ln N."
            .to_owned(),
        "The pattern that is asked for is taken as all +1, which changes nothing for random patterns (flip the \
         same units in all of them), and every probe meets a memory of its own. The patterns are then drawn one \
         after the other and never kept."
            .to_owned(),
        "The number compared is the exponent for n = 3; the result holds only if those for n = 2 and n = 4 do."
            .to_owned(),
    ]);
    Ok(outcome)
}

/// The number of patterns at which the Gaussian theory expects the criterion.
fn predicted(degree: u32, width: usize) -> Result<usize, LabError> {
    let (mut low, mut high) = (1usize, 1usize);
    while bit_error(degree, width, high)? < CRITERION {
        (low, high) = (high, 2 * high);
    }
    while high - low > 1 {
        let middle = low.midpoint(high);
        if bit_error(degree, width, middle)? < CRITERION { low = middle } else { high = middle }
    }
    Ok(high)
}

/// `ln K` at the criterion; `None` when the checkpoints do not reach it.
fn capacity(seed: u64, run: usize, degree: u32, width: usize, predicted: usize, bits: usize) -> Option<f64> {
    let checkpoints: Vec<usize> = (0..CHECKPOINTS)
        .map(|k| (predicted as f64 * 0.5 * 1.1f64.powi(k as i32)).round().max(1.0) as usize)
        .collect();
    let probes = bits.div_ceil(width);
    let wrong = (0..probes)
        .into_par_iter()
        .map(|probe| {
            let name = format!("capacity/polynomial {degree} {width} {run} {probe}");
            wrong_bits(degree, width, &checkpoints, &mut attractor_data::stream(seed, &name))
        })
        .reduce(
            || vec![0; CHECKPOINTS],
            |mut sums, one| {
                sums.iter_mut().zip(one).for_each(|(sum, w)| *sum += w);
                sums
            },
        );
    let rate = |w: usize| w as f64 / (probes * width) as f64;
    let points: Vec<(f64, f64)> =
        checkpoints.iter().zip(wrong).map(|(&k, w)| ((k as f64).ln(), rate(w))).collect();
    crossing(&points, CRITERION)
}

/// How many bits of the pattern of all +1 one step turns, with 1, 2, ... random patterns in memory beside it
/// until there are as many as each checkpoint says, in ascending order.
///
/// Unit `i` compares energies by `sum_mu xi_i D(c)`, `D(c) = (c+1)^n - (c-1)^n`, `c` the overlap of the other
/// units. All sums are whole numbers below 2^53.
fn wrong_bits(degree: u32, width: usize, checkpoints: &[usize], rng: &mut impl rand::Rng) -> Vec<usize> {
    let difference = |c: f64| (c + 1.0).powi(degree as i32) - (c - 1.0).powi(degree as i32);
    // By the number of set bits: the term of a unit with a set bit, and that of one without.
    let overlap = |set: usize| 2.0 * set as f64 - width as f64;
    let set: Vec<f64> = (0..=width).map(|g| difference(overlap(g) - 1.0)).collect();
    let unset: Vec<f64> = (0..=width).map(|g| -difference(overlap(g) + 1.0)).collect();
    let mut pattern = vec![0u64; width.div_ceil(64)];
    let last = u64::MAX >> ((64 - width % 64) % 64);
    let mut fields = vec![0.0; width.next_multiple_of(8)];
    // The terms that all units share: here the stored pattern's own.
    let mut common = set[width];
    let mut known = 1;
    let mut wrong = Vec::with_capacity(checkpoints.len());
    for &checkpoint in checkpoints {
        while known < checkpoint {
            pattern.iter_mut().for_each(|word| *word = rng.next_u64());
            if let Some(word) = pattern.last_mut() {
                *word &= last;
            }
            let g: u32 = pattern.iter().map(|word| word.count_ones()).sum();
            common += unset[g as usize];
            lanes::add_where(&mut fields, &pattern, set[g as usize] - unset[g as usize]);
            known += 1;
        }
        wrong.push(fields[..width].iter().filter(|&&field| common + field < 0.0).count());
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use attractor_memory::binary::{DenseMemory, Interaction};
    use ndarray::Array2;
    use rand::Rng;

    #[test]
    fn streaming_patterns_is_asking_the_memory() {
        for (degree, width, count) in [(2, 70, 25), (3, 64, 300), (4, 37, 700), (4, 65, 4000)] {
            for probe in 0..3 {
                let stream = || attractor_data::stream(probe, "streaming");
                let found = wrong_bits(degree, width, &[2, count], &mut stream());
                // The same draws, kept.
                let mut rng = stream();
                let mut patterns = Array2::<f32>::ones((count, width));
                for mut row in patterns.rows_mut().into_iter().skip(1) {
                    let words: Vec<u64> = (0..width.div_ceil(64)).map(|_| rng.next_u64()).collect();
                    for (i, x) in row.iter_mut().enumerate() {
                        *x = if words[i / 64] >> (i % 64) & 1 == 1 { 1.0 } else { -1.0 };
                    }
                }
                for (&stored, &found) in [2, count].iter().zip(&found) {
                    let mut memory = DenseMemory::new(width, Interaction::Polynomial(degree)).unwrap();
                    let ids = memory.store(patterns.slice(ndarray::s![..stored, ..])).unwrap();
                    assert_eq!(memory.one_step_errors(&ids[..1]).unwrap(), [found], "{degree} {width}");
                }
            }
        }
    }

    #[test]
    fn the_prediction_solves_the_criterion() {
        for (degree, width) in [(2, 1000), (3, 200), (4, 64)] {
            let k = predicted(degree, width).unwrap();
            assert!(bit_error(degree, width, k).unwrap() >= CRITERION);
            assert!(bit_error(degree, width, k - 1).unwrap() < CRITERION);
        }
    }
}

//! Handwritten digits through random features.

use attractor_data::{Part, Scale, mnist};
use rand::RngExt;

use super::*;
use crate::cortex::{Discriminant, NearestMean, Ridge, factor};

const WIDTH: usize = 1_000;
const LEARNED: usize = 10_000;
const HELD_OUT: usize = 2_000;

/// `relu(A x)` of the first training digits, with A uniform, seeded; and their labels.
fn digits() -> Option<Vec<Example>> {
    let Ok(set) = mnist(Part::Train) else {
        println!("skipped: MNIST is not at hand (set ATTRACTOR_DATA)");
        return None;
    };
    let set = set.scaled(Scale::Unit);
    let mut rng = attractor_data::stream(1, "random features");
    let pixels = set.patterns().ncols();
    let matrix = ndarray::Array2::from_shape_fn((pixels, WIDTH), |_| rng.random::<f32>() * 0.2 - 0.1);
    let some = set.patterns().slice(ndarray::s![..LEARNED + HELD_OUT, ..]).dot(&matrix);
    let labels: Vec<u32> = set.samples().take(some.nrows()).filter_map(|sample| sample.label).collect();
    let features = some.rows().into_iter().map(|row| row.iter().map(|x| x.max(0.0)).collect());
    Some(features.zip(labels).map(|(features, label): (Vec<f32>, u32)| (features, label, 1.0)).collect())
}

fn accuracy(held_out: &[Example], answer: impl Fn(&[f32]) -> usize) -> f64 {
    let right = held_out.iter().filter(|e| answer(&e.0) == e.1 as usize).count();
    100.0 * right as f64 / held_out.len() as f64
}

fn best<T: PartialOrd + Copy>(scores: &[T]) -> usize {
    (1..scores.len()).fold(0, |best, k| if scores[k] > scores[best] { k } else { best })
}

fn learned(cortex: &mut dyn Cortex, learned: &[Example], held_out: &[Example]) -> f64 {
    learn(cortex, learned);
    cortex.settle().unwrap();
    accuracy(held_out, |features| best(&scores(cortex, features)))
}

/// Accuracy of `(G + lambda I)^-1 Q`, all in f64.
fn direct(learned: &[Example], held_out: &[Example], penalty: f64) -> f64 {
    let n = WIDTH + 1;
    let mut gram = vec![0.0; n * n];
    let mut weights = vec![0.0; 10 * n];
    for block in learned.chunks(500) {
        let rows: Vec<f64> = block
            .iter()
            .flat_map(|e| std::iter::once(1.0).chain(e.0.iter().map(|&h| f64::from(h))))
            .collect();
        factor::add_gram(&mut gram, n, &rows, &rows);
        for (row, e) in rows.chunks_exact(n).zip(block) {
            weights[e.1 as usize * n..][..n].iter_mut().zip(row).for_each(|(q, h)| *q += h);
        }
    }
    (0..n).for_each(|i| gram[i * n + i] += penalty);
    factor::cholesky(&mut gram, n).unwrap();
    factor::solve(&gram, n, &mut weights);
    accuracy(held_out, |features| {
        let scores: Vec<f64> = weights
            .chunks_exact(n)
            .map(|w| w[0] + w[1..].iter().zip(features).map(|(w, &h)| w * f64::from(h)).sum::<f64>())
            .collect();
        best(&scores)
    })
}

#[test]
fn ridge_is_as_good_as_the_direct_solve_and_better_than_the_nearest_mean() {
    let Some(digits) = digits() else { return };
    let (first, held_out) = digits.split_at(LEARNED);
    let mut cortex = Ridge::new(WIDTH).unwrap();
    let ridge = learned(&mut cortex, first, held_out);
    let exact = direct(first, held_out, cortex.penalty());
    let mean = learned(&mut NearestMean::new(WIDTH).unwrap(), first, held_out);
    let discriminant = learned(&mut Discriminant::new(WIDTH).unwrap(), &first[..4_000], held_out);
    let loss: f64 = held_out
        .iter()
        .map(|e| {
            let scores = scores(&cortex, &e.0);
            let largest = scores[best(&scores)];
            f64::from(
                scores.iter().map(|s| (s - largest).exp()).sum::<f32>().ln() + largest - scores[e.1 as usize],
            )
        })
        .sum::<f64>()
        / held_out.len() as f64;
    println!(
        "held out: ridge {ridge:.2} %, direct {exact:.2} %, nearest mean {mean:.2} %, discriminant (4,000 examples) \
         {discriminant:.2} %; ridge's temperature {:.2}, log-loss {loss:.3}",
        cortex.temperature()
    );
    assert!((ridge - exact).abs() <= 0.2);
    assert!(ridge > mean && discriminant > mean);
    assert!(loss < 0.5 * 10f64.ln());
}

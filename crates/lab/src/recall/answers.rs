//! Trivial answers to a cue, and what counts as right.

use attractor_memory::{Detail, Dynamics, Error, Memory, Separation, Similarity};
use ndarray::{Array2, ArrayView1, ArrayView2, Axis};

/// The baselines of every recall experiment over images, in the order of [`trivial`].
pub(super) const TRIVIAL: [&str; 4] = ["cue itself", "nearest by dot", "nearest by distance", "mean image"];

/// The answers of the baselines to each cue, each `(cues, d)`: no recall at all, the stored image of
/// largest dot product, the one of least Euclidean distance, and the mean of all that is stored.
pub(super) fn trivial(
    stored: ArrayView2<'_, f32>,
    cues: ArrayView2<'_, f32>,
) -> Result<[Array2<f32>; 4], Error> {
    let mean = stored.mean_axis(Axis(0)).ok_or(Error::Empty)?;
    let mean = mean.broadcast(cues.dim()).map(|m| m.to_owned()).ok_or(Error::Empty)?;
    let nearest = |similarity| nearest(similarity, stored, cues);
    Ok([cues.to_owned(), nearest(Similarity::Dot)?, nearest(Similarity::SquaredEuclidean)?, mean])
}

/// The most similar stored image to each cue.
pub(super) fn nearest(
    similarity: Similarity,
    stored: ArrayView2<'_, f32>,
    cues: ArrayView2<'_, f32>,
) -> Result<Array2<f32>, Error> {
    let builder = Memory::builder(stored.ncols()).similarity(similarity);
    let mut memory = builder.separation(Separation::argmax()).build()?;
    memory.store(stored)?;
    Ok(memory.recall_with(cues, &steps(1))?.states)
}

/// So many updates, unless a state is fixed exactly before.
pub(super) fn steps(steps: usize) -> Dynamics {
    Dynamics { steps, tolerance: 0.0, detail: Detail::States, ..Dynamics::default() }
}

/// Share of the answers whose cosine with the target is above `level`. The zero vector is never right.
pub(super) fn aligned(answers: ArrayView2<'_, f32>, targets: ArrayView2<'_, f32>, level: f64) -> f64 {
    share(answers, targets, |answer, target| {
        let product = |a: ArrayView1<'_, f32>, b: ArrayView1<'_, f32>| -> f64 {
            a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
        };
        product(answer, target) > level * (product(answer, answer) * product(target, target)).sqrt()
    })
}

/// Share of the answers whose summed squared error is at most `threshold`.
pub(super) fn within(answers: ArrayView2<'_, f32>, targets: ArrayView2<'_, f32>, threshold: f64) -> f64 {
    share(answers, targets, |answer, target| {
        answer.iter().zip(target).map(|(&a, &t)| f64::from(a - t).powi(2)).sum::<f64>() <= threshold
    })
}

fn share(
    answers: ArrayView2<'_, f32>,
    targets: ArrayView2<'_, f32>,
    right: impl Fn(ArrayView1<'_, f32>, ArrayView1<'_, f32>) -> bool,
) -> f64 {
    let count = answers.nrows().min(targets.nrows());
    let good = answers.outer_iter().zip(targets.outer_iter()).filter(|&(a, t)| right(a, t)).count();
    good as f64 / count.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn baselines_answer_as_defined() {
        let stored = array![[1.0, 0.0], [3.0, 3.0]];
        let cues = array![[1.0, 0.5]];
        let [itself, dot, distance, mean] = trivial(stored.view(), cues.view()).unwrap();
        assert_eq!((itself, dot), (cues, array![[3.0, 3.0]]));
        assert_eq!((distance, mean), (array![[1.0, 0.0]], array![[2.0, 1.5]]));
    }

    #[test]
    fn shares_follow_their_definitions() {
        // Cosines 1, 0.8, 0, and undefined.
        let targets = array![[2.0, 0.0], [2.0, 0.0], [2.0, 0.0], [2.0, 0.0]];
        let answers = array![[5.0, 0.0], [0.8, 0.6], [0.0, 1.0], [0.0, 0.0]];
        assert_eq!(aligned(answers.view(), targets.view(), 0.9), 0.25);
        assert_eq!(aligned(answers.view(), targets.view(), 0.7), 0.5);
        // Squared errors 9, 1.44 + 0.36, 5, 4.
        assert_eq!(within(answers.view(), targets.view(), 4.0), 0.5);
        assert_eq!(within(answers.view(), targets.view(), 5.0), 0.75);
    }
}

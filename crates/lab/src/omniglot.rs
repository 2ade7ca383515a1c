//! Handwritten characters of Omniglot (Lake, Salakhutdinov and Tenenbaum 2015) at 28 x 28.

use attractor_data::{Set, Shape, catalogue, open};
use ndarray::{Array2, s};

use crate::experiment::{Context, LabError};

/// The first `count` images of a published part, `background` (964 characters) or `evaluation` (659 others), with their
/// characters as classes, by the nearest pixel, ink white.
pub(crate) fn omniglot(context: &Context<'_>, part: &str, count: usize) -> Result<Set, LabError> {
    let root = context.data.clone().unwrap_or_else(catalogue::root);
    let path = root.join("omniglot").join(format!("images_{part}.npz"));
    let set = open(format!("{}:images", path.display()))?;
    let count = count.min(set.len());
    let side = set.shape().components().isqrt();
    let from = |x: usize| (2 * x + 1) * side / 56;
    let patterns = set.patterns().slice_move(s![..count, ..]);
    let small = Array2::from_shape_fn((count, 784), |(row, at)| {
        f32::from(patterns[[row, from(at / 28) * side + from(at % 28)]] == 0.0)
    });
    let labels = open(format!("{}:labels", path.display()))?;
    let labels = labels.patterns().iter().take(count).map(|&label| label as u32).collect();
    Ok(Set::new("omniglot", small, Shape::grey(28, 28))?.with_labels(labels)?)
}

//! Squared distances between instances, and from them those between bags.

use attractor_data::Bags;
use ndarray::{Array2, ArrayView2, Axis, s};

/// Squared Euclidean distances, `(rows of a, rows of b)`: one matrix product, whose rounding may leave 1e-6 of the
/// squared lengths.
pub(super) fn squared(a: ArrayView2<'_, f32>, b: ArrayView2<'_, f32>) -> Array2<f32> {
    let lengths = |x: ArrayView2<'_, f32>| x.map_axis(Axis(1), |row| row.dot(&row));
    let (of_a, of_b) = (lengths(a), lengths(b));
    let mut distances = a.dot(&b.t());
    for (mut row, &of_a) in distances.outer_iter_mut().zip(&of_a) {
        row.zip_mut_with(&of_b, |product, &of_b| *product = (of_a + of_b - 2.0 * *product).max(0.0));
    }
    distances
}

/// The smallest entry of `squared` for each bag of `bags`, whose instances are its columns: the squared minimal
/// Hausdorff distance from the bag of all rows.
pub(super) fn nearest(squared: ArrayView2<'_, f32>, bags: &Bags) -> Vec<f32> {
    let smallest = |bag| {
        let block = squared.slice(s![.., bags.range(bag)]);
        block.iter().copied().fold(f32::INFINITY, f32::min)
    };
    (0..bags.len()).map(smallest).collect()
}

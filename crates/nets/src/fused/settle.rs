//! When rows have arrived, and iterating them until they have.

use attractor_kernel::Lane;

/// Whether a step from `from` to `to` stayed within `tolerance (1 + |from|)`.
pub(crate) fn within(from: &[Lane], to: &[Lane], tolerance: f64) -> bool {
    distance(from, to) <= tolerance * (1.0 + length(from))
}

/// Replaces each row of `rows` by its image until it moves by at most `tolerance` of its length, at most `limit`
/// times; `image` computes all of them. Rows that have arrived stay as they are, so that no row depends on the
/// others. Those that have not, by then or because they left all bounds, are what they were at first: an iteration
/// that runs away has nothing to say. Returns how many.
pub(crate) fn settle(
    rows: &mut [Lane],
    images: &mut Vec<Lane>,
    panels: usize,
    limit: usize,
    tolerance: f64,
    mut image: impl FnMut(&[Lane], &mut Vec<Lane>),
) -> usize {
    let first = rows.to_vec();
    let mut moving = vec![true; rows.len() / panels];
    for _ in 0..limit {
        image(rows, images);
        for ((row, image), moving) in
            rows.chunks_exact_mut(panels).zip(images.chunks_exact(panels)).zip(&mut moving)
        {
            if *moving {
                // What left all bounds, or is no number, has not arrived.
                *moving = !length(image).is_finite() || distance(row, image) > tolerance * length(image);
                row.copy_from_slice(image);
            }
        }
        if !moving.contains(&true) {
            return 0;
        }
    }
    let back = rows.chunks_exact_mut(panels).zip(first.chunks_exact(panels)).zip(&moving);
    back.filter(|(_, moving)| **moving).for_each(|((row, first), _)| row.copy_from_slice(first));
    moving.into_iter().filter(|&moving| moving).count()
}

/// In f64: no square overflows.
fn length(row: &[Lane]) -> f64 {
    Lane::floats(row).iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt()
}

fn distance(a: &[Lane], b: &[Lane]) -> f64 {
    let pairs = Lane::floats(a).iter().zip(Lane::floats(b));
    pairs.map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum::<f64>().sqrt()
}

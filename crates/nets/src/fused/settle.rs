//! Iterating rows to a fixed point, each by itself.

use attractor_kernel::Lane;

/// Replaces each row of `rows` by its image until it moves little, at most `limit` times; `image` computes all of
/// them, `small(moved, length)` says which have arrived. Rows that have arrived stay as they are, so that no row
/// depends on the others. Returns how many have not.
pub(crate) fn settle(
    rows: &mut [Lane],
    images: &mut Vec<Lane>,
    panels: usize,
    limit: usize,
    small: impl Fn(f64, f64) -> bool,
    mut image: impl FnMut(&[Lane], &mut Vec<Lane>),
) -> usize {
    let mut moving = vec![true; rows.len() / panels];
    for _ in 0..limit {
        image(rows, images);
        for ((row, image), moving) in
            rows.chunks_exact_mut(panels).zip(images.chunks_exact(panels)).zip(&mut moving)
        {
            if *moving {
                // The row becomes the difference before it becomes the image.
                for (x, y) in row.iter_mut().zip(image) {
                    x.0.iter_mut().zip(y.0).for_each(|(x, y)| *x = y - *x);
                }
                *moving = !small(length(row), length(image));
                row.copy_from_slice(image);
            }
        }
        if !moving.contains(&true) {
            return 0;
        }
    }
    moving.into_iter().filter(|&moving| moving).count()
}

/// In f64: no square overflows.
fn length(row: &[Lane]) -> f64 {
    Lane::floats(row).iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt()
}

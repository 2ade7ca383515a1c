//! The workloads that are timed without data of one's own.

use attractor_data::stream;
use ndarray::{Array2, Axis};
use rand::RngExt;

/// Patterns and cues of a size, recalled at one beta.
pub(crate) struct Workload {
    pub(crate) name: String,
    pub(crate) cues: usize,
    rows: usize,
    width: usize,
    pub(crate) beta: f64,
    pub(crate) steps: usize,
    /// Whether rows are scaled to length one.
    rows_are: Rows,
}

#[derive(Clone, Copy, PartialEq)]
enum Rows {
    Unit,
    Cube,
}

/// All of them. `sharp`: one weight carries the answer; `diffuse`: none is negligible.
pub(crate) fn all() -> Vec<Workload> {
    let unit = |name: &str, cues, rows, width: usize, beta| Workload {
        name: name.to_owned(),
        cues,
        rows,
        width,
        beta,
        steps: 1,
        rows_are: Rows::Unit,
    };
    let mut all = Vec::new();
    for cues in [1, 8, 64] {
        for (kind, beta) in [("sharp", 64.0), ("diffuse", 128f64.sqrt().recip())] {
            all.push(unit(&format!("{cues}x1Mx128/{kind}"), cues, 1_000_000, 128, beta));
        }
    }
    all.push(unit("64x10kx256/beta8", 64, 10_000, 256, 8.0));
    let cube =
        Workload { steps: 4, rows_are: Rows::Cube, ..unit("100x10kx784/4steps", 100, 10_000, 784, 1.0) };
    all.push(cube);
    all.push(unit("store/1Mx128", 0, 1_000_000, 128, 1.0));
    all
}

impl Workload {
    /// Keys, and cues that are damaged keys: noise of about 0.75 of a key's length, or a masked half.
    pub(crate) fn data(&self) -> (Array2<f32>, Array2<f32>) {
        let mut rng = stream(1, &format!("bench {}", self.name));
        let mut keys =
            Array2::from_shape_simple_fn((self.rows, self.width), || rng.random_range(-1.0..1.0f32));
        if self.rows_are == Rows::Unit {
            for mut row in keys.axis_iter_mut(Axis(0)) {
                let norm = row.dot(&row).sqrt();
                row /= norm;
            }
        }
        let stride = self.rows / self.cues.max(1);
        let (rows_are, width) = (self.rows_are, self.width);
        // Uniform noise of this half-width has the wanted length.
        let noise = 0.75 * (3.0 / width as f32).sqrt();
        let cues = Array2::from_shape_fn((self.cues, width), |(i, j)| match rows_are {
            Rows::Unit => keys[[i * stride, j]] + noise * rng.random_range(-1.0..1.0f32),
            Rows::Cube if j >= width / 2 => 0.0,
            Rows::Cube => keys[[i * stride, j]],
        });
        (keys, cues)
    }
}

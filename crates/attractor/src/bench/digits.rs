//! The stream that learning is timed on: ten classes, two at a time.

use attractor_data::scenario::{ClassOrder, Scenario};
use attractor_data::{Error, Part, Scale, Set, Shape, mnist, stream};
use ndarray::{Array2, ArrayView2, Axis};
use rand::RngExt;

/// Observations given at a time.
const PIECE: usize = 64;
/// New classes at a time.
const CLASSES: usize = 2;
/// Sizes of the parts of MNIST, and side of its pictures.
const TRAIN: usize = 60_000;
const TEST: usize = 10_000;
const SIDE: usize = 28;

/// What is learned, in pieces, and what is asked afterwards.
pub(crate) struct Digits {
    /// `mnist` or `synthetic`.
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) test: Piece,
}

/// Patterns `(n, components)` in 0 to 1, and the label of each.
pub(crate) struct Piece {
    pub(crate) patterns: Array2<f32>,
    pub(crate) labels: Vec<String>,
}

impl Digits {
    /// The first `limit` training examples of MNIST, class-incremental: two classes after the other in ascending
    /// order, in the order of the file within them. Where MNIST is not there, a synthetic stream of its size.
    pub(crate) fn new(limit: Option<usize>) -> anyhow::Result<Self> {
        let most = limit.unwrap_or(TRAIN);
        let (name, train, test) = match mnist(Part::Train) {
            Ok(train) => ("mnist", train.take(most), mnist(Part::Test)?),
            Err(Error::Missing { .. }) => {
                let most = most.min(TRAIN);
                ("synthetic", synthetic(most, "train")?, synthetic(most.min(TEST), "test")?)
            }
            Err(error) => return Err(error.into()),
        };
        let (train, test) = (train.scaled(Scale::Unit), test.scaled(Scale::Unit));
        let scenario = Scenario::class_incremental(&train, &ClassOrder::Ascending, CLASSES)?;
        let chunks = scenario.experiences().iter().flat_map(|part| part.indices.chunks(PIECE));
        let pieces = chunks.map(|rows| Piece::of(&train, train.patterns().select(Axis(0), rows), rows));
        let all: Vec<usize> = (0..test.len()).collect();
        let asked = Piece::of(&test, test.patterns().to_owned(), &all);
        Ok(Self { name, shape: train.shape(), pieces: pieces.collect(), test: asked })
    }

    /// Observations in all pieces.
    pub(crate) fn len(&self) -> usize {
        self.pieces.iter().map(|piece| piece.labels.len()).sum()
    }
}

impl Piece {
    fn of(set: &Set, patterns: Array2<f32>, rows: &[usize]) -> Self {
        let labels = set.labels().unwrap_or_default();
        let labels = rows.iter().map(|&row| set.class_name(labels[row]).into_owned()).collect();
        Self { patterns, labels }
    }

    pub(crate) fn view(&self) -> (ArrayView2<'_, f32>, Vec<&str>) {
        (self.patterns.view(), self.labels.iter().map(String::as_str).collect())
    }
}

/// Ten blots of ink, moved by up to three pixels and damaged by noise; values 0 to 255.
fn synthetic(rows: usize, part: &str) -> anyhow::Result<Set> {
    let mut rng = stream(1, &format!("bench learn {part}"));
    let mut patterns = Array2::zeros((rows, SIDE * SIDE));
    let mut labels = Vec::with_capacity(rows);
    for mut pixels in patterns.rows_mut() {
        let class = rng.random_range(0..10u32);
        let (down, right) = (rng.random_range(-3.0..3.0f32), rng.random_range(-3.0..3.0f32));
        let turn = class as f32 * std::f32::consts::TAU / 10.0;
        for (at, pixel) in pixels.iter_mut().enumerate() {
            let (row, column) = ((at / SIDE) as f32 - 13.5 - down, (at % SIDE) as f32 - 13.5 - right);
            // A stroke through the middle, and a spot at one of its ends.
            let (along, across) =
                (row * turn.cos() + column * turn.sin(), column * turn.cos() - row * turn.sin());
            let ink = (across.abs() < 1.5 && along.abs() < 8.0) || (along - 7.0).hypot(across) < 3.0;
            let noise = rng.random_range(0.0..40.0f32);
            *pixel = if ink { 255.0 - noise } else { 0.0 };
        }
        labels.push(class);
    }
    Ok(Set::new("synthetic", patterns, Shape::grey(SIDE, SIDE))?.with_labels(labels)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn synthetic_digits_have_the_shape_and_the_classes_of_digits() {
        let set = synthetic(200, "train").expect("sizes fit");
        let mut seen: Vec<u32> = set.labels().expect("labelled").to_vec();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!((set.shape(), seen), (Shape::grey(28, 28), (0..10).collect()));
        let (low, high) = set.range();
        assert!(low >= 0.0 && high <= 255.0);
    }

    #[test]
    fn classes_come_two_at_a_time_in_pieces() {
        let digits = Digits::new(Some(300)).expect("readable or absent");
        assert_eq!(digits.len(), 300);
        assert!(digits.pieces.iter().all(|piece| (1..=PIECE).contains(&piece.labels.len())));
        let pairs: Vec<u32> = digits
            .pieces
            .iter()
            .flat_map(|piece| &piece.labels)
            .map(|label| label.parse::<u32>().expect("a digit") / 2)
            .collect();
        assert!(pairs.is_sorted(), "{pairs:?}");
        let (low, high) =
            digits.pieces[0].patterns.iter().fold((1.0f32, 0.0f32), |(a, b), &x| (a.min(x), b.max(x)));
        assert!(low >= 0.0 && high <= 1.0);
    }
}

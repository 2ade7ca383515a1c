//! Small pictures in the terminal.

use attractor_data::Shape;
use ndarray::ArrayView1;

/// Largest height and width that is drawn.
const LARGEST: usize = 40;

/// The picture in rows of text, two rows of pixels in each; `None` when it is too large, or no picture.
pub(crate) fn draw(pattern: ArrayView1<'_, f32>, shape: Shape, tones: (f32, f32)) -> Option<Vec<String>> {
    let Shape::Image { height, width, channels: 1 } = shape else { return None };
    if height > LARGEST || width > LARGEST || pattern.len() != height * width {
        return None;
    }
    let middle = tones.0 + (tones.1 - tones.0) / 2.0;
    let ink = |row: usize, column: usize| row < height && pattern[row * width + column] > middle;
    let cell = |row: usize, column: usize| match (ink(row, column), ink(row + 1, column)) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    };
    Some((0..height).step_by(2).map(|row| (0..width).map(|column| cell(row, column)).collect()).collect())
}

/// Height, width and grey pixels of a picture, channels averaged; `None` for what is no picture.
#[cfg(feature = "network")]
pub(crate) fn grey(pattern: ArrayView1<'_, f32>, shape: Shape) -> Option<([usize; 2], Vec<f32>)> {
    let Shape::Image { height, width, channels } = shape else { return None };
    let numbers = pattern.to_vec();
    let mean = |pixel: &[f32]| pixel.iter().sum::<f32>() / channels as f32;
    Some(([height, width], numbers.chunks(channels).map(mean).collect()))
}

/// Two drawings side by side.
pub(crate) fn beside(left: &[String], right: &[String]) -> Vec<String> {
    left.iter().zip(right).map(|(left, right)| format!("    │{left}│  │{right}│")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_rows_of_pixels_make_one_of_text() {
        let picture = ndarray::array![1.0, -1.0, 0.5, 1.0, 1.0, -1.0, -1.0, 0.0, 1.0];
        let drawn = draw(picture.view(), Shape::grey(3, 3), (-1.0, 1.0)).unwrap();
        assert_eq!(drawn, ["█▄▀", "  ▀"]);
        assert_eq!(draw(picture.view(), Shape::Vector(9), (-1.0, 1.0)), None);
    }
}

//! Characters as a hand might draw them: the font, shifted and with noise.

use attractor_data::{Set, Shape, glyphs, stream};
use ndarray::Array2;
use rand::RngExt;

use super::lesson::{Examples, Lesson, in_steps};

/// The characters that are learned.
const LEARNED: std::ops::RangeInclusive<char> = 'A'..='T';
/// The characters that nobody shows.
const STRANGE: std::ops::RangeInclusive<char> = 'U'..='Z';
/// Drawings of each: to learn from, and to be asked about.
const SHOWN: usize = 40;
const ASKED: usize = 20;
/// New characters in a step.
const TOGETHER: usize = 2;
/// Share of the pixels that are inverted in a drawing.
const NOISE: f64 = 0.05;

/// Twenty letters, two at a time.
pub(crate) fn characters(seed: u64) -> anyhow::Result<Lesson> {
    let font = glyphs();
    let draw = |letters, each, name: &str| drawn(&font, letters, each, seed, name);
    let train = draw(LEARNED, SHOWN, "shown")?;
    let (stream, steps) = in_steps(&train, LEARNED.count() as u32, TOGETHER, seed, "characters")?;
    Ok(Lesson {
        name: "characters",
        title: "Twenty letters",
        about: format!(
            "{} looks at the letters A to T, two letters at a time. No set of handwriting comes with the \
             program: these are drawn by it, each the 8 x 8 letter of a font, shifted by up to one pixel, with \
             {:.0} % of its pixels inverted.",
            stream.len(),
            NOISE * 100.0
        ),
        shape: Shape::grey(8, 8),
        classes: LEARNED.map(String::from).collect(),
        steps,
        stream,
        test: draw(LEARNED, ASKED, "asked")?,
        strangers: draw(STRANGE, ASKED, "strangers")?,
    })
}

/// `each` drawings of every letter.
fn drawn(
    font: &Set,
    letters: std::ops::RangeInclusive<char>,
    each: usize,
    seed: u64,
    name: &str,
) -> anyhow::Result<Examples> {
    let mut rng = stream(seed, &format!("demo/characters/{name}"));
    let (mut pixels, mut classes) = (Vec::new(), Vec::new());
    for (class, letter) in letters.enumerate() {
        // The font begins with the space.
        let letter = font.patterns().row(letter as usize - ' ' as usize).to_vec();
        for _ in 0..each {
            let (down, right) = (rng.random_range(0..3usize), rng.random_range(0..3usize));
            for (row, column) in (0..8usize).flat_map(|row| (0..8usize).map(move |column| (row, column))) {
                // Where the letter is shifted away from, there is paper.
                let from = (row + 1).checked_sub(down).zip((column + 1).checked_sub(right));
                let ink = from.filter(|&(r, c)| r < 8 && c < 8).map_or(-1.0, |(r, c)| letter[8 * r + c]);
                pixels.push(if rng.random_bool(NOISE) { -ink } else { ink });
            }
            classes.push(class as u32);
        }
    }
    Ok(Examples { patterns: Array2::from_shape_vec((classes.len(), 64), pixels)?, classes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawings_are_near_their_letters_and_differ() {
        let lesson = characters(3).unwrap();
        assert_eq!((lesson.stream.len(), lesson.test.len(), lesson.strangers.len()), (800, 400, 120));
        assert_eq!(lesson.steps.len(), 10);
        assert_eq!(lesson.steps[9].looks, 720..800);
        assert_eq!(lesson.steps[9].classes, 18..20);
        let font = glyphs();
        // A drawing that was not shifted differs in noise only; a third of a third of them is not.
        let near = |row: usize| {
            let letter = font.patterns().row('A' as usize - ' ' as usize).to_vec();
            let drawing = lesson.test.patterns.row(row);
            drawing.iter().zip(&letter).filter(|(a, b)| **a != **b).count()
        };
        assert!((0..ASKED).map(near).min().unwrap() <= 10);
        assert_ne!(lesson.test.patterns.row(0), lesson.test.patterns.row(1));
        assert_eq!(characters(3).unwrap().stream.patterns, lesson.stream.patterns);
        assert_ne!(characters(4).unwrap().stream.patterns, lesson.stream.patterns);
    }
}

//! The printable ASCII characters as 8x8 pictures: a data set that is always there.

use font8x8::legacy::BASIC_LEGACY;
use ndarray::Array2;

use crate::{Set, Shape};

/// The 95 characters from space to tilde as patterns of 64 components: +1 for ink, -1 for paper, row by row.
///
/// Each is its own class, called by its character.
/// Most components are paper in every character, so that the patterns resemble each other strongly: a hard test for
/// memories without separation.
/// Source: the public-domain 8x8 font of Daniel Hepper after Marcel Sondaar, in the `font8x8` crate.
///
/// ```
/// let glyphs = attractor_data::glyphs();
/// let letter: Vec<_> = glyphs.samples().filter(|sample| glyphs.class_name(sample.index as u32) == "I").collect();
/// let row: String = letter[0].pattern.iter().take(8).map(|&ink| if ink > 0.0 { '#' } else { '.' }).collect();
/// assert_eq!(row, ".####...");
/// ```
pub fn glyphs() -> Set {
    let characters: Vec<char> = (' '..='~').collect();
    let patterns = Array2::from_shape_fn((characters.len(), 64), |(glyph, pixel)| {
        let row = BASIC_LEGACY[characters[glyph] as usize][pixel / 8];
        // The lowest bit is the leftmost pixel.
        if row >> (pixel % 8) & 1 == 1 { 1.0 } else { -1.0 }
    });
    let names = characters.iter().map(char::to_string).collect();
    Set::checked("glyphs".to_owned(), patterns, Shape::grey(8, 8), (-1.0, 1.0)).with_distinct_classes(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letter_l_looks_like_one() {
        let glyphs = glyphs();
        let place = glyphs.class_names().iter().position(|name| name == "L").unwrap();
        let patterns = glyphs.patterns();
        let drawn: Vec<String> = patterns
            .row(place)
            .to_vec()
            .chunks(8)
            .map(|row| row.iter().map(|&ink| if ink > 0.0 { '#' } else { '.' }).collect())
            .collect();
        let expected =
            ["####....", ".##.....", ".##.....", ".##.....", ".##...#.", ".##..##.", "#######.", "........"];
        assert_eq!(drawn, expected);
    }

    #[test]
    fn there_are_95_distinct_patterns_of_signs() {
        let glyphs = glyphs();
        let rows: std::collections::BTreeSet<String> =
            glyphs.patterns().outer_iter().map(|row| format!("{row}")).collect();
        assert_eq!((glyphs.len(), rows.len()), (95, 95));
        assert!(glyphs.patterns().iter().all(|ink| ink.abs() == 1.0));
        assert!(glyphs.patterns().row(0).iter().all(|&ink| ink == -1.0), "the space has no ink");
    }
}

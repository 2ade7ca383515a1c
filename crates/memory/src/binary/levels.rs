//! A function of the overlap as a table: one entry for each number of agreeing components.

use super::interaction::{Interaction, Symmetry};
use super::scaled::Scaled;

/// `function(2 g - width)` for `g` agreements among `width` components, `g` in `0..=width`.
#[derive(Debug, Clone)]
pub(super) struct Levels {
    values: Vec<Scaled>,
    symmetry: Symmetry,
}

impl Levels {
    /// `F` at every overlap.
    pub(super) fn energy(interaction: Interaction, width: usize) -> Self {
        Self::tabulate(width, interaction.symmetry(), |x| interaction.energy(x))
    }

    /// `F'` at every overlap.
    pub(super) fn force(interaction: Interaction, width: usize) -> Self {
        Self::tabulate(width, interaction.symmetry().of_derivative(), |x| interaction.force(x))
    }

    /// `F(c + 1) - F(c - 1)` at every overlap `c`.
    pub(super) fn difference(interaction: Interaction, width: usize) -> Self {
        Self::tabulate(width, interaction.symmetry().of_derivative(), |x| interaction.difference(x))
    }

    fn tabulate(width: usize, symmetry: Symmetry, function: impl Fn(f64) -> Scaled) -> Self {
        let values = (0..=width).map(|g| function(2.0 * g as f64 - width as f64)).collect();
        Self { values, symmetry }
    }

    /// The sum of `counts[g] * function(g)`.
    ///
    /// Opposite overlaps of an even or odd function are joined as integers first, so that what
    /// cancels cancels exactly; terms are added from the smallest argument to the largest.
    pub(super) fn weigh(&self, counts: &[i64]) -> Scaled {
        let width = self.values.len() - 1;
        let first = if self.symmetry == Symmetry::None { 0 } else { width.div_ceil(2) };
        let joined = |g: usize| match self.symmetry {
            Symmetry::Even if 2 * g != width => counts[g] + counts[width - g],
            Symmetry::Odd if 2 * g != width => counts[g] - counts[width - g],
            _ => counts[g],
        };
        Scaled::sum((first..=width).map(|g| (joined(g), self.values[g])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weighing_is_the_plain_sum() {
        for interaction in [Interaction::Polynomial(4), Interaction::Polynomial(3), Interaction::Rectified(2)]
        {
            for width in [0usize, 1, 2, 7, 8] {
                let counts: Vec<i64> = (0..=width as i64).map(|g| (g * 5 + 3) % 7 - 2).collect();
                let plain = |function: &dyn Fn(f64) -> Scaled| -> f64 {
                    let x = |g: usize| 2.0 * g as f64 - width as f64;
                    counts.iter().enumerate().map(|(g, &n)| n as f64 * function(x(g)).value()).sum()
                };
                let (w, i) = (width, interaction);
                assert_eq!(Levels::energy(i, w).weigh(&counts).value(), plain(&|x| i.energy(x)));
                assert_eq!(Levels::force(i, w).weigh(&counts).value(), plain(&|x| i.force(x)));
                assert_eq!(Levels::difference(i, w).weigh(&counts).value(), plain(&|x| i.difference(x)));
            }
        }
    }
}

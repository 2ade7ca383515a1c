//! The shape of a layer.

use std::fmt;

/// A grid of positions with so many neurons at each. A state of it is a tensor `(batch, positions, width)`, the
/// positions row by row; for an image the width is its channels.
///
/// ```
/// use attractor_nets::energy::Shape;
///
/// assert_eq!(Shape::vector(784).neurons(), 784);
/// assert_eq!(Shape::tokens(10, 64).positions(), 10);
/// assert_eq!(Shape::image([28, 28], 3).dims(2), [2, 784, 3]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Rows and columns of positions.
    pub grid: [usize; 2],
    /// Neurons at each position.
    pub width: usize,
}

impl Shape {
    /// One position with `width` neurons.
    pub fn vector(width: usize) -> Self {
        Self { grid: [1, 1], width }
    }

    /// A row of `count` positions.
    pub fn tokens(count: usize, width: usize) -> Self {
        Self { grid: [1, count], width }
    }

    /// A grid of so many rows and columns.
    pub fn image(grid: [usize; 2], channels: usize) -> Self {
        Self { grid, width: channels }
    }

    /// Number of positions.
    pub fn positions(self) -> usize {
        self.grid[0] * self.grid[1]
    }

    /// Number of neurons.
    pub fn neurons(self) -> usize {
        self.positions() * self.width
    }

    /// The shape of `batch` states.
    pub fn dims(self, batch: usize) -> [usize; 3] {
        [batch, self.positions(), self.width]
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [rows, columns] = self.grid;
        write!(f, "{rows}x{columns}x{}", self.width)
    }
}

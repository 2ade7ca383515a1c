//! How the components of a pattern lie in space.

use std::fmt;

/// The layout of the components of one pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// So many components without neighbourhood.
    Vector(usize),
    /// A picture, row by row, the channels of a pixel side by side.
    Image {
        /// Rows of pixels.
        height: usize,
        /// Pixels of a row.
        width: usize,
        /// Numbers of a pixel: 1 for grey, 3 for red, green and blue.
        channels: usize,
    },
}

impl Shape {
    /// A grey picture.
    ///
    /// ```
    /// use attractor_data::Shape;
    /// assert_eq!(Shape::grey(28, 28).components(), 784);
    /// assert_eq!(Shape::grey(28, 28).to_string(), "28x28");
    /// ```
    pub fn grey(height: usize, width: usize) -> Self {
        Self::Image { height, width, channels: 1 }
    }

    /// Number of components of a pattern.
    pub fn components(self) -> usize {
        match self {
            Self::Vector(d) => d,
            Self::Image { height, width, channels } => height * width * channels,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vector(d) => write!(f, "{d}"),
            Self::Image { height, width, channels: 1 } => write!(f, "{height}x{width}"),
            Self::Image { height, width, channels } => write!(f, "{height}x{width}x{channels}"),
        }
    }
}

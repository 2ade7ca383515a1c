//! Seeded damage: cues from stored patterns.

mod text;

use ndarray::{Array2, ArrayView2, ArrayViewMut1};
use rand::seq::index::sample;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

use crate::Shape;
use crate::error::{Error, share};

/// A kind of damage.
///
/// Written `flip:0.1`, `gauss:0.5`, `gauss:0.5:-1:1`, `mask:lower:0.5`, `mask:random:0.3:-1`, `occlude:8x8:1` or
/// `patches:4:0.5` on a command line; the fill is 0 where it is left out.
///
/// ```
/// use attractor_data::{Corruption, glyphs, stream};
/// let glyphs = glyphs();
/// let damage: Corruption = "mask:lower:0.5".parse()?;
/// let damaged = damage.apply(glyphs.patterns(), glyphs.shape(), &mut stream(1, "damage"))?;
/// assert_eq!(damaged.cues.row(40).iter().filter(|&&x| x == 0.0).count(), 32);
/// assert!(damaged.known[[40, 31]] && !damaged.known[[40, 32]]);
/// # Ok::<(), attractor_data::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Corruption {
    /// Changes the sign of exactly round(share d) components of each pattern of -1 and +1.
    Flip {
        /// Share of the components, from 0 to 1.
        share: f64,
    },
    /// Adds independent normal noise to every component.
    Gaussian {
        /// Standard deviation, in units of the patterns, at least 0.
        std: f32,
        /// Lowest and highest value; what noise pushes beyond is set to them.
        clamp: Option<(f32, f32)>,
    },
    /// Hides a part, which is then known to be unknown.
    Mask {
        /// Which part.
        region: Region,
        /// What stands there instead.
        fill: f32,
    },
    /// Hides a rectangle of each picture, at a place drawn anew for each.
    Occlude {
        /// Rows of the rectangle, from 1 to those of the picture.
        height: usize,
        /// Columns of the rectangle, from 1 to those of the picture.
        width: usize,
        /// What stands there instead.
        fill: f32,
    },
    /// Hides some of the squares that a picture is cut into, drawn anew for each. Those at the lower and right edges
    /// may be cut off.
    Patches {
        /// Rows and columns of a square, from 1 to those of the picture.
        side: usize,
        /// Share of the squares, from 0 to 1, rounded to whole ones.
        share: f64,
        /// What stands there instead.
        fill: f32,
    },
}

/// The part that a mask hides, as a share from 0 to 1 of the rows, columns or components, rounded to whole ones.
///
/// A vector is taken as one column by [`Region::Upper`] and [`Region::Lower`], and as one row by [`Region::Left`] and
/// [`Region::Right`]: its first or its last components are hidden.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Region {
    /// The upper rows.
    Upper(f64),
    /// The lower rows.
    Lower(f64),
    /// The left columns.
    Left(f64),
    /// The right columns.
    Right(f64),
    /// Components drawn for each pattern.
    Random(f64),
}

/// Damaged patterns, and what of them can be trusted.
#[derive(Debug, Clone, PartialEq)]
pub struct Damaged {
    /// The damaged patterns, `(n, d)`.
    pub cues: Array2<f32>,
    /// Components known to be right, `(n, d)`: those outside the hidden part, which recall may clamp.
    /// After flips and noise any component may be wrong, and none is known.
    pub known: Array2<bool>,
}

impl Corruption {
    /// Damages each row of `patterns` `(n, d)`, whose components lie as `shape` says.
    ///
    /// The rows draw from `rng` one after the other: the damage of the first rows does not depend on later ones.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a number outside its range, [`Error::Count`] when the shape is not that of the rows,
    /// [`Error::NotBinary`] when other patterns than -1 and +1 are to be flipped.
    #[expect(clippy::needless_pass_by_value, reason = "a view is a reference")]
    pub fn apply(
        &self,
        patterns: ArrayView2<'_, f32>,
        shape: Shape,
        rng: &mut impl Rng,
    ) -> Result<Damaged, Error> {
        self.check(shape)?;
        let d = patterns.ncols();
        if d != shape.components() {
            let place = format!("components of patterns of shape {shape}");
            return Err(Error::Count { place, expected: shape.components(), found: d });
        }
        if let Self::Flip { .. } = self
            && let Some(((row, column), &value)) =
                patterns.indexed_iter().find(|(_, value)| value.abs() != 1.0)
        {
            return Err(Error::NotBinary { row, column, value });
        }
        let mut cues = patterns.to_owned();
        let hides = self.hides();
        let mut known = Array2::from_elem(patterns.dim(), hides);
        for (cue, known) in cues.rows_mut().into_iter().zip(known.rows_mut()) {
            self.damage(cue, known, shape, rng);
        }
        Ok(Damaged { cues, known })
    }

    /// Whether it hides a part and leaves the rest as it was, so that what is known can be trusted.
    ///
    /// ```
    /// use attractor_data::Corruption;
    /// assert!("patches:4:0.5".parse::<Corruption>()?.hides() && !"flip:0.1".parse::<Corruption>()?.hides());
    /// # Ok::<(), attractor_data::Error>(())
    /// ```
    pub fn hides(&self) -> bool {
        matches!(self, Self::Mask { .. } | Self::Occlude { .. } | Self::Patches { .. })
    }

    /// Damages one pattern; parameters and widths have been checked.
    fn damage(
        &self,
        mut cue: ArrayViewMut1<'_, f32>,
        mut known: ArrayViewMut1<'_, bool>,
        shape: Shape,
        rng: &mut impl Rng,
    ) {
        let d = cue.len();
        match *self {
            Self::Flip { share } => sample(rng, d, part(share, d)).iter().for_each(|i| cue[i] = -cue[i]),
            Self::Gaussian { std, clamp } => cue.mapv_inplace(|x| {
                let noise: f32 = StandardNormal.sample(rng);
                let (low, high) = clamp.unwrap_or((f32::MIN, f32::MAX));
                (x + std * noise).clamp(low, high)
            }),
            Self::Mask { region, fill } => {
                let mut hide = |i: usize| (cue[i], known[i]) = (fill, false);
                match region {
                    Region::Random(share) => sample(rng, d, part(share, d)).iter().for_each(hide),
                    fixed => (0..d).filter(|&i| fixed.holds(i, shape)).for_each(&mut hide),
                }
            }
            Self::Occlude { height, width, fill } => {
                let (rows, columns) = grid(shape);
                let top = rng.random_range(0..=rows - height);
                let left = rng.random_range(0..=columns - width);
                for i in 0..d {
                    let (row, column) = place(i, shape);
                    if (top..top + height).contains(&row) && (left..left + width).contains(&column) {
                        (cue[i], known[i]) = (fill, false);
                    }
                }
            }
            Self::Patches { side, share, fill } => {
                let (rows, columns) = grid(shape);
                let across = columns.div_ceil(side);
                let count = rows.div_ceil(side) * across;
                let mut hidden = vec![false; count];
                sample(rng, count, part(share, count)).iter().for_each(|at| hidden[at] = true);
                for i in 0..d {
                    let (row, column) = place(i, shape);
                    if hidden[row / side * across + column / side] {
                        (cue[i], known[i]) = (fill, false);
                    }
                }
            }
        }
    }

    /// Refuses numbers outside their ranges.
    fn check(&self, shape: Shape) -> Result<(), Error> {
        let finite = |name, value: f32| {
            if value.is_finite() {
                Ok(())
            } else {
                Err(Error::Parameter { name, value: f64::from(value), limit: "finite".to_owned() })
            }
        };
        match *self {
            Self::Flip { share: value } => share("flip share", value).map(drop),
            Self::Gaussian { std, clamp } => {
                if !(std.is_finite() && std >= 0.0) {
                    let limit = "finite and at least 0".to_owned();
                    return Err(Error::Parameter { name: "std", value: f64::from(std), limit });
                }
                let Some((low, high)) = clamp else { return Ok(()) };
                finite("lower clamp", low)?;
                finite("upper clamp", high)?;
                if low > high {
                    let limit = format!("at least the lower clamp {low}");
                    return Err(Error::Parameter { name: "upper clamp", value: f64::from(high), limit });
                }
                Ok(())
            }
            Self::Mask { region, fill } => {
                share("masked share", region.share()).and_then(|_| finite("fill", fill))
            }
            Self::Occlude { height, width, fill } => {
                let (rows, columns) = grid(shape);
                for (name, value, most) in
                    [("occluded rows", height, rows), ("occluded columns", width, columns)]
                {
                    if value == 0 || value > most {
                        let limit = format!("from 1 to {most} for patterns of shape {shape}");
                        return Err(Error::Parameter { name, value: value as f64, limit });
                    }
                }
                finite("fill", fill)
            }
            Self::Patches { side, share: hidden, fill } => {
                let (rows, columns) = grid(shape);
                let most = rows.min(columns);
                if side == 0 || side > most {
                    let limit = format!("from 1 to {most} for patterns of shape {shape}");
                    return Err(Error::Parameter { name: "side of a patch", value: side as f64, limit });
                }
                share("hidden share", hidden).and_then(|_| finite("fill", fill))
            }
        }
    }
}

impl Region {
    fn share(self) -> f64 {
        match self {
            Self::Upper(share)
            | Self::Lower(share)
            | Self::Left(share)
            | Self::Right(share)
            | Self::Random(share) => share,
        }
    }

    /// Whether component `i` lies in a region that is the same for all patterns.
    fn holds(self, i: usize, shape: Shape) -> bool {
        let (rows, columns) = grid(shape);
        let (row, column) = place(i, shape);
        let (row, rows, column, columns) = match shape {
            Shape::Vector(d) => (i, d, i, d),
            Shape::Image { .. } => (row, rows, column, columns),
        };
        match self {
            Self::Upper(share) => row < part(share, rows),
            Self::Lower(share) => row >= rows - part(share, rows),
            Self::Left(share) => column < part(share, columns),
            Self::Right(share) => column >= columns - part(share, columns),
            Self::Random(_) => false,
        }
    }
}

/// So many of `whole`, rounded.
fn part(share: f64, whole: usize) -> usize {
    ((share * whole as f64).round() as usize).min(whole)
}

/// Rows and columns of a pattern; a vector is one row.
fn grid(shape: Shape) -> (usize, usize) {
    match shape {
        Shape::Vector(d) => (1, d),
        Shape::Image { height, width, .. } => (height, width),
    }
}

/// Row and column of component `i`.
fn place(i: usize, shape: Shape) -> (usize, usize) {
    match shape {
        Shape::Vector(_) => (0, i),
        Shape::Image { width, channels, .. } => (i / (width * channels), i / channels % width),
    }
}

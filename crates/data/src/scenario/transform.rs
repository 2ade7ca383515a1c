//! How an experience shows the patterns.

use std::borrow::Cow;
use std::sync::Arc;

use rand::seq::SliceRandom;

use crate::{Error, Shape, stream};

/// A fixed change to every pattern of an experience, made when the pattern is asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Transform {
    /// As the set has it.
    #[default]
    Identity,
    /// Component i of what is shown is component `permutation[i]` of the pattern.
    Permutation(Arc<[u32]>),
    /// Turned about the middle of the picture, counter-clockwise, bilinear between the four nearest pixels.
    Rotation {
        /// Angle, finite.
        degrees: f64,
        /// What stands outside the picture, finite.
        fill: f32,
    },
}

impl Transform {
    /// A random permutation of `components`, from the stream `name` under `seed`.
    ///
    /// ```
    /// use attractor_data::Shape;
    /// use attractor_data::scenario::Transform;
    /// let transform = Transform::permutation(5, 1, "mine");
    /// let mut shown = transform.apply(&[0.0, 1.0, 2.0, 3.0, 4.0], Shape::Vector(5))?.into_owned();
    /// shown.sort_by(f32::total_cmp);
    /// assert_eq!(shown, [0.0, 1.0, 2.0, 3.0, 4.0]);
    /// # Ok::<(), attractor_data::Error>(())
    /// ```
    pub fn permutation(components: usize, seed: u64, name: &str) -> Self {
        let mut permutation: Vec<u32> = (0..components as u32).collect();
        permutation.shuffle(&mut stream(seed, name));
        Self::Permutation(permutation.into())
    }

    /// The pattern as it is shown, `(d,)`. Borrowed where nothing changes.
    ///
    /// # Errors
    /// [`Error::Count`] when the pattern or the transform does not fit the shape, [`Error::Parameter`] for an angle or
    /// fill that is not finite.
    pub fn apply<'a>(&self, pattern: &'a [f32], shape: Shape) -> Result<Cow<'a, [f32]>, Error> {
        self.check(shape)?;
        if pattern.len() != shape.components() {
            let place = format!("components of a pattern of shape {shape}");
            return Err(Error::Count { place, expected: shape.components(), found: pattern.len() });
        }
        Ok(self.show(Cow::Borrowed(pattern), shape))
    }

    /// Refuses a transform that cannot be made of patterns of this shape.
    pub(super) fn check(&self, shape: Shape) -> Result<(), Error> {
        let d = shape.components();
        match self {
            Self::Identity => Ok(()),
            Self::Permutation(permutation) => {
                let mut once = vec![false; d];
                let mut fresh = |&from: &u32| {
                    once.get_mut(from as usize).is_some_and(|seen| !std::mem::replace(seen, true))
                };
                let found = permutation.iter().filter(|from| fresh(from)).count();
                if found == d && permutation.len() == d {
                    return Ok(());
                }
                let place = format!("different components in a permutation for shape {shape}");
                Err(Error::Count { place, expected: d, found })
            }
            Self::Rotation { degrees, fill } => {
                for (name, value) in [("degrees", *degrees), ("fill", f64::from(*fill))] {
                    if !value.is_finite() {
                        return Err(Error::Parameter { name, value, limit: "finite".to_owned() });
                    }
                }
                match shape {
                    Shape::Image { .. } => Ok(()),
                    Shape::Vector(_) => Err(Error::Count {
                        place: format!("dimensions of a picture to rotate (shape {shape})"),
                        expected: 2,
                        found: 1,
                    }),
                }
            }
        }
    }

    /// The pattern as it is shown; transform and pattern fit the shape.
    pub(super) fn show<'a>(&self, pattern: Cow<'a, [f32]>, shape: Shape) -> Cow<'a, [f32]> {
        match (self, shape) {
            (Self::Permutation(permutation), _) => {
                permutation.iter().map(|&from| pattern[from as usize]).collect()
            }
            (Self::Rotation { degrees, fill }, Shape::Image { height, width, channels }) => {
                rotated(&pattern, [height, width, channels], *degrees, *fill).into()
            }
            _ => pattern,
        }
    }
}

fn rotated(pattern: &[f32], [height, width, channels]: [usize; 3], degrees: f64, fill: f32) -> Vec<f32> {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (middle_row, middle_column) = ((height as f64 - 1.0) / 2.0, (width as f64 - 1.0) / 2.0);
    let pixel = |row: i64, column: i64, channel: usize| {
        let inside = (0..height as i64).contains(&row) && (0..width as i64).contains(&column);
        let value = if inside {
            pattern[(row as usize * width + column as usize) * channels + channel]
        } else {
            fill
        };
        f64::from(value)
    };
    let mut turned = Vec::with_capacity(pattern.len());
    for place in 0..height * width {
        let (down, right) = ((place / width) as f64 - middle_row, (place % width) as f64 - middle_column);
        // Where the pixel was before the turn; rows grow downwards.
        let (row, column) = (middle_row + sin * right + cos * down, middle_column + cos * right - sin * down);
        let (top, left) = (row.floor(), column.floor());
        let (below, beside) = (row - top, column - left);
        let (top, left) = (top as i64, left as i64);
        for channel in 0..channels {
            let upper = pixel(top, left, channel) * (1.0 - beside) + pixel(top, left + 1, channel) * beside;
            let lower =
                pixel(top + 1, left, channel) * (1.0 - beside) + pixel(top + 1, left + 1, channel) * beside;
            turned.push((upper * (1.0 - below) + lower * below) as f32);
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn turn(pattern: &[f32], shape: Shape, degrees: f64) -> Vec<f32> {
        Transform::Rotation { degrees, fill: 0.0 }.apply(pattern, shape).unwrap().into_owned()
    }

    #[test]
    fn quarter_turns_are_counter_clockwise() {
        let shape = Shape::grey(2, 2);
        assert_eq!(turn(&[1., 2., 3., 4.], shape, 90.0), [2., 4., 1., 3.]);
        assert_eq!(turn(&[1., 2., 3., 4.], shape, -90.0), [3., 1., 4., 2.]);
        assert_eq!(turn(&[1., 2., 3., 4.], shape, 180.0), [4., 3., 2., 1.]);
    }

    #[test]
    fn between_pixels_the_turn_is_bilinear() {
        // The middle of a 3x3 picture stays; at 45 degrees the right neighbour lies on the diagonal.
        let picture = [0., 0., 1., 0., 5., 0., 0., 0., 0.];
        let turned = turn(&picture, Shape::grey(3, 3), 45.0);
        let near = std::f64::consts::FRAC_1_SQRT_2;
        assert_eq!(turned[4], 5.0);
        // The upper neighbour shows (row, column) = (1 - near, 1 + near).
        let expected = near * near * 1.0 + 5.0 * (1.0 - near) * (1.0 - near);
        assert!((f64::from(turned[1]) - expected).abs() < 1e-6, "{turned:?}");
    }

    #[test]
    fn channels_turn_together() {
        let turned = turn(
            &[1., 10., 2., 20., 3., 30., 4., 40.],
            Shape::Image { height: 2, width: 2, channels: 2 },
            90.0,
        );
        assert_eq!(turned, [2., 20., 4., 40., 1., 10., 3., 30.]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let text = |transform: Transform, shape| transform.apply(&[0.0; 4], shape).unwrap_err().to_string();
        let turn = |degrees| Transform::Rotation { degrees, fill: 0.0 };
        assert_eq!(text(turn(f64::NAN), Shape::grey(2, 2)), "degrees = NaN: must be finite");
        assert!(text(turn(1.0), Shape::Vector(4)).contains("picture to rotate"));
        let twice = Transform::Permutation(vec![0, 1, 1, 2].into());
        assert!(text(twice, Shape::Vector(4)).ends_with("3, expected 4"));
        let beyond = Transform::Permutation(vec![0, 1, 2, 4].into());
        assert!(text(beyond, Shape::Vector(4)).ends_with("3, expected 4"));
        assert!(text(Transform::Identity, Shape::Vector(3)).ends_with("4, expected 3"));
    }

    proptest! {
        #[test]
        fn four_quarter_turns_are_none(picture in prop::collection::vec(-9.0f32..9.0, 25)) {
            let shape = Shape::grey(5, 5);
            let quarter = |picture: Vec<f32>| turn(&picture, shape, 90.0);
            prop_assert_eq!(quarter(quarter(quarter(quarter(picture.clone())))), picture);
        }

        #[test]
        fn no_turn_changes_nothing_and_every_turn_stays_within_the_values(
            picture in prop::collection::vec(-9.0f32..9.0, 20), degrees in -720.0f64..720.0,
        ) {
            let shape = Shape::grey(4, 5);
            prop_assert_eq!(&turn(&picture, shape, 0.0), &picture);
            let low = picture.iter().copied().fold(0.0, f32::min);
            let high = picture.iter().copied().fold(0.0, f32::max);
            prop_assert!(turn(&picture, shape, degrees).iter().all(|x| (low - 1e-5..=high + 1e-5).contains(x)));
        }
    }
}

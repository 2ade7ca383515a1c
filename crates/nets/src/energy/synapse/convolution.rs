//! The same weights at every place of an image.

use burn::tensor::Tensor;
use burn::tensor::module::{conv_transpose2d, conv2d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};

use super::dense::DEVIATION;
use super::{Curvature, Ends, Pooling, Synapse, inner};
use crate::energy::{Draw, Misfit, Parameter, Shape};

/// `E = -< g_2, pool(conv(g_1)) >`: the first layer is the image, the second what its filters see, pooled where
/// that is asked for. Bottom-up the filters are a convolution, top-down its transpose.
///
/// ```
/// use attractor_nets::energy::{Convolution, Pooling, Shape};
///
/// let filters = Convolution { stride: [3, 3], ..Convolution::of([3, 3]) };
/// assert_eq!(filters.output(Shape::image([12, 12], 3), 7), Some(Shape::image([4, 4], 7)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Convolution {
    /// Rows and columns of a filter.
    pub kernel: [usize; 2],
    /// Step from one place to the next.
    pub stride: [usize; 2],
    /// Rows and columns of zeros on each side of the image.
    pub padding: [usize; 2],
    /// What is pooled after the filters.
    pub pooling: Pooling,
    /// Standard deviation of the first weights.
    pub deviation: f64,
}

impl Convolution {
    /// Filters of so many rows and columns, with stride 1, no padding, no pooling and weights from N(0, 0.02).
    pub fn of(kernel: [usize; 2]) -> Self {
        let (stride, padding) = ([1, 1], [0, 0]);
        Self { kernel, stride, padding, pooling: Pooling::None, deviation: DEVIATION }
    }

    /// The shape of the second layer for an image of this shape and so many filters; `None` where nothing is left.
    pub fn output(&self, image: Shape, filters: usize) -> Option<Shape> {
        Some(Shape::image(self.pooling.output(self.seen(image.grid)?)?, filters))
    }

    /// Places of the filters.
    fn seen(&self, grid: [usize; 2]) -> Option<[usize; 2]> {
        let along = |axis: usize| {
            let room = (grid[axis] + 2 * self.padding[axis]).checked_sub(self.kernel[axis])?;
            Some(room.checked_div(self.stride[axis])? + 1)
        };
        Some([along(0)?, along(1)?])
    }

    fn filters(&self, ends: Ends<'_>) -> Tensor<4> {
        let [rows, columns] = self.kernel;
        ends.parameters[0].clone().reshape([ends.shapes[1].width, ends.shapes[0].width, rows, columns])
    }

    fn convolved(&self, ends: Ends<'_>) -> Tensor<4> {
        let options = ConvOptions::new(self.stride, self.padding, [1, 1], 1);
        conv2d(channels_first(&ends, 0), self.filters(ends), None, options)
    }

    fn transposed(&self, seen: Tensor<4>, ends: Ends<'_>) -> Tensor<4> {
        // Rows and columns at the far edge that no filter reached.
        let out: [usize; 2] = std::array::from_fn(|axis| {
            (ends.shapes[0].grid[axis] + 2 * self.padding[axis] - self.kernel[axis]) % self.stride[axis]
        });
        let options = ConvTransposeOptions::new(self.stride, self.padding, out, [1, 1], 1);
        conv_transpose2d(seen, self.filters(ends), None, options)
    }
}

impl Synapse for Convolution {
    fn name(&self) -> &'static str {
        "convolution"
    }

    fn check(&self, shapes: &[Shape]) -> Result<(), Misfit> {
        Misfit::ends(2, shapes)?;
        Misfit::positive("deviation", self.deviation)?;
        for axis in 0..2 {
            Misfit::at_least_one("kernel", self.kernel[axis])?;
            Misfit::at_least_one("stride", self.stride[axis])?;
            if self.padding[axis] >= self.kernel[axis] {
                let (name, value) = ("padding", self.padding[axis] as f64);
                return Err(Misfit::Number { name, value, limit: "less than the kernel" });
            }
        }
        self.pooling.check()?;
        let found = shapes[1];
        match self.output(shapes[0], found.width) {
            Some(expected) if expected == found => Ok(()),
            Some(expected) => Err(Misfit::Shape { end: 1, expected, found }),
            None => {
                let what = format!("the image {} is smaller than a filter and what it pools", shapes[0]);
                Err(Misfit::Other(what))
            }
        }
    }

    fn parameters(&self, shapes: &[Shape]) -> Vec<Parameter> {
        let columns = self.kernel[0] * self.kernel[1] * shapes[0].width;
        let draw = Draw::Normal(self.deviation);
        vec![Parameter { name: "filters", rows: shapes[1].width, columns, draw }]
    }

    fn curvature(&self, end: usize) -> Curvature {
        match (self.pooling, end) {
            (Pooling::SoftMax { .. }, 0) => Curvature::Any,
            _ => Curvature::Linear,
        }
    }

    fn energy(&self, ends: Ends<'_>) -> Tensor<1> {
        inner(self.gradient(ends, 1), ends.activations[1].clone())
    }

    fn gradient(&self, ends: Ends<'_>, end: usize) -> Tensor<3> {
        if end == 1 {
            return channels_last(self.pooling.pool(self.convolved(ends))).neg();
        }
        let above = channels_first(&ends, 1);
        let seen = match self.pooling {
            Pooling::None => above,
            Pooling::Average { .. } => {
                let [batch, filters, ..] = above.dims();
                let [rows, columns] = self.seen(ends.shapes[0].grid).unwrap_or_default();
                self.pooling.unpool(above, [batch, filters, rows, columns], None)
            }
            Pooling::SoftMax { .. } => {
                let convolved = self.convolved(ends);
                self.pooling.unpool(above, convolved.dims(), Some(convolved))
            }
        };
        channels_last(self.transposed(seen, ends)).neg()
    }
}

/// `(batch, channels, rows, columns)`.
fn channels_first(ends: &Ends<'_>, end: usize) -> Tensor<4> {
    let Shape { grid: [rows, columns], width } = ends.shapes[end];
    ends.activations[end].clone().swap_dims(1, 2).reshape([ends.batch(), width, rows, columns])
}

fn channels_last(image: Tensor<4>) -> Tensor<3> {
    let [batch, channels, rows, columns] = image.dims();
    image.reshape([batch, channels, rows * columns]).swap_dims(1, 2)
}

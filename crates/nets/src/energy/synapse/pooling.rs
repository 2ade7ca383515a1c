//! Pooling over squares of places.

use burn::tensor::Tensor;

use crate::energy::Misfit;

/// What is made of squares of so many places by as many. Places at the far edges that fill no square are left out.
///
/// ```
/// use attractor_nets::energy::Pooling;
/// assert_eq!(Pooling::Average { size: 2 }.output([15, 15]), Some([7, 7]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pooling {
    /// Every place for itself.
    None,
    /// The mean of a square.
    Average {
        /// Side of a square.
        size: usize,
    },
    /// `(1/beta) ln mean exp(beta x)` of a square: between its mean and its maximum.
    SoftMax {
        /// Side of a square.
        size: usize,
        /// Steepness, above 0.
        beta: f64,
    },
}

impl Pooling {
    /// Rows and columns of squares; `None` where there is not one.
    pub fn output(self, grid: [usize; 2]) -> Option<[usize; 2]> {
        let counts = grid.map(|along| along.checked_div(self.size()).unwrap_or(0));
        (counts[0] > 0 && counts[1] > 0).then_some(counts)
    }

    pub(super) fn check(self) -> Result<(), Misfit> {
        Misfit::at_least_one("size", self.size())?;
        match self {
            Self::SoftMax { beta, .. } => Misfit::positive("beta", beta),
            _ => Ok(()),
        }
    }

    fn size(self) -> usize {
        match self {
            Self::None => 1,
            Self::Average { size } | Self::SoftMax { size, .. } => size,
        }
    }

    /// `(batch, channels, rows, columns)` of squares.
    pub(super) fn pool(self, seen: Tensor<4>) -> Tensor<4> {
        let [batch, channels, rows, columns] = seen.dims();
        let size = self.size();
        let dims = [batch, channels, rows / size, columns / size];
        match self {
            Self::None => seen,
            Self::Average { .. } => squares(seen, size).mean_dim(4).reshape(dims),
            Self::SoftMax { beta, .. } => {
                let squares = squares(seen, size);
                let largest = squares.clone().detach().max_dim(4);
                let mean = ((squares - largest.clone()) * beta).exp().mean_dim(4);
                (largest + mean.log() * beta.recip()).reshape(dims)
            }
        }
    }

    /// The transpose of the derivative of [`Pooling::pool`] at `seen`, whose shape is `dims`, times `above`. Softmax
    /// needs to know what was seen.
    pub(super) fn unpool(self, above: Tensor<4>, dims: [usize; 4], seen: Option<Tensor<4>>) -> Tensor<4> {
        let size = self.size();
        let [batch, channels, rows, columns] = above.dims();
        let shares = above.reshape([batch, channels, rows, columns, 1]);
        let shares = match (self, seen) {
            (Self::SoftMax { beta, .. }, Some(seen)) => {
                let squares = squares(seen, size);
                let terms = ((squares.clone() - squares.detach().max_dim(4)) * beta).exp();
                terms.clone() / terms.sum_dim(4) * shares
            }
            _ => {
                shares.expand([batch, channels, rows, columns, size * size]) * ((size * size) as f64).recip()
            }
        };
        let inside = [batch, channels, rows * size, columns * size];
        let places = shares
            .reshape([batch, channels, rows, columns, size, size])
            .permute([0, 1, 2, 4, 3, 5])
            .reshape(inside);
        if inside == dims {
            return places;
        }
        let whole = Tensor::zeros(dims, (&places.device(), places.dtype()));
        whole.slice_assign([0..batch, 0..channels, 0..inside[2], 0..inside[3]], places)
    }
}

/// `(batch, channels, rows, columns, places of a square)`.
fn squares(seen: Tensor<4>, size: usize) -> Tensor<5> {
    let [batch, channels, rows, columns] = seen.dims();
    let [rows, columns] = [rows / size, columns / size];
    seen.narrow(2, 0, rows * size)
        .narrow(3, 0, columns * size)
        .reshape([batch, channels, rows, size, columns, size])
        .permute([0, 1, 2, 4, 3, 5])
        .reshape([batch, channels, rows, columns, size * size])
}

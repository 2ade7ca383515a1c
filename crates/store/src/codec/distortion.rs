//! What a codec loses, measured.

use ndarray::ArrayView2;

use super::Codec;
use crate::Error;

/// What remains of a sample after a codec.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distortion {
    /// Mean over rows of `|x - y|^2 / |x|^2`; a row of zeros counts as 0 when kept, else as 1.
    pub relative_squared_error: f64,
    /// Largest `|x_i - y_i|` of all components.
    pub largest_error: f64,
    /// Mean over rows of the cosine between before and after; 1 where both are zero, 0 where one is.
    pub cosine: f64,
}

impl Codec {
    /// The distortion of the rows of `sample`, `(n, width)`. Nothing is lost of an empty sample.
    ///
    /// # Errors
    /// As [`Codec::encode`].
    ///
    /// ```
    /// use attractor_store::codec::Codec;
    /// use ndarray::array;
    /// let lost = Codec::Int8.distortion(array![[0.0, 0.1, 0.3, 1.0]].view())?;
    /// assert!(lost.largest_error <= 0.5 / 255.0 && lost.cosine > 0.9999);
    /// # Ok::<(), attractor_store::Error>(())
    /// ```
    pub fn distortion(&self, sample: ArrayView2<'_, f32>) -> Result<Distortion, Error> {
        let mut sum = Distortion { relative_squared_error: 0.0, largest_error: 0.0, cosine: 0.0 };
        let mut bytes = Vec::new();
        let mut after = vec![0.0; sample.ncols()];
        for row in sample.rows() {
            let before = row.to_vec();
            bytes.clear();
            self.encode(&before, &mut bytes)?;
            self.decode(&bytes, &mut after);
            let (mut xx, mut yy, mut xy, mut error) = (0.0, 0.0, 0.0, 0.0);
            for (x, y) in before.iter().zip(&after).map(|(&x, &y)| (f64::from(x), f64::from(y))) {
                xx += x * x;
                yy += y * y;
                xy += x * y;
                error += (x - y).powi(2);
                sum.largest_error = sum.largest_error.max((x - y).abs());
            }
            sum.relative_squared_error += match xx > 0.0 {
                true => error / xx,
                false => f64::from(u8::from(error > 0.0)),
            };
            sum.cosine += match (xx > 0.0, yy > 0.0) {
                (true, true) => xy / (xx.sqrt() * yy.sqrt()),
                (false, false) => 1.0,
                _ => 0.0,
            };
        }
        if sample.nrows() == 0 {
            return Ok(Distortion { cosine: 1.0, ..sum });
        }
        let n = sample.nrows() as f64;
        sum.relative_squared_error /= n;
        sum.cosine /= n;
        Ok(sum)
    }
}

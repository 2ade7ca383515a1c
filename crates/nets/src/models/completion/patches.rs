//! Patches of an image, to tokens and back.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

use crate::Error;
use crate::energy::{Draw, Parameter, Shape};

/// How patches become tokens, and tokens patches: all that an Energy Transformer learns outside of its energy.
#[derive(Module, Debug)]
pub(super) struct Patches {
    /// `(numbers of a patch, width)`.
    encoder: Param<Tensor<2>>,
    /// `(1, width)`.
    encoder_bias: Param<Tensor<2>>,
    /// What stands for a patch that is not known whole, `(1, width)`.
    mask: Param<Tensor<2>>,
    /// `(patches, width)`.
    positions: Param<Tensor<2>>,
    /// `(width, numbers of a patch)`.
    decoder: Param<Tensor<2>>,
    /// `(1, numbers of a patch)`.
    decoder_bias: Param<Tensor<2>>,
    #[module(skip)]
    grid: [usize; 2],
    #[module(skip)]
    side: usize,
    #[module(skip)]
    channels: usize,
}

/// Standard deviation of the first positions and of the first mask token.
const DEVIATION: f64 = 0.02;

impl Patches {
    pub(super) fn new(
        image: Shape,
        side: usize,
        width: usize,
        device: &Device,
        rng: &mut ChaCha8Rng,
    ) -> Result<Self, Error> {
        Error::at_least_one("patch", side)?;
        Error::at_least_one("width", width)?;
        if image.grid.iter().any(|along| along % side != 0) {
            let reason = "its side has to divide the rows and the columns of the image";
            return Err(Error::Options { option: "patch", reason });
        }
        let grid = image.grid.map(|along| along / side);
        let numbers = side * side * image.width;
        let mut draw = |rows, columns, draw| Parameter { name: "", rows, columns, draw }.drawn(device, rng);
        Ok(Self {
            encoder: draw(numbers, width, Draw::Normal((numbers as f64).sqrt().recip())),
            encoder_bias: draw(1, width, Draw::Constant(0.0)),
            mask: draw(1, width, Draw::Normal(DEVIATION)),
            positions: draw(grid[0] * grid[1], width, Draw::Normal(DEVIATION)),
            decoder: draw(width, numbers, Draw::Normal((width as f64).sqrt().recip())),
            decoder_bias: draw(1, numbers, Draw::Constant(0.0)),
            grid,
            side,
            channels: image.width,
        })
    }

    /// Rows and columns of patches.
    pub(super) fn grid(&self) -> [usize; 2] {
        self.grid
    }

    /// The tokens of images `(batch, pixels, channels)` of which `known`, 1 or 0 of the same shape, is known.
    pub(super) fn tokens(&self, images: Tensor<3>, known: Tensor<3>) -> Tensor<3> {
        let row = |of: &Param<Tensor<2>>| of.val().unsqueeze::<3>();
        let seen = self.cut(images).matmul(row(&self.encoder)) + row(&self.encoder_bias);
        let whole = self.cut(known).min_dim(2);
        let hidden = whole.clone().neg() + 1.0;
        seen * whole + row(&self.mask) * hidden + row(&self.positions)
    }

    /// The images that normalised tokens stand for.
    pub(super) fn read(&self, tokens: Tensor<3>) -> Tensor<3> {
        let row = |of: &Param<Tensor<2>>| of.val().unsqueeze::<3>();
        self.joined(tokens.matmul(row(&self.decoder)) + row(&self.decoder_bias))
    }

    /// With a decoder that reads the mean patch of `image` `(1, pixels, channels)` from a token of zeros.
    pub(super) fn expecting(self, image: Tensor<3>) -> Self {
        let mean = self.cut(image).mean_dim(1);
        let [_, _, numbers] = mean.dims();
        let mean = mean.reshape([1, numbers]);
        self.with(|name| (name == "decoder.bias").then(|| mean.clone()))
    }

    /// The parameters by name.
    pub(super) fn parameters(&self) -> [(&'static str, &Param<Tensor<2>>); 6] {
        [
            ("encoder.weight", &self.encoder),
            ("encoder.bias", &self.encoder_bias),
            ("mask.token", &self.mask),
            ("positions.weight", &self.positions),
            ("decoder.weight", &self.decoder),
            ("decoder.bias", &self.decoder_bias),
        ]
    }

    /// The same with other parameters, where `value` has one of a name.
    pub(super) fn with(self, value: impl Fn(&str) -> Option<Tensor<2>>) -> Self {
        let put = |name: &str, old: Param<Tensor<2>>| match value(name) {
            None => old,
            Some(new) => old.map(|old| {
                let new = if old.is_autodiff() { new.autodiff() } else { new };
                if old.is_require_grad() { new.require_grad() } else { new }
            }),
        };
        Self {
            encoder: put("encoder.weight", self.encoder),
            encoder_bias: put("encoder.bias", self.encoder_bias),
            mask: put("mask.token", self.mask),
            positions: put("positions.weight", self.positions),
            decoder: put("decoder.weight", self.decoder),
            decoder_bias: put("decoder.bias", self.decoder_bias),
            ..self
        }
    }

    /// `(batch, patches, numbers of a patch)`.
    fn cut(&self, images: Tensor<3>) -> Tensor<3> {
        let [batch, ..] = images.dims();
        let ([rows, columns], side, channels) = (self.grid, self.side, self.channels);
        images.reshape([batch, rows, side, columns, side, channels]).permute([0, 1, 3, 2, 4, 5]).reshape([
            batch,
            rows * columns,
            side * side * channels,
        ])
    }

    fn joined(&self, patches: Tensor<3>) -> Tensor<3> {
        let [batch, ..] = patches.dims();
        let ([rows, columns], side, channels) = (self.grid, self.side, self.channels);
        patches.reshape([batch, rows, columns, side, side, channels]).permute([0, 1, 3, 2, 4, 5]).reshape([
            batch,
            rows * side * columns * side,
            channels,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::{Draws, scalars};

    #[test]
    fn patches_lie_where_their_pixels_are_and_go_back_there() {
        let device = Device::flex();
        let image = Shape::image([4, 6], 2);
        let patches = Patches::new(image, 2, 3, &device, &mut Draws::Weights.rng(1)).unwrap();
        let numbers: Vec<f32> = (0..48u8).map(f32::from).collect();
        let images = Tensor::<1>::from_floats(numbers.as_slice(), &device).reshape(image.dims(1));
        let cut = patches.cut(images.clone());
        assert_eq!(cut.dims(), [1, 6, 8]);
        // The patch in the second row and third column: rows 2 and 3, columns 4 and 5, two channels.
        let last = scalars(cut.clone().narrow(1, 5, 1)).unwrap();
        assert_eq!(last, [32.0, 33.0, 34.0, 35.0, 44.0, 45.0, 46.0, 47.0]);
        assert_eq!(scalars(patches.joined(cut)).unwrap(), scalars(images).unwrap());
    }
}

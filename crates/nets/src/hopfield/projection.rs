//! From patterns to heads, and back.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};
use rand::Rng;

use super::HopfieldConfig;
use super::draw::{normal, zeros};
use super::sizes::Sizes;

/// The linear maps of a layer; `None` where a role is static. Weights are `[inputs, outputs]`, head `h` owning
/// outputs `h c .. (h + 1) c`.
#[derive(Module, Debug)]
pub(super) struct Projections {
    pub(super) query: Option<Linear>,
    pub(super) key: Option<Linear>,
    pub(super) value: Option<Linear>,
    pub(super) output: Option<Linear>,
    /// The learned stored pattern, `(H, c)`, and its value, `(H, cv)`.
    pub(super) bias_key: Option<Param<Tensor<2>>>,
    pub(super) bias_value: Option<Param<Tensor<2>>>,
}

impl Projections {
    /// Draws in the order query, key, value, output, bias rows.
    pub(super) fn new(config: &HopfieldConfig, sizes: &Sizes, device: &Device, rng: &mut impl Rng) -> Self {
        let heads = config.num_heads;
        let wide = |size: Option<usize>| size.map(|size| heads * size);
        let mut linear = |inputs: Option<usize>, outputs: Option<usize>, present: bool| {
            let (inputs, outputs) = (inputs?, outputs?);
            present.then(|| Linear {
                weight: normal([inputs, outputs], device, rng),
                bias: config.input_bias.then(|| zeros([outputs], device)),
            })
        };
        let (keys, values) = (wide(sizes.association), wide(sizes.read));
        let through_key = config.pattern_projection_as_connected && !config.stored_pattern_as_static;
        let of_value = if through_key { keys } else { sizes.values };
        let query = linear(sizes.state, keys, !config.state_pattern_as_static);
        let key = linear(sizes.stored, keys, !config.stored_pattern_as_static);
        let value = linear(of_value, values, !config.pattern_projection_as_static);
        let output = linear(values, sizes.output, !config.disable_out_projection);
        let mut row = |size: Option<usize>| {
            let size = size.filter(|_| config.concat_bias_pattern)?;
            Some(normal([heads, size], device, rng))
        };
        let (bias_key, bias_value) = (row(sizes.association), row(sizes.read));
        Self { query, key, value, output, bias_key, bias_value }
    }
}

/// `(N, T, D)` to `(N, H, T, c)`: the same patterns for every head.
pub(super) fn for_all(patterns: Tensor<3>, heads: usize) -> Tensor<4> {
    let [batch, length, depth] = patterns.dims();
    patterns.reshape([batch, 1, length, depth]).expand([batch, heads, length, depth])
}

/// `(N, T, H c)` to `(N, H, T, c)`.
pub(super) fn cut(patterns: Tensor<3>, heads: usize) -> Tensor<4> {
    let [batch, length, depth] = patterns.dims();
    patterns.reshape([batch, length, heads, depth / heads]).swap_dims(1, 2)
}

/// `(N, H, T, c)` to `(N, T, H c)`.
pub(super) fn joined(heads: Tensor<4>) -> Tensor<3> {
    let [batch, count, length, depth] = heads.dims();
    heads.swap_dims(1, 2).reshape([batch, length, count * depth])
}

/// Every batch element the same where there is only one.
pub(super) fn spread(patterns: Tensor<4>, batch: usize) -> Tensor<4> {
    let [found, heads, length, depth] = patterns.dims();
    match found == batch {
        // On the way back, expanding to the same size would copy.
        true => patterns,
        false => patterns.expand([batch, heads, length, depth]),
    }
}

/// `row` `(H, c)` after the last pattern of every head and batch element.
pub(super) fn with_row(patterns: Tensor<4>, row: Tensor<2>) -> Tensor<4> {
    let [batch, heads, _, depth] = patterns.dims();
    let row = row.reshape([1, heads, 1, depth]).expand([batch, heads, 1, depth]);
    Tensor::cat(vec![patterns, row], 2)
}

/// A row of zeros after the last pattern.
pub(super) fn with_zeros(patterns: Tensor<4>) -> Tensor<4> {
    let [batch, heads, _, depth] = patterns.dims();
    let zeros = Tensor::zeros([batch, heads, 1, depth], (&patterns.device(), patterns.dtype()));
    Tensor::cat(vec![patterns, zeros], 2)
}

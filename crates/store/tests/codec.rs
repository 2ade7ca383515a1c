//! Codecs against their error bounds.

use std::sync::Arc;

use attractor_data::stream;
use attractor_store::Error;
use attractor_store::codec::{Codebook, Codec, LARGEST_F16};
use ndarray::Array2;
use proptest::prelude::*;
use rand::RngExt;

fn through(codec: &Codec, row: &[f32]) -> Vec<f32> {
    let mut bytes = Vec::new();
    codec.encode(row, &mut bytes).expect("encoded");
    assert_eq!(bytes.len(), codec.row_bytes(row.len()));
    let mut back = vec![f32::NAN; row.len()];
    codec.decode(&bytes, &mut back);
    back
}

fn codebook(rows: usize, width: usize, parts: usize) -> (Array2<f32>, Codec) {
    let mut rng = stream(3, "codebook sample");
    let sample = Array2::from_shape_fn((rows, width), |_| rng.random_range(-1.0..1.0f32));
    let codebook = Codebook::train(sample.view(), parts, &mut stream(3, "codebook")).expect("trained");
    (sample, Codec::Product(Arc::new(codebook)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn f32_is_kept_to_the_bit(row in prop::collection::vec(-1e30f32..1e30, 0..40)) {
        prop_assert_eq!(through(&Codec::F32, &row), row);
    }

    #[test]
    fn f16_is_off_by_half_an_ulp(row in prop::collection::vec(-65504f32..65504.0, 0..40), small in -13i32..3) {
        let row: Vec<f32> = row.iter().map(|x| x * 2f32.powi(small * 2)).filter(|x| x.abs() <= LARGEST_F16).collect();
        for (x, y) in row.iter().zip(through(&Codec::F16, &row)) {
            let error = (f64::from(*x) - f64::from(y)).abs();
            prop_assert!(error <= f64::from(x.abs()) * 2f64.powi(-11) || error <= 2f64.powi(-25), "{x} {y}");
        }
    }

    #[test]
    fn int8_is_off_by_half_a_step(row in prop::collection::vec(-1e3f32..1e3, 1..60), scale in -20i32..20) {
        let row: Vec<f32> = row.iter().map(|x| x * 2f32.powi(scale)).collect();
        let least = row.iter().copied().fold(f32::INFINITY, f32::min);
        let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let step = (f64::from(largest) - f64::from(least)) / 255.0;
        let magnitude = f64::from(least.abs().max(largest.abs()));
        let once = through(&Codec::Int8, &row);
        for (x, y) in row.iter().zip(&once) {
            let error = (f64::from(*x) - f64::from(*y)).abs();
            // A grid found in the row counts as kept within a millionth; the offsets round to f32.
            prop_assert!(error <= (step / 2.0).max(magnitude * 1e-6) + magnitude * 2f64.powi(-22), "{x} {y}");
        }
    }

    #[test]
    fn grids_of_256_levels_are_kept_up_to_rounding(
        levels in prop::collection::vec(0u8..=255, 1..100), offset in -3f32..3.0, scale in 1e-3f32..10.0,
    ) {
        for row in [
            levels.iter().map(|&q| f32::from(q) / 255.0).collect::<Vec<f32>>(),
            levels.iter().map(|&q| f32::from(q)).collect(),
            levels.iter().map(|&q| f32::from(q) / 255.0 * 2.0 - 1.0).collect(),
            levels.iter().map(|&q| offset + scale * f32::from(q)).collect(),
        ] {
            let largest = row.iter().fold(0f32, |m, x| m.max(x.abs()));
            for (x, y) in row.iter().zip(through(&Codec::Int8, &row)) {
                prop_assert!((x - y).abs() <= largest * 2e-6, "{x} {y}");
            }
        }
    }
}

/// Gaps of which only many divisions find the common step.
#[test]
fn a_grid_is_found_from_few_far_levels() {
    for (levels, scale) in
        [([63, 39, 94, 245], 2.253_064_9f32), ([0, 89, 144, 233], 0.37), ([1, 98, 171, 254], 9.1)]
    {
        let row = levels.map(|level| level as f32 * scale);
        for (x, y) in row.iter().zip(through(&Codec::Int8, &row)) {
            assert!((x - y).abs() <= row[3] * 2e-6, "{x} {y}");
        }
    }
}

#[test]
fn images_in_the_unit_interval_come_back_within_rounding() {
    let row: Vec<f32> = (0..784).map(|i| ((i * 7) % 256) as f32 / 255.0).collect();
    for (x, y) in row.iter().zip(through(&Codec::Int8, &row)) {
        assert!((x - y).abs() <= 1e-7, "{x} {y}");
    }
    // Negative control: numbers off the grid are not kept.
    let row: Vec<f32> = (0..784).map(|i| (i as f32).sin()).collect();
    let lost = row.iter().zip(through(&Codec::Int8, &row)).fold(0f32, |m, (x, y)| m.max((x - y).abs()));
    assert!(lost > 1e-3);
}

#[test]
fn constant_empty_and_extreme_rows_have_answers() {
    for row in
        [vec![], vec![0.0; 5], vec![-7.5; 3], vec![1e-45, 0.0], vec![f32::MAX, -f32::MAX], vec![f32::MAX; 2]]
    {
        for (x, y) in row.iter().zip(through(&Codec::Int8, &row)) {
            assert!(y.is_finite() && (x - y).abs() <= x.abs() * 4e-3 + 1e-44, "{x} {y}");
        }
    }
    assert_eq!(through(&Codec::Int8, &[-7.5; 3]), [-7.5; 3]);
}

#[test]
fn what_is_not_finite_or_out_of_range_is_refused_and_nothing_appended() {
    let (_, product) = codebook(50, 4, 2);
    for codec in [Codec::F32, Codec::F16, Codec::Int8, product.clone()] {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut bytes = vec![9];
            let error = codec.encode(&[0.0, bad, 1.0, 2.0], &mut bytes).expect_err("refused");
            assert!(matches!(error, Error::NotFinite { component: 1, .. }), "{error}");
            assert_eq!(bytes, [9]);
        }
    }
    let mut bytes = Vec::new();
    assert_eq!(
        Codec::F16.encode(&[65505.0], &mut bytes).expect_err("refused").to_string(),
        "component = 65505: must be at most 65504 in magnitude, the range of 16-bit floats"
    );
    Codec::F16.encode(&[65504.0, -65504.0], &mut bytes).expect("the largest number");
    assert!(matches!(product.encode(&[0.0; 3], &mut bytes), Err(Error::Width { expected: 4, found: 3, .. })));
}

#[test]
fn vectors_of_centroids_are_kept_exactly() {
    let (_, codec) = codebook(2000, 7, 3);
    let mut rng = stream(1, "codes");
    for _ in 0..200 {
        let codes: Vec<u8> = (0..3).map(|_| rng.random()).collect();
        let mut row = vec![0.0; 7];
        codec.decode(&codes, &mut row);
        assert_eq!(through(&codec, &row), row);
    }
}

#[test]
fn fewer_samples_than_centroids_are_kept_exactly_and_more_are_near() {
    let (sample, codec) = codebook(100, 8, 4);
    assert_eq!(codec.distortion(sample.view()).expect("measured").largest_error, 0.0);
    let (sample, codec) = codebook(3000, 8, 4);
    let distortion = codec.distortion(sample.view()).expect("measured");
    // 256 cells of a square of area 4: about 1/96 of the mean square of its points.
    assert!(distortion.relative_squared_error < 0.02 && distortion.cosine > 0.98, "{distortion:?}");
    // Negative control: one part for all eight components is far worse.
    let (sample, coarse) = codebook(3000, 8, 1);
    assert!(coarse.distortion(sample.view()).expect("measured").relative_squared_error > 0.1);
}

#[test]
fn training_depends_on_sample_and_seed_alone() {
    let (_, one) = codebook(1000, 8, 4);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
    let (_, two) = pool.install(|| codebook(1000, 8, 4));
    assert_eq!(one, two);
    assert!(Codebook::train(Array2::zeros((0, 4)).view(), 2, &mut stream(0, "x")).is_err());
    assert!(Codebook::train(Array2::zeros((3, 4)).view(), 5, &mut stream(0, "x")).is_err());
}

#[test]
fn codecs_come_back_from_their_bytes_and_cut_bytes_are_refused() {
    let (_, product) = codebook(300, 6, 2);
    for codec in [Codec::F32, Codec::F16, Codec::Int8, product] {
        let bytes = codec.to_bytes();
        assert_eq!(Codec::from_bytes(&bytes, "x").expect("read"), codec);
        assert!((0..bytes.len()).step_by(7).all(|cut| Codec::from_bytes(&bytes[..cut], "x").is_err()));
    }
    assert!(Codec::from_bytes(&[4], "x").is_err());
}

#[test]
fn distortion_of_nothing_and_of_zeros_is_none() {
    for sample in [Array2::zeros((0, 3)), Array2::zeros((4, 3))] {
        let distortion = Codec::Int8.distortion(sample.view()).expect("measured");
        assert_eq!((distortion.relative_squared_error, distortion.cosine), (0.0, 1.0));
    }
}

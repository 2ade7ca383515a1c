//! Damage: exact counts, right places, right laws, and what is refused.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use attractor_data::{Corruption, Region, Shape, glyphs, stream};
use ndarray::{Array2, array};
use proptest::prelude::*;

fn damage(text: &str, patterns: &Array2<f32>, shape: Shape) -> Array2<f32> {
    let corruption: Corruption = text.parse().unwrap();
    corruption.apply(patterns.view(), shape, &mut stream(3, "damage")).unwrap().cues
}

proptest! {
    #[test]
    fn flips_are_exactly_as_many_as_asked(n in 0usize..6, d in 1usize..90, share in 0.0f64..=1.0, seed: u64) {
        let patterns = Array2::from_shape_fn((n, d), |(i, j)| if (i + j) % 3 == 0 { 1.0 } else { -1.0 });
        let flip = Corruption::Flip { share };
        let damaged = flip.apply(patterns.view(), Shape::Vector(d), &mut stream(seed, "flip")).unwrap();
        for (stored, cue) in patterns.outer_iter().zip(damaged.cues.outer_iter()) {
            let flipped = stored.iter().zip(cue).filter(|(a, b)| **a == -**b).count();
            let kept = stored.iter().zip(cue).filter(|(a, b)| a == b).count();
            prop_assert_eq!((flipped, kept + flipped), ((share * d as f64).round() as usize, d));
        }
        prop_assert!(damaged.known.iter().all(|known| !known));
    }

    #[test]
    fn what_is_known_is_right_and_the_rest_is_filled(
        region in prop_oneof![
            Just(Region::Upper as fn(f64) -> Region), Just(Region::Lower as fn(f64) -> Region),
            Just(Region::Left as fn(f64) -> Region), Just(Region::Right as fn(f64) -> Region),
            Just(Region::Random as fn(f64) -> Region),
        ],
        share in 0.0f64..=1.0, height in 1usize..7, width in 1usize..7, channels in 1usize..4, seed: u64,
    ) {
        let shape = Shape::Image { height, width, channels };
        let patterns = Array2::from_shape_fn((3, shape.components()), |(i, j)| (1 + i + j) as f32);
        let mask = Corruption::Mask { region: region(share), fill: -9.0 };
        let damaged = mask.apply(patterns.view(), shape, &mut stream(seed, "mask")).unwrap();
        for ((place, &cue), &known) in damaged.cues.indexed_iter().zip(&damaged.known) {
            prop_assert_eq!(cue, if known { patterns[place] } else { -9.0 });
        }
        let hidden = damaged.known.row(0).iter().filter(|known| !**known).count();
        let part = |whole: usize| (share * whole as f64).round() as usize;
        let expected = match region(share) {
            Region::Upper(_) | Region::Lower(_) => part(height) * width * channels,
            Region::Left(_) | Region::Right(_) => part(width) * height * channels,
            Region::Random(_) => part(shape.components()),
        };
        prop_assert_eq!(hidden, expected);
    }

    #[test]
    fn an_occlusion_is_one_rectangle(
        (height, rows) in (1usize..8).prop_flat_map(|h| (Just(h), 1..=h)),
        (width, columns) in (1usize..8).prop_flat_map(|w| (Just(w), 1..=w)), seed: u64,
    ) {
        let shape = Shape::grey(height, width);
        let patterns = Array2::ones((4, shape.components()));
        let occlude = Corruption::Occlude { height: rows, width: columns, fill: 0.0 };
        let damaged = occlude.apply(patterns.view(), shape, &mut stream(seed, "occlude")).unwrap();
        for cue in damaged.cues.outer_iter() {
            let hidden: Vec<(usize, usize)> =
                (0..cue.len()).filter(|&i| cue[i] == 0.0).map(|i| (i / width, i % width)).collect();
            prop_assert_eq!(hidden.len(), rows * columns);
            let (top, left) = hidden[0];
            prop_assert!(hidden.iter().all(|&(y, x)| y >= top && y < top + rows && x >= left && x < left + columns));
        }
    }

    #[test]
    fn patches_are_whole_squares(
        height in 1usize..9, width in 1usize..9, side in 1usize..9, share in 0.0f64..=1.0, seed: u64,
    ) {
        let (shape, side) = (Shape::grey(height, width), side.min(height).min(width));
        let patches = Corruption::Patches { side, share, fill: 0.0 };
        let damaged =
            patches.apply(Array2::ones((4, height * width)).view(), shape, &mut stream(seed, "patches")).unwrap();
        let across = width.div_ceil(side);
        let count = height.div_ceil(side) * across;
        for (cue, known) in damaged.cues.outer_iter().zip(damaged.known.outer_iter()) {
            let mut squares = vec![Vec::new(); count];
            for i in 0..cue.len() {
                prop_assert_eq!(cue[i] == 1.0, known[i]);
                squares[i / width / side * across + i % width / side].push(known[i]);
            }
            prop_assert!(squares.iter().all(|square| square.iter().all(|known| *known == square[0])));
            let hidden = squares.iter().filter(|square| !square[0]).count();
            prop_assert_eq!(hidden, (share * count as f64).round() as usize);
        }
    }

    #[test]
    fn what_is_displayed_parses_back(
        kind in 0..5, region in 0usize..5, share in 0.0f64..=1.0, std in 0.0f32..9.0, fill in -2.0f32..2.0, size in 1usize..99,
    ) {
        let regions = [Region::Upper, Region::Lower, Region::Left, Region::Right, Region::Random];
        let corruption = match kind {
            0 => Corruption::Flip { share },
            1 => Corruption::Gaussian { std, clamp: (fill < 0.0).then_some((fill, std)) },
            2 => Corruption::Mask { region: regions[region](share), fill },
            3 => Corruption::Occlude { height: size, width: 2 * size, fill },
            _ => Corruption::Patches { side: size, share, fill },
        };
        prop_assert_eq!(corruption.to_string().parse::<Corruption>().unwrap(), corruption);
    }
}

#[test]
fn halves_are_where_they_are_called() {
    let patterns = array![[1., 2., 3., 4.]];
    let cases = [
        ("mask:upper:0.5", [0., 0., 3., 4.], [0., 0., 3., 4.]),
        ("mask:lower:0.5:-1", [1., 2., -1., -1.], [1., 2., -1., -1.]),
        ("mask:left:0.5", [0., 2., 0., 4.], [0., 0., 3., 4.]),
        ("mask:right:0.5", [1., 0., 3., 0.], [1., 2., 0., 0.]),
    ];
    for (text, image, vector) in cases {
        assert_eq!(damage(text, &patterns, Shape::grey(2, 2)).row(0).to_vec(), image, "{text}");
        assert_eq!(damage(text, &patterns, Shape::Vector(4)).row(0).to_vec(), vector, "{text}");
    }
}

#[test]
fn noise_has_its_mean_and_spread() {
    let n = 40_000;
    let noise = damage("gauss:2", &Array2::from_elem((4, n / 4), 5.0), Shape::Vector(n / 4));
    let mean = noise.iter().map(|&x| f64::from(x) - 5.0).sum::<f64>() / n as f64;
    let variance = noise.iter().map(|&x| (f64::from(x) - 5.0).powi(2)).sum::<f64>() / n as f64;
    // Five standard errors: 2/sqrt(n) of the mean, 4 sqrt(2/n) of the variance.
    assert!(mean.abs() < 0.05, "{mean}");
    assert!((variance - 4.0).abs() < 0.15, "{variance}");
    let clamped = damage("gauss:9:-1:1", &Array2::zeros((1, 200)), Shape::Vector(200));
    assert!(clamped.iter().all(|x| x.abs() <= 1.0) && clamped.iter().any(|x| x.abs() == 1.0));
    let none = Array2::from_elem((1, 3), 0.5);
    assert_eq!(damage("gauss:0", &none, Shape::Vector(3)), none);
}

#[test]
fn the_first_rows_do_not_depend_on_later_ones() {
    let glyphs = glyphs();
    for text in ["flip:0.2", "gauss:0.5", "mask:random:0.4", "occlude:3x5", "patches:2:0.5"] {
        let corruption: Corruption = text.parse().unwrap();
        let all = corruption.apply(glyphs.patterns(), glyphs.shape(), &mut stream(5, "rows")).unwrap();
        let few = glyphs.take(10);
        let first = corruption.apply(few.patterns(), few.shape(), &mut stream(5, "rows")).unwrap();
        assert_eq!(all.cues.slice(ndarray::s![..10, ..]), first.cues, "{text}");
        let other = corruption.apply(glyphs.patterns(), glyphs.shape(), &mut stream(6, "rows")).unwrap();
        assert_ne!(all, other, "{text}");
    }
}

#[test]
fn bad_words_get_the_choices_and_bad_numbers_their_range() {
    for text in
        ["", "flip", "blur:1", "flip:x", "mask:middle:0.5", "mask:lower:0.5:1:2", "occlude:8", "gauss:1:2"]
    {
        let error = text.parse::<Corruption>().unwrap_err().to_string();
        assert!(error.starts_with(&format!("damage \"{text}\": choose one of flip:SHARE, ")), "{error}");
    }
    let parse = |text: &str| text.parse::<Corruption>().unwrap_err().to_string();
    assert_eq!(parse("flip:1.5"), "flip share = 1.5: must be from 0 to 1");
    assert_eq!(parse("mask:lower:-0.1"), "masked share = -0.1: must be from 0 to 1");
    assert_eq!(parse("mask:lower:0.5:inf"), "fill = inf: must be finite");
    assert_eq!(parse("gauss:-1"), "std = -1: must be finite and at least 0");
    assert_eq!(parse("gauss:1:1:0"), "upper clamp = 0: must be at least the lower clamp 1");

    let apply = |text: &str, patterns: Array2<f32>, shape| {
        let corruption: Corruption = text.parse().unwrap();
        corruption.apply(patterns.view(), shape, &mut stream(0, "")).unwrap_err().to_string()
    };
    assert_eq!(
        apply("occlude:0x1", Array2::zeros((1, 4)), Shape::grey(2, 2)),
        "occluded rows = 0: must be from 1 to 2 for patterns of shape 2x2"
    );
    assert_eq!(
        apply("occlude:1x3", Array2::zeros((1, 4)), Shape::grey(2, 2)),
        "occluded columns = 3: must be from 1 to 2 for patterns of shape 2x2"
    );
    assert_eq!(
        apply("flip:0.5", array![[1.0, 0.5]], Shape::Vector(2)),
        "row 0, column 1 is 0.5: flips need patterns of -1 and +1, binarise them first"
    );
    assert_eq!(
        apply("flip:0.5", array![[1.0, 1.0]], Shape::grey(2, 2)),
        "components of patterns of shape 2x2: 2, expected 4"
    );
}

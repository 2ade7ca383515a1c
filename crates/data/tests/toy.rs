//! Toy problems: the numbers of the reference's scripts, draw for draw, and what cannot be drawn.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use attractor_data::toy::{BitPattern, Latch, LatchSet, MnistBags};
use attractor_data::{Part, Set, Shape, split_set};
use ndarray::{ArrayView1, array};
use proptest::prelude::*;

/// CRC-32 as of zip and gzip.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

fn digits<T: std::fmt::Display>(row: ArrayView1<'_, T>) -> String {
    row.iter().map(ToString::to_string).collect()
}

#[test]
fn bit_patterns_are_those_of_the_reference() {
    let set = BitPattern::default().draw().unwrap();
    let signals: Vec<String> = set.signals.outer_iter().map(digits).collect();
    let expected = "00111001 01000000 01011000 10001000 10111100 11011111 11100010 11101010"
        .split(' ')
        .collect::<Vec<_>>();
    assert_eq!(signals, expected);
    assert_eq!(set.redraws, [1183, 36, 1]);
    assert_eq!(
        set.implants[..8].concat(),
        [(12, 5), (15, 7), (10, 5), (6, 4), (12, 2), (8, 3), (8, 3), (2, 4)]
    );
    let first: Vec<String> = set.bags.get(0).unwrap().instances.outer_iter().map(digits).collect();
    let expected = "01111100 11001101 11110110 11100101 11000110 01100000 01001000 11100110 \
                    10101000 10011011 10011111 11100111 11011111 10000000 11110010 01000101";
    assert_eq!(first.join(" "), expected);
    let bytes: Vec<u8> = set.bags.instances().iter().map(|&bit| bit as u8).collect();
    assert_eq!(bytes.iter().map(|&bit| u32::from(bit)).sum::<u32>(), 131_423);
    assert_eq!(crc32(&bytes), 0xaf94_678a);
    let training: Vec<usize> = (256..1792).collect();
    let training = set.bags.subset(&training).unwrap();
    assert_eq!(training.labels().iter().filter(|&&positive| positive).count(), 768);
    let distinct: BTreeSet<String> = training.instances().outer_iter().map(digits).collect();
    assert_eq!(distinct.len(), 255);
}

#[test]
fn latch_sequences_are_those_of_the_reference() {
    let set = Latch::default().draw().unwrap();
    let expected = [
        0, 14, 13, 15, 15, 4, 2, 11, 15, 3, 15, 12, 8, 18, 15, 12, 7, 13, 14, 5, 11, 13, 19, 15, 12, 11, 2,
        17, 15, 16, 16, 4,
    ];
    assert_eq!(set.symbols.row(0).to_vec(), expected);
    let targets = set.symbols.column(0);
    assert_eq!(digits(targets)[..16], *"0010001001111010");
    let ones = |rows: std::ops::Range<usize>| rows.filter(|&row| targets[row] == 1).count();
    assert_eq!((ones(0..4096), ones(512..3584)), (2_064, 1_545));
    assert_eq!(set.symbols.iter().map(|&symbol| u64::from(symbol)).sum::<u64>(), 1_335_697);
    assert_eq!(crc32(&set.symbols.iter().copied().collect::<Vec<_>>()), 0x69c6_2586);

    let bags = set.bags().unwrap();
    assert_eq!(
        (bags.len(), bags.width(), bags.labels()[..4].to_vec()),
        (4096, 20, vec![false, false, true, false])
    );
    for (instance, &symbol) in bags.get(0).unwrap().instances.outer_iter().zip(&expected) {
        let hot: Vec<f32> = (0..20).map(|place| f32::from(u8::from(place == symbol))).collect();
        assert_eq!(instance.to_vec(), hot);
    }
}

#[test]
fn bags_of_digits_are_those_of_the_reference() {
    let check =
        |bags: usize, pictures: usize, lengths: &[usize], count: usize, first: &[usize], sum: usize| {
            let indices = MnistBags::default().indices(bags, pictures).unwrap();
            let found: Vec<usize> = indices.iter().map(Vec::len).collect();
            assert_eq!(found[..lengths.len()], *lengths);
            assert_eq!(found.iter().sum::<usize>(), count);
            assert_eq!(indices[0], first);
            assert_eq!(indices.iter().flatten().sum::<usize>(), sum);
        };
    check(
        200,
        60_000,
        &[13, 8, 8, 13, 9, 8, 9, 6, 8, 8, 8, 13],
        1_859,
        &[32511, 50057, 43723, 7813, 52047, 21440, 32912, 20609, 49100, 7751, 43757, 31228, 36230],
        57_410_979,
    );
    check(
        50,
        10_000,
        &[13, 8, 11, 9, 9, 12, 13, 11, 12, 8, 8, 10],
        479,
        &[905, 7813, 2895, 5056, 144, 4225, 7751, 3462, 9394, 5396, 5374, 2962, 2516],
        2_390_416,
    );
}

#[test]
fn bags_of_digits_hold_the_pictures_of_their_indices() {
    // Two pixels, of which the first is the number of the picture.
    let patterns =
        ndarray::Array2::from_shape_fn((256, 2), |(row, pixel)| if pixel == 0 { row as f32 } else { 0.0 });
    let labels: Vec<u32> = (0..256).map(|row| row % 10).collect();
    let set = Set::new("p", patterns, Shape::Vector(2)).unwrap().with_labels(labels).unwrap();
    let bags = MnistBags::default().draw(&set, 30).unwrap();
    let indices = MnistBags::default().indices(30, 256).unwrap();
    assert!(bags.labels().contains(&true) && bags.labels().contains(&false));
    for (bag, indices) in bags.iter().zip(&indices) {
        assert_eq!(bag.positive, indices.iter().any(|index| index % 10 == 9));
        assert_eq!(bag.instances.nrows(), indices.len());
        for (instance, &index) in bag.instances.outer_iter().zip(indices) {
            let expected = (index as f64 / 255.0 - 0.1307) / 0.3081;
            assert!((f64::from(instance[0]) - expected).abs() < 1e-6);
            assert!((f64::from(instance[1]) + 0.1307 / 0.3081).abs() < 1e-6);
        }
    }
    let unlabelled = Set::new("p", array![[1.0]], Shape::Vector(1)).unwrap();
    let text = MnistBags::default().draw(&unlabelled, 1).unwrap_err().to_string();
    assert_eq!(text, "labels of set p: 0, expected 1");
}

#[test]
fn bags_of_real_digits_have_labels_of_both_kinds() {
    let Some(root) =
        std::env::var_os("ATTRACTOR_DATA").map(PathBuf::from).filter(|root| root.join("mnist").is_dir())
    else {
        eprintln!("skipped: ATTRACTOR_DATA has no mnist");
        return;
    };
    let set = split_set(&root, "mnist", Part::Test).unwrap();
    let bags = MnistBags::default().draw(&set, 50).unwrap();
    assert_eq!((bags.len(), bags.instances().dim(), bags.name()), (50, (479, 784), "mnist test bags"));
    // Of 10 digits at random, 1 - 0.9^10 = 65 per cent hold a nine: within 4 standard deviations of 50 such draws.
    let positive = bags.labels().iter().filter(|&&positive| positive).count() as f64;
    assert!((positive / 50.0 - 0.65).abs() < 4.0 * (0.65 * 0.35 / 50.0f64).sqrt(), "{positive}");
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let usual = BitPattern::default;
    let check = |set: BitPattern, expected: &str| assert_eq!(set.draw().unwrap_err().to_string(), expected);
    check(BitPattern { bits: 1, ..usual() }, "bits = 1: must be from 2 to 30");
    check(BitPattern { signals: 192, ..usual() }, "signals = 192: must be from 1 to 191");
    check(BitPattern { signals: 0, ..usual() }, "signals = 0: must be from 1 to 191");
    check(BitPattern { signals_per_bag: 17, ..usual() }, "signals per bag = 17: must be from 0 to 16");
    check(BitPattern { positive: f64::NAN, ..usual() }, "positive = NaN: must be from 0 to 1");
    check(
        BitPattern { bags: 0, ..usual() },
        "bags times instances times bits = 0: must be from 1 to 2147483648",
    );
    assert!(BitPattern { bags: usize::MAX, ..usual() }.draw().is_err());

    let check = |set: Latch, expected: &str| assert_eq!(set.draw().unwrap_err().to_string(), expected);
    check(Latch { characters: 2, ..Latch::default() }, "characters = 2: must be from 3 to 256");
    check(
        Latch { length: 0, ..Latch::default() },
        "sequences times length times characters = 0: must be from 1 to 2147483648",
    );
    let text = LatchSet { symbols: array![[3]], characters: 3 }.bags().unwrap_err().to_string();
    assert_eq!(text, "symbol = 3: must be below 3, the number of characters");

    let check = |set: MnistBags, pictures: usize, expected: &str| {
        assert_eq!(set.indices(1, pictures).unwrap_err().to_string(), expected);
    };
    check(MnistBags::default(), 0, "pictures = 0: must be from 1 to 4294967296");
    check(MnistBags { mean: f64::NAN, ..MnistBags::default() }, 1, "mean = NaN: must be from 0 to 65536");
    check(
        MnistBags { deviation: -1.0, ..MnistBags::default() },
        1,
        "deviation = -1: must be from 0 to 65536",
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn only_positive_bags_hold_signals(
        bags in 1usize..20,
        instances in 1usize..6,
        bits in 2usize..9,
        signals in 1usize..5,
        per_bag in 0usize..3,
        seed: u32,
    ) {
        let signals = signals.min(3 * (1 << bits) / 4 - 1);
        let signals_per_bag = per_bag.min(instances);
        let set = BitPattern {
            bags, instances, bits, signals, signals_per_bag, seed_signals: seed, seed_data: seed ^ 1, positive: 0.5,
        };
        let set = set.draw().unwrap();
        let taken: BTreeSet<String> = set.signals.outer_iter().map(digits).collect();
        prop_assert_eq!(taken.len(), signals);
        prop_assert!(taken.iter().all(|signal| signal.contains('1')));
        for bag in set.bags.iter() {
            let held = bag.instances.outer_iter().filter(|&instance| taken.contains(&digits(instance))).count();
            let positive = bag.index < bags.div_ceil(2);
            prop_assert_eq!(held, if positive { signals_per_bag } else { 0 });
            prop_assert_eq!(bag.positive, held > 0);
            prop_assert!(bag.instances.outer_iter().all(|instance| instance.sum() > 0.0));
        }
    }
}

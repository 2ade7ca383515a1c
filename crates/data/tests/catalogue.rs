//! Real data: what lies below `ATTRACTOR_DATA` opens and has its published numbers.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::path::PathBuf;

use attractor_data::{Part, Shape, Values, csv, npz, open, split_set};

/// The folder of data, or a note that the test was skipped.
fn data(test: &str, name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("ATTRACTOR_DATA").map(PathBuf::from).filter(|root| root.join(name).exists());
    if root.is_none() {
        eprintln!("{test}: skipped, ATTRACTOR_DATA has no {name}");
    }
    root
}

#[test]
fn mnist_has_its_published_sizes_and_counts() {
    let Some(root) = data("mnist", "mnist") else { return };
    // Digits 0 to 9 of the official split.
    let published = [
        (Part::Train, 60_000, [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]),
        (Part::Test, 10_000, [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]),
    ];
    for (part, count, digits) in published {
        let set = split_set(&root, "mnist", part).unwrap();
        assert_eq!((set.len(), set.shape(), set.range()), (count, Shape::grey(28, 28), (0.0, 255.0)));
        let mut found = [0; 10];
        for &label in set.labels().unwrap() {
            found[label as usize] += 1;
        }
        assert_eq!(found, digits);
    }
}

#[test]
fn tables_and_streams_open() {
    if let Some(root) = data("streams", "streams/elec.csv.gz") {
        let set = open(root.join("streams/elec.csv.gz")).unwrap();
        assert_eq!(set.labels().map(<[u32]>::len), Some(set.len()));
        assert_eq!(set.len(), 45_312);
    }
    if let Some(root) = data("bags", "mil/musk1.csv.gz") {
        let table = csv::read(&root.join("mil/musk1.csv.gz"), &csv::Label::Guess).unwrap();
        assert_eq!((table.values.dim(), table.columns[0].as_str()), ((476, 167), "bag"));
    }
    if let Some(root) = data("uci", "uci121/iris/iris_R.dat") {
        let set = open(root.join("uci121/iris/iris_R.dat")).unwrap();
        assert_eq!((set.len(), set.shape(), set.name()), (150, Shape::Vector(4), "iris_R"));
        assert_eq!(set.patterns().row(0)[0], -0.897674);
    }
}

#[test]
fn omniglot_is_read_as_truth_values() {
    let Some(root) = data("omniglot", "omniglot/images_evaluation.npz") else { return };
    let path = root.join("omniglot/images_evaluation.npz");
    let images = npz::read(&path, "images").unwrap();
    assert_eq!(images.shape(), [659, 20, 105, 105]);
    let Values::Bool(pixels) = images.values() else { panic!("not of truth values") };
    let white = pixels.iter().filter(|&&pixel| pixel).count() as f64 / pixels.len() as f64;
    assert!(white > 0.9, "strokes are thin: white share {white}");
}

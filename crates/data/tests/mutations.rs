//! Damaged files of every format: an answer or an error, never a panic, never an absurd allocation.
//!
//! The same bodies as the fuzz targets, over random bytes and over valid files with a few bytes changed.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::io::{Cursor, Write};

use attractor_data::{Bags, Shape, bags, csv, idx, npy, npz, png, uci};
use ndarray::{Array2, arr1, array};
use proptest::prelude::*;

/// Runs every parser that a file can reach.
fn parse_all(bytes: &[u8]) {
    let arrays = [idx::parse(bytes), npy::parse(bytes), npz::parse(bytes, "a"), png::parse(bytes)];
    for array in arrays.into_iter().flatten() {
        let _ = array.to_labels();
        if let Ok(set) = array.into_set("mutated") {
            assert!(set.patterns().iter().all(|x| x.is_finite()));
            assert_eq!(set.patterns().ncols(), set.shape().components());
        }
    }
    if let Ok(table) = csv::parse(bytes, &csv::Label::Guess) {
        assert_eq!(table.columns.len(), table.values.ncols());
    }
    if let Ok(bags) = bags::parse("mutated", bytes) {
        assert!(bags.instances().iter().all(|x| x.is_finite()));
        assert!(bags.iter().all(|bag| bag.instances.nrows() > 0));
        assert_eq!(bags.iter().map(|bag| bag.instances.nrows()).sum::<usize>(), bags.instances().nrows());
    }
    for folds in bags::parse_folds(bytes, &three_bags()).into_iter().flatten() {
        folds.iter().for_each(|fold| apart(&[&fold.train, &fold.test], 3, 3));
    }
    for split in uci::parse_lists(bytes, 5).into_iter().flatten() {
        apart(&[&split.train, &split.test], 2, 5);
    }
    if let Ok((rows, marked)) = uci::parse_masks(bytes) {
        marked.iter().for_each(|marked| apart(&[marked], 0, rows));
    }
}

/// Each of the parts ascends, none shares an index with another, and together they have at least `least` of `n`.
fn apart(parts: &[&[usize]], least: usize, n: usize) {
    assert!(parts.iter().all(|part| part.is_sorted()));
    let mut all = parts.concat();
    all.sort_unstable();
    let count = all.len();
    all.dedup();
    assert_eq!(all.len(), count);
    assert!(count >= least && all.iter().all(|&index| index < n));
}

/// The bags of the seed.
fn three_bags() -> Bags {
    bags::parse("bags", BAGS).unwrap()
}

const BAGS: &[u8] = b"bag,label,f\n1,1,2\n1,1,3\n2,0,4\n3,0,5\n";
const FOLDS: &[u8] = b"bag,label,r1,r2\n1,1,0,2\n2,0,1,0\n3,0,0,1\n";
const LISTS: &[u8] = b"0 1 4\n3 2\n1 2\n0\n";
const MASKS: &[u8] = b"0,1\n1,0\n0,0\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// One valid file of each kind.
fn seeds() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let idx = [&[0, 0, 11, 2, 0, 0, 0, 2, 0, 0, 0, 3][..], &[1; 12]].concat();
    npy::write(&path, Array2::from_elem((3, 4), 0.5f32).view()).unwrap();
    let npy = std::fs::read(&path).unwrap();
    let shade: Vec<f32> = (0..200).map(|i| i as f32).collect();
    png::write(&path, arr1(&shade).view(), Shape::grey(10, 20), (0.0, 200.0)).unwrap();
    let png = std::fs::read(&path).unwrap();
    let mut npz = ndarray_npy::NpzWriter::new_compressed(Cursor::new(Vec::new()));
    npz.add_array("a", &array![[1f32, 2.], [3., 4.]]).unwrap();
    let npz = npz.finish().unwrap().into_inner();
    let csv = b"f,g,label\n1,2,a\n3,4.5,b\n".to_vec();
    let texts = [BAGS, FOLDS, LISTS, MASKS].map(<[u8]>::to_vec);
    let packed = [gzip(&idx), gzip(&npy), gzip(&csv), gzip(BAGS), gzip(FOLDS), idx, npy, png, npz, csv];
    packed.into_iter().chain(texts).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        parse_all(&bytes);
    }

    #[test]
    fn changed_bytes(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        shorten: bool,
    ) {
        for mut bytes in seeds() {
            for (place, value) in &changes {
                let place = place.index(bytes.len());
                bytes[place] = *value;
            }
            if shorten {
                bytes.truncate(cut.index(bytes.len()));
            }
            parse_all(&bytes);
        }
    }

    #[test]
    fn hostile_headers(shape in "[(][0-9, L-]{0,40}[)]", descr in "[<>|=][biufcOSV][0-9]{0,3}", tail in any::<[u8; 16]>()) {
        let text = format!("{{'descr': '{descr}', 'fortran_order': True, 'shape': {shape}}}");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((text.len() as u16).to_le_bytes());
        bytes.extend(text.bytes());
        bytes.extend(tail);
        parse_all(&bytes);
    }

    #[test]
    fn hostile_tables(text in "[a1.,;\t\"\n\r-]{0,80}") {
        parse_all(text.as_bytes());
    }

    #[test]
    fn hostile_bags(rows in "([0-3]?,-?[012]?,[0-3]?\n){0,6}", splits in "([0-6 ]{0,9}\n){0,6}", masks in "([012],[01]\n){0,6}") {
        for header in ["bag,label,f\n", "label,bag,f\n", "bag,label\n"] {
            parse_all(format!("{header}{rows}").as_bytes());
        }
        parse_all(splits.as_bytes());
        parse_all(masks.as_bytes());
    }
}

#[test]
fn the_seeds_are_valid() {
    let [
        gzipped_idx,
        gzipped_npy,
        gzipped_csv,
        gzipped_bags,
        gzipped_folds,
        idx,
        npy,
        png,
        npz,
        csv,
        texts @ ..,
    ] = &seeds()[..]
    else {
        panic!("ten seeds and texts")
    };
    assert_eq!(texts, [BAGS, FOLDS, LISTS, MASKS]);
    assert_eq!(bags::parse("bags", gzipped_bags).unwrap(), three_bags());
    assert_eq!(bags::parse_folds(gzipped_folds, &three_bags()).unwrap().len(), 2);
    assert_eq!(bags::parse_folds(FOLDS, &three_bags()).unwrap().len(), 2);
    assert_eq!(uci::parse_lists(LISTS, 5).unwrap().len(), 2);
    assert_eq!(uci::parse_masks(MASKS).unwrap().0, 3);
    assert!(idx::parse(idx).is_ok() && idx::parse(gzipped_idx).is_ok());
    assert!(npy::parse(npy).is_ok() && npy::parse(gzipped_npy).is_ok());
    assert!(png::parse(png).is_ok() && npz::parse(npz, "a").is_ok());
    assert!([csv, gzipped_csv].iter().all(|bytes| csv::parse(bytes, &csv::Label::Guess).is_ok()));
}

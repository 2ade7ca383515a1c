//! Damaged files of every format: an answer or an error, never a panic, never an absurd allocation.
//!
//! The same bodies as the fuzz targets, over random bytes and over valid files with a few bytes changed.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::io::{Cursor, Write};

use attractor_data::{Shape, csv, idx, npy, npz, png};
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
}

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
    vec![gzip(&idx), gzip(&npy), gzip(&csv), idx, npy, png, npz, csv]
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
}

#[test]
fn the_seeds_are_valid() {
    let [gzipped_idx, gzipped_npy, gzipped_csv, idx, npy, png, npz, csv] = &seeds()[..] else {
        panic!("eight seeds")
    };
    assert!(idx::parse(idx).is_ok() && idx::parse(gzipped_idx).is_ok());
    assert!(npy::parse(npy).is_ok() && npy::parse(gzipped_npy).is_ok());
    assert!(png::parse(png).is_ok() && npz::parse(npz, "a").is_ok());
    assert!([csv, gzipped_csv].iter().all(|bytes| csv::parse(bytes, &csv::Label::Guess).is_ok()));
}

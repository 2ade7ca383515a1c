//! IDX files: every type, any rank, and what is wrong with wrong ones.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::io::Write;

use attractor_data::{Malformed, Part, Values, idx, open, split_set};

/// A file of the given type code, sizes and body.
fn file(code: u8, sizes: &[u32], body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, code, sizes.len() as u8];
    bytes.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(body);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn every_type_reads_back_plain_and_gzipped() {
    let cases = [
        (file(8, &[2, 2], &[0, 1, 127, 255]), Values::U8(vec![0, 1, 127, 255])),
        (file(9, &[2, 2], &[0, 1, 127, 255]), Values::I8(vec![0, 1, 127, -1])),
        (file(11, &[2], &[0x12, 0x34, 0xff, 0xff]), Values::I16(vec![0x1234, -1])),
        (file(12, &[1, 1, 1], &[0, 1, 0, 0]), Values::I32(vec![65536])),
        (file(13, &[1], &[0x3f, 0xc0, 0, 0]), Values::F32(vec![1.5])),
        (file(14, &[1, 1, 1, 1, 1], &[0xbf, 0xe0, 0, 0, 0, 0, 0, 0]), Values::F64(vec![-0.5])),
        (file(8, &[3, 0], &[]), Values::U8(vec![])),
    ];
    for (bytes, values) in cases {
        let array = idx::parse(&bytes).unwrap();
        assert_eq!(*array.values(), values);
        assert_eq!(array.shape().len(), usize::from(bytes[3]));
        assert_eq!(idx::parse(&gzip(&bytes)).unwrap(), array);
    }
}

#[test]
fn wrong_files_say_what_is_wrong() {
    let good = file(8, &[2, 3], &[1, 2, 3, 4, 5, 6]);
    let zipped = gzip(&good);
    let mut flipped = zipped.clone();
    let crc = flipped.len() - 8;
    flipped[crc] ^= 1;
    let cases: [(&[u8], &str); 10] = [
        (&[], "truncated header: 0 bytes of 4"),
        (&good[..3], "truncated header: 3 bytes of 4"),
        (&good[..9], "truncated sizes: 5 bytes of 8"),
        (&good[..17], "truncated body: 5 bytes of 6"),
        (&[&good[..], &[7]].concat(), "data goes on after the 6 bytes that the header announces"),
        (b"PNG8", "not a IDX file: begins with 50 4e 47 38, expected 00 00, a type and a rank"),
        (
            &file(10, &[1], &[0]),
            "IDX type 0x0a cannot be read: supported are 0x08 u8, 0x09 i8, 0x0b i16, 0x0c i32, 0x0d f32, 0x0e f64",
        ),
        (&file(14, &[u32::MAX, u32::MAX], &[]), "sizes [4294967295, 4294967295] of 8 bytes each overflow"),
        (
            &file(8, &[u32::MAX, u32::MAX, u32::MAX, 0], &[]),
            "sizes [4294967295, 4294967295, 4294967295, 0] of 1 bytes each overflow",
        ),
        (&file(8, &[u32::MAX], &[1, 2]), "truncated body: 2 bytes of 4294967295"),
    ];
    for (bytes, text) in cases {
        assert_eq!(idx::parse(bytes).unwrap_err().to_string(), text);
    }
    for damaged in [&flipped[..], &zipped[..zipped.len() - 1], &zipped[..12]] {
        let error = idx::parse(damaged).unwrap_err();
        assert!(matches!(error, Malformed::Damaged { part: "gzip stream", .. }), "{error}");
    }
}

#[test]
fn images_find_the_labels_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let images = folder.path().join("train-images-idx3-ubyte");
    write("train-images-idx3-ubyte", &file(8, &[2, 1, 3], &[0, 1, 2, 3, 4, 255]));

    let alone = open(&images).unwrap();
    assert_eq!((alone.len(), alone.labels(), alone.shape().to_string()), (2, None, "1x3".to_owned()));
    assert_eq!(alone.range(), (0.0, 255.0));

    write("train-labels-idx1-ubyte.gz", &gzip(&file(8, &[2], &[9, 4])));
    assert_eq!(open(&images).unwrap().labels(), Some(&[9, 4][..]));

    write("train-labels-idx1-ubyte.gz", &gzip(&file(8, &[3], &[9, 4, 1])));
    let text = open(&images).unwrap_err().to_string();
    assert_eq!(text, "labels of set train-images-idx3-ubyte: 3, expected 2");

    let text = open(folder.path().join("train-labels-idx1-ubyte.gz")).unwrap_err().to_string();
    assert!(text.contains("rank 1 is a list of labels"), "{text}");
}

#[test]
fn a_set_filed_like_mnist_is_found_by_name_and_missed_with_advice() {
    let root = tempfile::tempdir().unwrap();
    let text = split_set(root.path(), "mnist", Part::Test).unwrap_err().to_string();
    assert!(text.contains("no t10k-images-idx3-ubyte"), "{text}");
    assert!(text.contains("run `attractor data fetch mnist`, or set ATTRACTOR_DATA to the folder"), "{text}");
    let text = split_set(root.path(), "fashion", Part::Test).unwrap_err().to_string();
    assert!(text.ends_with("set ATTRACTOR_DATA to the folder that holds fashion/"), "{text}");
    assert!(!text.contains("fetch"), "{text}");

    let folder = root.path().join("fashion");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("t10k-images.idx3-ubyte.gz"), gzip(&file(8, &[1, 2, 2], &[0, 9, 9, 0])))
        .unwrap();
    std::fs::write(folder.join("t10k-labels.idx1-ubyte"), file(8, &[1], &[3])).unwrap();
    let set = split_set(root.path(), "fashion", Part::Test).unwrap();
    assert_eq!((set.name(), set.labels()), ("fashion test", Some(&[3][..])));
}

//! npy and npz files against a second implementation, `ndarray-npy`, and damaged ones.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::io::Cursor;

use attractor_data::{Malformed, Values, npy, npz, open};
use ndarray::{Array2, Array3, ShapeBuilder, arr1, array};
use ndarray_npy::{NpzWriter, ReadNpyExt, WriteNpyExt};

/// The bytes that the other implementation writes.
fn written(array: &impl WriteNpyExt) -> Vec<u8> {
    let mut bytes = Vec::new();
    array.write_npy(&mut bytes).unwrap();
    bytes
}

/// A file with the given header text and body.
fn file(header: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(body);
    bytes
}

fn header(descr: &str, shape: &str) -> String {
    format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n")
}

#[test]
fn every_type_of_the_other_implementation_reads_back() {
    let check = |bytes: Vec<u8>, values: Values| {
        let array = npy::parse(&bytes).unwrap();
        assert_eq!((array.shape(), array.values()), (&[3][..], &values));
    };
    check(written(&arr1(&[true, false, true])), Values::Bool(vec![true, false, true]));
    check(written(&arr1(&[0u8, 7, 255])), Values::U8(vec![0, 7, 255]));
    check(written(&arr1(&[-128i8, 0, 127])), Values::I8(vec![-128, 0, 127]));
    check(written(&arr1(&[0u16, 258, 65535])), Values::U16(vec![0, 258, 65535]));
    check(written(&arr1(&[i16::MIN, 0, 258])), Values::I16(vec![i16::MIN, 0, 258]));
    check(written(&arr1(&[0u32, 1, u32::MAX])), Values::U32(vec![0, 1, u32::MAX]));
    check(written(&arr1(&[i32::MIN, 1, 2])), Values::I32(vec![i32::MIN, 1, 2]));
    check(written(&arr1(&[0u64, 1, u64::MAX])), Values::U64(vec![0, 1, u64::MAX]));
    check(written(&arr1(&[i64::MIN, 1, 2])), Values::I64(vec![i64::MIN, 1, 2]));
    check(written(&arr1(&[0.1f32, -2.5, 1e-40])), Values::F32(vec![0.1, -2.5, 1e-40]));
    check(written(&arr1(&[0.1f64, -2.5, 1e300])), Values::F64(vec![0.1, -2.5, 1e300]));
}

#[test]
fn fortran_order_becomes_c_order() {
    let c = Array3::from_shape_fn((2, 3, 4), |(i, j, k)| (100 * i + 10 * j + k) as u16);
    let mut fortran = Array3::zeros((2, 3, 4).f());
    fortran.assign(&c);
    let bytes = written(&fortran);
    assert!(bytes.windows(4).any(|window| window == b"True"), "the file is in Fortran order");
    assert_eq!(npy::parse(&bytes).unwrap(), npy::parse(&written(&c)).unwrap());
}

#[test]
fn truth_values_may_be_any_byte_but_zero() {
    let array = npy::parse(&file(&header("|b1", "(4,)"), &[0, 255, 1, 2])).unwrap();
    assert_eq!(*array.values(), Values::Bool(vec![false, true, true, true]));
    let set = array.into_set("omniglot").unwrap();
    assert_eq!((set.patterns(), set.range()), (array![[0., 1., 1., 1.]].view(), (0.0, 1.0)));
}

#[test]
fn headers_of_old_and_new_versions_are_read() {
    let big = npy::parse(&file(&header(">i4", "(1L,)"), &[0, 0, 1, 0])).unwrap();
    assert_eq!(*big.values(), Values::I32(vec![256]));
    let spaced = r#" {"shape" : ( 2 , 1 ) , "fortran_order":False,"descr":"<u2"} "#;
    assert_eq!(npy::parse(&file(spaced, &[1, 0, 2, 0])).unwrap().shape(), [2, 1]);
    let text = header("|u1", "()");
    let mut third = b"\x93NUMPY\x03\x00".to_vec();
    third.extend((text.len() as u32).to_le_bytes());
    third.extend(text.bytes());
    third.push(9);
    assert_eq!(*npy::parse(&third).unwrap().values(), Values::U8(vec![9]));
}

#[test]
fn what_is_written_the_other_implementation_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.npy");
    let array = Array2::from_shape_fn((3, 5), |(i, j)| i as f32 - 0.25 * j as f32);
    for view in [array.view(), array.t(), array.slice(ndarray::s![..;2, 1..])] {
        npy::write(&path, view).unwrap();
        assert_eq!(Array2::<f32>::read_npy(std::fs::File::open(&path).unwrap()).unwrap(), view);
        assert_eq!(open(&path).unwrap().patterns(), view);
    }
    let bytes = std::fs::read(&path).unwrap();
    let text = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert_eq!((text % 64, bytes[text - 1]), (0, b'\n'), "the body starts at a multiple of 64");
    let text = npy::write(folder.path(), array.view()).unwrap_err().to_string();
    assert!(text.starts_with(&folder.path().display().to_string()), "{text}");
}

#[test]
fn wrong_files_say_what_is_wrong() {
    let good = file(&header("<f4", "(1, 2)"), &[0; 8]);
    let cases: [(Vec<u8>, &str); 14] = [
        (vec![], "truncated header: 0 bytes of 8"),
        (good[..9].to_vec(), "truncated header: 1 bytes of 2"),
        (good[..30].to_vec(), "truncated header: 20 bytes of 60"),
        (good[..good.len() - 1].to_vec(), "truncated body: 7 bytes of 8"),
        ([&good[..], &[0]].concat(), "data goes on after the 8 bytes that the header announces"),
        (
            b"NUMPY\x93..".to_vec(),
            "not a npy file: begins with 4e 55 4d 50 59 93 2e 2e, expected 93 4e 55 4d 50 59",
        ),
        (b"\x93NUMPY\x09\x00".to_vec(), "npy version 9.0 cannot be read: supported are 1.0, 2.0 and 3.0"),
        (
            b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec(),
            "an npy header of 4294967295 bytes cannot be read: supported are at most 65536 bytes",
        ),
        (
            file(&header("<c8", "(1,)"), &[0; 8]),
            "npy type \"<c8\" cannot be read: supported are b1, u1 to u8, i1 to i8, f4 and f8",
        ),
        (
            file("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", &[]),
            "npy type a record cannot be read: supported are b1, u1 to u8, i1 to i8, f4 and f8",
        ),
        (
            file(&header("<f8", "(9999999999, 9999999999)"), &[]),
            "sizes [9999999999, 9999999999] of 8 bytes each overflow",
        ),
        (
            file(&header("<f8", "(-1,)"), &[]),
            "damaged npy header: size \"-1\" in shape is not a whole number",
        ),
        (file("{'descr': '<f4'}", &[]), "damaged npy header: descr, fortran_order or shape is missing"),
        (file(&"(".repeat(60_000), &[]), "damaged npy header: no dictionary"),
    ];
    for (bytes, text) in cases {
        assert_eq!(npy::parse(&bytes).unwrap_err().to_string(), text);
    }
}

#[test]
fn numbers_without_a_finite_f32_are_refused_with_their_place() {
    let text = |values: [f64; 4]| {
        let array = Array2::from_shape_vec((2, 2), values.to_vec()).unwrap();
        npy::parse(&written(&array)).unwrap().into_set("x").unwrap_err().to_string()
    };
    assert_eq!(text([0., 1., f64::NAN, 2.]), "pattern 1, component 0 is NaN: every component must be finite");
    assert_eq!(
        text([0., 1e39, 1., 2.]),
        "pattern 0, component 1 is 1000000000000000000000000000000000000000: every component must be finite"
    );
    let empty = npy::parse(&written(&Array2::<f32>::zeros((0, 4)))).unwrap();
    assert_eq!(empty.into_set("x").unwrap_err().to_string(), "holds no patterns (sizes [0, 4])");
}

#[test]
fn the_rank_gives_the_shape() {
    let shape = |sizes: &str, count: usize| {
        let set = npy::parse(&file(&header("|u1", sizes), &vec![1; count])).unwrap().into_set("x").unwrap();
        (set.len(), set.shape().to_string())
    };
    assert_eq!(shape("(6,)", 6), (1, "6".to_owned()));
    assert_eq!(shape("(2, 3)", 6), (2, "3".to_owned()));
    assert_eq!(shape("(2, 3, 4)", 24), (2, "3x4".to_owned()));
    assert_eq!(shape("(2, 3, 4, 3)", 72), (2, "3x4x3".to_owned()));
    assert_eq!(shape("(2, 3, 4, 5)", 120), (6, "4x5".to_owned()));
    assert_eq!(shape("(2, 3, 1, 1, 2)", 12), (2, "6".to_owned()));
}

fn archive(fill: impl FnOnce(&mut NpzWriter<Cursor<Vec<u8>>>)) -> Vec<u8> {
    let mut writer = NpzWriter::new_compressed(Cursor::new(Vec::new()));
    fill(&mut writer);
    writer.finish().unwrap().into_inner()
}

#[test]
fn archives_give_their_members_and_labels() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.npz");
    let images = Array3::from_shape_fn((3, 2, 2), |(i, j, k)| (4 * i + 2 * j + k) as u8);
    let bytes = archive(|npz| {
        npz.add_array("images", &images).unwrap();
        npz.add_array("labels", &arr1(&[7i64, 0, 7])).unwrap();
    });
    std::fs::write(&path, &bytes).unwrap();
    let set = open(&path).unwrap();
    assert_eq!((set.len(), set.labels(), set.name()), (3, Some(&[7, 0, 7][..]), "set"));
    assert_eq!(set.patterns().row(2), arr1(&[8., 9., 10., 11.]));
    let named = open(format!("{}:images", path.display())).unwrap();
    assert_eq!(named, set);
    let labels = open(format!("{}:labels", path.display())).unwrap();
    assert_eq!((labels.len(), labels.labels()), (1, None));
    assert_eq!(npz::members(&bytes).unwrap(), ["images", "labels"]);
    let text = npz::parse(&bytes, "image").unwrap_err().to_string();
    assert_eq!(text, "no member \"image\": members are images, labels");
}

#[test]
fn several_members_ask_for_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("two.npz");
    let bytes = archive(|npz| {
        npz.add_array("a", &array![[1f32]]).unwrap();
        npz.add_array("b", &array![[2f32]]).unwrap();
    });
    std::fs::write(&path, &bytes).unwrap();
    let text = open(&path).unwrap_err().to_string();
    assert!(text.ends_with("name one member, as in FILE.npz:MEMBER: members are a, b"), "{text}");
    assert_eq!(open(format!("{}:b", path.display())).unwrap().patterns(), array![[2.]]);

    let truncated = npz::parse(&bytes[..bytes.len() - 30], "a").unwrap_err();
    assert!(matches!(truncated, Malformed::Damaged { part: "zip archive", .. }), "{truncated}");
    let foreign = npz::parse(b"GIF89a", "a").unwrap_err();
    assert_eq!(foreign.to_string(), "not a npz file: begins with 47 49 46 38, expected 50 4b");
}

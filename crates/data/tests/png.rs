//! PNG files of every colour type, folders of them, and pictures written back.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::path::Path;

use ::png::{BitDepth, ColorType, Encoder};
use attractor_data::{Shape, Values, open, png};
use ndarray::array;

/// The bytes of a picture as the `png` crate writes it.
fn picture(width: u32, height: u32, color: ColorType, depth: BitDepth, pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, width, height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == ColorType::Indexed {
        encoder.set_palette(vec![0, 0, 0, 255, 0, 0, 255, 255, 255]);
    }
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(pixels).unwrap();
    writer.finish().unwrap();
    bytes
}

fn grey(bytes: &[u8]) -> Vec<u8> {
    match png::parse(bytes).unwrap().values() {
        Values::U8(pixels) => pixels.clone(),
        other => panic!("{other:?}"),
    }
}

/// Width, height, colour type, bits, the pixels of the file, the grey values.
type Case<'a> = (u32, u32, ColorType, BitDepth, &'a [u8], &'a [u8]);

#[test]
fn every_colour_type_becomes_grey() {
    use BitDepth::{Eight, One, Sixteen, Two};
    use ColorType::{Grayscale, GrayscaleAlpha, Indexed, Rgb, Rgba};
    // 76 = 0.299 * 255, 150 = 0.587 * 255, 29 = 0.114 * 255, rounded.
    let cases: [Case<'_>; 8] = [
        (3, 1, Grayscale, Eight, &[0, 128, 255], &[0, 128, 255]),
        (3, 2, Grayscale, One, &[0b1010_0000, 0b0100_0000], &[255, 0, 255, 0, 255, 0]),
        (4, 1, Grayscale, Two, &[0b00_01_10_11], &[0, 85, 170, 255]),
        (2, 1, Grayscale, Sixteen, &[0x12, 0x34, 0xff, 0xff], &[0x12, 0xff]),
        (3, 1, Rgb, Eight, &[255, 0, 0, 0, 255, 0, 0, 0, 255], &[76, 150, 29]),
        (3, 1, Indexed, Two, &[0b00_01_10_00], &[0, 76, 255]),
        (2, 1, GrayscaleAlpha, Eight, &[0, 255, 0, 0], &[0, 255]),
        (2, 1, Rgba, Eight, &[0, 0, 0, 51, 255, 0, 0, 255], &[204, 76]),
    ];
    for (width, height, color, depth, pixels, expected) in cases {
        assert_eq!(grey(&picture(width, height, color, depth, pixels)), expected, "{color:?} {depth:?}");
    }
}

fn save(folder: &Path, name: &str, width: u32, height: u32, value: u8) {
    let pixels = vec![value; (width * height) as usize];
    let bytes = picture(width, height, ColorType::Grayscale, BitDepth::Eight, &pixels);
    std::fs::write(folder.join(name), bytes).unwrap();
}

#[test]
fn a_folder_is_read_in_the_order_of_its_names() {
    let folder = tempfile::tempdir().unwrap();
    let text = open(folder.path()).unwrap_err().to_string();
    assert!(text.contains("no .png file in this folder"), "{text}");
    save(folder.path(), "b.PNG", 2, 1, 20);
    save(folder.path(), "a.png", 2, 1, 10);
    std::fs::write(folder.path().join("notes.txt"), "no picture").unwrap();
    let set = open(folder.path()).unwrap();
    assert_eq!(set.patterns(), array![[10., 10.], [20., 20.]]);
    assert_eq!((set.shape(), set.range()), (Shape::grey(1, 2), (0.0, 255.0)));
    assert_eq!((set.labels(), set.class_name(0).into_owned()), (Some(&[0, 1][..]), "a".to_owned()));

    let one = open(folder.path().join("a.png")).unwrap();
    assert_eq!((one.len(), one.name()), (1, "a"));

    save(folder.path(), "c.png", 1, 2, 30);
    let text = open(folder.path()).unwrap_err().to_string();
    assert!(text.contains("c.png is 2x1, but ") && text.contains("a.png is 1x2"), "{text}");

    std::fs::write(folder.path().join("aa.png"), "GIF89a").unwrap();
    let text = open(folder.path()).unwrap_err().to_string();
    assert!(text.contains("aa.png: not a PNG file: begins with 47 49 46"), "{text}");
}

#[test]
fn pictures_survive_writing_and_reading() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.png");
    let pattern = array![-2.0, -1.0, 0.0, 1.0, 7.0, f32::NAN];
    png::write(&path, pattern.view(), Shape::grey(2, 3), (-1.0, 1.0)).unwrap();
    let set = png::read_set(&path).unwrap();
    assert_eq!(set.patterns(), array![[0., 0., 128., 255., 255., 0.]]);
    assert_eq!(set.shape(), Shape::grey(2, 3));
    let colour = Shape::Image { height: 1, width: 2, channels: 3 };
    png::write(&path, array![0.0, 0.0, 0.3, 1.0, 0.5, 0.0].view(), colour, (0.0, 1.0)).unwrap();
    assert_eq!(png::read_set(&path).unwrap().patterns(), array![[26., 128.]]);

    let refused = |shape, range| png::write(&path, pattern.view(), shape, range).unwrap_err().to_string();
    assert_eq!(refused(Shape::grey(2, 2), (0.0, 1.0)), "components of a picture of 2x2: 6, expected 4");
    assert_eq!(
        refused(Shape::Vector(6), (1.0, 1.0)),
        "white value = 1: must be finite and above the black value 1"
    );
}

#[test]
fn damaged_pictures_are_refused() {
    let good = picture(9, 9, ColorType::Grayscale, BitDepth::Eight, &(0..81).collect::<Vec<u8>>());
    for end in 0..good.len() - 12 {
        assert!(png::parse(&good[..end]).is_err(), "cut after {end} bytes");
    }
    let mut flipped = good.clone();
    flipped[50] ^= 1;
    assert!(png::parse(&flipped).is_err(), "a flipped bit fails a checksum");
    // A header that announces 4 gigapixels, with its checksum, in a file of 57 bytes.
    let huge = picture(1, 1, ColorType::Grayscale, BitDepth::Eight, &[0]);
    let mut header = b"IHDR\x00\x01\x00\x00\x00\x01\x00\x00\x08\x00\x00\x00\x00".to_vec();
    let mut crc = flate2::Crc::new();
    crc.update(&header);
    header.extend(crc.sum().to_be_bytes());
    let bytes = [&huge[..12], &header, &huge[33..]].concat();
    let text = png::parse(&bytes).unwrap_err().to_string();
    assert!(text.contains("truncated picture"), "{text}");
}

#[test]
fn a_folder_of_folders_has_a_class_per_folder() {
    let root = tempfile::tempdir().unwrap();
    for folder in ["b", "a", "none"] {
        std::fs::create_dir(root.path().join(folder)).unwrap();
    }
    save(&root.path().join("b"), "2.png", 2, 1, 20);
    save(&root.path().join("b"), "1.PNG", 2, 1, 10);
    save(&root.path().join("a"), "9.png", 2, 1, 90);
    std::fs::write(root.path().join("notes.txt"), "no picture").unwrap();
    let set = open(root.path()).unwrap();
    assert_eq!(set.patterns().column(0).to_vec(), [90.0, 10.0, 20.0]);
    assert_eq!((set.labels(), set.class_names()), (Some(&[0, 1, 1][..]), &["a".to_owned(), "b".into()][..]));
    save(&root.path().join("none"), "1.png", 1, 1, 0);
    let refused = open(root.path()).unwrap_err().to_string();
    assert!(refused.contains("is 1x1, but") && refused.contains("is 1x2"), "{refused}");
    let empty = tempfile::tempdir().unwrap();
    let refused = open(empty.path()).unwrap_err().to_string();
    assert!(refused.contains("no .png file in this folder, nor in the folders in it"), "{refused}");
}

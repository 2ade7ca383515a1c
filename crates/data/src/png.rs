//! PNG pictures, read as grey: one file, or all files of a folder.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use ::png::{ColorType, Decoder, Transformations};
use ndarray::{Array2, ArrayView1};

use crate::array::{Array, Values};
use crate::error::{Error, Malformed, read_bytes};
use crate::{Set, Shape, name_of};

/// Deflate cannot shrink data further than this: a picture that is larger does not fit into its file.
const DEFLATE_RATIO: u64 = 1032;

/// The picture in `bytes` as grey values, `(height, width)` bytes.
///
/// Colours become 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601); what is transparent shows white behind it;
/// 16-bit channels keep their upper byte; of an animation the first picture counts.
///
/// # Errors
/// What is wrong with the magic number, a chunk, a checksum or the length.
pub fn parse(bytes: &[u8]) -> Result<Array, Malformed> {
    if !bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Err(Malformed::magic("PNG", bytes, "89 50 4e 47 0d 0a 1a 0a"));
    }
    let mut decoder = Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder.ignore_checksums(false);
    let mut reader = decoder.read_info().map_err(|reason| damaged(&reason))?;
    let info = reader.info();
    let (height, width) = (info.height as usize, info.width as usize);
    let row = (u64::from(info.width) * info.bits_per_pixel() as u64).div_ceil(8);
    // The sizes of the header are not believed before memory is asked for.
    let most = (bytes.len() as u64).saturating_mul(DEFLATE_RATIO);
    if row.saturating_mul(u64::from(info.height)) > most {
        let expected = usize::try_from(row.saturating_mul(u64::from(info.height))).unwrap_or(usize::MAX);
        return Err(Malformed::Truncated { part: "picture", expected, found: bytes.len() });
    }
    let size = reader
        .output_buffer_size()
        .ok_or_else(|| Malformed::Overflow { shape: vec![height, width], item: 4 })?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(|reason| damaged(&reason))?;
    pixels.truncate(frame.buffer_size());
    let grey: Vec<u8> = match frame.color_type {
        ColorType::Grayscale => pixels,
        ColorType::GrayscaleAlpha => {
            pixels.as_chunks().0.iter().map(|&[grey, a]| over_white(grey, a)).collect()
        }
        ColorType::Rgb => pixels.as_chunks().0.iter().map(|&rgb| luma(rgb)).collect(),
        ColorType::Rgba => {
            pixels.as_chunks().0.iter().map(|&[r, g, b, a]| over_white(luma([r, g, b]), a)).collect()
        }
        ColorType::Indexed => {
            let found = "without a decoded palette".to_owned();
            return Err(Malformed::Unsupported {
                what: "a PNG",
                found,
                supported: "grey, colour and palette",
            });
        }
    };
    if grey.len() != height * width {
        return Err(Malformed::Truncated { part: "picture", expected: height * width, found: grey.len() });
    }
    Ok(Array::new(vec![height, width], Values::U8(grey)))
}

/// The pictures at `path`: one file, or the `.png` files of a folder in the order of their names.
///
/// Every picture is its own class, called by its file name without the ending. The range is 0 to 255.
///
/// # Errors
/// [`Error::Io`], [`Error::Malformed`] as of [`parse`], [`Error::Missing`] for a folder without pictures,
/// [`Error::PictureSize`] when the pictures differ in size.
pub fn read_set(path: &Path) -> Result<Set, Error> {
    let files = if path.is_dir() { pictures(path)? } else { vec![path.to_owned()] };
    let names = files.iter().map(|file| name_of(file)).collect();
    Ok(read_files(path, &files)?.with_distinct_classes(names))
}

/// The pictures of a folder of folders: each inner folder is a class, called by its name.
///
/// Classes are numbered in the order of their names, and the pictures of a class follow in the order of theirs.
/// Files beside the folders are left out, as are folders without a picture and what lies deeper. The range is 0 to 255.
///
/// ```
/// # let root = tempfile::tempdir()?;
/// # use attractor_data::{Shape, png};
/// for class in ["ant", "bee"] {
///     std::fs::create_dir(root.path().join(class))?;
///     let path = root.path().join(class).join("1.png");
///     png::write(&path, ndarray::array![0.0, 1.0].view(), Shape::grey(1, 2), (0.0, 1.0))?;
/// }
/// let set = png::read_classes(root.path())?;
/// assert_eq!((set.labels(), set.class_name(1)), (Some(&[0, 1][..]), "bee".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`read_set`]; [`Error::Missing`] when no inner folder has a picture.
pub fn read_classes(path: &Path) -> Result<Set, Error> {
    let mut folders: Vec<PathBuf> = entries(path)?.into_iter().filter(|entry| entry.is_dir()).collect();
    folders.sort();
    let (mut files, mut labels, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for folder in &folders {
        let found = found(folder)?;
        if !found.is_empty() {
            labels.extend(found.iter().map(|_| names.len() as u32));
            names
                .push(folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default());
            files.extend(found);
        }
    }
    if files.is_empty() {
        return Err(nothing(path, "no .png file in this folder, nor in the folders in it"));
    }
    read_files(path, &files)?.with_classes(labels, names)
}

/// Whether a folder has a picture itself.
pub(crate) fn has_pictures(folder: &Path) -> Result<bool, Error> {
    Ok(entries(folder)?.iter().any(|path| is_picture(path)))
}

/// The pictures in `files`, which have one size; the set is called after `path`.
fn read_files(path: &Path, files: &[PathBuf]) -> Result<Set, Error> {
    let mut values = Vec::new();
    let mut size: Option<(usize, usize)> = None;
    for file in files {
        let array = parse(&read_bytes(file)?).map_err(|reason| reason.at(file))?;
        let (&[height, width], Values::U8(grey)) = (array.shape(), array.values()) else { continue };
        let first = *size.get_or_insert((height, width));
        if first != (height, width) {
            return Err(Error::PictureSize {
                path: file.clone(),
                found: format!("{height}x{width}"),
                first: files[0].clone(),
                expected: format!("{}x{}", first.0, first.1),
            });
        }
        values.extend(grey.iter().map(|&byte| f32::from(byte)));
    }
    let (height, width) = size.unwrap_or_default();
    let patterns = Array2::from_shape_vec((files.len(), height * width), values).map_err(|_| {
        Error::Count { place: format!("pixels in {}", path.display()), expected: files.len(), found: 0 }
    })?;
    Ok(Set::checked(name_of(path), patterns, Shape::grey(height, width), (0.0, 255.0)))
}

/// Writes `pattern` `(d,)` as a grey picture: the bytes of [`encoded`].
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("recalled.png");
/// use attractor_data::{Shape, png};
/// png::write(&path, ndarray::array![-1.0, 1.0].view(), Shape::grey(2, 1), (-1.0, 1.0))?;
/// assert_eq!(png::read_set(&path)?.patterns(), ndarray::array![[0.0, 255.0]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`encoded`]; [`Error::Io`] when the file cannot be written.
pub fn write(
    path: &Path,
    pattern: ArrayView1<'_, f32>,
    shape: Shape,
    range: (f32, f32),
) -> Result<(), Error> {
    let bytes = encoded(pattern, shape, range)?;
    std::fs::write(path, bytes).map_err(|reason| Error::Io { path: path.to_owned(), reason })
}

/// `pattern` `(d,)` as the bytes of a grey picture: `range.0` and below becomes black, `range.1` and above white.
///
/// A vector becomes one row; of several channels the mean is taken. A NaN becomes black.
///
/// ```
/// use attractor_data::{Shape, png};
/// let bytes = png::encoded(ndarray::array![-1.0, 1.0].view(), Shape::grey(2, 1), (-1.0, 1.0))?;
/// assert_eq!(png::parse(&bytes)?.shape(), [2, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Count`] when the pattern does not fit the shape, [`Error::Parameter`] for an empty or infinite range,
/// [`Error::Io`] for a picture beyond what the format holds.
#[expect(clippy::needless_pass_by_value, reason = "a view is a reference")]
pub fn encoded(pattern: ArrayView1<'_, f32>, shape: Shape, range: (f32, f32)) -> Result<Vec<u8>, Error> {
    let (low, high) = range;
    if !(low.is_finite() && high.is_finite() && low < high) {
        let limit = format!("finite and above the black value {low}");
        return Err(Error::Parameter { name: "white value", value: f64::from(high), limit });
    }
    if pattern.len() != shape.components() || pattern.is_empty() {
        return Err(Error::Count {
            place: format!("components of a picture of {shape}"),
            expected: shape.components().max(1),
            found: pattern.len(),
        });
    }
    let (height, width, channels) = match shape {
        Shape::Vector(d) => (1, d, 1),
        Shape::Image { height, width, channels } => (height, width, channels),
    };
    let values: Vec<f32> = pattern.iter().copied().collect();
    let grey = |pixel: &[f32]| {
        let mean = pixel.iter().sum::<f32>() / channels as f32;
        // A cast saturates, and turns a NaN into 0.
        ((mean - low) / (high - low) * 255.0).round() as u8
    };
    let pixels: Vec<u8> = values.chunks(channels).map(grey).collect();
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(ColorType::Grayscale);
    let done = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(&pixels)?;
        writer.finish()
    });
    done.map_err(|error| Error::Io { path: format!("picture of {shape}").into(), reason: error.into() })?;
    Ok(bytes)
}

/// The `.png` files of a folder in the order of their names; an error where there is none.
fn pictures(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let files = found(folder)?;
    if files.is_empty() {
        return Err(nothing(folder, "no .png file in this folder"));
    }
    Ok(files)
}

/// The `.png` files of a folder in the order of their names.
fn found(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files: Vec<PathBuf> = entries(folder)?.into_iter().filter(|path| is_picture(path)).collect();
    files.sort();
    Ok(files)
}

fn is_picture(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png")) && path.is_file()
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let system = |reason| Error::Io { path: folder.to_owned(), reason };
    std::fs::read_dir(folder)
        .map_err(system)?
        .map(|entry| entry.map(|entry| entry.path()).map_err(system))
        .collect()
}

fn nothing(folder: &Path, what: &str) -> Error {
    let hint = "name a folder that has some, or a single data file".to_owned();
    Error::Missing { path: folder.to_owned(), what: what.to_owned(), hint }
}

fn luma([r, g, b]: [u8; 3]) -> u8 {
    (0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b)).round() as u8
}

fn over_white(grey: u8, alpha: u8) -> u8 {
    let alpha = f32::from(alpha) / 255.0;
    (alpha * f32::from(grey) + (1.0 - alpha) * 255.0).round() as u8
}

fn damaged(reason: &::png::DecodingError) -> Malformed {
    Malformed::Damaged { part: "picture", reason: reason.to_string() }
}

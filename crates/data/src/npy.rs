//! npy, the array format of NumPy, versions 1 to 3.
//!
//! A magic number, the version, the length of the header, the header (a Python dictionary with the three keys
//! `descr`, `fortran_order` and `shape`), the numbers.
//! Source: NumPy Enhancement Proposal 1 and the documentation of `numpy.lib.format`.
//!
//! The header is read here, without recursion: general readers of Python literals follow nested brackets as deep as
//! a hostile file likes.

use std::io::{BufWriter, Write};
use std::path::Path;

use ndarray::{ArrayView, Dimension};

use crate::array::{Array, Endian, Kind};
use crate::bytes::Source;
use crate::error::{Error, Malformed, read_bytes};

const MAGIC: &[u8] = b"\x93NUMPY";
/// NumPy itself refuses longer headers.
const LONGEST_HEADER: usize = 65_536;
const SUPPORTED: &str = "b1, u1 to u8, i1 to i8, f4 and f8";

/// The array in `bytes`. Numbers of Fortran order are brought to C order.
///
/// Truth values are read by their bytes: any byte but 0 is true.
/// Nothing is allocated that the bytes cannot fill.
///
/// ```
/// use attractor_data::npy;
/// let mut file = b"\x93NUMPY\x01\x00\x46\x00".to_vec();
/// file.extend(format!("{:<69}\n", "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), }").bytes());
/// file.extend([1, 2, 3, 4]);
/// assert_eq!(npy::parse(&file)?.shape(), [2, 2]);
/// # Ok::<(), attractor_data::Malformed>(())
/// ```
///
/// # Errors
/// What is wrong with the magic number, the header, the length, or which type is not supported.
pub fn parse(bytes: &[u8]) -> Result<Array, Malformed> {
    parse_source(Source::new(bytes))
}

/// The array in the file at `path`.
///
/// # Errors
/// [`Error::Io`], or [`Error::Malformed`] as of [`parse`].
pub fn read(path: &Path) -> Result<Array, Error> {
    parse(&read_bytes(path)?).map_err(|reason| reason.at(path))
}

/// Writes `array` to `path` as little-endian `f32` in C order, version 1.0.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("recalled.npy");
/// use attractor_data::npy;
/// npy::write(&path, ndarray::array![[0.5f32, 1.0]].view())?;
/// assert_eq!(npy::read(&path)?.shape(), [1, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Io`] when the file cannot be written.
#[expect(clippy::needless_pass_by_value, reason = "a view is a reference")]
pub fn write<D: Dimension>(path: &Path, array: ArrayView<'_, f32, D>) -> Result<(), Error> {
    let sizes: Vec<String> = array.shape().iter().map(|size| format!("{size},")).collect();
    let text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}", sizes.join(" "));
    // Magic, version, length, header and a newline fill a multiple of 64 bytes.
    let length = (MAGIC.len() + 4 + text.len() + 1).next_multiple_of(64) - MAGIC.len() - 4;
    let body = || -> std::io::Result<()> {
        let mut file = BufWriter::new(std::fs::File::create(path)?);
        file.write_all(MAGIC)?;
        file.write_all(&[1, 0])?;
        file.write_all(&(length as u16).to_le_bytes())?;
        writeln!(file, "{text:<width$}", width = length - 1)?;
        for value in &array {
            file.write_all(&value.to_le_bytes())?;
        }
        file.flush()
    };
    body().map_err(|reason| Error::Io { path: path.to_owned(), reason })
}

pub(crate) fn parse_source(mut source: Source<'_>) -> Result<Array, Malformed> {
    let start = source.exact(MAGIC.len() + 2, "header")?;
    let Some(&[major, minor]) = start.strip_prefix(MAGIC) else {
        return Err(Malformed::magic("npy", &start, "93 4e 55 4d 50 59"));
    };
    let digits = match (major, minor) {
        (1, 0) => 2,
        (2 | 3, 0) => 4,
        _ => {
            let found = format!("{major}.{minor}");
            return Err(Malformed::Unsupported { what: "npy version", found, supported: "1.0, 2.0 and 3.0" });
        }
    };
    let length = source.exact(digits, "header")?;
    let length = length.iter().rev().fold(0, |all, &byte| (all << 8) | usize::from(byte));
    if length > LONGEST_HEADER {
        let found = format!("of {length} bytes");
        return Err(Malformed::Unsupported {
            what: "an npy header",
            found,
            supported: "at most 65536 bytes",
        });
    }
    let text = source.exact(length, "header")?;
    let header = Header::parse(&String::from_utf8_lossy(&text))?;
    let (kind, endian) = dtype(&header.descr)?;
    let array = source.array(header.shape, kind, endian)?;
    Ok(if header.fortran { array.into_c_order() } else { array })
}

/// What the dictionary says.
#[derive(Debug, PartialEq)]
struct Header {
    descr: String,
    fortran: bool,
    shape: Vec<usize>,
}

impl Header {
    fn parse(text: &str) -> Result<Self, Malformed> {
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        let inside = text.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let mut rest = inside.ok_or_else(|| damaged("no dictionary"))?.trim_start();
        while !rest.is_empty() {
            let (key, after) = quoted(rest)?;
            let value = after.trim_start().strip_prefix(':').ok_or_else(|| damaged("a key without value"))?;
            let value = value.trim_start();
            rest = match key {
                "descr" if value.starts_with('[') => {
                    let found = "a record".to_owned();
                    return Err(Malformed::Unsupported { what: "npy type", found, supported: SUPPORTED });
                }
                "descr" => {
                    let (text, after) = quoted(value)?;
                    descr = Some(text.to_owned());
                    after
                }
                "fortran_order" => {
                    let (order, after) = truth(value)?;
                    fortran = Some(order);
                    after
                }
                "shape" => {
                    let (sizes, after) = tuple(value)?;
                    shape = Some(sizes);
                    after
                }
                other => return Err(damaged(&format!("unknown key {other:?}"))),
            };
            rest = rest.trim_start();
            rest = match rest.strip_prefix(',') {
                Some(after) => after.trim_start(),
                None if rest.is_empty() => rest,
                None => return Err(damaged("no comma between keys")),
            };
        }
        match (descr, fortran, shape) {
            (Some(descr), Some(fortran), Some(shape)) => Ok(Self { descr, fortran, shape }),
            _ => Err(damaged("descr, fortran_order or shape is missing")),
        }
    }
}

fn damaged(reason: &str) -> Malformed {
    Malformed::Damaged { part: "npy header", reason: reason.to_owned() }
}

/// A Python string without escapes, and what follows it.
fn quoted(text: &str) -> Result<(&str, &str), Malformed> {
    let quote = text.chars().next().filter(|&first| first == '\'' || first == '"');
    quote
        .and_then(|quote| text[1..].split_once(quote))
        .ok_or_else(|| damaged("a string in quotes is expected"))
}

fn truth(text: &str) -> Result<(bool, &str), Malformed> {
    let is = |word, value| text.strip_prefix(word).map(|rest| (value, rest));
    is("True", true)
        .or_else(|| is("False", false))
        .ok_or_else(|| damaged("fortran_order is not True or False"))
}

fn tuple(text: &str) -> Result<(Vec<usize>, &str), Malformed> {
    let inside = text.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let (inside, rest) = inside.ok_or_else(|| damaged("shape is not a tuple"))?;
    // Python 2 wrote long integers with an L.
    let size = |item: &str| {
        let item = item.trim();
        let digits = item.strip_suffix('L').unwrap_or(item);
        digits.parse().map_err(|_| damaged(&format!("size {item:?} in shape is not a whole number")))
    };
    let items: Vec<&str> = inside.split(',').collect();
    let last_is_empty = items.last().is_some_and(|item| item.trim().is_empty());
    let items = &items[..items.len() - usize::from(last_is_empty)];
    Ok((items.iter().map(|item| size(item)).collect::<Result<_, _>>()?, rest))
}

/// The type that a description such as `<f4` stands for.
fn dtype(descr: &str) -> Result<(Kind, Endian), Malformed> {
    let unsupported =
        || Malformed::Unsupported { what: "npy type", found: format!("{descr:?}"), supported: SUPPORTED };
    let (order, code) = descr.split_at_checked(1).ok_or_else(unsupported)?;
    let kind = match code {
        "b1" => Kind::Bool,
        "u1" => Kind::U8,
        "i1" => Kind::I8,
        "u2" => Kind::U16,
        "i2" => Kind::I16,
        "u4" => Kind::U32,
        "i4" => Kind::I32,
        "u8" => Kind::U64,
        "i8" => Kind::I64,
        "f4" => Kind::F32,
        "f8" => Kind::F64,
        _ => return Err(unsupported()),
    };
    match order {
        "<" => Ok((kind, Endian::Little)),
        ">" => Ok((kind, Endian::Big)),
        "|" if kind.bytes() == 1 => Ok((kind, Endian::Little)),
        _ => Err(unsupported()),
    }
}

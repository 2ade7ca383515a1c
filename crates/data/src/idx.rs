//! IDX, the format of MNIST: a type, the sizes, the numbers, all big-endian.
//!
//! The first four bytes are 0, 0, the type (8 `u8`, 9 `i8`, 11 `i16`, 12 `i32`, 13 `f32`, 14 `f64`) and the rank;
//! then each size in four bytes; then the numbers, last index fastest.
//! Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".

use std::path::{Path, PathBuf};

use crate::array::{Array, Endian, Kind};
use crate::bytes::Source;
use crate::error::{Error, Malformed, read_bytes};
use crate::{Set, name_of};

/// The array in `bytes`, which may be gzipped.
///
/// Nothing is allocated that the bytes cannot fill, whatever sizes the header announces.
///
/// ```
/// use attractor_data::idx;
/// let array = idx::parse(&[0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4])?;
/// assert_eq!(array.shape(), [3]);
/// assert_eq!(array.to_labels()?, [5, 0, 4]);
/// # Ok::<(), attractor_data::Malformed>(())
/// ```
///
/// # Errors
/// What is wrong with the magic number, the sizes, the length or the gzip stream.
pub fn parse(bytes: &[u8]) -> Result<Array, Malformed> {
    let mut source = Source::new(bytes);
    let magic = source.exact(4, "header")?;
    let [0, 0, code, rank] = magic[..] else {
        return Err(Malformed::magic("IDX", &magic, "00 00, a type and a rank"));
    };
    let kind = match code {
        0x08 => Kind::U8,
        0x09 => Kind::I8,
        0x0b => Kind::I16,
        0x0c => Kind::I32,
        0x0d => Kind::F32,
        0x0e => Kind::F64,
        _ => {
            return Err(Malformed::Unsupported {
                what: "IDX type",
                found: format!("0x{code:02x}"),
                supported: "0x08 u8, 0x09 i8, 0x0b i16, 0x0c i32, 0x0d f32, 0x0e f64",
            });
        }
    };
    let sizes = source.exact(4 * usize::from(rank), "sizes")?;
    let (sizes, _) = sizes.as_chunks::<4>();
    let shape = sizes.iter().map(|&size| u32::from_be_bytes(size) as usize).collect();
    source.array(shape, kind, Endian::Big)
}

/// The array in the file at `path`, plain or gzipped.
///
/// # Errors
/// [`Error::Io`], or [`Error::Malformed`] as of [`parse`].
pub fn read(path: &Path) -> Result<Array, Error> {
    parse(&read_bytes(path)?).map_err(|reason| reason.at(path))
}

/// The patterns in the file at `path`, with the labels of the file beside it where there is one.
///
/// The labels of `…-images-idx3-ubyte` are looked for in `…-labels-idx1-ubyte`, plain or gzipped.
///
/// # Errors
/// As [`read`]; [`Error::Malformed`] for a file of labels alone; [`Error::Count`] when the labels are not one per
/// pattern.
pub fn read_set(path: &Path) -> Result<Set, Error> {
    let array = read(path)?;
    if array.shape().len() < 2 {
        let found = format!("of rank {}", array.shape().len());
        let supported = "rank 2 and above (rank 1 is a list of labels: name the file of its images)";
        return Err(Malformed::Unsupported { what: "a data set", found, supported }.at(path));
    }
    let set = array.into_set(name_of(path)).map_err(|reason| reason.at(path))?;
    match labels_beside(path) {
        None => Ok(set),
        Some(labels) => set.with_labels(read(&labels)?.to_labels().map_err(|reason| reason.at(&labels))?),
    }
}

/// The file of labels that belongs to a file of images, by the naming of MNIST.
fn labels_beside(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    if !name.contains("images") {
        return None;
    }
    let name = name.replace("images", "labels").replace("idx3", "idx1").replace("idx4", "idx1");
    let plain = name.strip_suffix(".gz").unwrap_or(&name);
    [name.clone(), plain.to_owned(), format!("{plain}.gz")]
        .into_iter()
        .map(|name| path.with_file_name(name))
        .find(|path| path.is_file())
}

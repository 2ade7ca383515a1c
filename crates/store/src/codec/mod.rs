//! How a row of numbers lies in bytes, and what that costs in exactness.
//!
//! A [`Codec`] turns a row of `f32` into a fixed number of bytes and back. What it loses is lost when a row is
//! put, once: decoded rows go through it again unharmed, up to rounding.
//!
//! | codec | bytes of a row of width `d` | error |
//! | --- | --- | --- |
//! | [`Codec::F32`] | `4 d` | none |
//! | [`Codec::F16`] | `2 d` | relative 2^-11; absolute 2^-25 below 2^-14 |
//! | [`Codec::Int8`] | `8 + d` | half a step of the row's grid of 256 levels |
//! | [`Codec::Product`] | one per part | what the codebook leaves; see [`Codec::distortion`] |

mod affine;
mod distortion;
mod product;

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

pub use distortion::Distortion;
pub use product::{CENTROIDS, Codebook};

use crate::Error;
use crate::wire::{Reader, Writer};

/// Largest magnitude that [`Codec::F16`] takes: the largest finite number of the format.
pub const LARGEST_F16: f32 = 65504.0;

/// Kind of [`Codec::Product`].
const PRODUCT: u8 = 3;

/// How rows become bytes.
///
/// ```
/// use attractor_store::codec::Codec;
///
/// let mut bytes = Vec::new();
/// Codec::F16.encode(&[0.5, -3.0], &mut bytes)?;
/// assert_eq!(bytes.len(), Codec::F16.row_bytes(2));
/// let mut row = [0.0; 2];
/// Codec::F16.decode(&bytes, &mut row);
/// assert_eq!(row, [0.5, -3.0]);
/// # Ok::<(), attractor_store::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Codec {
    /// Four bytes each, as they are.
    #[default]
    F32,
    /// IEEE 754 binary16, rounded to nearest even.
    F16,
    /// `offset + scale * q` with `q` from 0 to 255, offset and scale per row. A row whose values lie on a grid
    /// of at most 256 levels, such as the pixels of an image, is kept up to rounding; any other row is laid on
    /// the grid between its least and its largest value.
    Int8,
    /// Product quantisation (Jégou et al. 2011): the row is cut into parts, each the nearest of 256 centroids.
    Product(Arc<Codebook>),
}

impl Codec {
    /// Bytes of a row of `width` components.
    pub fn row_bytes(&self, width: usize) -> usize {
        match self {
            Self::F32 => 4 * width,
            Self::F16 => 2 * width,
            Self::Int8 => 8 + width,
            Self::Product(codebook) => codebook.parts(),
        }
    }

    /// Appends the bytes of a row.
    ///
    /// # Errors
    /// [`Error::NotFinite`]; [`Error::Parameter`] for a number beyond [`LARGEST_F16`] under [`Codec::F16`];
    /// [`Error::Width`] for a row that the codebook is not for. Nothing is appended then.
    pub fn encode(&self, row: &[f32], out: &mut Vec<u8>) -> Result<(), Error> {
        if let Some((component, &value)) = row.iter().enumerate().find(|(_, x)| !x.is_finite()) {
            return Err(Error::NotFinite { component, value: f64::from(value), place: "row to encode" });
        }
        match self {
            Self::F32 => out.extend(row.iter().flat_map(|x| x.to_le_bytes())),
            Self::F16 => {
                if let Some(&x) = row.iter().find(|x| x.abs() > LARGEST_F16) {
                    let limit = "at most 65504 in magnitude, the range of 16-bit floats";
                    return Err(Error::Parameter { name: "component", value: f64::from(x), limit });
                }
                out.extend(row.iter().flat_map(|&x| half::f16::from_f32(x).to_le_bytes()));
            }
            Self::Int8 => affine::encode(row, out),
            Self::Product(codebook) => codebook.encode(row, out)?,
        }
        Ok(())
    }

    /// The row that `bytes`, [`Codec::row_bytes`] of them, stand for. Bytes or components that are missing leave
    /// the rest of `row` as it was.
    pub fn decode(&self, bytes: &[u8], row: &mut [f32]) {
        match self {
            Self::F32 => {
                let (numbers, _) = bytes.as_chunks::<4>();
                row.iter_mut().zip(numbers).for_each(|(x, b)| *x = f32::from_le_bytes(*b));
            }
            Self::F16 => {
                let (numbers, _) = bytes.as_chunks::<2>();
                row.iter_mut().zip(numbers).for_each(|(x, b)| *x = half::f16::from_le_bytes(*b).to_f32());
            }
            Self::Int8 => affine::decode(bytes, row),
            Self::Product(codebook) => codebook.decode(bytes, row),
        }
    }

    /// Whether rows of `width` components can be encoded.
    ///
    /// # Errors
    /// [`Error::Width`] for another width than the codebook's.
    pub fn check_width(&self, width: usize) -> Result<(), Error> {
        match self {
            Self::Product(codebook) if codebook.width() != width => {
                Err(Error::Width { expected: codebook.width(), found: width, place: "row of a codebook" })
            }
            _ => Ok(()),
        }
    }

    /// The codec itself in bytes, codebook included.
    ///
    /// ```
    /// use attractor_store::codec::Codec;
    /// assert_eq!(Codec::from_bytes(&Codec::Int8.to_bytes(), "example")?, Codec::Int8);
    /// # Ok::<(), attractor_store::Error>(())
    /// ```
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut to = Writer::new();
        to.u8(self.tag());
        if let Self::Product(codebook) = self {
            codebook.write(&mut to);
        }
        to.finish()
    }

    /// The codec that [`Codec::to_bytes`] wrote; errors call the bytes `place`.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn from_bytes(bytes: &[u8], place: &str) -> Result<Self, Error> {
        let mut from = Reader::new(bytes, place);
        let codec = match from.u8()? {
            0 => Self::F32,
            1 => Self::F16,
            2 => Self::Int8,
            PRODUCT => Self::Product(Arc::new(Codebook::read(&mut from)?)),
            _ => return Err(from.fault("a codec of unknown kind")),
        };
        from.end()?;
        Ok(codec)
    }

    /// The kind as a number.
    pub(crate) fn tag(&self) -> u8 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Int8 => 2,
            Self::Product(_) => PRODUCT,
        }
    }

    /// Tells codecs apart.
    pub(crate) fn fingerprint(&self) -> u64 {
        match self {
            Self::Product(codebook) => codebook.fingerprint(),
            _ => xxh3_64(&[self.tag()]),
        }
    }

    /// Length of [`Codec::to_bytes`].
    pub(crate) fn file_bytes(&self) -> usize {
        match self {
            Self::Product(codebook) => 1 + codebook.file_bytes(),
            _ => 1,
        }
    }

    /// Bytes held besides the enum itself.
    pub(crate) fn heap_bytes(&self) -> u64 {
        match self {
            Self::Product(codebook) => codebook.bytes() as u64,
            _ => 0,
        }
    }
}

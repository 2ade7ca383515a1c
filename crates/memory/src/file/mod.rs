//! The memory file: one safetensors file with a versioned header.
//!
//! **What.** [`Memory::save`] and [`Memory::load`] for the continuous memory alone; [`Stored`] for any memory
//! that has a file form, together with [`Notes`]: small texts that travel with it, such as the size of its
//! pictures. `docs/format.md` specifies the file byte by byte.
//!
//! **What is promised.** A file is whole or absent: it is written beside its place, synced, and renamed over
//! it. The same memory gives the same bytes. A loaded memory has the ids, and gives the next ones, of the
//! saved one, and recalls to the same bits; where removed patterns still held a place in the saved memory, the
//! loaded one has closed the gaps, and agrees to rounding.
//! Everything is checked before it is used: a file that is truncated, foreign or altered in its structure is
//! an [`Error::File`], never a panic, and no announced size is believed before its bytes are there.
//! There is no checksum: an altered number is still a number.
//!
//! **What it costs.** The file is read whole before it is taken apart: for a moment it is there twice.
//! A classical network is learned again from its patterns.

mod header;
mod names;
mod read;
mod replace;
mod write;

use std::collections::BTreeMap;
use std::path::Path;

use crate::binary::DenseMemory;
use crate::classical::Network;
use crate::{Error, Memory};

/// Small texts that are kept with a memory, by name.
pub type Notes = BTreeMap<String, String>;

/// A memory of any kind that has a file form.
///
/// ```
/// use attractor_memory::binary::{DenseMemory, Interaction};
/// use attractor_memory::file::{Notes, Stored};
/// use ndarray::array;
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("signs.attractor");
/// let mut dense = DenseMemory::new(3, Interaction::Rectified(3))?;
/// dense.store(array![[1.0, -1.0, 1.0]].view())?;
/// let notes = Notes::from([("made of".to_owned(), "signs".to_owned())]);
/// Stored::Dense(dense).save(&path, &notes)?;
///
/// let (memory, notes) = Stored::load(&path)?;
/// assert_eq!((memory.len(), memory.width(), notes["made of"].as_str()), (1, 3, "signs"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Stored {
    /// The memory over real patterns.
    Continuous(Memory),
    /// The dense memory over patterns of -1 and +1.
    Dense(DenseMemory),
    /// A weight matrix over patterns of -1 and +1, with the patterns that it was learned from.
    Classical(Network),
}

impl Stored {
    /// Writes the memory and its notes to `path`, which is replaced in one step.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a separation that [`Separation::parse`](crate::Separation::parse) does not
    /// know; [`Error::File`] for what is beyond the limits of the format or cannot be written. An existing
    /// file stays as it is then.
    pub fn save(&self, path: impl AsRef<Path>, notes: &Notes) -> Result<(), Error> {
        match self {
            Self::Continuous(memory) => write::continuous(memory, notes, path.as_ref()),
            Self::Dense(memory) => write::dense(memory, notes, path.as_ref()),
            Self::Classical(network) => write::classical(network, notes, path.as_ref()),
        }
    }

    /// Reads a memory and its notes.
    ///
    /// # Errors
    /// [`Error::File`] with what is wrong.
    pub fn load(path: impl AsRef<Path>) -> Result<(Self, Notes), Error> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|reason| fault(path, reason.to_string()))?;
        Self::from_bytes(&bytes, path)
    }

    /// The memory in the bytes of a file; `path` is what errors call it.
    ///
    /// # Errors
    /// [`Error::File`] with what is wrong.
    pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<(Self, Notes), Error> {
        read::decode(bytes).map_err(|reason| fault(path, reason))
    }

    /// Stored patterns.
    pub fn len(&self) -> usize {
        match self {
            Self::Continuous(memory) => memory.len(),
            Self::Dense(memory) => memory.len(),
            Self::Classical(network) => network.len(),
        }
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Components of a pattern.
    pub fn width(&self) -> usize {
        match self {
            Self::Continuous(memory) => memory.width(),
            Self::Dense(memory) => memory.width(),
            Self::Classical(network) => network.width(),
        }
    }

    /// Ids of the stored patterns, ascending.
    pub fn ids(&self) -> Vec<u64> {
        match self {
            Self::Continuous(memory) => memory.ids(),
            Self::Dense(memory) => memory.ids().to_vec(),
            Self::Classical(network) => network.ids().to_vec(),
        }
    }

    /// The stored patterns, `(len, width)`, in the order of their ids.
    pub fn patterns(&self) -> ndarray::Array2<f32> {
        match self {
            Self::Continuous(memory) => memory.patterns(),
            Self::Dense(memory) => memory.patterns(),
            Self::Classical(network) => network.patterns(),
        }
    }
}

impl Memory {
    /// Writes the memory to one file, which is replaced in one step; see [`file`](crate::file).
    ///
    /// # Errors
    /// As [`Stored::save`].
    ///
    /// ```
    /// use attractor_memory::Memory;
    /// use ndarray::array;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("corners.attractor");
    /// let mut memory = Memory::builder(2).build()?;
    /// memory.store(array![[1.0, 0.0], [0.0, 1.0]].view())?;
    /// memory.save(&path)?;
    /// assert_eq!(Memory::load(&path)?.patterns(), memory.patterns());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        write::continuous(self, &Notes::new(), path.as_ref())
    }

    /// Reads a memory that [`Memory::save`] or [`Stored::save`] wrote; notes are left out.
    ///
    /// # Errors
    /// [`Error::File`] with what is wrong, also when the file holds a memory of another kind.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        match Stored::load(path)?.0 {
            Stored::Continuous(memory) => Ok(memory),
            Stored::Dense(_) | Stored::Classical(_) => {
                Err(fault(path, "holds a memory over -1 and +1, not a continuous one".to_owned()))
            }
        }
    }
}

fn fault(path: &Path, reason: String) -> Error {
    Error::File { path: path.display().to_string(), reason }
}

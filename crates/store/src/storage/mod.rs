//! Where bytes live: a directory on disk, or the same in memory.
//!
//! **What.** [`Storage`] is the little that a ledger asks of a file system, so that a test can stand in for a
//! disk that is full, slow, or cut from its power. [`Disk`] is a directory, [`Ram`] a map.
//!
//! **What is promised.** Content that [`Storage::open`] gives out is immutable: it may be mapped, and whoever
//! writes a file under a name again breaks the promise. What grows (a journal) is read with
//! [`Storage::read`], which copies.

mod bytes;
mod disk;
mod ram;

use std::any::Any;
use std::fmt::{self, Debug};
use std::io;
use std::sync::Arc;

pub use bytes::Bytes;
pub use disk::Disk;
pub use ram::Ram;

use crate::Error;

/// Name of the file that the one writer holds locked.
pub const LOCK: &str = "LOCK";

/// A flat directory of named files.
///
/// ```
/// use attractor_store::storage::{Ram, Sink, Storage};
///
/// let storage = Ram::new();
/// let mut sink = storage.create("greeting")?;
/// sink.write(b"hello")?;
/// sink.sync()?;
/// storage.sync()?;
/// assert_eq!(&storage.open("greeting")?[..], b"hello");
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait Storage: Send + Sync + Debug {
    /// What messages call it.
    fn place(&self) -> String;

    /// The names of all files, sorted by their bytes.
    ///
    /// # Errors
    /// What the system says.
    fn list(&self) -> io::Result<Vec<String>>;

    /// The content of a file that does not change any more; starts at a multiple of 64 bytes.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] without such a file; else what the system says.
    fn open(&self, name: &str) -> io::Result<Bytes>;

    /// A copy of what a file holds now, though it may grow meanwhile.
    ///
    /// # Errors
    /// As for [`Storage::open`].
    fn read(&self, name: &str) -> io::Result<Vec<u8>>;

    /// A new, empty file.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] when the name is taken; else what the system says.
    fn create(&self, name: &str) -> io::Result<Box<dyn Sink>>;

    /// Cuts a file to its first `at` bytes and continues there. When this returns, what was cut off cannot come
    /// back, not even after a crash.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] when the file is shorter than that; else what the system says.
    fn append(&self, name: &str, at: u64) -> io::Result<Box<dyn Sink>>;

    /// Gives a file another name, in place of the one that had it: whoever looks sees the old or the new.
    ///
    /// # Errors
    /// What the system says.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file. Content given out earlier stays readable.
    ///
    /// # Errors
    /// What the system says.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes names durable: which files exist, and what they are called.
    ///
    /// # Errors
    /// What the system says.
    fn sync(&self) -> io::Result<()>;

    /// Takes the place of the one writer, until the [`Lock`] is dropped.
    ///
    /// # Errors
    /// [`Error::Locked`] when another has it; [`Error::Io`] where nothing can be written.
    fn lock(&self) -> Result<Lock, Error>;
}

/// A file that is being written, at its end.
pub trait Sink: Send {
    /// Hands all of `bytes` to the system.
    ///
    /// # Errors
    /// What the system says; part of the bytes may have been written then.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// What makes this file's content durable, from any thread.
    fn flusher(&self) -> Arc<dyn Flush>;

    /// Makes what was written durable.
    ///
    /// # Errors
    /// What the system says; what was written since the last success may be lost then.
    fn sync(&self) -> io::Result<()> {
        self.flusher().flush()
    }
}

/// Makes the content of one file durable.
pub trait Flush: Send + Sync {
    /// Makes everything durable that was written before the call.
    ///
    /// # Errors
    /// What the system says.
    fn flush(&self) -> io::Result<()>;
}

/// The place of the one writer, given back when dropped.
pub struct Lock {
    bytes: u64,
    _guard: Box<dyn Any + Send + Sync>,
}

impl Lock {
    /// A lock whose file takes `bytes`, and which lasts as long as `guard` lives.
    pub fn new(bytes: u64, guard: impl Any + Send + Sync) -> Self {
        Self { bytes, _guard: Box::new(guard) }
    }

    /// Bytes that its file takes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lock").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

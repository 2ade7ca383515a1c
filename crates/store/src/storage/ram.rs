//! A directory in memory.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Bytes, Flush, Lock, Sink, Storage};
use crate::Error;

/// A directory in memory; clones are the same directory. It lasts as long as one of them.
///
/// ```
/// use attractor_store::storage::{Ram, Sink, Storage};
///
/// let ram = Ram::new();
/// ram.clone().create("a")?.write(b"1234")?;
/// assert_eq!((ram.list()?, ram.bytes()), (vec!["a".to_owned()], 4));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Ram {
    files: Arc<Mutex<BTreeMap<String, RamFile>>>,
    locked: Arc<Mutex<bool>>,
}

/// One file: clones are the same.
#[derive(Debug, Clone, Default)]
struct RamFile(Arc<Mutex<Content>>);

/// Content is shared from when it is first opened, and copied back should it grow after all.
#[derive(Debug)]
enum Content {
    Growing(Vec<u8>),
    Shared(Bytes),
}

impl Default for Content {
    fn default() -> Self {
        Self::Growing(Vec::new())
    }
}

/// What a mutex guards is changed in single steps here: it is whole even where a holder panicked.
fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Content {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Growing(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }

    fn growing(&mut self) -> &mut Vec<u8> {
        if let Self::Shared(bytes) = self {
            *self = Self::Growing(bytes.to_vec());
        }
        match self {
            Self::Growing(bytes) => bytes,
            Self::Shared(_) => unreachable!("turned into growing above"),
        }
    }
}

impl Ram {
    /// An empty directory.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes in all files together.
    pub fn bytes(&self) -> u64 {
        hold(&self.files).values().map(|file| hold(&file.0).bytes().len() as u64).sum()
    }

    fn find(&self, name: &str) -> io::Result<RamFile> {
        hold(&self.files).get(name).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Storage for Ram {
    fn place(&self) -> String {
        "memory".to_owned()
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(hold(&self.files).keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<Bytes> {
        let file = self.find(name)?;
        let mut content = hold(&file.0);
        let bytes = match &*content {
            Content::Growing(bytes) => Bytes::copy(bytes),
            Content::Shared(bytes) => bytes.clone(),
        };
        *content = Content::Shared(bytes.clone());
        Ok(bytes)
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        Ok(hold(&self.find(name)?.0).bytes().to_vec())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn Sink>> {
        let mut files = hold(&self.files);
        if files.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = RamFile::default();
        files.insert(name.to_owned(), file.clone());
        Ok(Box::new(file))
    }

    fn append(&self, name: &str, at: u64) -> io::Result<Box<dyn Sink>> {
        let file = self.find(name)?;
        {
            let mut content = hold(&file.0);
            if (content.bytes().len() as u64) < at {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            content.growing().truncate(at as usize);
        }
        Ok(Box::new(file))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut files = hold(&self.files);
        let file = files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        files.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        hold(&self.files).remove(name).map(drop).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    fn lock(&self) -> Result<Lock, Error> {
        let mut locked = hold(&self.locked);
        if *locked {
            let holder = format!(" (process {})", std::process::id());
            return Err(Error::Locked { place: self.place(), holder });
        }
        *locked = true;
        Ok(Lock::new(0, Held(self.locked.clone())))
    }
}

/// The writer's place, given back when dropped.
struct Held(Arc<Mutex<bool>>);

impl Drop for Held {
    fn drop(&mut self) {
        *hold(&self.0) = false;
    }
}

impl Sink for RamFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        hold(&self.0).growing().extend_from_slice(bytes);
        Ok(())
    }

    fn flusher(&self) -> Arc<dyn Flush> {
        Arc::new(self.clone())
    }
}

impl Flush for RamFile {
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

//! A directory on disk.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memmap2::Mmap;

use super::{Bytes, Flush, LOCK, Lock, Sink, Storage};
use crate::Error;

/// A directory on disk. Immutable files are mapped.
///
/// ```
/// use attractor_store::storage::{Disk, Storage};
///
/// let folder = tempfile::tempdir()?;
/// let disk = Disk::open(folder.path().join("brain"))?;   // created
/// assert!(disk.list()?.is_empty());
/// assert!(Disk::read_only(folder.path().join("none")).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Disk {
    path: PathBuf,
    access: Access,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Write,
    Read,
}

impl Disk {
    /// The directory at `path`, which is created with its parents where absent.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be created, or is no directory.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        create(path).map_err(Error::io(path.display().to_string()))?;
        Ok(Self { path: path.to_owned(), access: Access::Write })
    }

    /// The directory at `path`, in which nothing will be changed: every attempt to write is refused.
    ///
    /// # Errors
    /// [`Error::Io`] when there is no such directory.
    pub fn read_only(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        fs::read_dir(path).map_err(Error::io(path.display().to_string()))?;
        Ok(Self { path: path.to_owned(), access: Access::Read })
    }

    fn writable(&self) -> io::Result<()> {
        match self.access {
            Access::Write => Ok(()),
            Access::Read => Err(io::Error::new(
                io::ErrorKind::ReadOnlyFilesystem,
                "opened for reading only, nothing can be written here",
            )),
        }
    }
}

/// Creates a directory and its parents, each durable in the one above.
fn create(path: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = path.ancestors().take_while(|above| !above.exists()).collect();
    fs::create_dir_all(path)?;
    fs::read_dir(path)?;
    for created in missing.into_iter().rev() {
        match created.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => sync_directory(parent)?,
            Some(_) => sync_directory(Path::new("."))?,
            None => {}
        }
    }
    Ok(())
}

/// Where a directory can be opened as a file, syncing it makes its names durable; elsewhere the system
/// promises as much with the rename.
fn sync_directory(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

impl Storage for Disk {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            // A name that is no UTF-8 is none of ours.
            if entry.file_type()?.is_file()
                && let Ok(name) = entry.file_name().into_string()
            {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    #[expect(unsafe_code, reason = "the one memory mapping")]
    fn open(&self, name: &str) -> io::Result<Bytes> {
        let file = File::open(self.path.join(name))?;
        if file.metadata()?.len() == 0 {
            return Ok(Bytes::copy(&[]));
        }
        // SAFETY: only files that are complete are opened here. The one writer, which the lock makes sure is
        // one, never writes into or cuts such a file again: it removes the name, which leaves the mapping
        // intact. Whoever changes the files of a store from outside breaks this, as for any mapped file.
        Ok(Bytes::mapped(unsafe { Mmap::map(&file)? }))
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.path.join(name))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn Sink>> {
        self.writable()?;
        let file = OpenOptions::new().write(true).create_new(true).open(self.path.join(name))?;
        Ok(Box::new(DiskSink(Arc::new(file))))
    }

    fn append(&self, name: &str, at: u64) -> io::Result<Box<dyn Sink>> {
        self.writable()?;
        let mut file = OpenOptions::new().write(true).open(self.path.join(name))?;
        let length = file.metadata()?.len();
        if length < at {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{name} has {length} bytes, fewer than the {at} to continue after"),
            ));
        }
        if length > at {
            file.set_len(at)?;
            file.sync_all()?;
        }
        file.seek(SeekFrom::End(0))?;
        Ok(Box::new(DiskSink(Arc::new(file))))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.writable()?;
        fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.writable()?;
        fs::remove_file(self.path.join(name))
    }

    fn sync(&self) -> io::Result<()> {
        self.writable()?;
        sync_directory(&self.path)
    }

    fn lock(&self) -> Result<Lock, Error> {
        let path = self.path.join(LOCK);
        let io_error = |source| Error::Io { place: path.display().to_string(), source };
        self.writable().map_err(io_error)?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(io_error)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Locked { place: self.place(), holder: holder(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(io_error(source)),
        }
        let process = std::process::id().to_string();
        file.set_len(0).and_then(|()| file.write_all(process.as_bytes())).map_err(io_error)?;
        Ok(Lock::new(process.len() as u64, Held(file)))
    }
}

/// ` (process N)` as the lock file has it, or nothing where it cannot be read.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.take(32).read_to_string(&mut text).ok().and_then(|_| text.trim().parse::<u32>().ok()) {
        Some(process) => format!(" (process {process})"),
        None => String::new(),
    }
}

/// The locked file: closing it unlocks.
#[derive(Debug)]
struct Held(File);

impl Drop for Held {
    fn drop(&mut self) {
        // So that no later message names a process that is gone; nothing depends on it.
        let _ = self.0.set_len(0);
    }
}

struct DiskSink(Arc<File>);

impl Sink for DiskSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        (&*self.0).write_all(bytes)
    }

    fn flusher(&self) -> Arc<dyn Flush> {
        self.0.clone()
    }
}

impl Flush for File {
    fn flush(&self) -> io::Result<()> {
        self.sync_data()
    }
}

//! The directory, its log, and the faults it can be given.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use attractor_store::Error;
use attractor_store::storage::{Bytes, Flush, Lock, Sink, Storage};

/// Contents by name.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// One operation as the system was asked for it. Files are numbered in the order of their creation, since names
/// come and go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Op {
    Create { name: String, file: usize },
    Rename { from: String, to: String, file: usize },
    Remove { name: String },
    SyncDirectory,
    Write { file: usize, bytes: Vec<u8> },
    Cut { file: usize, at: usize },
    SyncFile { file: usize },
}

/// What a disk can be made to refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Sync,
    Rename,
    Cut,
}

/// A directory in memory that remembers every operation; clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
pub(super) struct Inner {
    pub(super) before: Files,
    names: BTreeMap<String, usize>,
    contents: Vec<Vec<u8>>,
    pub(super) ops: Vec<Op>,
    locked: bool,
    /// Bytes left on the disk, if it has an end.
    room: Option<usize>,
    faults: Vec<Fault>,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Begins with durable files.
    pub(crate) fn with(before: &Files) -> Self {
        let recorder = Self::new();
        {
            let mut inner = recorder.hold();
            inner.before = before.clone();
            for (name, content) in before {
                let file = inner.contents.len();
                inner.contents.push(content.clone());
                inner.names.insert(name.clone(), file);
            }
        }
        recorder
    }

    pub(super) fn hold(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// Operations so far.
    pub(crate) fn position(&self) -> usize {
        self.hold().ops.len()
    }

    pub(crate) fn ops(&self) -> Vec<Op> {
        self.hold().ops.clone()
    }

    /// From now on so many bytes fit, or any number.
    pub(crate) fn set_room(&self, room: Option<usize>) {
        self.hold().room = room;
    }

    /// From now on.
    pub(crate) fn refuse(&self, fault: Fault) {
        self.hold().faults.push(fault);
    }

    /// Whether the last write to the file named `name` has been synced.
    pub(crate) fn is_synced(&self, name: &str) -> bool {
        let inner = self.hold();
        let Some(&number) = inner.names.get(name) else { return false };
        let last = inner.ops.iter().rfind(|op| match op {
            Op::Write { file, .. } | Op::SyncFile { file } => *file == number,
            _ => false,
        });
        matches!(last, Some(Op::SyncFile { .. }))
    }
}

impl Inner {
    fn refuses(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }

    fn find(&self, name: &str) -> io::Result<usize> {
        self.names.get(name).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Storage for Recorder {
    fn place(&self) -> String {
        "recorder".to_owned()
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.hold().names.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<Bytes> {
        Ok(Bytes::copy(&self.read(name)?))
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let inner = self.hold();
        Ok(inner.contents[inner.find(name)?].clone())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn Sink>> {
        let mut inner = self.hold();
        if inner.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = inner.contents.len();
        inner.contents.push(Vec::new());
        inner.names.insert(name.to_owned(), file);
        inner.ops.push(Op::Create { name: name.to_owned(), file });
        Ok(Box::new(RecordedFile { recorder: self.clone(), file }))
    }

    fn append(&self, name: &str, at: u64) -> io::Result<Box<dyn Sink>> {
        let mut inner = self.hold();
        let file = inner.find(name)?;
        let at = at as usize;
        if inner.refuses(Fault::Cut) {
            return Err(io::Error::other("the disk is gone"));
        }
        if inner.contents[file].len() < at {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        if inner.contents[file].len() > at {
            inner.contents[file].truncate(at);
            inner.ops.push(Op::Cut { file, at });
        }
        Ok(Box::new(RecordedFile { recorder: self.clone(), file }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut inner = self.hold();
        let file = inner.find(from)?;
        if inner.refuses(Fault::Rename) {
            return Err(io::Error::other("renaming failed"));
        }
        inner.names.remove(from);
        inner.names.insert(to.to_owned(), file);
        inner.ops.push(Op::Rename { from: from.to_owned(), to: to.to_owned(), file });
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut inner = self.hold();
        inner.find(name)?;
        inner.names.remove(name);
        inner.ops.push(Op::Remove { name: name.to_owned() });
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.hold().ops.push(Op::SyncDirectory);
        Ok(())
    }

    fn lock(&self) -> Result<Lock, Error> {
        let mut inner = self.hold();
        if inner.locked {
            return Err(Error::Locked { place: "recorder".to_owned(), holder: String::new() });
        }
        inner.locked = true;
        Ok(Lock::new(0, Held(self.clone())))
    }
}

struct Held(Recorder);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.hold().locked = false;
    }
}

struct RecordedFile {
    recorder: Recorder,
    file: usize,
}

impl Sink for RecordedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut inner = self.recorder.hold();
        let fits = inner.room.map_or(bytes.len(), |room| room.min(bytes.len()));
        inner.room = inner.room.map(|room| room - fits);
        if fits > 0 {
            inner.contents[self.file].extend_from_slice(&bytes[..fits]);
            inner.ops.push(Op::Write { file: self.file, bytes: bytes[..fits].to_vec() });
        }
        if fits == bytes.len() { Ok(()) } else { Err(io::ErrorKind::StorageFull.into()) }
    }

    fn flusher(&self) -> Arc<dyn Flush> {
        Arc::new(Self { recorder: self.recorder.clone(), file: self.file })
    }
}

impl Flush for RecordedFile {
    fn flush(&self) -> io::Result<()> {
        let mut inner = self.recorder.hold();
        if inner.refuses(Fault::Sync) {
            return Err(io::Error::other("the disk does not answer"));
        }
        inner.ops.push(Op::SyncFile { file: self.file });
        Ok(())
    }
}

impl Recorder {
    /// The same with some operations replaced by ones that do nothing: positions stay.
    pub(crate) fn forget(&self, which: impl Fn(&Op) -> bool) -> Self {
        let recorder = Self::with(&self.hold().before);
        // There never is a file without a name.
        let nothing = Op::Remove { name: String::new() };
        let ops = self.ops();
        recorder.hold().ops =
            ops.into_iter().map(|op| if which(&op) { nothing.clone() } else { op }).collect();
        recorder
    }

    /// The directory as running processes see it after `prefix` operations, with its log so far.
    pub(crate) fn until(&self, prefix: usize) -> Self {
        let recorder = Self::with(&self.hold().before);
        for op in &self.ops()[..prefix] {
            let mut inner = recorder.hold();
            match op {
                Op::Create { name, file } => {
                    assert_eq!(*file, inner.contents.len());
                    inner.contents.push(Vec::new());
                    inner.names.insert(name.clone(), *file);
                }
                Op::Rename { from, to, file } => {
                    inner.names.remove(from);
                    inner.names.insert(to.clone(), *file);
                }
                Op::Remove { name } => _ = inner.names.remove(name),
                Op::Write { file, bytes } => inner.contents[*file].extend_from_slice(bytes),
                Op::Cut { file, at } => inner.contents[*file].truncate(*at),
                Op::SyncDirectory | Op::SyncFile { .. } => {}
            }
            inner.ops.push(op.clone());
        }
        recorder
    }
}

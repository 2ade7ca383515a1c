//! Durability, and nothing else: what an owner hands over is on disk, whole, in order, or reported as lost.
//!
//! **What.** A [`Ledger`] keeps immutable files and a journal of events. The state of its owner is that of the
//! files of the last commit, followed by the events of the journal, replayed in order. [`Ledger::append`] adds
//! an event; [`Ledger::commit`] adds and drops files and begins an empty journal, all in one step. What files
//! and events mean is the owner's affair.
//!
//! **What is promised.** After a crash at any instruction the store opens and shows the last commit that
//! returned (or the one under way, never a part of it) and all events that were acknowledged as durable (see
//! [`Durability`]), in order, none in part. Damage to bytes is found by checksums and named with file and
//! offset; only the end of a journal, which nobody was told to be durable, is cut, and the cut is reported.
//! One process writes; any number read beside it, without locks, each a state that was there.
//! `docs/store-format.md` has every byte, and why no crash can hurt.
//!
//! **What it costs.** An append is one write, and with [`Durability::Always`] one sync. A commit is one write
//! and sync per new file, and two for journal and manifest, besides two syncs of the directory. Opening reads
//! manifest and journal, and maps the files without reading them.

mod change;
mod durability;
mod journal;
mod manifest;
mod recovered;
mod writer;

use std::fmt;
use std::sync::Arc;

pub use change::{Change, NewFile};
pub use durability::Durability;
pub use journal::{LONGEST_EVENT, Scan, scan};
pub use manifest::{FileEntry, Manifest};
pub use recovered::{Events, Recovered, StoredFile};

use crate::Error;
use crate::storage::{Lock, Storage};
use manifest::{MANIFEST, UNFINISHED, is_ours, journal_name};
use recovered::{Look, look, missing, open_file, read_manifest};
use writer::{JournalWriter, place};

/// The one writer of a store.
///
/// ```
/// use std::sync::Arc;
/// use attractor_store::ledger::{Change, Durability, Ledger, NewFile};
/// use attractor_store::storage::Ram;
///
/// let ram = Arc::new(Ram::new());
/// let (mut ledger, _) = Ledger::open(ram.clone(), "example", 1, Durability::Always)?;
/// let added = ledger.commit(Change {
///     add: vec![NewFile { role: "numbers".to_owned(), parts: vec![b"one ".to_vec(), b"two".to_vec()] }],
///     drop: vec![],
/// })?;
/// assert_eq!(&added[0].content.as_ref().expect("just written")[..], b"one two");
/// ledger.append(b"three")?;
///
/// let found = Ledger::read(&*ram, "example", 1)?;
/// assert_eq!((found.files.len(), found.events.iter().collect::<Vec<_>>()), (1, vec![&b"three"[..]]));
/// # Ok::<(), attractor_store::Error>(())
/// ```
pub struct Ledger {
    storage: Arc<dyn Storage>,
    format: &'static str,
    version: u32,
    durability: Durability,
    manifest: Manifest,
    manifest_bytes: u64,
    // Before the lock: its last words are written while the place is held.
    journal: JournalWriter,
    lock: Lock,
}

impl Ledger {
    /// Opens a store for writing, and creates it in a directory that holds none.
    ///
    /// Cuts off the torn end of the journal, and removes files that an unfinished commit left. Files that no
    /// ledger has named are left alone. `format` and `version` are those of the owner's files and events.
    ///
    /// # Errors
    /// [`Error::Locked`] when another process writes; [`Error::Damaged`], [`Error::Newer`], [`Error::Owner`] with
    /// nothing changed; [`Error::Io`].
    pub fn open(
        storage: Arc<dyn Storage>,
        format: &'static str,
        version: u32,
        durability: Durability,
    ) -> Result<(Self, Recovered), Error> {
        let lock = storage.lock()?;
        let manifest = match read_manifest(&*storage, format, version)? {
            Some(manifest) => manifest,
            None => begin(&storage, format, version)?,
        };
        let Look { recovered, manifest, manifest_bytes, scan } = look(&*storage, manifest)?;
        // The manifest found may be in the directory as it is shown, and not yet as it is on disk: what it does
        // not name must stay until it is.
        storage.sync().map_err(Error::io(storage.place()))?;
        let journal = JournalWriter::resume(&storage, manifest.generation, &scan, durability)?;
        let ledger = Self { storage, format, version, durability, manifest, manifest_bytes, journal, lock };
        ledger.sweep();
        Ok((ledger, recovered))
    }

    /// What a store holds at this moment, beside a writer or without one. Changes nothing and takes no lock.
    ///
    /// # Errors
    /// [`Error::Damaged`] for a directory that holds no store, and for damage to manifest or journal; damage to
    /// another file stands in its place in [`Recovered::files`]. [`Error::Newer`], [`Error::Owner`], [`Error::Io`].
    pub fn read(storage: &dyn Storage, format: &str, version: u32) -> Result<Recovered, Error> {
        recovered::read(storage, format, version)
    }

    /// Appends an event.
    ///
    /// # Errors
    /// [`Error::Parameter`] above [`LONGEST_EVENT`] bytes, and [`Error::Io`] when there is no room: the journal is
    /// as before, and the next append may succeed. [`Error::Io`] when the sync failed, and [`Error::Poisoned`]
    /// ever after, also where it failed in the background.
    pub fn append(&mut self, event: &[u8]) -> Result<(), Error> {
        self.journal.append(event)
    }

    /// Makes all events durable.
    ///
    /// # Errors
    /// [`Error::Io`] when the sync failed, and [`Error::Poisoned`] ever after.
    pub fn sync(&mut self) -> Result<(), Error> {
        self.journal.sync()
    }

    /// Adds and drops files and begins an empty journal, all or nothing: the files must say all that the events
    /// said. Returns the files added, in their order. All is durable when this returns.
    ///
    /// # Errors
    /// [`Error::Name`] for a role or name that cannot be, and [`Error::Io`] before the new manifest is in its place:
    /// the store is as before. [`Error::Io`] when it could not be put into its place for certain, and
    /// [`Error::Poisoned`] ever after: reopening shows the store before or after the commit.
    pub fn commit(&mut self, change: Change) -> Result<Vec<StoredFile>, Error> {
        self.journal.usable()?;
        change.check(&self.manifest.files)?;
        let generation = self.manifest.generation + 1;
        // An earlier commit may have failed, and then to clean up as well.
        self.sweep();
        let prepared = change.write(&*self.storage, generation).and_then(|added| {
            let journal = JournalWriter::create(&self.storage, generation, self.durability)?;
            let manifest = self.next_manifest(generation, &change, added);
            let bytes = write_manifest(&*self.storage, &manifest)?;
            Ok((journal, manifest, bytes))
        });
        let (journal, manifest, manifest_bytes) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => {
                self.sweep();
                return Err(error);
            }
        };
        if let Err(source) = self.storage.rename(UNFINISHED, MANIFEST).and_then(|()| self.storage.sync()) {
            self.journal.poison(source.to_string());
            return Err(Error::Io { place: place(&*self.storage, MANIFEST), source });
        }
        let kept = manifest.files.len() - change.add.len();
        self.journal.retire();
        self.journal = journal;
        self.manifest = manifest;
        self.manifest_bytes = manifest_bytes;
        self.sweep();
        Ok(self.manifest.files[kept..].iter().map(|entry| open_file(&*self.storage, entry)).collect())
    }

    /// The immutable files, oldest first.
    pub fn files(&self) -> &[FileEntry] {
        &self.manifest.files
    }

    /// Bytes of everything on disk: files, journal, manifest and lock.
    pub fn bytes(&self) -> u64 {
        let files: u64 = self.manifest.files.iter().map(|file| file.length).sum();
        files + self.manifest_bytes + self.journal.length() + self.lock.bytes()
    }

    /// Counts the commits, from 1.
    pub fn generation(&self) -> u64 {
        self.manifest.generation
    }

    /// Bytes of the journal, its header of 32 included.
    pub fn journal_bytes(&self) -> u64 {
        self.journal.length()
    }

    fn next_manifest(&self, generation: u64, change: &Change, added: Vec<FileEntry>) -> Manifest {
        let kept = self.manifest.files.iter().filter(|file| !change.drop.contains(&file.name));
        Manifest {
            owner: self.format.to_owned(),
            owner_version: self.version,
            generation,
            journal: journal_name(generation),
            files: kept.cloned().chain(added).collect(),
        }
    }

    /// Removes what was a file of this store and is no more. A failure is no harm: the next sweep tries again.
    fn sweep(&self) {
        let Ok(names) = self.storage.list() else { return };
        let manifest = &self.manifest;
        let named: std::collections::HashSet<&str> = (manifest.files.iter().map(|file| file.name.as_str()))
            .chain([MANIFEST, manifest.journal.as_str()])
            .collect();
        for name in names.iter().filter(|name| is_ours(name) && !named.contains(name.as_str())) {
            let _ = self.storage.remove(name);
        }
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("place", &self.storage.place())
            .field("format", &self.format)
            .field("generation", &self.manifest.generation)
            .field("files", &self.manifest.files.len())
            .field("journal_bytes", &self.journal.length())
            .finish_non_exhaustive()
    }
}

/// The first manifest, in a directory without one.
fn begin(storage: &Arc<dyn Storage>, format: &str, version: u32) -> Result<(Manifest, u64), Error> {
    let io = || Error::io(storage.place());
    let first = journal_name(1);
    // Left by a first opening that was cut short, there can be an empty journal and an unfinished manifest.
    // Anything else belongs to a manifest that is lost.
    for name in storage.list().map_err(io())?.iter().filter(|name| is_ours(name)) {
        let unfinished = *name == UNFINISHED
            || (*name == first && storage.read(name).map_err(io())?.len() <= journal::HEADER);
        if !unfinished {
            return Err(missing(place(&**storage, MANIFEST)));
        }
        storage.remove(name).map_err(io())?;
    }
    let manifest = Manifest {
        owner: format.to_owned(),
        owner_version: version,
        generation: 1,
        journal: first,
        files: Vec::new(),
    };
    JournalWriter::create(storage, 1, Durability::System)?.retire();
    let bytes = write_manifest(&**storage, &manifest)?;
    storage.rename(UNFINISHED, MANIFEST).map_err(io())?;
    Ok((manifest, bytes))
}

/// Writes a manifest beside its place, when all that it names is durable. Returns its bytes.
fn write_manifest(storage: &dyn Storage, manifest: &Manifest) -> Result<u64, Error> {
    let write = || {
        if storage.list()?.iter().any(|name| name == UNFINISHED) {
            storage.remove(UNFINISHED)?;
        }
        let bytes = manifest.encode();
        let mut sink = storage.create(UNFINISHED)?;
        sink.write(&bytes)?;
        sink.sync()?;
        storage.sync()?;
        Ok(bytes.len() as u64)
    };
    write().map_err(Error::io(place(storage, UNFINISHED)))
}

//! What a store holds, as found on disk.

use std::io;
use std::ops::Range;

use super::journal::{self, Scan};
use super::manifest::{FileEntry, MANIFEST, Manifest};
use super::writer::place;
use crate::Error;
use crate::storage::{Bytes, Storage};

/// A reader gives up after so many commits that each took a file from under it.
const MOST_RACES: usize = 1000;
/// A reader looks so often at something damaged before it believes it: a writer may have been in the midst of it.
const MOST_LOOKS: usize = 3;

/// What a store holds: the immutable files, and what has happened since they were written.
#[derive(Debug)]
pub struct Recovered {
    /// The files, oldest first.
    pub files: Vec<StoredFile>,
    /// The events since the last commit, oldest first.
    pub events: Events,
    /// Bytes of a record that was being written when the last writer ended, and which was never acknowledged.
    pub cut: Option<u64>,
    /// Counts the commits, from 1.
    pub generation: u64,
    /// The version of its format with which the owner wrote files and events: at most the present one. An owner
    /// of a later version commits before it appends events of that version.
    pub version: u32,
}

/// One immutable file.
#[derive(Debug)]
pub struct StoredFile {
    /// What the manifest says of it.
    pub entry: FileEntry,
    /// Its bytes, as many as the manifest says, or why they cannot be had. Their checksum is left to the reader,
    /// for who [`FileEntry::verify`]s reads all of it.
    pub content: Result<Bytes, Error>,
}

/// Events in order.
///
/// ```
/// use attractor_store::ledger::Events;
///
/// assert_eq!(Events::default().iter().next(), None);
/// ```
#[derive(Debug, Default, Clone)]
pub struct Events {
    journal: Vec<u8>,
    ranges: Vec<Range<usize>>,
}

impl Events {
    /// One after the other, oldest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.ranges.iter().map(|range| &self.journal[range.clone()])
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }
}

/// One look at a store.
pub(super) struct Look {
    pub(super) recovered: Recovered,
    pub(super) manifest: Manifest,
    pub(super) manifest_bytes: u64,
    pub(super) scan: Scan,
}

/// The manifest of an owner, or none.
pub(super) fn read_manifest(
    storage: &dyn Storage,
    format: &str,
    version: u32,
) -> Result<Option<(Manifest, u64)>, Error> {
    let place = place(storage, MANIFEST);
    let bytes = match storage.read(MANIFEST) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::Io { place, source }),
    };
    let manifest = Manifest::parse(&bytes, &place)?;
    if manifest.owner != format {
        return Err(Error::Owner { place, found: manifest.owner, expected: format.to_owned() });
    }
    if manifest.owner_version > version {
        return Err(Error::Newer { place, found: manifest.owner_version, known: version });
    }
    Ok(Some((manifest, bytes.len() as u64)))
}

/// What the manifest names.
pub(super) fn look(
    storage: &dyn Storage,
    (manifest, manifest_bytes): (Manifest, u64),
) -> Result<Look, Error> {
    let journal_place = place(storage, &manifest.journal);
    let journal = match storage.read(&manifest.journal) {
        Ok(journal) => journal,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing(journal_place)),
        Err(source) => return Err(Error::Io { place: journal_place, source }),
    };
    let scan = journal::scan(&journal, manifest.generation, &journal_place)?;
    let files = manifest.files.iter().map(|entry| open_file(storage, entry)).collect();
    let recovered = Recovered {
        files,
        events: Events { journal, ranges: scan.events.clone() },
        cut: (scan.torn > 0).then_some(scan.torn),
        generation: manifest.generation,
        version: manifest.owner_version,
    };
    Ok(Look { recovered, manifest, manifest_bytes, scan })
}

/// An immutable file, as long as it should be.
pub(super) fn open_file(storage: &dyn Storage, entry: &FileEntry) -> StoredFile {
    let place = place(storage, &entry.name);
    let content = match storage.open(&entry.name) {
        Ok(bytes) => entry.verify_length(&bytes).map(|()| bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(missing(place)),
        Err(source) => Err(Error::Io { place, source }),
    };
    StoredFile { entry: entry.clone(), content }
}

/// Looks until no commit has taken anything from under the look.
pub(super) fn read(storage: &dyn Storage, format: &str, version: u32) -> Result<Recovered, Error> {
    let mut looks = 0;
    let mut races = 0;
    loop {
        let Some(manifest) = read_manifest(storage, format, version)? else {
            return Err(missing(place(storage, MANIFEST)));
        };
        let generation = manifest.0.generation;
        let result = look(storage, manifest).map(|look| look.recovered);
        let whole = matches!(&result, Ok(found) if found.files.iter().all(|file| file.content.is_ok()));
        if whole {
            return result;
        }
        let now = read_manifest(storage, format, version)?.map(|(manifest, _)| manifest.generation);
        if now == Some(generation) {
            looks += 1;
        } else {
            (looks, races) = (0, races + 1);
        }
        if looks == MOST_LOOKS || races == MOST_RACES {
            return result;
        }
    }
}

pub(super) fn missing(place: String) -> Error {
    Error::Damaged { place, at: 0, fault: "the file is missing" }
}

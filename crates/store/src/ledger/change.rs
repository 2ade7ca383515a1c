//! What a commit changes.

use xxhash_rust::xxh3::Xxh3;

use super::manifest::{FileEntry, MOST_FILES, file_name, is_role};
use super::writer::place;
use crate::Error;
use crate::storage::Storage;

/// What a commit adds and drops. Nothing by default: then it only empties the journal.
///
/// ```
/// use attractor_store::ledger::Change;
///
/// assert!(Change::default().add.is_empty());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Files to add, at most 65,536; the ledger names them.
    pub add: Vec<NewFile>,
    /// Names of files to drop.
    pub drop: Vec<String>,
}

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// What it is for: 1 to 32 lower-case letters, digits and hyphens. Several files may have the same role.
    pub role: String,
    /// Its bytes, in parts that are written one after the other.
    pub parts: Vec<Vec<u8>>,
}

impl Change {
    /// Whether all names can be.
    pub(super) fn check(&self, files: &[FileEntry]) -> Result<(), Error> {
        if self.add.len() > MOST_FILES {
            let value = self.add.len() as f64;
            return Err(Error::Parameter { name: "files added", value, limit: "at most 65536" });
        }
        if let Some(file) = self.add.iter().find(|file| !is_role(&file.role)) {
            let limit = "a role is 1 to 32 lower-case letters, digits and hyphens";
            return Err(Error::Name { name: file.role.clone(), limit });
        }
        match self.drop.iter().find(|name| files.iter().all(|file| file.name != **name)) {
            Some(name) => Err(Error::Name { name: name.clone(), limit: "no file of this store" }),
            None => Ok(()),
        }
    }

    /// Writes and syncs the new files.
    pub(super) fn write(&self, storage: &dyn Storage, generation: u64) -> Result<Vec<FileEntry>, Error> {
        let mut entries = Vec::with_capacity(self.add.len());
        for (index, file) in self.add.iter().enumerate() {
            let name = file_name(generation, index, &file.role);
            let write = || {
                let mut digest = Xxh3::new();
                let mut length = 0;
                let mut sink = storage.create(&name)?;
                for part in &file.parts {
                    sink.write(part)?;
                    digest.update(part);
                    length += part.len() as u64;
                }
                sink.sync()?;
                Ok((length, digest.digest()))
            };
            let (length, checksum) = write().map_err(Error::io(place(storage, &name)))?;
            entries.push(FileEntry { name, role: file.role.clone(), length, checksum });
        }
        Ok(entries)
    }
}

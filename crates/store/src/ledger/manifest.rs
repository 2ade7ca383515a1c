//! The manifest: which files are the store, at one generation.

use xxhash_rust::xxh3::xxh3_64;

use crate::Error;
use crate::wire::{Reader, Writer};

/// What a manifest begins with.
const MAGIC: [u8; 8] = *b"ATTRMAN\0";
/// The one version of its format.
const VERSION: u32 = 1;
/// Name of the manifest.
pub(super) const MANIFEST: &str = "MANIFEST";
/// Name under which the next one is written.
pub(super) const UNFINISHED: &str = "MANIFEST.part";
/// Longest role of a file, in bytes.
const LONGEST_ROLE: usize = 32;
/// Most files that one commit adds: what four hexadecimal digits can number.
pub(super) const MOST_FILES: usize = 1 << 16;

/// One immutable file of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Its name, which is never used again: `GGGGGGGGGGGGGGGG-IIII.ROLE`, generation and index in hexadecimal.
    pub name: String,
    /// What it is for, as its owner calls it.
    pub role: String,
    /// Bytes.
    pub length: u64,
    /// XXH3-64 of its bytes.
    pub checksum: u64,
}

impl FileEntry {
    /// Whether `content` is what was written: length and checksum. Reads all of it.
    ///
    /// # Errors
    /// [`Error::Damaged`] when it is not.
    pub fn verify(&self, content: &[u8]) -> Result<(), Error> {
        self.verify_length(content)?;
        if xxh3_64(content) == self.checksum {
            return Ok(());
        }
        let fault = "the checksum does not match that of the manifest";
        Err(Error::Damaged { place: self.name.clone(), at: 0, fault })
    }

    /// Whether `content` is as long as it was written.
    pub(super) fn verify_length(&self, content: &[u8]) -> Result<(), Error> {
        let length = content.len() as u64;
        if length == self.length {
            return Ok(());
        }
        let at = length.min(self.length);
        let fault = if length < self.length { "the file is cut short" } else { "bytes after the end" };
        Err(Error::Damaged { place: self.name.clone(), at, fault })
    }
}

/// What a manifest says.
///
/// ```
/// use attractor_store::ledger::Manifest;
///
/// let manifest = Manifest {
///     owner: "example".to_owned(),
///     owner_version: 1,
///     generation: 1,
///     journal: "0000000000000001.journal".to_owned(),
///     files: Vec::new(),
/// };
/// assert_eq!(Manifest::parse(&manifest.encode(), "MANIFEST")?, manifest);
/// # Ok::<(), attractor_store::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Name of the owner's format.
    pub owner: String,
    /// Its version.
    pub owner_version: u32,
    /// Counts the commits, from 1.
    pub generation: u64,
    /// Name of the journal: `GGGGGGGGGGGGGGGG.journal`.
    pub journal: String,
    /// The immutable files, oldest first.
    pub files: Vec<FileEntry>,
}

impl Manifest {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut to = Writer::new();
        to.raw(&MAGIC);
        to.u32(VERSION);
        to.u32(self.owner_version);
        to.u64(self.generation);
        to.str(&self.owner);
        to.str(&self.journal);
        to.u64(self.files.len() as u64);
        for file in &self.files {
            to.str(&file.name);
            to.str(&file.role);
            to.u64(file.length);
            to.u64(file.checksum);
        }
        let mut bytes = to.finish();
        bytes.extend_from_slice(&xxh3_64(&bytes).to_le_bytes());
        bytes
    }

    /// Reads what [`Self::encode`] wrote; errors call it `place`.
    ///
    /// # Errors
    /// [`Error::Damaged`] with the offset, [`Error::Newer`].
    pub fn parse(bytes: &[u8], place: &str) -> Result<Self, Error> {
        let damaged = |at, fault| Error::Damaged { place: place.to_owned(), at: at as u64, fault };
        if !bytes.starts_with(&MAGIC) {
            return Err(damaged(0, "no manifest"));
        }
        let Some((body, checksum)) = bytes.split_last_chunk::<8>() else {
            return Err(damaged(bytes.len(), "the bytes end too early"));
        };
        // Before the version: a flipped bit is no later version.
        if u64::from_le_bytes(*checksum) != xxh3_64(body) {
            return Err(damaged(body.len(), "the checksum does not match"));
        }
        let mut from = Reader::new(body, place);
        from.raw(MAGIC.len())?;
        let version = from.u32()?;
        if version > VERSION {
            return Err(Error::Newer { place: place.to_owned(), found: version, known: VERSION });
        }
        if version != VERSION {
            return Err(damaged(8, "an unknown version"));
        }
        let owner_version = from.u32()?;
        let generation = from.u64()?;
        let owner = from.str()?.to_owned();
        let at = from.at();
        let journal = from.str()?.to_owned();
        if journal != journal_name(generation) {
            return Err(damaged(at, "no name of the journal of this generation"));
        }
        // Two lengths, a length and a checksum at least.
        let count = from.count(32)?;
        let mut files: Vec<FileEntry> = Vec::with_capacity(count);
        let mut names = std::collections::HashSet::with_capacity(count);
        for _ in 0..count {
            let at = from.at();
            let name = from.str()?;
            let role = from.str()?;
            let file = FileEntry {
                name: name.to_owned(),
                role: role.to_owned(),
                length: from.u64()?,
                checksum: from.u64()?,
            };
            match parse_name(name) {
                Some(parsed) if parsed.role == role && parsed.generation <= generation => {}
                _ => return Err(damaged(at, "no name of a file of this role and generation")),
            }
            if !names.insert(name) {
                return Err(damaged(at, "a file that is named twice"));
            }
            files.push(file);
        }
        from.end()?;
        Ok(Self { owner, owner_version, generation, journal, files })
    }
}

/// Name of the journal of a generation.
pub(super) fn journal_name(generation: u64) -> String {
    format!("{generation:016x}.journal")
}

/// Name of a file that a generation adds.
pub(super) fn file_name(generation: u64, index: usize, role: &str) -> String {
    format!("{generation:016x}-{index:04x}.{role}")
}

/// Whether a file may have this role: it becomes part of a name on any file system.
pub(super) fn is_role(role: &str) -> bool {
    (1..=LONGEST_ROLE).contains(&role.len())
        && role.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// What the name of an immutable file says.
struct Name<'a> {
    generation: u64,
    role: &'a str,
}

fn parse_name(name: &str) -> Option<Name<'_>> {
    let (stem, role) = name.split_once('.')?;
    let (generation, index) = stem.split_once('-')?;
    if index.len() != 4 || !is_role(role) {
        return None;
    }
    parse_hex(index)?;
    Some(Name { generation: parse_generation(generation)?, role })
}

fn parse_generation(text: &str) -> Option<u64> {
    if text.len() == 16 { parse_hex(text) } else { None }
}

/// Lower case only: two names that a file system may take for one are not both names.
fn parse_hex(text: &str) -> Option<u64> {
    let hex = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if hex { u64::from_str_radix(text, 16).ok() } else { None }
}

/// Whether a ledger gave this name: what others put into the directory is never touched.
pub(super) fn is_ours(name: &str) -> bool {
    name == MANIFEST || name == UNFINISHED || is_journal(name) || parse_name(name).is_some()
}

fn is_journal(name: &str) -> bool {
    name.strip_suffix(".journal").and_then(parse_generation).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(name: &str, role: &str) -> Manifest {
        let file = FileEntry { name: name.to_owned(), role: role.to_owned(), length: 1, checksum: 2 };
        Manifest {
            owner: "test".to_owned(),
            owner_version: 1,
            generation: 2,
            journal: journal_name(2),
            files: vec![file],
        }
    }

    /// The bytes with another version, and the checksum that belongs to them.
    fn of_version(manifest: &Manifest, version: u32) -> Vec<u8> {
        let mut bytes = manifest.encode();
        bytes.truncate(bytes.len() - 8);
        bytes[8..12].copy_from_slice(&version.to_le_bytes());
        bytes.extend_from_slice(&xxh3_64(&bytes).to_le_bytes());
        bytes
    }

    #[test]
    fn names_that_no_ledger_gives_are_refused_though_the_checksum_is_right() {
        let good = manifest(&file_name(2, 0, "segment"), "segment");
        assert_eq!(Manifest::parse(&good.encode(), "x").unwrap(), good);
        for (name, role) in [
            ("../../secret", "segment"),
            ("MANIFEST", "segment"),
            ("0000000000000002-0000.segment", "catalogue"),
            ("0000000000000003-0000.segment", "segment"),
            ("000000000000000A-0000.segment", "segment"),
            ("000000000000002-00000.segment", "segment"),
            ("0000000000000002-+000.segment", "segment"),
            ("0000000000000002-0000.a/b", "a/b"),
            ("0000000000000002-0000.", ""),
            ("0000000000000002.journal", "journal"),
        ] {
            assert!(matches!(
                Manifest::parse(&manifest(name, role).encode(), "x"),
                Err(Error::Damaged { at: 76, .. })
            ));
        }
        let mut twice = good.clone();
        twice.files.push(good.files[0].clone());
        assert!(Manifest::parse(&twice.encode(), "x").is_err());
        let foreign_journal = Manifest { journal: "../0000000000000002.journal".to_owned(), ..good };
        assert!(Manifest::parse(&foreign_journal.encode(), "x").is_err());
    }

    #[test]
    fn a_later_version_is_told_from_damage() {
        let manifest = manifest(&file_name(1, 7, "a"), "a");
        assert_eq!(of_version(&manifest, 1), manifest.encode());
        assert!(matches!(
            Manifest::parse(&of_version(&manifest, 2), "x"),
            Err(Error::Newer { found: 2, known: 1, .. })
        ));
        assert!(matches!(Manifest::parse(&of_version(&manifest, 0), "x"), Err(Error::Damaged { at: 8, .. })));
    }
}

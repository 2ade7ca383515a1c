//! The journal: one record per event, each of which proves itself.

use std::ops::Range;

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::Error;
use crate::wire::{Reader, Writer};

/// What a journal begins with.
const MAGIC: [u8; 8] = *b"ATTRJNL\0";
/// The one version of its format.
const VERSION: u32 = 1;
/// Bytes of the header of a journal.
pub(super) const HEADER: usize = 32;
/// Bytes before the payload of a record.
pub(super) const PREFIX: usize = 16;
/// Longest event in bytes, 64 MiB: a length above cannot be one.
pub const LONGEST_EVENT: usize = 1 << 26;
/// In place of a length: no event, but the statement how far the journal is durable.
const MARK: u32 = u32::MAX;
/// More bytes than this are unsynced, or nobody knows how many.
const UNKNOWN: u32 = u32::MAX;

/// The header of the journal of a generation.
pub(super) fn header(generation: u64) -> Vec<u8> {
    let mut to = Writer::new();
    to.raw(&MAGIC);
    to.u32(VERSION);
    to.u32(0);
    to.u64(generation);
    let mut bytes = to.finish();
    bytes.extend_from_slice(&xxh3_64(&bytes).to_le_bytes());
    bytes
}

/// The record of an event that begins at byte `at`, when the first `synced` bytes are durable.
pub(super) fn record(generation: u64, at: u64, synced: u64, event: &[u8]) -> Vec<u8> {
    encode(generation, at, synced, event.len() as u32, event)
}

/// The record that only states how far the journal is durable.
pub(super) fn mark(generation: u64, at: u64, synced: u64) -> Vec<u8> {
    encode(generation, at, synced, MARK, &[])
}

fn encode(generation: u64, at: u64, synced: u64, length: u32, event: &[u8]) -> Vec<u8> {
    let unsynced = u32::try_from(at.saturating_sub(synced)).unwrap_or(UNKNOWN);
    let hash = prefix_hash(generation, at, length, unsynced);
    let mut to = Writer::new();
    to.u32(length);
    to.u32(unsynced);
    to.u32(hash as u32);
    to.u32(xxh3_64_with_seed(event, hash) as u32);
    to.raw(event);
    to.finish()
}

/// A record holds in its place in its generation only: an old one is never taken for a new one.
fn prefix_hash(generation: u64, at: u64, length: u32, unsynced: u32) -> u64 {
    let mut bytes = [0; 24];
    bytes[..8].copy_from_slice(&generation.to_le_bytes());
    bytes[8..16].copy_from_slice(&at.to_le_bytes());
    bytes[16..20].copy_from_slice(&length.to_le_bytes());
    bytes[20..].copy_from_slice(&unsynced.to_le_bytes());
    xxh3_64(&bytes)
}

/// What a journal holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Where the payload of each event lies, in order.
    pub events: Vec<Range<usize>>,
    /// Where the last whole record ends.
    pub end: u64,
    /// Bytes after that: of a record that was being written when the power went.
    pub torn: u64,
    /// Whether the last record is a mark, hence nothing is left to state.
    pub(super) marked: bool,
}

/// Reads the journal of `generation`, which errors call `place`.
///
/// A record that does not prove itself is the torn end of the journal, unless a later one does prove itself and
/// states that this place had been synced.
///
/// ```
/// use attractor_store::ledger::scan;
///
/// assert!(scan(b"no journal", 1, "example").is_err());
/// ```
///
/// # Errors
/// [`Error::Damaged`] with the offset for a foreign or damaged header, and for a damaged record before the last
/// that is known to have been durable; [`Error::Newer`].
pub fn scan(bytes: &[u8], generation: u64, place: &str) -> Result<Scan, Error> {
    check_header(bytes, generation, place)?;
    let mut scan = Scan { events: Vec::new(), end: HEADER as u64, torn: 0, marked: false };
    let mut at = HEADER;
    while let Some(record) = Record::parse(bytes, generation, at) {
        at = record.payload.end;
        scan.marked = record.is_mark;
        if !record.is_mark {
            scan.events.push(record.payload);
        }
    }
    scan.end = at as u64;
    scan.torn = (bytes.len() - at) as u64;
    if vouched_for(bytes, generation, at) {
        let fault = "a damaged record, though the journal was durable beyond it";
        return Err(Error::Damaged { place: place.to_owned(), at: at as u64, fault });
    }
    Ok(scan)
}

/// Whether any whole record after `at` states that the byte there was durable.
fn vouched_for(bytes: &[u8], generation: u64, at: usize) -> bool {
    let mut next = at + 1;
    while next + PREFIX <= bytes.len() {
        match Record::parse(bytes, generation, next) {
            Some(record) if record.synced > at as u64 => return true,
            Some(record) => next = record.payload.end,
            None => next += 1,
        }
    }
    false
}

fn check_header(bytes: &[u8], generation: u64, place: &str) -> Result<(), Error> {
    let damaged = |at, fault| Err(Error::Damaged { place: place.to_owned(), at, fault });
    let mut from = Reader::new(bytes, place);
    if from.raw(MAGIC.len())? != MAGIC {
        return damaged(0, "no journal");
    }
    let version = from.u32()?;
    let zero = from.u32()?;
    let written_for = from.u64()?;
    let checksum = from.u64()?;
    // Before the version: a flipped bit is no later version.
    if checksum != xxh3_64(&bytes[..HEADER - 8]) {
        return damaged(24, "the checksum of the header does not match");
    }
    if version > VERSION {
        return Err(Error::Newer { place: place.to_owned(), found: version, known: VERSION });
    }
    if version != VERSION || zero != 0 {
        return damaged(8, "an unknown version");
    }
    if written_for != generation {
        return damaged(16, "a journal of another generation");
    }
    Ok(())
}

/// A record that proved itself.
struct Record {
    payload: Range<usize>,
    is_mark: bool,
    /// How many of the first bytes it states to be durable.
    synced: u64,
}

impl Record {
    fn parse(bytes: &[u8], generation: u64, at: usize) -> Option<Self> {
        let prefix = bytes.get(at..at.checked_add(PREFIX)?)?;
        let word = |index: usize| {
            let mut word = [0; 4];
            word.copy_from_slice(&prefix[index * 4..index * 4 + 4]);
            u32::from_le_bytes(word)
        };
        let (length, unsynced) = (word(0), word(1));
        let hash = prefix_hash(generation, at as u64, length, unsynced);
        let is_mark = length == MARK;
        let size = if is_mark { 0 } else { length as usize };
        if hash as u32 != word(2) || size > LONGEST_EVENT {
            return None;
        }
        let payload = at + PREFIX..at.checked_add(PREFIX)?.checked_add(size)?;
        let event = bytes.get(payload.clone())?;
        if xxh3_64_with_seed(event, hash) as u32 != word(3) {
            return None;
        }
        let synced = if unsynced == UNKNOWN { 0 } else { (at as u64).saturating_sub(u64::from(unsynced)) };
        Some(Self { payload, is_mark, synced })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(journal: &mut Vec<u8>, synced: u64, event: &[u8]) {
        journal.extend(record(9, journal.len() as u64, synced, event));
    }

    #[test]
    fn a_later_version_is_told_from_damage() {
        let mut bytes = header(1);
        bytes[8] = 2;
        assert!(matches!(scan(&bytes, 1, "x"), Err(Error::Damaged { at: 24, .. })));
        let checksum = xxh3_64(&bytes[..24]).to_le_bytes();
        bytes[24..].copy_from_slice(&checksum);
        assert!(matches!(scan(&bytes, 1, "x"), Err(Error::Newer { found: 2, known: 1, .. })));
    }

    #[test]
    fn damage_before_a_record_is_an_error_only_where_the_record_says_it_was_durable() {
        for (synced, known) in [(0, false), (32, false), (33, true), (u64::MAX, true)] {
            let mut journal = header(9);
            push(&mut journal, 0, b"first");
            push(&mut journal, 0, b"second");
            push(&mut journal, synced, b"third");
            journal[40] ^= 1;
            match scan(&journal, 9, "x") {
                Err(error) => {
                    assert!(known);
                    assert!(matches!(error, Error::Damaged { at: 32, .. }));
                }
                Ok(scan) => {
                    assert!(!known);
                    assert_eq!((scan.events.len(), scan.end, scan.torn), (0, 32, journal.len() as u64 - 32));
                }
            }
        }
    }

    #[test]
    fn a_distance_too_long_to_state_states_nothing() {
        let at = u64::from(u32::MAX) + 100;
        let far = record(1, at, 0, b"");
        assert_eq!(far[4..8], [0xff; 4]);
        assert_eq!(record(1, at, 101, b"")[4..8], (u32::MAX - 1).to_le_bytes());
    }
}

//! Flipped bits, cut files, and the files of version 1: an error with file and offset, or a clean cut, and never
//! wrong data.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod common;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use attractor_store::Error;
use attractor_store::ledger::{Change, Durability, Ledger};
use attractor_store::storage::{Disk, Ram, Storage};
use common::{FORMAT, Files, State, adding, contents, ram};

const JOURNAL: &str = "0000000000000003.journal";
const PREFIX: usize = 16;
const HEADER: usize = 32;

/// The store of these tests, which is also the example of the specification.
fn small(storage: &Arc<dyn Storage>) -> Ledger {
    let (mut ledger, _) = Ledger::open(storage.clone(), FORMAT, 1, Durability::Always).unwrap();
    ledger.commit(adding(&[b"dropped", b"kept"])).unwrap();
    let dropped = ledger.files()[0].name.clone();
    let mut change = adding(&[b"added"]);
    change.drop.push(dropped);
    ledger.commit(change).unwrap();
    ledger.append(b"one").unwrap();
    ledger.append(b"").unwrap();
    ledger.append(b"three").unwrap();
    ledger
}

fn expected() -> State {
    State {
        files: vec![b"kept".to_vec(), b"added".to_vec()],
        events: vec![b"one".to_vec(), vec![], b"three".to_vec()],
    }
}

/// Files of the small store as a writer leaves it: killed, or closed.
fn killed() -> Files {
    let ram = Ram::new();
    let storage: Arc<dyn Storage> = Arc::new(ram.clone());
    let ledger = small(&storage);
    let files = contents(&ram);
    drop(ledger);
    files
}

fn closed() -> Files {
    let ram: Arc<dyn Storage> = Arc::new(Ram::new());
    drop(small(&ram));
    contents(&*ram)
}

/// All that can be done to a file by changing one bit or cutting it.
fn damages(content: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let flips = (0..content.len() * 8).map(|bit| {
        let mut content = content.to_vec();
        content[bit / 8] ^= 1 << (bit % 8);
        (bit / 8, content)
    });
    flips.chain((0..content.len()).map(|length| (length, content[..length].to_vec()))).collect()
}

fn with(files: &Files, name: &str, content: Vec<u8>) -> Ram {
    let mut files = files.clone();
    files.insert(name.to_owned(), content);
    ram(&files)
}

#[test]
fn no_damage_to_the_manifest_passes() {
    let files = closed();
    for (at, content) in damages(&files["MANIFEST"]) {
        let ram = with(&files, "MANIFEST", content);
        let before = contents(&ram);
        let error = Ledger::read(&ram, FORMAT, 1).unwrap_err();
        let opened = Ledger::open(Arc::new(ram.clone()), FORMAT, 1, Durability::Always);
        for error in [error, opened.unwrap_err()] {
            assert!(
                matches!(&error, Error::Damaged { place, .. } if place == "memory/MANIFEST"),
                "{at}: {error}"
            );
        }
        assert_eq!(contents(&ram), before);
    }
}

#[test]
fn no_damage_to_the_journal_passes() {
    for files in [killed(), closed()] {
        let journal = &files[JOURNAL];
        let ends = [HEADER, HEADER + PREFIX + 3, HEADER + 2 * PREFIX + 3, HEADER + 3 * PREFIX + 8];
        let is_closed = journal.len() > ends[3];
        for (at, content) in damages(journal) {
            let cut_file = content.len() < journal.len();
            let length = content.len();
            let ram = with(&files, JOURNAL, content);
            let before = contents(&ram);
            let whole = ends[1..].iter().filter(|end| **end <= at).count();
            // What is known to have been durable is not cut; what is missing altogether cannot be known of.
            let known = if is_closed { 3 } else { 2 };
            match Ledger::read(&ram, FORMAT, 1) {
                Err(Error::Damaged { place, at: offset, .. }) => {
                    assert_eq!(place, format!("memory/{JOURNAL}"));
                    if at < HEADER {
                        assert!(offset as usize <= HEADER);
                    } else {
                        assert!(whole < known && !cut_file, "at {at}");
                        assert_eq!(offset as usize, ends[whole]);
                    }
                    let opened = Ledger::open(Arc::new(ram.clone()), FORMAT, 1, Durability::Always);
                    assert!(matches!(opened, Err(Error::Damaged { .. })));
                    assert_eq!(contents(&ram), before);
                }
                Err(error) => panic!("at {at}: {error}"),
                Ok(found) => {
                    assert!(at >= HEADER && (cut_file || whole >= known), "at {at}");
                    let state = State::of(&found).unwrap();
                    assert_eq!(state.files, expected().files);
                    assert_eq!(state.events, expected().events[..whole], "at {at}");
                    let last =
                        if is_closed && whole == 3 && length >= ends[3] { ends[3] } else { ends[whole] };
                    assert_eq!(found.cut.unwrap_or(0) as usize, length - last);
                    // And the writer goes on behind it.
                    let storage: Arc<dyn Storage> = Arc::new(ram.clone());
                    let (mut ledger, _) = Ledger::open(storage, FORMAT, 1, Durability::Always).unwrap();
                    ledger.append(b"new").unwrap();
                    let mut events = state.events;
                    events.push(b"new".to_vec());
                    assert_eq!(State::read(&ram).unwrap().events, events);
                }
            }
        }
    }
}

#[test]
fn damage_to_a_file_is_found_and_the_others_are_served() {
    let files = closed();
    let name = "0000000000000003-0000.numbers";
    for (at, content) in damages(&files[name]) {
        let ram = with(&files, name, content);
        let found = Ledger::read(&ram, FORMAT, 1).unwrap();
        assert_eq!(&found.files[0].content.as_ref().unwrap()[..], b"kept");
        let error = match &found.files[1].content {
            Ok(content) => found.files[1].entry.verify(content).unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        assert!(error.contains(name), "{at}: {error}");
    }
    let mut missing = files.clone();
    missing.remove(name);
    let found = Ledger::read(&ram(&missing), FORMAT, 1).unwrap();
    let error = found.files[1].content.as_ref().unwrap_err().to_string();
    assert!(error.contains(name) && error.contains("missing"), "{error}");
    missing.remove(JOURNAL);
    let error = Ledger::read(&ram(&missing), FORMAT, 1).unwrap_err().to_string();
    assert!(error.contains(JOURNAL) && error.contains("missing"), "{error}");
}

#[test]
fn records_of_another_place_or_generation_are_not_taken() {
    let files = closed();
    let journal = &files[JOURNAL];
    let first = &journal[HEADER..HEADER + PREFIX + 3];
    // The first record once more, in the place of the second: it is one of ours, and not in its place.
    let mut repeated = journal[..HEADER + PREFIX + 3].to_vec();
    repeated.extend_from_slice(first);
    let found = Ledger::read(&with(&files, JOURNAL, repeated), FORMAT, 1).unwrap();
    assert_eq!((found.events.len(), found.cut), (1, Some(first.len() as u64)));
    // The same place in the next generation.
    let next: Arc<dyn Storage> = Arc::new(ram(&files));
    let (mut ledger, _) = Ledger::open(next.clone(), FORMAT, 1, Durability::Always).unwrap();
    ledger.commit(Change::default()).unwrap();
    drop(ledger);
    let name = "0000000000000004.journal";
    let mut stale = next.read(name).unwrap();
    stale.extend_from_slice(first);
    let found = Ledger::read(&with(&contents(&*next), name, stale), FORMAT, 1).unwrap();
    assert_eq!((found.events.len(), found.cut), (0, Some(first.len() as u64)));
    let swapped = with(&contents(&*next), name, journal.clone());
    let error = Ledger::read(&swapped, FORMAT, 1).unwrap_err().to_string();
    assert!(error.contains("another generation"), "{error}");
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/ledger-1")
}

/// What a version 1 wrote, every later version must open.
#[test]
fn the_files_of_version_1_are_read_as_they_were_written() {
    let disk = Disk::read_only(golden()).unwrap();
    assert_eq!(State::read(&disk).unwrap(), expected());
    let files = contents(&disk);
    assert_eq!(files, closed(), "the writer of version 1 writes the same bytes");
    let ram = ram(&files);
    let (mut ledger, found) = Ledger::open(Arc::new(ram.clone()), FORMAT, 1, Durability::Always).unwrap();
    assert_eq!((found.generation, found.cut), (3, None));
    ledger.append(b"four").unwrap();
    assert_eq!(State::read(&ram).unwrap().events.len(), 4);
}

/// Writes the directory of the test above, once.
#[test]
#[ignore = "version 1 is written; a new version gets a directory of its own"]
fn write_the_golden_directory() {
    std::fs::create_dir(golden()).unwrap();
    for (name, content) in closed() {
        std::fs::write(golden().join(name), content).unwrap();
    }
}

/// The files of the small store as the specification prints them.
fn dump() -> String {
    let mut text = String::new();
    for (name, content) in closed() {
        writeln!(text, "{name}, {} bytes", content.len()).unwrap();
        for (line, bytes) in content.chunks(16).enumerate() {
            let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let plain: String =
                bytes.iter().map(|b| if b.is_ascii_graphic() { *b as char } else { '.' }).collect();
            writeln!(text, "{:04x}  {:47}  {plain}", line * 16, hex.join(" ")).unwrap();
        }
    }
    text
}

#[test]
fn the_example_of_the_specification_is_what_is_written() {
    let page = include_str!("../../../docs/store-format.md");
    let dump = dump();
    assert!(page.contains(&dump), "the example should read:\n{dump}");
}

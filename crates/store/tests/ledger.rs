//! The ledger as its owner meets it: one writer, any readers, full disks, failing syncs.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use attractor_store::Error;
use attractor_store::ledger::{Change, Durability, LONGEST_EVENT, Ledger, Recovered};
use attractor_store::storage::{Disk, Ram, Storage};
use common::{FORMAT, Fault, Op, Recorder, State, adding, contents};

const JOURNAL: &str = "0000000000000001.journal";

fn open(storage: &Arc<dyn Storage>, durability: Durability) -> Result<(Ledger, Recovered), Error> {
    Ledger::open(storage.clone(), FORMAT, 1, durability)
}

fn recorded(durability: Durability) -> (Recorder, Arc<dyn Storage>, Ledger) {
    let recorder = Recorder::new();
    let storage: Arc<dyn Storage> = Arc::new(recorder.clone());
    let (ledger, _) = open(&storage, durability).unwrap();
    (recorder, storage, ledger)
}

/// Until `done`; the limit is there so that a defect fails instead of hanging.
fn wait_until(mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_mins(1), "waited in vain");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_directory_on_disk_holds_what_a_directory_in_memory_holds() {
    let folder = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Storage> = Arc::new(Disk::open(folder.path().join("a/b")).unwrap());
    let ram: Arc<dyn Storage> = Arc::new(Ram::new());
    for storage in [&disk, &ram] {
        let (mut ledger, found) = open(storage, Durability::Always).unwrap();
        assert_eq!((found.generation, found.cut, found.version), (1, None, 1));
        ledger.append(b"lost in the commit").unwrap();
        let added = ledger.commit(adding(&[&[7; 1000], b"", b"second"])).unwrap();
        assert_eq!(added[0].content.as_ref().unwrap().as_ptr().addr() % 64, 0);
        added.iter().for_each(|file| file.entry.verify(file.content.as_ref().unwrap()).unwrap());
        let second = added[1].entry.name.clone();
        ledger.commit(Change { add: vec![], drop: vec![second] }).unwrap();
        ledger.append(b"one").unwrap();
        ledger.append(b"").unwrap();
        ledger.sync().unwrap();
        assert_eq!((ledger.generation(), ledger.files().len()), (3, 2));
        let on_disk: usize = contents(&**storage).values().map(Vec::len).sum();
        assert_eq!(ledger.bytes(), on_disk as u64);
    }
    let but_lock = |storage: &dyn Storage| {
        let mut files = contents(storage);
        files.remove("LOCK");
        files
    };
    assert_eq!(but_lock(&*disk), but_lock(&*ram));
    let expected =
        State { files: vec![vec![7; 1000], b"second".to_vec()], events: vec![b"one".to_vec(), b"".to_vec()] };
    assert_eq!(State::read(&*disk).unwrap(), expected);
    let reader = Disk::read_only(folder.path().join("a/b")).unwrap();
    assert_eq!(State::read(&reader).unwrap(), expected);
    let found = Ledger::read(&reader, FORMAT, 1).unwrap();
    assert!(found.files[0].content.as_ref().unwrap().is_mapped());
}

#[test]
fn the_second_writer_is_told_who_is_first() {
    let folder = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Storage> = Arc::new(Disk::open(folder.path()).unwrap());
    for storage in [disk, Arc::new(Ram::new())] {
        let (ledger, _) = open(&storage, Durability::Always).unwrap();
        let error = open(&storage, Durability::Always).unwrap_err();
        let holder = format!("(process {})", std::process::id());
        assert!(matches!(&error, Error::Locked { .. }) && error.to_string().contains(&holder), "{error}");
        drop(ledger);
        open(&storage, Durability::Always).unwrap();
    }
}

#[test]
fn a_directory_for_reading_refuses_the_writer_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none");
    assert!(matches!(Disk::read_only(&path), Err(Error::Io { .. })));
    assert!(!path.exists());
    let reader: Arc<dyn Storage> = Arc::new(Disk::read_only(folder.path()).unwrap());
    let error = open(&reader, Durability::Always).unwrap_err().to_string();
    assert!(error.contains("LOCK") && error.contains("reading only"), "{error}");
    let error = Ledger::read(&*reader, FORMAT, 1).unwrap_err().to_string();
    assert!(error.contains("MANIFEST") && error.contains("missing"), "{error}");
    assert!(reader.list().unwrap().is_empty());
    std::fs::write(folder.path().join("file"), b"no directory").unwrap();
    assert!(Disk::open(folder.path().join("file")).is_err());
}

#[test]
fn an_append_without_room_changes_nothing() {
    let event = *b"an event that does not fit";
    let size = 16 + event.len();
    for room in 0..size {
        let (recorder, storage, mut ledger) = recorded(Durability::Always);
        ledger.append(b"first").unwrap();
        let before = contents(&*storage);
        recorder.set_room(Some(room));
        let error = ledger.append(&event).unwrap_err();
        assert!(matches!(error, Error::Io { .. }), "{error}");
        assert_eq!(contents(&*storage), before, "room for {room} bytes");
        recorder.set_room(None);
        ledger.append(b"second").unwrap();
        let expected = State { files: vec![], events: vec![b"first".to_vec(), b"second".to_vec()] };
        assert_eq!(State::read(&*storage).unwrap(), expected);
        drop(ledger);
        let (_, found) = open(&storage, Durability::Always).unwrap();
        assert_eq!((State::of(&found).unwrap(), found.cut), (expected, None));
    }
}

#[test]
fn a_commit_without_room_changes_nothing() {
    let mut room = 0;
    loop {
        let (recorder, storage, mut ledger) = recorded(Durability::Always);
        ledger.append(b"first").unwrap();
        let before = contents(&*storage);
        recorder.set_room(Some(room));
        if ledger.commit(adding(&[b"some content", b"more"])).is_ok() {
            assert!(room > 100);
            break;
        }
        assert_eq!(contents(&*storage), before, "room for {room} bytes");
        assert_eq!((ledger.generation(), ledger.files().len()), (1, 0));
        recorder.set_room(None);
        ledger.append(b"second").unwrap();
        ledger.commit(adding(&[b"content"])).unwrap();
        let expected = State { files: vec![b"content".to_vec()], events: vec![] };
        assert_eq!(State::read(&*storage).unwrap(), expected);
        room += 1;
    }
}

#[test]
fn where_the_part_written_cannot_be_cut_off_nothing_more_is_written() {
    let (recorder, storage, mut ledger) = recorded(Durability::Always);
    ledger.append(b"first").unwrap();
    recorder.set_room(Some(5));
    recorder.refuse(Fault::Cut);
    assert!(matches!(ledger.append(b"second"), Err(Error::Io { .. })));
    recorder.set_room(None);
    assert!(matches!(ledger.append(b"third"), Err(Error::Poisoned { .. })));
    assert_eq!(State::read(&*storage).unwrap().events, [b"first"]);
    assert_eq!(Ledger::read(&*storage, FORMAT, 1).unwrap().cut, Some(5));
}

#[test]
fn after_a_failed_sync_nothing_more_is_written() {
    let (recorder, storage, mut ledger) = recorded(Durability::Always);
    ledger.append(b"first").unwrap();
    recorder.refuse(Fault::Sync);
    assert!(matches!(ledger.append(b"second"), Err(Error::Io { .. })));
    let position = recorder.position();
    assert!(matches!(ledger.append(b"third"), Err(Error::Poisoned { .. })));
    assert!(matches!(ledger.sync(), Err(Error::Poisoned { .. })));
    let error = ledger.commit(Change::default()).unwrap_err();
    assert!(error.to_string().contains("the disk does not answer"), "{error}");
    drop(ledger);
    assert_eq!(recorder.position(), position);
    assert_eq!(State::read(&*storage).unwrap().events[0], b"first");
}

#[test]
fn a_sync_that_fails_in_the_background_is_told_by_the_next_call() {
    let (recorder, _, mut ledger) = recorded(Durability::Grouped(Duration::from_millis(1)));
    recorder.refuse(Fault::Sync);
    ledger.append(b"first").unwrap();
    let mut error = None;
    wait_until(|| {
        error = ledger.append(b"more").err();
        error.is_some()
    });
    assert!(matches!(error, Some(Error::Poisoned { .. })), "{error:?}");
}

#[test]
fn a_manifest_that_may_or_may_not_be_in_place_ends_the_writing() {
    let (recorder, storage, mut ledger) = recorded(Durability::Always);
    ledger.append(b"first").unwrap();
    recorder.refuse(Fault::Rename);
    assert!(matches!(ledger.commit(adding(&[b"content"])), Err(Error::Io { .. })));
    assert!(matches!(ledger.append(b"second"), Err(Error::Poisoned { .. })));
    assert_eq!(State::read(&*storage).unwrap().events, [b"first"]);
}

#[test]
fn grouped_events_are_synced_in_the_background_and_when_the_ledger_ends() {
    let (recorder, _, mut ledger) = recorded(Durability::Grouped(Duration::from_millis(5)));
    for round in 0..5_u8 {
        ledger.append(&[round]).unwrap();
        wait_until(|| recorder.is_synced(JOURNAL));
    }
    let (recorder, storage, mut ledger) = recorded(Durability::Grouped(Duration::from_hours(1)));
    ledger.append(b"one").unwrap();
    ledger.append(b"two").unwrap();
    assert!(!recorder.is_synced(JOURNAL));
    drop(ledger);
    let (synced, marked) = last_sync_and_write(&recorder);
    assert!(synced < marked, "the events are synced, and then said to be");
    assert_eq!(State::read(&*storage).unwrap().events, [b"one", b"two"]);
}

#[test]
fn events_left_to_the_system_are_synced_when_asked_for() {
    let (recorder, _, mut ledger) = recorded(Durability::System);
    ledger.append(b"one").unwrap();
    let before = recorder.position();
    ledger.sync().unwrap();
    assert!(matches!(recorder.ops()[before], Op::SyncFile { .. }));
    let after = recorder.position();
    ledger.sync().unwrap();
    assert_eq!(recorder.position(), after, "there is nothing left to sync");
    ledger.append(b"two").unwrap();
    let last = recorder.position();
    drop(ledger);
    assert_eq!(recorder.position(), last);
}

fn last_sync_and_write(recorder: &Recorder) -> (usize, usize) {
    let ops = recorder.ops();
    let last = |which: fn(&Op) -> bool| ops.iter().rposition(which).unwrap();
    (last(|op| matches!(op, Op::SyncFile { .. })), last(|op| matches!(op, Op::Write { .. })))
}

#[test]
fn wrong_input_is_refused_and_changes_nothing() {
    let (recorder, _, mut ledger) = recorded(Durability::Always);
    let position = recorder.position();
    let error = ledger.append(&vec![0; LONGEST_EVENT + 1]).unwrap_err();
    assert_eq!(error.to_string(), "bytes of an event = 67108865: must be at most 67108864 (64 MiB)");
    for role in ["", "UPPER", "a/b", "..", "a.b", &"x".repeat(33)] {
        let mut change = adding(&[b"x"]);
        change.add[0].role = role.to_owned();
        assert!(matches!(ledger.commit(change), Err(Error::Name { .. })), "{role}");
    }
    let change = Change { add: vec![], drop: vec!["LOCK".to_owned()] };
    assert!(matches!(ledger.commit(change), Err(Error::Name { .. })));
    assert_eq!(recorder.position(), position);
}

#[test]
fn owners_are_told_apart_and_later_versions_refused() {
    let ram: Arc<dyn Storage> = Arc::new(Ram::new());
    drop(Ledger::open(ram.clone(), FORMAT, 2, Durability::Always).unwrap());
    let other = Ledger::open(ram.clone(), "another", 2, Durability::Always).unwrap_err();
    assert!(matches!(other, Error::Owner { .. }), "{other}");
    let newer = Ledger::read(&*ram, FORMAT, 1).unwrap_err();
    assert!(matches!(newer, Error::Newer { found: 2, known: 1, .. }), "{newer}");
    // A later owner reads what an earlier one wrote, is told so, and writes its own version.
    let (mut ledger, found) = Ledger::open(ram.clone(), FORMAT, 3, Durability::Always).unwrap();
    assert_eq!(found.version, 2);
    ledger.commit(Change::default()).unwrap();
    assert_eq!(Ledger::read(&*ram, FORMAT, 3).unwrap().version, 3);
}

#[test]
fn the_files_of_others_are_left_alone() {
    let ram = Arc::new(Ram::new());
    for name in ["README", "0000000000000001-0000.", "000000000000000A-0000.numbers", "1.journal", "x.part"] {
        ram.create(name).unwrap().write(b"mine").unwrap();
    }
    let storage: Arc<dyn Storage> = ram.clone();
    let (mut ledger, _) = open(&storage, Durability::Always).unwrap();
    let leftover = "0000000000000009-0000.numbers";
    ram.create(leftover).unwrap();
    ledger.commit(adding(&[b"x"])).unwrap();
    let names = ram.list().unwrap();
    assert!(!names.iter().any(|name| name == leftover));
    assert_eq!(names.iter().filter(|name| ram.read(name).unwrap() == b"mine").count(), 5);
}

#[test]
fn without_its_manifest_a_store_is_no_empty_directory() {
    let ram: Arc<dyn Storage> = Arc::new(Ram::new());
    let (mut ledger, _) = open(&ram, Durability::Always).unwrap();
    ledger.append(b"precious").unwrap();
    drop(ledger);
    ram.remove("MANIFEST").unwrap();
    let before = contents(&*ram);
    let error = open(&ram, Durability::Always).unwrap_err();
    assert_eq!(error.to_string(), "memory/MANIFEST: the file is missing (at byte 0)");
    assert_eq!(contents(&*ram), before);
}

/// Each commit stores how many events there were, each event its number: whatever a reader finds must count on.
#[test]
fn readers_beside_a_writer_see_states_that_were_there() {
    let folder = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Storage> = Arc::new(Disk::open(folder.path()).unwrap());
    for storage in [disk, Arc::new(Ram::new())] {
        let (mut ledger, _) = open(&storage, Durability::System).unwrap();
        let done = AtomicBool::new(false);
        let reads = thread::scope(|scope| {
            let read = || {
                let mut reads = 0_u64;
                let mut latest = 0;
                while !done.load(Ordering::Acquire) {
                    let state = State::read(&*storage).unwrap();
                    let mut count =
                        state.files.first().map_or(0, |f| u64::from_le_bytes(f[..8].try_into().unwrap()));
                    for event in &state.events {
                        count += 1;
                        assert_eq!(event[..], count.to_le_bytes());
                    }
                    assert!(count >= latest, "{count} after {latest}");
                    latest = count;
                    reads += 1;
                }
                reads
            };
            let readers = [scope.spawn(read), scope.spawn(read)];
            let mut count = 0_u64;
            for round in 0..150 {
                for _ in 0..round % 7 {
                    count += 1;
                    ledger.append(&count.to_le_bytes()).unwrap();
                }
                let mut change = adding(&[&count.to_le_bytes()]);
                change.drop = ledger.files().iter().map(|file| file.name.clone()).collect();
                ledger.commit(change).unwrap();
            }
            done.store(true, Ordering::Release);
            readers.map(|reader| reader.join().unwrap())
        });
        println!("{reads:?} reads beside 150 commits");
    }
}

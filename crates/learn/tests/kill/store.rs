//! The store of episodes alone.

use std::path::Path;
use std::time::Instant;

use attractor_store::Store;
use attractor_store::codec::Codec;
use attractor_store::episodes::NewEpisode;
use attractor_store::ledger::Durability;

use crate::child::{alone, durability, order, run_and_kill, tell};
use crate::{Tally, kills};

/// Kills that one directory goes through.
const LIVES: u64 = 100;
const KEY: usize = 16;
const VALUE: usize = 64;

fn open(place: &Path, durability: Durability) -> Store {
    let builder = Store::builder(KEY, VALUE).codecs(Codec::F32, Codec::Int8).durability(durability);
    // Commits come by themselves, too.
    builder.journal_bytes(20_000).open(place).unwrap()
}

fn vector(id: u64, width: usize) -> Vec<f32> {
    (0..width as u64).map(|j| ((id * 31 + j * j * 7) % 256) as f32 / 255.0).collect()
}

fn put(store: &mut Store) {
    let id = store.episodes().next_id();
    let (key, value) = (vector(id, KEY), vector(id + 5, VALUE));
    let label = Some((id % 10) as u32);
    let stored = store.put(&NewEpisode { label, time: id, ..NewEpisode::new(&key, &value) }).unwrap();
    assert_eq!(stored, id);
}

/// Every third episode goes after a while.
fn is_gone(id: u64, next: u64) -> bool {
    id % 3 == 1 && id + 9 <= next
}

/// What comes after the put of `next - 1`; doing it twice is doing it once.
fn tidy(store: &mut Store, next: u64) {
    if let Some(old) = next.checked_sub(9).filter(|old| old % 3 == 1)
        && store.get(old).is_some()
    {
        store.delete(old).unwrap();
    }
    if next.is_multiple_of(40) {
        store.commit().unwrap();
    }
}

/// The child.
#[test]
fn a_life_of_a_store() {
    let Some((place, number)) = order() else { return };
    let mut store = open(Path::new(&place), durability(number));
    let mut next = store.episodes().next_id();
    tell(next);
    loop {
        tidy(&mut store, next);
        put(&mut store);
        next += 1;
        tell(next);
    }
}

fn check(store: &Store) {
    assert!(store.damage().is_empty(), "{:?}", store.damage());
    let next = store.episodes().next_id();
    for id in 0..next {
        let pending = id + 9 == next;
        match store.get(id) {
            Some(episode) => {
                assert!(!is_gone(id, next) || pending, "{id} of {next} is back");
                assert_eq!((episode.label, episode.time), (Some((id % 10) as u32), id));
                assert_eq!(store.key(id).unwrap(), vector(id, KEY));
                let value = store.value(id).unwrap();
                let near = value.iter().zip(vector(id + 5, VALUE)).all(|(a, b)| (a - b).abs() < 0.01);
                assert!(near, "{id}: {value:?}");
            }
            None => assert!(is_gone(id, next), "{id} of {next} is lost"),
        }
    }
    assert!(store.episodes().verify().is_empty());
}

#[test]
fn a_store_survives_kills() {
    if order().is_some() {
        return;
    }
    let mut rng = attractor_data::stream(12, "kills of stores");
    let mut tally = Tally::default();
    let mut folder = tempfile::tempdir().unwrap();
    let mut known = 0;
    for number in 0..kills() {
        if number % LIVES == 0 && number > 0 {
            folder = tempfile::tempdir().unwrap();
            known = 0;
        }
        let told = run_and_kill("store::a_life_of_a_store", folder.path(), number, &mut rng);
        tally.kills += 1;
        tally.early += u64::from(told.is_none());
        let acknowledged = told.unwrap_or(known);
        assert!(acknowledged >= known, "kill {number}: opened with {acknowledged} of {known}");
        let held = alone();
        let start = Instant::now();
        let store = open(folder.path(), durability(number));
        tally.openings.push(start.elapsed());
        let found = store.episodes().next_id();
        assert!(
            found >= acknowledged && found <= acknowledged + 1,
            "kill {number}: {found} puts, {acknowledged} were acknowledged"
        );
        check(&store);
        drop(store);
        drop(held);
        tally.acknowledged += acknowledged - known;
        tally.untold += found - acknowledged;
        known = found;
        tally.tell("store");
    }
}

#[test]
fn a_hundred_thousand_episodes_open() {
    const COUNT: u64 = 100_000;
    if order().is_some() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let builder =
        || Store::builder(KEY, VALUE).codecs(Codec::F32, Codec::Int8).durability(Durability::System);
    let mut store = builder().open(folder.path()).unwrap();
    for _ in 0..COUNT {
        put(&mut store);
    }
    store.commit().unwrap();
    store.close().unwrap();
    let mut times: Vec<_> = (0..5)
        .map(|_| {
            let start = Instant::now();
            let store = builder().open(folder.path()).unwrap();
            let time = start.elapsed();
            assert_eq!(store.len() as u64, COUNT);
            time
        })
        .collect();
    times.sort_unstable();
    println!("{COUNT} episodes of {KEY} + {VALUE} components open in {:?}", times[2]);
}

//! Bounds in bytes.

use attractor_store::codec::Codec;
use attractor_store::episodes::NewEpisode;
use attractor_store::storage::Ram;
use attractor_store::{Error, Store};

fn fill(store: &mut Store, most: usize) -> Option<(usize, Error)> {
    (0..most).find_map(|i| {
        let key = [(i as f32).sin(), 1.0, 2.0, (i as f32).cos()];
        store.put(&NewEpisode::new(&key, &[i as f32; 50])).err().map(|error| (i, error))
    })
}

#[test]
fn a_put_beyond_the_bound_on_disk_is_refused_and_changes_nothing() {
    for journal in [1 << 12, 1 << 24] {
        let ram = Ram::new();
        let bound = 300_000;
        let builder =
            Store::builder(4, 50).codecs(Codec::F32, Codec::F16).disk_bytes(bound).journal_bytes(journal);
        let mut store = builder.clone().open_in(ram.clone()).expect("opened");
        let (stored, error) = fill(&mut store, 100_000).expect("full");
        assert!(matches!(error, Error::Bound { place: "on disk", bound: 300_000, .. }), "{error}");
        println!("{stored} episodes within {bound} bytes, journal {journal}");
        // Rows of 16 + 100 bytes in segments, records of 56.
        assert!(stored > 500 && store.len() == stored);
        let (disk, memory) = (store.bytes_on_disk(), store.episodes().bytes_in_memory());
        assert!(fill(&mut store, 1).is_some() && store.len() == stored);
        assert!(store.bytes_on_disk() <= disk && store.episodes().bytes_in_memory() <= memory);
        store.commit().expect("room for a commit was kept");
        assert!(ram.bytes() <= bound && store.bytes_on_disk() <= bound);
        // What is deleted gives room, in the end.
        (0..stored as u64 * 9 / 10).for_each(|id| store.delete(id).expect("deleted"));
        (0..4).for_each(|_| store.commit().expect("committed"));
        assert_eq!(fill(&mut store, stored / 4).map(|(i, _)| i), None);
        drop(store);
        assert_eq!(builder.open_in(ram).expect("reopened").len(), stored - stored * 9 / 10 + stored / 4);
    }
}

#[test]
fn a_put_beyond_the_bound_in_memory_is_refused() {
    let ram = Ram::new();
    let builder = Store::builder(4, 50).memory_bytes(200_000);
    let mut store = builder.open_in(ram).expect("opened");
    let (stored, error) = fill(&mut store, 100_000).expect("full");
    assert!(matches!(error, Error::Bound { place: "in memory", .. }), "{error}");
    assert!(stored > 100 && store.episodes().bytes_in_memory() <= 200_000);
    // Values leave the heap with a commit.
    store.commit().expect("committed");
    assert_eq!(fill(&mut store, 50).map(|(i, _)| i), None);
}

#[test]
fn bounds_too_small_for_one_episode_are_refused_at_once() {
    for builder in [Store::builder(4, 50).memory_bytes(1000), Store::builder(4, 50).disk_bytes(9000)] {
        let ram = Ram::new();
        let error = builder.open_in(ram.clone()).map(drop).expect_err("refused");
        assert!(matches!(error, Error::Bound { .. }), "{error}");
        assert_eq!(ram.bytes(), 0);
    }
}

#[test]
fn another_shape_than_the_stored_one_is_refused() {
    let ram = Ram::new();
    Store::builder(4, 50).open_in(ram.clone()).expect("opened").close().expect("closed");
    assert!(matches!(Store::builder(5, 50).open_in(ram.clone()), Err(Error::Width { .. })));
    assert!(matches!(
        Store::builder(4, 51).open_in(ram.clone()),
        Err(Error::Width { expected: 50, found: 51, .. })
    ));
    let coded = Store::builder(4, 50).codecs(Codec::F16, Codec::F32).open_in(ram.clone());
    assert!(matches!(coded, Err(Error::Parameter { name: "codec", .. })));
    let held = Store::builder(4, 50).open_in(ram.clone()).expect("opened");
    assert!(matches!(Store::builder(4, 50).open_in(ram), Err(Error::Locked { .. })));
    drop(held);
}

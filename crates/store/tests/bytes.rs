//! Counted bytes against what the allocator gave out.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

use attractor_store::Store;
use attractor_store::codec::Codec;
use attractor_store::episodes::NewEpisode;

static HELD: AtomicU64 = AtomicU64::new(0);

struct Counting;

// SAFETY: every call is handed to the system's allocator as it came; counting touches an atomic only.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: the caller's promise for `layout` is the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: `pointer` came from `alloc` above, and hence from the system, with this `layout`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn close(counted: u64, held: u64, what: &str) {
    println!("{what}: counted {counted}, held {held}");
    assert!(counted.abs_diff(held) * 10 <= held, "{what}: counted {counted}, held {held}");
}

/// One test alone: others in this process would be counted too.
#[test]
fn bytes_are_counted_within_a_tenth() {
    let directory = tempfile::tempdir().expect("a directory");
    let builder = || {
        Store::builder(32, 100)
            .codecs(Codec::F32, Codec::Int8)
            .durability(attractor_store::ledger::Durability::System)
    };
    // Threads and tables that are made once.
    drop(
        builder()
            .open(directory.path().join("first"))
            .expect("opened")
            .put(&NewEpisode::new(&[0.0; 32], &[0.0; 100])),
    );
    let path = directory.path().join("store");
    let before = HELD.load(Ordering::Relaxed);
    let mut store = builder().open(&path).expect("opened");
    let mut predicted = 0;
    for i in 0..10_000_u32 {
        let key: Vec<f32> = (0..32).map(|j| ((i * 31 + j) as f32).sin()).collect();
        let value: Vec<f32> = (0..100).map(|j| ((i + j) as f32).cos()).collect();
        let new = NewEpisode { meta: &[1; 30], ..NewEpisode::new(&key, &value) };
        let coded = store.episodes().encode(&new).expect("coded");
        predicted = store.episodes().bytes_in_memory() + store.episodes().growth(&coded);
        drop(coded);
        store.put(&new).expect("put");
        assert!(store.episodes().bytes_in_memory() <= predicted, "episode {i}");
    }
    println!("predicted {predicted}");
    close(store.episodes().bytes_in_memory(), HELD.load(Ordering::Relaxed) - before, "tail");
    store.commit().expect("committed");
    close(store.episodes().bytes_in_memory(), HELD.load(Ordering::Relaxed) - before, "committed");
    assert!(store.episodes().bytes_mapped() > 10_000 * (128 + 108));
    store.close().expect("closed");
    let before = HELD.load(Ordering::Relaxed);
    let store = builder().open(&path).expect("opened");
    close(store.episodes().bytes_in_memory(), HELD.load(Ordering::Relaxed) - before, "reopened");
    let on_disk: u64 = std::fs::read_dir(&path)
        .expect("listed")
        .map(|entry| entry.and_then(|e| e.metadata()).expect("metadata").len())
        .sum();
    assert_eq!(store.bytes_on_disk(), on_disk);
}

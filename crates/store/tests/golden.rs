//! A directory as format version 1 left it, and how long a large one takes to open.

use std::path::{Path, PathBuf};
use std::time::Instant;

use attractor_store::Store;
use attractor_store::codec::Codec;
use attractor_store::episodes::NewEpisode;
use attractor_store::ledger::Durability;

const EPISODES: u64 = 20;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/store-1")
}

fn episode(i: u64) -> (Vec<f32>, Vec<f32>) {
    let key = (0..3).map(|j| (i * 3 + j) as f32 / 8.0).collect();
    let value = (0..4).map(|j| ((i * 5 + j) % 256) as f32 / 255.0).collect();
    (key, value)
}

fn write(path: &Path) {
    let builder = Store::builder(3, 4).codecs(Codec::F32, Codec::Int8);
    let mut store = builder.open(path).expect("opened");
    for i in 0..EPISODES {
        let (key, value) = episode(i);
        let label = (i % 4 > 0).then_some(i as u32 % 4);
        let meta = vec![i as u8; i as usize % 3];
        let new = NewEpisode { label, time: i * 10, meta: &meta, ..NewEpisode::new(&key, &value) };
        store.put(&new).expect("put");
        if i == 9 {
            store.delete(2).expect("deleted");
            store.commit().expect("committed");
        }
    }
    store.touch(5, 1000).expect("touched");
    store.set_priority(6, 2.5).expect("set");
    store.replace_key(7, &[1.0, 2.0, 3.0], 9).expect("replaced");
    store.close().expect("closed");
}

fn check(path: &Path) {
    let found = Store::read(path).expect("read");
    let episodes = found.episodes();
    assert!(found.damage().is_empty() && episodes.verify().is_empty());
    assert_eq!((episodes.len() as u64, episodes.next_id()), (EPISODES - 1, EPISODES));
    assert_eq!(episodes.memory().vacant(), [2]);
    let mut back = Vec::new();
    for known in episodes.iter() {
        let (key, value) = episode(known.id);
        let expected = if known.id == 7 { vec![1.0, 2.0, 3.0] } else { key };
        assert_eq!(episodes.key(known.id).expect("key"), expected);
        episodes.value(known.id, &mut back).expect("value");
        assert!(value.iter().zip(&back).all(|(a, b)| (a - b).abs() < 1e-6));
        assert_eq!(known.label, (known.id % 4 > 0).then_some(known.id as u32 % 4));
        assert_eq!(known.meta[..], vec![known.id as u8; known.id as usize % 3]);
    }
    let (touched, prior) = (episodes.get(5).expect("5"), episodes.get(6).expect("6"));
    assert_eq!((touched.usage, touched.last_used, prior.priority), (1, 1000, 2.5));
    assert_eq!(episodes.get(7).expect("7").encoder_version, 9);
}

#[test]
#[ignore = "writes the golden directory: only for a new version of the format"]
fn write_the_golden_directory() {
    let path = golden();
    if path.exists() {
        std::fs::remove_dir_all(&path).expect("removed");
    }
    write(&path);
}

#[test]
fn version_1_is_read_as_it_was_written() {
    check(&golden());
    // And is still written like that.
    let directory = tempfile::tempdir().expect("a directory");
    write(directory.path());
    check(directory.path());
}

#[test]
fn a_large_store_opens() {
    const N: usize = 100_000;
    let directory = tempfile::tempdir().expect("a directory");
    let builder = || {
        Store::builder(64, 784)
            .codecs(Codec::F32, Codec::Int8)
            .durability(Durability::System)
            .journal_bytes(1 << 40)
    };
    let mut store = builder().open(directory.path()).expect("opened");
    let (mut key, mut value) = (vec![0.0; 64], vec![0.0; 784]);
    let start = Instant::now();
    for i in 0..N {
        key.iter_mut().enumerate().for_each(|(j, x)| *x = ((i * 64 + j) % 8191) as f32 / 8191.0);
        value.iter_mut().enumerate().for_each(|(j, x)| *x = ((i + j) % 256) as f32 / 255.0);
        store.put(&NewEpisode::new(&key, &value)).expect("put");
    }
    println!("{N} puts: {:.2} s", start.elapsed().as_secs_f64());
    let start = Instant::now();
    store.commit().expect("committed");
    println!("commit: {:.2} s", start.elapsed().as_secs_f64());
    let disk = store.bytes_on_disk();
    drop(store);
    let start = Instant::now();
    let store = builder().open(directory.path()).expect("opened");
    println!("open: {:.1} ms, {disk} bytes on disk", start.elapsed().as_secs_f64() * 1e3);
    assert_eq!(store.len(), N);
    let (heap, mapped) = (store.episodes().bytes_in_memory(), store.episodes().bytes_mapped());
    println!("heap {heap}, mapped {mapped}");
}

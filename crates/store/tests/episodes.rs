//! Episodes in files: blocks that are borrowed, damage, merging, other keys.

use std::sync::Arc;

use attractor_data::stream;
use attractor_memory::{Memory, Separation, Similarity};
use attractor_store::Error;
use attractor_store::codec::Codec;
use attractor_store::episodes::{Damage, Episodes, NewEpisode, SEGMENT, Shape};
use attractor_store::ledger::{Durability, Ledger};
use attractor_store::storage::{Ram, Storage};
use ndarray::{Array2, ArrayView1};
use rand::RngExt;

fn keys(shape: &Shape) -> Result<Memory, Error> {
    let separation = Separation::topk_renormalised(5, 2.0)?;
    let builder = Memory::builder(shape.key_width).similarity(Similarity::Cosine).separation(separation);
    Ok(builder.build()?)
}

fn rows(seed: u64, n: usize, width: usize) -> Array2<f32> {
    let mut rng = stream(seed, "rows");
    Array2::from_shape_fn((n, width), |_| rng.random_range(-1.0..1.0f32))
}

fn slice(row: ArrayView1<'_, f32>) -> Vec<f32> {
    row.to_vec()
}

struct Bench {
    ram: Ram,
    ledger: Ledger,
    episodes: Episodes,
}

impl Bench {
    fn new(shape: Shape) -> Self {
        let ram = Ram::new();
        let ledger = Ledger::open(Arc::new(ram.clone()), "test", 1, Durability::System).expect("opened").0;
        let memory = keys(&shape).expect("memory");
        Self { ram, ledger, episodes: Episodes::new(shape, memory).expect("episodes") }
    }

    fn fill(&mut self, seed: u64, n: usize) {
        let shape = self.episodes.shape().clone();
        let (keys, values) = (rows(seed, n, shape.key_width), rows(seed + 1000, n, shape.value_width));
        for (key, value) in keys.rows().into_iter().zip(values.rows()) {
            self.episodes.put(&NewEpisode::new(&slice(key), &slice(value))).expect("put");
        }
    }

    fn commit(&mut self) {
        let ledger = &mut self.ledger;
        self.episodes.commit(|change| ledger.commit(change)).expect("committed");
    }

    fn read(&self) -> (Episodes, Vec<Damage>) {
        let mut found = Ledger::read(&self.ram, "test", 1).expect("read");
        Episodes::restore(&mut found.files, keys).expect("restored").expect("committed")
    }

    fn check_same(&self) {
        let (again, damage) = self.read();
        assert!(damage.is_empty());
        assert!(again.iter().eq(self.episodes.iter()));
        assert_eq!(again.memory().vacant(), self.episodes.memory().vacant());
        assert_eq!(again.memory().largest_norm(), self.episodes.memory().largest_norm());
        let cues = rows(77, 9, again.shape().key_width);
        let answers = self.episodes.memory().associate(cues.view()).expect("answers");
        assert_eq!(again.memory().associate(cues.view()).expect("answers"), answers);
        let recall = self.episodes.memory().recall(cues.view()).expect("recalled");
        assert_eq!(again.memory().recall(cues.view()).expect("recalled"), recall);
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for id in again.ids() {
            assert_eq!(again.key(id).expect("key"), self.episodes.key(id).expect("key"));
            again.value(id, &mut a).expect("value");
            self.episodes.value(id, &mut b).expect("value");
            assert_eq!(a, b);
        }
    }
}

#[test]
fn full_blocks_are_borrowed_and_every_bit_stays() {
    let mut bench = Bench::new(Shape { value_codec: Codec::Int8, ..Shape::new(6, 9) });
    bench.fill(0, 9000);
    for id in [3, 4096, 5000, 8999] {
        bench.episodes.remove(id).expect("removed");
    }
    bench.commit();
    bench.check_same();
    let borrowed = bench.read().0.memory().bytes();
    // Two of three leaves, of 4,096 rows padded to 8 components.
    assert!(borrowed + 2 * 4096 * 8 * 4 < bench.episodes.memory().bytes() + 4096, "{borrowed}");
    // Removed later than committed: the rows are still there, and dead.
    bench.episodes.remove(17).expect("removed");
    bench.episodes.replace_key(4097, &[0.5; 6], 2).expect("replaced");
    bench.fill(5, 300);
    bench.commit();
    bench.check_same();
}

#[test]
fn a_recall_after_reopening_goes_on_as_if_nothing_had_happened() {
    let mut bench = Bench::new(Shape { key_codec: Codec::Int8, ..Shape::new(4, 0) });
    bench.fill(0, 5000);
    (0..5000).filter(|id| id % 3 == 0).for_each(|id| bench.episodes.remove(id).expect("removed"));
    bench.commit();
    bench.check_same();
    let mut again = bench.read().0;
    for episodes in [&mut bench.episodes, &mut again] {
        // Past the half: the memory closes its ranks, at the same moment in both.
        (0..5000).filter(|id| id % 3 == 1).for_each(|id| episodes.remove(id).expect("removed"));
        assert_eq!(episodes.put(&NewEpisode::new(&[0.3; 4], &[])).expect("put"), 5000);
    }
    assert_eq!(again.memory().vacant(), bench.episodes.memory().vacant());
    let cues = rows(7, 5, 4);
    let recalls = [&bench.episodes, &again].map(|e| e.memory().recall(cues.view()).expect("recalled"));
    assert_eq!(recalls[0], recalls[1]);
}

#[test]
fn a_damaged_block_is_named_and_the_rest_is_served() {
    let mut bench = Bench::new(Shape::new(3, 5));
    bench.fill(0, 9000);
    bench.commit();
    let name = bench.ledger.files().iter().find(|f| f.role == SEGMENT).expect("a segment").name.clone();
    let whole = bench.ram.open(&name).expect("opened").to_vec();
    let damage = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        bench.ram.remove(&name).expect("removed");
        bench.ram.create(&name).expect("created").write(&bytes).expect("written");
    };
    let block = (4096 * 4 * 4 + 4096 * 8 + 4096 * 20_usize).next_multiple_of(64);
    // A key of the second block.
    damage(4096 + block + 100);
    let (episodes, found) = bench.read();
    assert_eq!(found.len(), 1);
    assert!(
        matches!(&found[0].error, Error::Damaged { place, at, .. } if *place == name && *at == (4096 + block) as u64)
    );
    assert!(found[0].lost.iter().copied().eq(4096..8192));
    assert_eq!(episodes.len(), 9000 - 4096);
    assert_eq!(episodes.key(8999).expect("key"), bench.episodes.key(8999).expect("key"));
    assert!(matches!(episodes.key(4096), Err(Error::UnknownId { id: 4096 })));
    // A value of the first block: found when it is read.
    damage(4096 + 4096 * 4 * 4 + 4096 * 8 + 7);
    let (mut episodes, found) = bench.read();
    assert!(found.is_empty() && episodes.len() == 9000);
    let mut value = vec![1.0];
    assert!(matches!(episodes.value(5, &mut value), Err(Error::Damaged { .. })));
    assert_eq!(value, [1.0]);
    episodes.value(4096, &mut value).expect("another block");
    assert_eq!(episodes.verify().len(), 1);
    assert!(episodes.replace_key(5, &[0.0; 3], 1).is_err());
    // Header, footer, and a cut file: the whole segment.
    for at in [9, 200, whole.len() - 1, whole.len() - 60] {
        damage(at);
        let (episodes, found) = bench.read();
        assert_eq!((episodes.len(), found.len(), found[0].lost.len()), (0, 1, 9000), "byte {at}");
    }
    bench.ram.remove(&name).expect("removed");
    bench.ram.create(&name).expect("created").write(&whole[..whole.len() / 2]).expect("written");
    let (episodes, found) = bench.read();
    assert_eq!((episodes.len(), found.len()), (0, 1));
    assert!(found[0].error.to_string().contains(&name), "{}", found[0].error);
}

#[test]
fn every_flipped_byte_of_a_small_segment_is_noticed() {
    let mut bench = Bench::new(Shape { key_codec: Codec::F16, value_codec: Codec::Int8, ..Shape::new(2, 3) });
    bench.fill(0, 3);
    bench.commit();
    let name = bench.ledger.files().iter().find(|f| f.role == SEGMENT).expect("a segment").name.clone();
    let whole = bench.ram.open(&name).expect("opened").to_vec();
    for at in (0..whole.len()).filter(|at| at % 64 == 0 || *at > 4088) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        bench.ram.remove(&name).expect("removed");
        bench.ram.create(&name).expect("created").write(&bytes).expect("written");
        let (episodes, found) = bench.read();
        assert!(!found.is_empty() || !episodes.verify().is_empty(), "byte {at}");
    }
}

#[test]
fn many_small_commits_make_few_segments_and_dead_rows_are_given_back() {
    let mut bench = Bench::new(Shape { value_codec: Codec::F16, ..Shape::new(3, 4) });
    for round in 0..60 {
        bench.fill(round, 20);
        bench.commit();
        assert!(bench.episodes.segments() <= 12, "{} segments", bench.episodes.segments());
    }
    bench.check_same();
    let before = bench.ledger.bytes();
    (0..1200).filter(|id| id % 10 > 0).for_each(|id| bench.episodes.remove(id).expect("removed"));
    for _ in 0..12 {
        bench.commit();
    }
    assert!(bench.ledger.bytes() < before / 2, "{before} {}", bench.ledger.bytes());
    bench.check_same();
    bench
        .episodes
        .ids()
        .collect::<Vec<_>>()
        .into_iter()
        .for_each(|id| bench.episodes.remove(id).expect("removed"));
    bench.commit();
    assert_eq!((bench.episodes.segments(), bench.episodes.len()), (0, 0));
    assert_eq!(bench.read().0.next_id(), 1200);
}

#[test]
fn a_merge_on_another_thread_respects_what_happens_meanwhile() {
    let mut bench = Bench::new(Shape::new(3, 2));
    bench.fill(0, 100);
    bench.commit();
    (0..60).for_each(|id| bench.episodes.remove(id).expect("removed"));
    let job = bench.episodes.prepare_compaction().expect("more than half is dead");
    let merging = std::thread::spawn(move || job.run().expect("merged"));
    bench.episodes.remove(70).expect("removed");
    bench.episodes.replace_key(71, &[9.0; 3], 3).expect("replaced");
    bench.fill(1, 5);
    let merged = merging.join().expect("joined");
    bench.episodes.apply_compaction(merged);
    let before = bench.ledger.bytes();
    let ledger = &mut bench.ledger;
    bench.episodes.seal(|change| ledger.commit(change)).expect("sealed");
    assert!(bench.ledger.bytes() < before + 20_000 && bench.episodes.get(70).is_none());
    assert_eq!(bench.episodes.key(71).expect("key"), [9.0; 3]);
    bench.check_same();
    // One that comes too late is dropped.
    bench.fill(2, 50);
    bench.commit();
    (100..155).filter(|id| bench.episodes.get(*id).is_some()).collect::<Vec<_>>().into_iter().for_each(
        |id| {
            bench.episodes.remove(id).expect("removed");
        },
    );
    if let Some(job) = bench.episodes.prepare_compaction() {
        let late = job.run().expect("merged");
        bench.commit();
        bench.episodes.apply_compaction(late);
    }
    bench.commit();
    bench.check_same();
}

#[test]
fn a_commit_that_fails_changes_nothing() {
    let mut bench = Bench::new(Shape::new(2, 2));
    bench.fill(0, 50);
    bench.commit();
    (0..40).for_each(|id| bench.episodes.remove(id).expect("removed"));
    bench.fill(1, 10);
    let refuse = |_| Err(Error::Parameter { name: "x", value: 0.0, limit: "refused" });
    assert!(bench.episodes.commit(refuse).is_err());
    assert_eq!(bench.episodes.len(), 20);
    bench.commit();
    bench.check_same();
    assert_eq!(bench.episodes.segments(), 2);
}

#[test]
fn other_keys_of_another_width_keep_ids_and_values() {
    let mut bench = Bench::new(Shape { value_codec: Codec::Int8, ..Shape::new(3, 4) });
    bench.fill(0, 200);
    bench.commit();
    bench.episodes.remove(3).expect("removed");
    bench.fill(1, 7);
    let memory = keys(&Shape::new(4, 0)).expect("memory");
    assert!(bench.episodes.rekey(5, Codec::Int8, memory.clone(), 2, |_, v| v.to_vec()).is_err());
    assert!(bench.episodes.rekey(4, Codec::F32, memory.clone(), 2, |_, _| vec![f32::NAN; 4]).is_err());
    assert_eq!(bench.episodes.key(0).expect("key").len(), 3);
    bench
        .episodes
        .rekey(4, Codec::Int8, memory, 2, |_, v| v.iter().map(|x| 2.0 * x).collect())
        .expect("rekeyed");
    let mut value = Vec::new();
    bench.episodes.value(5, &mut value).expect("value");
    for (k, v) in bench.episodes.key(5).expect("key").iter().zip(&value) {
        assert!((k - 2.0 * v).abs() < 0.01);
    }
    assert!(bench.episodes.iter().all(|e| e.encoder_version == 2) && bench.episodes.get(3).is_none());
    bench.commit();
    bench.check_same();
    assert_eq!((bench.episodes.segments(), bench.episodes.len()), (1, 206));
}

#[test]
fn mistakes_are_named_and_change_nothing() {
    let mut bench = Bench::new(Shape { value_codec: Codec::F16, ..Shape::new(2, 1) });
    let bad = [
        NewEpisode::new(&[1.0], &[1.0]),
        NewEpisode::new(&[1.0, 2.0], &[]),
        NewEpisode::new(&[1.0, f32::NAN], &[1.0]),
        NewEpisode::new(&[1.0, 1e19], &[1.0]),
        NewEpisode::new(&[1.0, 2.0], &[70000.0]),
        NewEpisode { label: Some(u32::MAX), ..NewEpisode::new(&[1.0, 2.0], &[1.0]) },
        NewEpisode { priority: f32::INFINITY, ..NewEpisode::new(&[1.0, 2.0], &[1.0]) },
        NewEpisode { meta: &[0; 1025], ..NewEpisode::new(&[1.0, 2.0], &[1.0]) },
    ];
    for new in &bad {
        assert!(bench.episodes.put(new).is_err(), "{new:?}");
    }
    assert_eq!((bench.episodes.len(), bench.episodes.next_id()), (0, 0));
    assert!(bench.episodes.remove(0).is_err() && bench.episodes.touch(0, 1).is_err());
    assert!(Episodes::new(Shape::new(0, 1), keys(&Shape::new(1, 0)).expect("memory")).is_err());
    assert!(Episodes::new(Shape::new(3, 1), keys(&Shape::new(1, 0)).expect("memory")).is_err());
}

//! Random operations with reopening at random points, against a map.

use std::collections::BTreeMap;
use std::sync::Arc;

use attractor_data::stream;
use attractor_store::Store;
use attractor_store::codec::{Codebook, Codec};
use attractor_store::episodes::{Episode, NewEpisode};
use attractor_store::storage::Ram;
use ndarray::{Array2, aview1};
use proptest::prelude::*;
use rand::RngExt;

const WIDTH: usize = 5;
const VALUES: usize = 7;

#[derive(Debug, Clone)]
enum Step {
    Put(u64, u8),
    Delete(usize),
    Touch(usize, u64),
    Priority(usize, f32),
    Label(usize, Option<u32>),
    Key(usize, u64),
    Commit,
    Reopen,
    Read,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (any::<u64>(), 0u8..20).prop_map(|(seed, meta)| Step::Put(seed, meta)),
        4 => any::<usize>().prop_map(Step::Delete),
        1 => (any::<usize>(), any::<u64>()).prop_map(|(at, time)| Step::Touch(at, time)),
        1 => (any::<usize>(), -9f32..9.0).prop_map(|(at, p)| Step::Priority(at, p)),
        1 => (any::<usize>(), prop::option::of(0u32..9)).prop_map(|(at, label)| Step::Label(at, label)),
        2 => (any::<usize>(), any::<u64>()).prop_map(|(at, seed)| Step::Key(at, seed)),
        2 => Just(Step::Commit),
        2 => Just(Step::Reopen),
        1 => Just(Step::Read),
    ]
}

fn row(seed: u64, width: usize) -> Vec<f32> {
    let mut rng = stream(seed, "row");
    (0..width).map(|_| rng.random_range(-1.0..1.0f32)).collect()
}

fn codecs(kind: u8) -> (Codec, Codec) {
    let sample = Array2::from_shape_fn((50, WIDTH), |(i, j)| ((i * 7 + j * 3) as f32).sin());
    let trained = || Codebook::train(sample.view(), 2, &mut stream(0, "codebook")).expect("trained");
    match kind {
        0 => (Codec::F32, Codec::F32),
        1 => (Codec::F32, Codec::Int8),
        2 => (Codec::Int8, Codec::F16),
        3 => (Codec::F16, Codec::F32),
        _ => (Codec::Product(Arc::new(trained())), Codec::Int8),
    }
}

fn through(codec: &Codec, row: &[f32]) -> Vec<f32> {
    let mut bytes = Vec::new();
    codec.encode(row, &mut bytes).expect("encoded");
    let mut back = vec![0.0; row.len()];
    codec.decode(&bytes, &mut back);
    back
}

type Model = BTreeMap<u64, (Episode, Vec<f32>, Vec<f32>)>;

fn check(episodes: &attractor_store::episodes::Episodes, model: &Model) {
    assert_eq!(episodes.ids().collect::<Vec<_>>(), model.keys().copied().collect::<Vec<_>>());
    let mut value = Vec::new();
    for (id, (episode, key, expected)) in model {
        assert_eq!(episodes.get(*id), Some(episode));
        assert_eq!(&episodes.key(*id).expect("key"), key);
        episodes.value(*id, &mut value).expect("value");
        assert_eq!(&value, expected);
    }
    assert_eq!(episodes.memory().ids(), model.keys().copied().collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_store_is_a_map_that_survives(
        kind in 0u8..5, journal in prop_oneof![Just(300u64), Just(1 << 20)],
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let ram = Ram::new();
        let (keys, values) = codecs(kind);
        let builder = Store::builder(WIDTH, VALUES).codecs(keys.clone(), values.clone()).journal_bytes(journal);
        let mut store = builder.clone().open_in(ram.clone()).expect("opened");
        let mut model = Model::new();
        let mut next = 0;
        let cue = row(1, WIDTH);
        for step in steps {
            let pick = |at: usize| model.keys().nth(at % model.len().max(1)).copied();
            match step {
                Step::Put(seed, meta) => {
                    let (key, value) = (row(seed, WIDTH), row(!seed, VALUES));
                    let meta = vec![7; meta as usize];
                    let label = (seed % 3 > 0).then_some((seed % 100) as u32);
                    let new = NewEpisode {
                        label, namespace: 2, time: seed, priority: 0.5, encoder_version: 1, meta: &meta,
                        ..NewEpisode::new(&key, &value)
                    };
                    let id = store.put(&new).expect("put");
                    prop_assert_eq!(id, next);
                    next += 1;
                    let episode = Episode {
                        id, label, namespace: 2, time: seed, priority: 0.5, usage: 0, last_used: seed,
                        encoder_version: 1, meta: meta.into(),
                    };
                    model.insert(id, (episode, through(&keys, &key), through(&values, &value)));
                }
                Step::Delete(at) => {
                    if let Some(id) = pick(at) {
                        store.delete(id).expect("deleted");
                        model.remove(&id);
                        prop_assert!(store.delete(id).is_err());
                    }
                }
                Step::Touch(at, time) => {
                    if let Some(id) = pick(at) {
                        store.touch(id, time).expect("touched");
                        let episode = &mut model.get_mut(&id).expect("there").0;
                        episode.usage += 1;
                        episode.last_used = time;
                    }
                }
                Step::Priority(at, priority) => {
                    if let Some(id) = pick(at) {
                        store.set_priority(id, priority).expect("set");
                        model.get_mut(&id).expect("there").0.priority = priority;
                    }
                }
                Step::Label(at, label) => {
                    if let Some(id) = pick(at) {
                        store.set_label(id, label).expect("set");
                        model.get_mut(&id).expect("there").0.label = label;
                    }
                }
                Step::Key(at, seed) => {
                    if let Some(id) = pick(at) {
                        let key = row(seed, WIDTH);
                        store.replace_key(id, &key, 5).expect("replaced");
                        let known = model.get_mut(&id).expect("there");
                        known.1 = through(&keys, &key);
                        known.0.encoder_version = 5;
                    }
                }
                Step::Commit => store.commit().expect("committed"),
                Step::Reopen => {
                    let cue = aview1(&cue).insert_axis(ndarray::Axis(0));
                    let before = (!model.is_empty()).then(|| {
                        (store.nearest(cue).expect("answers"), store.episodes().memory().vacant())
                    });
                    drop(store);
                    store = builder.clone().open_in(ram.clone()).expect("reopened");
                    prop_assert!(store.damage().is_empty());
                    check(store.episodes(), &model);
                    if let Some((answers, vacant)) = before {
                        prop_assert_eq!(store.nearest(cue).expect("answers"), answers);
                        prop_assert_eq!(store.episodes().memory().vacant(), vacant);
                    }
                }
                Step::Read => check(Store::read_in(&ram).expect("read").episodes(), &model),
            }
            prop_assert_eq!(store.len(), model.len());
            prop_assert!(store.episodes().segments() <= 12);
        }
        check(store.episodes(), &model);
        prop_assert_eq!(store.bytes_on_disk(), ram.bytes());
    }
}

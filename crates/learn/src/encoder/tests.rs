//! What holds for every encoder.

use std::sync::Arc;

use attractor_data::{Shape, stream};
use proptest::prelude::*;
use rand::RngExt;

use super::patches::{Activation, Decorrelation, Finish, Pool};
use super::*;

const WIDTH: usize = 48;

fn observations(n: usize) -> Array2<f32> {
    let mut rng = stream(4, "encoder test");
    Array2::from_shape_fn((n, WIDTH), |_| rng.random::<f32>())
}

/// One of each kind, all of 48 components.
fn encoders() -> Vec<(&'static str, Arc<dyn Encode>)> {
    let sample = observations(60);
    let mut statistics = Statistics::new(WIDTH);
    statistics.observe_all(sample.view()).unwrap();
    let shape = Shape::Image { height: 4, width: 6, channels: 2 };
    let recipe = Patches { side: 3, floor: 0.01, centroids: 5, samples: 200, ..Patches::default() };
    let plain = Patches {
        decorrelation: Decorrelation::None,
        activation: Activation::TwoSided { alpha: 0.1 },
        pool: Pool::Mean,
        finish: Finish::Standardise { epsilon: 1e-3 },
        ..recipe.clone()
    };
    let patches: Arc<dyn Encode> = Arc::new(recipe.fit(sample.view(), shape).unwrap());
    let features = encode_all(patches.as_ref(), sample.view()).unwrap();
    let keys = Whitening { scaling: Scaling::Unit, ..Whitening::new(7) }.fit(features.view()).unwrap();
    vec![
        ("standardise", Arc::new(statistics.freeze(1e-3).unwrap())),
        ("whiten", Arc::new(Whitening::new(9).fit(sample.view()).unwrap())),
        ("random", Arc::new(Random::new(WIDTH, 33, 0.5, 11).unwrap())),
        ("patches", Arc::clone(&patches)),
        ("other patches", Arc::new(plain.fit(sample.view(), shape).unwrap())),
        ("chain", Arc::new(Chain::new(patches, Arc::new(keys)).unwrap())),
    ]
}

fn saved(encoder: &dyn Encode) -> Vec<u8> {
    let mut to = Writer::new();
    encoder.save(&mut to);
    to.finish()
}

#[test]
fn what_is_loaded_gives_the_same_bits() {
    for (name, encoder) in encoders() {
        let bytes = saved(encoder.as_ref());
        let mut from = Reader::new(&bytes, "a test");
        let loaded = load(&mut from).unwrap();
        from.end().unwrap();
        assert_eq!(saved(loaded.as_ref()), bytes, "{name}");
        assert_eq!((loaded.input(), loaded.width()), (encoder.input(), encoder.width()));
        let sample = observations(20);
        let (before, after) =
            (encode_all(encoder.as_ref(), sample.view()), encode_all(&*loaded, sample.view()));
        assert_eq!(before.unwrap(), after.unwrap(), "{name}");
        assert!(encoder.bytes() >= 8 * size_of::<usize>().min(bytes.len()), "{name}");
    }
}

#[test]
fn the_features_of_a_row_are_its_own() {
    let sample = observations(33);
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let three = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    for (name, encoder) in encoders() {
        let all = one.install(|| encode_all(encoder.as_ref(), sample.view())).unwrap();
        assert_eq!(all, three.install(|| encode_all(encoder.as_ref(), sample.view())).unwrap(), "{name}");
        // Rows that do not lie in one piece are rows all the same.
        let mut turned = Array2::zeros((WIDTH, 33));
        turned.assign(&sample.t());
        assert_eq!(all, encode_all(encoder.as_ref(), turned.t()).unwrap(), "{name}");
        let mut alone = vec![0.0; encoder.width()];
        encoder.encode(sample.row(17).as_slice().unwrap(), &mut alone).unwrap();
        assert_eq!(all.row(17).as_slice().unwrap(), alone, "{name}");
        assert!(alone.iter().any(|&x| x != 0.0), "{name}");
    }
}

#[test]
fn fitting_does_not_depend_on_the_number_of_threads() {
    let fit = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| encoders().iter().map(|(_, encoder)| saved(encoder.as_ref())).collect::<Vec<_>>())
    };
    assert_eq!(fit(1), fit(3));
}

#[test]
fn wrong_calls_change_nothing() {
    for (name, encoder) in encoders() {
        let right = observations(1).into_raw_vec_and_offset().0;
        let mut features = vec![7.0; encoder.width()];
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut wrong = right.clone();
            wrong[31] = bad;
            let refused = encoder.encode(&wrong, &mut features);
            assert!(matches!(refused, Err(Error::NotFinite { component: 31, .. })), "{name}");
        }
        assert!(matches!(encoder.encode(&right[1..], &mut features), Err(Error::Width { .. })), "{name}");
        assert!(features.iter().all(|&x| x == 7.0), "{name}");
        assert!(encoder.encode(&right, &mut features[1..]).is_err(), "{name}");
        assert!(encode_all(encoder.as_ref(), Array2::zeros((2, 3)).view()).is_err(), "{name}");
        assert_eq!(encode_all(encoder.as_ref(), Array2::zeros((0, WIDTH)).view()).unwrap().nrows(), 0);
    }
}

#[test]
fn whatever_is_shown_the_features_are_finite() {
    for (name, encoder) in encoders() {
        let mut features = vec![7.0; encoder.width()];
        for value in [0.0, 1.0, -3.5, 1e-40, 1e30, f32::MAX, f32::MIN] {
            for half in [value, -value, 0.0] {
                let mut observation = vec![value; WIDTH];
                observation[WIDTH / 2 - 3..].fill(half);
                observation[0] = 0.0;
                let _ = encoder.encode(&observation, &mut features);
                assert!(features.iter().all(|x| x.is_finite()), "{name} {value} {half}");
            }
        }
    }
}

#[test]
fn chains_fit_together_and_are_not_nested_without_end() {
    let random = |input, width| Arc::new(Random::new(input, width, 1.0, 1).unwrap());
    assert!(Chain::new(random(3, 4), random(5, 6)).is_err());

    let nested = |links: usize| {
        let mut chain: Arc<dyn Encode> = random(3, 3);
        for _ in 0..links {
            chain = Arc::new(Chain::new(chain, random(3, 3)).unwrap());
        }
        saved(chain.as_ref())
    };
    assert!(load(&mut Reader::new(&nested(7), "a test")).is_ok());
    assert!(load(&mut Reader::new(&nested(8), "a test")).is_err());
    let mut endless = Writer::new();
    (0..100_000).for_each(|_| endless.str("chain"));
    assert!(load(&mut Reader::new(&endless.finish(), "a test")).is_err());
}

#[test]
fn damaged_bytes_never_panic() {
    let encoders: Vec<Vec<u8>> = encoders().iter().map(|(_, encoder)| saved(encoder.as_ref())).collect();
    let damage = (0..encoders.len(), any::<prop::sample::Index>(), any::<u8>(), any::<prop::sample::Index>());
    // Most bytes are numbers: half of the damage goes to the first ones, where the sizes are.
    let head = any::<bool>();
    proptest!(ProptestConfig::with_cases(400), |((which, at, value, end) in damage, head in head)| {
        let mut bytes = encoders[which].clone();
        let from = at.index(if head { bytes.len().min(120) } else { bytes.len() });
        bytes[from] = value;
        if let Ok(encoder) = load(&mut Reader::new(&bytes, "a test"))
            && encoder.input() < 4096 && encoder.width() < 4096
        {
            let mut features = vec![0.0; encoder.width()];
            let _ = encoder.encode(&vec![0.5; encoder.input()], &mut features);
            prop_assert!(features.iter().all(|x| x.is_finite()));
        }
        bytes.truncate(end.index(bytes.len()));
        prop_assert!(load(&mut Reader::new(&bytes, "a test")).is_err());
    });
}

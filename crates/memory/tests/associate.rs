//! One separation step told by pattern, against the matrix of weights.

use attractor_memory::{Error, Memory, Separation, Similarity};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn noise(rows: usize, width: usize, name: u64) -> Array2<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(name);
    Array2::from_shape_simple_fn((rows, width), || rng.random_range(-1.0..1.0))
}

fn memory(similarity: Similarity, separation: Separation) -> Memory {
    Memory::builder(12).similarity(similarity).separation(separation).build().expect("a fine recipe")
}

#[test]
fn the_answers_are_the_rows_of_the_weight_matrix() {
    let (patterns, cues) = (noise(9_000, 12, 1), noise(7, 12, 2));
    let separations = [
        Separation::topk_renormalised(10, 3.0).expect("k"),
        Separation::topk_keep(5, 3.0).expect("k"),
        Separation::argmax(),
        Separation::sparsemax(4.0),
        Separation::entmax(1.5, 4.0).expect("alpha"),
    ];
    for similarity in Similarity::ALL {
        for separation in &separations {
            let mut memory = memory(similarity, separation.clone());
            memory.store(patterns.view()).expect("stored");
            for id in (0..9_000).filter(|id| id % 5 == 1) {
                memory.remove(id).expect("is there");
            }
            let ids = memory.ids();
            let weights = memory.weights(cues.view()).expect("weights");
            let energies = memory.energies(cues.view()).expect("energies");
            let found = memory.associate(cues.view()).expect("answers");
            for (c, association) in found.iter().enumerate() {
                let sparse: Vec<(u64, f64)> = ids
                    .iter()
                    .copied()
                    .zip(weights.row(c).iter().copied())
                    .filter(|(_, w)| *w != 0.0)
                    .collect();
                let told: Vec<(u64, f64)> = association.answers.iter().map(|a| (a.id, a.weight)).collect();
                assert_eq!(told.len(), sparse.len(), "{similarity:?}");
                for (a, b) in told.iter().zip(&sparse) {
                    assert!(a.0 == b.0 && (a.1 - b.1).abs() < 1e-6, "{similarity:?} {a:?} {b:?}");
                }
                if similarity == Similarity::SquaredEuclidean {
                    assert!((association.energy - energies[c].memory).abs() < 1e-5);
                }
                let leading = association.leading().expect("someone answers");
                assert!(association.answers.iter().all(|a| a.weight <= leading.weight));
                assert!(association.effective() >= 1.0 - 1e-9);
            }
        }
    }
}

#[test]
fn the_answers_do_not_depend_on_threads_batch_or_what_was_removed() {
    let (patterns, cues) = (noise(5_000, 12, 3), noise(33, 12, 4));
    let separation = Separation::topk_renormalised(20, 5.0).expect("k");
    let mut whole = memory(Similarity::SquaredEuclidean, separation.clone());
    whole.store(patterns.view()).expect("stored");
    let kept: Vec<u64> = (0..5_000).filter(|id| id % 3 != 0).collect();
    for id in (0..5_000).filter(|id| id % 3 == 0) {
        whole.remove(id).expect("is there");
    }
    let mut anew = memory(Similarity::SquaredEuclidean, separation);
    let rows = patterns.select(ndarray::Axis(0), &kept.iter().map(|&id| id as usize).collect::<Vec<_>>());
    anew.store_as(&kept, rows.view()).expect("stored");

    let found = whole.associate(cues.view()).expect("answers");
    assert_eq!(found, anew.associate(cues.view()).expect("answers"));
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        assert_eq!(pool.install(|| whole.associate(cues.view())).expect("answers"), found);
    }
    for (c, cue) in cues.rows().into_iter().enumerate() {
        let alone = whole.associate(cue.insert_axis(ndarray::Axis(0))).expect("answers");
        assert_eq!(alone[0], found[c]);
    }
}

#[test]
fn among_some_is_a_memory_of_those_alone() {
    let (patterns, cues) = (noise(5_000, 12, 6), noise(9, 12, 7));
    let separations = [
        Separation::topk_renormalised(10, 3.0).expect("k"),
        Separation::argmax(),
        Separation::sparsemax(4.0),
        Separation::entmax(1.5, 4.0).expect("alpha"),
    ];
    for separation in &separations {
        let mut whole = memory(Similarity::SquaredEuclidean, separation.clone());
        whole.store(patterns.view()).expect("stored");
        whole.remove(14).expect("is there");
        let kept: Vec<u64> = (0..5_000).filter(|id| id % 7 == 0 && *id != 14).collect();
        let mut alone = memory(Similarity::SquaredEuclidean, separation.clone());
        let rows: Vec<usize> = kept.iter().map(|&id| id as usize).collect();
        alone.store_as(&kept, patterns.select(ndarray::Axis(0), &rows).view()).expect("stored");
        let mut asked = Vec::new();
        let found = whole.associate_among(cues.view(), |id| {
            asked.push(id);
            id % 7 == 0
        });
        assert_eq!(found.expect("answers"), alone.associate(cues.view()).expect("answers"));
        assert_eq!(asked, whole.ids());
        assert!(matches!(whole.associate_among(cues.view(), |_| false), Err(Error::Empty)));
    }
}

#[test]
fn among_some_the_sum_over_all_is_that_over_those() {
    let (patterns, cues) = (noise(5_000, 12, 8), noise(9, 12, 9));
    let separation = Separation::topk_keep(5, 3.0).expect("k");
    let mut whole = memory(Similarity::SquaredEuclidean, separation.clone());
    whole.store(patterns.view()).expect("stored");
    let mut alone = memory(Similarity::SquaredEuclidean, separation);
    alone.store(patterns.slice(ndarray::s![..700, ..])).expect("stored");
    let found = whole.associate_among(cues.view(), |id| id < 700).expect("answers");
    for (found, alone) in found.iter().zip(alone.associate(cues.view()).expect("answers")) {
        assert!((found.energy - alone.energy).abs() < 1e-6);
        for (a, b) in found.answers.iter().zip(&alone.answers) {
            assert!(a.id == b.id && (a.weight - b.weight).abs() < 1e-6, "{a:?} {b:?}");
        }
    }
}

#[test]
fn what_cannot_be_told_is_refused() {
    let mut dense = memory(Similarity::Dot, Separation::softmax(1.0));
    assert!(matches!(dense.associate(noise(1, 12, 5).view()), Err(Error::Empty)));
    dense.store(noise(3, 12, 6).view()).expect("stored");
    assert!(matches!(dense.associate(noise(1, 12, 5).view()), Err(Error::Unsupported { .. })));
    let mut sparse = memory(Similarity::Dot, Separation::argmax());
    sparse.store_as(&[4, 9], noise(2, 12, 6).view()).expect("stored");
    for ids in [[9, 10], [11, 11], [12, 11], [10, 1 << 62]] {
        assert!(sparse.store_as(&ids, noise(2, 12, 6).view()).is_err(), "{ids:?}");
    }
    assert!(sparse.store_as(&[10], noise(2, 12, 6).view()).is_err());
    assert_eq!(sparse.ids(), [4, 9]);
    assert!(matches!(sparse.associate(noise(1, 11, 5).view()), Err(Error::Width { .. })));
    assert!(sparse.associate(noise(0, 12, 5).view()).expect("no cue, no answer").is_empty());
}

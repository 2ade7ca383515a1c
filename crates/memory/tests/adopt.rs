//! Borrowed blocks against stored rows.

use std::sync::Arc;

use attractor_kernel::{Lane, padded};
use attractor_memory::{BLOCK_ROWS, Memory, Separation, Similarity};
use ndarray::{Array2, s};

const WIDTH: usize = 5;

fn rows(n: usize) -> Array2<f32> {
    Array2::from_shape_fn((n, WIDTH), |(i, j)| ((i * 31 + j * 17) as f32).sin())
}

fn panels(rows: &Array2<f32>) -> Vec<Lane> {
    let wide = padded(WIDTH);
    let mut lanes = vec![Lane::ZERO; rows.nrows() / 16 * wide];
    for ((i, j), &x) in rows.indexed_iter() {
        lanes[i / 16 * wide + j].0[i % 16] = x;
    }
    lanes
}

fn empty(similarity: Similarity) -> Memory {
    Memory::builder(WIDTH).similarity(similarity).separation(Separation::softmax(3.0)).build().expect("built")
}

#[test]
fn a_borrowed_block_gives_the_bits_of_stored_rows() {
    let all = rows(BLOCK_ROWS);
    let ids: Vec<u64> = (0..BLOCK_ROWS as u64).map(|i| 2 * i + 1).collect();
    for similarity in [Similarity::Dot, Similarity::Cosine, Similarity::SquaredEuclidean] {
        for before in [0, 3] {
            let (mut borrowed, mut stored) = (empty(similarity), empty(similarity));
            for memory in [&mut borrowed, &mut stored] {
                memory.store_as(&[0][..before.min(1)], all.slice(s![..before.min(1), ..])).expect("stored");
            }
            let in_place = borrowed.adopt(&ids, Arc::new(panels(&all))).expect("adopted");
            assert_eq!(in_place, before == 0);
            stored.store_as(&ids, all.view()).expect("stored");
            for memory in [&mut borrowed, &mut stored] {
                memory.remove(7).expect("removed");
                memory.replace(9, all.row(100)).expect("replaced");
                memory.store(all.slice(s![..20, ..])).expect("stored");
            }
            assert_eq!(borrowed.ids(), stored.ids());
            assert_eq!(borrowed.vacant(), [7]);
            assert_eq!(borrowed.patterns(), stored.patterns());
            assert_eq!(borrowed.largest_norm(), stored.largest_norm());
            let cues = rows(7);
            assert_eq!(borrowed.recall(cues.view()).expect("a"), stored.recall(cues.view()).expect("b"));
        }
    }
}

#[test]
fn blocks_that_cannot_be_are_refused_and_nothing_is_stored() {
    let all = rows(BLOCK_ROWS);
    let ids: Vec<u64> = (0..BLOCK_ROWS as u64).collect();
    let mut memory = empty(Similarity::Dot);
    assert!(memory.adopt(&ids[1..], Arc::new(panels(&all))).is_err());
    assert!(memory.adopt(&ids, Arc::new(panels(&all)[1..].to_vec())).is_err());
    let mut padding = panels(&all);
    padding[WIDTH].0[3] = 1.0;
    assert!(memory.adopt(&ids, Arc::new(padding)).is_err());
    let mut infinite = panels(&all);
    infinite[8].0[3] = f32::NAN;
    assert!(memory.adopt(&ids, Arc::new(infinite)).is_err());
    let mut falling = ids.clone();
    falling.swap(5, 6);
    assert!(memory.adopt(&falling, Arc::new(panels(&all))).is_err());
    assert!(memory.is_empty() && memory.vacant().is_empty());
    assert!(memory.adopt(&ids, Arc::new(panels(&all))).expect("adopted"));
    assert!(
        memory.replace(5000, all.row(0)).is_err() && memory.replace(5, rows(1).slice(s![0, ..3])).is_err()
    );
}

#[test]
fn bytes_never_grow_by_more_than_was_said() {
    let all = rows(1);
    let mut memory = empty(Similarity::Cosine);
    for _ in 0..2 * BLOCK_ROWS + 3 {
        let most = memory.bytes() + memory.growth();
        memory.store(all.view()).expect("stored");
        assert!(memory.bytes() <= most, "{} {most} at {}", memory.bytes(), memory.len());
    }
}

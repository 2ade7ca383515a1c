//! Any bytes: lists and masks of rows that are there, or an error.
#![no_main]

use attractor_data::uci::{parse_lists, parse_masks};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for split in parse_lists(bytes, 9).into_iter().flatten() {
        assert!(split.train.iter().all(|row| *row < 9 && !split.test.contains(row)));
        assert!(!split.train.is_empty() && split.test.iter().all(|&row| row < 9));
    }
    if let Ok((rows, marked)) = parse_masks(bytes) {
        assert!(marked.iter().flatten().all(|&row| row < rows));
    }
});

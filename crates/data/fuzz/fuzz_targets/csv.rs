//! Any bytes: a table whose parts fit together, or an error.
#![no_main]

use attractor_data::csv::{Label, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for label in [Label::Guess, Label::None, Label::Position(1)] {
        if let Ok(table) = parse(bytes, &label) {
            assert_eq!(table.columns.len(), table.values.ncols());
            assert!(table.values.iter().all(|x| x.is_finite()));
            assert!(table.labels.is_none_or(|labels| labels.len() == table.values.nrows()));
        }
    }
});

//! Any bytes: an array whose set is finite, or an error.
#![no_main]

use attractor_data::npy;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(array) = npy::parse(bytes) {
        let _ = array.to_labels();
        if let Ok(set) = array.into_set("fuzz") {
            assert!(set.patterns().iter().all(|x| x.is_finite()));
        }
    }
});

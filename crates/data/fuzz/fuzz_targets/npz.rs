//! Any bytes: members that parse or give an error.
#![no_main]

use attractor_data::npz;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for member in npz::members(bytes).unwrap_or_default().iter().take(4) {
        let _ = npz::parse(bytes, member);
    }
});

//! Any bytes: a memory whose parts fit together, or an error.
#![no_main]

use std::path::Path;

use attractor_memory::file::Stored;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((stored, _)) = Stored::from_bytes(bytes, Path::new("fuzz")) {
        assert_eq!(stored.patterns().dim(), (stored.len(), stored.width()));
        assert!(stored.ids().windows(2).all(|pair| pair[0] < pair[1]));
        if let Stored::Continuous(memory) = stored
            && !memory.is_empty()
        {
            let recall = memory.recall(memory.patterns().view()).expect("stored patterns are cues");
            assert!(recall.states.iter().all(|x| x.is_finite()));
        }
    }
});

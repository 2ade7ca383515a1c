//! Any bytes: bags that all have instances, or an error.
#![no_main]

use attractor_data::bags::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(bags) = parse("fuzz", bytes) {
        assert!(bags.instances().iter().all(|x| x.is_finite()));
        assert!(bags.iter().all(|bag| bag.instances.nrows() > 0 && bag.instances.ncols() == bags.width()));
        assert_eq!(bags.iter().map(|bag| bag.instances.nrows()).sum::<usize>(), bags.instances().nrows());
    }
});

//! Any bytes: folds that partition the bags, or an error.
#![no_main]

use attractor_data::bags::{parse, parse_folds};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(bags) = parse("fuzz", b"bag,label,f\n1,1,2\n2,0,4\n3,0,5\n") else { unreachable!() };
    for folds in parse_folds(bytes, &bags).into_iter().flatten() {
        let mut tested: Vec<usize> = folds.iter().flat_map(|fold| fold.test.clone()).collect();
        tested.sort_unstable();
        assert_eq!(tested, [0, 1, 2]);
        for fold in folds {
            let mut all = [fold.train, fold.test].concat();
            all.sort_unstable();
            assert_eq!(all, [0, 1, 2]);
        }
    }
});

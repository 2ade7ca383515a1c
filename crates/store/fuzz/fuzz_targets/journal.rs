//! Any bytes: events that lie where they say, or an error. And any sequence of good records and garbage: all
//! events up to the first garbage, or an error that names its place.
#![no_main]

use attractor_store::Error;
use attractor_store::ledger::scan;
use libfuzzer_sys::fuzz_target;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    let Some((&generation, mut rest)) = bytes.split_first() else { return };
    let mut journal = b"ATTRJNL\0\x01\0\0\0\0\0\0\0".to_vec();
    journal.extend_from_slice(&u64::from(generation).to_le_bytes());
    journal.extend_from_slice(&xxh3_64(&journal).to_le_bytes());
    let mut events: Vec<Vec<u8>> = Vec::new();
    let mut garbage = None;
    let mut vouched = false;
    while let Some(([kind, size, unsynced], after)) = rest.split_first_chunk::<3>() {
        let (payload, after) = after.split_at(after.len().min(usize::from(*size)));
        rest = after;
        let at = journal.len() as u64;
        if *kind % 4 == 0 {
            if !payload.is_empty() {
                garbage.get_or_insert(at);
            }
            journal.extend_from_slice(payload);
            continue;
        }
        let unsynced = if *unsynced == u8::MAX { u32::MAX } else { u32::from(*unsynced) };
        let (length, payload) = if *kind % 4 == 1 { (u32::MAX, &[][..]) } else { (payload.len() as u32, payload) };
        let mut prefix = u64::from(generation).to_le_bytes().to_vec();
        prefix.extend_from_slice(&at.to_le_bytes());
        prefix.extend_from_slice(&length.to_le_bytes());
        prefix.extend_from_slice(&unsynced.to_le_bytes());
        let hash = xxh3_64(&prefix);
        journal.extend_from_slice(&prefix[16..]);
        journal.extend_from_slice(&(hash as u32).to_le_bytes());
        journal.extend_from_slice(&(xxh3_64_with_seed(payload, hash) as u32).to_le_bytes());
        journal.extend_from_slice(payload);
        match garbage {
            None if length != u32::MAX => events.push(payload.to_vec()),
            None => {}
            Some(place) => vouched |= unsynced != u32::MAX && at.saturating_sub(u64::from(unsynced)) > place,
        }
    }
    match scan(&journal, u64::from(generation), "fuzz") {
        Ok(scan) => {
            assert!(!vouched);
            let found: Vec<&[u8]> = scan.events.iter().map(|range| &journal[range.clone()]).collect();
            assert_eq!(found, events);
            assert_eq!(scan.end, garbage.unwrap_or(journal.len() as u64));
        }
        Err(Error::Damaged { at, .. }) => assert_eq!((vouched, Some(at)), (true, garbage)),
        Err(error) => panic!("{error}"),
    }
});

fn check(bytes: &[u8]) {
    for generation in [0, 1, 3] {
        if let Ok(scan) = scan(bytes, generation, "fuzz") {
            assert_eq!(scan.end + scan.torn, bytes.len() as u64);
            let mut end = 32;
            for event in scan.events {
                assert!(event.start >= end + 16 && event.end as u64 <= scan.end);
                end = event.end;
            }
        }
    }
}

//! Any bytes, as they are and with magic, version and checksum that let them pass: a catalogue in order, or an
//! error. And the same for codecs and events.
#![no_main]

use attractor_store::codec::Codec;
use attractor_store::episodes::{Catalogue, Event};
use libfuzzer_sys::fuzz_target;
use xxhash_rust::xxh3::xxh3_64;

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    let mut sealed = b"ATTRCAT\0\x01\0\0\0".to_vec();
    sealed.extend_from_slice(bytes);
    sealed.extend_from_slice(&xxh3_64(&sealed).to_le_bytes());
    check(&sealed);
    if let Ok(codec) = Codec::from_bytes(bytes, "fuzz") {
        assert_eq!(codec.to_bytes(), bytes);
        let mut row = vec![0.0; 8];
        codec.decode(bytes, &mut row);
    }
    if let Ok(event) = Event::from_bytes(bytes, "fuzz") {
        assert_eq!(event.to_bytes(), bytes);
    }
});

fn check(bytes: &[u8]) {
    if let Ok(catalogue) = Catalogue::parse(bytes, "fuzz") {
        assert!(catalogue.records.is_sorted_by(|a, b| a.0.id < b.0.id));
        assert!(catalogue.records.iter().all(|(episode, ..)| episode.id < catalogue.next_id));
    }
}

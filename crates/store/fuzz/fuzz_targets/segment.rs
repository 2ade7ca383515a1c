//! Any bytes, and bytes whose checksums were made to fit: a segment that can be read, or an error.
#![no_main]

use attractor_store::segment::Segment;
use attractor_store::storage::Bytes;
use libfuzzer_sys::fuzz_target;
use xxhash_rust::xxh3::xxh3_64;

const HEADER: usize = 4096;

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    // A header with the sum that it should have, and with the length that the file has.
    let mut file = b"ATTRSEG\0\x01\0\0\0".to_vec();
    file.extend_from_slice(&bytes[..bytes.len().min(HEADER - 20)]);
    file.resize(HEADER - 8, 0);
    file.extend_from_slice(&[0; 8]);
    file.extend_from_slice(bytes.get(HEADER - 20..).unwrap_or(&[]));
    if file.len() % 2 == 0 {
        // Some segment without rows, so that the footer is reached.
        file.truncate(HEADER);
        file.extend_from_slice(&xxh3_64(&[]).to_le_bytes());
        file[64..72].fill(0);
    }
    let length = file.len() as u64;
    file[72..80].copy_from_slice(&length.to_le_bytes());
    let sum = xxh3_64(&file[..HEADER - 8]);
    file[HEADER - 8..HEADER].copy_from_slice(&sum.to_le_bytes());
    check(&file);
});

fn check(bytes: &[u8]) {
    if let Ok(segment) = Segment::parse(Bytes::copy(bytes), "fuzz") {
        assert!(segment.blocks() == segment.rows().div_ceil(4096));
        assert!(segment.verify().len() <= 2 * segment.blocks());
    }
}

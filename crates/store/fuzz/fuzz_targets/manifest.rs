//! Any bytes, as they are and with the checksum that lets them pass: a manifest that says the same again, or an
//! error.
#![no_main]

use attractor_store::ledger::Manifest;
use libfuzzer_sys::fuzz_target;
use xxhash_rust::xxh3::xxh3_64;

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    // Magic and version are set as well, or hardly any input would reach the entries.
    let mut sealed = b"ATTRMAN\0\x01\0\0\0".to_vec();
    sealed.extend_from_slice(bytes);
    sealed.extend_from_slice(&xxh3_64(&sealed).to_le_bytes());
    check(&sealed);
    // The name of the journal follows from the generation.
    if let Some((generation, rest)) = bytes.split_first_chunk::<8>() {
        let journal = format!("{:016x}.journal", u64::from_le_bytes(*generation));
        let mut sealed = b"ATTRMAN\0\x01\0\0\0\x01\0\0\0".to_vec();
        sealed.extend_from_slice(generation);
        sealed.extend_from_slice(&1_u64.to_le_bytes());
        sealed.push(b'x');
        sealed.extend_from_slice(&(journal.len() as u64).to_le_bytes());
        sealed.extend_from_slice(journal.as_bytes());
        sealed.extend_from_slice(rest);
        sealed.extend_from_slice(&xxh3_64(&sealed).to_le_bytes());
        check(&sealed);
    }
});

fn check(bytes: &[u8]) {
    if let Ok(manifest) = Manifest::parse(bytes, "fuzz") {
        assert_eq!(manifest.encode(), bytes);
        assert!(manifest.files.iter().all(|file| !file.name.contains(['/', '\\'])));
    }
}

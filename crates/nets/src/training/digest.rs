//! Whether two things are the same, in eight bytes.

/// FNV-1a over the words.
///
/// ```
/// use attractor_nets::training::digest;
/// assert_ne!(digest([1, 2]), digest([2, 1]));
/// ```
pub fn digest(words: impl IntoIterator<Item = u64>) -> u64 {
    words.into_iter().flat_map(u64::to_le_bytes).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

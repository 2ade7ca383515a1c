//! One seed, many independent streams of random numbers.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// The stream of random numbers called `name` under `seed`.
///
/// ChaCha with 8 rounds, keyed by the seed; the name picks one of its 2^64 streams through the 64-bit FNV-1a hash.
/// Streams of different names are independent, so that a new draw in one part of a program leaves every other
/// part as it was. The same seed and name give the same numbers on every machine.
///
/// ```
/// use rand::RngExt;
/// let mut noise = attractor_data::stream(7, "noise");
/// let mut split = attractor_data::stream(7, "split");
/// assert_ne!(noise.random::<u64>(), split.random::<u64>());
/// assert_eq!(attractor_data::stream(7, "noise").random::<u64>(), attractor_data::stream(7, "noise").random::<u64>());
/// ```
pub fn stream(seed: u64, name: &str) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(fnv1a(name.as_bytes()));
    rng
}

/// 64-bit FNV-1a. The hash of the standard library may change between releases, this one may not.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    #[test]
    fn hash_has_its_published_test_values() {
        assert_eq!(fnv1a(b""), 0xcbf29ce484222325);
        assert_eq!(fnv1a(b"a"), 0xaf63dc4c8601ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x85944171f73967e8);
    }

    #[test]
    fn streams_differ_by_name_and_by_seed() {
        let first = |seed, name| stream(seed, name).random::<u64>();
        let draws = [first(0, ""), first(0, "a"), first(0, "b"), first(1, "a"), first(1, "b")];
        let distinct: std::collections::BTreeSet<_> = draws.iter().collect();
        assert_eq!(distinct.len(), draws.len());
    }

    #[test]
    fn first_draws_never_change() {
        let mut rng = stream(42, "glyphs");
        let draws: [u64; 3] = std::array::from_fn(|_| rng.random());
        assert_eq!(draws, [5375641837627054764, 9272477249192264753, 3361078751662917989]);
    }
}

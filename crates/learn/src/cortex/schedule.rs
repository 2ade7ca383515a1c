//! When a readout is renewed: by counts alone, never by a clock.

/// Examples that a solve of an order up to this is not worth putting off for.
const NARROW: usize = 128;

/// Examples from one solve to the next, after `count` examples, for a system of order `n`.
///
/// A sixteenth of the count, so that what a solve costs is spread over ever more examples; at least `n / 8` and at
/// least 1, at most 1,024. A young system does not wait for more examples than it has seen.
pub(crate) fn gap(count: u64, n: usize) -> u64 {
    let least = (n as u64 / 8).clamp(1, 256);
    (count / 16).clamp(least, 1_024).min(count.max(1))
}

/// Examples from the start of a solve to the moment at which its result is taken over.
pub(crate) fn delay(gap: u64, n: usize) -> u64 {
    if n <= NARROW { 0 } else { gap / 2 }
}

//! How long single calls take.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Buckets per doubling of the time: a percentile is off by less than 1 part in so many.
const PARTS: u64 = 128;
/// Times below this are told apart to the nanosecond.
const EXACT: u64 = 2 * PARTS;

/// Durations in buckets whose width grows with the time: fixed memory (58 kB), percentiles at most 0.8 % too high,
/// count, mean and maximum exact. Ranges from 1 nanosecond to 584 years.
///
/// ```
/// use std::time::Duration;
/// use attractor_learn::metrics::Latency;
/// let mut latency = Latency::new();
/// (1..=100).for_each(|ms| latency.record(Duration::from_millis(ms)));
/// let percentiles = latency.percentiles();
/// assert!((percentiles.p50_us / 50_000.0 - 1.0).abs() < 0.01);
/// assert_eq!(percentiles.max_us, 100_000.0);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latency {
    buckets: Vec<u64>,
    count: u64,
    nanoseconds: u128,
    max: u64,
}

/// What is said of a distribution of times, in microseconds; all 0 where nothing was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Percentiles {
    /// Calls.
    pub count: u64,
    /// Mean.
    pub mean_us: f64,
    /// Half of the calls took at most this long.
    pub p50_us: f64,
    /// 90 % of them.
    pub p90_us: f64,
    /// 99 % of them.
    pub p99_us: f64,
    /// 99.9 % of them.
    pub p999_us: f64,
    /// The longest.
    pub max_us: f64,
}

impl Default for Latency {
    fn default() -> Self {
        Self::new()
    }
}

impl Latency {
    /// Nothing recorded.
    pub fn new() -> Self {
        Self { buckets: vec![0; bucket(u64::MAX) + 1], count: 0, nanoseconds: 0, max: 0 }
    }

    /// Takes up a call.
    pub fn record(&mut self, took: Duration) {
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.buckets[bucket(nanoseconds)] += 1;
        self.count += 1;
        self.nanoseconds += u128::from(nanoseconds);
        self.max = self.max.max(nanoseconds);
    }

    /// Takes up all calls of another, such as that of another thread. The order of merging does not matter.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine += theirs;
        }
        self.count += other.count;
        self.nanoseconds += other.nanoseconds;
        self.max = self.max.max(other.max);
    }

    /// The time that the share `share` of the calls did not exceed, at most 0.8 % too high; zero where nothing was
    /// recorded. A share outside 0 to 1 counts as the nearer end, a NaN as 0.
    pub fn quantile(&self, share: f64) -> Duration {
        let rank = ((share.clamp(0.0, 1.0) * self.count as f64).ceil() as u64).clamp(1, self.count.max(1));
        let mut below = 0;
        for (place, count) in self.buckets.iter().enumerate() {
            below += count;
            if below >= rank {
                return Duration::from_nanos(highest(place).min(self.max));
            }
        }
        Duration::ZERO
    }

    /// The usual percentiles.
    pub fn percentiles(&self) -> Percentiles {
        if self.count == 0 {
            return Percentiles::default();
        }
        let us = |share: f64| self.quantile(share).as_nanos() as f64 / 1e3;
        Percentiles {
            count: self.count,
            mean_us: self.nanoseconds as f64 / self.count as f64 / 1e3,
            p50_us: us(0.5),
            p90_us: us(0.9),
            p99_us: us(0.99),
            p999_us: us(0.999),
            max_us: self.max as f64 / 1e3,
        }
    }
}

/// The bucket of a time: itself at first, then [`PARTS`] buckets per doubling.
fn bucket(nanoseconds: u64) -> usize {
    if nanoseconds < EXACT {
        return nanoseconds as usize;
    }
    let shift = u64::from(nanoseconds.ilog2() - EXACT.ilog2()) + 1;
    (shift * PARTS + (nanoseconds >> shift)) as usize
}

/// The longest time of a bucket.
fn highest(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < EXACT {
        return bucket;
    }
    let shift = bucket / PARTS - 1;
    let lowest = (bucket - shift * PARTS) << shift;
    lowest + ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn quantiles_are_near_those_of_the_sorted_times(
            times in prop::collection::vec((0u32..50, 0u64..1_000_000), 1..200), share in 0.0f64..=1.0,
        ) {
            let mut times: Vec<u64> = times.into_iter().map(|(power, x)| x << power.min(40)).collect();
            let (mut latency, mut other) = (Latency::new(), Latency::new());
            for (place, &time) in times.iter().enumerate() {
                let to = if place % 3 == 0 { &mut other } else { &mut latency };
                to.record(Duration::from_nanos(time));
            }
            latency.merge(&other);
            times.sort_unstable();
            let rank = ((share * times.len() as f64).ceil() as usize).clamp(1, times.len());
            let (exact, found) = (times[rank - 1], latency.quantile(share).as_nanos() as u64);
            prop_assert!(exact <= found && found - exact <= exact / PARTS, "{exact} {found}");
            let percentiles = latency.percentiles();
            prop_assert_eq!(percentiles.max_us, times[times.len() - 1] as f64 / 1e3);
            prop_assert_eq!(percentiles.count, times.len() as u64);
        }

        #[test]
        fn a_time_lies_in_its_bucket(time: u64) {
            let place = bucket(time);
            prop_assert!(time <= highest(place) && (place == 0 || time > highest(place - 1)));
        }
    }

    #[test]
    fn ends() {
        assert_eq!(Latency::new().percentiles(), Percentiles::default());
        assert_eq!(Latency::new().quantile(0.5), Duration::ZERO);
        let mut latency = Latency::new();
        latency.record(Duration::MAX);
        assert_eq!(latency.quantile(f64::NAN), Duration::from_nanos(u64::MAX));
        assert_eq!(latency.buckets.len() * 8, 59_392);
    }
}

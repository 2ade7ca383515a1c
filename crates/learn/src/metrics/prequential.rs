//! A stream, predicted before it is learned.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::Error;

/// Accuracy over a stream in which every sample is predicted before it is learned, with the two baselines that have
/// to be beaten beside it.
///
/// The baselines know what the learner knows: with a label delay of n, at sample t the labels of the samples up to
/// t - 1 - n. *Persistence* answers with the latest of them, *majority* with the most frequent (of equals the lowest
/// class). Before any label is known both are wrong, as is a prediction of `None`.
///
/// Takes O(classes + window + delay) memory.
///
/// ```
/// use attractor_learn::metrics::Prequential;
/// let mut score = Prequential::new(2, 0)?;
/// for (truth, predicted) in [(1, None), (1, Some(1)), (0, Some(1)), (0, Some(0))] {
///     score.record(truth, predicted);
/// }
/// let score = score.score();
/// assert_eq!((score.learner.overall, score.learner.window), (0.5, 0.5));
/// assert_eq!(score.persistence.overall, 0.5);
/// assert_eq!(score.majority.overall, 0.25);
/// # Ok::<(), attractor_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Prequential {
    window: usize,
    delay: usize,
    samples: u64,
    right: [u64; 3],
    /// Hits of the learner and the two baselines, the last `window` samples.
    recent: VecDeque<[bool; 3]>,
    recent_right: [u64; 3],
    /// Labels that are not known yet.
    pending: VecDeque<u32>,
    latest: Option<u32>,
    counts: BTreeMap<u32, u64>,
    most: Option<u32>,
}

/// The standing of one predictor.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// Accuracy over all samples, from 0 to 1; 0 before the first.
    pub overall: f64,
    /// Accuracy over the last samples.
    pub window: f64,
}

/// The standings of learner and baselines.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// Samples so far.
    pub samples: u64,
    /// Samples in the window, at most.
    pub window: usize,
    /// Samples that a label is late.
    pub delay: usize,
    /// The learner.
    pub learner: Standing,
    /// The latest known label.
    pub persistence: Standing,
    /// The most frequent known label.
    pub majority: Standing,
}

impl Prequential {
    /// A window of so many samples, at least 1, and labels that come `delay` samples late.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a window of 0.
    pub fn new(window: usize, delay: usize) -> Result<Self, Error> {
        if window == 0 {
            return Err(Error::Parameter { name: "window", value: 0.0, limit: "at least 1 sample" });
        }
        Ok(Self {
            window,
            delay,
            samples: 0,
            right: [0; 3],
            recent: VecDeque::new(),
            recent_right: [0; 3],
            pending: VecDeque::new(),
            latest: None,
            counts: BTreeMap::new(),
            most: None,
        })
    }

    /// Takes up the next sample: its class, and what was predicted before it was learned.
    pub fn record(&mut self, truth: u32, predicted: Option<u32>) {
        let hits = [predicted, self.latest, self.most].map(|answer| answer == Some(truth));
        self.samples += 1;
        self.recent.push_back(hits);
        let gone = if self.recent.len() > self.window { self.recent.pop_front() } else { None };
        for (place, hit) in hits.into_iter().enumerate() {
            self.right[place] += u64::from(hit);
            self.recent_right[place] += u64::from(hit);
            self.recent_right[place] -= u64::from(gone.is_some_and(|gone| gone[place]));
        }
        self.pending.push_back(truth);
        if self.pending.len() > self.delay
            && let Some(known) = self.pending.pop_front()
        {
            self.reveal(known);
        }
    }

    fn reveal(&mut self, label: u32) {
        self.latest = Some(label);
        let count = self.counts.entry(label).or_insert(0);
        *count += 1;
        let count = *count;
        let leads = match self.most {
            None => true,
            Some(most) => {
                let best = self.counts.get(&most).copied().unwrap_or(0);
                count > best || (count == best && label < most)
            }
        };
        if leads {
            self.most = Some(label);
        }
    }

    /// The standings so far.
    pub fn score(&self) -> Score {
        let share = |right: u64, of: u64| if of == 0 { 0.0 } else { right as f64 / of as f64 };
        let [learner, persistence, majority] = std::array::from_fn(|place| Standing {
            overall: share(self.right[place], self.samples),
            window: share(self.recent_right[place], self.recent.len() as u64),
        });
        let (samples, window, delay) = (self.samples, self.window, self.delay);
        Score { samples, window, delay, learner, persistence, majority }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn baselines_know_what_is_known(
            stream in prop::collection::vec((0u32..4, prop::option::of(0u32..4)), 0..80),
            window in 1usize..20, delay in 0usize..10,
        ) {
            let mut score = Prequential::new(window, delay).unwrap();
            let mut hits: Vec<[bool; 3]> = Vec::new();
            for (t, &(truth, predicted)) in stream.iter().enumerate() {
                let known: Vec<u32> = stream[..t.saturating_sub(delay)].iter().map(|(label, _)| *label).collect();
                let count = |class: u32| known.iter().filter(|&&label| label == class).count();
                let most = (0..4u32).filter(|&class| count(class) > 0)
                    .max_by_key(|&class| (count(class), std::cmp::Reverse(class)));
                hits.push([predicted, known.last().copied(), most].map(|answer| answer == Some(truth)));
                score.record(truth, predicted);
            }
            let share = |hits: &[[bool; 3]], place: usize| match hits.len() {
                0 => 0.0,
                n => hits.iter().filter(|hit| hit[place]).count() as f64 / n as f64,
            };
            let last = &hits[hits.len().saturating_sub(window)..];
            let found = score.score();
            for (place, standing) in [found.learner, found.persistence, found.majority].into_iter().enumerate() {
                prop_assert_eq!(standing, Standing { overall: share(&hits, place), window: share(last, place) });
            }
        }
    }

    #[test]
    fn a_window_of_nothing_is_refused_and_no_sample_is_no_nan() {
        assert!(Prequential::new(0, 0).is_err());
        assert_eq!(Prequential::new(1, 0).unwrap().score().learner, Standing::default());
    }

    #[test]
    fn persistence_on_the_electricity_stream_is_the_published_one() {
        let path = attractor_data::catalogue::root().join("streams/elec.csv.gz");
        if !path.is_file() {
            eprintln!("skipped: no streams/elec.csv.gz below ATTRACTOR_DATA");
            return;
        }
        let label = attractor_data::csv::Label::Name("target".into());
        let set = attractor_data::csv::read_set(&path, &label).unwrap();
        let standing = |delay| {
            let mut score = Prequential::new(1000, delay).unwrap();
            set.labels().unwrap().iter().for_each(|&label| score.record(label, None));
            score.score()
        };
        let now = standing(0);
        // About 0.85 in the literature; the file is in time order, or this would be near 0.5.
        assert!((now.persistence.overall - 0.853).abs() < 0.002, "{now:?}");
        assert!((now.majority.overall - 0.575).abs() < 0.01, "{now:?}");
        assert!(standing(100).persistence.overall < 0.75, "a late label is worth less");
    }
}

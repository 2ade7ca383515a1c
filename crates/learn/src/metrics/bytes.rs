//! What a learner weighs, and how fast it is.

use serde::{Deserialize, Serialize};

use crate::Error;

/// Bytes of one part of a learner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// The part, such as "model", "optimiser", "average copies", "importances", "buffer" or "code tables".
    pub name: String,
    /// Its bytes.
    pub bytes: u64,
}

/// Bytes of a learner by its parts. To be comparable it has to name *all* of them: methods differ in where they
/// keep what they know.
///
/// ```
/// use attractor_learn::metrics::Bytes;
/// let bytes = Bytes::default().with("model", 4000).with("buffer", 1000).with("model", 400);
/// assert_eq!((bytes.total(), bytes.components().len()), (5400, 2));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes {
    components: Vec<Component>,
}

impl Bytes {
    /// With so many bytes more in the part `name`.
    #[must_use]
    pub fn with(mut self, name: &str, bytes: usize) -> Self {
        let bytes = bytes as u64;
        match self.components.iter_mut().find(|component| component.name == name) {
            Some(component) => component.bytes = component.bytes.saturating_add(bytes),
            None => self.components.push(Component { name: name.to_owned(), bytes }),
        }
        self
    }

    /// The parts, in the order in which they were named.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.components.iter().fold(0, |sum, component| sum.saturating_add(component.bytes))
    }
}

/// So many samples in so many seconds.
///
/// ```
/// use attractor_learn::metrics::Throughput;
/// assert_eq!(Throughput::new(500, 2.0)?.per_second(), Some(250.0));
/// assert_eq!(Throughput::new(500, 0.0)?.per_second(), None);
/// # Ok::<(), attractor_learn::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Throughput {
    /// Samples.
    pub samples: u64,
    /// Wall time.
    pub seconds: f64,
}

impl Throughput {
    /// `seconds` finite and at least 0.
    ///
    /// # Errors
    /// [`Error::Parameter`] for other seconds.
    pub fn new(samples: u64, seconds: f64) -> Result<Self, Error> {
        if !(seconds.is_finite() && seconds >= 0.0) {
            let limit = "finite and at least 0";
            return Err(Error::Parameter { name: "seconds", value: seconds, limit });
        }
        Ok(Self { samples, seconds })
    }

    /// Samples per second; `None` where no time passed.
    pub fn per_second(self) -> Option<f64> {
        (self.seconds > 0.0).then(|| self.samples as f64 / self.seconds)
    }
}

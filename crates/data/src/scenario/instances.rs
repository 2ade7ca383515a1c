//! Scenarios in which every experience has all classes.

use rand::seq::SliceRandom;

use super::{Experience, Scenario, Target, Transform};
use crate::{Error, Set, stream};

/// Whether the first experience of a permuted scenario is permuted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// The first experience shows the patterns as they are, as most publications do.
    AsItIs,
    /// The first experience is permuted like all others.
    Permuted,
}

impl Scenario {
    /// New instances: a random partition of the set into `parts` whose sizes differ by at most one,
    /// drawn from the stream `scenario/parts`.
    ///
    /// ```
    /// use attractor_data::scenario::Scenario;
    /// let glyphs = attractor_data::glyphs();
    /// let scenario = Scenario::new_instances(&glyphs, 4, 1)?;
    /// assert_eq!(scenario.len(), glyphs.len());
    /// # Ok::<(), attractor_data::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] for no part, or more parts than samples.
    pub fn new_instances(set: &Set, parts: usize, seed: u64) -> Result<Self, Error> {
        if parts == 0 || parts > set.len() {
            let limit = format!("from 1 to {}, the number of samples", set.len());
            return Err(Error::Parameter { name: "parts", value: parts as f64, limit });
        }
        let mut order: Vec<usize> = (0..set.len()).collect();
        order.shuffle(&mut stream(seed, "scenario/parts"));
        let mut experiences = Vec::with_capacity(parts);
        for part in 0..parts {
            let (from, to) = (part * set.len() / parts, (part + 1) * set.len() / parts);
            experiences.push(whole(set, format!("part {}", part + 1), order[from..to].to_vec()));
        }
        Ok(Self::over(set, experiences, Target::Class))
    }

    /// Permuted: the whole set `experiences` times, each time under another random permutation of the components,
    /// drawn for experience E from the stream `scenario/permutation/E`. The samples keep the order of the set.
    ///
    /// # Errors
    /// [`Error::Parameter`] for no experience.
    pub fn permuted(set: &Set, experiences: usize, first: First, seed: u64) -> Result<Self, Error> {
        some(experiences)?;
        let d = set.shape().components();
        let permutation = |place: usize| match (place, first) {
            (0, First::AsItIs) => Transform::Identity,
            _ => Transform::permutation(d, seed, &format!("scenario/permutation/{place}")),
        };
        let shown = |place| Experience {
            transform: permutation(place),
            ..whole(set, format!("permutation {place}"), (0..set.len()).collect())
        };
        Ok(Self::over(set, (0..experiences).map(shown).collect(), Target::Class))
    }

    /// Rotated: the whole set once per angle, in degrees counter-clockwise. Outside the picture stands the lowest
    /// value of the set's range. The samples keep the order of the set.
    ///
    /// # Errors
    /// [`Error::Parameter`] for no angle or one that is not finite, [`Error::Count`] when the patterns are no pictures.
    pub fn rotated(set: &Set, angles: &[f64]) -> Result<Self, Error> {
        some(angles.len())?;
        let shown = |&degrees: &f64| Experience {
            transform: Transform::Rotation { degrees, fill: set.range().0 },
            ..whole(set, format!("{degrees} degrees"), (0..set.len()).collect())
        };
        Self::new(set, angles.iter().map(shown).collect(), Target::Class)
    }

    /// One experience, in the order of the set: time where the source has it.
    pub fn in_order(set: &Set) -> Self {
        Self::over(set, vec![whole(set, "in order".to_owned(), (0..set.len()).collect())], Target::Class)
    }

    /// One experience in random order: the bound that a stream without change gives.
    pub fn iid(set: &Set, seed: u64) -> Self {
        let mut scenario = Self::in_order(set).shuffled(seed);
        "iid".clone_into(&mut scenario.experiences[0].name);
        scenario
    }

    /// One experience in the order of `indices`, such as those of [`read_order`](super::read_order).
    ///
    /// # Errors
    /// [`Error::Parameter`] for an index beyond the set.
    pub fn given(set: &Set, indices: Vec<usize>) -> Result<Self, Error> {
        Self::new(set, vec![whole(set, "given order".to_owned(), indices)], Target::Class)
    }
}

fn some(experiences: usize) -> Result<(), Error> {
    if experiences == 0 {
        let limit = "at least 1".to_owned();
        return Err(Error::Parameter { name: "experiences", value: 0.0, limit });
    }
    Ok(())
}

/// An experience about all classes of the set.
fn whole(set: &Set, name: String, indices: Vec<usize>) -> Experience {
    let classes: std::collections::BTreeSet<u32> = set.labels().unwrap_or_default().iter().copied().collect();
    let classes = classes.into_iter().collect();
    Experience { name, indices, transform: Transform::Identity, classes, task: None }
}

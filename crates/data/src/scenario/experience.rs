//! What a scenario is made of.

use rand::seq::SliceRandom;

use super::{Moments, Timeline, Transform};
use crate::{Error, Set, Shape, stream};

/// What is learned in one go: some samples of a set, seen through one transform.
#[derive(Debug, Clone, PartialEq)]
pub struct Experience {
    /// What it is called in reports.
    pub name: String,
    /// Rows of the set, in the order in which they are shown; one may come more than once.
    pub indices: Vec<usize>,
    /// How the patterns are shown.
    pub transform: Transform,
    /// The classes that it is about, in the class order of the scenario; empty where the set has no labels.
    pub classes: Vec<u32>,
    /// The task, where the learner is told.
    pub task: Option<u32>,
}

/// What has to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Target {
    /// The class number of the set.
    #[default]
    Class,
    /// The class number modulo this: the same labels in every experience whose classes are consecutive.
    Modulo(u32),
    /// The place of the class within its experience, from 0: the label of a head per task, and the shared label of
    /// domain-incremental learning under any class order.
    Place,
}

/// A stream of experiences over one set, or over any set of the same shape ([`Scenario::matching`]).
///
/// Holds 8 bytes per index, and a permutation or an angle per experience: never patterns.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    pub(super) experiences: Vec<Experience>,
    pub(super) target: Target,
    /// Which experience gives the next sample; empty where they come one after the other.
    pub(super) schedule: Vec<u32>,
    pub(super) size: usize,
    pub(super) shape: Shape,
}

impl Scenario {
    /// A scenario over `set` whose indices are known to be rows of it.
    pub(super) fn over(set: &Set, experiences: Vec<Experience>, target: Target) -> Self {
        Self { experiences, target, schedule: Vec::new(), size: set.len(), shape: set.shape() }
    }

    /// A scenario of experiences made by hand.
    ///
    /// ```
    /// use attractor_data::scenario::{Experience, Scenario, Target, Transform};
    /// let glyphs = attractor_data::glyphs();
    /// let part = |name: &str, indices| Experience {
    ///     name: name.into(), indices, transform: Transform::Identity, classes: vec![0, 1], task: None,
    /// };
    /// let scenario = Scenario::new(&glyphs, vec![part("one", vec![1, 0]), part("again", vec![0])], Target::Class)?;
    /// assert_eq!(scenario.len(), 3);
    /// # Ok::<(), attractor_data::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] for an index beyond the set or a modulus of 0, [`Error::Count`] for a transform that does not fit its shape
    /// or a sample whose class is not among the classes of its experience although [`Target::Place`] asks for its
    /// place there.
    pub fn new(set: &Set, experiences: Vec<Experience>, target: Target) -> Result<Self, Error> {
        if target == Target::Modulo(0) {
            return Err(Error::Parameter { name: "modulus", value: 0.0, limit: "at least 1".to_owned() });
        }
        for experience in &experiences {
            experience.transform.check(set.shape())?;
            if let Some(&index) = experience.indices.iter().find(|&&index| index >= set.len()) {
                let limit = format!("below {}, the number of samples of set {}", set.len(), set.name());
                return Err(Error::Parameter { name: "index", value: index as f64, limit });
            }
            if target == Target::Place {
                let labels = super::labels(set)?;
                let known = |index: &&usize| !experience.classes.contains(&labels[**index]);
                if let Some(&index) = experience.indices.iter().find(known) {
                    return Err(Error::Count {
                        place: format!(
                            "class {} among those of experience {}",
                            labels[index], experience.name
                        ),
                        expected: 1,
                        found: 0,
                    });
                }
            }
        }
        Ok(Self::over(set, experiences, target))
    }

    /// The experiences, in their order.
    pub fn experiences(&self) -> &[Experience] {
        &self.experiences
    }

    /// What has to be answered.
    pub fn target(&self) -> Target {
        self.target
    }

    /// The classes in the order in which the experiences bring them, each once.
    pub fn class_order(&self) -> Vec<u32> {
        let mut order = Vec::new();
        for &class in self.experiences.iter().flat_map(|experience| &experience.classes) {
            if !order.contains(&class) {
                order.push(class);
            }
        }
        order
    }

    /// Samples of the whole stream.
    pub fn len(&self) -> usize {
        self.experiences.iter().map(|experience| experience.indices.len()).sum()
    }

    /// Whether the stream has no sample.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same scenario with another answer: [`Target::Place`] turns the masked single head of
    /// [`Scenario::task_incremental`] into one head per task, which is another protocol: say which it was.
    ///
    /// # Errors
    /// As [`Scenario::new`].
    pub fn with_target(self, set: &Set, target: Target) -> Result<Self, Error> {
        self.fits(set)?;
        let schedule = self.schedule;
        Ok(Self { schedule, ..Self::new(set, self.experiences, target)? })
    }

    /// The samples of each experience in random order, drawn from the stream `scenario/shuffle/E` of experience E.
    #[must_use]
    pub fn shuffled(mut self, seed: u64) -> Self {
        for (place, experience) in self.experiences.iter_mut().enumerate() {
            experience.indices.shuffle(&mut stream(seed, &format!("scenario/shuffle/{place}")));
        }
        self
    }

    /// The same experiences over another set, such as the test set: for each, all samples of `set` whose class is
    /// among its classes, in the order of the set, through its transform. Where the experiences have no classes, each
    /// has the whole set. Boundaries are sharp again.
    ///
    /// ```
    /// use attractor_data::scenario::{ClassOrder, Scenario};
    /// use attractor_data::{Set, Shape};
    /// let set = |labels: Vec<u32>| {
    ///     Set::new("s", ndarray::Array2::zeros((labels.len(), 2)), Shape::Vector(2))?.with_labels(labels)
    /// };
    /// let train = Scenario::class_incremental(&set(vec![0, 1, 2, 3])?, &ClassOrder::Seeded(7), 2)?;
    /// let test = train.matching(&set(vec![3, 2, 1, 0, 9])?)?;
    /// assert_eq!(test.class_order(), train.class_order());
    /// assert_eq!(test.len(), 4);
    /// # Ok::<(), attractor_data::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Count`] when the shapes differ, labels are missing, or an experience is left without a sample.
    pub fn matching(&self, set: &Set) -> Result<Self, Error> {
        self.same_shape(set)?;
        let mut experiences = Vec::with_capacity(self.experiences.len());
        for experience in &self.experiences {
            let indices: Vec<usize> = if experience.classes.is_empty() {
                (0..set.len()).collect()
            } else {
                let labels = super::labels(set)?;
                (0..set.len()).filter(|&index| experience.classes.contains(&labels[index])).collect()
            };
            if indices.is_empty() {
                return Err(Error::Count {
                    place: format!("samples of set {} for experience {}", set.name(), experience.name),
                    expected: 1,
                    found: 0,
                });
            }
            experiences.push(Experience { indices, ..experience.clone() });
        }
        Ok(Self::over(set, experiences, self.target))
    }

    /// The stream over the set that the scenario was made for.
    ///
    /// # Errors
    /// [`Error::Count`] when `set` has another size or shape.
    pub fn samples<'a>(&'a self, set: &'a Set) -> Result<Moments<'a>, Error> {
        self.fits(set)?;
        Ok(Moments::new(self, set))
    }

    /// Which classes come in which experience, and how often.
    ///
    /// # Errors
    /// [`Error::Count`] when `set` is not the one that the scenario was made for, or has no labels.
    pub fn timeline(&self, set: &Set) -> Result<Timeline, Error> {
        self.fits(set)?;
        Ok(Timeline::new(self, super::labels(set)?))
    }

    fn fits(&self, set: &Set) -> Result<(), Error> {
        if set.len() != self.size {
            let place = format!("samples of set {}, over which the scenario was not made", set.name());
            return Err(Error::Count { place, expected: self.size, found: set.len() });
        }
        self.same_shape(set)
    }

    fn same_shape(&self, set: &Set) -> Result<(), Error> {
        if set.shape() == self.shape {
            return Ok(());
        }
        Err(Error::Count {
            place: format!("components of set {} (shape {}, not {})", set.name(), set.shape(), self.shape),
            expected: self.shape.components(),
            found: set.shape().components(),
        })
    }
}

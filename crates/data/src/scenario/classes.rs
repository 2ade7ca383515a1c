//! Scenarios whose experiences are groups of classes.

use std::collections::BTreeSet;

use rand::seq::SliceRandom;

use super::{Experience, Scenario, Target, Transform, labels};
use crate::{Error, Set, stream};

/// The order in which classes appear. It shifts results: report it, and average over several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClassOrder {
    /// By number.
    Ascending,
    /// Drawn from the stream `scenario/classes` under this seed.
    Seeded(u64),
    /// These; classes that are not named are left out.
    Given(Vec<u32>),
}

impl ClassOrder {
    /// The classes of `set` in this order.
    ///
    /// ```
    /// use attractor_data::scenario::ClassOrder;
    /// let glyphs = attractor_data::glyphs();
    /// assert_eq!(&ClassOrder::Ascending.of(&glyphs)?[..3], [0, 1, 2]);
    /// assert_ne!(ClassOrder::Seeded(1).of(&glyphs)?, ClassOrder::Seeded(2).of(&glyphs)?);
    /// # Ok::<(), attractor_data::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Count`] when the set has no labels or a class is given twice, [`Error::Choice`] for a given class that
    /// the set does not have.
    pub fn of(&self, set: &Set) -> Result<Vec<u32>, Error> {
        let present: BTreeSet<u32> = labels(set)?.iter().copied().collect();
        let given = match self {
            Self::Given(given) => given,
            Self::Ascending | Self::Seeded(_) => {
                let mut order: Vec<u32> = present.into_iter().collect();
                if let Self::Seeded(seed) = self {
                    order.shuffle(&mut stream(*seed, "scenario/classes"));
                }
                return Ok(order);
            }
        };
        let mut once = BTreeSet::new();
        for class in given {
            if !present.contains(class) {
                let names: Vec<String> = present.iter().map(u32::to_string).collect();
                return Err(Error::Choice {
                    what: "class",
                    found: class.to_string(),
                    choices: crate::error::few(&names),
                });
            }
            if !once.insert(class) {
                let place = format!("class {class} in the class order");
                return Err(Error::Count { place, expected: 1, found: 2 });
            }
        }
        Ok(given.clone())
    }
}

impl Scenario {
    /// Class-incremental: `per` new classes in each experience, the last one with what is left over.
    /// Within an experience the samples keep the order of the set; [`Scenario::shuffled`] mixes them.
    ///
    /// # Errors
    /// As [`ClassOrder::of`]; [`Error::Parameter`] when `per` is 0.
    pub fn class_incremental(set: &Set, order: &ClassOrder, per: usize) -> Result<Self, Error> {
        Ok(Self::over(set, groups(set, order, per)?, Target::Class))
    }

    /// Task-incremental: as class-incremental, with the number of the experience as task, so that only the classes of
    /// the task can be the answer. Labels stay class numbers (one masked head);
    /// [`Scenario::with_target`] and [`Target::Place`] make a head per task.
    ///
    /// # Errors
    /// As [`Scenario::class_incremental`].
    pub fn task_incremental(set: &Set, order: &ClassOrder, per: usize) -> Result<Self, Error> {
        let mut experiences = groups(set, order, per)?;
        for (task, experience) in experiences.iter_mut().enumerate() {
            experience.task = Some(task as u32);
        }
        Ok(Self::over(set, experiences, Target::Class))
    }

    /// Domain-incremental: experiences of `per` classes whose labels are the same in all of them.
    ///
    /// [`Target::Modulo`]`(2)` with ascending pairs of digits asks "odd or even?"; under another class order
    /// a pair may have two odd digits, and only [`Target::Place`] gives every experience all labels.
    ///
    /// ```
    /// use attractor_data::scenario::{ClassOrder, Scenario, Target};
    /// use attractor_data::{Set, Shape};
    /// let set = Set::new("four", ndarray::Array2::zeros((4, 1)), Shape::Vector(1))?.with_labels(vec![0, 1, 2, 3])?;
    /// let labels = |order, target| -> Result<Vec<u32>, attractor_data::Error> {
    ///     let scenario = Scenario::domain_incremental(&set, &order, 2, target)?;
    ///     Ok(scenario.samples(&set)?.filter_map(|moment| moment.label).collect())
    /// };
    /// assert_eq!(labels(ClassOrder::Ascending, Target::Modulo(2))?, [0, 1, 0, 1]);
    /// assert_eq!(labels(ClassOrder::Given(vec![3, 1, 0, 2]), Target::Modulo(2))?, [1, 1, 0, 0]);
    /// assert_eq!(labels(ClassOrder::Given(vec![3, 1, 0, 2]), Target::Place)?, [1, 0, 0, 1]);
    /// # Ok::<(), attractor_data::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Scenario::class_incremental`]; [`Error::Parameter`] for a modulus of 0.
    pub fn domain_incremental(
        set: &Set,
        order: &ClassOrder,
        per: usize,
        target: Target,
    ) -> Result<Self, Error> {
        Self::new(set, groups(set, order, per)?, target)
    }
}

/// One experience per group of `per` classes.
fn groups(set: &Set, order: &ClassOrder, per: usize) -> Result<Vec<Experience>, Error> {
    if per == 0 {
        let limit = "at least 1".to_owned();
        return Err(Error::Parameter { name: "classes per experience", value: 0.0, limit });
    }
    let order = order.of(set)?;
    let labels = labels(set)?;
    let group = |classes: &[u32]| {
        let names: Vec<_> = classes.iter().map(|&class| set.class_name(class)).collect();
        Experience {
            name: names.join("+"),
            indices: (0..set.len()).filter(|&index| classes.contains(&labels[index])).collect(),
            transform: Transform::Identity,
            classes: classes.to_vec(),
            task: None,
        }
    };
    Ok(order.chunks(per).map(group).collect())
}

//! Multiple-instance sets: bags of instances, of which only the bag has a label.
//!
//! A bag is positive when something in it is; which instance that is, nobody says (Dietterich, Lathrop and
//! Lozano-Perez 1997). [`read`] takes the table of a set, [`read_folds`] the published folds beside it, and
//! [`benchmark`] both.

mod benchmark;
mod folds;
mod table;

use std::ops::Range;

use ndarray::{Array2, ArrayView2, Axis, s};

use crate::Error;

pub use benchmark::{Benchmark, benchmark, list};
pub use folds::{parse_folds, read_folds};
pub use table::{parse, read};

/// One bag of a set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bag<'a> {
    /// Place in the set, from 0.
    pub index: usize,
    /// What the source calls it.
    pub name: &'a str,
    /// The instances, `(n, width)` with n of at least 1.
    pub instances: ArrayView2<'a, f32>,
    /// Whether its label is the positive one.
    pub positive: bool,
}

/// Bags of instances of one width, each with a name and a binary label. No bag is empty, every component is finite.
///
/// The instances of a bag lie together, in one array of all: 4 bytes per component.
///
/// ```
/// use attractor_data::Bags;
/// use ndarray::array;
///
/// let names = vec!["left".to_owned(), "right".to_owned()];
/// let bags = Bags::new("hands", array![[0.0], [1.0], [2.0]], &[1, 2], vec![true, false], names)?;
/// let sizes: Vec<_> = bags.iter().map(|bag| (bag.name, bag.instances.nrows(), bag.positive)).collect();
/// assert_eq!(sizes, [("left", 1, true), ("right", 2, false)]);
/// # Ok::<(), attractor_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Bags {
    name: String,
    instances: Array2<f32>,
    /// Where each bag ends.
    ends: Vec<usize>,
    labels: Vec<bool>,
    names: Vec<String>,
}

impl Bags {
    /// A set of bags whose sizes are `lengths`, cut from `instances` `(n, width)` in their order.
    ///
    /// # Errors
    /// [`Error::Count`] for a width of 0 or when the lengths do not add up to n or labels or names are not one per
    /// bag, [`Error::Bag`] for an empty bag, [`Error::NotFinite`] for a NaN or an infinity.
    pub fn new(
        name: impl Into<String>,
        instances: Array2<f32>,
        lengths: &[usize],
        labels: Vec<bool>,
        names: Vec<String>,
    ) -> Result<Self, Error> {
        let name = name.into();
        let count = |what: &str, expected, found| Error::Count {
            place: format!("{what} of set {name}"),
            expected,
            found,
        };
        if instances.ncols() == 0 {
            return Err(count("components", 1, 0));
        }
        let total = lengths.iter().fold(0, |sum: usize, &length| sum.saturating_add(length));
        if total != instances.nrows() {
            return Err(count("instances", total, instances.nrows()));
        }
        if labels.len() != lengths.len() {
            return Err(count("labels", lengths.len(), labels.len()));
        }
        if names.len() != lengths.len() {
            return Err(count("names", lengths.len(), names.len()));
        }
        if let Some(empty) = lengths.iter().position(|&length| length == 0) {
            return Err(Error::Bag { set: name, bag: names[empty].clone(), fault: "has no instance" });
        }
        if let Some(((row, column), value)) = instances.indexed_iter().find(|(_, value)| !value.is_finite()) {
            return Err(Error::NotFinite { place: name, row, column, value: f64::from(*value) });
        }
        Ok(Self::checked(name, instances, lengths, labels, names))
    }

    /// A set whose parts the caller has checked.
    fn checked(
        name: String,
        instances: Array2<f32>,
        lengths: &[usize],
        labels: Vec<bool>,
        names: Vec<String>,
    ) -> Self {
        let end = |sum: &mut usize, &length: &usize| {
            *sum += length;
            Some(*sum)
        };
        Self { name, instances, ends: lengths.iter().scan(0, end).collect(), labels, names }
    }

    /// What the set is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of bags.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no bag.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Components of an instance.
    pub fn width(&self) -> usize {
        self.instances.ncols()
    }

    /// The instances of all bags, `(n, width)`, bag after bag.
    pub fn instances(&self) -> ArrayView2<'_, f32> {
        self.instances.view()
    }

    /// Whether each bag is positive.
    pub fn labels(&self) -> &[bool] {
        &self.labels
    }

    /// What the source calls each bag.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Rows of [`Bags::instances`] that are the bag at `index`; none where there is no such bag.
    pub fn range(&self, index: usize) -> Range<usize> {
        match self.ends.get(index) {
            Some(&end) => index.checked_sub(1).map_or(0, |before| self.ends[before])..end,
            None => 0..0,
        }
    }

    /// The bag at `index`, from 0.
    pub fn get(&self, index: usize) -> Option<Bag<'_>> {
        (index < self.len()).then(|| Bag {
            index,
            name: &self.names[index],
            instances: self.instances.slice(s![self.range(index), ..]),
            positive: self.labels[index],
        })
    }

    /// The bags, in the order of the source.
    pub fn iter(&self) -> impl Iterator<Item = Bag<'_>> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// The bags at `indices`, in that order; an index may come more than once.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an index beyond the set.
    pub fn subset(&self, indices: &[usize]) -> Result<Self, Error> {
        if let Some(&index) = indices.iter().find(|&&index| index >= self.len()) {
            return Err(Error::Parameter {
                name: "index",
                value: index as f64,
                limit: format!("below {}, the number of bags of set {}", self.len(), self.name),
            });
        }
        let rows: Vec<usize> = indices.iter().flat_map(|&index| self.range(index)).collect();
        let lengths: Vec<usize> = indices.iter().map(|&index| self.range(index).len()).collect();
        Ok(Self::checked(
            self.name.clone(),
            self.instances.select(Axis(0), &rows),
            &lengths,
            indices.iter().map(|&index| self.labels[index]).collect(),
            indices.iter().map(|&index| self.names[index].clone()).collect(),
        ))
    }
}

//! A data set in memory.

use std::borrow::Cow;

use ndarray::{Array2, ArrayView1, ArrayView2, Axis, s};

use crate::{Error, Shape};

/// One pattern of a set, with what is known about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample<'a> {
    /// Row in the set, from 0.
    pub index: usize,
    /// The components, `(d,)`.
    pub pattern: ArrayView1<'a, f32>,
    /// Class number, where the set has labels.
    pub label: Option<u32>,
}

/// Which interval the components are mapped to by [`Set::scaled`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// As the source has them.
    Raw,
    /// 0 to 1.
    Unit,
    /// -1 to +1.
    Signed,
}

/// Patterns of one shape, with labels where the source has them. Every component is finite.
///
/// A set owns all its patterns: 4 bytes per component.
///
/// ```
/// use attractor_data::{Scale, Set, Shape};
/// use ndarray::array;
///
/// let set = Set::new("corners", array![[0., 255.], [255., 0.]], Shape::Vector(2))?.with_labels(vec![4, 2])?;
/// let signed = set.scaled(Scale::Signed);
/// let labels: Vec<_> = signed.samples().map(|sample| sample.label).collect();
/// assert_eq!(signed.patterns(), array![[-1., 1.], [1., -1.]]);
/// assert_eq!(labels, [Some(4), Some(2)]);
/// # Ok::<(), attractor_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Set {
    name: String,
    patterns: Array2<f32>,
    shape: Shape,
    range: (f32, f32),
    labels: Option<Vec<u32>>,
    class_names: Vec<String>,
}

impl Set {
    /// A set of `patterns` `(n, d)` without labels. Its range is that of the values.
    ///
    /// # Errors
    /// [`Error::Count`] when d is 0 or not that of `shape`, [`Error::NotFinite`] for a NaN or an infinity.
    pub fn new(name: impl Into<String>, patterns: Array2<f32>, shape: Shape) -> Result<Self, Error> {
        let name = name.into();
        if patterns.ncols() != shape.components() || patterns.ncols() == 0 {
            return Err(Error::Count {
                place: format!("components of set {name} (shape {shape})"),
                expected: shape.components().max(1),
                found: patterns.ncols(),
            });
        }
        if let Some(((row, column), value)) = patterns.indexed_iter().find(|(_, value)| !value.is_finite()) {
            return Err(Error::NotFinite { place: name, row, column, value: f64::from(*value) });
        }
        let range = patterns.iter().copied().map(|x| (x, x)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        Ok(Self::checked(name, patterns, shape, range.unwrap_or((0.0, 1.0))))
    }

    /// A set whose parts a loader has checked, with the range of its storage type.
    pub(crate) fn checked(name: String, patterns: Array2<f32>, shape: Shape, range: (f32, f32)) -> Self {
        Self { name, patterns, shape, range, labels: None, class_names: Vec::new() }
    }

    /// Adds one class number per pattern; a class is called by its number.
    ///
    /// # Errors
    /// [`Error::Count`] when there is not one label per pattern.
    pub fn with_labels(self, labels: Vec<u32>) -> Result<Self, Error> {
        if labels.len() != self.len() {
            return Err(Error::Count {
                place: format!("labels of set {}", self.name),
                expected: self.len(),
                found: labels.len(),
            });
        }
        Ok(Self { labels: Some(labels), class_names: Vec::new(), ..self })
    }

    /// Adds one class number per pattern, and the names of the classes in the order of their numbers.
    ///
    /// # Errors
    /// [`Error::Count`] when there is not one label per pattern, or a label without a name.
    pub fn with_classes(self, labels: Vec<u32>, class_names: Vec<String>) -> Result<Self, Error> {
        let needed = labels.iter().max().map_or(0, |&label| label as usize + 1);
        if class_names.len() < needed {
            return Err(Error::Count {
                place: format!("class names of set {}", self.name),
                expected: needed,
                found: class_names.len(),
            });
        }
        let labelled = self.with_labels(labels)?;
        Ok(Self { class_names, ..labelled })
    }

    /// Every pattern its own class, called by the names in their order: one name per pattern.
    pub(crate) fn with_distinct_classes(self, names: Vec<String>) -> Self {
        Self { labels: Some((0..names.len() as u32).collect()), class_names: names, ..self }
    }

    /// The same set under another name.
    pub(crate) fn named(self, name: String) -> Self {
        Self { name, ..self }
    }

    /// What the set is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of patterns.
    pub fn len(&self) -> usize {
        self.patterns.nrows()
    }

    /// Whether there is no pattern.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The patterns, `(n, d)`.
    pub fn patterns(&self) -> ArrayView2<'_, f32> {
        self.patterns.view()
    }

    /// The patterns themselves, `(n, d)`.
    pub fn into_patterns(self) -> Array2<f32> {
        self.patterns
    }

    /// How the components of a pattern lie.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Lowest and highest value that a component can have: 0 and 255 for 8-bit sources whatever they contain,
    /// the values found for all others.
    pub fn range(&self) -> (f32, f32) {
        self.range
    }

    /// Class numbers, one per pattern.
    pub fn labels(&self) -> Option<&[u32]> {
        self.labels.as_deref()
    }

    /// Names of the classes by number; empty where a class is called by its number.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// What class number `label` is called.
    pub fn class_name(&self, label: u32) -> Cow<'_, str> {
        match self.class_names.get(label as usize) {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(label.to_string()),
        }
    }

    /// The samples, in the order of the source.
    pub fn samples(&self) -> impl ExactSizeIterator<Item = Sample<'_>> + '_ {
        self.patterns.outer_iter().enumerate().map(|(index, pattern)| Sample {
            index,
            pattern,
            label: self.labels.as_ref().map(|labels| labels[index]),
        })
    }

    /// The first `n` samples, or all where there are fewer.
    #[must_use]
    pub fn take(&self, n: usize) -> Self {
        let n = n.min(self.len());
        Self {
            name: self.name.clone(),
            patterns: self.patterns.slice(s![..n, ..]).to_owned(),
            labels: self.labels.as_ref().map(|labels| labels[..n].to_vec()),
            class_names: self.class_names.clone(),
            ..*self
        }
    }

    /// The samples at `indices`, in that order; an index may come more than once.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an index beyond the set.
    pub fn subset(&self, indices: &[usize]) -> Result<Self, Error> {
        if let Some(&index) = indices.iter().find(|&&index| index >= self.len()) {
            return Err(Error::Parameter {
                name: "index",
                value: index as f64,
                limit: format!("below {}, the number of samples of set {}", self.len(), self.name),
            });
        }
        Ok(Self {
            name: self.name.clone(),
            patterns: self.patterns.select(Axis(0), indices),
            labels: self.labels.as_ref().map(|labels| indices.iter().map(|&index| labels[index]).collect()),
            class_names: self.class_names.clone(),
            ..*self
        })
    }

    /// Maps the range of the set linearly to that of `scale`, the same for all components.
    /// A set of one single value becomes 0.
    #[must_use]
    pub fn scaled(mut self, scale: Scale) -> Self {
        let (low, high) = match scale {
            Scale::Raw => return self,
            Scale::Unit => (0.0, 1.0),
            Scale::Signed => (-1.0, 1.0),
        };
        // In f64: the width of the range can overflow f32, and the ends must be met exactly.
        let (from, to) = (f64::from(self.range.0), f64::from(self.range.1));
        let (start, width) = (f64::from(low), f64::from(high - low));
        if from < to {
            self.patterns.mapv_inplace(|x| (start + width * ((f64::from(x) - from) / (to - from))) as f32);
        } else {
            self.patterns.fill(0.0);
        }
        self.range = (low, high);
        self
    }

    /// +1 where a component is above `threshold`, -1 elsewhere.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the threshold is a NaN.
    pub fn binarised(mut self, threshold: f32) -> Result<Self, Error> {
        if threshold.is_nan() {
            let limit = "a number".to_owned();
            return Err(Error::Parameter { name: "threshold", value: f64::from(threshold), limit });
        }
        self.patterns.mapv_inplace(|x| if x > threshold { 1.0 } else { -1.0 });
        self.range = (-1.0, 1.0);
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn ramp() -> Set {
        Set::new("ramp", array![[0., 1.], [2., 3.], [4., 5.]], Shape::Vector(2)).unwrap()
    }

    #[test]
    fn scaling_meets_the_ends_exactly_even_where_the_range_overflows() {
        for (low, high) in [(0.0, 255.0), (-3.0, 11.0), (f32::MIN, f32::MAX), (0.1, 0.3)] {
            let set = Set::new("ends", array![[low, high]], Shape::Vector(2)).unwrap();
            assert_eq!(set.clone().scaled(Scale::Unit).patterns(), array![[0., 1.]]);
            assert_eq!(set.clone().scaled(Scale::Signed).patterns(), array![[-1., 1.]]);
            assert_eq!(set.clone().scaled(Scale::Raw), set);
        }
    }

    #[test]
    fn a_constant_set_becomes_zero() {
        let set = Set::new("flat", array![[7., 7.]], Shape::Vector(2)).unwrap();
        assert_eq!(set.scaled(Scale::Signed).patterns(), array![[0., 0.]]);
    }

    #[test]
    fn subsets_carry_labels_and_names() {
        let names = vec!["low".to_owned(), "high".to_owned()];
        let set = ramp().with_classes(vec![0, 1, 1], names).unwrap();
        let picked = set.subset(&[2, 0, 2]).unwrap();
        assert_eq!(picked.patterns(), array![[4., 5.], [0., 1.], [4., 5.]]);
        assert_eq!(picked.labels(), Some(&[1, 0, 1][..]));
        assert_eq!(picked.class_name(1), "high");
        assert_eq!(set.take(2).labels(), Some(&[0, 1][..]));
        assert_eq!(set.take(9), set);
        assert_eq!(picked.range(), (0.0, 5.0));
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_place() {
        let check =
            |result: Result<Set, Error>, text: &str| assert_eq!(result.unwrap_err().to_string(), text);
        check(
            Set::new("x", array![[1.0]], Shape::grey(1, 2)),
            "components of set x (shape 1x2): 1, expected 2",
        );
        check(
            Set::new("x", Array2::zeros((1, 0)), Shape::Vector(0)),
            "components of set x (shape 0): 0, expected 1",
        );
        check(
            Set::new("x", array![[1.0, f32::NAN]], Shape::Vector(2)),
            "x: row 0, column 1 is NaN: every component must be finite",
        );
        check(ramp().with_labels(vec![1]), "labels of set ramp: 1, expected 3");
        check(ramp().with_classes(vec![0, 0, 2], vec!["a".into()]), "class names of set ramp: 1, expected 3");
        check(ramp().subset(&[3]), "index = 3: must be below 3, the number of samples of set ramp");
        check(ramp().binarised(f32::NAN), "threshold = NaN: must be a number");
    }

    #[test]
    fn binarising_keeps_the_threshold_itself_low() {
        let signs = ramp().binarised(2.0).unwrap();
        assert_eq!(signs.patterns(), array![[-1., -1.], [-1., 1.], [1., 1.]]);
        assert_eq!(signs.range(), (-1.0, 1.0));
    }
}

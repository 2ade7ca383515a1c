//! Which classes come when.

use std::collections::BTreeMap;
use std::fmt;

use super::Scenario;

/// How many samples of each class each experience shows.
///
/// Its text is a table, one line per class in the order of their first appearance:
///
/// ```
/// use attractor_data::scenario::{ClassOrder, Scenario};
/// use attractor_data::{Set, Shape};
/// let set = Set::new("s", ndarray::Array2::zeros((5, 1)), Shape::Vector(1))?.with_labels(vec![0, 1, 2, 1, 1])?;
/// let timeline = Scenario::class_incremental(&set, &ClassOrder::Given(vec![1, 0, 2]), 2)?.timeline(&set)?;
/// assert_eq!(timeline.to_string(), "class   1+0     2\n    1     3     .\n    0     1     .\n    2     .     1\n");
/// assert_eq!(timeline.first(2), Some(1));
/// # Ok::<(), attractor_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// Names of the experiences.
    pub experiences: Vec<String>,
    /// The classes, in the order in which the experiences bring them.
    pub classes: Vec<u32>,
    /// Samples by class (in that order) and experience.
    pub counts: Vec<Vec<usize>>,
}

impl Timeline {
    pub(super) fn new(scenario: &Scenario, labels: &[u32]) -> Self {
        let mut classes = scenario.class_order();
        let mut places: BTreeMap<u32, usize> =
            classes.iter().enumerate().map(|(place, &class)| (class, place)).collect();
        let mut counts = vec![vec![0; scenario.experiences.len()]; classes.len()];
        for (number, experience) in scenario.experiences.iter().enumerate() {
            for &index in &experience.indices {
                // Experiences made by hand may show what they do not announce.
                let place = *places.entry(labels[index]).or_insert_with(|| {
                    classes.push(labels[index]);
                    counts.push(vec![0; scenario.experiences.len()]);
                    classes.len() - 1
                });
                counts[place][number] += 1;
            }
        }
        let experiences = scenario.experiences.iter().map(|experience| experience.name.clone()).collect();
        Self { experiences, classes, counts }
    }

    /// The first experience that shows `class`.
    pub fn first(&self, class: u32) -> Option<usize> {
        let place = self.classes.iter().position(|&other| other == class)?;
        self.counts[place].iter().position(|&count| count > 0)
    }
}

impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths: Vec<usize> =
            self.experiences.iter().map(|name| name.chars().count().max(5) + 1).collect();
        write!(f, "class")?;
        for (name, width) in self.experiences.iter().zip(&widths) {
            write!(f, "{name:>width$}")?;
        }
        writeln!(f)?;
        for (class, counts) in self.classes.iter().zip(&self.counts) {
            write!(f, "{class:>5}")?;
            for (count, width) in counts.iter().zip(&widths) {
                match count {
                    0 => write!(f, "{:>width$}", ".")?,
                    count => write!(f, "{count:>width$}")?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

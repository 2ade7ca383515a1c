//! Everything about a run in one file.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::{Bytes, Course, Definition, Line, Matrix, Percentiles, Score, Throughput, Value, summaries};
use crate::Error;

/// Version of the JSON that [`Report::to_json`] writes.
pub const SCHEMA: u32 = 1;

/// A seed and what it was for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// Such as "class order", "replay" or "weights".
    pub name: String,
    /// The seed.
    pub seed: u64,
}

/// A run: what was done, what came out, and by which definitions.
///
/// ```
/// use attractor_learn::metrics::{Matrix, Report};
/// let mut report = Report::new("naive", "Split digits, classes two by two, one pass");
/// report.class_order = vec![0, 1, 2, 3];
/// report.measure(Matrix::new(vec![vec![0.9, 0.1], vec![0.4, 0.8]], Some(vec![0.1, 0.2]))?);
/// assert_eq!(Report::from_json(&report.to_json())?, report);
/// assert!(report.to_text().starts_with("0.1000 0.2000\n|\n0.9000 0.1000\n0.4000 0.8000\n\nFinal Accuracy (acc): 0.6000\n"));
/// # Ok::<(), attractor_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The learner.
    pub name: String,
    /// What was done, in words: data, experiences, passes, buffer, what the learner was told, masked head or one per
    /// task.
    pub protocol: String,
    /// All seeds.
    pub seeds: Vec<Seed>,
    /// The classes in the order of their appearance; it shifts results.
    pub class_order: Vec<u32>,
    /// The evaluations at the boundaries.
    pub matrix: Option<Matrix>,
    /// Every summary with the id of its definition.
    pub values: Vec<Value>,
    /// Bounds beside the run: naive, joint, cumulative, random.
    pub lines: Vec<Line>,
    /// The evaluations between the boundaries.
    pub course: Option<Course>,
    /// The stream, predicted before it was learned.
    pub prequential: Option<Score>,
    /// Bytes by component.
    pub bytes: Bytes,
    /// Time of single predictions.
    pub latency: Option<Percentiles>,
    /// Samples in the wall time of the run.
    pub throughput: Option<Throughput>,
    /// What else has to be said.
    pub notes: Vec<String>,
}

impl Report {
    /// A report of nothing yet.
    pub fn new(name: impl Into<String>, protocol: impl Into<String>) -> Self {
        Self {
            schema: SCHEMA,
            name: name.into(),
            protocol: protocol.into(),
            seeds: Vec::new(),
            class_order: Vec::new(),
            matrix: None,
            values: Vec::new(),
            lines: Vec::new(),
            course: None,
            prequential: None,
            bytes: Bytes::default(),
            latency: None,
            throughput: None,
            notes: Vec::new(),
        }
    }

    /// Takes up the matrix and all summaries of it.
    pub fn measure(&mut self, matrix: Matrix) {
        summaries(&matrix).into_iter().for_each(|value| self.add(value));
        self.matrix = Some(matrix);
    }

    /// Takes up the course and its summaries; `window` as of [`Course::summaries`].
    ///
    /// # Errors
    /// As [`Course::summaries`]; nothing is changed.
    pub fn follow(&mut self, course: Course, window: usize) -> Result<(), Error> {
        course.summaries(window)?.into_iter().for_each(|value| self.add(value));
        self.course = Some(course);
        Ok(())
    }

    /// Takes up a number, in place of one by the same definition.
    pub fn add(&mut self, value: Value) {
        match self.values.iter_mut().find(|other| other.definition == value.definition) {
            Some(other) => *other = value,
            None => self.values.push(value),
        }
    }

    /// The number by a definition.
    pub fn value(&self, definition: &str) -> Option<f64> {
        self.values.iter().find(|value| value.definition == definition).map(|value| value.value)
    }

    /// One JSON object, indented. Reading it back gives the same numbers to the bit.
    pub fn to_json(&self) -> String {
        // Strings, finite numbers and lists: nothing that JSON refuses.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Reads what [`Report::to_json`] wrote.
    ///
    /// # Errors
    /// [`Error::Report`] with line and column for other text, unknown fields, a matrix or course that is none, or another
    /// schema.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let report: Self = serde_json::from_str(text).map_err(|reason| Error::Report(reason.to_string()))?;
        if report.schema != SCHEMA {
            return Err(Error::Report(format!("schema {}: only {SCHEMA} can be read", report.schema)));
        }
        Ok(report)
    }

    /// Plain text as the published code of GEM writes it: the accuracies before any experience (`none` where they were not
    /// measured), a line with `|`, the matrix, and final accuracy, backward and forward transfer, each with the id of its
    /// definition (that code divides both transfers by T: `bwt.gem_code`, `fwt.gem_code`). All other numbers
    /// follow, one line each. Empty where there is neither matrix nor number.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let row = |row: &[f64]| row.iter().map(|x| format!("{x:.4}")).collect::<Vec<_>>().join(" ");
        if let Some(matrix) = &self.matrix {
            let baseline = matrix.baseline().map_or_else(|| "none".to_owned(), row);
            let _ = writeln!(text, "{baseline}\n|");
            for accuracies in matrix.rows() {
                let _ = writeln!(text, "{}", row(accuracies));
            }
            text.push('\n');
            for (name, definition) in [
                ("Final Accuracy", Definition::Accuracy),
                ("Backward", Definition::Backward),
                ("Forward", Definition::Forward),
            ] {
                let value = definition.of(matrix).map_or_else(|| "none".to_owned(), |x| format!("{x:.4}"));
                let _ = writeln!(text, "{name} ({}): {value}", definition.id());
            }
        }
        for value in &self.values {
            let _ = writeln!(text, "{}: {:.6}", value.definition, value.value);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Evaluation;

    #[test]
    fn a_report_of_everything_survives_its_file() {
        let mut report = Report::new("all \"of\" it", "a <protocol>");
        report.seeds.push(Seed { name: "replay".into(), seed: u64::MAX });
        report.measure(Matrix::new(vec![vec![1.0 / 3.0, 0.0], vec![0.2, 0.7]], None).unwrap());
        let at = |experience| Evaluation { step: 1, experience, accuracy: vec![0.2, 0.3] };
        report.follow(Course::new(vec![at(0), at(1)]).unwrap(), 2).unwrap();
        report.lines.push(Line::new("joint", vec![0.9, 0.8]).unwrap());
        report.bytes = Bytes::default().with("model", 12);
        report.latency = Some(Percentiles::default());
        report.throughput = Some(Throughput::new(3, 0.5).unwrap());
        report.notes.push("a note".into());
        assert_eq!(Report::from_json(&report.to_json()).unwrap(), report);
        assert_eq!(report.value("acc"), report.matrix.as_ref().and_then(|m| Definition::Accuracy.of(m)));
        let values = report.values.len();
        report.add(Value { definition: "acc".into(), value: 0.5 });
        assert_eq!((report.values.len(), report.value("acc")), (values, Some(0.5)));
        assert!(report.to_text().contains("none\n|\n") && report.to_text().contains("Forward (fwt): none\n"));
    }

    #[test]
    fn other_files_are_refused_with_their_place() {
        let report = Report::new("", "");
        let text = |json: String| Report::from_json(&json).unwrap_err().to_string();
        let json = report.to_json();
        assert!(
            text(json.replace("\"schema\": 1", "\"schema\": 2")).ends_with("schema 2: only 1 can be read")
        );
        assert!(text(json.replace("notes", "remarks")).contains("unknown field `remarks`"));
        assert!(text(json[..9].to_owned()).contains("line "));
        assert_eq!(report.to_text(), "");
    }
}

//! Tables of numbers in text: comma, semicolon or tab separated, with or without a header.

use std::collections::BTreeMap;
use std::path::Path;

use ::csv::ByteRecord;
use ndarray::Array2;

use crate::error::{Error, Malformed, few, read_bytes};
use crate::rows::{Rows, number, text};
use crate::{Set, Shape, name_of};

/// Names of a column that holds classes, in any case ("clase" is that of the UCI collection of 2014).
const LABELS: [&str; 6] = ["label", "class", "clase", "target", "species", "y"];

/// Which column of a table holds the classes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Label {
    /// The first one called label, class, clase, target, species or y; else the last one when its first cell is
    /// no number; else none.
    #[default]
    Guess,
    /// None: every column is a component.
    None,
    /// The one of this name.
    Name(String),
    /// The one at this place, from 0.
    Position(usize),
}

/// A table as it stands in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Names of the numeric columns; "column 1" and so on where there is no header.
    pub columns: Vec<String>,
    /// The numbers, `(rows, columns)`, all finite.
    pub values: Array2<f32>,
    /// Class numbers, one per row.
    pub labels: Option<Vec<u32>>,
    /// Names of the classes by number; empty where the classes are whole numbers already.
    pub class_names: Vec<String>,
}

/// The table in `bytes`, which may be gzipped.
///
/// The separator is the commonest of comma, semicolon and tab in the first line.
/// The first line is a header when none of its cells is a number, or when one of them is the name of the label column.
/// A first column without a name is an index, and left out.
/// Classes that are whole numbers keep them; others are numbered in the order of their names.
///
/// ```
/// use attractor_data::csv;
/// let table = csv::parse(b"height,width,label\n1.5,2,cat\n3,4.5,ant\n", &csv::Label::Guess)?;
/// assert_eq!(table.columns, ["height", "width"]);
/// assert_eq!(table.labels, Some(vec![1, 0]));
/// assert_eq!(table.class_names, ["ant", "cat"]);
/// # Ok::<(), attractor_data::Malformed>(())
/// ```
///
/// # Errors
/// [`Malformed::Cell`] with line and column for a cell that is no finite number, an empty class or a row of another
/// length, [`Malformed::Column`] when the label column is not there, [`Malformed::Empty`], [`Malformed::Damaged`].
pub fn parse(bytes: &[u8], label: &Label) -> Result<Table, Malformed> {
    let mut rows = Rows::new(bytes)?;
    let (mut first, mut record) = (ByteRecord::new(), ByteRecord::new());
    if !rows.next(&mut first)? {
        return Err(Malformed::Empty { shape: vec![0] });
    }
    let more = rows.next(&mut record)?;
    let header = is_header(&first, label);
    let names: Vec<String> = (0..first.len())
        .map(|column| if header { text(&first[column]) } else { format!("column {}", column + 1) })
        .collect();
    let start = usize::from(header && names.len() > 1 && names[0].is_empty());
    let sample = if header { &record } else { &first };
    let label = label_column(label, &names, sample)?;
    let mut columns = Columns { start, label, values: Vec::new(), classes: Vec::new() };
    if !header {
        columns.push(&rows, &first)?;
    }
    if more {
        columns.push(&rows, &record)?;
        while rows.next(&mut record)? {
            columns.push(&rows, &record)?;
        }
    }
    columns.finish(&names)
}

/// The table in the file at `path`, plain or gzipped.
///
/// # Errors
/// [`Error::Io`], or [`Error::Malformed`] as of [`parse`].
pub fn read(path: &Path, label: &Label) -> Result<Table, Error> {
    parse(&read_bytes(path)?, label).map_err(|reason| reason.at(path))
}

/// The rows of the file at `path` as patterns. The range is that of all values together.
///
/// # Errors
/// As [`read`].
pub fn read_set(path: &Path, label: &Label) -> Result<Set, Error> {
    let table = read(path, label)?;
    let shape = Shape::Vector(table.values.ncols());
    let set = Set::new(name_of(path), table.values, shape)?;
    match table.labels {
        None => Ok(set),
        Some(labels) if table.class_names.is_empty() => set.with_labels(labels),
        Some(labels) => set.with_classes(labels, table.class_names),
    }
}

/// What has been read so far.
struct Columns {
    start: usize,
    label: Option<usize>,
    values: Vec<f32>,
    classes: Vec<String>,
}

impl Columns {
    fn push(&mut self, rows: &Rows<'_>, record: &ByteRecord) -> Result<(), Malformed> {
        for column in self.start..record.len() {
            let cell = &record[column];
            if Some(column) == self.label {
                let class = text(cell);
                if class.is_empty() {
                    return Err(rows.fault(record, column, "the class is missing".to_owned()));
                }
                self.classes.push(class);
                continue;
            }
            match number(cell) {
                Some(value) if value.is_finite() => self.values.push(value),
                _ => return Err(rows.not_finite(record, column)),
            }
        }
        Ok(())
    }

    fn finish(self, names: &[String]) -> Result<Table, Malformed> {
        let kept = |column: &usize| *column >= self.start && Some(*column) != self.label;
        let columns: Vec<String> =
            (0..names.len()).filter(kept).map(|column| names[column].clone()).collect();
        let d = columns.len();
        let rows = self.values.len().checked_div(d).unwrap_or(0);
        if rows == 0 {
            return Err(Malformed::Empty { shape: vec![self.classes.len(), d] });
        }
        let values = Array2::from_shape_vec((rows, d), self.values)
            .map_err(|reason| Malformed::Damaged { part: "table", reason: reason.to_string() })?;
        let (labels, class_names) = self.label.map(|_| classes(&self.classes)).unzip();
        let class_names = class_names.unwrap_or_default();
        Ok(Table { columns, values, labels, class_names })
    }
}

/// A table of years or sizes has numbers in its header: there the name of the label column tells it.
fn is_header(first: &ByteRecord, label: &Label) -> bool {
    let named = |cell| matches!(label, Label::Name(name) if *name == text(cell));
    first.iter().all(|cell| number(cell).is_none()) || first.iter().any(named)
}

fn label_column(label: &Label, names: &[String], sample: &ByteRecord) -> Result<Option<usize>, Malformed> {
    let missing = |wanted| Malformed::Column { wanted, columns: few(names) };
    match label {
        Label::None => Ok(None),
        Label::Position(column) if *column < names.len() => Ok(Some(*column)),
        Label::Position(column) => Err(missing(format!("at position {column}"))),
        Label::Name(name) => {
            names.iter().position(|other| other == name).map(Some).ok_or_else(|| missing(format!("{name:?}")))
        }
        Label::Guess => {
            let named = names.iter().position(|name| LABELS.contains(&name.to_lowercase().as_str()));
            let last = names.len().saturating_sub(1);
            let is_word = |cell: &[u8]| number(cell).is_none() && !text(cell).is_empty();
            let last_is_word = last > 0 && sample.get(last).is_some_and(is_word);
            Ok(named.or(last_is_word.then_some(last)))
        }
    }
}

/// Class numbers: the cells themselves where all are whole numbers, else the places of their sorted names.
fn classes(cells: &[String]) -> (Vec<u32>, Vec<String>) {
    let whole = |cell: &String| {
        let value: f64 = cell.parse().ok()?;
        ((0.0..=f64::from(u32::MAX)).contains(&value) && value.fract() == 0.0).then_some(value as u32)
    };
    if let Some(labels) = cells.iter().map(whole).collect() {
        return (labels, Vec::new());
    }
    let mut numbers: BTreeMap<&str, u32> = cells.iter().map(|cell| (cell.as_str(), 0)).collect();
    for (place, number) in numbers.values_mut().enumerate() {
        *number = place as u32;
    }
    let labels = cells.iter().map(|cell| numbers[cell.as_str()]).collect();
    (labels, numbers.into_keys().map(str::to_owned).collect())
}

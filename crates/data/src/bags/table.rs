//! The table of a multiple-instance set: a row per instance, that says which bag it belongs to.

use std::collections::HashMap;
use std::path::Path;

use ::csv::{ByteRecord, Position};
use ndarray::Array2;

use super::Bags;
use crate::error::{Error, Malformed, few, read_bytes};
use crate::name_of;
use crate::rows::{Rows, number, position, shown, text};

/// The set called `name` in `bytes`, which may be gzipped.
///
/// The first line names the columns: `bag` and `label`, in any case and place, and the components, which are all
/// others. Rows of one bag belong together wherever they stand; bags keep the order in which they begin.
/// The label is 1 for positive bags, and either 0 or -1 for negative ones, on every row of the bag.
///
/// ```
/// let bags = attractor_data::bags::parse("keys", b"bag,label,f1,f2\na,1,0.5,2\nb,0,1,1\na,1,3,4\n")?;
/// assert_eq!((bags.names(), bags.labels()), (&["a".to_owned(), "b".into()][..], &[true, false][..]));
/// assert_eq!(bags.instances(), ndarray::array![[0.5, 2.0], [3.0, 4.0], [1.0, 1.0]]);
/// # Ok::<(), attractor_data::Malformed>(())
/// ```
///
/// # Errors
/// [`Malformed::Cell`] with line and column for a component that is no finite number, a row of another length, an
/// instance without components, a bag without a name, a label that is none or that differs from the one that the bag
/// had before; [`Malformed::Column`], [`Malformed::Empty`], [`Malformed::Damaged`].
pub fn parse(name: &str, bytes: &[u8]) -> Result<Bags, Malformed> {
    let mut rows = Rows::new(bytes)?;
    let mut record = ByteRecord::new();
    if !rows.next(&mut record)? {
        return Err(Malformed::Empty { shape: vec![0] });
    }
    let columns: Vec<String> = record.iter().map(text).collect();
    let (bag, label) = (column(&columns, "bag")?, column(&columns, "label")?);
    let components: Vec<usize> = (0..columns.len()).filter(|&at| at != bag && at != label).collect();
    if components.is_empty() {
        return Err(Malformed::Empty { shape: vec![0, 0] });
    }
    let mut table = Table { bag, label, components, places: HashMap::new(), bags: Vec::new(), zero: None };
    while rows.next(&mut record)? {
        table.push(&rows, &record)?;
    }
    table.finish(name)
}

/// The set in the file at `path`, plain or gzipped, called after it.
///
/// # Errors
/// [`Error::Io`], or [`Error::Malformed`] as of [`parse`].
pub fn read(path: &Path) -> Result<Bags, Error> {
    parse(&name_of(path), &read_bytes(path)?).map_err(|reason| reason.at(path))
}

/// The place of the column called `wanted`.
pub(super) fn column(columns: &[String], wanted: &str) -> Result<usize, Malformed> {
    let missing = || Malformed::Column { wanted: format!("{wanted:?}"), columns: few(columns) };
    columns.iter().position(|name| name.eq_ignore_ascii_case(wanted)).ok_or_else(missing)
}

/// The label in a cell: true for 1, false for 0 and -1.
pub(super) fn positive(cell: &[u8]) -> Result<bool, String> {
    match number(cell) {
        Some(1.0) => Ok(true),
        Some(0.0 | -1.0) => Ok(false),
        _ => Err(format!("the label is {}: must be 1 or 0 (or -1)", shown(cell))),
    }
}

/// What has been read so far.
struct Table {
    bag: usize,
    label: usize,
    components: Vec<usize>,
    /// Where in `bags` each name is.
    places: HashMap<String, usize>,
    bags: Vec<Begun>,
    /// How the negative bags are labelled, once one was seen.
    zero: Option<bool>,
}

/// A bag of which some instances have been read.
struct Begun {
    name: String,
    positive: bool,
    start: Position,
    values: Vec<f32>,
}

impl Table {
    fn push(&mut self, rows: &Rows<'_>, record: &ByteRecord) -> Result<(), Malformed> {
        let name = text(&record[self.bag]);
        if name.is_empty() {
            return Err(rows.fault(record, self.bag, "the bag has no name".to_owned()));
        }
        let cell = &record[self.label];
        let positive = positive(cell).map_err(|reason| rows.fault(record, self.label, reason))?;
        if !positive {
            let zero = number(cell) == Some(0.0);
            if *self.zero.get_or_insert(zero) != zero {
                let reason = "negative bags are labelled both 0 and -1: there are three classes".to_owned();
                return Err(rows.fault(record, self.label, reason));
            }
        }
        if self.components.iter().all(|&at| record[at].trim_ascii().is_empty()) {
            let reason = format!("bag {name} has an instance without a single component");
            return Err(rows.fault(record, self.components[0], reason));
        }
        let place = match self.places.get(&name) {
            Some(&place) => place,
            None => {
                self.places.insert(name.clone(), self.bags.len());
                self.bags.push(Begun { name, positive, start: position(record), values: Vec::new() });
                self.bags.len() - 1
            }
        };
        let bag = &mut self.bags[place];
        if bag.positive != positive {
            let (before, now) = (u8::from(bag.positive), u8::from(positive));
            let line = rows.line(&bag.start);
            let reason = format!("bag {} was labelled {before} on line {line}, here {now}", bag.name);
            return Err(rows.fault(record, self.label, reason));
        }
        for &at in &self.components {
            match number(&record[at]) {
                Some(value) if value.is_finite() => bag.values.push(value),
                _ => return Err(rows.not_finite(record, at)),
            }
        }
        Ok(())
    }

    fn finish(self, name: &str) -> Result<Bags, Malformed> {
        let width = self.components.len();
        let lengths: Vec<usize> = self.bags.iter().map(|bag| bag.values.len() / width).collect();
        let shape = (lengths.iter().sum(), width);
        if shape.0 == 0 {
            return Err(Malformed::Empty { shape: vec![0, width] });
        }
        let (mut values, mut labels, mut names) =
            (Vec::with_capacity(shape.0 * width), Vec::new(), Vec::new());
        for bag in self.bags {
            values.extend(bag.values);
            labels.push(bag.positive);
            names.push(bag.name);
        }
        let instances = Array2::from_shape_vec(shape, values)
            .map_err(|reason| Malformed::Damaged { part: "table", reason: reason.to_string() })?;
        Ok(Bags::checked(name.to_owned(), instances, &lengths, labels, names))
    }
}

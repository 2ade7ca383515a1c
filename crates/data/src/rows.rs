//! The lines of a text table, cell by cell, with their places in the file.

use std::io::{BufReader, Read};

use ::csv::{ByteRecord, ErrorKind, Position, Reader, ReaderBuilder};

use crate::bytes::Source;
use crate::error::Malformed;

/// A table of text whose lines are read one after the other. The first is no header here.
pub(crate) struct Rows<'a> {
    bytes: &'a [u8],
    reader: Reader<Box<dyn Read + 'a>>,
}

impl<'a> Rows<'a> {
    /// The table in `bytes`, which may be gzipped.
    /// The separator is the commonest of comma, semicolon and tab in the first line.
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .delimiter(separator(bytes)?)
            .from_reader(Source::new(bytes).into_reader());
        Ok(Self { bytes, reader })
    }

    /// Reads a row; false at the end.
    pub(crate) fn next(&mut self, record: &mut ByteRecord) -> Result<bool, Malformed> {
        self.reader.read_byte_record(record).map_err(|error| match error.kind() {
            ErrorKind::UnequalLengths { pos, expected_len, len } => Malformed::Cell {
                line: line(self.bytes, pos.as_ref()),
                column: *expected_len.min(len) as usize + 1,
                reason: format!("the row has {len} columns, the first row {expected_len}"),
            },
            other => Malformed::Damaged { part: "table", reason: format!("{other:?}") },
        })
    }

    /// The line in the file, from 1, of the row that begins at `position`. Reads the file again: for errors only.
    pub(crate) fn line(&self, position: &Position) -> u64 {
        line(self.bytes, Some(position))
    }

    /// What is wrong with the cell of `record` in the column `column`, from 0.
    pub(crate) fn fault(&self, record: &ByteRecord, column: usize, reason: String) -> Malformed {
        Malformed::Cell { line: line(self.bytes, record.position()), column: column + 1, reason }
    }

    /// The cell of `record` in the column `column` is no finite number.
    pub(crate) fn not_finite(&self, record: &ByteRecord, column: usize) -> Malformed {
        self.fault(record, column, format!("{} is not a finite number", shown(&record[column])))
    }
}

/// Where a row begins, for [`Rows::line`].
pub(crate) fn position(record: &ByteRecord) -> Position {
    record.position().cloned().unwrap_or_else(Position::new)
}

/// The content of a cell.
pub(crate) fn text(cell: &[u8]) -> String {
    String::from_utf8_lossy(cell).trim().to_owned()
}

/// The beginning of a cell in quotes, for an error message.
pub(crate) fn shown(cell: &[u8]) -> String {
    format!("{:?}", text(cell).chars().take(40).collect::<String>())
}

/// The number in a cell, if it is one; it may be a NaN or an infinity.
pub(crate) fn number(cell: &[u8]) -> Option<f32> {
    str::from_utf8(cell).ok()?.trim().parse().ok()
}

/// The line of a record that begins at `position`: the reader counts from before the empty lines that it skips.
fn line(bytes: &[u8], position: Option<&Position>) -> u64 {
    let Some(position) = position else { return 0 };
    let mut reader = BufReader::new(Source::new(bytes).into_reader());
    let skipped = std::io::copy(&mut (&mut reader).take(position.byte()), &mut std::io::sink());
    let empty = reader.bytes().map_while(Result::ok).take_while(|byte| matches!(byte, b'\r' | b'\n'));
    match skipped {
        Ok(_) => position.line() + empty.filter(|byte| *byte == b'\n').count() as u64,
        Err(_) => position.line(),
    }
}

fn separator(bytes: &[u8]) -> Result<u8, Malformed> {
    /// Longer lines tell their separator in their beginning.
    const GLANCE: usize = 65_536;
    let start = Source::new(bytes).up_to(GLANCE)?;
    let line = start.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let count = |separator: &u8| line.split(|byte| byte == separator).count();
    // The last of equals wins: a comma where there is no separator at all.
    Ok([b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b','))
}

//! Orders that were published as files.

use std::path::Path;

use crate::bytes::Source;
use crate::error::{Error, Malformed, read_bytes};

/// The indices in the file at `path`, plain or gzipped: one per line, counted from 0, each below `samples`.
///
/// An index may come more than once; empty lines are left out.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("order.txt");
/// std::fs::write(&path, "2\n0\n1\n")?;
/// assert_eq!(attractor_data::scenario::read_order(&path, 3)?, [2, 0, 1]);
/// let refused = attractor_data::scenario::read_order(&path, 2).unwrap_err().to_string();
/// assert!(refused.ends_with("line 1, column 1: \"2\" is not an index below 2"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Io`], or [`Error::Malformed`] with the line of what is no such index, or for a file without any.
pub fn read_order(path: &Path, samples: usize) -> Result<Vec<usize>, Error> {
    let bytes = read_bytes(path)?;
    parse(&bytes, samples).map_err(|reason| reason.at(path))
}

fn parse(bytes: &[u8], samples: usize) -> Result<Vec<usize>, Malformed> {
    let text = Source::new(bytes).up_to(usize::MAX)?;
    let mut order = Vec::new();
    for (place, line) in text.split(|&byte| byte == b'\n').enumerate() {
        let line = String::from_utf8_lossy(line);
        let cell = line.trim();
        if cell.is_empty() {
            continue;
        }
        match cell.parse::<usize>() {
            Ok(index) if index < samples => order.push(index),
            _ => {
                let shown: String = cell.chars().take(40).collect();
                let reason = format!("{shown:?} is not an index below {samples}");
                return Err(Malformed::Cell { line: place as u64 + 1, column: 1, reason });
            }
        }
    }
    if order.is_empty() {
        return Err(Malformed::Empty { shape: vec![0] });
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bad_line_is_named() {
        let text = |bytes: &[u8]| parse(bytes, 9).unwrap_err().to_string();
        assert_eq!(text(b"1\n\n-3\n"), "line 3, column 1: \"-3\" is not an index below 9");
        assert_eq!(text(b"1\n2 3\n"), "line 2, column 1: \"2 3\" is not an index below 9");
        assert_eq!(text(b"8\r\n9\r\n"), "line 2, column 1: \"9\" is not an index below 9");
        assert_eq!(text(b"\xff"), "line 1, column 1: \"\u{fffd}\" is not an index below 9");
        assert!(text(b"\n").starts_with("holds no patterns"));
        assert_eq!(parse(b"8\r\n8\n0", 9).unwrap(), [8, 8, 0]);
    }

    #[test]
    fn gzip_is_read_through() {
        use std::io::Write;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"3\n1\n").unwrap();
        let packed = packed.finish().unwrap();
        assert_eq!(parse(&packed, 4).unwrap(), [3, 1]);
        assert!(parse(&packed[..packed.len() - 3], 4).is_err());
    }
}

//! A learner's directory, as the command line meets it.

use std::path::Path;

use attractor_data::Shape;
use attractor_learn::{Config, Learner, Reader, Snapshot, Stats};

use crate::output::Refusal;

/// Refuses a directory without a learner, so that nothing is made there.
pub(crate) fn there(directory: &Path) -> Result<(), Refusal> {
    if is_brain(directory) {
        return Ok(());
    }
    let what = match directory.exists() {
        true => format!("{}: holds no learner", directory.display()),
        false => format!("{}: no such directory", directory.display()),
    };
    Err(Refusal::new(what, "make a learner with: attractor learn DATA --brain DIR"))
}

/// Whether this is a directory that a learner, or something else with a ledger, has written.
pub(crate) fn is_brain(directory: &Path) -> bool {
    directory.join("MANIFEST").is_file()
}

/// The learner in a directory at this moment, while another process may learn there.
pub(crate) fn read(directory: &Path) -> anyhow::Result<Snapshot> {
    there(directory)?;
    Ok(Learner::read(directory)?)
}

/// What answers: all episodes, or those of a namespace.
pub(crate) fn reader(snapshot: &Snapshot, namespace: Option<&str>) -> Reader {
    namespace.map_or_else(|| snapshot.reader().clone(), |name| snapshot.reader().within(name))
}

/// How the observations lie; `None` before the first.
pub(crate) fn shape(config: &Config, stats: &Stats) -> Option<Shape> {
    config.shape.or_else(|| stats.shape.as_deref()?.parse().ok().map(Shape::Vector))
}

/// Bytes of all files there.
pub(crate) fn disk_bytes(directory: &Path) -> u64 {
    let sizes = entries(directory).filter_map(|entry| entry.metadata().ok());
    sizes.filter(std::fs::Metadata::is_file).map(|data| data.len()).sum()
}

/// Number of the last checkpoint, which the journal since then is named after.
pub(crate) fn generation(directory: &Path) -> Option<u64> {
    let number = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        u64::from_str_radix(name.strip_suffix(".journal")?, 16).ok()
    };
    entries(directory).filter_map(number).max()
}

fn entries(directory: &Path) -> impl Iterator<Item = std::fs::DirEntry> {
    std::fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok)
}

/// Reads `64MiB`, `1GiB`, `512KiB` or plain bytes.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no number of bytes: write such as 64MiB, 1GiB, 512KiB or 1000000");
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let shift = match &text[digits.len()..] {
        "" | "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        "TiB" => 40,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(1 << shift).ok_or_else(wrong)
}

/// Bytes for people.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1_024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_by_unit() {
        assert_eq!(bytes("64MiB"), Ok(64 << 20));
        assert_eq!((bytes("17"), bytes("2GiB")), (Ok(17), Ok(2 << 30)));
        for wrong in ["", "MiB", "1MB", "-1", "1.5MiB", "99999999999TiB", "ä"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }
}

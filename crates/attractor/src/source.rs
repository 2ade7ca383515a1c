//! What a path or a name on the command line stands for.

use std::path::Path;

use attractor_data::{Part, Set, Shape, TABLES, csv, glyphs, mnist, open, table};
use ndarray::{Array2, Axis, concatenate};

use crate::output::Refusal;

/// What the commands say about sources.
pub(crate) const HELP: &str = "\
SOURCES: a folder of PNG pictures, a PNG, npy, npz (also FILE.npz:MEMBER), CSV or IDX file (CSV and IDX also \
gzipped); or a name: glyphs (95 characters of 8x8), iris, winequality, diabetes, linnerud (tables), mnist, \
mnist:test (after `attractor data fetch mnist`). A file of such a name is written ./NAME.";

/// Patterns as they stand in their sources.
#[derive(Debug)]
pub(crate) struct Source {
    /// `(n, width)`, n at least 1.
    pub(crate) patterns: Array2<f32>,
    pub(crate) shape: Shape,
    /// Lowest and highest value.
    pub(crate) range: (f32, f32),
    /// Whether the range is that of the format, whatever the values are: 8-bit pictures and glyphs.
    pub(crate) fixed: bool,
    /// What each pattern is called, where the source says so.
    pub(crate) labels: Vec<Option<String>>,
}

impl Source {
    /// All of `specs`, one after the other, at most `take` patterns. They have to be of one shape.
    pub(crate) fn read(
        specs: &[String],
        label_column: Option<&str>,
        take: Option<usize>,
    ) -> anyhow::Result<Self> {
        let mut left = take.unwrap_or(usize::MAX);
        if left == 0 {
            return Err(Refusal::new("--take 0 leaves nothing", "take at least 1").into());
        }
        let mut parts: Vec<Self> = Vec::new();
        for spec in specs {
            if left == 0 {
                break;
            }
            let part = Self::one(spec, label_column, left)?;
            if let Some(first) = parts.first()
                && first.shape != part.shape
            {
                let what = format!("{spec}: size {}, but {} has size {}", part.shape, specs[0], first.shape);
                return Err(Refusal::new(what, "bring them to one size, or use several memories").into());
            }
            left -= part.patterns.nrows();
            parts.push(part);
        }
        let views: Vec<_> = parts.iter().map(|part| part.patterns.view()).collect();
        let patterns = concatenate(Axis(0), &views)?;
        let (first, rest) = parts.split_first().ok_or_else(|| Refusal::new("no source", "name a path"))?;
        let range = rest.iter().fold(first.range, |r, part| (r.0.min(part.range.0), r.1.max(part.range.1)));
        let fixed = parts.iter().all(|part| part.fixed && part.range == range);
        let shape = first.shape;
        let labels = parts.into_iter().flat_map(|part| part.labels).collect();
        Ok(Self { patterns, shape, range, fixed, labels })
    }

    /// The patterns as pixels from 0 to 1: bytes and glyphs by their range, other numbers as they are.
    #[cfg(feature = "network")]
    pub(crate) fn pixels(&self, spec: &str) -> Result<Array2<f32>, Refusal> {
        let (low, high) = self.range;
        if self.fixed {
            let (from, width) = (f64::from(low), f64::from(high) - f64::from(low));
            return Ok(self.patterns.mapv(|x| ((f64::from(x) - from) / width) as f32));
        }
        if low < 0.0 || high > 1.0 {
            let what = format!("{spec}: numbers from {low} to {high}, but pixels are from 0 to 1");
            return Err(Refusal::new(what, "scale them, or give pictures of 8 bits"));
        }
        Ok(self.patterns.clone())
    }

    fn one(spec: &str, label_column: Option<&str>, take: usize) -> anyhow::Result<Self> {
        let set = set(spec, label_column)?;
        let set = if take < set.len() { set.take(take) } else { set };
        let class = |label: Option<u32>| label.map(|label| set.class_name(label).into_owned());
        let labels = set.samples().map(|sample| class(sample.label)).collect();
        let (shape, range) = (set.shape(), set.range());
        let fixed = is_eight_bit(spec, &set) || spec == "glyphs";
        if set.is_empty() {
            return Err(Refusal::new(format!("{spec}: holds no patterns"), "give one that has some").into());
        }
        Ok(Self { patterns: set.into_patterns(), shape, range, fixed, labels })
    }
}

/// The set behind a path or a name.
pub(crate) fn set(spec: &str, label_column: Option<&str>) -> anyhow::Result<Set> {
    if let Some(column) = label_column {
        if !is_table(spec) {
            let what = format!("{spec}: only CSV files have label columns");
            return Err(Refusal::new(what, "leave the option out").into());
        }
        let label = match column.parse() {
            Ok(position) => csv::Label::Position(position),
            Err(_) if column == "none" => csv::Label::None,
            Err(_) => csv::Label::Name(column.to_owned()),
        };
        return Ok(csv::read_set(Path::new(spec), &label)?);
    }
    Ok(match spec {
        "glyphs" => glyphs(),
        "mnist" | "mnist:train" => mnist(Part::Train)?,
        "mnist:test" => mnist(Part::Test)?,
        name if TABLES.contains(&name) => table(name)?,
        path => open(path)?,
    })
}

/// Whether it is a name, not a path.
#[cfg(feature = "network")]
pub(crate) fn is_name(spec: &str) -> bool {
    TABLES.contains(&spec) || ["glyphs", "mnist", "mnist:train", "mnist:test"].contains(&spec)
}

/// Whether the numbers of a set are bytes, from 0 to 255 whatever the values are.
pub(crate) fn is_eight_bit(spec: &str, set: &Set) -> bool {
    set.range() == (0.0, 255.0) && !is_table(spec)
}

fn is_table(spec: &str) -> bool {
    let name = spec.to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    TABLES.contains(&name) || [".csv", ".tsv", ".txt", ".dat"].iter().any(|ending| name.ends_with(ending))
}

//! In which numbers a memory keeps what its sources show, and the notes that say so.

use attractor_data::Shape;
use attractor_memory::file::{Notes, Stored};
use ndarray::Array2;

use crate::output::Refusal;
use crate::source::Source;

/// How the numbers of a source become those of patterns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scale {
    /// As the source has them.
    Raw,
    /// 0 to 1.
    Unit,
    /// -1 to +1.
    Signed,
    /// +1 above the threshold, -1 elsewhere.
    Binary(f32),
}

/// The scale of a memory, with the shape and range that its first source had.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Units {
    pub(crate) scale: Scale,
    pub(crate) shape: Shape,
    range: (f32, f32),
}

impl Units {
    /// For a new memory. Default: signed where the source has a range of its own, raw elsewhere.
    pub(crate) fn new(scale: Option<Scale>, source: &Source) -> Self {
        let default = if source.fixed { Scale::Signed } else { Scale::Raw };
        Self { scale: scale.unwrap_or(default), shape: source.shape, range: source.range }
    }

    /// The notes of a memory file; without them the numbers are raw.
    pub(crate) fn from_notes(notes: &Notes, stored: &Stored) -> Self {
        let number = |text: &str| text.parse::<f32>().ok().filter(|x| x.is_finite());
        let scale = match notes.get("scale").map(|text| text.split_once(' ').unwrap_or((text, ""))) {
            Some(("unit", _)) => Scale::Unit,
            Some(("signed", _)) => Scale::Signed,
            Some(("binary", threshold)) => number(threshold).map_or(Scale::Raw, Scale::Binary),
            _ => Scale::Raw,
        };
        let range = notes.get("range").and_then(|text| {
            let (low, high) = text.split_once(' ')?;
            Some((number(low)?, number(high)?))
        });
        let range = range.unwrap_or_else(|| {
            let patterns = stored.patterns();
            let bounds = patterns.iter().map(|&x| (x, x)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
            bounds.unwrap_or((0.0, 1.0))
        });
        let shape = notes.get("shape").and_then(|text| {
            let sizes: Option<Vec<usize>> = text.split('x').map(|size| size.parse().ok()).collect();
            match sizes?[..] {
                [height, width] => Some(Shape::grey(height, width)),
                [height, width, channels] => Some(Shape::Image { height, width, channels }),
                _ => None,
            }
        });
        let fits = |shape: &Shape| match *shape {
            Shape::Image { height, width, channels } => {
                height.checked_mul(width).and_then(|x| x.checked_mul(channels)) == Some(stored.width())
            }
            Shape::Vector(width) => width == stored.width(),
        };
        let shape = shape.filter(fits).unwrap_or(Shape::Vector(stored.width()));
        Self { scale, shape, range }
    }

    /// Writes the notes that [`Units::from_notes`] reads.
    pub(crate) fn note(&self, notes: &mut Notes) {
        notes.insert("scale".to_owned(), self.scale());
        notes.insert("range".to_owned(), format!("{:?} {:?}", self.range.0, self.range.1));
        notes.insert("shape".to_owned(), self.shape.to_string());
    }

    /// The scale in words.
    pub(crate) fn scale(&self) -> String {
        match self.scale {
            Scale::Raw => "raw".to_owned(),
            Scale::Unit => "unit".to_owned(),
            Scale::Signed => "signed".to_owned(),
            Scale::Binary(threshold) => format!("binary {threshold:?}"),
        }
    }

    /// Black and white of a picture.
    pub(crate) fn tones(&self) -> (f32, f32) {
        match self.scale {
            Scale::Raw if self.range.0 < self.range.1 => self.range,
            Scale::Raw => (self.range.0 - 1.0, self.range.0 + 1.0),
            Scale::Unit => (0.0, 1.0),
            Scale::Signed | Scale::Binary(_) => (-1.0, 1.0),
        }
    }

    /// The patterns of `source` in these units. A source without a range of its own is measured by the range
    /// of the memory, so that the same number always means the same.
    pub(crate) fn apply(&self, source: &Source, what: &str, file: &str) -> anyhow::Result<Array2<f32>> {
        if source.shape.components() != self.shape.components() {
            let what =
                format!("{what}: size {}, but {file} holds patterns of size {}", source.shape, self.shape);
            return Err(Refusal::new(what, "give patterns and cues of that size").into());
        }
        if let (Shape::Image { .. }, Shape::Image { .. }) = (source.shape, self.shape)
            && source.shape != self.shape
        {
            let what =
                format!("{what}: pictures of {}, but {file} holds pictures of {}", source.shape, self.shape);
            return Err(Refusal::new(what, "bring the pictures to that size").into());
        }
        let (low, high) = match self.scale {
            Scale::Raw => return Ok(source.patterns.clone()),
            Scale::Binary(threshold) => {
                return Ok(source.patterns.mapv(|x| if x > threshold { 1.0 } else { -1.0 }));
            }
            Scale::Unit => (0.0, 1.0),
            Scale::Signed => (-1.0, 1.0),
        };
        let range = if source.fixed { source.range } else { self.range };
        let (from, to) = (f64::from(range.0), f64::from(range.1));
        // A source of one single value has nothing to tell.
        let factor = if from < to { (high - low) / (to - from) } else { 0.0 };
        Ok(source.patterns.mapv(|x| (low + (f64::from(x) - from) * factor) as f32))
    }
}

/// What each stored pattern is called, in the order of the ids.
pub(crate) fn labels(notes: &Notes, count: usize) -> Vec<Option<String>> {
    let known: Option<Vec<Option<String>>> =
        notes.get("labels").and_then(|text| serde_json::from_str(text).ok());
    let mut labels = known.unwrap_or_default();
    labels.resize(count, None);
    labels
}

/// Writes the note that [`labels`] reads; nothing where no pattern has a name.
pub(crate) fn note_labels(notes: &mut Notes, labels: &[Option<String>]) -> anyhow::Result<()> {
    if labels.iter().any(Option::is_some) {
        notes.insert("labels".to_owned(), serde_json::to_string(labels)?);
    }
    Ok(())
}

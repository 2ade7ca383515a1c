//! In which order examples are learned.

use std::path::PathBuf;
use std::str::FromStr;

use attractor_data::Set;
use attractor_data::scenario::{ClassOrder, Scenario, read_order};

/// An order on the command line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ordering {
    /// As the data lie.
    AsIs,
    /// Shuffled.
    Iid,
    /// So many new classes after the other.
    Classes(usize),
    /// The indices in a file.
    File(PathBuf),
}

impl FromStr for Ordering {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}`: write as-is, iid, class:N (N new classes at a time) or file:PATH");
        match (text, text.split_once(':')) {
            ("as-is", _) => Ok(Self::AsIs),
            ("iid", _) => Ok(Self::Iid),
            (_, Some(("class", number))) => match number.parse() {
                Ok(number) if number > 0 => Ok(Self::Classes(number)),
                _ => Err(wrong()),
            },
            (_, Some(("file", path))) if !path.is_empty() => Ok(Self::File(path.into())),
            _ => Err(wrong()),
        }
    }
}

impl Ordering {
    /// The experiences. A seed draws the order of the classes too, which ascends without one.
    pub(crate) fn scenario(&self, set: &Set, seed: Option<u64>) -> anyhow::Result<Scenario> {
        let drawn = seed.unwrap_or(0);
        Ok(match self {
            Self::AsIs => Scenario::in_order(set),
            Self::Iid => Scenario::iid(set, drawn),
            Self::Classes(per) => {
                let order = seed.map_or(ClassOrder::Ascending, ClassOrder::Seeded);
                Scenario::class_incremental(set, &order, *per)?.shuffled(drawn)
            }
            Self::File(path) => Scenario::given(set, read_order(path, set.len())?)?,
        })
    }

    /// For reports.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::AsIs => "in the order of the data".to_owned(),
            Self::Iid => "in random order".to_owned(),
            Self::Classes(per) => format!("{per} new classes at a time, each shuffled"),
            Self::File(path) => format!("in the order of {}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_read() {
        assert_eq!("class:2".parse(), Ok(Ordering::Classes(2)));
        assert_eq!("file:a:b.txt".parse(), Ok(Ordering::File("a:b.txt".into())));
        for wrong in ["", "class", "class:0", "class:x", "file:", "IID", "random"] {
            assert!(wrong.parse::<Ordering>().is_err(), "{wrong}");
        }
    }
}

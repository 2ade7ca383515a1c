//! How damage is written on a command line.

use std::fmt;
use std::str::FromStr;

use super::{Corruption, Region};
use crate::error::Error;

const CHOICES: &str = "flip:SHARE, gauss:STD[:LOW:HIGH], mask:upper|lower|left|right|random:SHARE[:FILL], \
                       occlude:HEIGHTxWIDTH[:FILL], patches:SIDE:SHARE[:FILL]";

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fill = |fill: f32| if fill == 0.0 { String::new() } else { format!(":{fill}") };
        match *self {
            Self::Flip { share } => write!(f, "flip:{share}"),
            Self::Gaussian { std, clamp: None } => write!(f, "gauss:{std}"),
            Self::Gaussian { std, clamp: Some((low, high)) } => write!(f, "gauss:{std}:{low}:{high}"),
            Self::Mask { region, fill: value } => write!(f, "mask:{region}{}", fill(value)),
            Self::Occlude { height, width, fill: value } => {
                write!(f, "occlude:{height}x{width}{}", fill(value))
            }
            Self::Patches { side, share, fill: value } => write!(f, "patches:{side}:{share}{}", fill(value)),
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Upper(_) => "upper",
            Self::Lower(_) => "lower",
            Self::Left(_) => "left",
            Self::Right(_) => "right",
            Self::Random(_) => "random",
        };
        write!(f, "{name}:{}", self.share())
    }
}

impl FromStr for Corruption {
    type Err = Error;

    /// Reads what [`fmt::Display`] writes. Ranges that do not depend on the patterns are checked here too.
    fn from_str(text: &str) -> Result<Self, Error> {
        let unknown =
            || Error::Choice { what: "damage", found: text.to_owned(), choices: CHOICES.to_owned() };
        let words: Vec<&str> = text.split(':').collect();
        let corruption = read(&words).ok_or_else(unknown)?;
        // An occlusion or a patch can only be too large for a shape, and that is not known yet.
        if !matches!(corruption, Self::Occlude { .. } | Self::Patches { .. }) {
            corruption.check(crate::Shape::Vector(1))?;
        }
        Ok(corruption)
    }
}

fn read(words: &[&str]) -> Option<Corruption> {
    let fill = |rest: &[&str]| match rest {
        [] => Some(0.0),
        [fill] => fill.parse().ok(),
        _ => None,
    };
    Some(match words {
        ["flip", share] => Corruption::Flip { share: share.parse().ok()? },
        ["gauss", std] => Corruption::Gaussian { std: std.parse().ok()?, clamp: None },
        ["gauss", std, low, high] => Corruption::Gaussian {
            std: std.parse().ok()?,
            clamp: Some((low.parse().ok()?, high.parse().ok()?)),
        },
        ["mask", region, share, rest @ ..] => {
            let share = share.parse().ok()?;
            let region = match *region {
                "upper" => Region::Upper(share),
                "lower" => Region::Lower(share),
                "left" => Region::Left(share),
                "right" => Region::Right(share),
                "random" => Region::Random(share),
                _ => return None,
            };
            Corruption::Mask { region, fill: fill(rest)? }
        }
        ["occlude", size, rest @ ..] => {
            let (height, width) = size.split_once('x')?;
            Corruption::Occlude {
                height: height.parse().ok()?,
                width: width.parse().ok()?,
                fill: fill(rest)?,
            }
        }
        ["patches", side, share, rest @ ..] => {
            Corruption::Patches { side: side.parse().ok()?, share: share.parse().ok()?, fill: fill(rest)? }
        }
        _ => return None,
    })
}

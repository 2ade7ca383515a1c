//! Which depth everything has.

use super::HopfieldConfig;
use crate::Error;

/// Depths; `None` only where nothing is projected, so that whatever comes in is as deep as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    /// Of `R`, `Y` and `V`.
    pub(super) state: Option<usize>,
    pub(super) stored: Option<usize>,
    pub(super) values: Option<usize>,
    /// Of the association and of what it reads, per head.
    pub(super) association: Option<usize>,
    pub(super) read: Option<usize>,
    /// After the output projection.
    pub(super) output: Option<usize>,
}

impl Sizes {
    pub(super) fn of(config: &HopfieldConfig) -> Result<Self, Error> {
        check_range(config)?;
        let heads = config.num_heads;
        let association = match (config.hidden_size, config.input_size) {
            (Some(hidden), _) => Some(hidden),
            (None, Some(input)) if input % heads == 0 => Some(input / heads),
            (None, Some(size)) => return Err(Error::Heads { name: "input_size", size, heads }),
            (None, None) => None,
        };
        if config.input_size.is_none() && !config.fully_static() {
            let reason = "needed unless all three patterns are static, not connected, not normalised in Hopfield \
                          space, and the output projection is disabled";
            return Err(Error::Options { option: "input_size", reason });
        }
        let read = config.pattern_size.or(association);
        let connected = config.pattern_projection_as_connected;
        let stored = match config.stored_pattern_as_static {
            true => association,
            false => config.stored_pattern_size.or(config.input_size),
        };
        let values = match config.pattern_projection_as_static && !connected {
            true => read,
            false => config.pattern_projection_size.or(if connected { stored } else { config.input_size }),
        };
        let state = if config.state_pattern_as_static { association } else { config.input_size };
        let sizes = Self {
            state,
            stored,
            values,
            association,
            read,
            output: config.output_size.or(config.input_size),
        };
        agree(
            "stored_pattern_size (static: the depth of the association)",
            stored,
            config.stored_pattern_size,
        )?;
        agree("pattern_projection_size (static: pattern_size)", values, config.pattern_projection_size)?;
        if connected {
            agree("pattern_size (connected: hidden_size)", association, read)?;
            agree("pattern_projection_size (connected: stored_pattern_size)", stored, values)?;
        }
        for (from, to) in [(state, association), (stored, association), (values, read), (read, sizes.output)]
        {
            if let (Some(from), Some(to)) = (from, to) {
                Error::allocatable("weights of a projection", &[from, heads, to])?;
            }
        }
        Ok(sizes)
    }
}

/// Products of two sizes are far from overflow, and those of all three of a projection are checked.
const LARGEST: usize = 1 << 24;

fn check_range(config: &HopfieldConfig) -> Result<(), Error> {
    let sizes = [
        ("num_heads", Some(config.num_heads)),
        ("input_size", config.input_size),
        ("hidden_size", config.hidden_size),
        ("output_size", config.output_size),
        ("pattern_size", config.pattern_size),
        ("stored_pattern_size", config.stored_pattern_size),
        ("pattern_projection_size", config.pattern_projection_size),
    ];
    let outside = |size: &Option<usize>| size.is_some_and(|size| size == 0 || size > LARGEST);
    match sizes.into_iter().find(|(_, size)| outside(size)) {
        None => Ok(()),
        Some((name, size)) => {
            let value = size.unwrap_or(0) as f64;
            Err(Error::Parameter { name, value, limit: "at least 1 and at most 16777216" })
        }
    }
}

fn agree(place: &'static str, expected: Option<usize>, found: Option<usize>) -> Result<(), Error> {
    match (expected, found) {
        (Some(expected), Some(found)) if expected != found => Err(Error::Size { place, expected, found }),
        _ => Ok(()),
    }
}

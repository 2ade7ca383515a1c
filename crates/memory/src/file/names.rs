//! Names of choices that memory files and the command line write and read.
//!
//! [`Similarity`](crate::Similarity) and [`Separation`](crate::Separation) bring their own.

use crate::binary::Interaction;
use crate::classical::{Diagonal, Rule};
use crate::{Error, Projection};

impl Projection {
    /// `linear`, `tanh(GAIN)`, `normalise` or `sign`.
    pub fn name(&self) -> String {
        match self {
            Self::Linear => "linear".to_owned(),
            Self::Tanh { gain } => format!("tanh({gain:?})"),
            Self::Normalise => "normalise".to_owned(),
            Self::Sign => "sign".to_owned(),
        }
    }

    /// Reads what [`Projection::name`] writes.
    ///
    /// # Errors
    /// [`Error::Choice`] for another name, [`Error::Parameter`] for a gain out of its range.
    ///
    /// ```
    /// use attractor_memory::Projection;
    /// assert_eq!(Projection::parse("tanh(2)")?, Projection::Tanh { gain: 2.0 });
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, Error> {
        let projection = match split(text) {
            ("linear", None) => Self::Linear,
            ("normalise", None) => Self::Normalise,
            ("sign", None) => Self::Sign,
            ("tanh", Some(gain)) if gain.parse::<f64>().is_ok() => {
                Self::Tanh { gain: gain.parse().unwrap_or(f64::NAN) }
            }
            _ => return Err(unknown("projection", text, "linear, tanh(gain), normalise, sign")),
        };
        projection.check()?;
        Ok(projection)
    }
}

impl Interaction {
    /// `polynomial(n)`, `rectified(n)` or `exponential(beta)`.
    pub fn name(&self) -> String {
        match self {
            Self::Polynomial(n) => format!("polynomial({n})"),
            Self::Rectified(n) => format!("rectified({n})"),
            Self::Exponential(beta) => format!("exponential({beta:?})"),
        }
    }

    /// Reads what [`Interaction::name`] writes; the range of a parameter is checked when a memory is built.
    ///
    /// # Errors
    /// [`Error::Choice`] for another name.
    ///
    /// ```
    /// use attractor_memory::binary::Interaction;
    /// assert_eq!(Interaction::parse("rectified(3)")?, Interaction::Rectified(3));
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, Error> {
        let read = match split(text) {
            ("polynomial", Some(degree)) => degree.parse().ok().map(Self::Polynomial),
            ("rectified", Some(degree)) => degree.parse().ok().map(Self::Rectified),
            ("exponential", Some(beta)) => beta.parse().ok().map(Self::Exponential),
            _ => None,
        };
        read.ok_or_else(|| unknown("interaction", text, "polynomial(n), rectified(n), exponential(beta)"))
    }
}

impl Rule {
    /// `hebb`, `storkey`, `pseudo-inverse(kept)` or `pseudo-inverse(zeroed)`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Hebb => "hebb",
            Self::Storkey => "storkey",
            Self::PseudoInverse { diagonal: Diagonal::Kept, .. } => "pseudo-inverse(kept)",
            Self::PseudoInverse { diagonal: Diagonal::Zeroed, .. } => "pseudo-inverse(zeroed)",
        }
    }

    /// Reads what [`Rule::name`] writes, with the default tolerance.
    ///
    /// # Errors
    /// [`Error::Choice`] for another name.
    ///
    /// ```
    /// use attractor_memory::classical::Rule;
    /// assert_eq!(Rule::parse("storkey")?, Rule::Storkey);
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, Error> {
        let all = [
            Self::Hebb,
            Self::Storkey,
            Self::pseudo_inverse(Diagonal::Kept),
            Self::pseudo_inverse(Diagonal::Zeroed),
        ];
        let names = all.map(|rule| rule.name()).join(", ");
        all.into_iter().find(|rule| rule.name() == text.trim()).ok_or_else(|| unknown("rule", text, &names))
    }
}

/// `name(argument)` in its parts.
fn split(text: &str) -> (&str, Option<&str>) {
    let text = text.trim();
    match text.strip_suffix(')').and_then(|text| text.split_once('(')) {
        Some((name, argument)) => (name, Some(argument.trim())),
        None => (text, None),
    }
}

fn unknown(place: &'static str, found: &str, choices: &str) -> Error {
    Error::Choice { place, found: found.to_owned(), choices: choices.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_a_round_trip() {
        for projection in
            [Projection::Linear, Projection::Tanh { gain: 0.1 }, Projection::Normalise, Projection::Sign]
        {
            assert_eq!(Projection::parse(&projection.name()), Ok(projection));
        }
        for interaction in
            [Interaction::Polynomial(4), Interaction::Rectified(3), Interaction::Exponential(1e-300)]
        {
            assert_eq!(Interaction::parse(&interaction.name()), Ok(interaction));
        }
        for diagonal in [Diagonal::Kept, Diagonal::Zeroed] {
            let rule = Rule::pseudo_inverse(diagonal);
            assert_eq!(Rule::parse(rule.name()), Ok(rule));
        }
    }

    #[test]
    fn other_names_are_refused_with_the_list() {
        for text in ["", "tanh", "tanh(x)", "tanh(0)", "sign(1)", "linear(", "normalize"] {
            assert!(Projection::parse(text).is_err(), "{text}");
        }
        for text in ["", "polynomial", "polynomial(-1)", "polynomial(2.5)", "rectified()", "exp(1)"] {
            assert!(Interaction::parse(text).unwrap_err().to_string().contains("rectified(n)"), "{text}");
        }
        assert!(Rule::parse("pseudo-inverse").unwrap_err().to_string().contains("pseudo-inverse(zeroed)"));
    }
}

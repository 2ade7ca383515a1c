//! Separations by name: what the command line and the memory file write and read.

use super::{
    Separate, Separation, argmax, budget, entmax, epanechnikov, exponential, identity, normmax, polynomial,
    softmax, softmax1, sparsemax, topk,
};
use crate::Error;

/// Every separation that has a name; one line each.
const FORMS: &[Form] = &[
    softmax::FORM,
    softmax1::FORM,
    sparsemax::FORM,
    entmax::FORM,
    normmax::FORM,
    budget::FORM,
    topk::RENORMALISED,
    topk::KEEP,
    argmax::FORM,
    identity::FORM,
    polynomial::SIGNED,
    polynomial::RECTIFIED,
    exponential::FORM,
    epanechnikov::FORM,
];

impl Separation {
    /// The separation with this name at inverse temperature `beta`: `softmax`, `softmax1`, `sparsemax`,
    /// `entmax(1.5)`, `normmax(2)`, `budget(3)`, `topk(8)`, `topk-keep(8)`, `argmax`, `identity`,
    /// `polynomial(3)`, `rectified(3)`, `exponential`, `epanechnikov`.
    /// It reads what [`Separate::name`] writes.
    ///
    /// # Errors
    /// [`Error::Choice`] for a name that is none of these, with the list of them;
    /// [`Error::Parameter`] for a parameter out of its range.
    ///
    /// ```
    /// use attractor_memory::Separation;
    ///
    /// let separation = Separation::parse("entmax(1.5)", 8.0)?;
    /// assert_eq!(separation.kind().name(), "entmax(1.5)");
    /// assert!(Separation::parse("hardmax", 8.0).unwrap_err().to_string().contains("argmax"));
    /// # Ok::<(), attractor_memory::Error>(())
    /// ```
    pub fn parse(text: &str, beta: f64) -> Result<Self, Error> {
        let unknown = || Error::Choice { place: "separation", found: text.into(), choices: choices() };
        let text = text.trim();
        let (name, argument) = match text.split_once('(') {
            Some((name, rest)) => (name, Some(rest.strip_suffix(')').ok_or_else(unknown)?.trim())),
            None => (text, None),
        };
        let form = FORMS.iter().find(|form| form.name == name).ok_or_else(unknown)?;
        let kind = match (form.make, argument) {
            (Maker::Plain(make), None) => make(),
            (Maker::Real(_, make), Some(number)) => make(number.parse().map_err(|_| unknown())?)?,
            (Maker::Whole(_, make), Some(number)) => make(number.parse().map_err(|_| unknown())?)?,
            _ => return Err(unknown()),
        };
        let separation = Self { kind: kind.into(), beta };
        separation.check()?;
        Ok(separation)
    }
}

/// One entry of the list: a name and what makes the separation.
pub(super) struct Form {
    pub(super) name: &'static str,
    pub(super) make: Maker,
}

/// How a separation is made, by the parameter that it takes and what the list calls it.
#[derive(Clone, Copy)]
pub(super) enum Maker {
    Plain(fn() -> Box<dyn Separate>),
    Real(&'static str, fn(f64) -> Result<Box<dyn Separate>, Error>),
    Whole(&'static str, fn(usize) -> Result<Box<dyn Separate>, Error>),
}

fn choices() -> String {
    let one = |form: &Form| match form.make {
        Maker::Plain(_) => form.name.to_string(),
        Maker::Real(parameter, _) | Maker::Whole(parameter, _) => format!("{}({parameter})", form.name),
    };
    FORMS.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_a_round_trip() {
        for form in FORMS {
            let arguments: &[&str] = match form.make {
                Maker::Plain(_) => &[""],
                Maker::Real(..) => &["(1.5)", "(1.33)", "(3)", "(1000)"],
                Maker::Whole(..) => &["(2)", "(3)", "(17)"],
            };
            for argument in arguments {
                let text = format!("{}{argument}", form.name);
                let separation = Separation::parse(&text, 2.5).unwrap();
                assert_eq!(separation.kind().name(), text);
                assert_eq!(separation.beta(), 2.5);
            }
        }
    }

    #[test]
    fn special_alphas_are_the_named_separations() {
        for (text, name) in [("entmax(1)", "softmax"), ("entmax( 2.0 )", "sparsemax"), (" argmax ", "argmax")]
        {
            assert_eq!(Separation::parse(text, 1.0).unwrap().kind().name(), name);
        }
    }

    #[test]
    fn unknown_names_list_every_choice() {
        let wrong = [
            "",
            "hardmax",
            "softmax(1)",
            "softmax()",
            "entmax",
            "entmax(x)",
            "topk(1.5)",
            "topk(-1)",
            "topk(2",
        ];
        for text in wrong {
            let error = Separation::parse(text, 1.0).unwrap_err();
            assert!(matches!(error, Error::Choice { .. }), "{text}: {error}");
            let message = error.to_string();
            for form in FORMS {
                assert!(message.contains(form.name), "{message}");
            }
        }
    }

    #[test]
    fn parameters_out_of_range_are_refused() {
        let wrong = [
            "entmax(0.99)",
            "entmax(NaN)",
            "entmax(inf)",
            "normmax(1)",
            "normmax(inf)",
            "budget(0)",
            "topk(0)",
            "topk-keep(0)",
            "polynomial(1)",
            "rectified(0)",
            "polynomial(2147483648)",
        ];
        for text in wrong {
            let error = Separation::parse(text, 1.0).unwrap_err();
            assert!(matches!(error, Error::Parameter { .. }), "{text}: {error}");
        }
        for beta in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Separation::parse("softmax", beta).is_err());
        }
    }
}

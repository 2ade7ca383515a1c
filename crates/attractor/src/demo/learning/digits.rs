//! Handwritten digits, where MNIST is at hand.

use attractor_data::{Error, Part, Scale, Set, Shape, mnist};

use super::lesson::{Examples, Lesson, in_steps};

/// Digits of each class that are learned from, and that are asked about: the first ones of either part.
const SHOWN: usize = 500;
const ASKED: usize = 100;

/// Ten digits, two at a time; `Err` with a hint where MNIST is not there.
pub(crate) fn digits(seed: u64) -> anyhow::Result<Result<Lesson, String>> {
    let (train, test) = match (mnist(Part::Train), mnist(Part::Test)) {
        (Ok(train), Ok(test)) => (first(train, SHOWN)?, first(test, ASKED)?),
        (Err(Error::Missing { hint, .. }), _) | (_, Err(Error::Missing { hint, .. })) => {
            return Ok(Err(hint));
        }
        (Err(other), _) | (_, Err(other)) => return Err(other.into()),
    };
    let (stream, steps) = in_steps(&train, 10, 2, seed, "digits")?;
    let strangers = Examples::none(stream.patterns.ncols());
    Ok(Ok(Lesson {
        name: "mnist",
        title: "Ten handwritten digits",
        about: format!(
            "The first {SHOWN} training digits of each class of MNIST, two classes at a time; asked about are \
             the first {ASKED} test digits of each."
        ),
        shape: Shape::grey(28, 28),
        classes: (0..10).map(|digit: u32| digit.to_string()).collect(),
        steps,
        stream,
        test,
        strangers,
    }))
}

/// The first `each` of every class, ink from -1 to +1.
fn first(set: Set, each: usize) -> anyhow::Result<Examples> {
    let mut seen = [0; 10];
    let mut rows = Vec::new();
    for (row, &class) in set.labels().unwrap_or(&[]).iter().enumerate() {
        if let Some(count) = seen.get_mut(class as usize).filter(|count| **count < each) {
            *count += 1;
            rows.push(row);
        }
    }
    let part = set.subset(&rows)?.scaled(Scale::Signed);
    let classes = part.labels().unwrap_or(&[]).to_vec();
    Ok(Examples { patterns: part.into_patterns(), classes })
}

//! Partial results over some leaves, and how neighbours merge.

use super::candidates::Candidate;

/// One cue's partial result over some leaves.
pub(super) enum Part {
    Exponential { maximum: f64, sum: f64, weighted: Vec<f64> },
    Pointwise { conjugate: f64, weighted: Vec<f64> },
    Candidates { rows: Vec<Candidate> },
}

/// Merges two neighbours. Guarded for the identity, whose maximum is minus infinity.
pub(super) fn merge(a: Part, b: Part) -> Part {
    match (a, b) {
        (
            Part::Exponential { maximum: ma, sum: sa, weighted: mut wa },
            Part::Exponential { maximum: mb, sum: sb, weighted: wb },
        ) => {
            let maximum = ma.max(mb);
            let decay = |m: f64| if m == maximum { 1.0 } else { (m - maximum).exp() };
            let (fa, fb) = (decay(ma), decay(mb));
            for (a, b) in wa.iter_mut().zip(wb) {
                *a = *a * fa + b * fb;
            }
            Part::Exponential { maximum, sum: sa * fa + sb * fb, weighted: wa }
        }
        (
            Part::Pointwise { conjugate: ca, weighted: mut wa },
            Part::Pointwise { conjugate: cb, weighted: wb },
        ) => {
            wa.iter_mut().zip(wb).for_each(|(a, b)| *a += b);
            Part::Pointwise { conjugate: ca + cb, weighted: wa }
        }
        (Part::Candidates { rows: mut a }, Part::Candidates { rows: b }) => {
            a.extend(b);
            Part::Candidates { rows: a }
        }
        (a, _) => a,
    }
}

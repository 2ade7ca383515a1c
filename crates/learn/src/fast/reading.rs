//! What the fast system says to a cue.

use attractor_memory::{Associate, Association};

/// The episodes that answer a cue, and what follows from them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reading {
    /// The episodes with weight, by id; the weights sum to one.
    pub(crate) answers: Vec<Associate>,
    /// The class of each of them.
    pub(crate) labels: Vec<Option<u32>>,
    /// `-(1/beta) ln sum exp(beta * similarity)`; infinite when there is no episode.
    pub(crate) energy: f64,
    /// `1 / sum w^2`.
    pub(crate) effective: f64,
}

impl Reading {
    pub(crate) fn nothing() -> Self {
        Self { answers: Vec::new(), labels: Vec::new(), energy: f64::INFINITY, effective: 0.0 }
    }

    pub(crate) fn new(association: Association, label: impl Fn(u64) -> Option<u32>) -> Self {
        let labels = association.answers.iter().map(|a| label(a.id)).collect();
        let effective = association.effective();
        Self { energy: association.energy, effective, labels, answers: association.answers }
    }

    /// What it would be if this episode were not there.
    pub(crate) fn without(mut self, id: u64, beta: f64) -> Self {
        let Some(at) = self.answers.iter().position(|a| a.id == id) else { return self };
        self.answers.remove(at);
        self.labels.remove(at);
        let top = self.answers.iter().map(|a| a.similarity).fold(f64::NEG_INFINITY, f64::max);
        if top == f64::NEG_INFINITY {
            return Self::nothing();
        }
        let total: f64 = self.answers.iter().map(|a| (beta * (a.similarity - top)).exp()).sum();
        for answer in &mut self.answers {
            answer.weight = (beta * (answer.similarity - top)).exp() / total;
        }
        self.energy = -(top + total.ln() / beta);
        self.effective = 1.0 / self.answers.iter().map(|a| a.weight * a.weight).sum::<f64>();
        self
    }

    /// The weight of every class below `classes`. Sums to one, or to zero when no episode has a label.
    pub(crate) fn distribution(&self, classes: usize) -> Vec<f64> {
        let mut shares = vec![0.0; classes];
        for (answer, label) in self.answers.iter().zip(&self.labels) {
            if let Some(share) = label.and_then(|class| shares.get_mut(class as usize)) {
                *share += answer.weight;
            }
        }
        let total: f64 = shares.iter().sum();
        if total > 0.0 {
            shares.iter_mut().for_each(|share| *share /= total);
        }
        shares
    }

    /// The most similar episode of this class; of equals the oldest.
    pub(crate) fn nearest_of(&self, class: u32) -> Option<&Associate> {
        let of_class = self.answers.iter().zip(&self.labels).filter(|(_, label)| **label == Some(class));
        of_class.map(|(a, _)| a).reduce(|best, a| if a.similarity > best.similarity { a } else { best })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_of_a_class_add_up() {
        let answer = |id, similarity, weight| Associate { id, similarity, weight };
        let answers = vec![answer(3, -1.0, 0.5), answer(5, -0.5, 0.3), answer(9, -0.5, 0.2)];
        let association = Association { answers, energy: 0.25 };
        let reading = Reading::new(association, |id| (id != 9).then_some((id == 3).into()));
        assert_eq!(reading.distribution(2), [0.3 / 0.8, 0.5 / 0.8]);
        assert_eq!(reading.nearest_of(1).map(|a| a.id), Some(3));
        assert_eq!(reading.nearest_of(7), None);
        assert_eq!(Reading::nothing().distribution(3), [0.0; 3]);
        assert!((reading.effective - 1.0 / 0.38).abs() < 1e-12);
        let rest = reading.without(3, 2.0);
        assert_eq!(rest.answers.iter().map(|a| a.weight).collect::<Vec<_>>(), [0.5, 0.5]);
        assert!((rest.energy - (0.5 - 2f64.ln() / 2.0)).abs() < 1e-12);
        assert_eq!(rest.without(5, 2.0).without(9, 2.0), Reading::nothing());
    }
}

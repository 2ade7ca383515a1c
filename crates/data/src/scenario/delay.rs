//! Labels that arrive late.

use std::collections::VecDeque;

/// One turn of a delayed stream: first predict the question, then learn the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn<T> {
    /// What has to be predicted now; none once the stream has ended and only answers are left.
    pub question: Option<T>,
    /// What may be learned now; none while the first answers are on their way.
    pub answer: Option<T>,
}

/// A stream whose samples can be learned `delay` turns after they had to be predicted.
/// All answers still arrive, the last `delay` of them after the end.
///
/// With a delay of 0 each turn has the same sample twice: predict, then learn (the prequential protocol).
/// Holds `delay` samples.
///
/// ```
/// use attractor_data::scenario::delayed;
/// let turns: Vec<_> = delayed(1..=3, 2).map(|turn| (turn.question, turn.answer)).collect();
/// assert_eq!(turns, [(Some(1), None), (Some(2), None), (Some(3), Some(1)), (None, Some(2)), (None, Some(3))]);
/// ```
pub fn delayed<I: IntoIterator<Item: Clone>>(stream: I, delay: usize) -> Delayed<I::IntoIter> {
    Delayed { stream: stream.into_iter().fuse(), delay, waiting: VecDeque::new() }
}

/// The turns of [`delayed`].
#[derive(Debug, Clone)]
pub struct Delayed<I: Iterator> {
    stream: std::iter::Fuse<I>,
    delay: usize,
    waiting: VecDeque<I::Item>,
}

impl<I: Iterator<Item: Clone>> Iterator for Delayed<I> {
    type Item = Turn<I::Item>;

    fn next(&mut self) -> Option<Self::Item> {
        let question = self.stream.next();
        self.waiting.extend(question.clone());
        let due = question.is_none() || self.waiting.len() > self.delay;
        let answer = if due { self.waiting.pop_front() } else { None };
        (question.is_some() || answer.is_some()).then_some(Turn { question, answer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_answer_comes_once_and_never_early(n in 0usize..50, delay in 0usize..60) {
            let turns: Vec<_> = delayed(0..n, delay).collect();
            let questions: Vec<_> = turns.iter().filter_map(|turn| turn.question).collect();
            let answers: Vec<_> = turns.iter().filter_map(|turn| turn.answer).collect();
            prop_assert_eq!(&questions, &(0..n).collect::<Vec<_>>());
            prop_assert_eq!(&answers, &questions);
            for (time, turn) in turns.iter().enumerate() {
                // A short stream ends before its first answer is due: the wait ends with it.
                prop_assert!(turn.answer.is_none_or(|asked| time >= asked + delay || time >= n));
                prop_assert_eq!(turn.question.is_some(), time < n);
            }
        }
    }
}

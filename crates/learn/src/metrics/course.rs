//! Accuracy while learning, between the boundaries.

use serde::{Deserialize, Serialize};

use super::{Value, mean, share};
use crate::Error;

/// The accuracies on all tasks at one moment of learning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    /// Steps (samples, batches: the report says) learned so far.
    pub step: u64,
    /// The experience that was being learned, from 0.
    pub experience: usize,
    /// Accuracy on every task, `(T,)`, those to come too.
    pub accuracy: Vec<f64>,
}

/// Evaluations in time, the last one of each experience at its end.
///
/// It shows the *stability gap*: at a boundary the accuracy on old tasks falls within a few steps, and comes back
/// later. Evaluations at boundaries only cannot see it (De Lange, van de Ven, Tuytelaars 2023).
///
/// ```
/// use attractor_learn::metrics::{Course, Evaluation};
/// let at = |step, experience, accuracy: [f64; 2]| Evaluation { step, experience, accuracy: accuracy.to_vec() };
/// let course = Course::new(vec![at(1, 0, [0.9, 0.0]), at(2, 1, [0.3, 0.4]), at(3, 1, [0.8, 0.8])])?;
/// let min = course.summaries(2)?.into_iter().find(|value| value.definition == "min_acc").unwrap();
/// assert_eq!(min.value, 0.3, "the last row of a matrix would show 0.8");
/// # Ok::<(), attractor_learn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Evaluation>", into = "Vec<Evaluation>")]
pub struct Course {
    evaluations: Vec<Evaluation>,
}

impl TryFrom<Vec<Evaluation>> for Course {
    type Error = Error;

    fn try_from(evaluations: Vec<Evaluation>) -> Result<Self, Error> {
        Self::new(evaluations)
    }
}

impl From<Course> for Vec<Evaluation> {
    fn from(course: Course) -> Self {
        course.evaluations
    }
}

impl Course {
    /// Evaluations of T tasks, one at least of each of the T experiences, in time.
    ///
    /// # Errors
    /// [`Error::TooFew`] without any or for an experience without one, [`Error::Width`] for another number of tasks,
    /// [`Error::Parameter`] for an accuracy outside 0 to 1, steps or experiences that go back or an experience
    /// beyond T.
    pub fn new(evaluations: Vec<Evaluation>) -> Result<Self, Error> {
        let Some(first) = evaluations.first() else {
            return Err(Error::TooFew { what: "a course of learning", needed: 1, found: 0 });
        };
        let tasks = first.accuracy.len();
        let mut reached = (0, 0);
        for evaluation in &evaluations {
            if evaluation.accuracy.len() != tasks {
                let (expected, found) = (tasks, evaluation.accuracy.len());
                return Err(Error::Width { expected, found, place: "tasks of an evaluation" });
            }
            evaluation.accuracy.iter().try_for_each(|&value| share("accuracy", value).map(drop))?;
            let (step, experience) = (evaluation.step, evaluation.experience);
            if step < reached.0 {
                return Err(Error::Parameter {
                    name: "step",
                    value: step as f64,
                    limit: "at least that of the evaluation before",
                });
            }
            if experience >= tasks || !(reached.1..=reached.1 + 1).contains(&experience) {
                return Err(Error::Parameter {
                    name: "experience",
                    value: experience as f64,
                    limit: "that of the evaluation before or the next one, below the number of tasks, first 0",
                });
            }
            reached = (step, experience);
        }
        if first.experience != 0 || reached.1 + 1 != tasks {
            let found = if first.experience == 0 { reached.1 + 1 } else { 0 };
            return Err(Error::TooFew { what: "a course with a task per experience", needed: tasks, found });
        }
        Ok(Self { evaluations })
    }

    /// The evaluations, in time.
    pub fn evaluations(&self) -> &[Evaluation] {
        &self.evaluations
    }

    /// Number of tasks, T.
    pub fn tasks(&self) -> usize {
        self.evaluations[0].accuracy.len()
    }

    /// The accuracies on a task, in time, from the end of the experience `from` on (its last evaluation included).
    fn since_end(&self, task: usize, from: usize) -> impl Iterator<Item = f64> + '_ {
        let end = self.evaluations.iter().rposition(|e| e.experience == from).unwrap_or(0);
        self.evaluations[end..].iter().map(move |e| e.accuracy[task])
    }

    /// The summaries, `window` (at least 2) being the number of evaluations of `wf` and `wp`.
    ///
    /// | id | meaning | source |
    /// | --- | --- | --- |
    /// | `min_acc` | mean over the tasks before the last of the lowest accuracy in the evaluations after the experience of the task has ended | De Lange et al. 2023 |
    /// | `wc_acc` | worst-case accuracy: acc_T/T + (1 - 1/T) min_acc, acc_T being the last accuracy on the last task | the same |
    /// | `wf.W` | mean over tasks of the largest drop within W evaluations | the same |
    /// | `wp.W` | mean over tasks of the largest rise within W evaluations | the same |
    /// | `stability_gap` | mean over all pairs of a task and a later experience of the accuracy just before that experience minus the lowest during it, 0 where it never falls | a definition of this project |
    /// | `anytime.all` | mean over experiences of the mean over their evaluations of the mean accuracy on all tasks | CapyMOA |
    /// | `anytime.seen` | the same on the tasks seen so far, the present one included | CapyMOA |
    ///
    /// With one task there is no `min_acc`, `wc_acc` or `stability_gap`.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a window below 2.
    pub fn summaries(&self, window: usize) -> Result<Vec<Value>, Error> {
        if window < 2 {
            let limit = "at least 2 evaluations";
            return Err(Error::Parameter { name: "window", value: window as f64, limit });
        }
        let tasks = self.tasks();
        let lowest = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::INFINITY, f64::min);
        // The evaluation at the end of an experience is still part of it.
        let minimum = |task: usize| lowest(&mut self.since_end(task, task).skip(1));
        let min_acc = mean((0..tasks - 1).map(minimum));
        let last = self.evaluations[self.evaluations.len() - 1].accuracy[tasks - 1];
        let worst = min_acc.map(|min| last / tasks as f64 + (1.0 - 1.0 / tasks as f64) * min);
        let change = |sign: f64| {
            mean((0..tasks).map(|task| {
                let curve: Vec<f64> = self.evaluations.iter().map(|e| sign * e.accuracy[task]).collect();
                largest_drop(&curve, window)
            }))
        };
        let gap =
            mean((1..tasks).flat_map(|experience| (0..experience).map(move |task| (experience, task))).map(
                |(experience, task)| {
                    let before = self.since_end(task, experience - 1).next().unwrap_or(0.0);
                    let during = self.evaluations.iter().filter(|e| e.experience == experience);
                    (before - lowest(&mut during.map(|e| e.accuracy[task]))).max(0.0)
                },
            ));
        let anytime = |seen: bool| {
            mean((0..tasks).filter_map(|experience| {
                let during = self.evaluations.iter().filter(|e| e.experience == experience);
                let counted = if seen { experience + 1 } else { tasks };
                mean(during.filter_map(|e| mean(e.accuracy[..counted].iter().copied())))
            }))
        };
        let values = [
            ("min_acc".to_owned(), min_acc),
            ("wc_acc".to_owned(), worst),
            (format!("wf.{window}"), change(1.0)),
            (format!("wp.{window}"), change(-1.0)),
            ("stability_gap".to_owned(), gap),
            ("anytime.all".to_owned(), anytime(false)),
            ("anytime.seen".to_owned(), anytime(true)),
        ];
        let known =
            |(definition, value): (String, Option<f64>)| value.map(|value| Value { definition, value });
        Ok(values.into_iter().filter_map(known).collect())
    }
}

/// The largest fall from a value to one at most `window` - 1 places later; 0 where nothing falls.
fn largest_drop(curve: &[f64], window: usize) -> f64 {
    let drop = |(place, from): (usize, &f64)| {
        let later = &curve[place..curve.len().min(place.saturating_add(window))];
        from - later.iter().copied().fold(f64::INFINITY, f64::min)
    };
    curve.iter().enumerate().map(drop).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(rows: &[(usize, [f64; 3])]) -> Result<Course, Error> {
        let at = |(step, &(experience, accuracy)): (usize, &(usize, [f64; 3]))| Evaluation {
            step: step as u64,
            experience,
            accuracy: accuracy.to_vec(),
        };
        Course::new(rows.iter().enumerate().map(at).collect())
    }

    #[test]
    fn a_course_by_hand() {
        let course = course(&[
            (0, [0.5, 0.0, 0.1]),
            (0, [0.9, 0.1, 0.1]),
            (1, [0.2, 0.5, 0.1]),
            (1, [0.8, 0.7, 0.1]),
            (2, [0.6, 0.3, 0.4]),
            (2, [0.7, 0.6, 1.0]),
        ])
        .unwrap();
        let values = course.summaries(2).unwrap();
        let value = |id: &str| values.iter().find(|value| value.definition == id).unwrap().value;
        let near =
            |id: &str, expected: f64| assert!((value(id) - expected).abs() < 1e-12, "{id} {}", value(id));
        // Task 0 falls to 0.2 in experience 1, task 1 to 0.3 in experience 2.
        near("min_acc", 0.25);
        near("wc_acc", (1.0 + 0.2 + 0.3) / 3.0);
        // Pairs (0 in 1), (0 in 2), (1 in 2): 0.9 - 0.2, 0.8 - 0.6, 0.7 - 0.3.
        near("stability_gap", (0.7 + 0.2 + 0.4) / 3.0);
        near("wf.2", (0.7 + 0.4 + 0.0) / 3.0);
        near("wp.2", (0.6 + 0.4 + 0.6) / 3.0);
        // Sums of rows 0.6, 1.1 | 0.8, 1.6 | 1.3, 2.3; of the tasks seen 0.5, 0.9 | 0.7/2, 1.5/2 | 1.3/3, 2.3/3.
        near("anytime.all", 7.7 / 18.0);
        near("anytime.seen", (0.7 + 0.55 + 0.6) / 3.0);
        let wide = course.summaries(6).unwrap();
        assert!((wide[3].value - (0.6 + 0.7 + 0.9) / 3.0).abs() < 1e-12, "{:?}", wide[3]);
    }

    #[test]
    fn without_a_fall_there_is_no_gap() {
        let steady = course(&[(0, [0.9, 0.0, 0.0]), (1, [0.9, 0.8, 0.0]), (2, [0.95, 0.8, 0.7])]).unwrap();
        let values = steady.summaries(3).unwrap();
        assert_eq!((values[2].value, values[4].value), (0.0, 0.0));
    }

    #[test]
    fn what_is_no_course_is_refused() {
        let row = [0.5; 3];
        assert!(course(&[]).is_err());
        assert!(course(&[(0, row), (2, row)]).is_err(), "an experience is missing");
        assert!(course(&[(0, row), (1, row)]).is_err(), "the last experience is missing");
        assert!(course(&[(1, row), (2, row)]).is_err(), "the first experience is missing");
        assert!(course(&[(0, row), (1, row), (0, row)]).is_err());
        assert!(course(&[(0, row), (1, row), (2, row), (3, row)]).is_err());
        assert!(course(&[(0, [0.5, 0.5, 1.5]), (1, row), (2, row)]).is_err());
        let whole = course(&[(0, row), (1, row), (2, row)]).unwrap();
        assert_eq!(whole.summaries(1).unwrap_err().to_string(), "window = 1: must be at least 2 evaluations");
        let one = Course::new(vec![Evaluation { step: 0, experience: 0, accuracy: vec![0.5] }]).unwrap();
        let ids: Vec<_> = one.summaries(2).unwrap().into_iter().map(|value| value.definition).collect();
        assert_eq!(ids, ["wf.2", "wp.2", "anytime.all", "anytime.seen"]);
        let json = serde_json::to_string(&whole).unwrap();
        assert_eq!(serde_json::from_str::<Course>(&json).unwrap(), whole);
        assert!(serde_json::from_str::<Course>("[]").is_err());
    }
}

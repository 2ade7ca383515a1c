//! The stream goes by: what is known of everything seen so far, after each step.

use attractor_learn::{Learner, Reader};
use rayon::prelude::*;

use super::forgetful::Forgetful;
use super::lesson::{Examples, Lesson};

/// After a step.
pub(crate) struct Point {
    /// Classes seen so far.
    pub(crate) classes: usize,
    /// Examples seen so far.
    pub(crate) looks: usize,
    /// Accuracy of the learner on all classes so far, 0 to 1.
    pub(crate) learner: f64,
    /// That of the naive network.
    pub(crate) naive: f64,
}

/// All steps.
pub(crate) struct Course {
    pub(crate) points: Vec<Point>,
    /// Accuracy of the same network after the same examples in mixed order: what the order cost it.
    pub(crate) mixed: f64,
}

/// Shows the stream to `learner` and to a naive network, each example once.
pub(super) fn course(
    lesson: &Lesson,
    learner: &mut Learner,
    seed: u64,
    progress: &dyn Fn(f64),
) -> anyhow::Result<Course> {
    let (width, classes) = (lesson.stream.patterns.ncols(), lesson.classes.len());
    let mut naive = Forgetful::new(width, classes, seed)?;
    let mut points = Vec::new();
    for step in &lesson.steps {
        let now = lesson.stream.rows(&step.looks.clone().collect::<Vec<_>>());
        learner.observe_many(now.patterns.view(), &labels(lesson, &now))?;
        train(&mut naive, &now)?;
        let so_far = lesson.test.of(&(0..step.classes.end));
        points.push(Point {
            classes: step.classes.end as usize,
            looks: step.looks.end,
            learner: accuracy(lesson, &learner.reader(), &so_far)?,
            naive: share_right(&mut naive, &so_far)?,
        });
        progress(step.looks.end as f64 / lesson.stream.len() as f64);
    }
    let mut control = Forgetful::new(width, classes, seed)?;
    train(&mut control, &lesson.stream.shuffled(seed, &format!("demo/{}/mixed", lesson.name)))?;
    Ok(Course { points, mixed: share_right(&mut control, &lesson.test)? })
}

/// The names of the classes of `examples`, for a learner.
pub(super) fn labels<'a>(lesson: &'a Lesson, examples: &Examples) -> Vec<&'a str> {
    examples.classes.iter().map(|&class| lesson.classes[class as usize].as_str()).collect()
}

/// Share of `examples` that are given their class.
pub(super) fn accuracy(lesson: &Lesson, reader: &Reader, examples: &Examples) -> anyhow::Result<f64> {
    let labels = labels(lesson, examples);
    let right = (0..examples.len()).into_par_iter().map(|row| {
        let answer = reader.predict(&examples.patterns.row(row).to_vec())?;
        Ok::<_, attractor_learn::Error>(usize::from(answer.label.as_deref() == Some(labels[row])))
    });
    Ok(right.try_reduce(|| 0, |a, b| Ok(a + b))? as f64 / examples.len().max(1) as f64)
}

fn train(network: &mut Forgetful, examples: &Examples) -> anyhow::Result<()> {
    for (pattern, &class) in examples.patterns.rows().into_iter().zip(&examples.classes) {
        network.look(pattern, class)?;
    }
    Ok(())
}

fn share_right(network: &mut Forgetful, examples: &Examples) -> anyhow::Result<f64> {
    let scores = network.scores(examples.patterns.view())?;
    let best = scores.rows().into_iter().map(|row| {
        let best = row.iter().enumerate().reduce(|best, other| if other.1 > best.1 { other } else { best });
        best.map_or(0, |(class, _)| class as u32)
    });
    let right = best.zip(&examples.classes).filter(|(best, class)| best == *class).count();
    Ok(right as f64 / examples.len().max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::super::flowers::flowers;
    use super::*;

    #[test]
    fn the_learner_keeps_what_the_network_forgets() {
        let lesson = flowers(1).unwrap();
        let mut learner = Learner::builder().ephemeral().unwrap();
        let course = course(&lesson, &mut learner, 1, &|_| {}).unwrap();
        let (first, last) = (&course.points[0], course.points.last().unwrap());
        assert_eq!((first.learner, first.naive), (1.0, 1.0), "one class cannot be confused");
        assert_eq!((last.classes, last.looks), (3, 90));
        assert!(last.learner > 0.85, "{}", last.learner);
        assert!(last.naive < 0.7, "{}", last.naive);
    }

    #[test]
    fn nobody_asked_is_nothing_right() {
        let lesson = flowers(1).unwrap();
        let learner = Learner::builder().ephemeral().unwrap();
        assert_eq!(accuracy(&lesson, &learner.reader(), &Examples::none(4)).unwrap(), 0.0);
        assert_eq!(accuracy(&lesson, &learner.reader(), &lesson.test).unwrap(), 0.0, "nothing learned yet");
    }
}

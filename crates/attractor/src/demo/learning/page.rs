//! What was learned, on the page.

use std::fmt::Write;

use attractor_data::Shape;
use attractor_lab::page::{escape, figure, table};
use attractor_lab::{Curve, Figure, Scale};

use super::forgetful::{ABOUT, NAME};
use super::questions::{Questions, Remembered};
use super::results::{Learned, Learning};
use super::terminal::{caption, completed, explained, percent, slumber, strangeness};
use crate::demo::picture::picture;

/// The sections of the second half.
pub(crate) fn page(learning: &Learning) -> String {
    let mut out = format!(
        "<h2>Learning without forgetting</h2>\n<p>A learner joins such a memory, which keeps what it saw once, \
         with a slow system that knows what is common to it. Classes come a few at a time and never again, and \
         every example is shown once. The same stream goes to {}, trained by gradient descent on what comes. \
         Both are asked about all classes so far, none ruled out.</p>\n",
        escape(ABOUT)
    );
    for learned in &learning.learned {
        section(learned, &mut out);
    }
    if let Some(hint) = &learning.missing {
        let _ = writeln!(out, "<p class=\"note\">No digits to learn here: {}.</p>", escape(hint));
    }
    out
}

fn section(learned: &Learned, out: &mut String) {
    let _ =
        writeln!(out, "<h3>{}</h3>\n<p>{}</p>", escape(learned.lesson.title), escape(&learned.lesson.about));
    out.push_str(&figure(&curves(learned)));
    let _ = writeln!(
        out,
        "<p>The naive network after the same examples in mixed order: {}. What it lost, the order took.</p>",
        percent(learned.course.mixed)
    );
    if let Some(killed) = &learned.killed {
        let rows = [
            (
                "looks that a second process had acknowledged when it was killed",
                killed.acknowledged.to_string(),
            ),
            ("looks that its directory knew", killed.found.to_string()),
            ("looks after it had gone on", killed.looks.to_string()),
            (
                "answers then, equal to the last bit to those of a learner that nobody killed",
                format!("{} of {}", killed.same, killed.asked),
            ),
        ];
        let rows: Vec<Vec<String>> =
            rows.into_iter().map(|(name, number)| vec![escape(name), number]).collect();
        let head = vec![vec!["Killed half way".to_owned(), String::new()]];
        out.push_str(&table(&[head, rows].concat()));
    }
    let _ = writeln!(out, "<p><b>Slept.</b> {}.</p>", escape(&slumber(&learned.slept)));
    if let (Some(questions), Shape::Image { width, .. }) = (&learned.questions, learned.lesson.shape) {
        asked(questions, width, out);
    }
}

fn curves(learned: &Learned) -> Figure {
    let points = &learned.course.points;
    let curve = |name: &str, of: fn(&super::course::Point) -> f64| Curve {
        name: name.to_owned(),
        points: points.iter().map(|point| (point.classes as f64, of(point))).collect(),
    };
    Figure {
        title: format!("{}: accuracy on everything so far", learned.lesson.title),
        x: "classes so far".to_owned(),
        y: "accuracy".to_owned(),
        x_scale: Scale::Linear,
        curves: vec![curve("learner", |p| p.learner), curve(&format!("naive {NAME}"), |p| p.naive)],
    }
}

fn asked(questions: &Questions, width: usize, out: &mut String) {
    let known = &questions.known;
    let _ = writeln!(out, "<p><b>Asked.</b> {}</p>", escape(&explained(known)));
    let class = if known.answer.label == known.truth { "right" } else { "wrong" };
    strip(&known.picture, class, &known.episodes, width, out);
    if let Some(strange) = &questions.strange {
        let stranger = &strange.stranger;
        let text = format!("{} {}", explained(stranger), strangeness(questions, strange));
        let _ = writeln!(out, "<p><b>Asked about the unknown.</b> {}</p>", escape(&text));
        strip(&stranger.picture, "frame", &stranger.episodes, width, out);
    }
    let done = &questions.completed;
    let _ = writeln!(out, "<p><b>Completed.</b> {}</p>\n<div class=\"strip\">", escape(&completed(done)));
    let pictures =
        [("the cue", &done.cue), ("what came back", &done.completion.pattern), ("the whole", &done.whole)];
    for (title, pixels) in pictures {
        let _ = writeln!(out, "<div class=\"frame\">{}{title}</div>", picture(pixels, width, title));
    }
    out.push_str("</div>\n");
}

/// A picture, and the episodes that the answer to it rests on.
fn strip(pixels: &[f32], class: &str, episodes: &[Remembered], width: usize, out: &mut String) {
    let drawn = picture(pixels, width, "asked");
    let _ = writeln!(out, "<div class=\"strip\">\n<div class=\"{class}\">{drawn}asked</div>");
    for remembered in episodes {
        let title = caption(remembered);
        let drawn = picture(&remembered.picture, width, &title);
        let _ = writeln!(out, "<div class=\"frame\">{drawn}{}</div>", escape(&title));
    }
    out.push_str("</div>\n");
}

//! The demo as one HTML page.

use std::fmt::Write;

use attractor_lab::page::{document, escape, figure, table};
use attractor_lab::{Curve, Figure, Scale};

use super::count::same_signs;
use super::damage::Damage;
use super::kind::{BETA, Kind};
use super::learning;
use super::picture::picture;
use super::results::{Cell, Digits, Ending, Results, Show};
use super::terminal::{short, spread, with_one_digit};

/// The page.
pub(crate) fn page(results: &Results, runs: usize, seed: u64) -> String {
    let mut body = format!(
        "<p>An associative memory is asked with a damaged piece of what it knows, and answers with the whole. \
         Its state rolls downhill in a landscape of energy whose valleys are the stored patterns. Here the \
         patterns are the 95 printable characters as pictures of 8 x 8 pixels, and everything on this page \
         was computed by <code>attractor demo --seed {seed} --runs {runs}</code>.</p>\n\
         <h2>How many come back</h2>\n<p>All 95 characters stored, each damaged and asked for; the number \
         with every pixel right, mean ± standard deviation of {runs} runs. Half masked: the upper half is known \
         and held; memories over signs start from blank paper below, the continuous ones from zero.</p>\n"
    );
    body.push_str(&counts(&results.table));
    body.push_str(&figure(&capacity(&results.capacity)));
    body.push_str(
        "<p class=\"soft\">Curves that cover each other are equally good; later ones are drawn on top.</p>\n",
    );
    body.push_str("<h2>Recall, step by step</h2>\n<p>From the cue on the left to the state at rest; under each frame its energy. \
        Memories over signs are shown after each row of pixels, the others after each step, which goes a third of the way.</p>\n");
    let _ = writeln!(body, "<h3>Only {} characters stored</h3>", results.few.stored);
    body.push_str(&strip(&results.few));
    for shows in results.shows.chunks(Kind::ALL.len()) {
        let asked = shows.first().map_or(' ', |s| s.asked);
        let _ =
            writeln!(body, "<h3>Asked for <code>{}</code>, all 95 stored</h3>", escape(&asked.to_string()));
        shows.iter().for_each(|show| body.push_str(&strip(show)));
        body.push_str(&figure(&energies(shows, asked)));
    }
    body.push_str("<h2>The kinds</h2>\n<div class=\"kinds\">\n");
    for kind in Kind::ALL {
        let _ = writeln!(
            body,
            "<div class=\"kind\"><h3>{}</h3><p>{}</p></div>",
            kind.title(),
            escape(kind.sentences())
        );
    }
    let _ = writeln!(
        body,
        "</div>\n<p class=\"soft\">Where a kind has an inverse temperature beta, it is {BETA}.</p>"
    );
    body.push_str("<h2>Handwritten digits</h2>\n");
    match &results.digits {
        Ok(found) => body.push_str(&digits(found)),
        Err(hint) => {
            let _ = writeln!(body, "<p class=\"note\">No digits here: {}.</p>", escape(hint));
        }
    }
    body.push_str(&learning::page(&results.learning));
    document("Attractor: what a memory can hold", &body)
}

fn counts(cells: &[Cell]) -> String {
    let mut rows = vec![vec![String::new()]];
    rows[0].extend(Damage::ALL.map(Damage::title));
    for row in cells.chunks(Damage::ALL.len()) {
        let title = row.first().map_or("", |c| c.answer.title());
        let numbers = row.iter().map(|c| {
            let share = c.count.recalled.mean / c.stored as f64;
            let class = if share >= 0.75 {
                "high"
            } else if share < 0.25 {
                "low"
            } else {
                "soft"
            };
            let number = with_one_digit(c.count.recalled.mean, c.count.recalled.spread);
            format!("<span class=\"{class}\">{number}</span>")
        });
        rows.push(std::iter::once(escape(title)).chain(numbers).collect());
    }
    table(&rows)
}

fn capacity(cells: &[Cell]) -> Figure {
    let mut curves: Vec<Curve> = Vec::new();
    for cell in cells {
        let point = (cell.stored as f64, cell.count.recalled.mean);
        match curves.last_mut().filter(|curve| curve.name == cell.answer.title()) {
            Some(curve) => curve.points.push(point),
            None => curves.push(Curve { name: cell.answer.title().to_owned(), points: vec![point] }),
        }
    }
    Figure {
        title: format!("Characters recalled ({})", Damage::SHOWN.title()),
        x: "characters stored".to_owned(),
        y: "recalled to the pixel".to_owned(),
        x_scale: Scale::Linear,
        curves,
    }
}

/// Energies of different memories have different units: each falls from 1 at its cue to 0 at its rest.
fn energies(shows: &[Show], asked: char) -> Figure {
    let curves = shows.iter().map(|show| {
        let energies = &show.trace.energies;
        let (first, last) = (energies[0], energies[energies.len() - 1]);
        // A state that never moved has no curve, but keeps its place in the legend and its colour.
        let moved = if first > last { energies.as_slice() } else { &[] };
        let points = moved.iter().enumerate().map(|(step, e)| (step as f64, (e - last) / (first - last)));
        Curve { name: show.kind.title().to_owned(), points: points.collect() }
    });
    Figure {
        title: format!("Energy while {asked} is recalled"),
        x: "step".to_owned(),
        y: "energy above rest, cue = 1".to_owned(),
        x_scale: Scale::Linear,
        curves: curves.collect(),
    }
}

fn strip(show: &Show) -> String {
    let (class, ending) = match &show.ending {
        Ending::Recalled => ("right", "recalled".to_owned()),
        Ending::Other(name) => ("wrong", format!("ends in {name}")),
        Ending::Spurious => ("wrong", "ends in nothing that was stored".to_owned()),
    };
    let mut out =
        format!("<p class=\"soft\">{}: {}</p>\n<div class=\"strip\">\n", show.kind.title(), escape(&ending));
    let chosen = spread(show.trace.frames.len());
    for &frame in &chosen {
        let class = if Some(&frame) == chosen.last() { class } else { "frame" };
        let drawn = picture(&show.trace.frames[frame], 8, &format!("step {frame}"));
        let _ = writeln!(out, "<div class=\"{class}\">{drawn}{}</div>", short(show.trace.energies[frame]));
    }
    let stored = picture(&show.pattern, 8, "as stored");
    let _ = writeln!(out, "<div>{stored}as stored</div>\n</div>");
    out
}

fn digits(digits: &Digits) -> String {
    let stored = digits.cells.first().map_or(0, |cell| cell.stored);
    let mut rows = vec![vec![String::new(), format!("of {stored}, recalled to the pixel")]];
    for cell in &digits.cells {
        let number = with_one_digit(cell.count.recalled.mean, cell.count.recalled.spread);
        rows.push(vec![escape(cell.answer.title()), number]);
    }
    let mut out =
        format!("<p>{stored} digits of MNIST, black and white, lower half masked.</p>\n{}", table(&rows));
    let mut gallery = |title: &str, states: &ndarray::Array2<f32>, judge: bool| {
        let _ = writeln!(out, "<p class=\"soft\">{}</p>\n<div class=\"strip\">", escape(title));
        for (state, pattern) in states.outer_iter().zip(digits.patterns.outer_iter()) {
            let class = match (judge, same_signs(state, pattern)) {
                (false, _) => "frame",
                (true, true) => "right",
                (true, false) => "wrong",
            };
            let _ = writeln!(out, "<div class=\"{class}\">{}</div>", picture(&state.to_vec(), 28, title));
        }
        out.push_str("</div>\n");
    };
    gallery("cues", &digits.cues, false);
    for (kind, states) in &digits.recalled {
        gallery(kind.title(), states, true);
    }
    gallery("as stored", &digits.patterns, false);
    out
}

//! A relaxation as a page: the layers over time, the energy by component, every sample's way to rest.

use std::fmt::Write as _;

use attractor_data::Shape;
use attractor_lab::page::{document, escape, figure, sheet, table};
use attractor_lab::{Curve, Figure, Row, Scale, Sheet};
use attractor_nets::energy;
use attractor_nets::models::{Completed, Moment};
use ndarray::{Array2, ArrayView1};

use crate::picture::grey;

/// Images that were completed, step by step.
pub(crate) struct Watched<'a> {
    /// What completed them, and from what.
    pub(crate) about: String,
    pub(crate) shape: Shape,
    pub(crate) labels: Vec<String>,
    /// With their hidden pixels.
    pub(crate) whole: Array2<f32>,
    pub(crate) known: Array2<bool>,
    pub(crate) done: &'a Completed,
    pub(crate) moments: &'a [Moment],
}

/// Moments that are drawn.
const FRAMES: usize = 10;

/// One HTML file that asks for nothing else.
pub(crate) fn page(watched: &Watched<'_>) -> String {
    let mut body = format!("<p class=\"id\">{}</p>\n", escape(&watched.about));
    body.push_str("<h2>The images while the network relaxes</h2>\n");
    body.push_str(&images(watched));
    body.push_str(
        "<h2>The layers</h2>\n<p>Activations, black the lowest and white the highest of each row. ",
    );
    body.push_str("Where a layer has several neurons at each place, their mean square root is drawn.</p>\n");
    for layer in 0..watched.moments.first().map_or(0, |moment| moment.layers.len()) {
        body.push_str(&states(watched, layer));
    }
    body.push_str("<h2>The energy</h2>\n");
    body.push_str(&figure(&components(watched)));
    body.push_str(&figure(&samples(watched)));
    body.push_str("<h2>Every sample</h2>\n");
    body.push_str(&rests(watched));
    document("A relaxation", &body)
}

/// The moments that are drawn: the first, the last, and more of the early ones, when most moves.
fn frames(count: usize) -> Vec<usize> {
    let last = count.saturating_sub(1);
    let place = |frame: usize| {
        let share = frame as f64 / (FRAMES - 1) as f64;
        (share * share * last as f64).round() as usize
    };
    let mut all: Vec<usize> = match count <= FRAMES {
        true => (0..count).collect(),
        false => (0..FRAMES).map(place).collect(),
    };
    all.dedup();
    all
}

fn titled(what: &str, frames: &[usize]) -> String {
    let steps: Vec<String> = frames.iter().map(ToString::to_string).collect();
    format!("{what} after {} steps", steps.join(", "))
}

fn images(watched: &Watched<'_>) -> String {
    let frames = frames(watched.moments.len());
    let row = |sample: usize| {
        let (whole, known) = (watched.whole.row(sample), watched.known.row(sample));
        let shown = |frame: &usize| {
            let state = watched.moments[*frame].images.row(sample);
            let seen = (0..whole.len()).map(|at| if known[at] { whole[at] } else { state[at] });
            picture(ndarray::Array1::from_iter(seen).view(), watched.shape)
        };
        let (size, last) = picture(whole, watched.shape);
        let mut pictures: Vec<Vec<f32>> = frames.iter().map(|frame| shown(frame).1).collect();
        pictures.push(last);
        Row { name: watched.labels[sample].clone(), size, range: (0.0, 1.0), pictures }
    };
    let rows = (0..watched.whole.nrows()).map(row).collect();
    sheet(&Sheet { title: titled("Completed", &frames) + "; at the end the whole image", rows })
}

/// Any pattern as a picture: vectors as one row of pixels.
fn picture(pattern: ArrayView1<'_, f32>, shape: Shape) -> ([usize; 2], Vec<f32>) {
    grey(pattern, shape).unwrap_or_else(|| ([1, pattern.len()], pattern.to_vec()))
}

fn states(watched: &Watched<'_>, layer: usize) -> String {
    let frames = frames(watched.moments.len());
    let (name, shape, _) = &watched.moments[0].layers[layer];
    let row = |sample: usize| {
        let drawn = |frame: &usize| square(watched.moments[*frame].layers[layer].2.row(sample), *shape);
        let pictures: Vec<_> = frames.iter().map(drawn).collect();
        let size = pictures.first().map_or([1, 1], |(size, _)| *size);
        let pictures: Vec<Vec<f32>> = pictures.into_iter().map(|(_, pixels)| pixels).collect();
        let all = || pictures.iter().flatten().copied();
        let (low, high) = (all().fold(f32::MAX, f32::min), all().fold(f32::MIN, f32::max));
        // A row of one value is drawn black.
        let range = if low < high { (low, high) } else { (low, low + 1.0) };
        Row { name: watched.labels[sample].clone(), size, range, pictures }
    };
    let rows = (0..watched.whole.nrows()).map(row).collect();
    sheet(&Sheet { title: titled(&format!("Layer {name}, {shape}"), &frames), rows })
}

/// The activations of a layer as a picture: a number per place of a grid, or all neurons of one place in a square.
fn square(activation: ArrayView1<'_, f32>, shape: energy::Shape) -> ([usize; 2], Vec<f32>) {
    let numbers = activation.to_vec();
    match (shape.positions(), shape.width) {
        (1, width) => {
            let columns = (width as f64).sqrt().ceil() as usize;
            let rows = width.div_ceil(columns);
            let mut pixels = numbers;
            pixels.resize(rows * columns, 0.0);
            ([rows, columns], pixels)
        }
        (_, 1) => (shape.grid, numbers),
        (_, width) => {
            let strength = |place: &[f32]| (place.iter().map(|x| x * x).sum::<f32>() / width as f32).sqrt();
            (shape.grid, numbers.chunks(width).map(strength).collect())
        }
    }
}

/// The mean over the samples, by component.
fn components(watched: &Watched<'_>) -> Figure {
    let mean = |numbers: &[f64]| numbers.iter().sum::<f64>() / numbers.len().max(1) as f64;
    let curve = |name: &str, of: &dyn Fn(&Moment) -> f64| Curve {
        name: name.to_owned(),
        points: watched.moments.iter().enumerate().map(|(step, moment)| (step as f64, of(moment))).collect(),
    };
    let names = watched.moments.first().map_or(&[][..], |moment| &moment.energies);
    let mut curves =
        vec![curve("the whole", &|moment| moment.energies.iter().map(|(_, energies)| mean(energies)).sum())];
    for (at, (name, _)) in names.iter().enumerate() {
        curves.push(curve(name, &|moment| mean(&moment.energies[at].1)));
    }
    Figure {
        title: "Energy by component, mean over the samples".to_owned(),
        x: "step".to_owned(),
        y: "energy".to_owned(),
        x_scale: Scale::Linear,
        curves,
    }
}

/// Each sample falls from 1 at its cue to 0 where it ended.
fn samples(watched: &Watched<'_>) -> Figure {
    let energies = &watched.done.report.energies;
    let curve = |sample: usize| {
        let ends = energies.first().zip(energies.last()).map(|(first, last)| (first[sample], last[sample]));
        let (first, last) = ends.unwrap_or_default();
        // A state that never moved has no curve, but keeps its place in the legend and its colour.
        let moved = if first > last { energies.as_slice() } else { &[] };
        let points = moved.iter().enumerate();
        let point = |(step, all): (usize, &Vec<f64>)| (step as f64, (all[sample] - last) / (first - last));
        Curve { name: watched.labels[sample].clone(), points: points.map(point).collect() }
    };
    Figure {
        title: "Energy by sample".to_owned(),
        x: "step".to_owned(),
        y: "energy above the last, cue = 1".to_owned(),
        x_scale: Scale::Linear,
        curves: (0..watched.whole.nrows()).map(curve).collect(),
    }
}

fn rests(watched: &Watched<'_>) -> String {
    let report = &watched.done.report;
    let head = ["sample", "steps", "at rest", "largest |dx/dt|", "energy of the cue", "energy at the end"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for (sample, label) in watched.labels.iter().enumerate() {
        let energy = |of: Option<&Vec<f64>>| of.map_or(String::new(), |all| format!("{:.5}", all[sample]));
        rows.push(vec![
            escape(label),
            report.iterations[sample].to_string(),
            if report.converged[sample] { "yes" } else { "no" }.to_owned(),
            format!("{:.2e}", report.residuals[sample]),
            energy(report.energies.first()),
            energy(report.energies.last()),
        ]);
    }
    let mut out = table(&rows);
    let _ = writeln!(out, "<p class=\"soft\">At rest: the largest |dx/dt| is within the tolerance.</p>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_begin_and_end_with_the_relaxation() {
        assert_eq!(frames(3), [0, 1, 2]);
        for count in [11, 40, 1001] {
            let frames = frames(count);
            assert_eq!((frames[0], frames[frames.len() - 1]), (0, count - 1));
            assert!(frames.len() <= FRAMES && frames.windows(2).all(|pair| pair[0] < pair[1]), "{frames:?}");
        }
    }

    #[test]
    fn a_layer_is_drawn_whole() {
        let seven = ndarray::Array1::from_iter((0..7u8).map(f32::from));
        let (size, pixels) = square(seven.view(), energy::Shape::vector(7));
        assert_eq!((size, pixels.len(), pixels[6], pixels[7]), ([3, 3], 9, 6.0, 0.0));
        let channels = ndarray::array![3.0, 4.0, 0.0, 0.0];
        let (size, pixels) = square(channels.view(), energy::Shape::image([1, 2], 2));
        assert_eq!(size, [1, 2]);
        assert!((pixels[0] - 12.5f32.sqrt()).abs() < 1e-6 && pixels[1] == 0.0);
    }
}

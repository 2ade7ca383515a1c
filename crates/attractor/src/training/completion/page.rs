//! What a run found, as a page.

use std::fmt::Write as _;

use attractor_lab::page::{document, escape, figure, sheet, table};
use attractor_lab::{Curve, Figure, Row, Scale, Sheet};
use attractor_nets::training::Epoch;
use ndarray::Array2;

use super::Results;
use crate::picture::grey;

/// One HTML file that asks for nothing else.
pub(super) fn page(results: &Results) -> String {
    let data = escape(&results.config.data);
    let mut body =
        format!("<p class=\"id\">{} images of {data}, {} held out</p>\n", results.images, results.held);
    let mut rows = vec![["completed by", "squared error of hidden pixels"].map(str::to_owned).to_vec()];
    rows.push(vec!["the network".to_owned(), format!("{:.5}", results.error)]);
    rows.push(vec!["the mean training image".to_owned(), format!("{:.5}", results.error_of_mean)]);
    let _ = write!(body, "<h2>On held images</h2>\n{}", table(&rows));
    let _ = writeln!(body, "<p>{:.1} % of them came to rest.</p>", 100.0 * results.converged);
    if let Some(sheet) = examples(results) {
        body.push_str(&sheet);
    }
    let curve = |name: &str, of: &dyn Fn(&Epoch) -> Option<f64>| {
        let point = |epoch: &Epoch| Some(((epoch.epoch + 1) as f64, of(epoch)?));
        Curve { name: name.to_owned(), points: results.history.epochs.iter().filter_map(point).collect() }
    };
    body.push_str("<h2>Training</h2>\n");
    body.push_str(&figure(&Figure {
        title: "Squared error of hidden pixels".to_owned(),
        x: "epoch".to_owned(),
        y: "squared error".to_owned(),
        x_scale: Scale::Linear,
        curves: vec![
            curve("learned from", &|epoch| Some(epoch.loss)),
            curve("held out", &|epoch| epoch.measure.map(|measure| -measure)),
        ],
    }));
    if let Some(kept) = results.history.kept {
        let _ = writeln!(body, "<p>The weights are those after epoch {}.</p>", kept + 1);
    }
    let _ = writeln!(body, "<footer>{:.1} s, seed {}</footer>", results.seconds, results.config.seed);
    document("Training to complete images", &body)
}

/// Cues, what the network made of them, and the whole images; nothing where they are no pictures.
fn examples(results: &Results) -> Option<String> {
    let shown = &results.shown;
    let mut cues = shown.whole.clone();
    cues.zip_mut_with(&shown.known, |pixel, known| *pixel = if *known { *pixel } else { 0.5 });
    let row = |name: &str, images: &Array2<f32>| {
        let pictures = images.rows().into_iter().map(|image| grey(image, shown.shape));
        let pictures = pictures.collect::<Option<Vec<_>>>()?;
        let (size, _) = pictures.first()?.clone();
        let pictures = pictures.into_iter().map(|(_, pixels)| pixels).collect();
        Some(Row { name: name.to_owned(), size, range: (0.0, 1.0), pictures })
    };
    let rows = vec![row("cue", &cues)?, row("completed", &shown.completed)?, row("whole", &shown.whole)?];
    Some(sheet(&Sheet { title: "Held images".to_owned(), rows }))
}

//! What a run found, as a page.

use std::fmt::Write as _;

use attractor_lab::page::{document, escape, figure, table, with_spread};
use attractor_lab::{Curve, Figure, Scale};
use attractor_nets::training::Epoch;

use super::results::Results;

/// One HTML file that asks for nothing else.
pub(crate) fn page(results: &Results) -> String {
    let data = results.config.data.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut body = format!("<p class=\"id\">{} bags of {}</p>\n", results.bags, escape(&data));
    if let Some(auc) = &results.auc {
        let members = results.config.cross_validation.as_ref().map_or(1, |cv| cv.members);
        let row = |name: String, of: &attractor_lab::Summary| {
            vec![name, with_spread(of.mean, of.spread), of.runs.to_string()]
        };
        let mut rows = vec![["network", "AUC %", "repetitions"].map(str::to_owned).to_vec()];
        rows.push(row("one".to_owned(), &auc.single));
        if members > 1 {
            rows.push(row(format!("{members} together"), &auc.together));
        }
        let _ = write!(body, "<h2>Cross-validation</h2>\n{}", table(&rows));
    }
    body.push_str("<h2>The network that was kept</h2>\n");
    let curve = |name: &str, of: &dyn Fn(&Epoch) -> Option<f64>| {
        let point = |epoch: &Epoch| Some(((epoch.epoch + 1) as f64, of(epoch)?));
        Curve { name: name.to_owned(), points: results.history.epochs.iter().filter_map(point).collect() }
    };
    body.push_str(&drawn(
        "Loss of the training bags",
        "epoch",
        "cross-entropy",
        vec![curve("loss", &|e| Some(e.loss))],
    ));
    if results.history.epochs.iter().any(|epoch| epoch.measure.is_some()) {
        let held = curve("held bags", &|epoch| epoch.measure.map(|measure| 100.0 * measure));
        body.push_str(&drawn("AUC on the held bags", "epoch", "AUC %", vec![held]));
    }
    if let Some(kept) = results.history.kept {
        let _ = writeln!(body, "<p>The weights are those after epoch {}.</p>", kept + 1);
    }
    body.push_str("<h2>Attention over the instances of a bag</h2>\n");
    let curves = results.attention.iter().map(|bag| {
        let sign = if bag.positive { "positive" } else { "negative" };
        let points = bag.weights.iter().enumerate().map(|(at, &weight)| ((at + 1) as f64, weight)).collect();
        Curve { name: format!("{} ({sign})", bag.bag), points }
    });
    body.push_str(&drawn("Share of each instance", "instance", "weight", curves.collect()));
    let mut rows = vec![
        ["bag", "label", "logit", "instance that counts most", "its weight"].map(str::to_owned).to_vec(),
    ];
    for bag in &results.attention {
        let most = bag.weights.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        let (at, weight) = most.map_or((0, 0.0), |(at, &weight)| (at + 1, weight));
        let label = if bag.positive { "positive" } else { "negative" };
        let cells = [format!("{:.2}", bag.logit), at.to_string(), format!("{weight:.3}")];
        rows.push([escape(&bag.bag), label.to_owned()].into_iter().chain(cells).collect());
    }
    body.push_str(&table(&rows));
    let _ = writeln!(body, "<footer>{:.1} s, seed {}</footer>", results.seconds, results.config.seed);
    document(&format!("Training on {data}"), &body)
}

fn drawn(title: &str, x: &str, y: &str, curves: Vec<Curve>) -> String {
    figure(&Figure { title: title.into(), x: x.into(), y: y.into(), x_scale: Scale::Linear, curves })
}

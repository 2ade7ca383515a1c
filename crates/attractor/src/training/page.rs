//! What a run found, as a page.

use std::fmt::Write as _;

use attractor_lab::page::{document, escape, figure, table, with_spread};
use attractor_lab::{Curve, Figure, Scale};
use attractor_nets::training::{Epoch, History};

use super::results::{Measured, Results};

/// One HTML file that asks for nothing else.
pub(crate) fn page(results: &Results) -> String {
    let data = results.config.data.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut body = format!("<p class=\"id\">{} bags of {}</p>\n", results.bags, escape(&data));
    if let Some(auc) = &results.auc {
        let members = results.config.cross_validation.as_ref().map_or(1, |cv| cv.members);
        body.push_str(&validated("AUC %", auc, members));
    }
    body.push_str(&fitted(&results.history, ["training bags", "held bags"], "AUC"));
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

/// Cross-validation, as a table.
pub(super) fn validated(measure: &str, measured: &Measured, members: usize) -> String {
    let row = |name: String, of: &attractor_lab::Summary| {
        vec![name, with_spread(of.mean, of.spread), of.runs.to_string()]
    };
    let mut rows = vec![["network", measure, "repetitions"].map(str::to_owned).to_vec()];
    rows.push(row("one".to_owned(), &measured.single));
    if members > 1 {
        rows.push(row(format!("{members} together"), &measured.together));
    }
    format!("<h2>Cross-validation</h2>\n{}", table(&rows))
}

/// The curves of the fit of the network that was kept: its loss, and its `measure` on what was held out.
pub(super) fn fitted(history: &History, [learned, held]: [&str; 2], measure: &str) -> String {
    let curve = |name: &str, of: &dyn Fn(&Epoch) -> Option<f64>| {
        let point = |epoch: &Epoch| Some(((epoch.epoch + 1) as f64, of(epoch)?));
        Curve { name: name.to_owned(), points: history.epochs.iter().filter_map(point).collect() }
    };
    let loss = vec![curve("loss", &|epoch| Some(epoch.loss))];
    let mut body = "<h2>The network that was kept</h2>\n".to_owned();
    body.push_str(&drawn(&format!("Loss of the {learned}"), "epoch", "cross-entropy", loss));
    if history.epochs.iter().any(|epoch| epoch.measure.is_some()) {
        let measured = vec![curve(held, &|epoch| epoch.measure.map(|measure| 100.0 * measure))];
        let (title, y) = (format!("{measure} on the {held}"), format!("{measure} %"));
        body.push_str(&drawn(&title, "epoch", &y, measured));
    }
    if let Some(kept) = history.kept {
        let _ = writeln!(body, "<p>The weights are those after epoch {}.</p>", kept + 1);
    }
    body
}

fn drawn(title: &str, x: &str, y: &str, curves: Vec<Curve>) -> String {
    figure(&Figure { title: title.into(), x: x.into(), y: y.into(), x_scale: Scale::Linear, curves })
}

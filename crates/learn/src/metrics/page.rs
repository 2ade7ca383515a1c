//! A report as one HTML file that asks for nothing else: no scripts, no fonts, no pictures from elsewhere.

use std::fmt::Write;

use super::plot::{Curve, curves, heat_map};
use super::{Definition, Report};

const STYLE: &str = include_str!("page.css");

/// The page of a report: the matrix as a heat map, the curves, every number with its definition, and what it cost.
///
/// ```
/// use attractor_learn::metrics::{Matrix, Report, page};
/// let mut report = Report::new("naive <1>", "Split digits");
/// report.measure(Matrix::new(vec![vec![0.9, 0.1], vec![0.4, 0.8]], None)?);
/// let html = page(&report);
/// assert!(html.contains("<svg") && html.contains("naive &lt;1&gt;") && html.contains("fgt.mammoth"));
/// # Ok::<(), attractor_learn::Error>(())
/// ```
pub fn page(report: &Report) -> String {
    let mut body = format!("<h1>{}</h1>\n<p>{}</p>\n", escape(&report.name), escape(&report.protocol));
    if let Some(matrix) = &report.matrix {
        figure(&mut body, "Accuracy on each task after each experience", heat_map(matrix));
    }
    let seen = seen(report);
    if !seen.is_empty() {
        figure(&mut body, "Accuracy on the tasks so far", curves("experience", &seen));
    }
    if let Some(course) = &report.course {
        let curve = |task: usize| -> Curve {
            let points = course.evaluations().iter().map(|e| (e.step as f64, e.accuracy[task])).collect();
            (format!("task {}", task + 1), points)
        };
        let tasks: Vec<Curve> = (0..course.tasks()).map(curve).collect();
        figure(&mut body, "Between the boundaries", curves("step", &tasks));
    }
    let formula = |id: &str| {
        Definition::ALL
            .iter()
            .find(|definition| definition.id() == id)
            .map_or("", |definition| definition.formula())
    };
    let rows = report.values.iter().map(|value| {
        let id = format!("<code>{}</code>", escape(&value.definition));
        [id, format!("{:.4}", value.value), escape(formula(&value.definition))]
    });
    table(&mut body, "Numbers", ["definition", "value", "formula"], rows.collect());
    if let Some(score) = &report.prequential {
        let row = |name: &str, standing: super::Standing| {
            [name.to_owned(), format!("{:.4}", standing.overall), format!("{:.4}", standing.window)]
        };
        let title =
            format!("Predicted, then learned: {} samples, labels {} late", score.samples, score.delay);
        let rows = [
            row("learner", score.learner),
            row("persistence", score.persistence),
            row("majority", score.majority),
        ];
        let last = format!("last {}", score.window);
        table(&mut body, &title, ["", "overall", &last], rows.to_vec());
    }
    let parts = report.bytes.components().iter();
    let mut rows: Vec<_> =
        parts.map(|part| [escape(&part.name), part.bytes.to_string(), String::new()]).collect();
    if !rows.is_empty() {
        rows.push(["all".to_owned(), report.bytes.total().to_string(), String::new()]);
    }
    table(&mut body, "Memory", ["part", "bytes", ""], rows);
    table(&mut body, "Time", ["", "", ""], times(report));
    list(&mut body, "Notes", &report.notes);
    let seeds: Vec<String> =
        report.seeds.iter().map(|seed| format!("{}: {}", seed.name, seed.seed)).collect();
    list(&mut body, "Seeds", &seeds);
    if !report.class_order.is_empty() {
        let order: Vec<String> = report.class_order.iter().map(u32::to_string).collect();
        let _ = writeln!(body, "<p class=\"soft\">Class order: {}</p>", order.join(" "));
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escape(&report.name)
    )
}

/// Mean accuracy on the tasks so far, with the lines beside it.
fn seen(report: &Report) -> Vec<Curve> {
    let curve = |name: &str, values: &[f64]| -> Curve {
        (name.to_owned(), values.iter().enumerate().map(|(t, &x)| ((t + 1) as f64, x)).collect())
    };
    let own = report.matrix.iter().map(|matrix| curve(&report.name, &matrix.seen()));
    own.chain(report.lines.iter().map(|line| curve(&line.name, &line.accuracy))).collect()
}

fn times(report: &Report) -> Vec<[String; 3]> {
    let mut rows = Vec::new();
    if let Some(throughput) = report.throughput {
        let rate =
            throughput.per_second().map_or_else(String::new, |rate| format!("{rate:.0} samples per second"));
        let total = format!("{} samples in {:.1} s", throughput.samples, throughput.seconds);
        rows.push(["run".to_owned(), total, rate]);
    }
    if let Some(latency) = report.latency {
        let us = [
            ("mean", latency.mean_us),
            ("p50", latency.p50_us),
            ("p99", latency.p99_us),
            ("max", latency.max_us),
        ];
        rows.extend(
            us.map(|(name, us)| [format!("prediction, {name}"), format!("{us:.1} µs"), String::new()]),
        );
    }
    rows
}

fn figure(body: &mut String, title: &str, drawn: Result<String, String>) {
    let shown = match drawn {
        Ok(svg) => svg,
        Err(reason) => format!("<p class=\"soft\">{}</p>", escape(&reason)),
    };
    let _ = writeln!(body, "<h2>{}</h2>\n<figure>\n{shown}\n</figure>", escape(title));
}

/// A table; cells of `rows` are HTML already. Nothing where there are no rows.
fn table(body: &mut String, title: &str, head: [&str; 3], rows: Vec<[String; 3]>) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(body, "<h2>{}</h2>\n<div class=\"scroll\"><table>", escape(title));
    let head = head.map(escape);
    for (tag, [a, b, c]) in std::iter::once(("th", &head)).chain(rows.iter().map(|row| ("td", row))) {
        let _ = writeln!(body, "<tr><{tag}>{a}</{tag}><{tag}>{b}</{tag}><{tag}>{c}</{tag}></tr>");
    }
    body.push_str("</table></div>\n");
}

fn list(body: &mut String, title: &str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(body, "<h2>{title}</h2>\n<ul>");
    for item in items {
        let _ = writeln!(body, "<li>{}</li>", escape(item));
    }
    body.push_str("</ul>\n");
}

/// Text that can stand between tags.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{
        Bytes, Course, Evaluation, Line, Matrix, Percentiles, Prequential, Seed, Throughput,
    };

    #[test]
    fn a_page_of_everything_asks_for_nothing() {
        let mut report = Report::new("<script>", "a & b");
        report.measure(Matrix::new(vec![vec![0.9, 0.1], vec![0.4, 0.8]], None).unwrap());
        let at = |step, experience| Evaluation { step, experience, accuracy: vec![0.2, 0.3] };
        report.follow(Course::new(vec![at(0, 0), at(5, 1)]).unwrap(), 2).unwrap();
        report.lines.push(Line::new("joint <bound>", vec![0.9, 0.8]).unwrap());
        let mut score = Prequential::new(10, 3).unwrap();
        score.record(1, Some(1));
        report.prequential = Some(score.score());
        report.bytes = Bytes::default().with("buffer", 77);
        report.latency = Some(Percentiles { p99_us: 12.5, ..Percentiles::default() });
        report.throughput = Some(Throughput::new(100, 2.0).unwrap());
        report.seeds.push(Seed { name: "replay".into(), seed: 3 });
        report.class_order = vec![4, 2];
        report.notes.push("<b>".into());
        let html = page(&report);
        for part in [
            "&lt;script&gt;",
            "a &amp; b",
            "joint &lt;bound&gt;",
            "task 2",
            "0.90",
            "stability_gap",
            "persistence",
            "77",
            "12.5",
            "50 samples per second",
            "replay: 3",
            "Class order: 4 2",
            "&lt;b&gt;",
        ] {
            assert!(html.contains(part), "{part}");
        }
        assert_eq!(html.matches("<svg").count(), 3);
        for never in ["<script", "http", "NaN", "src=", "<b>"] {
            assert!(!html.contains(never), "{never}");
        }
    }

    #[test]
    fn pages_of_little_are_whole() {
        let empty = page(&Report::new("", ""));
        assert!(!empty.contains("<svg") && empty.ends_with("</html>\n"));
        for tasks in [1, 2, 30] {
            let mut report = Report::new("n", "");
            report.measure(Matrix::new(vec![vec![0.5; tasks]; tasks], None).unwrap());
            let html = page(&report);
            // A cell of the map per entry; numbers in small ones only.
            assert!(html.matches("<rect").count() >= tasks * tasks, "{tasks}");
            assert_eq!(html.contains(">\n0.50\n<"), tasks <= 12, "{tasks}");
        }
    }
}

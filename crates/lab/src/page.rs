//! Results as one HTML file that asks for nothing else: no scripts, no fonts, no pictures from elsewhere.

use std::fmt::Write;

use attractor_data::{Shape, png};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ndarray::ArrayView1;

use crate::experiment::Effort;
use crate::outcome::{Figure, Named, Outcome, Record, Row, Sheet};
use crate::plot::plot;

const STYLE: &str = include_str!("page.css");

/// A whole page around `body`, which is HTML already; `title` is text.
///
/// ```
/// let page = attractor_lab::page::document("a < b", "<p>short</p>");
/// assert!(page.contains("<title>a &lt; b</title>") && page.contains("<p>short</p>"));
/// ```
pub fn document(title: &str, body: &str) -> String {
    let title = escape(title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n{body}</main>\n</body>\n</html>\n"
    )
}

/// Text that can stand between tags and inside quoted attributes.
///
/// ```
/// assert_eq!(attractor_lab::page::escape("R&D <\"x\">"), "R&amp;D &lt;&quot;x&quot;&gt;");
/// ```
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// A mean to four significant digits with its spread to two, the spread only where there is one.
///
/// ```
/// use attractor_lab::page::with_spread;
/// assert_eq!(with_spread(0.138_26, 0.001_2), "0.1383 ± 0.0012");
/// assert_eq!(with_spread(95.0, 0.0), "95");
/// ```
pub fn with_spread(mean: f64, spread: f64) -> String {
    if spread == 0.0 { digits(mean, 4) } else { format!("{} ± {}", digits(mean, 4), digits(spread, 2)) }
}

/// The table of rows of cells; the first row is the head. Cells are HTML already.
pub fn table(rows: &[Vec<String>]) -> String {
    let mut out = String::from("<div class=\"scroll\"><table>\n");
    for (index, row) in rows.iter().enumerate() {
        let tag = if index == 0 { "th" } else { "td" };
        out.push_str("<tr>");
        for cell in row {
            let _ = write!(out, "<{tag}>{cell}</{tag}>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table></div>\n");
    out
}

/// The figure as a block of the page; where it cannot be drawn, the reason stands in its place.
pub fn figure(figure: &Figure) -> String {
    match plot(figure) {
        Ok(svg) => format!("<figure>\n{svg}\n</figure>\n"),
        Err(reason) => format!("<p class=\"note\">{}</p>\n", escape(&reason.to_string())),
    }
}

/// The sheet as a block of the page; where a picture cannot be drawn, the reason stands in its place.
///
/// ```
/// use attractor_lab::{Row, Sheet, page};
/// let row = Row { name: "cue".into(), size: [2, 1], range: (-1.0, 1.0), pictures: vec![vec![-1.0, 1.0]] };
/// let html = page::sheet(&Sheet { title: "Recalled".into(), rows: vec![row] });
/// assert_eq!(html.matches("<img").count(), 1);
/// ```
pub fn sheet(sheet: &Sheet) -> String {
    let mut out = format!("<figure class=\"sheet\">\n<figcaption>{}</figcaption>\n", escape(&sheet.title));
    for row in &sheet.rows {
        let name = escape(&row.name);
        let _ = write!(out, "<div><span>{name}</span><p>");
        for (at, picture) in row.pictures.iter().enumerate() {
            match drawn(row, picture) {
                Ok(data) => {
                    let _ =
                        write!(out, "<img alt=\"{name}, {}\" src=\"data:image/png;base64,{data}\">", at + 1);
                }
                Err(reason) => {
                    let _ = write!(out, "<span class=\"note\">{}</span>", escape(&reason.to_string()));
                }
            }
        }
        out.push_str("</p></div>\n");
    }
    out.push_str("</figure>\n");
    out
}

fn drawn(row: &Row, picture: &[f32]) -> Result<String, attractor_data::Error> {
    let [height, width] = row.size;
    let bytes = png::encoded(ArrayView1::from(picture), Shape::grey(height, width), row.range)?;
    Ok(STANDARD.encode(bytes))
}

/// The page of one reproduction.
///
/// ```
/// use attractor_lab::{Effort, Outcome, Record, Summary, page};
/// let record = Record {
///     schema: 1, id: "kv/capacity", title: "Capacity", source: "a paper", protocol: "store, recall",
///     published: None, measured: Summary::of(&[0.9, 1.1]), series: vec![], baselines: vec![],
///     pass: None, seconds: 0.5, seed: 1, effort: Effort::Full,
/// };
/// let html = page::report(&Outcome::default(), &record);
/// assert!(html.contains("1 ± 0.14"));
/// ```
pub fn report(outcome: &Outcome, record: &Record) -> String {
    let mut body = format!("<p class=\"id\">{}</p>\n", escape(record.id));
    body.push_str(match record.effort {
        Effort::Full => "",
        Effort::Quick => {
            "<p class=\"warning\">Quick run: one repetition of those of the protocol. Its numbers have no spread, and \
             decide nothing.</p>\n"
        }
        Effort::Smoke => {
            "<p class=\"warning\">Smoke run: sizes are far below the protocol. It shows that everything works; its \
             numbers prove nothing.</p>\n"
        }
    });
    let _ = write!(
        body,
        "<p><b>Source.</b> {}</p>\n<p><b>Protocol.</b> {}</p>\n",
        escape(record.source),
        escape(record.protocol)
    );
    body.push_str(&verdict(record));
    for drawn in &outcome.figures {
        body.push_str(&figure(drawn));
    }
    outcome.sheets.iter().for_each(|drawn| body.push_str(&sheet(drawn)));
    body.push_str(&named("Series", &record.series));
    body.push_str(&named("Baselines, measured in the same run", &record.baselines));
    if !outcome.notes.is_empty() {
        body.push_str("<h2>Notes</h2>\n<ul>\n");
        for note in &outcome.notes {
            let _ = writeln!(body, "<li>{}</li>", escape(note));
        }
        body.push_str("</ul>\n");
    }
    let again = match record.effort {
        Effort::Full => "",
        Effort::Quick => " --quick",
        Effort::Smoke => " --smoke",
    };
    let _ = writeln!(
        body,
        "<footer>Seed {seed}, {seconds:.1} seconds. Again: <code>attractor reproduce {id} --seed {seed}{again}</code></footer>",
        seed = record.seed,
        seconds = record.seconds,
        id = escape(record.id),
    );
    document(record.title, &body)
}

/// Published against measured.
fn verdict(record: &Record) -> String {
    let (class, word) = match record.pass {
        _ if record.effort == Effort::Smoke => ("open", "none: smoke run"),
        _ if record.effort == Effort::Quick => ("open", "none: one repetition"),
        Some(true) if record.published.is_none() => ("pass", "holds; no number is published"),
        Some(false) if record.published.is_none() => ("fail", "does not hold"),
        Some(true) => ("pass", "reproduced"),
        Some(false) => ("fail", "not reproduced"),
        None => ("open", "nothing published to compare with"),
    };
    let published = record.published.map_or_else(
        || "none".to_owned(),
        |p| format!("{} {}", with_spread(p.value, p.spread), escape(p.unit)),
    );
    let tile = |name: &str, value: &str, under: &str| {
        format!(
            "<div class=\"tile\"><span>{name}</span><strong>{value}</strong><small>{under}</small></div>\n"
        )
    };
    let band =
        record.published.map_or_else(String::new, |p| format!("counts within ± {}", digits(p.tolerance, 4)));
    let measured = with_spread(record.measured.mean, record.measured.spread);
    let runs = match record.measured.runs {
        1 => "1 run".to_owned(),
        n => format!("mean ± standard deviation of {n} runs"),
    };
    format!(
        "<div class=\"tiles {class}\">\n{}{}{}</div>\n",
        tile("published", &published, &band),
        tile("measured here", &measured, &runs),
        tile("verdict", word, ""),
    )
}

fn named(title: &str, numbers: &[Named]) -> String {
    if numbers.is_empty() {
        return String::new();
    }
    let mut rows = vec![["name", "mean", "spread"].map(str::to_owned).to_vec()];
    rows.extend(numbers.iter().map(|n| vec![escape(&n.name), digits(n.mean, 4), digits(n.spread, 2)]));
    format!("<h2>{}</h2>\n{}", escape(title), table(&rows))
}

/// So many significant digits, at least two.
fn digits(value: f64, count: usize) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return value.to_string();
    }
    if size != 0.0 && !(1e-4..1e7).contains(&size) {
        return format!("{value:.*e}", count - 1);
    }
    let before = if size < 1.0 { 0 } else { size.log10().floor() as usize + 1 };
    // Leading zeros after the point are no digits.
    let zeros = if size == 0.0 || size >= 0.1 { 0 } else { (-size.log10()).floor() as usize };
    let text = format!("{value:.*}", count.saturating_sub(before) + zeros);
    let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_holds_its_pictures_to_the_pixel() {
        let row = |pictures| Row { name: "a < b".to_owned(), size: [2, 3], range: (0.0, 5.0), pictures };
        let picture: Vec<f32> = (0..6u8).map(f32::from).collect();
        let html =
            sheet(&Sheet { title: "t".to_owned(), rows: vec![row(vec![picture.clone(), vec![0.0; 6]])] });
        assert!(html.contains("a &lt; b") && !html.contains("class=\"note\""));
        let first = html.split("base64,").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let read = png::parse(&STANDARD.decode(first).unwrap()).unwrap();
        assert_eq!(read.shape(), [2, 3]);
        assert_eq!(*read.values(), attractor_data::Values::U8(vec![0, 51, 102, 153, 204, 255]));
        let html = sheet(&Sheet { title: "t".to_owned(), rows: vec![row(vec![vec![0.0; 5]])] });
        assert!(html.contains("class=\"note\"") && !html.contains("<img"));
    }

    #[test]
    fn numbers_have_their_digits() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (0.138_123, "0.1381"),
            (0.000_987_65, "0.0009877"),
            (-12.345_6, "-12.35"),
            (1000.0, "1000"),
            (123_456.7, "123457"),
            (1e-9, "1.000e-9"),
            (f64::NAN, "NaN"),
        ];
        for (value, text) in cases {
            assert_eq!(digits(value, 4), text);
        }
        assert_eq!(with_spread(0.138_26, 0.002_082), "0.1383 ± 0.0021");
    }
}

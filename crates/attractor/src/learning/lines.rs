//! Observations as JSON lines on standard input.

use std::io::BufRead;

use serde::Deserialize;

use crate::output::Refusal;

/// What a line looks like.
const EXAMPLE: &str = r#"write one object per line, such as {"x":[0.5,1.25],"y":"cat"}"#;

/// A line that was read.
#[derive(Debug, PartialEq)]
pub(crate) struct Line {
    /// Its number, from 1.
    pub(crate) number: u64,
    /// Not empty.
    pub(crate) x: Vec<f32>,
    /// The label.
    pub(crate) y: Option<String>,
    /// The namespace.
    pub(crate) namespace: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Object {
    x: Vec<f32>,
    y: Option<Label>,
    namespace: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "y has to be text or a number")]
enum Label {
    Text(String),
    Number(serde_json::Number),
}

/// The observations in `from`; empty lines are left out.
pub(crate) fn lines(from: impl BufRead) -> impl Iterator<Item = anyhow::Result<Line>> {
    from.split(b'\n').zip(1..).filter_map(|(line, number)| {
        let line = match line {
            Ok(line) => line,
            Err(reason) => return Some(Err(anyhow::Error::from(reason).context("standard input"))),
        };
        if line.trim_ascii().is_empty() {
            return None;
        }
        Some(parse(&line, number).map_err(|reason| {
            Refusal::new(format!("standard input, line {number}: {reason}"), EXAMPLE).into()
        }))
    })
}

fn parse(line: &[u8], number: u64) -> Result<Line, String> {
    // The parser counts lines of its own.
    let object: Object = serde_json::from_slice(line)
        .map_err(|reason| reason.to_string().replace(" at line 1 column ", " at column "))?;
    if object.x.is_empty() {
        return Err("x is empty".to_owned());
    }
    if let Some(at) = object.x.iter().position(|x| !x.is_finite()) {
        return Err(format!("component {at} of x is no finite number"));
    }
    let y = object.y.map(|label| match label {
        Label::Text(text) => text,
        Label::Number(number) => whole(&number),
    });
    Ok(Line { number, x: object.x, y, namespace: object.namespace })
}

/// 3 and 3.0 are one class.
fn whole(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(value) if value.fract() == 0.0 && value.abs() < 1e15 => format!("{value:.0}"),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Result<Line, String>> {
        lines(text.as_bytes()).map(|line| line.map_err(|error| error.to_string())).collect()
    }

    #[test]
    fn labels_are_text_or_numbers_or_absent() {
        let all = read(
            "{\"x\":[1,2.5],\"y\":\"cat\"}\r\n\n{\"x\":[0],\"y\":3.0}\n{\"x\":[0]}\n{\"x\":[0],\"namespace\":\"n\"}",
        );
        let line = |number, x: &[f32], y: Option<&str>| {
            let (x, y) = (x.to_vec(), y.map(str::to_owned));
            Ok(Line { number, x, y, namespace: (number == 5).then(|| "n".to_owned()) })
        };
        assert_eq!(
            all,
            [
                line(1, &[1.0, 2.5], Some("cat")),
                line(3, &[0.0], Some("3")),
                line(4, &[0.0], None),
                line(5, &[0.0], None)
            ]
        );
    }

    #[test]
    fn a_bad_line_is_named() {
        for (bad, word) in [
            ("{\"x\":[1,NaN]}", "column"),
            ("{\"x\":[]}", "x is empty"),
            ("{\"x\":[1e39]}", "number"),
            ("{\"x\":[1],\"y\":[]}", "text or a number"),
            ("{\"x\":[1],\"z\":1}", "unknown field `z`"),
            ("{\"y\":1}", "missing field `x`"),
            ("cat", "expected value"),
            ("{\"x\":[1", "EOF"),
        ] {
            let all = read(&format!("{{\"x\":[1]}}\n{bad}\n"));
            let said = all[1].as_ref().unwrap_err();
            assert!(said.starts_with("standard input, line 2: ") && said.contains(word), "{said}");
        }
    }
}

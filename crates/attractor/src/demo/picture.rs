//! A state as an inline SVG picture.

use std::fmt::Write;

/// Levels of grey between paper and ink.
const LEVELS: usize = 8;

/// The state, row by row, `width` pixels a row; -1 is paper, +1 ink, in the colour of the text around it.
pub(crate) fn picture(state: &[f32], width: usize, title: &str) -> String {
    let height = state.len() / width;
    let title = attractor_lab::page::escape(title);
    let mut out = format!(
        "<svg class=\"picture\" viewBox=\"0 0 {width} {height}\" role=\"img\" shape-rendering=\"crispEdges\"><title>{title}</title>"
    );
    for level in 1..=LEVELS {
        let mut path = String::new();
        for (i, &x) in state.iter().enumerate() {
            if (f64::from(x.clamp(-1.0, 1.0) + 1.0) / 2.0 * LEVELS as f64).round() as usize == level {
                let _ = write!(path, "M{} {}h1v1h-1z", i % width, i / width);
            }
        }
        if !path.is_empty() {
            let opacity = level as f64 / LEVELS as f64;
            let _ = write!(out, "<path fill=\"currentColor\" fill-opacity=\"{opacity}\" d=\"{path}\"/>");
        }
    }
    out + "</svg>"
}

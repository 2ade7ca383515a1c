//! Figures as SVG: the only place that knows the plotting crate.

use plotters::coord::Shift;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::outcome::{Figure, Scale};

/// Why a figure cannot be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
    /// No curve has a point with finite coordinates, above zero on a logarithmic axis.
    #[error("figure `{title}`: no point that can be drawn")]
    Empty {
        /// Title of the figure.
        title: String,
    },
    /// The plotting crate refused.
    #[error("figure `{title}`: {reason}")]
    Drawing {
        /// Title of the figure.
        title: String,
        /// What it said.
        reason: String,
    },
}

/// Pixels; the page scales the picture to its width.
const SIZE: (u32, u32) = (760, 380);
/// Stands for the colour of the text around the picture, which only the page knows.
const INK: RGBColor = RGBColor(1, 2, 3);
const INK_IN_SVG: &str = "#010203";
/// Read well on white and on black, and apart from each other with any kind of sight.
const COLOURS: [RGBColor; 8] = [
    RGBColor(0x3b, 0x82, 0xc4),
    RGBColor(0xe0, 0x7b, 0x39),
    RGBColor(0x2a, 0x9d, 0x6f),
    RGBColor(0xc2, 0x52, 0x8b),
    RGBColor(0x8b, 0x6f, 0xd6),
    RGBColor(0xb5, 0x9a, 0x1a),
    RGBColor(0x38, 0xa3, 0xb8),
    RGBColor(0xd6, 0x45, 0x45),
];

/// The figure as an inline SVG element. Text and axes take the colour of the surrounding page.
///
/// Points that are not finite (on a logarithmic axis: not above zero) are left out.
///
/// ```
/// use attractor_lab::{Curve, Figure, Scale, plot};
/// let curve = Curve { name: "hebb".into(), points: vec![(1.0, 1.0), (2.0, 0.9), (4.0, 0.2)] };
/// let figure = Figure {
///     title: "Capacity".into(),
///     x: "stored patterns".into(),
///     y: "overlap".into(),
///     x_scale: Scale::Logarithmic,
///     curves: vec![curve],
/// };
/// assert!(plot(&figure)?.starts_with("<svg"));
/// # Ok::<(), attractor_lab::PlotError>(())
/// ```
///
/// # Errors
/// [`PlotError`] when there is nothing to draw.
pub fn plot(figure: &Figure) -> Result<String, PlotError> {
    let title = &figure.title;
    let curves: Vec<(&str, Vec<(f64, f64)>)> =
        figure.curves.iter().map(|c| (c.name.as_str(), drawable(&c.points, figure.x_scale))).collect();
    let all = || curves.iter().flat_map(|(_, points)| points);
    let (Some(x), Some(y)) = (Range::over(all().map(|p| p.0)), Range::over(all().map(|p| p.1))) else {
        return Err(PlotError::Empty { title: title.clone() });
    };
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        draw(&root, figure, &curves, x, y)
            .and_then(|()| root.present().map_err(|e| e.to_string()))
            .map_err(|reason| PlotError::Drawing { title: title.clone(), reason })?;
    }
    // The namespace is needed in files only; without width and height the page decides on the size.
    let fixed = format!("width=\"{}\" height=\"{}\" ", SIZE.0, SIZE.1);
    Ok(svg.replace(INK_IN_SVG, "currentColor").replacen(&fixed, "", 1).replacen(
        " xmlns=\"http://www.w3.org/2000/svg\"",
        " role=\"img\"",
        1,
    ))
}

/// The points that can be drawn, in the coordinates of the paper: `log2 x` on a logarithmic axis.
fn drawable(points: &[(f64, f64)], scale: Scale) -> Vec<(f64, f64)> {
    let to_paper = |&(x, y): &(f64, f64)| match scale {
        Scale::Linear => (x, y),
        Scale::Logarithmic => (x.log2(), y),
    };
    points.iter().map(to_paper).filter(|(x, y)| x.is_finite() && y.is_finite()).collect()
}

type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn draw(
    root: &Canvas<'_>,
    figure: &Figure,
    curves: &[(&str, Vec<(f64, f64)>)],
    x: Range,
    y: Range,
) -> Result<(), String> {
    let longest = curves.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let legend = if curves.len() > 1 { (52 + 6 * longest as u32).clamp(90, 300) } else { 10 };
    let (left, right) = root.split_horizontally(SIZE.0 - legend);
    let (x, y) = (x.padded(0.02), y.padded(0.05));
    let x_ticks = match figure.x_scale {
        Scale::Linear => x.ticks(8),
        Scale::Logarithmic => x.octaves(),
    };
    let y_ticks = y.ticks(6);
    let font = |size: i32| ("sans-serif", size).into_font().color(&INK);
    let mut chart = ChartBuilder::on(&left)
        .margin(6)
        .margin_right(14)
        .caption(&figure.title, font(16))
        .x_label_area_size(46)
        .y_label_area_size(64)
        .build_cartesian_2d(Axis::new(x, &x_ticks), Axis::new(y, &y_ticks))
        .map_err(|e| e.to_string())?;
    let x_name = |value: &f64| match figure.x_scale {
        Scale::Linear => number(*value),
        Scale::Logarithmic => number(value.exp2()),
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(INK.mix(0.12))
        .light_line_style(TRANSPARENT)
        .axis_style(INK.mix(0.5))
        .x_labels(x_ticks.len())
        .y_labels(y_ticks.len())
        .x_label_formatter(&x_name)
        .y_label_formatter(&|value| number(*value))
        .label_style(font(12))
        .axis_desc_style(font(13))
        .x_desc(&figure.x)
        .y_desc(&figure.y)
        .draw()
        .map_err(|e| e.to_string())?;
    for (index, (name, points)) in curves.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        // After the eighth curve colours repeat, with hollow marks.
        let mark = match index < COLOURS.len() {
            true => colour.filled(),
            false => colour.stroke_width(1),
        };
        let line = (points.len() > 1).then(|| PathElement::new(points.clone(), colour.stroke_width(2)));
        chart.draw_series(line).map_err(|e| e.to_string())?;
        if points.len() <= 60 {
            let marks = points.iter().map(|&point| Circle::new(point, 3, mark));
            chart.draw_series(marks).map_err(|e| e.to_string())?;
        }
        if curves.len() > 1 {
            let at = 44 + 20 * index as i32;
            let style = font(12).pos(Pos::new(HPos::Left, VPos::Center));
            right
                .draw(&PathElement::new(vec![(4, at), (26, at)], colour.stroke_width(2)))
                .and_then(|()| right.draw(&Circle::new((15, at), 3, mark)))
                .and_then(|()| right.draw(&Text::new((*name).to_owned(), (32, at), style)))
                .map_err(|e| e.to_string())?;
        }
    }
    Ok(())
}

/// An axis with ticks of our own choice.
struct Axis {
    range: RangedCoordf64,
    ticks: Vec<f64>,
}

impl Axis {
    fn new(range: Range, ticks: &[f64]) -> Self {
        Self { range: (range.low..range.high).into(), ticks: ticks.to_vec() }
    }
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        self.range.map(value, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> std::ops::Range<f64> {
        self.range.range()
    }
}

/// An interval of one axis.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Range {
    low: f64,
    high: f64,
}

impl Range {
    /// Around the values; never without width. `None` of nothing.
    fn over(values: impl Iterator<Item = f64>) -> Option<Self> {
        let whole = values.map(|v| (v, v)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        whole.map(|(low, high)| match low < high {
            true => Self { low, high },
            false => Self { low: low - low.abs().max(1.0) * 0.5, high: high + high.abs().max(1.0) * 0.5 },
        })
    }

    fn padded(self, share: f64) -> Self {
        let pad = (self.high - self.low) * share;
        Self { low: self.low - pad, high: self.high + pad }
    }

    /// About `count` multiples of 1, 2 or 5 times a power of ten.
    fn ticks(self, count: usize) -> Vec<f64> {
        let rough = (self.high - self.low) / count as f64;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= rough);
        let step = step.unwrap_or(10.0 * power);
        // Counting in whole steps keeps the labels free of rounding.
        let first = (self.low / step - 1e-9).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        (first..=last).map(|i| i as f64 * step).collect()
    }

    /// Powers of two, given as exponents, at most twelve of them.
    fn octaves(self) -> Vec<f64> {
        let (first, last) = ((self.low - 1e-9).ceil() as i64, (self.high + 1e-9).floor() as i64);
        let step = ((last - first) as usize / 12 + 1).max(1);
        (first..=last).step_by(step).map(|i| i as f64).collect()
    }
}

/// A label: as few digits as tell neighbouring ticks apart.
fn number(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e6).contains(&size) {
        return format!("{value:.0e}");
    }
    let text = format!("{value:.6}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Curve;

    fn figure(points: Vec<(f64, f64)>, x_scale: Scale) -> Figure {
        let curve = |name: &str| Curve { name: name.into(), points: points.clone() };
        Figure {
            title: "<T> & co".into(),
            x: "x".into(),
            y: "y".into(),
            x_scale,
            curves: vec![curve("one"), curve("two")],
        }
    }

    #[test]
    fn a_figure_escapes_its_words_and_names_its_curves() {
        let svg = plot(&figure(vec![(1.0, 2.0), (8.0, 3.0)], Scale::Logarithmic)).unwrap();
        assert!(svg.contains("&lt;T&gt; &amp; co") && !svg.contains("<T>"));
        assert!(svg.contains("one") && svg.contains("two") && svg.contains("currentColor"));
        assert!(!svg.contains("http"), "a picture asks for nothing");
    }

    #[test]
    fn what_cannot_be_drawn_is_left_out_and_nothing_is_an_error() {
        let empty = plot(&figure(vec![(f64::NAN, 1.0), (-1.0, 0.0)], Scale::Logarithmic));
        assert_eq!(empty.unwrap_err().to_string(), "figure `<T> & co`: no point that can be drawn");
        assert!(plot(&figure(vec![(0.0, f64::INFINITY), (3.0, 3.0)], Scale::Linear)).is_ok());
        let mut partly = figure(vec![(0.0, 0.0)], Scale::Linear);
        partly.curves.push(Curve { name: "unmeasured".into(), points: Vec::new() });
        let svg = plot(&partly).unwrap();
        assert!(svg.contains("unmeasured"), "a curve without points keeps its place in the legend");
        assert!(!svg.contains("NaN"), "a single point has a range");
    }

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(Range { low: 0.0, high: 1.0 }.ticks(5), [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]);
        assert_eq!(Range { low: -3.0, high: 14.0 }.ticks(4), [0.0, 5.0, 10.0]);
        assert_eq!(Range { low: 0.9, high: 4.2 }.octaves(), [1.0, 2.0, 3.0, 4.0]);
        let labels = [0.6000000000000001, 4096.0, -0.0, 2.5e-7, 1e9].map(number);
        assert_eq!(labels, ["0.6", "4096", "0", "2e-7", "1e9"]);
    }
}

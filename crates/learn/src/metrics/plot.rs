//! Figures as SVG: the only place of the metrics that knows the plotting crate.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::Matrix;

/// Pixels; the page scales the picture to its width.
const SIZE: (u32, u32) = (760, 360);
/// Stands for the colour of the text around the picture, which only the page knows.
const INK: RGBColor = RGBColor(1, 2, 3);
const INK_IN_SVG: &str = "#010203";
/// Of the highest accuracy in a heat map; the lowest is transparent.
const HOT: RGBColor = RGBColor(0x3b, 0x82, 0xc4);
/// Read well on white and on black.
const COLOURS: [RGBColor; 6] = [
    RGBColor(0x3b, 0x82, 0xc4),
    RGBColor(0xe0, 0x7b, 0x39),
    RGBColor(0x2a, 0x9d, 0x6f),
    RGBColor(0xc2, 0x52, 0x8b),
    RGBColor(0x8b, 0x6f, 0xd6),
    RGBColor(0xb5, 0x9a, 0x1a),
];
/// In larger matrices numbers would run into each other.
const NUMBERED: usize = 12;

/// A named curve of (x, y) points.
pub(super) type Curve = (String, Vec<(f64, f64)>);

type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// The matrix as a heat map: a row per experience, from above, and a column per task.
pub(super) fn heat_map(matrix: &Matrix) -> Result<String, String> {
    let tasks = matrix.tasks();
    svg(|root| {
        let n = tasks as i32;
        let mut chart = ChartBuilder::on(root)
            .margin(10)
            .x_label_area_size(42)
            .y_label_area_size(52)
            .build_cartesian_2d((0..n - 1).into_segmented(), (0..n - 1).into_segmented())
            .map_err(|e| e.to_string())?;
        // The first experience stands above, as in print.
        let number = |value: &SegmentValue<i32>, from_above: bool| match value {
            SegmentValue::Exact(i) | SegmentValue::CenterOf(i) if from_above => (n - i).to_string(),
            SegmentValue::Exact(i) | SegmentValue::CenterOf(i) => (i + 1).to_string(),
            SegmentValue::Last => String::new(),
        };
        chart
            .configure_mesh()
            .disable_mesh()
            .axis_style(INK.mix(0.5))
            .x_labels(tasks.min(25))
            .y_labels(tasks.min(25))
            .x_label_formatter(&|value| number(value, false))
            .y_label_formatter(&|value| number(value, true))
            .label_style(font(12))
            .axis_desc_style(font(13))
            .x_desc("accuracy on task")
            .y_desc("after experience")
            .draw()
            .map_err(|e| e.to_string())?;
        for (t, row) in matrix.rows().iter().enumerate() {
            for (j, &accuracy) in row.iter().enumerate() {
                let (x, y) = (j as i32, n - 1 - t as i32);
                let corners = [
                    (SegmentValue::Exact(x), SegmentValue::Exact(y)),
                    (SegmentValue::Exact(x + 1), SegmentValue::Exact(y + 1)),
                ];
                let cell = Rectangle::new(corners, HOT.mix(accuracy).filled());
                chart.draw_series(std::iter::once(cell)).map_err(|e| e.to_string())?;
                if tasks <= NUMBERED {
                    let style = font(12).pos(Pos::new(HPos::Center, VPos::Center));
                    let at = (SegmentValue::CenterOf(x), SegmentValue::CenterOf(y));
                    let text = Text::new(format!("{accuracy:.2}"), at, style);
                    chart.draw_series(std::iter::once(text)).map_err(|e| e.to_string())?;
                }
            }
        }
        Ok(())
    })
}

/// Accuracies over time, the y axis from 0 to 1. An error where no curve has a point.
pub(super) fn curves(x_name: &str, curves: &[Curve]) -> Result<String, String> {
    let xs = || curves.iter().flat_map(|(_, points)| points.iter().map(|point| point.0));
    let Some((low, high)) = xs().map(|x| (x, x)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else {
        return Err("no point that can be drawn".to_owned());
    };
    // An axis has a width.
    let (low, high) = if low < high { (low, high) } else { (low - 0.5, high + 0.5) };
    svg(|root| {
        let longest = curves.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let (left, right) = root.split_horizontally(SIZE.0 - (52 + 6 * longest as u32).clamp(90, 300));
        let mut chart = ChartBuilder::on(&left)
            .margin(10)
            .x_label_area_size(42)
            .y_label_area_size(52)
            .build_cartesian_2d(low..high, 0.0..1.02)
            .map_err(|e| e.to_string())?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .bold_line_style(INK.mix(0.12))
            .light_line_style(TRANSPARENT)
            .axis_style(INK.mix(0.5))
            .x_labels(8)
            .y_labels(6)
            .x_label_formatter(&|x| format!("{}", (x * 100.0).round() / 100.0))
            .y_label_formatter(&|y| format!("{y:.1}"))
            .label_style(font(12))
            .axis_desc_style(font(13))
            .x_desc(x_name)
            .y_desc("accuracy")
            .draw()
            .map_err(|e| e.to_string())?;
        for (place, (name, points)) in curves.iter().enumerate() {
            let colour = COLOURS[place % COLOURS.len()];
            let line = PathElement::new(points.clone(), colour.stroke_width(2));
            chart.draw_series(std::iter::once(line)).map_err(|e| e.to_string())?;
            if points.len() <= 60 {
                let marks = points.iter().map(|&point| Circle::new(point, 3, colour.filled()));
                chart.draw_series(marks).map_err(|e| e.to_string())?;
            }
            let at = 24 + 20 * place as i32;
            let style = font(12).pos(Pos::new(HPos::Left, VPos::Center));
            right
                .draw(&PathElement::new(vec![(4, at), (26, at)], colour.stroke_width(2)))
                .and_then(|()| right.draw(&Text::new(name.clone(), (32, at), style)))
                .map_err(|e| e.to_string())?;
        }
        Ok(())
    })
}

fn font(size: i32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&INK)
}

/// An inline SVG element; text and axes take the colour of the surrounding page.
fn svg(draw: impl FnOnce(&Canvas<'_>) -> Result<(), String>) -> Result<String, String> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        draw(&root)?;
        root.present().map_err(|e| e.to_string())?;
    }
    // The namespace is needed in files only; without width and height the page decides on the size.
    let fixed = format!("width=\"{}\" height=\"{}\" ", SIZE.0, SIZE.1);
    let inline = svg.replace(INK_IN_SVG, "currentColor").replacen(&fixed, "", 1);
    Ok(inline.replacen(" xmlns=\"http://www.w3.org/2000/svg\"", " role=\"img\"", 1))
}

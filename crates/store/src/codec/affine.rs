//! Eight bits and a grid per row: `offset + scale * q`.

/// Distance from a grid, relative to the largest magnitude, that is rounding.
const ROUNDING: f64 = 1e-6;

/// Appends offset, scale (both `f32`) and one byte per component. The numbers are finite.
pub(super) fn encode(row: &[f32], out: &mut Vec<u8>) {
    let (offset, scale) = grid(row);
    out.extend(offset.to_le_bytes());
    out.extend(scale.to_le_bytes());
    out.extend(row.iter().map(|&x| level(x, offset, scale)));
}

pub(super) fn decode(bytes: &[u8], row: &mut [f32]) {
    let ([offset, scale, ..], _) = bytes.as_chunks::<4>() else { return };
    let (offset, scale) = (f32::from_le_bytes(*offset), f32::from_le_bytes(*scale));
    row.iter_mut().zip(&bytes[8..]).for_each(|(x, &q)| *x = value(q, offset, scale));
}

fn level(x: f32, offset: f32, scale: f32) -> u8 {
    if scale == 0.0 {
        return 0;
    }
    // A cast saturates.
    ((f64::from(x) - f64::from(offset)) / f64::from(scale)).round() as u8
}

fn value(q: u8, offset: f32, scale: f32) -> f32 {
    let x = f64::from(offset) + f64::from(scale) * f64::from(q);
    x.clamp(-f64::from(f32::MAX), f64::from(f32::MAX)) as f32
}

/// The grid that a row lies on, if there is one; else from its least to its largest value.
fn grid(row: &[f32]) -> (f32, f32) {
    let least = row.iter().copied().fold(f32::INFINITY, f32::min);
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if least >= largest {
        return (row.first().copied().unwrap_or(0.0), 0.0);
    }
    let rounding = f64::from(least.abs().max(largest.abs())) * ROUNDING;
    let pixels = (0.0, (1.0 / 255.0) as f32);
    if least >= 0.0 && largest <= 1.0 && on_grid(row, pixels, rounding) {
        return pixels;
    }
    // The coarsest one. Numbers that lie on none leave every try after a few of them.
    let mut apart = row.to_vec();
    apart.sort_unstable_by(f32::total_cmp);
    apart.dedup();
    let span = f64::from(largest) - f64::from(least);
    let cut = |levels: u8| (least, (span / f64::from(levels)) as f32);
    (1..255).map(cut).find(|&grid| on_grid(&apart, grid, rounding)).unwrap_or_else(|| cut(255))
}

/// Whether every number is within `rounding` of one of the grid.
fn on_grid(row: &[f32], (offset, scale): (f32, f32), rounding: f64) -> bool {
    row.iter().all(|&x| {
        let back = f64::from(value(level(x, offset, scale), offset, scale));
        (f64::from(x) - back).abs() <= rounding
    })
}

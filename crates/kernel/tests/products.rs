//! The steps of a trained association on every level of this machine, against naive f64.
#![allow(clippy::unwrap_used)]

use attractor_kernel::{
    LANES, Lane, Left, Level, Onto, Partition, Terms, means, multiply, resume, slope, soften,
};

/// A small generator, so that the kernel's tests need no crate.
struct Draw(u64);

impl Draw {
    fn unit(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 40) as f32 / (1u64 << 24) as f32) * 2.0 - 1.0
    }
    fn lanes(&mut self, n: usize) -> Vec<Lane> {
        (0..n).map(|_| Lane(std::array::from_fn(|_| self.unit()))).collect()
    }
}

fn product(
    level: Level,
    left: &Left<'_>,
    right: &[Lane],
    panels: usize,
    onto: Onto,
    out: &[Lane],
) -> Vec<Lane> {
    let mut out = out.to_vec();
    multiply(level, left, right, panels, onto, &mut out);
    out
}

#[test]
fn products_agree_with_f64_on_every_level() {
    for level in Level::available() {
        for (rows, depth) in [(1, 1), (2, 3), (5, 7), (12, 32), (13, 33), (31, 128), (48, 5), (3, 300)] {
            for panels in 1..=9 {
                let mut draw = Draw(rows as u64 * 31 + depth as u64);
                let floats: Vec<f32> = (0..rows * depth).map(|_| draw.unit()).collect();
                let (right, former) = (draw.lanes(depth * panels), draw.lanes(rows * panels));
                for (row_step, depth_step) in [(depth, 1), (1, rows)] {
                    let left = Left { floats: &floats, rows, depth, row_step, depth_step };
                    for onto in [Onto::Nothing, Onto::Former] {
                        let out = product(level, &left, &right, panels, onto, &former);
                        let columns = panels * LANES;
                        for i in 0..rows * columns {
                            let (r, c) = (i / columns, i % columns);
                            let entry = |d: usize| f64::from(floats[r * row_step + d * depth_step]);
                            let mut want: f64 = (0..depth)
                                .map(|d| entry(d) * f64::from(Lane::floats(&right)[d * columns + c]))
                                .sum();
                            want += f64::from(u8::from(onto == Onto::Former))
                                * f64::from(Lane::floats(&former)[i]);
                            let got = f64::from(Lane::floats(&out)[i]);
                            assert!(
                                (want - got).abs() <= 1e-7 * (depth as f64 + 1.0),
                                "{level} {rows}x{depth}x{panels} {onto:?} [{r}][{c}]: {got} != {want}"
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_row_of_a_product_gets_the_same_bits_alone_and_among_others() {
    for level in Level::available() {
        for panels in 1..=6 {
            let (rows, depth) = (23, 40);
            let mut draw = Draw(9);
            let floats: Vec<f32> = (0..rows * depth).map(|_| draw.unit()).collect();
            let right = draw.lanes(depth * panels);
            let left = Left { floats: &floats, rows, depth, row_step: depth, depth_step: 1 };
            let all = product(level, &left, &right, panels, Onto::Nothing, &vec![Lane::ZERO; rows * panels]);
            for r in 0..rows {
                let left = Left { floats: &floats[r * depth..], rows: 1, ..left };
                let alone = product(level, &left, &right, panels, Onto::Nothing, &vec![Lane::ZERO; panels]);
                assert_eq!(alone, all[r * panels..(r + 1) * panels], "{level} {panels} {r}");
            }
        }
    }
}

/// Softmax over blocks of `block` panels, then the same weights from the partition alone.
#[test]
fn weights_and_slopes_agree_with_f64_on_every_level() {
    let (rows, panels) = (5, 6);
    let columns = panels * LANES;
    for level in Level::available() {
        for scale in [0.0f32, 0.125, 3.0, 400.0, 3e38] {
            let mut draw = Draw(4);
            let products = draw.lanes(rows * panels);
            let (mut shared, mut own) = (draw.lanes(panels), draw.lanes(rows * panels));
            shared[3] = Lane([f32::NEG_INFINITY; LANES]);
            shared[0].0[5] = f32::NEG_INFINITY;
            // Row 2 is forbidden everything, row 3 all but one pattern.
            own[2 * panels..3 * panels].fill(Lane([f32::NEG_INFINITY; LANES]));
            own[3 * panels..4 * panels].fill(Lane([f32::NEG_INFINITY; LANES]));
            own[3 * panels + 4].0[9] = 0.5;
            let theta = |r: usize, c: usize| {
                let x = f64::from(scale) * f64::from(Lane::floats(&products)[r * columns + c]);
                x.clamp(f64::from(-f32::MAX), f64::from(f32::MAX))
                    + f64::from(Lane::floats(&shared)[c])
                    + f64::from(Lane::floats(&own)[r * columns + c])
            };
            for block in [1, 2, 6] {
                let mut maximum = vec![f32::NEG_INFINITY; rows];
                let (mut sum, mut decay) = (vec![0.0; rows], vec![1.0; rows]);
                let mut weights = vec![0.0; rows * columns];
                let part = |of: &[Lane], from: usize| -> Vec<Lane> {
                    of.chunks(panels).flat_map(|row| row[from..from + block].to_vec()).collect()
                };
                for from in (0..panels).step_by(block) {
                    let mut strip = part(&products, from);
                    let own = part(&own, from);
                    let terms = Terms { scale, shared: &shared[from..from + block], own: &own };
                    let mut partition = Partition { maximum: &mut maximum, sum: &mut sum, decay: &mut decay };
                    soften(level, &terms, &mut strip, &mut partition);
                    for r in 0..rows {
                        weights[r * columns..r * columns + from * LANES]
                            .iter_mut()
                            .for_each(|w| *w *= decay[r]);
                        let row = Lane::floats(&strip[r * block..(r + 1) * block]);
                        weights[r * columns + from * LANES..][..row.len()].copy_from_slice(row);
                    }
                }
                assert_eq!((maximum[2], sum[2]), (f32::NEG_INFINITY, 0.0));
                let inverse: Vec<f32> =
                    sum.iter().map(|&s| if s == 0.0 { 0.0 } else { (1.0 / s) as f32 }).collect();
                maximum[2] = 0.0;
                let mut again = products.clone();
                resume(level, &Terms { scale, shared: &shared, own: &own }, &maximum, &inverse, &mut again);
                for r in 0..rows {
                    let top = (0..columns).map(|c| theta(r, c)).fold(f64::NEG_INFINITY, f64::max);
                    let total: f64 = (0..columns).map(|c| (theta(r, c) - top).exp()).sum();
                    for c in 0..columns {
                        let want = if r == 2 { 0.0 } else { (theta(r, c) - top).exp() / total };
                        let error = 1e-6 + 2.5e-7 * f64::from(scale).min(1e3);
                        for got in
                            [weights[r * columns + c] * inverse[r], Lane::floats(&again)[r * columns + c]]
                        {
                            assert!(
                                (want - f64::from(got)).abs() <= error,
                                "{level} scale {scale} block {block} [{r}][{c}]: {got} != {want}"
                            );
                        }
                    }
                }
            }
        }
        let (weights, slopes) = (Draw(1).lanes(rows * panels), Draw(2).lanes(rows * panels));
        let mut sums = vec![0.0; rows];
        means(level, &weights, &slopes, panels, &mut sums);
        for (r, &got) in sums.iter().enumerate() {
            let pairs = Lane::floats(&weights).iter().zip(Lane::floats(&slopes));
            let row = pairs.skip(r * columns).take(columns);
            let want: f64 = row.map(|(&w, &x)| f64::from(w) * f64::from(x)).sum();
            assert!((want - f64::from(got)).abs() <= 1e-5, "{level} [{r}]: {got} != {want}");
        }
        let means = [0.5, -0.25, 0.0, 1.0, 2.0];
        let mut out = slopes.clone();
        slope(level, &weights, &means, panels, &mut out);
        for (i, &got) in Lane::floats(&out).iter().enumerate() {
            let want = Lane::floats(&weights)[i] * (Lane::floats(&slopes)[i] - means[i / columns]);
            assert!((want - got).abs() <= 1e-7, "{level} [{i}]: {got} != {want}");
        }
    }
}

#[test]
fn extents_that_do_not_fit_panic() {
    let caught = |call: &(dyn Fn() + std::panic::RefUnwindSafe)| std::panic::catch_unwind(call).is_err();
    let with = |rows: usize, depth: usize, lanes: usize, out: usize| {
        let left = Left { floats: &[0.0; 6], rows, depth, row_step: depth, depth_step: 1 };
        multiply(
            Level::current(),
            &left,
            &vec![Lane::ZERO; lanes],
            2,
            Onto::Nothing,
            &mut vec![Lane::ZERO; out],
        );
    };
    assert!(!caught(&|| with(2, 3, 6, 4)));
    assert!(caught(&|| with(3, 3, 6, 6)), "a row too many");
    assert!(caught(&|| with(2, 3, 5, 4)), "a lane too few");
    assert!(caught(&|| with(2, 3, 6, 3)), "too small a result");
    assert!(caught(&|| {
        let left = Left { floats: &[0.0; 6], rows: 2, depth: 2, row_step: usize::MAX, depth_step: 1 };
        multiply(Level::current(), &left, &[Lane::ZERO; 2], 1, Onto::Nothing, &mut [Lane::ZERO; 2]);
    }));
    let terms = Terms { scale: 1.0, shared: &[Lane::ZERO; 2], own: &[] };
    assert!(caught(&|| resume(Level::current(), &terms, &[0.0], &[1.0], &mut [Lane::ZERO; 3])));
    assert!(caught(&|| resume(Level::current(), &terms, &[0.0], &[], &mut [Lane::ZERO; 2])));
    assert!(caught(&|| means(Level::current(), &[Lane::ZERO], &[Lane::ZERO; 2], 2, &mut [0.0])));
    assert!(caught(&|| slope(Level::current(), &[Lane::ZERO], &[0.0], 2, &mut [Lane::ZERO; 2])));
}

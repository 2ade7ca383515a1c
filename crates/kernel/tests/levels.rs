//! Every level of this machine against naive f64, and the promises about bits.
#![allow(clippy::unwrap_used)]

use attractor_kernel::{
    LANES, Lane, Level, Measure, Panels, Query, Running, exp, padded, retrieve, scores, weigh, weight_floor,
};

/// A small generator, so that the kernel's tests need no crate.
struct Draw(u64);

impl Draw {
    fn unit(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 40) as f32 / (1u64 << 24) as f32) * 2.0 - 1.0
    }
    fn rows(&mut self, n: usize, width: usize) -> Vec<Vec<f32>> {
        (0..n).map(|_| (0..width).map(|_| self.unit()).collect()).collect()
    }
}

struct Stored {
    lanes: Vec<Lane>,
    live: Vec<u16>,
    width: usize,
}

impl Stored {
    fn new(rows: &[Vec<f32>]) -> Self {
        let width = padded(rows[0].len());
        let panels = rows.len().div_ceil(LANES);
        let mut lanes = vec![Lane::ZERO; panels * width];
        let mut live = vec![0u16; panels];
        for (i, row) in rows.iter().enumerate() {
            live[i / LANES] |= 1 << (i % LANES);
            for (j, &x) in row.iter().enumerate() {
                lanes[i / LANES * width + j].0[i % LANES] = x;
            }
        }
        Self { lanes, live, width }
    }
    fn view(&self) -> Panels<'_> {
        Panels::new(&self.lanes, &self.live, &[], self.width).unwrap()
    }
}

fn flat(rows: &[Vec<f32>], width: usize) -> Vec<f32> {
    rows.iter().flat_map(|r| r.iter().copied().chain(std::iter::repeat(0.0)).take(width)).collect()
}

fn measure(measure: Measure, q: &[f32], k: &[f32]) -> f64 {
    let pairs = q.iter().zip(k).map(|(&a, &b)| (f64::from(a), f64::from(b)));
    match measure {
        Measure::Dot => pairs.map(|(a, b)| a * b).sum(),
        Measure::SquaredDistance => pairs.map(|(a, b)| (a - b).powi(2)).sum(),
        Measure::Distance => pairs.map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt(),
        Measure::Manhattan => pairs.map(|(a, b)| (a - b).abs()).sum(),
    }
}

fn retrieved(
    level: Level,
    kind: Measure,
    cues: &[Vec<f32>],
    keys: &Stored,
    values: &Stored,
    n: usize,
    scale: f32,
) -> (Vec<f32>, Vec<f64>, Vec<f32>) {
    let flat = flat(cues, keys.width);
    let scales = vec![scale; cues.len()];
    let query = Query::new(&flat, &scales, keys.width, kind).unwrap();
    let mut maximum = vec![f32::NEG_INFINITY; cues.len()];
    let mut sum = vec![0.0; cues.len()];
    let mut weighted = vec![0.0; cues.len() * values.width];
    let mut running = Running { maximum: &mut maximum, sum: &mut sum, weighted: &mut weighted };
    retrieve(level, &query, &keys.view(), &values.view(), weight_floor(n), &mut running);
    (maximum, sum, weighted)
}

/// Sizes that are no multiple of anything, single rows, several blocks, several chunks of components.
const SHAPES: [(usize, usize, usize, usize); 9] = [
    (1, 1, 1, 1),
    (1, 3, 5, 2),
    (2, 16, 4, 4),
    (3, 17, 7, 9),
    (5, 100, 64, 64),
    (7, 513, 33, 12),
    (13, 700, 129, 40),
    (4, 1300, 300, 300),
    (1, 2049, 16, 3),
];

#[test]
fn retrieval_agrees_with_f64_on_every_level() {
    for level in Level::available() {
        for (cues, n, width, value_width) in SHAPES {
            for kind in [Measure::Dot, Measure::SquaredDistance, Measure::Distance, Measure::Manhattan] {
                for beta in [1e-6f32, 0.05, 1.0, 8.0, 1e3, 1e6] {
                    let mut draw = Draw(7 + n as u64);
                    let (q, k) = (draw.rows(cues, width), draw.rows(n, width));
                    let v = draw.rows(n, value_width);
                    let scale = if kind == Measure::Dot { beta } else { -beta };
                    let (keys, values) = (Stored::new(&k), Stored::new(&v));
                    let (m, s, w) = retrieved(level, kind, &q, &keys, &values, n, scale);
                    for c in 0..cues {
                        let theta: Vec<f64> =
                            k.iter().map(|k| f64::from(scale) * measure(kind, &q[c], k)).collect();
                        let top = theta.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                        let e: Vec<f64> = theta.iter().map(|t| (t - top).exp()).collect();
                        let total: f64 = e.iter().sum();
                        // Rounding of a score is below gamma_d * sum |terms|, and beta amplifies it.
                        let error = f64::from(beta) * width as f64 * 4.0 * 6e-8 * (width as f64).sqrt();
                        let lse = f64::from(m[c]) + s[c].ln();
                        assert!(
                            (lse - (top + total.ln())).abs() <= error + 1e-5,
                            "{level} {kind:?} n={n} d={width} beta={beta}: lse {lse}"
                        );
                        if error > 0.05 {
                            continue; // The weights themselves are no longer determined in f32.
                        }
                        for j in 0..value_width {
                            let want =
                                e.iter().zip(&v).map(|(e, v)| e * f64::from(v[j])).sum::<f64>() / total;
                            let got = f64::from(w[c * values.width + j]) / s[c];
                            assert!(
                                (want - got).abs() <= 2.0 * error + 3e-6,
                                "{level} {kind:?} n={n} d={width} beta={beta} [{c}][{j}]: {got} != {want}"
                            );
                        }
                        assert!(
                            w[c * values.width + value_width..(c + 1) * values.width]
                                .iter()
                                .all(|&x| x == 0.0)
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_cue_gets_the_same_bits_alone_and_in_any_batch() {
    for level in Level::available() {
        for (width, beta) in [(20, 0.2), (300, 0.01), (64, 30.0)] {
            let mut draw = Draw(3);
            let (q, k, v) = (draw.rows(23, width), draw.rows(900, width), draw.rows(900, 37));
            let (keys, values) = (Stored::new(&k), Stored::new(&v));
            let all = retrieved(level, Measure::Dot, &q, &keys, &values, 900, beta);
            for count in [1, 2, 3, 5, 6, 7, 11] {
                for (i, batch) in q.chunks(count).enumerate() {
                    let part = retrieved(level, Measure::Dot, batch, &keys, &values, 900, beta);
                    let from = i * count;
                    assert_eq!(part.0, all.0[from..from + batch.len()], "{level} maxima");
                    assert_eq!(part.1, all.1[from..from + batch.len()], "{level} sums");
                    let rows = from * values.width..(from + batch.len()) * values.width;
                    assert_eq!(part.2, all.2[rows], "{level} weighted values, batch of {count}");
                }
            }
        }
    }
}

#[test]
fn ties_share_and_equal_rows_average() {
    for level in Level::available() {
        for beta in [1e-6, 1.0, 1e6] {
            let k = vec![vec![0.25; 6]; 50];
            let v: Vec<Vec<f32>> = (0..50).map(|i| vec![i as f32]).collect();
            let (keys, values) = (Stored::new(&k), Stored::new(&v));
            let (_, s, w) = retrieved(level, Measure::Dot, &[vec![1.0; 6]], &keys, &values, 50, beta);
            assert_eq!(s[0], 50.0, "{level} beta={beta}");
            assert!((f64::from(w[0]) / s[0] - 24.5).abs() < 1e-5, "{level} beta={beta}");
        }
    }
}

#[test]
fn dead_rows_weigh_nothing_and_an_empty_block_leaves_the_identity() {
    for level in Level::available() {
        let mut draw = Draw(5);
        let k = draw.rows(40, 8);
        let q = draw.rows(2, 8);
        let mut some = Stored::new(&k);
        some.live = vec![0b1010_1010_1010_1010, 0xffff, 0];
        let kept: Vec<Vec<f32>> = k
            .iter()
            .enumerate()
            .filter(|(i, _)| some.live[i / 16] >> (i % 16) & 1 == 1)
            .map(|(_, r)| r.clone())
            .collect();
        let part = Stored::new(&kept);
        let a = retrieved(level, Measure::Dot, &q, &some, &some, 24, 3.0);
        let b = retrieved(level, Measure::Dot, &q, &part, &part, 24, 3.0);
        for c in 0..2 {
            assert_eq!(a.0[c], b.0[c]);
            assert!((a.1[c] - b.1[c]).abs() < 1e-5);
            for j in 0..8 {
                assert!((a.2[c * 8 + j] - b.2[c * 8 + j]).abs() < 1e-5);
            }
        }
        some.live = vec![0; 3];
        let none = retrieved(level, Measure::Dot, &q, &some, &some, 1, 3.0);
        assert_eq!((none.0, none.1, none.2), (vec![f32::NEG_INFINITY; 2], vec![0.0; 2], vec![0.0; 16]));
    }
}

#[test]
fn scores_that_overflow_are_clamped_and_give_no_nan() {
    for level in Level::available() {
        let k = vec![vec![1e30, 1e30], vec![1e30, -1e30], vec![-1e30, 1e30]];
        let keys = Stored::new(&k);
        let (m, s, w) = retrieved(level, Measure::Dot, &[vec![1e30, 1e30]], &keys, &keys, 3, 1e6);
        assert_eq!(m[0], f32::MAX);
        assert!(s[0].is_finite() && w.iter().all(|x| x.is_finite()), "{level}: {s:?} {w:?}");
    }
}

#[test]
fn halves_agree_with_the_whole() {
    for level in Level::available() {
        let mut draw = Draw(11);
        let (q, k, v) = (draw.rows(9, 21), draw.rows(777, 21), draw.rows(777, 10));
        let (keys, values) = (Stored::new(&k), Stored::new(&v));
        let flat = flat(&q, keys.width);
        let query = Query::new(&flat, &[1.0; 9], keys.width, Measure::Dot).unwrap();
        let panels = keys.live.len();
        let mut theta = vec![Lane::ZERO; 9 * panels];
        scores(level, &query, &keys.view(), &mut theta);
        let (m, _, w) = retrieved(level, Measure::Dot, &q, &keys, &values, 777, 1.0);
        for (c, row) in theta.chunks_mut(panels).enumerate() {
            let top = row.iter().flat_map(|l| l.0).fold(f32::NEG_INFINITY, f32::max);
            assert_eq!(top, m[c]);
            for x in row.iter_mut().flat_map(|l| &mut l.0) {
                *x = (*x - top).exp();
            }
        }
        let mut out = vec![0.0; 9 * values.width];
        weigh(level, &values.view(), &theta, &mut out);
        for (a, b) in out.iter().zip(&w) {
            assert!((a - b).abs() < 2e-4 * (1.0 + b.abs()), "{level}: {a} {b}");
        }
    }
}

#[test]
fn exp_is_within_two_ulp_and_exactly_zero_below_the_floor() {
    for level in Level::available() {
        let mut worst: f64 = 0.0;
        for i in 0..40_000 {
            let mut lane = Lane::ZERO;
            for (l, x) in lane.0.iter_mut().enumerate() {
                *x = (i * 16 + l) as f32 * (-87.33 / 640_000.0);
            }
            let xs = lane;
            exp(level, std::slice::from_mut(&mut lane));
            for (x, got) in xs.0.iter().zip(lane.0) {
                let want = f64::from(*x).exp();
                let ulp = f64::from((want as f32).next_up() - want as f32);
                worst = worst.max((f64::from(got) - want).abs() / ulp);
            }
        }
        assert!(worst < 2.0, "{level}: {worst} ULP");
        let mut lane = Lane([
            -87.4,
            -90.0,
            -103.0,
            -1e3,
            -1e30,
            f32::NEG_INFINITY,
            0.0,
            -0.0,
            -1e-30,
            -1.0,
            -88.0,
            -200.0,
            -95.0,
            -100.0,
            -87.34,
            -f32::MAX,
        ]);
        let zero = [0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15];
        exp(level, std::slice::from_mut(&mut lane));
        for i in zero {
            assert_eq!(lane.0[i], 0.0, "{level} lane {i}");
        }
        assert_eq!(lane.0[6..9], [1.0; 3]);
    }
}

#[test]
fn the_dropped_weights_stay_below_half_an_ulp() {
    for n in [1usize, 100, 1_000_000, 1 << 40] {
        let floor = f64::from(weight_floor(n));
        assert!(n as f64 * floor.exp() <= 2f64.powi(-24) * 1.0001 || floor < -87.0, "n={n}");
    }
}

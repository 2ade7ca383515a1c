#![allow(missing_docs, clippy::all, clippy::pedantic, clippy::unwrap_used)]
use attractor_memory::*;
use ndarray::Array2;
use std::time::Instant;
struct Draw(u64);
impl Draw {
    fn unit(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 40) as f32 / (1u64 << 24) as f32) * 2.0 - 1.0
    }
}
fn main() {
    rayon::ThreadPoolBuilder::new().num_threads(2).build_global().unwrap();
    let mut d = Draw(1);
    for (n, w, q, steps, betas) in [
        (1_000_000, 128, vec![1usize, 8, 64], 1usize, vec![64.0, 0.0884]),
        (10_000, 256, vec![64], 1, vec![8.0, 0.0625]),
        (10_000, 784, vec![100], 4, vec![1.0, 0.036]),
    ] {
        let mut keys = Array2::from_shape_fn((n, w), |_| d.unit());
        if w != 784 {
            for mut r in keys.rows_mut() {
                let s = r.dot(&r).sqrt();
                r /= s;
            }
        }
        let noise = if w == 784 { 0.5 } else { 1.2 / (w as f32).sqrt() };
        let t = Instant::now();
        let mut m0 = Memory::builder(w).build().unwrap();
        m0.store(keys.view()).unwrap();
        println!("store {n}x{w}: {:?}", t.elapsed());
        for &nq in &q {
            let cues = Array2::from_shape_fn((nq, w), |(i, j)| keys[[i * 97, j]] + noise * d.unit());
            for &b in &betas {
                let mut m = Memory::builder(w).separation(Separation::softmax(b)).build().unwrap();
                m.store(keys.view()).unwrap();
                let dy = Dynamics { steps, tolerance: 0.0, detail: Detail::States, ..Dynamics::default() };
                let mut ts = vec![];
                for _ in 0..7 {
                    let t = Instant::now();
                    let r = m.recall_with(cues.view(), &dy).unwrap();
                    ts.push(t.elapsed().as_secs_f64() * 1e3);
                    std::hint::black_box(&r);
                }
                ts.sort_by(f64::total_cmp);
                let bytes = (n * w * 4) as f64;
                println!(
                    "{nq} x {n} x {w} beta {b} steps {steps}: min {:.2} med {:.2} ms, {:.1} GB/s, {:.0} GFLOP/s(2 products)",
                    ts[0],
                    ts[3],
                    bytes / ts[0] / 1e6,
                    4.0 * (nq * n * w * steps) as f64 / ts[0] / 1e6
                );
            }
        }
    }
}

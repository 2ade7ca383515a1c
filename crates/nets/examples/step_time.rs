//! How long a training step takes, by network and batch.

use std::time::Instant;

use attractor_nets::{Loss, Mlp, Optimiser};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn main() -> Result<(), attractor_nets::Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for (widths, batch) in [([784, 400, 400, 10], 128), ([784, 100, 100, 10], 10)] {
        for optimiser in [Optimiser::sgd(0.01)?, Optimiser::adam(1e-3)?] {
            let mut network = Mlp::new(&widths, &mut rng)?;
            let mut optimiser = optimiser;
            let inputs = Array2::from_shape_simple_fn((batch, 784), || rng.random::<f32>());
            let classes: Vec<u32> = (0..batch as u32).map(|i| i % 10).collect();
            let mut times: Vec<f64> = Vec::new();
            for _ in 0..200 {
                let start = Instant::now();
                let loss = |l: &mut Loss<'_>| l.mean_cross_entropy(0, &classes, |_, _| true);
                network.step(inputs.view(), loss, &mut optimiser)?;
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
            times.sort_by(f64::total_cmp);
            let rule = optimiser.rule();
            println!(
                "{widths:?}, batch {batch}, {rule:?}: median {:.2} ms, least {:.2} ms",
                times[100], times[0]
            );
        }
    }
    Ok(())
}

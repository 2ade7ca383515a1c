//! How long an association takes, forwards and with its gradients, beside the same formula in Burn's own operations
//! and beside what the arithmetic takes at least.
//!
//! Times are medians over the runs, with the quartiles; `RAYON_NUM_THREADS` sets the threads. Words after `--` choose the
//! workloads whose names contain them.

use std::time::Instant;

use attractor_kernel::{Level, probe};
use attractor_nets::Error;
use attractor_nets::association::{Dynamics, Mask, Patterns, Retrieved, Separation, associate, composed};
use attractor_nets::fused::{Inputs, backward, forward};
use attractor_nets::hopfield::{HopfieldConfig, Masks, PerHead};
use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::{Device, Tensor, TensorData};
use ndarray::ArrayView4;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const BATCH: usize = 32;
const HEADS: usize = 8;
const ROWS: usize = 128;
const WIDTH: usize = 32;
const SHAPE: [usize; 4] = [BATCH, HEADS, ROWS, WIDTH];
const RUNS: usize = 25;
const FITS: &str = "the shapes of this benchmark fit together";

fn main() {
    let peak = peak();
    let threads = rayon::current_num_threads();
    println!("{SHAPE:?}, {threads} threads, {}, {peak:.0} Gop/s on all of them", Level::current());
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut floats =
        || -> Vec<f32> { (0..SHAPE.iter().product()).map(|_| rng.random_range(-1.0..1.0)).collect() };
    let inputs = [floats(), floats(), floats(), floats()];
    let beta = 1.0 / (WIDTH as f32).sqrt();
    for count in [0, 3] {
        arrays(&inputs, beta, count, peak);
        for (name, operation) in
            [("burn, fused", associate as Operation), ("burn, composed", composed as Operation)]
        {
            tensors(name, operation, &inputs, beta, count, peak);
        }
    }
    for count in [0, 3] {
        layer(count, peak);
    }
}

/// Products of a matrix `(ROWS, ROWS)` and one of `WIDTH` columns, in operations.
fn operations(products: usize) -> f64 {
    2.0 * (BATCH * HEADS * ROWS * ROWS * WIDTH * products) as f64
}

/// Milliseconds of the slow quarter, the median and the fast quarter.
fn time(name: &str, floor: f64, mut run: impl FnMut()) {
    if std::env::args().skip(1).any(|word| !word.starts_with("--") && !name.contains(&word)) {
        return;
    }
    let mut times = Vec::new();
    for _ in 0..RUNS + 2 {
        let start = Instant::now();
        run();
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.drain(..2);
    times.sort_by(f64::total_cmp);
    let (low, median, high) = (times[RUNS / 4], times[RUNS / 2], times[3 * RUNS / 4]);
    println!(
        "{name}: {median:.2} ms ({low:.2} to {high:.2}, least {:.2}), floor {floor:.2}, ratio {:.2}",
        times[0],
        median / floor
    );
}

/// Billions of operations per second when all threads multiply and add in registers.
fn peak() -> f64 {
    let rounds = 2_000_000;
    let once = || {
        let start = Instant::now();
        rayon::broadcast(|_| std::hint::black_box(probe::multiply_add(Level::current(), rounds)));
        (rounds * probe::OPERATIONS * rayon::current_num_threads()) as f64
            / start.elapsed().as_secs_f64()
            / 1e9
    };
    (0..9).map(|_| once()).fold(0.0, f64::max)
}

fn arrays(inputs: &[Vec<f32>; 4], beta: f32, count: usize, peak: f64) {
    let [queries, patterns, values, slopes] =
        inputs.each_ref().map(|floats| ArrayView4::from_shape(SHAPE, floats).expect(FITS));
    let betas = [beta; HEADS];
    let steps = [count; HEADS];
    let inputs = Inputs::new(queries, patterns, values, &betas, &steps);
    let floor = |products| operations(products) / peak / 1e6;
    time(&format!("arrays, {count} updates, forward"), floor(2 * (count + 1)), || {
        std::hint::black_box(forward(&inputs).expect(FITS));
    });
    time(&format!("arrays, {count} updates, forward and backward"), floor(7 * (count + 1)), || {
        let forward = forward(&inputs).expect(FITS);
        std::hint::black_box(backward(&inputs, &forward, slopes.view()).expect(FITS));
    });
}

type Operation = fn(Patterns, &Dynamics) -> Result<Retrieved, Error>;

fn tensors(name: &str, operation: Operation, inputs: &[Vec<f32>; 4], beta: f32, count: usize, peak: f64) {
    let floor = |products| operations(products) / peak / 1e6;
    let dynamics = Dynamics::new(Separation::Softmax, vec![count; HEADS]);
    let run = |[state, stored, values]: [&Tensor<4>; 3], beta: &Tensor<1>| {
        let [state, stored, values] = [state, stored, values].map(Clone::clone);
        let patterns = Patterns { state, stored, values, beta: beta.clone(), mask: Mask::none() };
        operation(patterns, &dynamics).expect(FITS).values
    };
    let on = |device: &Device| {
        let betas = Tensor::<1>::from_data(TensorData::new(vec![beta; HEADS], [HEADS]), device);
        (inputs.each_ref().map(|x| Tensor::<4>::from_data(TensorData::new(x.clone(), SHAPE), device)), betas)
    };
    let ([q, k, v, _], betas) = on(&Device::flex());
    time(&format!("{name}, {count} updates, forward"), floor(2 * (count + 1)), || {
        let output = run([&q, &k, &v], &betas);
        std::hint::black_box(output.into_data());
    });
    let (leaves, betas) = on(&Device::flex().autodiff());
    let [q, k, v, slopes] = leaves;
    let [q, k, v] = [q, k, v].map(Tensor::require_grad);
    let betas = betas.require_grad();
    time(&format!("{name}, {count} updates, forward and backward"), floor(7 * (count + 1)), || {
        let output = run([&q, &k, &v], &betas);
        let gradients = (output * slopes.clone()).sum().backward();
        std::hint::black_box([&q, &k, &v].map(|leaf| leaf.grad(&gradients)));
    });
}

/// A whole layer of `HEADS * WIDTH` features: normalisation, four projections, the association, AdamW.
fn layer(count: usize, peak: f64) {
    let (device, features) = (Device::flex().autodiff(), HEADS * WIDTH);
    let config =
        HopfieldConfig::of(features).with_num_heads(HEADS).with_update_steps_max(PerHead::Same(count));
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut layer = config.init(&device, &mut rng).expect(FITS);
    let mut optimiser = AdamWConfig::new().init();
    let floats: Vec<f32> = (0..BATCH * ROWS * features).map(|_| rng.random_range(-1.0..1.0)).collect();
    let inputs = Tensor::<3>::from_data(TensorData::new(floats, [BATCH, ROWS, features]), &device);
    let projections = 2.0 * (4 * 3 * BATCH * ROWS * features * features) as f64;
    let floor = (operations(7 * (count + 1)) + projections) / peak / 1e6;
    time(&format!("layer, {count} updates, forward, backward and AdamW"), floor, || {
        let loss = layer.forward(inputs.clone(), &Masks::none()).expect(FITS).powi_scalar(2).mean();
        let gradients = GradientsParams::from_grads(loss.backward(), &layer);
        layer = optimiser.step(1e-3, layer.clone(), gradients);
    });
    time(&format!("layer, {count} updates, forward"), floor / 3.0, || {
        std::hint::black_box(
            layer.valid().forward(inputs.clone().without_autodiff(), &Masks::none()).expect(FITS).into_data(),
        );
    });
}

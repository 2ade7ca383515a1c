//! How long an association takes, forwards and with its gradients, beside the same formula in Burn's own operations
//! and beside what the arithmetic takes at least.
//!
//! Times are medians over the runs, with the quartiles; `RAYON_NUM_THREADS` sets the threads.

use std::time::Instant;

use attractor_kernel::{Level, probe};
use attractor_nets::fused::{Inputs, Updates, associate, backward, forward};
use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::activation::softmax;
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
        for (name, operation) in [("burn, fused", fused as Operation), ("burn, plain", plain as Operation)] {
            tensors(name, operation, &inputs, beta, count, peak);
        }
    }
    for (name, operation) in [("layer, fused", fused as Operation), ("layer, plain", plain as Operation)] {
        layer(name, operation, peak);
    }
}

/// Products of a matrix `(ROWS, ROWS)` and one of `WIDTH` columns, in operations.
fn operations(products: usize) -> f64 {
    2.0 * (BATCH * HEADS * ROWS * ROWS * WIDTH * products) as f64
}

/// Milliseconds of the slow quarter, the median and the fast quarter.
fn time(name: &str, floor: f64, mut run: impl FnMut()) {
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
    let updates = Updates::Unrolled(count);
    let inputs = Inputs { queries, patterns, values, betas: &betas, mask: None, padding: None, updates };
    let floor = |products| operations(products) / peak / 1e6;
    time(&format!("arrays, {count} updates, forward"), floor(2 * (count + 1)), || {
        std::hint::black_box(forward(&inputs).expect(FITS));
    });
    time(&format!("arrays, {count} updates, forward and backward"), floor(7 * (count + 1)), || {
        let forward = forward(&inputs).expect(FITS);
        std::hint::black_box(backward(&inputs, &forward, slopes.view()).expect(FITS));
    });
}

type Operation = fn(Tensor<4>, Tensor<4>, Tensor<4>, Tensor<1>, usize) -> Tensor<4>;

fn fused(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>, betas: Tensor<1>, count: usize) -> Tensor<4> {
    associate(q, k, v, betas, None, None, Updates::Unrolled(count)).expect(FITS)
}

fn plain(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>, betas: Tensor<1>, count: usize) -> Tensor<4> {
    let betas: Tensor<4> = betas.reshape([1, HEADS as i32, 1, 1]);
    let weights = |q: Tensor<4>| softmax(q.matmul(k.clone().swap_dims(2, 3)) * betas.clone(), 3);
    let mut state = q;
    for _ in 0..count {
        state = weights(state).matmul(k.clone());
    }
    weights(state).matmul(v)
}

fn tensors(name: &str, operation: Operation, inputs: &[Vec<f32>; 4], beta: f32, count: usize, peak: f64) {
    let floor = |products| operations(products) / peak / 1e6;
    let on = |device: &Device| {
        let betas = Tensor::<1>::from_data(TensorData::new(vec![beta; HEADS], [HEADS]), device);
        (inputs.each_ref().map(|x| Tensor::<4>::from_data(TensorData::new(x.clone(), SHAPE), device)), betas)
    };
    let ([q, k, v, _], betas) = on(&Device::flex());
    time(&format!("{name}, {count} updates, forward"), floor(2 * (count + 1)), || {
        let output = operation(q.clone(), k.clone(), v.clone(), betas.clone(), count);
        std::hint::black_box(output.into_data());
    });
    let (leaves, betas) = on(&Device::flex().autodiff());
    let [q, k, v, slopes] = leaves;
    let [q, k, v] = [q, k, v].map(Tensor::require_grad);
    let betas = betas.require_grad();
    time(&format!("{name}, {count} updates, forward and backward"), floor(7 * (count + 1)), || {
        let output = operation(q.clone(), k.clone(), v.clone(), betas.clone(), count);
        let gradients = (output * slopes.clone()).sum().backward();
        std::hint::black_box([&q, &k, &v].map(|leaf| leaf.grad(&gradients)));
    });
}

#[derive(Module, Debug)]
struct Layer {
    queries: Linear,
    patterns: Linear,
    values: Linear,
    output: Linear,
}

/// A whole layer of `HEADS * WIDTH` features: four projections, the association, AdamW.
fn layer(name: &str, operation: Operation, peak: f64) {
    let (device, features) = (Device::flex().autodiff(), HEADS * WIDTH);
    let linear = || LinearConfig::new(features, features).init(&device);
    let mut layer = Layer { queries: linear(), patterns: linear(), values: linear(), output: linear() };
    let mut optimiser = AdamWConfig::new().init();
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let floats: Vec<f32> = (0..BATCH * ROWS * features).map(|_| rng.random_range(-1.0..1.0)).collect();
    let inputs = Tensor::<2>::from_data(TensorData::new(floats, [BATCH * ROWS, features]), &device);
    let beta = 1.0 / (WIDTH as f32).sqrt();
    let betas = Tensor::<1>::from_data(TensorData::new(vec![beta; HEADS], [HEADS]), &device);
    let projections = 2.0 * (4 * 3 * BATCH * ROWS * features * features) as f64;
    let floor = (operations(7) + projections) / peak / 1e6;
    time(&format!("{name}, forward, backward and AdamW"), floor, || {
        let heads = |linear: &Linear| {
            linear.forward(inputs.clone()).reshape([BATCH, ROWS, HEADS, WIDTH]).swap_dims(1, 2)
        };
        let (q, k, v) = (heads(&layer.queries), heads(&layer.patterns), heads(&layer.values));
        let read = operation(q, k, v, betas.clone(), 0).swap_dims(1, 2).reshape([BATCH * ROWS, features]);
        let loss = layer.output.forward(read).powi_scalar(2).mean();
        let gradients = GradientsParams::from_grads(loss.backward(), &layer);
        layer = optimiser.step(1e-3, layer.clone(), gradients);
    });
}

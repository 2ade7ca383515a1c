use attractor_data::{Shape, stream};
use ndarray::{Array2, s};
use rand::RngExt;

use super::*;
use crate::encoder::encode_all;

const SHAPE: Shape = Shape::Image { height: 9, width: 11, channels: 2 };

/// Pictures with blank regions.
fn pictures(n: usize) -> Array2<f32> {
    let mut rng = stream(6, "patches test");
    Array2::from_shape_fn((n, SHAPE.components()), |(i, j)| {
        let (row, column) = (j / 22, j % 22 / 2);
        let noise = rng.random::<f32>();
        if row < 4 && column < 5 { 0.7 } else { noise * (0.3 + 0.1 * (i % 5) as f32) }
    })
}

fn recipe() -> Patches {
    Patches { side: 3, floor: 1e-3, centroids: 19, samples: 1500, grid: 3, ..Patches::default() }
}

/// The definition, in `f64`, word for word.
fn defined(encoder: &PatchFeatures, recipe: &Patches, picture: &[f32]) -> Vec<f64> {
    let Shape::Image { height, width, channels } = encoder.shape() else { unreachable!() };
    let (side, stride, grid) = (recipe.side, recipe.stride, recipe.grid);
    let size = side * side * channels;
    let centroids: Vec<Vec<f64>> =
        encoder.centroids.chunks(size).map(|c| c.iter().map(|&c| f64::from(c)).collect()).collect();
    let (rows, columns) = ((height - side) / stride + 1, (width - side) / stride + 1);
    let sides = encoder.answers.sides();
    let mut sums = vec![0.0; grid * grid * sides * centroids.len()];
    let mut counts = vec![0.0; grid * grid];
    for row in 0..rows {
        for column in 0..columns {
            let cell = row * grid / rows * grid + column * grid / columns;
            counts[cell] += 1.0;
            let mut x = Vec::new();
            for i in row * stride..row * stride + side {
                for j in column * stride..column * stride + side {
                    for channel in 0..channels {
                        x.push(f64::from(picture[(i * width + j) * channels + channel]));
                    }
                }
            }
            let mean = x.iter().sum::<f64>() / size as f64;
            let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / size as f64;
            if x.iter().all(|&value| value == x[0]) {
                continue;
            }
            x.iter_mut().for_each(|x| *x = (*x - mean) / (variance + f64::from(recipe.floor)).sqrt());
            if let Some(zca) = &encoder.zca {
                let gap: Vec<f64> = x.iter().zip(&zca.mean).map(|(x, &m)| x - f64::from(m)).collect();
                let dot = |w: &[f32]| w.iter().zip(&gap).map(|(&w, x)| f64::from(w) * x).sum::<f64>();
                x = zca.matrix.chunks(size).map(dot).collect();
            }
            let dot = |c: &[f64]| c.iter().zip(&x).map(|(c, x)| c * x).sum::<f64>();
            let far = |c: &[f64]| c.iter().zip(&x).map(|(c, x)| (c - x).powi(2)).sum::<f64>().sqrt();
            let mean = centroids.iter().map(|c| far(c)).sum::<f64>() / centroids.len() as f64;
            for (k, c) in centroids.iter().enumerate() {
                let to = &mut sums[cell * sides * centroids.len()..];
                match recipe.activation {
                    Activation::Triangle => to[k] += (mean - far(c)).max(0.0),
                    Activation::Threshold { alpha } => to[k] += (dot(c) - f64::from(alpha)).max(0.0),
                    Activation::TwoSided { alpha } => {
                        to[k] += (dot(c) - f64::from(alpha)).max(0.0);
                        to[centroids.len() + k] += (-dot(c) - f64::from(alpha)).max(0.0);
                    }
                }
            }
        }
    }
    let size = sides * centroids.len();
    let pooled = sums.iter().enumerate().map(|(i, sum)| match recipe.pool {
        Pool::Sum => *sum,
        Pool::Mean => sum / counts[i / size],
    });
    match recipe.finish {
        Finish::SquareRoot => pooled.map(f64::sqrt).collect(),
        _ => pooled.collect(),
    }
}

#[test]
fn features_are_those_of_the_definition() {
    let pictures = pictures(40);
    let activations =
        [Activation::Triangle, Activation::Threshold { alpha: 0.2 }, Activation::TwoSided { alpha: 0.1 }];
    for activation in activations {
        for decorrelation in [Decorrelation::None, Decorrelation::Zca { epsilon: 0.1 }] {
            for (stride, pool, clustering, finish) in [
                (1, Pool::Sum, Clustering::Euclidean, Finish::None),
                (2, Pool::Mean, Clustering::Spherical, Finish::SquareRoot),
            ] {
                let recipe =
                    Patches { stride, decorrelation, clustering, activation, pool, finish, ..recipe() };
                let encoder = recipe.fit(pictures.view(), SHAPE).unwrap();
                let features = encode_all(&encoder, pictures.view()).unwrap();
                for (picture, features) in pictures.rows().into_iter().zip(features.rows()) {
                    let exact = defined(&encoder, &recipe, picture.as_slice().unwrap());
                    assert_eq!(exact.len(), features.len());
                    for (feature, exact) in features.iter().zip(exact) {
                        let gap = (f64::from(*feature) - exact).abs();
                        // The square root makes much of a small error near 0.
                        let limit = if finish == Finish::SquareRoot { 3e-3 } else { 2e-4 };
                        assert!(gap < limit, "{recipe:?}: {feature} {exact}");
                    }
                }
                assert!(features.iter().any(|&x| x > 0.1));
            }
        }
    }
}

#[test]
fn whitened_patches_are_uncorrelated() {
    let mut rng = stream(8, "zca test");
    let mut patches = vec![0.0f32; 4000 * 8];
    for patch in patches.chunks_exact_mut(8) {
        let shared = rng.random::<f32>();
        patch[..6].iter_mut().enumerate().for_each(|(i, x)| *x = shared * i as f32 + rng.random::<f32>());
    }
    let epsilon = 1e-6;
    let zca = Zca::fit(&patches, 8, 6, epsilon).unwrap();
    let shift = zca.shift();
    let mut covariance = [[0.0f64; 6]; 6];
    for patch in patches.chunks_exact(8) {
        let y: Vec<f64> = zca
            .matrix
            .chunks(6)
            .zip(&shift)
            .map(|(row, &shift)| {
                let dot: f64 = row.iter().zip(patch).map(|(&w, &x)| f64::from(w) * f64::from(x)).sum();
                dot - f64::from(shift)
            })
            .collect();
        for i in 0..6 {
            for j in 0..6 {
                covariance[i][j] += y[i] * y[j] / 4000.0;
            }
        }
    }
    for i in 0..6 {
        for j in 0..6 {
            assert!((covariance[i][j] - f64::from(u8::from(i == j))).abs() < 1e-3, "{covariance:?}");
            assert!((zca.matrix[i * 6 + j] - zca.matrix[j * 6 + i]).abs() < 1e-5);
        }
    }
}

#[test]
fn blank_pictures_have_no_answers_whatever_their_colour() {
    for activation in [Activation::Triangle, Activation::TwoSided { alpha: 0.0 }] {
        let recipe = Patches { activation, ..recipe() };
        let encoder = recipe.fit(pictures(30).view(), SHAPE).unwrap();
        for colour in [0.0, 0.1, 1.0 / 3.0, -5.3, 255.0, f32::MAX] {
            let mut features = vec![1.0; encoder.width()];
            encoder.encode(&vec![colour; SHAPE.components()], &mut features).unwrap();
            assert!(features.iter().all(|&x| x == 0.0), "{colour}");
        }
    }
    let blank = Array2::from_elem((5, SHAPE.components()), 0.3);
    let refused = recipe().fit(blank.view(), SHAPE);
    assert!(matches!(refused, Err(Error::TooFew { needed: 19, found: 0, .. })));
}

#[test]
fn contrast_beyond_the_range_of_a_square_is_contrast() {
    let recipe = Patches { activation: Activation::Threshold { alpha: 0.1 }, floor: 1e-12, ..recipe() };
    let encoder = recipe.fit(pictures(30).view(), SHAPE).unwrap();
    let picture = pictures(1).row(0).to_vec();
    let features = |scale: f32| {
        let picture: Vec<f32> = picture.iter().map(|x| x * scale).collect();
        let mut features = vec![0.0; encoder.width()];
        encoder.encode(&picture, &mut features).map(|()| features)
    };
    let usual = features(1.0).unwrap();
    for scale in [1e25, 3e38] {
        let huge = features(scale).unwrap();
        assert!(usual.iter().zip(huge).all(|(a, b)| (a - b).abs() < 1e-3), "{scale}");
    }
    let mut both: Vec<f32> = picture.iter().map(|_| f32::MAX).collect();
    both.iter_mut().step_by(3).for_each(|x| *x = f32::MIN);
    let mut features = vec![0.0; encoder.width()];
    encoder.encode(&both, &mut features).unwrap();
    assert!(features.iter().any(|&x| x > 0.0));
}

#[test]
fn standardised_features_have_mean_0_and_variance_1() {
    let pictures = pictures(300);
    let recipe = Patches { finish: Finish::Standardise { epsilon: 0.0 }, ..recipe() };
    let encoder = recipe.fit(pictures.view(), SHAPE).unwrap();
    let features = encode_all(&encoder, pictures.view()).unwrap().mapv(f64::from);
    for (j, column) in features.columns().into_iter().enumerate() {
        let (mean, square) = (column.mean().unwrap(), column.mapv(|x| x * x).mean().unwrap());
        assert!(mean.abs() < 1e-3, "{j} {mean}");
        assert!((square - 1.0).abs() < 1e-2 || square == 0.0, "{j} {square}");
    }
    assert!(features.slice(s![0, ..]).iter().any(|&x| x != 0.0));
}

#[test]
fn another_seed_gives_other_centroids() {
    let pictures = pictures(30);
    let fit = |seed| Patches { seed, ..recipe() }.fit(pictures.view(), SHAPE).unwrap().centroids;
    assert_eq!(fit(1), fit(1));
    assert_ne!(fit(1), fit(2));
}

#[test]
fn cells_share_the_patches_out_evenly() {
    for (height, width, side, stride, grid) in [(28, 28, 6, 1, 4), (28, 28, 5, 2, 3), (9, 11, 3, 1, 7)] {
        let places = Places::new(Shape::grey(height, width), side, stride, grid).unwrap();
        let mut counts = vec![0; places.cells()];
        places.all().for_each(|(row, column)| counts[places.cell(row, column)] += 1);
        let sizes: Vec<usize> = (0..places.cells()).map(|cell| places.cell_size(cell)).collect();
        assert_eq!(counts, sizes);
        assert_eq!(counts.iter().sum::<usize>(), places.count());
        assert!(counts.iter().all(|&count| count > 0));
    }
}

#[test]
fn wrong_recipes_are_refused() {
    let pictures = pictures(5);
    let refused = |recipe: Patches| recipe.fit(pictures.view(), SHAPE).is_err();
    assert!(!refused(recipe()));
    assert!(refused(Patches { side: 0, ..recipe() }) && refused(Patches { side: 10, ..recipe() }));
    assert!(refused(Patches { stride: 0, ..recipe() }));
    assert!(refused(Patches { grid: 0, ..recipe() }) && refused(Patches { grid: 8, ..recipe() }));
    assert!(
        refused(Patches { centroids: 0, ..recipe() }) && refused(Patches { centroids: 2000, ..recipe() })
    );
    assert!(refused(Patches { floor: 0.0, ..recipe() }) && refused(Patches { floor: f32::NAN, ..recipe() }));
    assert!(refused(Patches { activation: Activation::Threshold { alpha: -1.0 }, ..recipe() }));
    assert!(refused(Patches { decorrelation: Decorrelation::Zca { epsilon: 0.0 }, ..recipe() }));
    assert!(refused(Patches { finish: Finish::Standardise { epsilon: f64::NAN }, ..recipe() }));
    assert!(recipe().fit(pictures.view(), Shape::Vector(SHAPE.components())).is_err());
    assert!(recipe().fit(pictures.view(), Shape::grey(9, 11)).is_err());
    let mut bad = pictures.clone();
    bad[[4, 7]] = f32::INFINITY;
    assert!(recipe().fit(bad.view(), SHAPE).is_err());
}

/// Share of the digits after the first 1,000 that ridge regression on these gets right, for each `ridge`, a
/// share of the mean square of a picture.
fn by_ridge(features: &Array2<f32>, labels: &[u32], ridges: &[f64]) -> Vec<f64> {
    let known = 1000;
    let mean = features.slice(s![..known, ..]).mapv(f64::from).mean_axis(ndarray::Axis(0)).expect("rows");
    let centred = features.mapv(f64::from) - &mean;
    let products = centred.dot(&centred.slice(s![..known, ..]).t());
    let gram = faer::Mat::from_fn(known, known, |i, j| products[[i, j]]);
    let (values, vectors) = crate::encoder::spectrum::eigen(&gram, "a test").unwrap();
    let vectors = Array2::from_shape_fn((known, known), |at| vectors[at]);
    let targets = Array2::from_shape_fn((known, 10), |(i, class)| {
        f64::from(u8::from(labels[i] as usize == class)) - 0.1
    });
    let turned = vectors.t().dot(&targets);
    let square = values.iter().sum::<f64>() / known as f64;
    let right = |ridge: &f64| {
        let shrunk = Array2::from_shape_fn(turned.dim(), |(i, class)| {
            turned[[i, class]] / (values[i].max(0.0) + ridge * square)
        });
        let scores = products.slice(s![known.., ..]).dot(&vectors.dot(&shrunk));
        let best = |row: ndarray::ArrayView1<'_, f64>| (0..10).max_by(|&a, &b| row[a].total_cmp(&row[b]));
        let rows = scores.rows().into_iter().zip(&labels[known..]);
        let right = rows.filter(|(row, label)| best(*row) == Some(**label as usize)).count();
        right as f64 / scores.nrows() as f64
    };
    ridges.iter().map(right).collect()
}

#[test]
fn digits_are_told_apart_better_than_by_their_pixels() {
    if std::env::var_os("ATTRACTOR_DATA").is_none() {
        eprintln!("skipped: ATTRACTOR_DATA is not set");
        return;
    }
    let Ok(digits) = attractor_data::mnist(attractor_data::Part::Train) else {
        eprintln!("skipped: no MNIST below ATTRACTOR_DATA");
        return;
    };
    let pixels = digits.patterns().slice(s![..2000, ..]).to_owned();
    let labels = &digits.labels().expect("digits have labels")[..2000];
    let recipe = Patches { samples: 10_000, ..Patches::default() };
    let encoder = recipe.fit(pixels.slice(s![..1000, ..]), digits.shape()).unwrap();
    let features = encode_all(&encoder, pixels.view()).unwrap();
    // The pixels may choose their ridge by the answers, the features may not.
    let by_pixels = by_ridge(&pixels, labels, &[0.01, 0.03, 0.1, 0.3, 1.0, 3.0]);
    let by_pixels = by_pixels.into_iter().fold(0.0, f64::max);
    let by_features = by_ridge(&features, labels, &[0.1])[0];
    eprintln!("ridge regression: {by_pixels} by pixels, {by_features} by features");
    assert!(by_features > by_pixels + 0.05, "{by_pixels} {by_features}");
}

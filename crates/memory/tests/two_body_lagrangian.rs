//! Every Lagrangian against finite differences: activation = gradient, Hessian = its derivative.

#![allow(clippy::unwrap_used)]

use attractor_memory::two_body::{Function, Lagrangian};
use ndarray::{Array1, array};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const ALL: [Lagrangian; 11] = [
    Lagrangian::Sum(Function::Power(2)),
    Lagrangian::Sum(Function::Power(3)),
    Lagrangian::Sum(Function::Power(4)),
    Lagrangian::Sum(Function::RectifiedPower(2)),
    Lagrangian::Sum(Function::RectifiedPower(5)),
    Lagrangian::Sum(Function::Quadratic),
    Lagrangian::Sum(Function::Exponential),
    Lagrangian::LogSumExp { beta: 0.3 },
    Lagrangian::LogSumExp { beta: 7.0 },
    Lagrangian::Absolute,
    Lagrangian::Norm,
];

/// Points away from corners: no component closer to 0 than 0.05.
fn point(rng: &mut ChaCha8Rng) -> Array1<f64> {
    Array1::from_shape_simple_fn(6, || {
        let size = rng.random_range(0.05..1.5);
        if rng.random() { size } else { -size }
    })
}

fn along(x: &Array1<f64>, u: &Array1<f64>, step: f64) -> Array1<f64> {
    x + &(u * step)
}

/// Largest difference between `dL/dx . u` by central differences and `g . u`.
fn gradient_error(value: Lagrangian, activation: Lagrangian) -> f64 {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    (0..20).fold(0.0, |worst: f64, _| {
        let (x, u) = (point(&mut rng), point(&mut rng));
        let e = 1e-5;
        let [up, down] = [e, -e].map(|e| value.value(along(&x, &u, e).view()));
        let exact = activation.activation(x.view()).dot(&u);
        worst.max(((up - down) / (2.0 * e) - exact).abs() / (1.0 + exact.abs()))
    })
}

fn hessian_error(activation: Lagrangian, hessian: Lagrangian) -> f64 {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    (0..20).fold(0.0, |worst: f64, _| {
        let (x, u) = (point(&mut rng), point(&mut rng));
        let e = 1e-5;
        let [up, down] = [e, -e].map(|e| activation.activation(along(&x, &u, e).view()));
        let exact = hessian.hessian_product(x.view(), u.view()).unwrap();
        let off = ((up - down) / (2.0 * e) - &exact).mapv(f64::abs);
        worst.max(off.fold(0.0, |a: f64, b| a.max(*b)) / (1.0 + exact.mapv(f64::abs).sum()))
    })
}

#[test]
fn the_activation_is_the_gradient_and_the_hessian_its_derivative() {
    for (i, l) in ALL.into_iter().enumerate() {
        assert!(gradient_error(l, l) < 1e-8, "{l:?}");
        assert!(hessian_error(l, l) < 1e-8, "{l:?}");
        for other in ALL.into_iter().skip(i + 1) {
            assert!(gradient_error(l, other) > 1e-3, "{l:?} passes for {other:?}");
            let flat = [Lagrangian::Absolute, Lagrangian::Sum(Function::Quadratic)];
            assert!(flat.contains(&l) && l == other || hessian_error(l, other) > 1e-3, "{l:?} {other:?}");
        }
    }
}

#[test]
fn convex_ones_have_no_negative_curvature_and_the_odd_power_does() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for l in ALL {
        let least = (0..200)
            .map(|_| {
                let (x, u) = (point(&mut rng), point(&mut rng));
                u.dot(&l.hessian_product(x.view(), u.view()).unwrap())
            })
            .fold(f64::INFINITY, f64::min);
        assert_eq!(least >= -1e-12, l.is_convex(), "{l:?}: {least}");
    }
}

#[test]
fn corners_and_extremes_have_finite_answers() {
    let zero = Array1::<f64>::zeros(3);
    for l in ALL {
        assert!(l.activation(zero.view()).iter().all(|g| g.is_finite()), "{l:?}");
        let hu = l.hessian_product(zero.view(), array![1.0, -2.0, 3.0].view()).unwrap();
        assert!(hu.iter().all(|x| x.is_finite()), "{l:?}");
    }
    let softmax = Lagrangian::LogSumExp { beta: 1e6 };
    let x = array![1e8, -1e8, 1e8];
    assert_eq!(softmax.activation(x.view()), array![0.5, 0.0, 0.5]);
    assert_eq!(softmax.value(x.view()), 1e8 + f64::ln(2.0) / 1e6);
}

#[test]
fn what_is_out_of_range_is_refused() {
    for bad in [
        Lagrangian::LogSumExp { beta: 0.0 },
        Lagrangian::LogSumExp { beta: f64::NAN },
        Lagrangian::Sum(Function::Power(1)),
        Lagrangian::Sum(Function::RectifiedPower(101)),
    ] {
        assert!(bad.check().is_err(), "{bad:?}");
    }
    assert!(Lagrangian::Norm.hessian_product(array![1.0, 2.0].view(), array![1.0].view()).is_err());
}

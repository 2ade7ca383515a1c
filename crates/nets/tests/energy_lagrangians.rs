//! Every Lagrangian: its activation is its gradient, it is convex, its numbers stay finite.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod common;

use attractor_nets::energy::{
    Draw, Evaluated, Exponential, GhostSoftmax, Identity, Lagrangian, LayerNorm, RectifiedExponential,
    RectifiedPolynomial, Sigmoid, Softmax, SphericalNorm, Tanh,
};
use burn::tensor::{Device, Tensor};
use common::{assert_close, numbers, random, tensor};

const DIMS: [usize; 3] = [3, 2, 5];

/// Every kind, with numbers from 0.1 to 5.
fn all() -> Vec<Box<dyn Lagrangian>> {
    let mut all: Vec<Box<dyn Lagrangian>> =
        vec![Box::new(Identity), Box::new(LayerNorm { eps: 1e-5 }), Box::new(SphericalNorm { eps: 1e-5 })];
    for degree in [2, 3, 5, 10] {
        all.push(Box::new(RectifiedPolynomial { degree }));
    }
    for beta in [0.1, 1.0, 5.0] {
        all.push(Box::new(Exponential { beta }));
        all.push(Box::new(RectifiedExponential { beta }));
        all.push(Box::new(Tanh { beta }));
        all.push(Box::new(Softmax { beta }));
        all.push(Box::new(GhostSoftmax { beta }));
        all.extend([0.1, 5.0].map(|scale| Box::new(Sigmoid { beta, scale }) as Box<dyn Lagrangian>));
    }
    all
}

/// Parameters that are not what they are at first.
fn parameters(lagrangian: &dyn Lagrangian, gamma: f64) -> Vec<Tensor<2>> {
    let wanted = lagrangian.parameters(DIMS[2]);
    let value = |p: &attractor_nets::energy::Parameter| match p.name {
        "gamma" => tensor(vec![gamma], [1, 1]),
        _ => random([p.rows, p.columns], 9),
    };
    wanted.iter().map(value).collect()
}

fn value(lagrangian: &dyn Lagrangian, x: &Tensor<3>, parameters: &[Tensor<2>]) -> Vec<f64> {
    numbers(&lagrangian.evaluate(x.clone(), parameters).value)
}

fn dot(a: &Tensor<3>, b: &Tensor<3>) -> Vec<f64> {
    numbers(&(a.clone() * b.clone()).sum_dim(2).sum_dim(1).reshape([a.dims()[0]]))
}

#[test]
fn the_gradient_is_the_activation() {
    for lagrangian in all() {
        for gamma in [0.1, 1.0, 5.0] {
            let parameters = parameters(lagrangian.as_ref(), gamma);
            let x = random(DIMS, 1) * 2.0;
            let leaf = x.clone().autodiff().require_grad();
            let Evaluated { value: energy, activation } = lagrangian.evaluate(leaf.clone(), &parameters);
            let gradient = leaf.grad(&energy.sum().backward()).unwrap();
            assert_close(&numbers(&gradient), &numbers(&activation), 1e-9);
            assert_close(
                &numbers(&lagrangian.activation(x.clone(), &parameters)),
                &numbers(&activation),
                1e-12,
            );

            let direction = random(DIMS, 2);
            let step = 1e-5;
            let ahead = value(lagrangian.as_ref(), &(x.clone() + direction.clone() * step), &parameters);
            let behind = value(lagrangian.as_ref(), &(x.clone() - direction.clone() * step), &parameters);
            let slopes: Vec<f64> = ahead.iter().zip(behind).map(|(a, b)| (a - b) / (2.0 * step)).collect();
            // Central differences of f64: step^2 times the third derivative, which is large for steep kinds.
            assert_close(&slopes, &dot(&gradient, &direction), 1e-6);
        }
    }
}

#[test]
fn legendre() {
    for lagrangian in all() {
        let parameters = parameters(lagrangian.as_ref(), 0.7);
        let (x, y) = (random(DIMS, 3) * 2.0, random(DIMS, 4) * 2.0);
        let g = lagrangian.activation(x.clone(), &parameters);
        // Convex: no tangent is above.
        let tangent = value(lagrangian.as_ref(), &x, &parameters);
        let tangent = tangent.iter().zip(dot(&g, &(y.clone() - x.clone()))).map(|(a, b)| a + b);
        for (above, below) in value(lagrangian.as_ref(), &y, &parameters).iter().zip(tangent) {
            assert!(above - below > -1e-9 * (1.0 + below.abs()), "{}", lagrangian.name());
        }
        // The energy x . g - L moves as x . dg.
        let direction = random(DIMS, 5);
        let step = 1e-5;
        let at = |side: f64| {
            let x = x.clone() + direction.clone() * (side * step);
            let g = lagrangian.activation(x.clone(), &parameters);
            let energy: Vec<f64> = dot(&x, &g)
                .iter()
                .zip(value(lagrangian.as_ref(), &x, &parameters))
                .map(|(a, b)| a - b)
                .collect();
            (energy, g)
        };
        let ((ahead, g_ahead), (behind, g_behind)) = (at(1.0), at(-1.0));
        let moved = dot(&x, &((g_ahead - g_behind) / (2.0 * step)));
        let slopes: Vec<f64> = ahead.iter().zip(behind).map(|(a, b)| (a - b) / (2.0 * step)).collect();
        assert_close(&slopes, &moved, 1e-5);
    }
}

#[test]
fn finite_far_out() {
    let device = Device::flex();
    for lagrangian in all() {
        let parameters: Vec<Tensor<2>> = lagrangian
            .parameters(4)
            .iter()
            .map(|p| match p.draw {
                Draw::Constant(number) => Tensor::full([p.rows, p.columns], number, &device),
                Draw::Normal(_) => Tensor::ones([p.rows, p.columns], &device),
            })
            .collect();
        for corner in [[1e4, 1e4, 1e4, 1e4], [-1e4, -1e4, -1e4, -1e4], [1e4, -1e4, 0.0, 1e-30]] {
            let x = Tensor::<3>::from_data([[corner]], &device).autodiff().require_grad();
            let Evaluated { value, activation } = lagrangian.evaluate(x.clone(), &parameters);
            let energy = (x.clone() * activation.clone()).sum() - value.clone();
            let found: Vec<f32> = [
                activation.clone().without_autodiff().try_into_vec_as().unwrap(),
                value.clone().without_autodiff().try_into_vec_as().unwrap(),
                energy.without_autodiff().try_into_vec_as().unwrap(),
                x.grad(&value.sum().backward()).unwrap().try_into_vec_as().unwrap(),
            ]
            .concat();
            assert!(found.iter().all(|x: &f32| x.is_finite()), "{}: {found:?}", lagrangian.name());
        }
    }
}

/// `reference` section 4, printed to ten digits.
#[test]
fn printed_values() {
    let x: Tensor<3> = tensor(vec![1.0, -2.0, 0.5], [1, 1, 3]);
    let norm = [tensor(vec![1.0], [1, 1]), tensor(vec![0.0; 3], [1, 3])];
    let check =
        |lagrangian: &dyn Lagrangian, expected_value: f64, g: Option<[f64; 3]>, energy: Option<f64>| {
            let Evaluated { value, activation } = lagrangian.evaluate(x.clone(), &norm);
            assert_close(&numbers(&value), &[expected_value], 1e-9);
            if let Some(g) = g {
                assert_close(&numbers(&activation), &g, 1e-9);
            }
            if let Some(energy) = energy {
                assert_close(&[dot(&x, &activation)[0] - expected_value], &[energy], 1e-8);
            }
        };
    let beta = 2.0;
    let g = [0.7297362141, 0.0018088352, 0.2684549507];
    check(&Softmax { beta }, 1.1575360803, Some(g), Some(-0.2971900613));
    check(&Sigmoid { beta, scale: 1.0 }, 1.7291698132, None, Some(-0.5188158659));
    check(&Tanh { beta }, 2.5329859018, None, Some(0.8104973557));
    let g = [6.3890560989, 0.0, 1.7182818285];
    check(&RectifiedExponential { beta }, 4.0536689637, Some(g), Some(3.1945280495));
    let g = [0.8889983080, -1.3969973412, 0.5079990332];
    check(&LayerNorm { eps: 1e-5 }, 3.9370153670, Some(g), Some(-2.2860e-5));
    check(&SphericalNorm { eps: 1e-5 }, 2.2912900297, None, Some(-4.3644e-6));
    let g = [0.4940230207, 0.0245959580, 0.2996401086];
    check(&GhostSoftmax { beta: 1.0 }, 1.7051731623, Some(g), None);
}

#[test]
fn numbers_outside_their_range_are_refused() {
    let wrong: [(&str, Box<dyn Lagrangian>); 6] = [
        ("beta", Box::new(Softmax { beta: 0.0 })),
        ("beta", Box::new(Tanh { beta: f64::NAN })),
        ("scale", Box::new(Sigmoid { beta: 1.0, scale: -1.0 })),
        ("eps", Box::new(LayerNorm { eps: 0.0 })),
        ("degree", Box::new(RectifiedPolynomial { degree: 1 })),
        ("beta", Box::new(Exponential { beta: f64::INFINITY })),
    ];
    for (name, lagrangian) in wrong {
        assert!(lagrangian.check().unwrap_err().to_string().starts_with(name));
    }
    assert!(all().iter().all(|lagrangian| lagrangian.check().is_ok()));
}

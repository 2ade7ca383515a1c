//! Every synapse: its gradient is that of its energy, and bends as it says.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod common;

use attractor_nets::energy::{
    Attention, Bias, Convolution, Curvature, Dense, Diagonal, Ends, Hyperedge, Memory, Pooling, Profile,
    Shape, Synapse,
};
use burn::tensor::{Bool, DType, Tensor, TensorData};
use common::{assert_close, device, numbers, random, tensor};

const BATCH: usize = 2;

fn mask(rows: Vec<bool>, dims: [usize; 2]) -> Tensor<2, Bool> {
    Tensor::from_data(TensorData::new(rows, dims), &device())
}

/// Every kind between layers that fit it.
fn all() -> Vec<(Box<dyn Synapse>, Vec<Shape>)> {
    let tokens = Shape::tokens(4, 5);
    let image = Shape::image([7, 6], 2);
    let filters = Convolution { stride: [2, 1], padding: [1, 0], ..Convolution::of([3, 2]) };
    let pooled = |pooling| Convolution { pooling, ..Convolution::of([2, 3]) };
    let of = |filters: Convolution| (filters, filters.output(image, 3).unwrap());
    let (average, average_out) = of(pooled(Pooling::Average { size: 2 }));
    let (soft, soft_out) = of(pooled(Pooling::SoftMax { size: 2, beta: 3.0 }));
    let (filters, filters_out) = of(filters);
    let some = mask((0..16).map(|at| at % 3 == 0 || at / 4 == 2).collect(), [4, 4]);
    let across = mask((0..12).map(|at| at % 5 == 1).collect(), [4, 3]);
    let attention = Attention::of(2, 3);
    let with_self = Attention { diagonal: Diagonal::Included, ..attention.clone() };
    let masked = Attention { forbidden: Some(some), beta: 2.0, ..attention.clone() };
    let cross = Attention { forbidden: Some(across), ..attention.clone() };
    let product = Hyperedge::new("product", |g: &[Tensor<3>]| {
        let [batch, ..] = g[0].dims();
        (g[0].clone() * g[1].clone() * g[2].clone().square()).sum_dim(2).sum_dim(1).reshape([batch])
    });
    vec![
        (Box::new(Dense::default()), vec![Shape::tokens(2, 3), Shape::vector(5)]),
        (Box::new(Bias), vec![tokens]),
        (Box::new(filters), vec![image, filters_out]),
        (Box::new(average), vec![image, average_out]),
        (Box::new(soft), vec![image, soft_out]),
        (Box::new(attention), vec![tokens]),
        (Box::new(with_self), vec![tokens]),
        (Box::new(masked), vec![tokens]),
        (Box::new(cross), vec![tokens, Shape::tokens(3, 7)]),
        (Box::new(Memory::of(6, Profile::Softmax { beta: 2.0 })), vec![tokens]),
        (Box::new(Memory::of(6, Profile::Rectified)), vec![tokens]),
        (Box::new(Memory::of(6, Profile::Entmax { beta: 2.0 })), vec![tokens]),
        (Box::new(product), vec![tokens, tokens, tokens]),
    ]
}

fn setting(synapse: &dyn Synapse, shapes: &[Shape]) -> (Vec<Tensor<3>>, Vec<Tensor<2>>) {
    synapse.check(shapes).unwrap();
    let activations = (1..).zip(shapes).map(|(seed, shape)| random(shape.dims(BATCH), seed)).collect();
    let parameters = (11..).zip(synapse.parameters(shapes));
    (activations, parameters.map(|(seed, p)| random([p.rows, p.columns], seed)).collect())
}

#[test]
fn the_gradient_is_that_of_the_energy() {
    for (synapse, shapes) in all() {
        let (g, parameters) = setting(synapse.as_ref(), &shapes);
        let energy = |g: &[Tensor<3>]| {
            synapse.energy(Ends { shapes: &shapes, activations: g, parameters: &parameters })
        };
        assert_eq!(energy(&g).dims(), [BATCH]);
        for end in 0..shapes.len() {
            let ends = Ends { shapes: &shapes, activations: &g, parameters: &parameters };
            let gradient = synapse.gradient(ends, end).without_autodiff();
            assert_eq!(gradient.dims(), shapes[end].dims(BATCH), "{}", synapse.name());

            let mut leaves: Vec<Tensor<3>> = g.iter().map(|g| g.clone().autodiff()).collect();
            leaves[end] = leaves[end].clone().require_grad();
            let automatic = leaves[end].grad(&energy(&leaves).sum().backward()).unwrap();
            assert_close(&numbers(&gradient), &numbers(&automatic), 1e-9);

            let direction = random(shapes[end].dims(BATCH), 21);
            let step = 1e-6;
            let at = |side: f64| {
                let mut g = g.clone();
                g[end] = g[end].clone() + direction.clone() * (side * step);
                numbers(&energy(&g))
            };
            let slopes: Vec<f64> =
                at(1.0).iter().zip(at(-1.0)).map(|(a, b)| (a - b) / (2.0 * step)).collect();
            let along = (gradient * direction).sum_dim(2).sum_dim(1).reshape([BATCH]);
            assert_close(&slopes, &numbers(&along), 1e-7);
        }
    }
}

/// What training needs: the gradient's own derivatives by the parameters.
#[test]
fn training_follows_the_gradient() {
    for (synapse, shapes) in all() {
        let (g, parameters) = setting(synapse.as_ref(), &shapes);
        for end in 0..shapes.len() {
            let weights = random(shapes[end].dims(BATCH), 31);
            let weighted = |parameters: &[Tensor<2>]| {
                let ends = Ends { shapes: &shapes, activations: &g, parameters };
                (synapse.gradient(ends, end) * weights.clone()).sum()
            };
            for at in 0..parameters.len() {
                let mut leaves: Vec<Tensor<2>> = parameters.iter().map(|p| p.clone().autodiff()).collect();
                leaves[at] = leaves[at].clone().require_grad();
                let automatic = leaves[at].grad(&weighted(&leaves).backward()).unwrap();
                let direction = random(parameters[at].dims(), 32);
                let step = 1e-6;
                let moved = |side: f64| {
                    let mut parameters = parameters.clone();
                    parameters[at] = parameters[at].clone() + direction.clone() * (side * step);
                    numbers(&weighted(&parameters))[0]
                };
                let slope = (moved(1.0) - moved(-1.0)) / (2.0 * step);
                assert_close(&[slope], &numbers(&(automatic * direction).sum()), 1e-6);
            }
        }
    }
}

/// In single precision on the CPU synapses have operations of their own: values, and derivatives by activations and
/// parameters, are those of double precision, which is made of the framework's operations.
#[test]
fn single_precision_does_what_double_does() {
    let tokens = Shape::tokens(45, 6);
    let far = mask((0..45 * 45).map(|at| at % 7 == 0 || at / 45 == 3).collect(), [45, 45]);
    let across = mask((0..45 * 70).map(|at| at % 5 == 1).collect(), [45, 70]);
    let wide = Attention { deviation: 1.0, ..Attention::of(3, 17) };
    let masked = Attention { forbidden: Some(far), ..wide.clone() };
    let cross = Attention { forbidden: Some(across), ..wide.clone() };
    let larger: Vec<(Box<dyn Synapse>, Vec<Shape>)> = vec![
        (Box::new(wide), vec![tokens]),
        (Box::new(masked), vec![tokens]),
        (Box::new(cross), vec![tokens, Shape::tokens(70, 9)]),
        (Box::new(Memory::of(400, Profile::Rectified)), vec![Shape::tokens(1, 300)]),
        (Box::new(Dense::default()), vec![Shape::vector(300), Shape::vector(400)]),
    ];
    for (synapse, shapes) in
        all().into_iter().chain(larger).filter(|(synapse, _)| synapse.is_differentiable())
    {
        let (g, parameters) = setting(synapse.as_ref(), &shapes);
        for end in 0..shapes.len() {
            let weights = random(shapes[end].dims(BATCH), 51);
            let found = |dtype: DType| {
                let leaf = |x: &Tensor<3>| x.clone().cast(dtype).autodiff().require_grad();
                let activations: Vec<_> = g.iter().map(leaf).collect();
                let parameters: Vec<Tensor<2>> =
                    parameters.iter().map(|p| p.clone().cast(dtype).autodiff().require_grad()).collect();
                let ends = Ends { shapes: &shapes, activations: &activations, parameters: &parameters };
                let gradient = synapse.gradient(ends, end);
                let slopes = (gradient.clone() * weights.clone().cast(dtype).autodiff()).sum().backward();
                let by_activation = activations.iter().map(|x| x.grad(&slopes).map(|slope| numbers(&slope)));
                let by_parameter = parameters.iter().map(|p| p.grad(&slopes).map(|slope| numbers(&slope)));
                let mut all = vec![Some(numbers(&gradient.without_autodiff()))];
                all.extend(by_activation.chain(by_parameter));
                all
            };
            for (single, double) in found(DType::F32).into_iter().zip(found(DType::F64)) {
                assert_eq!(single.is_some(), double.is_some(), "{}", synapse.name());
                let (single, double) = (single.unwrap_or_default(), double.unwrap_or_default());
                let size = double.iter().fold(1e-3, |size: f64, x| size.max(x.abs()));
                let apart = single.iter().zip(&double).map(|(a, b)| (a - b).abs() / size);
                let apart = apart.fold(0.0, f64::max);
                assert!(single.len() == double.len() && apart < 1e-5, "{} {end}: {apart}", synapse.name());
            }
        }
    }
}

#[test]
fn bends_as_it_says() {
    for (synapse, shapes) in all() {
        let (g, parameters) = setting(synapse.as_ref(), &shapes);
        for end in 0..shapes.len() {
            let other = random(shapes[end].dims(BATCH), 41);
            let at = |share: f64| {
                let mut g = g.clone();
                g[end] = g[end].clone() * (1.0 - share) + other.clone() * share;
                let ends = Ends { shapes: &shapes, activations: &g, parameters: &parameters };
                (numbers(&synapse.energy(ends)), numbers(&synapse.gradient(ends, end)))
            };
            let ((first, here), (last, there), (middle, _)) = (at(0.0), at(1.0), at(0.5));
            match synapse.curvature(end) {
                Curvature::Linear => assert_close(&here, &there, 1e-12),
                Curvature::Concave => {
                    for sample in 0..BATCH {
                        assert!(middle[sample] >= f64::midpoint(first[sample], last[sample]) - 1e-12);
                    }
                }
                Curvature::Any => {}
            }
        }
    }
}

/// `reference` section 5: the Energy Transformer's two energies and their gradient.
#[test]
fn energy_transformer() {
    let shapes = [Shape::tokens(3, 4)];
    let table = |rows: usize, columns: usize, f: &dyn Fn(f64) -> f64| {
        tensor((0..rows * columns).map(|at| f(at as f64)).collect(), [rows, columns])
    };
    let g = tensor((0..12).map(|at| f64::from(1 + at).sin()).collect(), [1, 3, 4]);
    let keys = table(4, 4, &|at| 0.5 * (1.0 + 0.7 * at).sin());
    let queries = table(4, 4, &|at| 0.5 * (1.0 + 0.3 * at).cos());
    let patterns = table(5, 4, &|at| 0.5 * (2.0 + 0.9 * at).sin());
    let projections = [queries, keys];
    let ends = Ends { shapes: &shapes, activations: std::slice::from_ref(&g), parameters: &projections };
    let memory = Ends { shapes: &shapes, activations: std::slice::from_ref(&g), parameters: &[patterns] };
    let rectified = Memory::of(5, Profile::Rectified);
    assert_close(&numbers(&rectified.energy(memory)), &[-1.760965495772542], 1e-12);

    let with_self = Attention { diagonal: Diagonal::Included, ..Attention::of(2, 2) };
    assert_close(&numbers(&with_self.energy(ends)), &[-9.59654592808604], 1e-12);
    let total = numbers(&(with_self.gradient(ends, 0) + rectified.gradient(memory, 0)));
    assert_close(&total[..4], &[-0.6702554692, -0.6144260143, -0.2417457641, 0.1745474194], 1e-9);
    assert_close(&total[8..], &[-0.0958242623, 0.6813863763, 1.0865700379, 0.8199112504], 1e-9);

    let without = Attention::of(2, 2);
    assert_close(&numbers(&without.energy(ends)), &[-5.994859599856883], 1e-12);
    let total = numbers(&(without.gradient(ends, 0) + rectified.gradient(memory, 0)));
    assert_close(&total[..4], &[-0.3238854345, -0.2765356682, -0.0092215046, 0.2365656627], 1e-9);
}

/// `reference` of the sparse memories: energy and weights of 1.5-entmax at beta 2.
#[test]
fn sparse_memory() {
    let shapes = [Shape::vector(2)];
    let (g, patterns) =
        (tensor(vec![0.9, 0.2], [1, 1, 2]), tensor(vec![1.0, 0.0, 0.0, 1.0, -1.0, 0.0], [3, 2]));
    let ends = Ends { shapes: &shapes, activations: &[g], parameters: &[patterns] };
    let memory = Memory::of(3, Profile::Entmax { beta: 2.0 });
    // The printed energy has q . q / 2, max |x|^2 / 2 and the entropy of equal weights besides.
    let entropy = ((1.0_f64 / 3.0).sqrt() - 1.0) / 0.75;
    let expected = 0.299352998014 - 0.425 - 0.5 + entropy / 2.0;
    assert_close(&numbers(&memory.energy(ends)), &[expected], 1e-9);
    assert_close(&numbers(&memory.gradient(ends, 0)), &[-0.930087200461, -0.0699127995394], 1e-9);
}

#[test]
fn a_position_that_may_attend_to_none_adds_nothing() {
    let shapes = [Shape::tokens(2, 3)];
    let none = Attention { forbidden: Some(mask(vec![true; 4], [2, 2])), ..Attention::of(1, 2) };
    let (g, parameters) = setting(&none, &shapes);
    let ends = Ends { shapes: &shapes, activations: &g, parameters: &parameters };
    assert_eq!(numbers(&none.energy(ends)), [0.0; BATCH]);
    assert!(numbers(&none.gradient(ends, 0)).iter().all(|&slope| slope == 0.0));
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let vector = Shape::vector(4);
    let image = Shape::image([5, 5], 1);
    let small = Convolution::of([6, 6]);
    let wide = Attention { forbidden: Some(mask(vec![true; 6], [2, 3])), ..Attention::of(1, 2) };
    let wrong: [(&str, Box<dyn Synapse>, Vec<Shape>); 8] = [
        ("joins 2 layers, not 1", Box::new(Dense::default()), vec![vector]),
        ("joins 1 layers, not 2", Box::new(Bias), vec![vector, vector]),
        (
            "layer 1 of it must have the shape 3x3x2",
            Box::new(Convolution::of([3, 3])),
            vec![image, Shape::image([4, 4], 2)],
        ),
        ("the image 5x5x1 is smaller", Box::new(small), vec![image, image]),
        ("its mask must have the shape [4, 4]", Box::new(wide), vec![Shape::tokens(4, 2)]),
        ("heads = 0", Box::new(Attention::of(0, 2)), vec![vector]),
        ("patterns = 0", Box::new(Memory::of(0, Profile::Rectified)), vec![vector]),
        ("beta = -1", Box::new(Memory::of(1, Profile::Softmax { beta: -1.0 })), vec![vector]),
    ];
    for (expected, synapse, shapes) in wrong {
        let found = synapse.check(&shapes).unwrap_err().to_string();
        assert!(found.starts_with(expected), "{found}");
    }
}

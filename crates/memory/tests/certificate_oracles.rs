//! Certificates against numbers computed elsewhere, to their printed digits.

use attractor_memory::Error;
use attractor_memory::certificate::{Certificate, Geometry, posterior, separation, sphere_capacity};
use ndarray::{Array2, array, s};

fn check(what: &str, found: f64, expected: f64, half_digit: f64) {
    assert!((found - expected).abs() <= half_digit, "{what}: {found}, expected {expected}");
}

#[test]
fn three_patterns_at_beta_8() {
    let patterns = array![[1.0_f32, 0.0], [0.0, 1.0], [-1.0, 0.0]];
    let geometry = Geometry::of(patterns.view()).unwrap();
    assert_eq!((geometry.separation[0], geometry.radius, geometry.diameter), (1.0, 1.0, 2.0));
    assert_eq!(geometry.contraction(8.0), 8.0);
    let certificate = geometry.certificate(0, 8.0).unwrap();
    let distance = 0.05_f64.sqrt();
    check("distance", distance, 0.2236067977, 6e-11);
    check("a priori", certificate.one_step_error(distance), 0.04802676233, 6e-12);
    check("a posteriori", posterior::one_step_error(0.99631520681, 2.0), 0.00736958638, 6e-12);
    check("fixed point", certificate.fixed_point_error().unwrap(), 0.003647527862, 6e-13);
    check("needed", certificate.needed_separation(), 0.6448603854, 6e-11);
    check("needed, published", certificate.published_needed_separation(), 0.6538768573, 6e-11);
    check("rho", certificate.contraction(1.0 / 16.0), 0.0583604458, 6e-11);
    check("theorem 4", certificate.theorem_4_factor(1.0 / 16.0), 0.08754066869, 6e-12);
    // The fixed point, (0.999662609720332, 0.000337164067370052), lies within the tighter radius, too.
    let basin = certificate.basin().unwrap();
    assert!(basin.inner >= 0.0004769819799 && basin.inner < certificate.fixed_point_error().unwrap());
    // beta = 2 does not retrieve: nothing may be certified.
    let warm = geometry.certificate(0, 2.0).unwrap();
    assert_eq!((warm.basin(), warm.fixed_point_error(), warm.error_after(0.0, 3)), (None, None, None));
}

#[test]
fn theorem_3() {
    let c = sphere_capacity(1.0, 3.0, 20, 0.001).unwrap();
    check("a", c.a, -0.00767837283, 6e-12);
    check("a + ln b", c.a + c.b.ln(), 1.27325547, 6e-9);
    check("c", c.c, 3.15461077, 6e-9);
    check("required", c.required, 2.39422086, 6e-9);
    check("N", c.patterns.unwrap(), 7.41297, 6e-6);
    let c = sphere_capacity(1.0, 1.0, 75, 0.001).unwrap();
    check("a", c.a, -0.02460927, 6e-9);
    check("a + ln b", c.a + c.b.ln(), -0.94090000, 6e-9);
    check("c", c.c, 1.37187777, 6e-9);
    check("required", c.required, 1.25127559, 6e-9);
    check("N", c.patterns.unwrap(), 10.97325, 6e-6);
    assert_eq!(sphere_capacity(1.0, 0.1, 20, 0.001).unwrap().patterns, None);
}

#[test]
fn degenerate_memories_have_defined_answers() {
    let alone = Geometry::of(array![[3.0_f32, 4.0]].view()).unwrap();
    assert_eq!((alone.separation[0], alone.radius, alone.diameter), (f64::INFINITY, 5.0, 0.0));
    let certificate = alone.certificate(0, 1.0).unwrap();
    assert_eq!((certificate.one_step_error(100.0), certificate.contraction(100.0)), (0.0, 0.0));
    assert_eq!(certificate.basin().unwrap().outer, f64::INFINITY);
    assert_eq!(certificate.exact_radius(1.0), Some(f64::INFINITY));
    assert_eq!(certificate.error_after(7.0, 1), Some(0.0));

    for patterns in [Array2::<f32>::zeros((2, 3)), Array2::zeros((2, 0)), Array2::ones((3, 2))] {
        let geometry = Geometry::of(patterns.view()).unwrap();
        assert_eq!((geometry.separation[0], geometry.diameter), (0.0, 0.0));
        let certificate = geometry.certificate(1, 4.0).unwrap();
        assert!(!certificate.one_step_error(0.5).is_nan());
        assert_eq!(certificate.basin(), None);
        assert_eq!(certificate.exact_radius(1.0), None);
    }
    // Far beyond the range of exp: the others weigh nothing, or everything.
    for (beta, separation) in [(1e6, 1.0), (1e6, -1.0), (1e-6, 1.0)] {
        let certificate = Certificate::new(beta, 10, 1.0, separation).unwrap();
        for value in [certificate.one_step_error(0.1), certificate.contraction(0.1)] {
            assert!(value >= 0.0);
        }
        assert_eq!(certificate.basin().is_some(), beta > 1.0 && separation > 0.0);
    }
    let nothing = posterior::Truncation::new(1.0, 1.0, 1.0, 0, f64::INFINITY);
    assert_eq!((nothing.state, nothing.log_sum), (0.0, 0.0));
    let everything = posterior::Truncation::new(1.0, 1.0, 1.0, 5, 1e6);
    assert_eq!(everything.state, 2.0);
}

#[test]
fn strided_views_measure_the_same() {
    let wide = Array2::from_shape_fn((7, 22), |(i, j)| ((i * 31 + j * 17) % 13) as f32 - 6.0);
    let view = wide.slice(s![.., ..;2]);
    let geometry = Geometry::of(view).unwrap();
    assert_eq!(geometry, Geometry::of(view.to_owned().view()).unwrap());
    for i in 0..7 {
        assert_eq!(separation(view, i).unwrap(), geometry.separation[i]);
        let product = |j: usize| view.row(i).dot(&view.row(j));
        let others = (0..7).filter(|&j| j != i).map(product).fold(f32::NEG_INFINITY, f32::max);
        assert_eq!(geometry.separation[i], f64::from(product(i) - others));
    }
}

#[test]
fn wrong_inputs_are_refused() {
    assert_eq!(Geometry::of(Array2::zeros((0, 4)).view()), Err(Error::Empty));
    let bad = array![[1.0_f32, 0.0], [f32::NAN, 0.0]];
    assert!(matches!(Geometry::of(bad.view()), Err(Error::NotFinite { row: 1, column: 0, .. })));
    assert!(separation(array![[1.0_f32]].view(), 1).is_err());
    let geometry = Geometry::of(array![[1.0_f32], [-1.0]].view()).unwrap();
    assert!(geometry.certificate(2, 1.0).is_err() && geometry.certificate(0, 0.0).is_err());
    for (beta, count, radius, separation) in
        [(0.0, 2, 1.0, 1.0), (1.0, 0, 1.0, 1.0), (1.0, 2, -1.0, 1.0), (1.0, 2, 1.0, f64::NAN)]
    {
        assert!(Certificate::new(beta, count, radius, separation).is_err());
    }
    for (beta, k, width, failure) in [
        (0.0, 1.0, 20, 0.1),
        (1.0, 0.0, 20, 0.1),
        (1.0, 1.0, 1, 0.1),
        (1.0, 1.0, 20, 0.0),
        (1.0, 1.0, 20, 1.0),
    ] {
        assert!(sphere_capacity(beta, k, width, failure).is_err());
    }
}

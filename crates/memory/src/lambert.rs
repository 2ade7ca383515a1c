//! The Lambert W function, which turns `w exp(w) = x` around.

/// The upper branch `W0(x)`, for finite `x >= -1/e`; `None` elsewhere.
///
/// Halley's iteration; relative error about 1e-15, near the branch point -1/e about 1e-8.
pub(crate) fn lambert_w0(x: f64) -> Option<f64> {
    let above_branch = x * std::f64::consts::E + 1.0;
    if !x.is_finite() || above_branch < 0.0 {
        return None;
    }
    let p = (2.0 * above_branch).sqrt();
    if p < 1e-4 {
        return Some(-1.0 + p - p * p / 3.0 + 11.0 / 72.0 * p * p * p);
    }
    let mut w = if x > 3.0 {
        x.ln() - x.ln().ln()
    } else if x > -0.25 {
        x.ln_1p() * (1.0 - 0.25 * x.ln_1p().abs().min(1.0))
    } else {
        -1.0 + p - p * p / 3.0
    };
    // Cubic convergence: a handful of steps suffice; the limit only guards the loop.
    for _ in 0..64 {
        // Divided by exp(w), so that nothing overflows.
        let residual = w - x * (-w).exp();
        let step = residual / (w + 1.0 - (w + 2.0) * residual / (2.0 * (w + 1.0)));
        w -= step;
        if step.abs() <= 2.0 * f64::EPSILON * w.abs() {
            break;
        }
    }
    Some(w)
}

#[cfg(test)]
mod tests {
    use super::lambert_w0;

    #[test]
    fn known_values() {
        for (x, w) in [
            (0.0, 0.0),
            (1.0, 0.567_143_290_409_784),
            (std::f64::consts::E, 1.0),
            (-2.0 * (-2.0_f64).exp(), -0.406_375_739_959_959_9),
        ] {
            assert!((lambert_w0(x).unwrap() - w).abs() < 4e-16 + 4e-16 * w.abs(), "W({x})");
        }
        assert!((lambert_w0(-1.0 / std::f64::consts::E).unwrap() + 1.0).abs() < 1e-7);
        assert_eq!(lambert_w0(-0.3679), None);
        assert_eq!(lambert_w0(f64::NAN), None);
    }

    #[test]
    fn it_inverts_w_exp_w() {
        for k in -9999..=7000 {
            let w = if k < 0 { f64::from(k) * 1e-4 } else { f64::from(k) * 0.1 };
            let found = lambert_w0(w * w.exp()).unwrap();
            // Near -1 the function w exp(w) is flat: one rounding of it moves w by its root.
            let tolerance = 4e-15 * w.abs() + 4e-16 / (1.0 + w).abs();
            assert!((found - w).abs() <= tolerance, "{w}: {found}");
        }
        for x in [1e-300, 1e-20, 1e-8, 1e300] {
            let w = lambert_w0(x).unwrap();
            assert!((w + w.ln() - x.ln()).abs() < 1e-12 * x.ln().abs(), "{x}");
        }
    }
}

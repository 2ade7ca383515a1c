//! The tail of the F distribution.

/// Probability of a value of at least `f` with these degrees of freedom.
pub(super) fn f_upper(f: f64, first: f64, second: f64) -> f64 {
    if f <= 0.0 {
        return 1.0;
    }
    let x = second / (second + first * f);
    incomplete_beta(x, second / 2.0, first / 2.0)
}

/// The regularised incomplete beta function I_x(a, b), by its continued fraction (Abramowitz and Stegun 26.5.8).
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    // The fraction converges fast below the mean only.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(1.0 - x, b, a);
    }
    let front = (a * x.ln() + b * (-x).ln_1p() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b)).exp() / a;
    // From the last term to the first: far more terms than degrees of freedom below a million need.
    let fraction = (1..=400).rev().fold(1.0, |below, term| {
        let m = f64::from(term / 2);
        let coefficient = match term % 2 {
            0 => m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            _ => -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        };
        1.0 + coefficient / below
    });
    front / fraction
}

/// The logarithm of the gamma function for x > 0: Stirling's series where it is exact, reached by recurrence.
fn ln_gamma(x: f64) -> f64 {
    let (mut at, mut shift) = (x, 0.0);
    while at < 10.0 {
        shift += at.ln();
        at += 1.0;
    }
    let square = at * at;
    let series =
        (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / (1680.0 * square)) / square) / square) / at;
    (at - 0.5) * at.ln() - at + 0.5 * (2.0 * std::f64::consts::PI).ln() + series - shift
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gamma_has_its_factorials() {
        let mut factorial = 1.0f64;
        for n in 1..30 {
            assert!((ln_gamma(f64::from(n)) - factorial.ln()).abs() < 1e-10 * factorial.ln().max(1.0), "{n}");
            factorial *= f64::from(n);
        }
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-10);
    }

    #[test]
    fn tails_agree_with_closed_forms_and_with_quadrature() {
        // With 2 degrees above the line the tail is (1 + 2 f / n)^(-n / 2).
        for n in [1.0f64, 4.0, 39.0, 500.0] {
            for f in [0.01, 1.0, 3.69, 40.0] {
                let expected = (1.0 + 2.0 * f / n).powf(-n / 2.0);
                assert!((f_upper(f, 2.0, n) - expected).abs() < 1e-10, "{n} {f}");
            }
        }
        // Otherwise the density, integrated by Simpson's rule after t = x^(1/2) takes the pole away.
        for (first, second, f) in [(3.0, 39.0, 3.69f64), (5.0, 255.0, 1.1), (4.0, 8.0, 0.3)] {
            let (a, b): (f64, f64) = (second / 2.0, first / 2.0);
            let end = (second / (second + first * f)).sqrt();
            let density = |t: f64| 2.0 * t.powf(2.0 * a - 1.0) * (1.0 - t * t).powf(b - 1.0);
            let steps = 20_000;
            let h = end / f64::from(steps);
            let sum: f64 = (0..steps)
                .map(|i| {
                    let t = f64::from(i) * h;
                    (density(t) + 4.0 * density(t + h / 2.0) + density(t + h)) * h / 6.0
                })
                .sum();
            let whole = (ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)).exp();
            assert!((f_upper(f, first, second) - sum / whole).abs() < 1e-8, "{first} {second} {f}");
        }
    }
}

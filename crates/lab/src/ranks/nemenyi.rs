//! How far apart two mean ranks must be.

/// Critical values at 5 % for 2 to 10 methods: the Studentized range over the square root of 2 (Demsar 2006, table 5a).
const CRITICAL: [f64; 9] = [1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164];

/// The difference of two mean ranks from which on two of `methods` methods differ at 5 % over `sets` data sets, all pairs
/// being compared (Nemenyi 1963).
///
/// `None` outside 2 to 10 methods and without data sets.
///
/// ```
/// // Four classifiers on 14 data sets: the example of Demsar 2006, section 3.2.2.
/// let difference = attractor_lab::ranks::critical_difference(4, 14).unwrap();
/// assert!((difference - 1.25).abs() < 0.005);
/// ```
pub fn critical_difference(methods: usize, sets: usize) -> Option<f64> {
    let critical = CRITICAL.get(methods.checked_sub(2)?)?;
    let k = methods as f64;
    (sets > 0).then(|| critical * (k * (k + 1.0) / (6.0 * sets as f64)).sqrt())
}

//! Rank statistics against the worked examples of Demsar 2006 (JMLR 7, 1-30) and against enumeration.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use attractor_lab::ranks;
use ndarray::{Array2, array};

/// AUC of C4.5, with m, with cf, and with both, on 14 data sets: table 6 of the paper. It ranks the third before the
/// fourth on the last data set but one, where their printed digits are equal: the third has one more digit here.
fn table_6() -> Array2<f64> {
    array![
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9751, 0.975],
        [0.957, 0.978, 0.946, 0.970],
    ]
}

#[test]
fn mean_ranks_and_friedmans_test_are_those_of_the_paper() {
    let scores = table_6();
    for (ours, theirs) in ranks::mean(scores.view()).iter().zip([3.143, 2.000, 2.893, 1.964]) {
        assert!((ours - theirs).abs() < 5e-4, "{ours} {theirs}");
    }
    let test = ranks::friedman(scores.view()).unwrap();
    assert!((test.chi_squared - 9.28).abs() < 0.005, "{test:?}");
    assert!((test.f - 3.69).abs() < 0.005, "{test:?}");
    assert_eq!(test.degrees, (3, 39));
    // The paper refuses the null hypothesis at 5 %, with a critical value of F(3, 39) of 2.85.
    assert!(test.p < 0.05, "{test:?}");
}

#[test]
fn nemenyi_differences_are_those_of_the_paper() {
    // Section 3.2.2: 2.569 sqrt(4 * 5 / (6 * 14)) = 1.25; no pair of table 6 is that far apart.
    let difference = ranks::critical_difference(4, 14).unwrap();
    assert!((difference - 1.25).abs() < 0.005);
    assert_eq!(ranks::critical_difference(1, 14), None);
    assert_eq!(ranks::critical_difference(11, 14), None);
    assert_eq!(ranks::critical_difference(4, 0), None);
}

#[test]
fn wilcoxons_sums_are_those_of_the_paper() {
    let scores = table_6();
    let (plain, with_m) = (scores.column(0).to_vec(), scores.column(1).to_vec());
    // Section 3.1.3: sums 93 for C4.5+m and 12 for C4.5; 21 is the critical value of 14 data sets at 5 %. Differences
    // are given to three digits in the table, so that the ties of the paper are ties here too.
    let whole = |scores: Vec<f64>| -> Vec<f64> { scores.iter().map(|s| (s * 1000.0).round()).collect() };
    let test = ranks::wilcoxon(&whole(with_m), &whole(plain)).unwrap();
    assert_eq!((test.first, test.second), (93.0, 12.0));
    assert!(test.p < 0.05, "{test:?}");
}

#[test]
fn the_exact_tail_has_its_published_critical_values() {
    // 14 differences without ties: a smaller sum of 21 is significant at 5 %, 22 is not (Demsar 2006, p. 8; the tables
    // of Wilcoxon 1945). With ranks as differences, a sum is made by giving some ranks the other sign.
    for (negative, significant) in [([14usize, 7], true), ([14, 8], false)] {
        let differences: Vec<f64> = (1..=14)
            .map(|rank| if negative.contains(&rank) { -(rank as f64) } else { rank as f64 })
            .collect();
        let test = ranks::wilcoxon(&differences, &[0.0; 14]).unwrap();
        assert_eq!(test.second, negative.iter().sum::<usize>() as f64);
        assert_eq!(test.p <= 0.05, significant, "{test:?}");
    }
}

#[test]
fn the_exact_tail_is_that_of_all_signs() {
    let cases: [&[f64]; 3] = [
        &[1.0, -2.0, 3.0, 4.0, -5.0, 6.0],
        &[2.0, 2.0, -2.0, 1.0, 3.0, 3.0, -3.0],
        &[0.0, 0.0, 1.0, 2.0, -1.5],
    ];
    for differences in cases {
        let test = ranks::wilcoxon(differences, &vec![0.0; differences.len()]).unwrap();
        let nonzero: Vec<usize> = (0..differences.len()).filter(|&i| differences[i] != 0.0).collect();
        let (mut as_far, all) = (0, 1u32 << nonzero.len());
        for signs in 0..all {
            let mut other = differences.to_vec();
            for (bit, &place) in nonzero.iter().enumerate() {
                other[place] = differences[place].abs() * if signs >> bit & 1 == 1 { -1.0 } else { 1.0 };
            }
            let rival = ranks::wilcoxon(&other, &vec![0.0; other.len()]).unwrap();
            if (rival.first - rival.second).abs() >= (test.first - test.second).abs() - 1e-9 {
                as_far += 1;
            }
        }
        assert!((test.p - f64::from(as_far) / f64::from(all)).abs() < 1e-12, "{differences:?}: {test:?}");
    }
}

#[test]
fn what_cannot_be_compared_is_refused() {
    assert!(ranks::wilcoxon(&[1.0], &[1.0, 2.0]).is_none());
    assert!(ranks::wilcoxon(&[], &[]).is_none());
    assert!(ranks::wilcoxon(&[f64::NAN], &[1.0]).is_none());
    assert!(ranks::friedman(Array2::zeros((1, 3)).view()).is_none());
    assert!(ranks::friedman(array![[1.0, f64::NAN], [1.0, 2.0]].view()).is_none());
    // Equal scores everywhere: nothing differs.
    let alike = ranks::friedman(Array2::zeros((5, 3)).view()).unwrap();
    assert_eq!((alike.chi_squared, alike.p), (0.0, 1.0));
    assert_eq!(ranks::wilcoxon(&[1.0, 2.0], &[1.0, 2.0]).unwrap().p, 1.0);
}

//! Items and their properties as a tree gives them, after Rumelhart's: what a branch has, all below it have.

use ndarray::{Array1, Array2, ArrayView1};
use rand::seq::index;
use rand::{Rng, RngExt};

/// Branches of every node; levels below the root.
const LEVELS: usize = 3;
/// Leaves.
pub(super) const ITEMS: usize = 1 << LEVELS;
/// Properties that each node of a level adds, from the root down.
const OWN: [usize; LEVELS + 1] = [2, 4, 4, 2];
/// Properties of all nodes together.
pub(super) const PROPERTIES: usize = OWN[0] + 2 * OWN[1] + 4 * OWN[2] + 8 * OWN[3];

/// How a new item agrees with the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// What a node just above the leaves has, without a property of its own.
    Consistent,
    /// The first branch is one, the second lies below the other.
    Mixed,
    /// As many properties, from anywhere.
    Arbitrary,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Consistent, Self::Mixed, Self::Arbitrary];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Consistent => "consistent",
            Self::Mixed => "mixed",
            Self::Arbitrary => "arbitrary",
        }
    }
}

/// Properties of the nodes of one level that the path to `leaf` meets.
fn own(level: usize, leaf: usize) -> std::ops::Range<usize> {
    let before: usize = (0..level).map(|above| OWN[above] << above).sum();
    let node = leaf >> (LEVELS - level);
    before + node * OWN[level]..before + (node + 1) * OWN[level]
}

/// The properties, 0 or 1, of every leaf: `(ITEMS, PROPERTIES)`.
pub(super) fn items() -> Array2<f64> {
    let mut all = Array2::zeros((ITEMS, PROPERTIES));
    for (leaf, mut row) in all.rows_mut().into_iter().enumerate() {
        (0..=LEVELS).flat_map(|level| own(level, leaf)).for_each(|property| row[property] = 1.0);
    }
    all
}

/// A new item of this kind.
pub(super) fn new_item(kind: Kind, rng: &mut impl Rng) -> Array1<f64> {
    let leaf = rng.random_range(0..ITEMS);
    let other = (leaf + ITEMS / 2) % ITEMS;
    let count = OWN[..LEVELS].iter().sum();
    let has: Vec<usize> = match kind {
        Kind::Consistent => (0..LEVELS).flat_map(|level| own(level, leaf)).collect(),
        Kind::Mixed => (0..2).flat_map(|level| own(level, leaf)).chain(own(2, other)).collect(),
        Kind::Arbitrary => index::sample(rng, PROPERTIES, count).into_iter().collect(),
    };
    let mut item = Array1::zeros(PROPERTIES);
    has.into_iter().for_each(|property| item[property] = 1.0);
    item
}

/// Share of the squared length of `target` outside the span of the rows of `known` (Gram and Schmidt).
pub(super) fn residual(target: ArrayView1<'_, f64>, known: &Array2<f64>) -> f64 {
    let mut basis: Vec<Array1<f64>> = vec![];
    for row in known.rows() {
        let mut rest = row.to_owned();
        // Twice, against rounding.
        for _ in 0..2 {
            for axis in &basis {
                let along = axis.dot(&rest);
                rest.scaled_add(-along, axis);
            }
        }
        let length = rest.dot(&rest).sqrt();
        if length > 1e-6 * row.dot(&row).sqrt() {
            basis.push(rest / length);
        }
    }
    let whole = target.dot(&target);
    let inside: f64 = basis.iter().map(|axis| axis.dot(&target).powi(2)).sum();
    if whole > 0.0 { (1.0 - inside / whole).max(0.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_share_what_their_branch_has() {
        let all = items();
        let shared = |a: usize, b: usize| all.row(a).dot(&all.row(b));
        assert_eq!([shared(0, 0), shared(0, 1), shared(0, 2), shared(0, 4)], [12.0, 10.0, 6.0, 2.0]);
        assert_eq!(all.sum(), 96.0);
        assert!(all.columns().into_iter().all(|property| property.sum() > 0.0));
    }

    #[test]
    fn new_items_have_as_many_properties_and_kinds_differ_in_what_the_tree_explains() {
        let mut rng = attractor_data::stream(1, "tree");
        for _ in 0..20 {
            let [consistent, mixed, arbitrary] = Kind::ALL.map(|kind| new_item(kind, &mut rng));
            assert_eq!([consistent.sum(), mixed.sum(), arbitrary.sum()], [10.0; 3]);
            let left = [consistent, mixed, arbitrary].map(|item| residual(item.view(), &items()));
            // By elimination in rational numbers.
            assert!((left[0] - 593.0 / 6825.0).abs() < 1e-12, "{left:?}");
            assert!((left[1] - 2273.0 / 6825.0).abs() < 1e-12, "{left:?}");
            assert!(left[0] < left[2], "{left:?}");
        }
    }

    #[test]
    fn the_residual_of_what_is_known_and_of_nothing_is_zero() {
        assert!(residual(items().row(3), &items()) < 1e-12);
        assert_eq!(residual(Array1::zeros(PROPERTIES).view(), &items()), 0.0);
        assert_eq!(residual(items().row(3), &Array2::zeros((0, PROPERTIES))), 1.0);
    }
}

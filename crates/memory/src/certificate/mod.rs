//! Certificates: what can be proved about a recall before and after it happened.
//!
//! For the continuous memory with dot similarity and softmax, `f(q) = X^T softmax(beta X q)`:
//! [`Geometry`] measures the stored patterns, [`Certificate`] turns the numbers of one pattern into bounds
//! that hold *before* a recall, [`posterior`] uses the weights that a recall found, and [`sphere_capacity`]
//! answers how many random patterns fit.
//! Sparse separations recall exactly, within [`Certificate::exact_radius`].
//!
//! Theorems 3 to 5 are those of Ramsauer et al. 2021 (arXiv 2008.02217). The other bounds follow from the same
//! two facts: the weight beside pattern `i` is at most `(N-1) exp(-beta (D_i - 2 M |q - x_i|))`, and no two
//! patterns lie further apart than `2 M`.

mod bounds;
mod geometry;
pub mod posterior;
mod sphere;

pub use bounds::{Basin, Certificate};
pub use geometry::{Geometry, separation};
pub use sphere::{SphereCapacity, sphere_capacity};

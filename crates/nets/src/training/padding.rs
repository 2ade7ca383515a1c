//! Bags of different sizes in one tensor.

use burn::tensor::{Bool, Device, Tensor, TensorData};
use ndarray::ArrayView2;

use crate::Error;

/// Bags side by side, the shorter ones filled up with zeros.
#[derive(Debug, Clone)]
pub struct Padded {
    /// `(bags, longest, width)`.
    pub instances: Tensor<3>,
    /// `(bags, longest)`: true where there is no instance.
    pub padding: Tensor<2, Bool>,
    /// Instances of each bag.
    pub lengths: Vec<usize>,
}

/// Puts bags of instances `(n, width)` side by side, for [`Masks::padding`](crate::hopfield::Masks::padding).
///
/// ```
/// use attractor_nets::training::padded;
/// use burn::tensor::Device;
/// use ndarray::array;
/// let bags = [array![[1.0, 2.0]], array![[3.0, 4.0], [5.0, 6.0]]];
/// let padded = padded(&[bags[0].view(), bags[1].view()], &Device::flex())?;
/// assert_eq!(padded.instances.dims(), [2, 2, 2]);
/// assert_eq!(padded.padding.to_data().iter::<bool>().collect::<Vec<_>>(), [false, true, false, false]);
/// # Ok::<(), attractor_nets::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] for no bags and for an empty bag, [`Error::Size`] for bags of another width than the first.
pub fn padded(bags: &[ArrayView2<'_, f32>], device: &Device) -> Result<Padded, Error> {
    Error::at_least_one("bags", bags.len())?;
    let width = bags[0].ncols();
    let longest = bags.iter().map(ArrayView2::nrows).max().unwrap_or(0);
    let mut instances = Vec::with_capacity(bags.len() * longest * width);
    let mut padding = Vec::with_capacity(bags.len() * longest);
    for bag in bags {
        Error::at_least_one("instances of a bag", bag.nrows())?;
        if bag.ncols() != width {
            let (expected, found) = (width, bag.ncols());
            return Err(Error::Size { place: "components of an instance", expected, found });
        }
        instances.extend(bag.iter().copied());
        instances.resize(instances.len() + (longest - bag.nrows()) * width, 0.0);
        padding.extend((0..longest).map(|row| row >= bag.nrows()));
    }
    Ok(Padded {
        instances: Tensor::from_data(TensorData::new(instances, [bags.len(), longest, width]), device),
        padding: Tensor::from_data(TensorData::new(padding, [bags.len(), longest]), device),
        lengths: bags.iter().map(ArrayView2::nrows).collect(),
    })
}

//! Panels: the layout in which keys and values lie in memory.
//!
//! Sixteen rows form a panel. Inside a panel the rows are interleaved: component 0 of all sixteen, then
//! component 1, and so on. One layout serves both products of a retrieval without a horizontal
//! reduction per score: scores put one key into each lane, and the weighted sum runs along the panels.
//! A [`Lane`] is one component of sixteen rows: 64 bytes, one cache line, one AVX-512 register.

/// Rows in a panel, and floats in a [`Lane`].
pub const LANES: usize = 16;

/// Widths are padded with zeros to a multiple of this, so that kernels have no tail.
pub const WIDTH_STEP: usize = 4;

/// One component of the sixteen rows of a panel.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(64))]
pub struct Lane(pub [f32; LANES]);

impl Lane {
    /// All zero.
    pub const ZERO: Self = Self([0.0; LANES]);

    /// The lanes that `bytes` are, without a copy: for panels in a mapped file, which holds the numbers as
    /// little-endian `f32`.
    ///
    /// `None` when `bytes` do not begin at a multiple of 64 in memory, are no whole number of lanes, or lie on a
    /// machine of the other byte order. Numbers are not looked at: they may be infinite or NaN.
    ///
    /// ```
    /// use attractor_kernel::Lane;
    /// assert_eq!(Lane::from_bytes(&[]), Some(&[][..]));
    /// assert_eq!(Lane::from_bytes(&[0; 63]), None);
    /// ```
    pub fn from_bytes(bytes: &[u8]) -> Option<&[Self]> {
        // SAFETY: every pattern of bits is a valid `f32`, and a lane has no padding.
        let (before, lanes, after) = unsafe { bytes.align_to::<Self>() };
        let whole = before.is_empty() && after.is_empty() && cfg!(target_endian = "little");
        whole.then_some(lanes)
    }

    /// The floats of `lanes`, in order.
    ///
    /// ```
    /// use attractor_kernel::Lane;
    /// assert_eq!(Lane::floats(&[Lane([1.0; 16]), Lane::ZERO])[15..17], [1.0, 0.0]);
    /// ```
    pub fn floats(lanes: &[Self]) -> &[f32] {
        // SAFETY: a lane is sixteen `f32` without padding.
        unsafe { std::slice::from_raw_parts(lanes.as_ptr().cast(), lanes.len() * LANES) }
    }

    /// The floats of `lanes`, in order, to be changed.
    pub fn floats_mut(lanes: &mut [Self]) -> &mut [f32] {
        // SAFETY: a lane is sixteen `f32` without padding, and any float is a valid one.
        unsafe { std::slice::from_raw_parts_mut(lanes.as_mut_ptr().cast(), lanes.len() * LANES) }
    }
}

/// `width` rounded up to the padded width of a panel.
///
/// ```
/// assert_eq!(attractor_kernel::padded(5), 8);
/// ```
pub const fn padded(width: usize) -> usize {
    width.div_ceil(WIDTH_STEP) * WIDTH_STEP
}

/// A run of whole panels: `lanes[panel * width + component]`.
///
/// Rows that are dead (removed, or past the end) have their bit in `live` cleared; what their lanes hold
/// must be finite.
#[derive(Debug, Clone, Copy)]
pub struct Panels<'a> {
    lanes: &'a [Lane],
    live: &'a [u16],
    factors: &'a [Lane],
    width: usize,
}

impl<'a> Panels<'a> {
    /// A view of `live.len()` panels of padded width `width`. `factors` multiply the score of each row
    /// (one lane per panel), or are empty.
    ///
    /// Returns `None` when the lengths do not fit together or `width` is not padded.
    pub fn new(lanes: &'a [Lane], live: &'a [u16], factors: &'a [Lane], width: usize) -> Option<Self> {
        let fits = width.is_multiple_of(WIDTH_STEP)
            && width > 0
            && live.len().checked_mul(width) == Some(lanes.len())
            && (factors.is_empty() || factors.len() == live.len());
        fits.then_some(Self { lanes, live, factors, width })
    }

    /// Number of panels.
    pub fn count(&self) -> usize {
        self.live.len()
    }

    /// Padded width.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The panels' lanes.
    pub fn lanes(&self) -> &'a [Lane] {
        self.lanes
    }

    /// One bit per row, lowest lane first.
    pub fn live(&self) -> &'a [u16] {
        self.live
    }

    /// Score factors, one lane per panel, or empty.
    pub fn factors(&self) -> &'a [Lane] {
        self.factors
    }

    /// Panels `from..to`, clipped to what there is.
    #[must_use]
    pub fn slice(&self, from: usize, to: usize) -> Self {
        let to = to.min(self.count());
        let from = from.min(to);
        Self {
            lanes: &self.lanes[from * self.width..to * self.width],
            live: &self.live[from..to],
            factors: if self.factors.is_empty() { self.factors } else { &self.factors[from..to] },
            width: self.width,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_lanes_only_where_they_are_aligned_and_whole() {
        let lanes: Vec<Lane> = (0..4).map(|i| Lane(std::array::from_fn(|l| (i * 16 + l) as f32))).collect();
        // SAFETY: a lane is sixteen `f32` without padding, and bytes are aligned everywhere.
        let bytes = unsafe { lanes.align_to::<u8>() }.1;
        assert_eq!(bytes[4 * 17..4 * 18], 17f32.to_le_bytes());
        assert_eq!(Lane::from_bytes(bytes), Some(&lanes[..]));
        assert_eq!(Lane::from_bytes(&bytes[64..192]), Some(&lanes[1..3]));
        for (from, to) in [(4, 68), (1, 65), (0, 60), (64, 255), (32, 96)] {
            assert_eq!(Lane::from_bytes(&bytes[from..to]), None, "{from}..{to}");
        }
        assert_eq!(Lane::from_bytes(&bytes[5..5]), Some(&[][..]));
    }
}

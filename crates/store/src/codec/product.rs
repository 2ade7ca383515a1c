//! Product quantisation: parts of a row, each the nearest of 256 centroids.

use ndarray::ArrayView2;
use rand::{Rng, RngExt};
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use super::PRODUCT;
use crate::Error;
use crate::wire::{Reader, Writer};

/// Centroids of a part.
pub const CENTROIDS: usize = 256;
/// Rounds of k-means.
const ROUNDS: usize = 12;

/// Centroids for every part of a row.
///
/// Part `p` of `m` has the components from `p * width / m` up to `(p + 1) * width / m`.
#[derive(Debug, Clone, PartialEq)]
pub struct Codebook {
    width: usize,
    parts: usize,
    /// `[part][centroid][component]`.
    centroids: Vec<f32>,
    /// XXH3 of the codec's bytes.
    fingerprint: u64,
}

impl Codebook {
    /// Centroids by k-means (Lloyd, 12 rounds) from the rows of `sample`, `(n, width)`, for `parts` parts.
    ///
    /// It begins with sample rows drawn by `rng`; a centroid that loses all its rows keeps its place. Where a
    /// part takes at most 256 different values, those are the centroids, and the sample is kept exactly. The
    /// result depends on sample and draws alone.
    ///
    /// # Errors
    /// [`Error::Parameter`] without rows, or with parts that are not from 1 to the width; [`Error::NotFinite`].
    ///
    /// ```
    /// use attractor_data::stream;
    /// use attractor_store::codec::{Codebook, Codec};
    /// use ndarray::Array2;
    ///
    /// let sample = Array2::from_shape_fn((40, 6), |(i, j)| (i * j) as f32);
    /// let codebook = Codebook::train(sample.view(), 3, &mut stream(0, "codebook"))?;
    /// let codec = Codec::Product(codebook.into());
    /// assert_eq!(codec.row_bytes(6), 3);
    /// assert_eq!(codec.distortion(sample.view())?.largest_error, 0.0);
    /// # Ok::<(), attractor_store::Error>(())
    /// ```
    pub fn train(sample: ArrayView2<'_, f32>, parts: usize, rng: &mut impl Rng) -> Result<Self, Error> {
        let width = sample.ncols();
        if sample.nrows() == 0 {
            return Err(Error::Parameter { name: "rows of the sample", value: 0.0, limit: "at least 1" });
        }
        if parts == 0 || parts > width {
            let limit = "from 1 to the width of a row";
            return Err(Error::Parameter { name: "parts", value: parts as f64, limit });
        }
        if let Some(((_, component), &value)) = sample.indexed_iter().find(|(_, x)| !x.is_finite()) {
            return Err(Error::NotFinite { component, value: f64::from(value), place: "sample" });
        }
        let starts: Vec<(Vec<f32>, Vec<f32>)> = (0..parts)
            .map(|part| {
                let (from, to) = bounds(width, parts, part);
                let points: Vec<f32> =
                    sample.rows().into_iter().flat_map(|row| (from..to).map(move |j| row[j])).collect();
                let start = start(&points, to - from, rng);
                (points, start)
            })
            .collect();
        let centroids = starts
            .into_par_iter()
            .enumerate()
            .flat_map_iter(|(part, (points, start))| {
                let (from, to) = bounds(width, parts, part);
                k_means(&points, start, to - from)
            })
            .collect();
        Ok(Self::new(width, parts, centroids))
    }

    fn new(width: usize, parts: usize, centroids: Vec<f32>) -> Self {
        let mut to = Writer::new();
        to.u8(PRODUCT);
        let mut codebook = Self { width, parts, centroids, fingerprint: 0 };
        codebook.write(&mut to);
        codebook.fingerprint = xxh3_64(&to.finish());
        codebook
    }

    pub(super) fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// Bytes that it takes in a file.
    pub(super) fn file_bytes(&self) -> usize {
        16 + 4 * self.centroids.len()
    }

    /// Components of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Parts of a row: bytes that it takes.
    pub fn parts(&self) -> usize {
        self.parts
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.centroids.capacity() * 4 + size_of::<Self>()
    }

    /// Centroids of a part, one after the other.
    fn part(&self, part: usize) -> (&[f32], usize) {
        let (from, to) = bounds(self.width, self.parts, part);
        (&self.centroids[CENTROIDS * from..CENTROIDS * to], to - from)
    }

    pub(super) fn encode(&self, row: &[f32], out: &mut Vec<u8>) -> Result<(), Error> {
        if row.len() != self.width {
            return Err(Error::Width { expected: self.width, found: row.len(), place: "row of a codebook" });
        }
        out.extend((0..self.parts).map(|part| {
            let (from, to) = bounds(self.width, self.parts, part);
            let (centroids, width) = self.part(part);
            nearest(&row[from..to], centroids, width).0 as u8
        }));
        Ok(())
    }

    pub(super) fn decode(&self, bytes: &[u8], row: &mut [f32]) {
        for (part, &code) in bytes.iter().enumerate().take(self.parts) {
            let (from, _) = bounds(self.width, self.parts, part);
            let (centroids, width) = self.part(part);
            let centroid = &centroids[usize::from(code) * width..][..width];
            row.iter_mut().skip(from).zip(centroid).for_each(|(x, &c)| *x = c);
        }
    }

    pub(super) fn write(&self, to: &mut Writer) {
        to.u32(self.width as u32);
        to.u32(self.parts as u32);
        to.f32s(&self.centroids);
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, Error> {
        let (width, parts) = (from.u32()? as usize, from.u32()? as usize);
        let centroids = from.f32s()?;
        if parts == 0 || parts > width || centroids.len() != CENTROIDS * width {
            return Err(from.fault("a codebook whose parts do not fit together"));
        }
        if centroids.iter().any(|x| !x.is_finite()) {
            return Err(from.fault("a centroid that is not finite"));
        }
        Ok(Self::new(width, parts, centroids))
    }
}

fn bounds(width: usize, parts: usize, part: usize) -> (usize, usize) {
    (part * width / parts, (part + 1) * width / parts)
}

/// All different points where they are few enough (the last repeated up to 256), else 256 different ones, drawn.
fn start(points: &[f32], width: usize, rng: &mut impl Rng) -> Vec<f32> {
    let mut different: Vec<&[f32]> = points.chunks_exact(width).collect();
    different.sort_unstable_by(|a, b| {
        a.iter().zip(*b).map(|(x, y)| x.total_cmp(y)).find(|o| o.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
    });
    different.dedup();
    // The first draws of Fisher and Yates.
    for i in 0..CENTROIDS.min(different.len() - 1) {
        let j = rng.random_range(i..different.len());
        different.swap(i, j);
    }
    let last = different.len() - 1;
    (0..CENTROIDS).flat_map(|c| different[c.min(last)].iter().copied()).collect()
}

/// Lowest index among the nearest, and its squared distance.
fn nearest(point: &[f32], centroids: &[f32], width: usize) -> (usize, f64) {
    let mut best = (0, f64::INFINITY);
    for (c, centroid) in centroids.chunks_exact(width).enumerate() {
        let distance = point.iter().zip(centroid).map(|(&x, &y)| (f64::from(x) - f64::from(y)).powi(2)).sum();
        if distance < best.1 {
            best = (c, distance);
        }
    }
    best
}

fn k_means(points: &[f32], mut centroids: Vec<f32>, width: usize) -> Vec<f32> {
    for _ in 0..ROUNDS {
        let assigned: Vec<(usize, f64)> =
            points.par_chunks_exact(width).map(|point| nearest(point, &centroids, width)).collect();
        if assigned.iter().all(|&(_, distance)| distance == 0.0) {
            break;
        }
        let mut sums = vec![0.0; centroids.len()];
        let mut counts = vec![0_u32; CENTROIDS];
        for (point, &(c, _)) in points.chunks_exact(width).zip(&assigned) {
            counts[c] += 1;
            sums[c * width..].iter_mut().zip(point).for_each(|(sum, &x)| *sum += f64::from(x));
        }
        for (i, centroid) in centroids.iter_mut().enumerate() {
            let count = counts[i / width];
            if count > 0 {
                *centroid = (sums[i] / f64::from(count)) as f32;
            }
        }
    }
    centroids
}

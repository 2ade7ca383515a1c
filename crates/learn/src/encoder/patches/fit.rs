//! Patch features, learned from pictures.

use attractor_data::{Shape, stream};
use attractor_kernel::{LANES, Lane, padded};
use ndarray::{ArrayView2, Axis};
use rand::RngExt;

use super::kmeans::{Points, cluster};
use super::{BATCH, Decorrelation, Finish, PatchFeatures, Patches, Places, Product, Scale, Zca};
use crate::Error;
use crate::encoder::{Statistics, check, encode_all};

/// Draws for each patch wanted: pictures that are blank almost everywhere give fewer.
const DRAWS: usize = 16;

/// Pictures whose features are held at once.
const CHUNK: usize = 256;

impl Patches {
    /// Learns the features of pictures, `(n, components)`, which lie as `shape` says.
    ///
    /// The same pictures and seed give the same bits, whatever the number of threads.
    ///
    /// Time: `rounds * samples * centroids * side^2 * channels` multiplications, and for
    /// [`Finish::Standardise`] the encoding of all pictures. Bytes: `samples * side^2 * channels * 4`.
    ///
    /// # Errors
    /// A number of the recipe outside its range; pictures of another width or with an entry that is not
    /// finite; [`Error::TooFew`] when they have fewer patches with any contrast than there are centroids.
    pub fn fit(&self, pictures: ArrayView2<'_, f32>, shape: Shape) -> Result<PatchFeatures, Error> {
        self.check()?;
        let places = Places::new(shape, self.side, self.stride, self.grid)?;
        places.check_features(self.centroids, self.activation)?;
        check::width(pictures.ncols(), shape.components(), "a picture")?;
        for picture in pictures.rows() {
            check::finite(picture.as_standard_layout().as_slice().unwrap_or_default(), "a picture")?;
        }

        let (width, stride) = (places.patch(), padded(places.patch()));
        let mut patches = self.sample(pictures, &places, stride);
        let found = patches.len() / stride;
        if found < self.centroids {
            return Err(Error::TooFew { what: "patches with contrast", needed: self.centroids, found });
        }
        let zca = match self.decorrelation {
            Decorrelation::None => None,
            Decorrelation::Zca { epsilon } => {
                let zca = Zca::fit(&patches, stride, width, epsilon)?;
                whiten(&zca, &mut patches, stride);
                Some(zca)
            }
        };
        check::finite(&patches, "patches")?;
        let points = Points { values: &patches, stride, width };
        let mut rng = stream(self.seed, "patches: start");
        let recipe = (self.clustering, self.start, self.rounds);
        let centroids = cluster(points, self.centroids, recipe, &mut rng).centroids;

        let recipe = (self.floor, self.activation, self.pool);
        let mut features = PatchFeatures::new(places, recipe, zca, centroids, Scale::None);
        features.scale = match self.finish {
            Finish::None => Scale::None,
            Finish::SquareRoot => Scale::SquareRoot,
            Finish::Standardise { epsilon } => {
                let mut statistics = Statistics::new(crate::encoder::Encode::width(&features));
                for part in pictures.axis_chunks_iter(Axis(0), CHUNK) {
                    statistics.observe_all(encode_all(&features, part)?.view())?;
                }
                Scale::Standardise(statistics.freeze(epsilon)?)
            }
        };
        Ok(features)
    }

    /// Patches with contrast, `stride` floats each: all, or as many as wanted drawn with replacement.
    fn sample(&self, pictures: ArrayView2<'_, f32>, places: &Places, stride: usize) -> Vec<f32> {
        let all = pictures.nrows().saturating_mul(places.count());
        let mut rng = stream(self.seed, "patches: sample");
        let few = all <= self.samples;
        let draws = if few { all } else { self.samples.saturating_mul(DRAWS) };
        let mut patches = Vec::new();
        let mut patch = vec![0.0; stride];
        for draw in 0..draws {
            if patches.len() / stride >= self.samples {
                break;
            }
            let at = if few { draw } else { rng.random_range(0..all) };
            let picture = pictures.row(at / places.count());
            let (row, column) = places.nth(at % places.count());
            let picture = picture.as_standard_layout();
            let picture = picture.as_slice().unwrap_or_default();
            if places.patch_at(picture, row, column, self.floor, &mut patch) {
                patches.extend_from_slice(&patch);
            }
        }
        patches
    }
}

/// Every patch becomes `W x - W m`.
fn whiten(zca: &Zca, patches: &mut [f32], stride: usize) {
    let product = Product::new(&zca.matrix, zca.mean.len());
    let shift = zca.shift();
    let mut work = vec![Lane::ZERO; BATCH * product.panels()];
    for batch in patches.chunks_mut(BATCH * stride) {
        product.apply(batch, &mut work);
        for (patch, y) in batch.chunks_exact_mut(stride).zip(work.chunks_exact(product.panels())) {
            for (j, (to, shift)) in patch.iter_mut().zip(&shift).enumerate() {
                *to = y[j / LANES].0[j % LANES] - shift;
            }
        }
    }
}

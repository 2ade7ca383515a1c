//! Recipe of a learner.

use attractor_data::Shape;
use attractor_store::wire::{Reader, Writer};

use crate::Error;
use crate::fast::{Admission, Eviction, Recall};
use crate::perception::Vision;

/// Which slow system a learner has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Slow {
    /// Streaming ridge regression on the features: exact, whatever the order of the stream.
    #[default]
    Ridge,
    /// Nearest class mean.
    Mean,
    /// Linear discriminant analysis.
    Discriminant,
    /// A network that is trained by replay.
    #[cfg(feature = "network")]
    Network,
    /// None: episodes alone answer.
    None,
}

/// What a learner is made of. It is fixed when the learner is made, and lies in its directory.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// How the components of an observation lie; `None`: that of the first observation, as a plain vector.
    pub shape: Option<Shape>,
    /// How observations become features. Default [`Vision::Auto`].
    pub vision: Vision,
    /// Features of the slow system. Default 2,000.
    pub features: usize,
    /// The slow system. Default [`Slow::Ridge`].
    pub slow: Slow,
    /// How episodes are read.
    pub recall: Recall,
    /// Which looks become episodes.
    pub admission: Admission,
    /// Which episodes give way.
    pub eviction: Eviction,
    /// Observations after which the encoders are learned, and learned again: ascending, not empty. Default
    /// 16, 128 and 1,024. Whatever was seen before is encoded anew and learned again from the episodes.
    pub fits: Vec<u64>,
    /// Bytes of the whole learner in this process, mapped files included. Default 64 MiB.
    pub memory_bytes: u64,
    /// Bytes on disk. Default 256 MiB.
    pub disk_bytes: u64,
    /// Everything random derives from it. Default 0.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            shape: None,
            vision: Vision::Auto,
            features: 2_000,
            slow: Slow::default(),
            recall: Recall::default(),
            admission: Admission::default(),
            eviction: Eviction::default(),
            fits: vec![16, 128, 1_024],
            memory_bytes: 64 << 20,
            disk_bytes: 256 << 20,
            seed: 0,
        }
    }
}

impl Config {
    pub(crate) fn check(&self) -> Result<(), Error> {
        let parameter = |name, value: f64, fits: bool, limit| match fits {
            true => Ok(()),
            false => Err(Error::Parameter { name, value, limit }),
        };
        let share = |x: f64| (0.0..=1.0).contains(&x);
        parameter("features", self.features as f64, (1..=16_384).contains(&self.features), "1 to 16384")?;
        let k = self.recall.neighbours;
        parameter("neighbours", k as f64, (1..=1_024).contains(&k), "1 to 1024")?;
        let sharpness = self.recall.sharpness;
        parameter("sharpness", sharpness, sharpness > 0.0 && sharpness <= 1e6, "above 0, at most 1e6")?;
        parameter("known", self.admission.known, share(self.admission.known), "0 to 1")?;
        parameter("sameness", self.admission.sameness, share(self.admission.sameness), "0 to 1")?;
        let ascending = self.fits.first().is_some_and(|&n| n >= 1) && self.fits.is_sorted_by(|a, b| a < b);
        let first = self.fits.first().copied().unwrap_or(0);
        parameter(
            "fits",
            first as f64,
            ascending && self.fits.len() <= 64,
            "ascending numbers from 1, 1 to 64 of them",
        )?;
        let components = self.shape.map_or(1, Shape::components);
        parameter("components", components as f64, (1..=1 << 20).contains(&components), "1 to 1048576")
    }

    pub(crate) fn save(&self, to: &mut Writer) {
        match self.shape {
            None => to.u8(0),
            Some(Shape::Vector(n)) => {
                to.u8(1);
                to.u64(n as u64);
            }
            Some(Shape::Image { height, width, channels }) => {
                to.u8(2);
                [height, width, channels].into_iter().for_each(|n| to.u64(n as u64));
            }
        }
        let vision = match self.vision {
            Vision::Auto => 0,
            Vision::Plain => 1,
            Vision::Whitened => 2,
            Vision::Random => 3,
            Vision::Patches => 4,
        };
        to.u8(vision);
        to.u64(self.features as u64);
        let slow = match self.slow {
            Slow::Ridge => 0,
            Slow::Mean => 1,
            Slow::Discriminant => 2,
            #[cfg(feature = "network")]
            Slow::Network => 3,
            Slow::None => 4,
        };
        to.u8(slow);
        to.u64(self.recall.neighbours as u64);
        [self.recall.sharpness, self.admission.known, self.admission.sameness]
            .into_iter()
            .for_each(|x| to.f64(x));
        let eviction = match self.eviction {
            Eviction::ClassDebt => 0,
            Eviction::Reservoir => 1,
            Eviction::LeastUseful => 2,
        };
        to.u8(eviction);
        to.u64s(&self.fits);
        [self.memory_bytes, self.disk_bytes, self.seed].into_iter().for_each(|n| to.u64(n));
    }

    pub(crate) fn load(from: &mut Reader<'_>) -> Result<Self, Error> {
        let size = |n: u64| usize::try_from(n).ok().filter(|n| *n <= 1 << 20).unwrap_or(0);
        let shape = match from.u8()? {
            0 => None,
            1 => Some(Shape::Vector(size(from.u64()?))),
            2 => {
                let (height, width) = (size(from.u64()?), size(from.u64()?));
                Some(Shape::Image { height, width, channels: size(from.u64()?) })
            }
            _ => return Err(from.fault("a shape of unknown kind").into()),
        };
        let vision = match from.u8()? {
            0 => Vision::Auto,
            1 => Vision::Plain,
            2 => Vision::Whitened,
            3 => Vision::Random,
            4 => Vision::Patches,
            _ => return Err(from.fault("an unknown way of seeing").into()),
        };
        let features = size(from.u64()?);
        let slow = match from.u8()? {
            0 => Slow::Ridge,
            1 => Slow::Mean,
            2 => Slow::Discriminant,
            #[cfg(feature = "network")]
            3 => Slow::Network,
            4 => Slow::None,
            _ => return Err(from.fault("a slow system that this program was built without").into()),
        };
        let recall = Recall { neighbours: size(from.u64()?), sharpness: from.f64()? };
        let admission = Admission { known: from.f64()?, sameness: from.f64()? };
        let eviction = match from.u8()? {
            0 => Eviction::ClassDebt,
            1 => Eviction::Reservoir,
            2 => Eviction::LeastUseful,
            _ => return Err(from.fault("an unknown way to give way").into()),
        };
        let fits = from.u64s()?;
        let config = Self {
            shape,
            vision,
            features,
            slow,
            recall,
            admission,
            eviction,
            fits,
            memory_bytes: from.u64()?,
            disk_bytes: from.u64()?,
            seed: from.u64()?,
        };
        config.check()?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_comes_back() {
        let shapes = [None, Some(Shape::Vector(7)), Some(Shape::Image { height: 3, width: 4, channels: 2 })];
        for shape in shapes {
            let config = Config { shape, vision: Vision::Random, slow: Slow::Mean, ..Config::default() };
            let mut to = Writer::new();
            config.save(&mut to);
            let bytes = to.finish();
            assert_eq!(Config::load(&mut Reader::new(&bytes, "config")).expect("our own"), config);
            for cut in 0..bytes.len() {
                assert!(Config::load(&mut Reader::new(&bytes[..cut], "config")).is_err());
            }
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for config in [
            Config { features: 0, ..Config::default() },
            Config { fits: vec![], ..Config::default() },
            Config { fits: vec![5, 5], ..Config::default() },
            Config { recall: Recall { neighbours: 0, ..Recall::default() }, ..Config::default() },
            Config { recall: Recall { sharpness: f64::NAN, ..Recall::default() }, ..Config::default() },
            Config { admission: Admission { known: -0.1, ..Admission::default() }, ..Config::default() },
        ] {
            assert!(config.check().is_err(), "{config:?}");
        }
    }
}

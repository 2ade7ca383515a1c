//! How a network is put together.

use std::ops::Range;
use std::sync::Arc;

use burn::tensor::Device;
use rand::Rng;

use super::network::{Graph, Joint, Layer, Network};
use super::{EnergyError, Lagrangian, Misfit, Parameter, Shape, Synapse};

/// Layers and synapses by name; [`Network::builder`] starts one. Nothing is checked before [`Builder::build`].
#[derive(Debug, Default)]
pub struct Builder {
    layers: Vec<(String, Shape, Arc<dyn Lagrangian>)>,
    synapses: Vec<(String, Arc<dyn Synapse>, Vec<String>)>,
    times: Vec<(String, f64)>,
    silent: Vec<(String, String)>,
}

impl Builder {
    /// A layer of this shape.
    #[must_use]
    pub fn layer(mut self, name: &str, shape: Shape, lagrangian: impl Lagrangian + 'static) -> Self {
        self.layers.push((name.to_owned(), shape, Arc::new(lagrangian)));
        self
    }

    /// A synapse between these layers, in the order in which its kind names them.
    #[must_use]
    pub fn synapse(mut self, name: &str, synapse: impl Synapse + 'static, layers: &[&str]) -> Self {
        let layers = layers.iter().map(|&layer| layer.to_owned()).collect();
        self.synapses.push((name.to_owned(), Arc::new(synapse), layers));
        self
    }

    /// The time constant of a layer, above 0; it is 1 where nothing is said.
    #[must_use]
    pub fn time_constant(mut self, layer: &str, tau: f64) -> Self {
        self.times.push((layer.to_owned(), tau));
        self
    }

    /// A synapse sends nothing to one of its layers, though it reads it. The energy need not fall any more:
    /// [`Network::breaches`] says so.
    #[must_use]
    pub fn without_feedback(mut self, synapse: &str, layer: &str) -> Self {
        self.silent.push((synapse.to_owned(), layer.to_owned()));
        self
    }

    /// The network, with parameters drawn from `rng` on `device`.
    ///
    /// # Errors
    /// [`EnergyError::Duplicate`], [`EnergyError::Unknown`], [`EnergyError::Unjoined`] for names;
    /// [`EnergyError::Layer`] and [`EnergyError::Synapse`] for numbers outside their range and shapes that do not fit.
    ///
    /// ```
    /// use attractor_nets::energy::{Dense, EnergyError, Identity, Network, Shape};
    /// use burn::tensor::Device;
    /// use rand::SeedableRng;
    /// use rand_chacha::ChaCha8Rng;
    ///
    /// let lonely = Network::builder().layer("image", Shape::vector(4), Identity);
    /// let refused = lonely.build(&Device::flex(), &mut ChaCha8Rng::seed_from_u64(1));
    /// assert_eq!(refused.unwrap_err().to_string(), "layer image: in no synapse");
    /// ```
    pub fn build(self, device: &Device, rng: &mut impl Rng) -> Result<Network, EnergyError> {
        let mut wanted = Wanted::default();
        let mut layers = Vec::new();
        unique(self.layers.iter().map(|(name, ..)| name).chain(self.synapses.iter().map(|(name, ..)| name)))?;
        for (name, shape, lagrangian) in self.layers {
            let misfit = |misfit| EnergyError::Layer { layer: name.clone(), misfit };
            Misfit::at_least_one("neurons", shape.neurons()).map_err(misfit)?;
            lagrangian.check().map_err(misfit)?;
            let parameters = wanted.of(&name, lagrangian.parameters(shape.width));
            layers.push(Layer { name, shape, lagrangian, tau: 1.0, parameters });
        }
        let find = |name: &str| find_in("layer", name, layers.iter().map(|layer| &layer.name));
        let mut joints = Vec::new();
        for (name, synapse, names) in self.synapses {
            let ends = names.iter().map(|name| find(name)).collect::<Result<Vec<_>, _>>()?;
            let shapes: Vec<Shape> = ends.iter().map(|&end| layers[end].shape).collect();
            synapse.check(&shapes).map_err(|misfit| EnergyError::Synapse {
                synapse: name.clone(),
                layers: listed(names.iter().zip(&shapes).map(|(name, shape)| format!("{name} ({shape})"))),
                misfit,
            })?;
            let parameters = wanted.of(&name, synapse.parameters(&shapes));
            let silent = vec![false; ends.len()];
            joints.push(Joint { name, synapse, ends, shapes, silent, parameters });
        }
        for (synapse, layer) in self.silent {
            let layer = find(&layer)?;
            let at = find_in("synapse", &synapse, joints.iter().map(|joint| &joint.name))?;
            let joint = &mut joints[at];
            if !joint.ends.contains(&layer) {
                let known = joint.ends.iter().map(|&end| layers[end].name.clone());
                let (name, known) = (layers[layer].name.clone(), listed(known));
                return Err(EnergyError::Unknown { kind: "layer of that synapse", name, known });
            }
            for (end, silent) in joint.ends.iter().zip(&mut joint.silent) {
                *silent |= *end == layer;
            }
        }
        for (name, tau) in self.times {
            let at = find_in("layer", &name, layers.iter().map(|layer| &layer.name))?;
            let misfit = |misfit| EnergyError::Layer { layer: name.clone(), misfit };
            Misfit::positive("time constant", tau).map_err(misfit)?;
            layers[at].tau = tau;
        }
        let joined = |at: usize| joints.iter().any(|joint| joint.ends.contains(&at));
        if let Some(at) = (0..layers.len()).find(|&at| !joined(at)) {
            return Err(EnergyError::Unjoined { layer: layers[at].name.clone() });
        }
        let parameters = wanted.parameters.iter().map(|parameter| parameter.drawn(device, rng)).collect();
        Ok(Network::new(parameters, Graph { layers, joints, names: wanted.names, device: device.clone() }))
    }
}

/// The parameters of all, in order.
#[derive(Default)]
struct Wanted {
    names: Vec<String>,
    parameters: Vec<Parameter>,
}

impl Wanted {
    fn of(&mut self, owner: &str, parameters: Vec<Parameter>) -> Range<usize> {
        let first = self.parameters.len();
        self.names.extend(parameters.iter().map(|parameter| format!("{owner}.{}", parameter.name)));
        self.parameters.extend(parameters);
        first..self.parameters.len()
    }
}

fn unique<'a>(names: impl Iterator<Item = &'a String>) -> Result<(), EnergyError> {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(EnergyError::Duplicate { name: name.clone() });
        }
    }
    Ok(())
}

/// The index of a name.
pub(super) fn find_in<'a>(
    kind: &'static str,
    name: &str,
    mut names: impl Iterator<Item = &'a String> + Clone,
) -> Result<usize, EnergyError> {
    let all = names.clone();
    names.position(|known| known == name).ok_or_else(|| {
        let known = listed(all.cloned());
        EnergyError::Unknown { kind, name: name.to_owned(), known }
    })
}

fn listed(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

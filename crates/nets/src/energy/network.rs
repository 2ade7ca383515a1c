//! The network.

use std::ops::Range;
use std::sync::Arc;

use burn::module::{Module, Param};
use burn::tensor::{DType, Device, Tensor, TensorData};
use rand::Rng;

use super::builder::find_in;
use super::parameter::gaussian;
use super::{Breach, Builder, Clamps, Ends, EnergyError, Evaluated, Flow, Lagrangian, Shape, Synapse};
use crate::relaxation::{Relaxation, Report, watch};

/// A hypergraph of layers and synapses with its parameters: see [the module](super).
///
/// As a Burn module it has one list of parameters, those of the layers first, then those of the synapses, each in the
/// order in which they were added.
#[derive(Module, Debug)]
pub struct Network {
    parameters: Vec<Param<Tensor<2>>>,
    #[module(skip)]
    graph: Arc<Graph>,
}

#[derive(Debug)]
pub(super) struct Graph {
    pub(super) layers: Vec<Layer>,
    pub(super) joints: Vec<Joint>,
    /// Of the parameters.
    pub(super) names: Vec<String>,
    pub(super) device: Device,
}

#[derive(Debug)]
pub(super) struct Layer {
    pub(super) name: String,
    pub(super) shape: Shape,
    pub(super) lagrangian: Arc<dyn Lagrangian>,
    pub(super) tau: f64,
    pub(super) parameters: Range<usize>,
}

#[derive(Debug)]
pub(super) struct Joint {
    pub(super) name: String,
    pub(super) synapse: Arc<dyn Synapse>,
    /// Layers.
    pub(super) ends: Vec<usize>,
    pub(super) shapes: Vec<Shape>,
    /// Whether it sends nothing to this end.
    pub(super) silent: Vec<bool>,
    pub(super) parameters: Range<usize>,
}

/// Energy by component, `(batch)` each.
#[derive(Debug, Clone)]
pub struct Energies {
    /// `x . g - L(x)` of every layer, with its name.
    pub layers: Vec<(String, Tensor<1>)>,
    /// Of every synapse, with its name.
    pub synapses: Vec<(String, Tensor<1>)>,
}

impl Energies {
    /// The sum, `(batch)`.
    pub fn total(&self) -> Tensor<1> {
        let parts = self.layers.iter().chain(&self.synapses).map(|(_, energy)| energy.clone());
        // A network has at least one layer in one synapse.
        parts.reduce(|a, b| a + b).unwrap_or_else(|| Tensor::zeros([0], &Device::flex()))
    }
}

impl Joint {
    pub(super) fn energy(&self, activations: &[Tensor<3>], parameters: &[Tensor<2>]) -> Tensor<1> {
        self.with(activations, parameters, |ends| self.synapse.energy(ends))
    }

    pub(super) fn gradient(
        &self,
        activations: &[Tensor<3>],
        parameters: &[Tensor<2>],
        end: usize,
    ) -> Tensor<3> {
        self.with(activations, parameters, |ends| self.synapse.gradient(ends, end))
    }

    fn with<T>(
        &self,
        activations: &[Tensor<3>],
        parameters: &[Tensor<2>],
        f: impl FnOnce(Ends<'_>) -> T,
    ) -> T {
        let activations: Vec<_> = self.ends.iter().map(|&end| activations[end].clone()).collect();
        let parameters = &parameters[self.parameters.clone()];
        f(Ends { shapes: &self.shapes, activations: &activations, parameters })
    }
}

impl Layer {
    pub(super) fn evaluate(&self, state: Tensor<3>, parameters: &[Tensor<2>]) -> Evaluated {
        self.lagrangian.evaluate(state, &parameters[self.parameters.clone()])
    }

    pub(super) fn activation(&self, state: Tensor<3>, parameters: &[Tensor<2>]) -> Tensor<3> {
        self.lagrangian.activation(state, &parameters[self.parameters.clone()])
    }

    /// `x . g - L(x)`.
    pub(super) fn energy(&self, state: &Tensor<3>, parameters: &[Tensor<2>]) -> Tensor<1> {
        let Evaluated { value, activation } = self.evaluate(state.clone(), parameters);
        super::synapse::inner(state.clone(), activation) - value
    }
}

impl Network {
    /// An empty network to add layers and synapses to.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(super) fn new(parameters: Vec<Param<Tensor<2>>>, graph: Graph) -> Self {
        Self { parameters, graph: Arc::new(graph) }
    }

    pub(super) fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The values of all parameters.
    pub(super) fn values(&self) -> Vec<Tensor<2>> {
        self.parameters.iter().map(Param::val).collect()
    }

    /// Names and shapes of the layers, in order.
    pub fn layers(&self) -> impl Iterator<Item = (&str, Shape)> {
        self.graph.layers.iter().map(|layer| (layer.name.as_str(), layer.shape))
    }

    /// The index of a layer: of its state among the states.
    ///
    /// # Errors
    /// [`EnergyError::Unknown`].
    pub fn layer(&self, name: &str) -> Result<usize, EnergyError> {
        find_in("layer", name, self.graph.layers.iter().map(|layer| &layer.name))
    }

    /// Names of the parameters, `owner.name`, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.graph.names.iter().map(String::as_str)
    }

    /// A parameter by name.
    ///
    /// # Errors
    /// [`EnergyError::Unknown`].
    pub fn parameter(&self, name: &str) -> Result<Tensor<2>, EnergyError> {
        Ok(self.parameters[find_in("parameter", name, self.graph.names.iter())?].val())
    }

    /// The network with another value of a parameter.
    ///
    /// # Errors
    /// [`EnergyError::Unknown`], [`EnergyError::Shape`].
    pub fn with_parameter(mut self, name: &str, value: Tensor<2>) -> Result<Self, EnergyError> {
        let at = find_in("parameter", name, self.graph.names.iter())?;
        let old = self.parameters[at].val();
        shaped(name, &old.dims(), &value.dims())?;
        let value = value.without_autodiff().to_device(&old.device()).cast(old.dtype());
        let parameter = self.parameters.remove(at);
        self.parameters.insert(at, replaced(parameter, value));
        Ok(self)
    }

    /// The network with parameters of another type, such as `f64`. States must be of that type then.
    #[must_use]
    pub fn with_type(mut self, dtype: DType) -> Self {
        let parameters = std::mem::take(&mut self.parameters).into_iter();
        let cast = |parameter: Param<Tensor<2>>| {
            let value = parameter.val().without_autodiff().cast(dtype);
            replaced(parameter, value)
        };
        self.parameters = parameters.map(cast).collect();
        self
    }

    /// Where the parameters lie, and their type. Without parameters, the device of the builder and `f32`.
    fn place_and_type(&self) -> (Device, DType) {
        match self.parameters.first() {
            Some(first) => (first.val().device(), first.val().dtype()),
            None => (self.graph.device.clone(), DType::F32),
        }
    }

    /// Where the parameters lie, without autodiff.
    pub(crate) fn device(&self) -> Device {
        match self.parameters.first() {
            Some(first) => first.val().without_autodiff().device(),
            None => self.graph.device.clone(),
        }
    }

    /// States of zeros.
    pub fn zeros(&self, batch: usize) -> Vec<Tensor<3>> {
        let (device, dtype) = self.place_and_type();
        let layers = self.graph.layers.iter();
        layers.map(|layer| Tensor::zeros(layer.shape.dims(batch), (&device, dtype))).collect()
    }

    /// States from the normal distribution of mean 0 with this standard deviation.
    pub fn noise(&self, batch: usize, deviation: f64, rng: &mut impl Rng) -> Vec<Tensor<3>> {
        let (device, dtype) = self.place_and_type();
        let mut draw = |dims: [usize; 3]| {
            let numbers: Vec<f64> = (0..dims.iter().product()).map(|_| deviation * gaussian(rng)).collect();
            Tensor::from_data(TensorData::new(numbers, dims), (&device, dtype))
        };
        self.graph.layers.iter().map(|layer| draw(layer.shape.dims(batch))).collect()
    }

    /// Puts the state of one layer in.
    ///
    /// # Errors
    /// [`EnergyError::Unknown`], [`EnergyError::Shape`].
    pub fn place(&self, states: &mut [Tensor<3>], layer: &str, state: Tensor<3>) -> Result<(), EnergyError> {
        let at = self.layer(layer)?;
        let batch = self.checked(states)?;
        shaped(layer, &self.graph.layers[at].shape.dims(batch), &state.dims())?;
        states[at] = state.cast(states[at].dtype());
        Ok(())
    }

    /// The activation of every layer.
    ///
    /// # Errors
    /// [`EnergyError::Shape`].
    pub fn activations(&self, states: &[Tensor<3>]) -> Result<Vec<Tensor<3>>, EnergyError> {
        self.checked(states)?;
        let parameters = self.values();
        let layers = self.graph.layers.iter().zip(states);
        Ok(layers.map(|(layer, x)| layer.activation(x.clone(), &parameters)).collect())
    }

    /// The energy by component.
    ///
    /// # Errors
    /// [`EnergyError::Shape`].
    pub fn energies(&self, states: &[Tensor<3>]) -> Result<Energies, EnergyError> {
        let g = self.activations(states)?;
        let parameters = self.values();
        let layers = self.graph.layers.iter().zip(states);
        let joints = self.graph.joints.iter();
        Ok(Energies {
            layers: layers
                .map(|(layer, state)| (layer.name.clone(), layer.energy(state, &parameters)))
                .collect(),
            synapses: joints.map(|joint| (joint.name.clone(), joint.energy(&g, &parameters))).collect(),
        })
    }

    /// `dE/dg = x + sum_s dE_s/dg` of every layer, whatever is clamped or sends no feedback.
    ///
    /// # Errors
    /// [`EnergyError::Shape`].
    pub fn gradient(&self, states: &[Tensor<3>]) -> Result<Vec<Tensor<3>>, EnergyError> {
        let g = self.activations(states)?;
        let parameters = self.values();
        let mut gradient = states.to_vec();
        for joint in &self.graph.joints {
            for (end, &layer) in joint.ends.iter().enumerate() {
                gradient[layer] = gradient[layer].clone() + joint.gradient(&g, &parameters, end);
            }
        }
        Ok(gradient)
    }

    /// Why the energy may rise; nothing where it cannot, for convex Lagrangians and steps that are small enough. A
    /// layer norm or spherical norm is convex while its gamma is not negative, which is not looked at here.
    ///
    /// # Errors
    /// [`EnergyError::Unknown`] for clamps of another network.
    pub fn breaches(&self, clamps: &Clamps) -> Result<Vec<Breach>, EnergyError> {
        let held = clamps.layers.iter().map(|name| self.layer(name)).collect::<Result<Vec<_>, _>>()?;
        let mut all = Vec::new();
        for joint in &self.graph.joints {
            let ends = joint.ends.iter().zip(&joint.silent);
            for (&layer, _) in ends.filter(|(layer, silent)| **silent && !held.contains(layer)) {
                let layer = self.graph.layers[layer].name.clone();
                let breach = Breach::Feedback { synapse: joint.name.clone(), layer };
                if !all.contains(&breach) {
                    all.push(breach);
                }
            }
        }
        for (name, _) in &clamps.neurons {
            let at = self.layer(name)?;
            if !held.contains(&at) && !self.graph.layers[at].lagrangian.is_elementwise() {
                all.push(Breach::PartlyClamped { layer: name.clone() });
            }
        }
        Ok(all)
    }

    /// The network with these clamps as a system of its free layers.
    ///
    /// # Errors
    /// [`EnergyError::Unknown`], [`EnergyError::Shape`], [`EnergyError::Type`].
    pub fn flow(&self, states: &[Tensor<3>], clamps: &Clamps) -> Result<Flow<'_>, EnergyError> {
        Flow::new(self, self.values(), states, clamps)
    }

    /// Relaxes the states, and reports what happened. Gradients do not flow through.
    ///
    /// # Errors
    /// As [`Network::flow`]; [`EnergyError::Relaxation`], the states being those before the step that failed.
    pub fn relax(
        &self,
        states: &mut Vec<Tensor<3>>,
        clamps: &Clamps,
        how: &Relaxation,
    ) -> Result<Report, EnergyError> {
        self.watch(states, clamps, how, &mut |_| {})
    }

    /// The same, and `watcher` sees the states of all layers at the start and after every step.
    ///
    /// # Errors
    /// As [`Network::relax`].
    pub fn watch(
        &self,
        states: &mut Vec<Tensor<3>>,
        clamps: &Clamps,
        how: &Relaxation,
        watcher: &mut dyn FnMut(&[Tensor<3>]),
    ) -> Result<Report, EnergyError> {
        let bare: Vec<_> = states.iter().map(|state| state.clone().without_autodiff()).collect();
        let parameters = self.values().into_iter().map(Tensor::without_autodiff).collect();
        let flow = Flow::new(self, parameters, &bare, clamps)?;
        let mut free = flow.free(&bare);
        let report = watch(&flow, &mut free, how, &mut |free| watcher(&flow.whole(free)));
        *states = flow.whole(&free);
        Ok(report?)
    }

    /// The batch of states that fit.
    pub(super) fn checked(&self, states: &[Tensor<3>]) -> Result<usize, EnergyError> {
        let layers = &self.graph.layers;
        shaped("states, one per layer", &[layers.len()], &[states.len()])?;
        let batch = states.first().map_or(0, |state| state.dims()[0]);
        let dtype = self.place_and_type().1;
        for (layer, state) in layers.iter().zip(states) {
            shaped(&layer.name, &layer.shape.dims(batch), &state.dims())?;
            if !self.parameters.is_empty() && state.dtype() != dtype {
                let (name, expected, found) = (layer.name.clone(), dtype.name(), state.dtype().name());
                return Err(EnergyError::Type { place: name, expected, found });
            }
        }
        Ok(batch)
    }
}

/// The same parameter with another value, which is still learned if the old one was.
fn replaced(parameter: Param<Tensor<2>>, value: Tensor<2>) -> Param<Tensor<2>> {
    let (id, old, mapper) = parameter.consume();
    let value = if old.is_autodiff() { value.autodiff() } else { value };
    let value = if old.is_require_grad() { value.require_grad() } else { value };
    Param::from_mapped_value(id, value, mapper)
}

/// An error unless the shapes are the same.
pub(super) fn shaped(place: &str, expected: &[usize], found: &[usize]) -> Result<(), EnergyError> {
    if expected == found {
        return Ok(());
    }
    let (expected, found) = (expected.to_vec(), found.to_vec());
    Err(EnergyError::Shape { place: place.to_owned(), expected, found })
}

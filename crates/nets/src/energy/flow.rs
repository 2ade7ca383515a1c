//! The network with some of it clamped, as a system that relaxes.

use burn::tensor::Tensor;

use super::network::{Graph, Joint, shaped};
use super::synapse::inner;
use super::{Clamps, Curvature, EnergyError, Evaluated, Loss, Network};
use crate::dense::blend;
use crate::relaxation::System;

/// The free layers of a network; [`Network::flow`] makes one. Its states are those of the free layers only, in order.
///
/// What depends on clamped layers only is computed once, when it is made: their activations and energies, those of
/// synapses between them, and what synapses that are linear in a free layer draw it to.
pub struct Flow<'a> {
    network: &'a Network,
    parameters: Vec<Tensor<2>>,
    /// All states as they were given; those of clamped layers stay.
    given: Vec<Tensor<3>>,
    /// Indices of the layers that move.
    free: Vec<usize>,
    /// Per layer: its activation where it is clamped.
    held: Vec<Option<Tensor<3>>>,
    /// Per layer: 1 where a neuron moves, 0 where it is clamped.
    moves: Vec<Option<Tensor<3>>>,
    /// Per layer: the part of `dE/dg` that does not change.
    steady: Vec<Option<Tensor<3>>>,
    /// Synapse and end of the parts that do.
    changing: Vec<(usize, usize)>,
    /// The energy that does not change.
    base: Option<Tensor<1>>,
    /// Synapses whose energy changes otherwise than with `steady`.
    joints: Vec<usize>,
    falls: bool,
    nudge: Option<Nudge<'a>>,
}

/// `strength` times the loss of each sample, added to its energy.
#[derive(Clone, Copy)]
pub(super) struct Nudge<'a> {
    pub(super) strength: f64,
    pub(super) loss: &'a Loss<'a>,
}

impl<'a> Flow<'a> {
    pub(super) fn new(
        network: &'a Network,
        parameters: Vec<Tensor<2>>,
        states: &[Tensor<3>],
        clamps: &Clamps,
    ) -> Result<Self, EnergyError> {
        let batch = network.checked(states)?;
        let graph = network.graph();
        let mut whole = vec![false; states.len()];
        for name in &clamps.layers {
            whole[network.layer(name)?] = true;
        }
        let mut moves: Vec<Option<Tensor<3>>> = vec![None; states.len()];
        for (name, mask) in &clamps.neurons {
            let at = network.layer(name)?;
            let expected = graph.layers[at].shape.dims(batch);
            if mask.dims() != graph.layers[at].shape.dims(1) {
                shaped(&format!("clamped neurons of {name}"), &expected, &mask.dims())?;
            }
            let moving = mask.clone().bool_not().float().cast(states[at].dtype());
            moves[at] = Some(match moves[at].take() {
                None => moving,
                Some(before) => before * moving,
            });
        }
        let held: Vec<Option<Tensor<3>>> = (0..states.len())
            .map(|at| whole[at].then(|| graph.layers[at].activation(states[at].clone(), &parameters)))
            .collect();
        let mut flow = Self {
            network,
            parameters,
            given: states.to_vec(),
            free: (0..states.len()).filter(|&at| !whole[at]).collect(),
            held,
            moves,
            steady: vec![None; states.len()],
            changing: Vec::new(),
            base: None,
            joints: Vec::new(),
            falls: network.breaches(clamps)?.is_empty(),
            nudge: None,
        };
        flow.compute_steady();
        flow.check_energies(batch)?;
        Ok(flow)
    }

    /// The same with a loss added to the energy.
    pub(super) fn nudged(mut self, nudge: Nudge<'a>) -> Self {
        self.nudge = Some(nudge);
        self
    }

    /// The states of the free layers.
    pub fn free(&self, states: &[Tensor<3>]) -> Vec<Tensor<3>> {
        self.free.iter().map(|&at| states[at].clone()).collect()
    }

    /// The states of all layers.
    pub fn whole(&self, free: &[Tensor<3>]) -> Vec<Tensor<3>> {
        let mut all = self.given.clone();
        for (&at, state) in self.free.iter().zip(free) {
            all[at] = state.clone();
        }
        all
    }

    /// The layers that are free, with their masks.
    pub(super) fn masks(&self) -> impl Iterator<Item = (usize, Option<&Tensor<3>>)> {
        self.free.iter().map(|&at| (at, self.moves[at].as_ref()))
    }

    /// The activations of all layers.
    pub fn activations(&self, free: &[Tensor<3>]) -> Vec<Tensor<3>> {
        let mut free = free.iter();
        self.held
            .iter()
            .zip(&self.graph().layers)
            .zip(&self.given)
            .map(|((held, layer), given)| match held {
                Some(held) => held.clone(),
                None => {
                    let state = free.next().unwrap_or(given).clone();
                    layer.activation(state, &self.parameters)
                }
            })
            .collect()
    }

    /// `dE/dg` of the free layers, 0 where a neuron is clamped.
    pub(super) fn gradient(&self, free: &[Tensor<3>], g: &[Tensor<3>]) -> Vec<Tensor<3>> {
        self.descent(free, g, 0.0, |_| 1.0)
    }

    /// `kept` times the states, and `scale(layer) dE/dg` of the free layers, which is 0 where a neuron is clamped.
    fn descent(
        &self,
        free: &[Tensor<3>],
        g: &[Tensor<3>],
        kept: f64,
        scale: impl Fn(usize) -> f64,
    ) -> Vec<Tensor<3>> {
        let mut forces: Vec<Option<Tensor<3>>> = self.steady.clone();
        for &(at, end) in &self.changing {
            let joint = &self.graph().joints[at];
            add(&mut forces[joint.ends[end]], joint.gradient(g, &self.parameters, end));
        }
        let push = self.nudge.map(|nudge| slopes(nudge.loss, nudge.strength, g));
        self.free
            .iter()
            .zip(free)
            .map(|(&at, state)| {
                if let Some(push) = &push {
                    add(&mut forces[at], push[at].clone());
                }
                let scale = scale(at);
                let led = |own: f64, force: Option<Tensor<3>>| match force {
                    Some(force) => blend(own, state.clone(), scale, force),
                    None => state.clone() * own,
                };
                match &self.moves[at] {
                    None => led(kept + scale, forces[at].take()),
                    Some(moves) => {
                        let moved = led(scale, forces[at].take()) * moves.clone();
                        if kept == 0.0 { moved } else { blend(kept, state.clone(), 1.0, moved) }
                    }
                }
            })
            .collect()
    }

    fn graph(&self) -> &'a Graph {
        self.network.graph()
    }

    fn is_held(&self, layer: usize) -> bool {
        self.held[layer].is_some()
    }

    fn compute_steady(&mut self) {
        let graph = self.graph();
        // Only clamped activations are read below; the others stand in for their shape.
        let g: Vec<Tensor<3>> =
            self.held.iter().zip(&self.given).map(|(held, x)| held.as_ref().unwrap_or(x).clone()).collect();
        for (at, joint) in graph.joints.iter().enumerate() {
            let mut free = (0..joint.ends.len()).filter(|&end| !self.is_held(joint.ends[end]));
            match (free.next(), free.next()) {
                (None, _) => {
                    add(&mut self.base, joint.energy(&g, &self.parameters));
                    continue;
                }
                (Some(end), None) if !joint.silent[end] && self.is_steady(joint, end) => {
                    // A plane over the activations of this end: its slope, and where it cuts 0.
                    let slope = joint.gradient(&g, &self.parameters, end);
                    let layer = joint.ends[end];
                    let along = inner(slope.clone(), g[layer].clone());
                    add(&mut self.base, joint.energy(&g, &self.parameters) - along);
                    add(&mut self.steady[layer], slope);
                    continue;
                }
                _ => self.joints.push(at),
            }
            for (end, &layer) in joint.ends.iter().enumerate() {
                if self.is_held(layer) || joint.silent[end] {
                    continue;
                }
                self.changing.push((at, end));
            }
        }
        for (at, layer) in graph.layers.iter().enumerate().filter(|(at, _)| self.held[*at].is_some()) {
            add(&mut self.base, layer.energy(&self.given[at], &self.parameters));
        }
    }

    /// Hyperedges are functions of the user's: each has to give one energy per sample.
    fn check_energies(&self, batch: usize) -> Result<(), EnergyError> {
        let g = self.activations(&self.free(&self.given));
        let foreign = self.graph().joints.iter().filter(|joint| !joint.synapse.is_differentiable());
        for joint in foreign {
            let found = joint.energy(&g, &self.parameters).dims();
            shaped(&format!("energies of synapse {}", joint.name), &[batch], &found)?;
        }
        Ok(())
    }

    /// Whether the gradient at this end depends on clamped layers only.
    fn is_steady(&self, joint: &Joint, end: usize) -> bool {
        let mut others = joint.ends.iter().enumerate().filter(|(other, _)| *other != end);
        joint.synapse.curvature(end) == Curvature::Linear && others.all(|(_, &layer)| self.is_held(layer))
    }

    /// Whether a layer may be set to where its synapses draw it, without raising the energy: no synapse may meet it
    /// twice, send it nothing, or bend upwards there.
    fn is_settled_at_once(&self, layer: usize) -> bool {
        self.graph().joints.iter().all(|joint| {
            let mut meets = joint.ends.iter().enumerate().filter(|(_, at)| **at == layer);
            match (meets.next(), meets.next()) {
                (None, _) => true,
                (Some((end, _)), None) => {
                    !joint.silent[end] && joint.synapse.curvature(end) != Curvature::Any
                }
                _ => false,
            }
        })
    }
}

impl System for Flow<'_> {
    fn drift(&self, states: &[Tensor<3>]) -> Vec<Tensor<3>> {
        self.descent(states, &self.activations(states), 0.0, |at| -1.0 / self.graph().layers[at].tau)
    }

    fn stepped(&self, states: Vec<Tensor<3>>, dt: f64) -> Vec<Tensor<3>> {
        self.descent(&states, &self.activations(&states), 1.0, |at| -dt / self.graph().layers[at].tau)
    }

    fn energy(&self, states: &[Tensor<3>]) -> Tensor<1> {
        let graph = self.graph();
        let g = self.activations(states);
        let mut total = self.base.clone();
        for (&at, state) in self.free.iter().zip(states) {
            add(&mut total, graph.layers[at].energy(state, &self.parameters));
        }
        for (steady, g) in self.steady.iter().zip(&g) {
            if let Some(steady) = steady {
                add(&mut total, inner(steady.clone(), g.clone()));
            }
        }
        for &at in &self.joints {
            add(&mut total, graph.joints[at].energy(&g, &self.parameters));
        }
        let total = total.unwrap_or_else(|| Tensor::zeros([0], &graph.device));
        match self.nudge {
            None => total,
            Some(nudge) => total + (nudge.loss)(&g) * nudge.strength,
        }
    }

    fn magnitude(&self, states: &[Tensor<3>]) -> Tensor<1> {
        let graph = self.graph();
        let g = self.activations(states);
        let mut total = self.base.clone().map(Tensor::abs);
        for (&at, state) in self.free.iter().zip(states) {
            let Evaluated { value, activation } = graph.layers[at].evaluate(state.clone(), &self.parameters);
            add(&mut total, inner(state.clone().abs(), activation.abs()) + value.abs());
        }
        for (steady, g) in self.steady.iter().zip(&g) {
            if let Some(steady) = steady {
                add(&mut total, inner(steady.clone().abs(), g.clone().abs()));
            }
        }
        for &at in &self.joints {
            add(&mut total, graph.joints[at].energy(&g, &self.parameters).abs());
        }
        total.unwrap_or_else(|| Tensor::zeros([0], &graph.device))
    }

    fn falls(&self) -> bool {
        self.falls
    }

    fn mobility(&self) -> Option<Vec<Tensor<3>>> {
        let one = |at: usize| Tensor::ones([1, 1, 1], (&self.given[at].device(), self.given[at].dtype()));
        let layers = self.free.iter();
        Some(
            layers
                .map(|&at| self.moves[at].clone().unwrap_or_else(|| one(at)) / self.graph().layers[at].tau)
                .collect(),
        )
    }

    fn sweep(&self, states: &[Tensor<3>]) -> Option<Vec<Tensor<3>>> {
        let fits = |&at: &usize| self.moves[at].is_none() && self.is_settled_at_once(at);
        if self.nudge.is_some() || !self.free.iter().all(fits) {
            return None;
        }
        let mut states = states.to_vec();
        for at in 0..states.len() {
            let gradient = self.gradient(&states, &self.activations(&states)).swap_remove(at);
            states[at] = states[at].clone() - gradient;
        }
        Some(states)
    }
}

/// The gradient of `scale` times the summed loss by every activation.
pub(super) fn slopes(loss: &Loss<'_>, scale: f64, g: &[Tensor<3>]) -> Vec<Tensor<3>> {
    let constant = |g: &Tensor<3>| g.clone().without_autodiff().autodiff().require_grad();
    let leaves: Vec<_> = g.iter().map(constant).collect();
    let loss = loss(&leaves).sum() * scale;
    let gradients = loss.is_tracked().then(|| loss.backward());
    let slope = |leaf: &Tensor<3>| {
        let slope = gradients.as_ref().and_then(|gradients| leaf.grad(gradients));
        slope.unwrap_or_else(|| leaf.clone().without_autodiff().zeros_like())
    };
    leaves.iter().map(slope).collect()
}

fn add<const D: usize>(to: &mut Option<Tensor<D>>, more: Tensor<D>) {
    *to = Some(match to.take() {
        None => more,
        Some(sum) => blend(1.0, sum, 1.0, more),
    });
}

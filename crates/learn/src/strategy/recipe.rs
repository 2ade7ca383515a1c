//! What network a strategy trains, and how.

use attractor_nets::{Draw, Rule};

/// Which outputs take part in the softmax of a training example.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Support {
    /// All that the network has.
    #[default]
    All,
    /// Those of the classes that were seen so far.
    Seen,
    /// Those in the group of the example's class: `groups[class]` is the group of a class, and a class beyond the
    /// end is in a group of its own. A network with one head, masked in this way in training and when it answers,
    /// computes what a network with one head per group does.
    Grouped(Vec<u32>),
}

/// The network of a strategy.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// Widths of the layers, inputs first, outputs last.
    pub widths: Vec<usize>,
    /// How its first weights are drawn.
    pub draw: Draw,
    /// What is subtracted from every component of an input before the network sees it.
    pub mean: f32,
    /// What it is divided by then.
    pub deviation: f32,
    /// How gradients move weights.
    pub rule: Rule,
    /// Learning rate.
    pub rate: f64,
    /// Length to which longer gradients are scaled down; infinite for none.
    pub longest: f32,
    /// Outputs in the softmax.
    pub support: Support,
    /// Everything random derives from it.
    pub seed: u64,
}

impl Recipe {
    /// Weights drawn as PyTorch draws them, inputs as they are, plain gradient descent at `rate`, nothing clipped, softmax over all outputs, seed 0.
    pub fn new(widths: &[usize], rate: f64) -> Self {
        let rule = Rule::Descent { momentum: 0.0, decay: 0.0 };
        let widths = widths.to_vec();
        Self {
            widths,
            draw: Draw::FanIn,
            mean: 0.0,
            deviation: 1.0,
            rule,
            rate,
            longest: f32::INFINITY,
            support: Support::All,
            seed: 0,
        }
    }
}

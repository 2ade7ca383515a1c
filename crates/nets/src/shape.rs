//! Where the numbers of a flat weight vector lie.

use std::ops::Range;

use crate::Error;

/// Widths of the layers, inputs first. In a flat vector each layer has its weights `[inputs, outputs]`, row by
/// row, then its biases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    widths: Vec<usize>,
}

impl Shape {
    pub(crate) fn new(widths: &[usize]) -> Result<Self, Error> {
        if widths.len() < 2 {
            return Err(Error::Size {
                place: "widths of a network, inputs and outputs included, at least",
                expected: 2,
                found: widths.len(),
            });
        }
        if widths.contains(&0) {
            return Err(Error::Parameter { name: "width of a layer", value: 0.0, limit: "at least 1" });
        }
        let sizes = widths.windows(2).map(|w| w[0].checked_mul(w[1]).and_then(|n| n.checked_add(w[1])));
        let total = sizes.reduce(|a, b| a?.checked_add(b?)).flatten();
        if total.is_none_or(|total| total > isize::MAX as usize / 4) {
            let value = widths.iter().map(|&w| w as f64).product();
            return Err(Error::Parameter { name: "widths", value, limit: "small enough to address" });
        }
        Ok(Self { widths: widths.to_vec() })
    }

    pub(crate) fn widths(&self) -> &[usize] {
        &self.widths
    }

    pub(crate) fn inputs(&self) -> usize {
        self.widths[0]
    }

    pub(crate) fn outputs(&self) -> usize {
        self.widths[self.widths.len() - 1]
    }

    /// Width of what the head reads.
    pub(crate) fn last_hidden(&self) -> usize {
        self.widths[self.widths.len() - 2]
    }

    /// Numbers in the flat vector.
    pub(crate) fn len(&self) -> usize {
        self.widths.windows(2).map(|w| w[0] * w[1] + w[1]).sum()
    }

    /// Per layer: inputs, outputs, where its weights lie, where its biases lie.
    pub(crate) fn layers(&self) -> impl Iterator<Item = (usize, usize, Range<usize>, Range<usize>)> + '_ {
        let mut at = 0;
        self.widths.windows(2).map(move |w| {
            let weights = at..at + w[0] * w[1];
            let biases = weights.end..weights.end + w[1];
            at = biases.end;
            (w[0], w[1], weights, biases)
        })
    }

    /// Where the weights and the bias of an output lie.
    pub(crate) fn output(&self, output: usize) -> impl Iterator<Item = usize> + Clone + use<> {
        let (hidden, outputs) = (self.last_hidden(), self.outputs());
        let head = self.len() - hidden * outputs - outputs;
        (0..=hidden).map(move |row| head + row * outputs + output)
    }

    /// The same with another number of outputs.
    pub(crate) fn with_outputs(&self, outputs: usize) -> Result<Self, Error> {
        let mut widths = self.widths.clone();
        if let Some(last) = widths.last_mut() {
            *last = outputs;
        }
        Self::new(&widths)
    }

    /// A flat vector of this shape, carried over into one with more outputs; `fresh(output, input)` fills what is
    /// new, `None` being the bias.
    pub(crate) fn carried(
        &self,
        flat: &[f32],
        outputs: usize,
        mut fresh: impl FnMut(usize, Option<usize>) -> f32,
    ) -> Vec<f32> {
        let (hidden, old) = (self.last_hidden(), self.outputs());
        let head = self.len() - hidden * old - old;
        let mut carried = flat[..head].to_vec();
        let mut tail = vec![0.0; hidden * outputs + outputs];
        let (weights, biases) = tail.split_at_mut(hidden * outputs);
        for (row, from) in weights.chunks_exact_mut(outputs).zip(flat[head..].chunks_exact(old)) {
            row[..old].copy_from_slice(from);
        }
        biases[..old].copy_from_slice(&flat[flat.len() - old..]);
        // Output by output: growing by one twice gives the bits of growing by two.
        for output in old..outputs {
            for input in 0..hidden {
                weights[input * outputs + output] = fresh(output, Some(input));
            }
            biases[output] = fresh(output, None);
        }
        carried.append(&mut tail);
        carried
    }
}

//! The multilayer perceptron.

use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};
use ndarray::{Array2, ArrayView2};
use rand::{Rng, RngExt};

use crate::error::check_finite;
use crate::shape::Shape;
use crate::{Error, Loss, Optimiser};

/// How the weights of a new network are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Draw {
    /// Weights and biases from `U(-1/sqrt(inputs), 1/sqrt(inputs))` of their layer, as PyTorch's `Linear` does.
    #[default]
    FanIn,
    /// Weights from `U(-a, a)`, `a = sqrt(6 / (inputs + outputs))` of their layer, biases 0 (Glorot and Bengio 2010).
    Glorot,
}

/// Layers of weights with rectified linear units between them, and one linear head.
///
/// Weights and biases are one flat vector: layer by layer the weights `[inputs, outputs]`, row by row, then the
/// biases; there is no other state.
#[derive(Debug, Clone)]
pub struct Mlp {
    shape: Shape,
    weights: Vec<f32>,
    /// The same numbers on the device.
    layers: Vec<Layer>,
}

#[derive(Debug, Clone)]
struct Layer {
    weights: Tensor<2>,
    biases: Tensor<2>,
}

impl Mlp {
    /// A network of these widths, inputs first and outputs last, with weights drawn from `rng` as
    /// [`Draw::FanIn`] says.
    ///
    /// # Errors
    /// [`Error::Size`] for fewer than two widths, [`Error::Parameter`] for a width of 0.
    pub fn new(widths: &[usize], rng: &mut impl Rng) -> Result<Self, Error> {
        Self::drawn(widths, Draw::FanIn, rng)
    }

    /// The same with weights drawn as `draw` says.
    ///
    /// # Errors
    /// As [`Mlp::new`].
    pub fn drawn(widths: &[usize], draw: Draw, rng: &mut impl Rng) -> Result<Self, Error> {
        let shape = Shape::new(widths)?;
        let mut weights = Vec::with_capacity(shape.len());
        for (inputs, outputs, ..) in shape.layers() {
            match draw {
                Draw::FanIn => weights.extend((0..(inputs + 1) * outputs).map(|_| uniform(inputs, rng))),
                Draw::Glorot => {
                    let bound = (6.0 / (inputs + outputs) as f32).sqrt();
                    weights.extend((0..inputs * outputs).map(|_| rng.random_range(-bound..bound)));
                    weights.extend((0..outputs).map(|_| 0.0));
                }
            }
        }
        Ok(Self { layers: upload(&shape, &weights), shape, weights })
    }

    /// A network with these weights, in the order of [`Mlp::weights`].
    ///
    /// # Errors
    /// As [`Mlp::new`]; [`Error::Size`] for the wrong number of weights, [`Error::NotFinite`].
    pub fn from_weights(widths: &[usize], weights: Vec<f32>) -> Result<Self, Error> {
        let shape = Shape::new(widths)?;
        check_weights(&shape, &weights)?;
        Ok(Self { layers: upload(&shape, &weights), shape, weights })
    }

    /// Widths, inputs first and outputs last.
    pub fn widths(&self) -> &[usize] {
        self.shape.widths()
    }

    /// Components of an input.
    pub fn inputs(&self) -> usize {
        self.shape.inputs()
    }

    /// Outputs of the head.
    pub fn outputs(&self) -> usize {
        self.shape.outputs()
    }

    /// Every weight and bias, flat.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// Puts other weights in, in the order of [`Mlp::weights`].
    ///
    /// # Errors
    /// [`Error::Size`] for the wrong number, [`Error::NotFinite`].
    pub fn set_weights(&mut self, weights: &[f32]) -> Result<(), Error> {
        check_weights(&self.shape, weights)?;
        self.weights.copy_from_slice(weights);
        self.layers = upload(&self.shape, &self.weights);
        Ok(())
    }

    /// Moves every weight and bias towards those of `other`: `w = keep w + (1 - keep) other`.
    ///
    /// # Errors
    /// [`Error::Size`] when the networks differ in shape; [`Error::Parameter`] for `keep` outside [0, 1].
    pub fn follow(&mut self, other: &Self, keep: f32) -> Result<(), Error> {
        if self.shape != other.shape {
            let (expected, found) = (self.weights.len(), other.weights.len());
            return Err(Error::Size { place: "weights of the network to follow", expected, found });
        }
        if !(0.0..=1.0).contains(&keep) {
            return Err(Error::Parameter { name: "keep", value: f64::from(keep), limit: "from 0 to 1" });
        }
        for (w, o) in self.weights.iter_mut().zip(&other.weights) {
            *w = keep * *w + (1.0 - keep) * o;
        }
        self.layers = upload(&self.shape, &self.weights);
        Ok(())
    }

    /// The outputs `(rows, outputs)` for `inputs` `(rows, inputs)`. A row's outputs depend on no other row, to the
    /// last bits: the order of additions may depend on how many rows there are.
    ///
    /// # Errors
    /// [`Error::Size`] for another width, [`Error::NotFinite`] for an input that is not finite.
    ///
    /// ```
    /// use attractor_nets::Mlp;
    /// use ndarray::array;
    ///
    /// // One layer, [2, 1]: the weights 3 and -1, then the bias 0.5.
    /// let network = Mlp::from_weights(&[2, 1], vec![3.0, -1.0, 0.5])?;
    /// assert_eq!(network.forward(array![[1.0, 2.0]].view())?, array![[1.5]]);
    /// # Ok::<(), attractor_nets::Error>(())
    /// ```
    pub fn forward(&self, inputs: ArrayView2<'_, f32>) -> Result<Array2<f32>, Error> {
        self.check(inputs)?;
        if inputs.nrows() == 0 {
            return Ok(Array2::zeros((0, self.outputs())));
        }
        download(run(&self.layers, tensor(inputs, &device())), "outputs")
    }

    /// What the head reads: the last hidden layer `(rows, width)`, or the inputs where there is none.
    ///
    /// # Errors
    /// As [`Mlp::forward`].
    pub fn features(&self, inputs: ArrayView2<'_, f32>) -> Result<Array2<f32>, Error> {
        self.check(inputs)?;
        let hidden = &self.layers[..self.layers.len() - 1];
        if hidden.is_empty() || inputs.nrows() == 0 {
            let copy = inputs.to_owned();
            let empty = Array2::zeros((0, self.shape.last_hidden()));
            return Ok(if hidden.is_empty() { copy } else { empty });
        }
        download(relu(run(hidden, tensor(inputs, &device()))), "features")
    }

    /// The loss that `loss` puts together from the outputs for `inputs`, and its derivative by every weight, in the
    /// order of [`Mlp::weights`]. All zeros for no rows.
    ///
    /// # Errors
    /// As [`Mlp::forward`]; [`Error::Device`].
    pub fn gradient(
        &self,
        inputs: ArrayView2<'_, f32>,
        loss: impl FnOnce(&mut Loss<'_>),
    ) -> Result<(f64, Vec<f32>), Error> {
        self.check(inputs)?;
        if inputs.nrows() == 0 {
            return Ok((0.0, vec![0.0; self.weights.len()]));
        }
        let tracked: Vec<Layer> = self.layers.iter().map(Layer::tracked).collect();
        let outputs = run(&tracked, tensor(inputs, &device().autodiff()));
        let seen: Array2<f32> = download(outputs.clone().without_autodiff(), "outputs")?;
        let mut terms = Loss::new(seen.view());
        loss(&mut terms);
        // The loss is linear in the outputs to first order: this sum has the gradient that is wanted.
        let slope = tensor(terms.gradient(), &device().autodiff());
        let gradients = (outputs * slope).sum().backward();
        let mut flat = Vec::with_capacity(self.weights.len());
        for layer in &tracked {
            for part in [&layer.weights, &layer.biases] {
                match part.grad(&gradients) {
                    Some(gradient) => flat.extend(values(gradient, "a gradient")?),
                    None => flat.extend(std::iter::repeat_n(0.0, part.dims().iter().product())),
                }
            }
        }
        Ok((terms.value(), flat))
    }

    /// One step of `optimiser` down the loss that `loss` puts together, and the value of that loss before it.
    ///
    /// # Errors
    /// As [`Mlp::gradient`] and [`Optimiser::step`]; [`Error::NotFinite`] when a weight would become so: the
    /// network keeps its weights then, though the optimiser has taken its step.
    pub fn step(
        &mut self,
        inputs: ArrayView2<'_, f32>,
        loss: impl FnOnce(&mut Loss<'_>),
        optimiser: &mut Optimiser,
    ) -> Result<f64, Error> {
        let (value, gradient) = self.gradient(inputs, loss)?;
        let mut moved = self.weights.clone();
        optimiser.step(&mut moved, &gradient)?;
        check_finite(&moved, "weights after a step")?;
        self.weights = moved;
        self.layers = upload(&self.shape, &self.weights);
        Ok(value)
    }

    /// Adds outputs, up to `outputs` of them, with weights drawn from `rng` as in [`Mlp::new`]. All that was
    /// there stays, and so does what `optimisers` remember of it; of the new weights they remember nothing.
    /// Growing output by output draws the same weights as growing at once.
    ///
    /// # Errors
    /// [`Error::Parameter`] for fewer outputs than there are.
    pub fn grow(
        &mut self,
        outputs: usize,
        rng: &mut impl Rng,
        optimisers: &mut [&mut Optimiser],
    ) -> Result<(), Error> {
        if outputs < self.outputs() {
            let value = outputs as f64;
            return Err(Error::Parameter { name: "outputs", value, limit: "at least those there are" });
        }
        let grown = self.shape.with_outputs(outputs)?;
        let inputs = self.shape.last_hidden();
        self.weights = self.shape.carried(&self.weights, outputs, |_, _| uniform(inputs, rng));
        for optimiser in optimisers {
            optimiser.carry(|moment| self.shape.carried(moment, outputs, |_, _| 0.0));
        }
        self.shape = grown;
        self.layers = upload(&self.shape, &self.weights);
        Ok(())
    }

    /// Draws the weights of one output anew, so that nothing of what it learned is left; `optimisers` forget it too.
    ///
    /// # Errors
    /// [`Error::Parameter`] when there is no such output.
    pub fn redraw(
        &mut self,
        output: usize,
        rng: &mut impl Rng,
        optimisers: &mut [&mut Optimiser],
    ) -> Result<(), Error> {
        if output >= self.outputs() {
            let value = output as f64;
            return Err(Error::Parameter { name: "output", value, limit: "below the outputs there are" });
        }
        let inputs = self.shape.last_hidden();
        for at in self.shape.output(output) {
            self.weights[at] = uniform(inputs, rng);
        }
        for optimiser in optimisers {
            optimiser.clear(self.shape.output(output));
        }
        self.layers = upload(&self.shape, &self.weights);
        Ok(())
    }

    /// Bytes held, the copy on the device included.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.weights.capacity() * 4 + self.shape.len() * 4
    }

    fn check(&self, inputs: ArrayView2<'_, f32>) -> Result<(), Error> {
        let (expected, found) = (self.inputs(), inputs.ncols());
        if expected != found {
            return Err(Error::Size { place: "components of an input", expected, found });
        }
        check_finite(inputs.iter(), "inputs")
    }
}

impl Layer {
    fn tracked(&self) -> Self {
        let leaf = |tensor: &Tensor<2>| tensor.clone().autodiff().require_grad();
        Self { weights: leaf(&self.weights), biases: leaf(&self.biases) }
    }
}

/// Always named: the default device depends on what else was compiled in.
fn device() -> Device {
    Device::flex()
}

fn run(layers: &[Layer], inputs: Tensor<2>) -> Tensor<2> {
    let mut state = inputs;
    for (i, layer) in layers.iter().enumerate() {
        state = if i == 0 { state } else { relu(state) };
        state = state.matmul(layer.weights.clone()) + layer.biases.clone();
    }
    state
}

fn upload(shape: &Shape, flat: &[f32]) -> Vec<Layer> {
    let device = device();
    let part = |from: &[f32], size: [usize; 2]| {
        Tensor::<2>::from_data(TensorData::new(from.to_vec(), size), &device)
    };
    let layers = shape.layers();
    layers
        .map(|(inputs, outputs, weights, biases)| Layer {
            weights: part(&flat[weights], [inputs, outputs]),
            biases: part(&flat[biases], [1, outputs]),
        })
        .collect()
}

fn tensor(rows: ArrayView2<'_, f32>, device: &Device) -> Tensor<2> {
    let flat = rows.as_slice().map_or_else(|| rows.iter().copied().collect(), <[f32]>::to_vec);
    Tensor::from_data(TensorData::new(flat, [rows.nrows(), rows.ncols()]), device)
}

fn download(tensor: Tensor<2>, place: &'static str) -> Result<Array2<f32>, Error> {
    let [rows, columns] = tensor.dims();
    let flat = values(tensor, place)?;
    Array2::from_shape_vec((rows, columns), flat)
        .map_err(|error| Error::Device { place, reason: error.to_string() })
}

fn values(tensor: Tensor<2>, place: &'static str) -> Result<Vec<f32>, Error> {
    tensor.try_into_vec_as::<f32>().map_err(|error| Error::Device { place, reason: error.to_string() })
}

fn uniform(inputs: usize, rng: &mut impl Rng) -> f32 {
    let bound = 1.0 / (inputs as f32).sqrt();
    rng.random_range(-bound..bound)
}

fn check_weights(shape: &Shape, weights: &[f32]) -> Result<(), Error> {
    let (expected, found) = (shape.len(), weights.len());
    if expected != found {
        return Err(Error::Size { place: "weights of a network", expected, found });
    }
    check_finite(weights, "weights of a network")
}

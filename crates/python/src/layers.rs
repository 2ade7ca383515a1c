//! Hopfield layers, forward only. What users see is `attractor.nn`, in Python; options come as JSON.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use attractor::nets::Error;
use attractor::nets::hopfield::{
    AssociationMask, Exchange, Hopfield, HopfieldLayer, HopfieldPooling, LayerOptions, Masks, StateDict,
};
use burn::tensor::{Bool, Device, Tensor, TensorData};
use numpy::{PyArrayDyn, PyReadonlyArray2, PyReadonlyArray3, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use safetensors::tensor::{Dtype, TensorView};

use crate::errors::Refusal;

/// One of the three layers.
#[derive(Debug, Clone)]
enum Kind {
    Hopfield(Box<Hopfield>),
    Pooling(Box<HopfieldPooling>),
    Lookup(Box<HopfieldLayer>),
}

/// Patterns of a role.
type Patterns<'py> = PyReadonlyArray3<'py, f32>;

/// A layer on the CPU.
#[pyclass(frozen)]
pub(crate) struct Layer(Mutex<Kind>);

#[pymethods]
impl Layer {
    #[new]
    fn new(options: &str, seed: u64) -> PyResult<Self> {
        let values = serde_json::from_str(options).map_err(|error| Refusal::range(error.to_string()))?;
        let (device, mut rng) = (Device::flex(), ChaCha8Rng::seed_from_u64(seed));
        let made = || -> Result<Kind, Error> {
            Ok(match LayerOptions::from_values(values)? {
                LayerOptions::Hopfield(config) => Kind::Hopfield(Box::new(config.init(&device, &mut rng)?)),
                LayerOptions::Pooling(config) => Kind::Pooling(Box::new(config.init(&device, &mut rng)?)),
                LayerOptions::Lookup(config) => Kind::Lookup(Box::new(config.init(&device, &mut rng)?)),
            })
        };
        let kind = made().map_err(Refusal::from)?;
        Ok(Self(Mutex::new(kind)))
    }

    /// The output, for stored patterns, states and values, as many as the layer takes.
    #[pyo3(signature = (patterns, padding, forbidden, added))]
    fn forward<'py>(
        &self,
        py: Python<'py>,
        patterns: Vec<Patterns<'py>>,
        padding: Option<PyReadonlyArray2<'py, bool>>,
        forbidden: Option<PyReadonlyArrayDyn<'py, bool>>,
        added: Option<PyReadonlyArrayDyn<'py, f32>>,
    ) -> PyResult<Py<PyArrayDyn<f32>>> {
        let (layer, patterns) = (self.kind(), tensors(&patterns)?);
        let masks = masks(padding.as_ref(), forbidden.as_ref(), added.as_ref())?;
        let (shape, numbers) = py.detach(|| -> Result<_, Refusal> {
            Ok(match (layer, patterns.as_slice()) {
                (Kind::Hopfield(layer), [stored, state, values]) => {
                    numbers(layer.forward((stored.clone(), state.clone(), values.clone()), &masks)?)?
                }
                (Kind::Pooling(layer), [stored, values]) => {
                    numbers(layer.forward((stored.clone(), values.clone()), &masks)?)?
                }
                (Kind::Lookup(layer), [state]) => numbers(layer.forward(state.clone(), &masks)?)?,
                _ => return Err(unfit()),
            })
        })?;
        array(py, shape, numbers)
    }

    /// The weights that read the values.
    #[pyo3(signature = (patterns, padding, forbidden, added))]
    fn association_matrix<'py>(
        &self,
        py: Python<'py>,
        patterns: Vec<Patterns<'py>>,
        padding: Option<PyReadonlyArray2<'py, bool>>,
        forbidden: Option<PyReadonlyArrayDyn<'py, bool>>,
        added: Option<PyReadonlyArrayDyn<'py, f32>>,
    ) -> PyResult<Py<PyArrayDyn<f32>>> {
        let (layer, patterns) = (self.kind(), tensors(&patterns)?);
        let masks = masks(padding.as_ref(), forbidden.as_ref(), added.as_ref())?;
        let (shape, numbers) = py.detach(|| -> Result<_, Refusal> {
            let weights = match (layer, patterns.as_slice()) {
                (Kind::Hopfield(layer), [stored, state, values]) => {
                    layer.association_matrix((stored.clone(), state.clone(), values.clone()), &masks)?
                }
                (Kind::Pooling(layer), [stored, values]) => {
                    layer.association_matrix((stored.clone(), values.clone()), &masks)?
                }
                (Kind::Lookup(layer), [state]) => layer.association_matrix(state.clone(), &masks)?,
                _ => return Err(unfit()),
            };
            numbers(weights)
        })?;
        array(py, shape, numbers)
    }

    /// Puts patterns, and targets, in as what a lookup stores.
    fn remember(
        &self,
        patterns: PyReadonlyArray2<'_, f32>,
        targets: Option<PyReadonlyArray2<'_, f32>>,
    ) -> PyResult<()> {
        let Kind::Lookup(layer) = self.kind() else { return Err(unfit().into()) };
        let patterns = matrix(&patterns)?;
        let targets = targets.as_ref().map(matrix).transpose()?;
        let layer = layer.remembering(patterns, targets).map_err(Refusal::from)?;
        self.put(Kind::Lookup(Box::new(layer)));
        Ok(())
    }

    /// Names, shapes and numbers of the weights.
    fn state_dict(&self, py: Python<'_>) -> PyResult<Vec<(String, Py<PyArrayDyn<f32>>)>> {
        let dict = self.dict()?;
        let mut entries = Vec::new();
        for (name, shape) in dict.shapes() {
            let numbers = dict.numbers(name).unwrap_or_default().iter().map(|&x| x as f32).collect();
            entries.push((name.to_owned(), array(py, shape.to_vec(), numbers)?));
        }
        Ok(entries)
    }

    /// Takes weights by these names.
    fn load_state_dict(&self, entries: HashMap<String, PyReadonlyArrayDyn<'_, f32>>) -> PyResult<()> {
        let mut stored = Vec::new();
        for (name, array) in &entries {
            let numbers = array.as_slice().map_err(|_| unfit())?;
            let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
            stored.push((name, array.shape().to_vec(), bytes));
        }
        let refused = |error: &dyn ToString| Refusal::new("FormatError", error.to_string());
        let mut views = Vec::new();
        for (name, shape, bytes) in &stored {
            let view = TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(|error| refused(&error))?;
            views.push((*name, view));
        }
        let bytes = safetensors::serialize(views, None).map_err(|error| refused(&error))?;
        self.take(&StateDict::from_bytes(&bytes).map_err(Refusal::from)?)
    }

    /// Writes a safetensors file.
    fn save(&self, path: PathBuf) -> PyResult<()> {
        Ok(self.dict()?.write(path).map_err(Refusal::from)?)
    }

    /// Takes the weights of a safetensors file.
    fn load(&self, path: PathBuf) -> PyResult<()> {
        if !path.exists() {
            let text = format!("{}: no such file", path.display());
            return Err(Refusal::new("MissingFileError", text).into());
        }
        self.take(&StateDict::read(path).map_err(Refusal::from)?)
    }
}

impl Layer {
    /// Tensors are shared: this copies no weights.
    fn kind(&self) -> Kind {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, kind: Kind) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = kind;
    }

    fn dict(&self) -> Result<StateDict, Refusal> {
        Ok(match self.kind() {
            Kind::Hopfield(layer) => layer.state_dict()?,
            Kind::Pooling(layer) => layer.state_dict()?,
            Kind::Lookup(layer) => layer.state_dict()?,
        })
    }

    fn take(&self, dict: &StateDict) -> PyResult<()> {
        let taken = || -> Result<Kind, Error> {
            Ok(match self.kind() {
                Kind::Hopfield(layer) => Kind::Hopfield(Box::new(layer.with_state_dict(dict)?)),
                Kind::Pooling(layer) => Kind::Pooling(Box::new(layer.with_state_dict(dict)?)),
                Kind::Lookup(layer) => Kind::Lookup(Box::new(layer.with_state_dict(dict)?)),
            })
        };
        self.put(taken().map_err(Refusal::from)?);
        Ok(())
    }
}

fn unfit() -> Refusal {
    Refusal::new("ShapeError", "patterns: not what this layer takes")
}

fn tensors(patterns: &[Patterns<'_>]) -> Result<Vec<Tensor<3>>, Refusal> {
    let tensor = |array: &Patterns<'_>| -> Result<Tensor<3>, Refusal> {
        let numbers = array.as_slice().map_err(|_| unfit())?.to_vec();
        if let Some((entry, x)) = numbers.iter().enumerate().find(|(_, x)| !x.is_finite()) {
            return Err(Refusal::range(format!("input: entry {entry} is {x}: every entry must be finite")));
        }
        Ok(Tensor::from_data(TensorData::new(numbers, array.shape().to_vec()), &Device::flex()))
    };
    patterns.iter().map(tensor).collect()
}

fn matrix(array: &PyReadonlyArray2<'_, f32>) -> Result<Tensor<2>, Refusal> {
    let numbers = array.as_slice().map_err(|_| unfit())?.to_vec();
    Ok(Tensor::from_data(TensorData::new(numbers, array.shape().to_vec()), &Device::flex()))
}

fn masks(
    padding: Option<&PyReadonlyArray2<'_, bool>>,
    forbidden: Option<&PyReadonlyArrayDyn<'_, bool>>,
    added: Option<&PyReadonlyArrayDyn<'_, f32>>,
) -> Result<Masks, Refusal> {
    let device = Device::flex();
    let mut masks = Masks::none();
    if let Some(array) = padding {
        let marks = array.as_slice().map_err(|_| unfit())?.to_vec();
        let data = TensorData::new(marks, array.shape().to_vec());
        masks.padding = Some(Tensor::<2, Bool>::from_data(data, &device));
    }
    if let Some(array) = forbidden {
        let marks = array.as_slice().map_err(|_| unfit())?.to_vec();
        let data = TensorData::new(marks, array.shape().to_vec());
        masks.association = Some(match array.shape().len() {
            2 => AssociationMask::Forbid(Tensor::from_data(data, &device)),
            _ => AssociationMask::ForbidEach(Tensor::from_data(data, &device)),
        });
    }
    if let Some(array) = added {
        let numbers = array.as_slice().map_err(|_| unfit())?.to_vec();
        let data = TensorData::new(numbers, array.shape().to_vec());
        masks.association = Some(match array.shape().len() {
            2 => AssociationMask::Add(Tensor::from_data(data, &device)),
            _ => AssociationMask::AddEach(Tensor::from_data(data, &device)),
        });
    }
    Ok(masks)
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Result<(Vec<usize>, Vec<f32>), Refusal> {
    let shape = tensor.dims().to_vec();
    let numbers = tensor.try_into_vec_as::<f32>();
    Ok((shape, numbers.map_err(|error| Refusal::new("UnsupportedError", format!("{error:?}")))?))
}

fn array(py: Python<'_>, shape: Vec<usize>, numbers: Vec<f32>) -> PyResult<Py<PyArrayDyn<f32>>> {
    let array = ndarray::ArrayD::from_shape_vec(shape, numbers);
    Ok(crate::arrays::given(py, array.map_err(|error| Refusal::new("ShapeError", error.to_string()))?))
}

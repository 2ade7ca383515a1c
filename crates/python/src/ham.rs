//! Energy networks that complete images. What users see is `attractor.nn.HAM`, in Python; options come as JSON.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use attractor::nets::energy::Shape;
use attractor::nets::models::{Completer, CompleterConfig};
use attractor::nets::relaxation::Relaxation;
use burn::tensor::Device;
use ndarray::{Array2, Slice};
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::arrays::{count, given, given_list, mask, rows};
use crate::errors::Refusal;
use crate::work::by_pieces;

/// Completed images, energies by step, steps, and who rests.
type Completed = (Py<PyArray2<f32>>, Py<PyArray2<f64>>, Py<PyArray1<i64>>, Py<PyArray1<bool>>);

/// Images that relax between two looks at Ctrl-C.
const PIECE: usize = 250;

/// A network on the CPU.
#[pyclass(frozen)]
pub(crate) struct Ham(Mutex<Completer>);

#[pymethods]
impl Ham {
    #[new]
    fn new(shape: [usize; 3], options: &str, seed: u64) -> PyResult<Self> {
        let config: CompleterConfig =
            serde_json::from_str(options).map_err(|error| Refusal::range(error.to_string()))?;
        let [height, width, channels] = shape;
        let image = Shape::image([height, width], channels);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let made = config.build(image, &Device::flex(), &mut rng).map_err(Refusal::from)?;
        Ok(Self(Mutex::new(made)))
    }

    /// Reads a safetensors file.
    #[staticmethod]
    fn load(path: PathBuf) -> PyResult<Self> {
        if !path.exists() {
            let text = format!("{}: no such file", path.display());
            return Err(Refusal::new("MissingFileError", text).into());
        }
        Ok(Self(Mutex::new(Completer::load(path, &Device::flex()).map_err(Refusal::from)?)))
    }

    /// Writes a safetensors file.
    fn save(&self, path: PathBuf) -> PyResult<()> {
        Ok(self.network().save(path).map_err(Refusal::from)?)
    }

    /// Height, width, channels.
    fn shape(&self) -> [usize; 3] {
        let Shape { grid: [height, width], width: channels } = self.network().image();
        [height, width, channels]
    }

    /// The options, as JSON.
    fn options(&self) -> PyResult<String> {
        let text = serde_json::to_string(self.network().config());
        Ok(text.map_err(|error| Refusal::range(error.to_string()))?)
    }

    /// Completes images `(n, pixels)`, known where `clamp` says so.
    fn recall(
        &self,
        py: Python<'_>,
        cues: &Bound<'_, PyAny>,
        clamp: &Bound<'_, PyAny>,
        max_steps: Option<i64>,
        tol: Option<f64>,
    ) -> PyResult<Completed> {
        let (cues, clamp) = (rows(cues, "cues")?, mask(clamp, "clamp")?);
        let (cues, known) = (cues.as_array(), clamp.as_array());
        let network = self.network();
        let own = network.relaxation();
        let steps = max_steps.map_or(Ok(own.steps), |steps| count("max_steps", steps))?;
        let how = Relaxation { steps, tolerance: tol.unwrap_or(own.tolerance), ..own };
        if cues.dim() != known.dim() {
            let text = format!("clamp: shape {:?}, expected that of the cues, {:?}", known.dim(), cues.dim());
            return Err(Refusal::new("ShapeError", text).into());
        }
        let parts = by_pieces(py, cues.nrows(), PIECE, |rows| {
            let part = Slice::from(rows);
            let (cues, known) =
                (cues.slice_axis(ndarray::Axis(0), part), known.slice_axis(ndarray::Axis(0), part));
            Ok(network.complete(cues, known, &how)?)
        })?;
        let mut images = Array2::zeros((0, cues.ncols()));
        let (mut steps, mut converged) = (Vec::new(), Vec::new());
        let longest = parts.iter().map(|part| part.report.energies.len()).max().unwrap_or(1);
        let mut energies = Array2::zeros((longest, cues.nrows()));
        for part in parts {
            let first = steps.len();
            for (step, mut row) in energies.rows_mut().into_iter().enumerate() {
                // What rests keeps its last energy.
                let at = step.min(part.report.energies.len() - 1);
                for (sample, &energy) in part.report.energies[at].iter().enumerate() {
                    row[first + sample] = energy;
                }
            }
            images.append(ndarray::Axis(0), part.images.view()).map_err(|e| Refusal::range(e.to_string()))?;
            steps.extend(part.report.iterations.iter().map(|&n| n as i64));
            converged.extend(part.report.converged);
        }
        Ok((given(py, images), given(py, energies), given_list(py, steps), given_list(py, converged)))
    }
}

impl Ham {
    /// Tensors are shared: this copies no weights.
    fn network(&self) -> Completer {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

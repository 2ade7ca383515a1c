//! The weights of any module by name, and their file.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor, TensorData};
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize_to_file};

use crate::Error;

/// The floating-point parameters of a module by their path, such as `embedding.0.weight`, in single precision, from and
/// to safetensors files. Text can go with them, such as the options of the module.
///
/// ```
/// use attractor_nets::training::NamedWeights;
/// use burn::nn::LinearConfig;
/// use burn::tensor::Device;
/// let device = Device::flex();
/// let linear = LinearConfig::new(2, 3).init(&device);
/// let weights = NamedWeights::of(&linear)?;
/// assert_eq!(weights.shapes().collect::<Vec<_>>(), [("bias", &[3][..]), ("weight", &[2, 3][..])]);
/// let same = weights.put_into(LinearConfig::new(2, 3).init(&device))?;
/// assert_eq!(NamedWeights::of(&same)?, weights);
/// let error = weights.put_into(LinearConfig::new(2, 4).init(&device)).unwrap_err().to_string();
/// assert!(error.contains("weight: expected [2, 4], found [2, 3]"));
/// # Ok::<(), attractor_nets::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NamedWeights {
    entries: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
    texts: BTreeMap<String, String>,
}

impl NamedWeights {
    /// The parameters of `module`, learned or not.
    ///
    /// # Errors
    /// [`Error::Device`] when the device does not give them.
    pub fn of<M: Module>(module: &M) -> Result<Self, Error> {
        let mut reader = Reader::default();
        module.visit(&mut reader);
        match reader.failed {
            Some(error) => Err(error),
            None => Ok(Self { entries: reader.entries, texts: BTreeMap::new() }),
        }
    }

    /// `module` with these weights. Which of them are learned stays as it was.
    ///
    /// # Errors
    /// [`Error::Weights`] with every name that is missing, unexpected or of another shape; [`Error::NotFinite`].
    pub fn put_into<M: Module>(&self, module: M) -> Result<M, Error> {
        self.check(&Self::of(&module)?)?;
        Ok(module.map(&mut Writer { path: Vec::new(), entries: &self.entries }))
    }

    /// With a tensor under a name, in single precision.
    ///
    /// # Errors
    /// [`Error::Device`] when the device does not give its numbers.
    pub fn with<const D: usize>(mut self, name: &str, tensor: Tensor<D>) -> Result<Self, Error> {
        let shape = tensor.dims().to_vec();
        let numbers = tensor.without_autodiff().try_into_vec_as::<f32>();
        self.insert(name, shape, numbers.map_err(|error| Error::device("tensor", &error))?);
        Ok(self)
    }

    /// With text under a key, which goes into the metadata of the file.
    #[must_use]
    pub fn with_text(mut self, key: &str, text: impl Into<String>) -> Self {
        self.texts.insert(key.to_owned(), text.into());
        self
    }

    /// The text under a key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.texts.get(key).map(String::as_str)
    }

    /// Names and shapes, by name.
    pub fn shapes(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.entries.iter().map(|(name, (shape, _))| (name.as_str(), shape.as_slice()))
    }

    /// The numbers of one tensor, row by row.
    pub fn numbers(&self, name: &str) -> Option<&[f32]> {
        Some(&self.entries.get(name)?.1)
    }

    /// Reads a safetensors file of F32 tensors.
    ///
    /// # Errors
    /// [`Error::File`] for a file that cannot be read, or is none of these.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let refused = |reason: String| Error::File { path: path.to_owned(), reason };
        let bytes = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
        let file = SafeTensors::deserialize(&bytes).map_err(|error| refused(error.to_string()))?;
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|error| refused(error.to_string()))?;
        let mut entries = BTreeMap::new();
        for (name, view) in file.tensors() {
            if view.dtype() != Dtype::F32 {
                return Err(refused(format!("{name} is {:?}: must be F32", view.dtype())));
            }
            let number = |four: &[u8]| f32::from_le_bytes([four[0], four[1], four[2], four[3]]);
            let numbers = view.data().chunks_exact(4).map(number).collect();
            entries.insert(name, (view.shape().to_vec(), numbers));
        }
        Ok(Self { entries, texts: header.metadata().clone().unwrap_or_default().into_iter().collect() })
    }

    /// Writes a safetensors file, replacing what is there at once.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let refused = |error: &dyn ToString| Error::File { path: path.to_owned(), reason: error.to_string() };
        let bytes: Vec<(&String, &Vec<usize>, Vec<u8>)> = self
            .entries
            .iter()
            .map(|(name, (shape, numbers))| {
                (name, shape, numbers.iter().flat_map(|x| x.to_le_bytes()).collect())
            })
            .collect();
        let views = bytes.iter().map(|(name, shape, bytes)| {
            TensorView::new(Dtype::F32, (*shape).clone(), bytes).map(|view| ((*name).clone(), view))
        });
        let views = views.collect::<Result<Vec<_>, _>>().map_err(|error| refused(&error))?;
        let texts: HashMap<String, String> = self.texts.clone().into_iter().collect();
        let texts = (!texts.is_empty()).then_some(texts);
        serialize_to_file(views, texts, path).map_err(|error| refused(&error))
    }

    /// Puts a tensor in.
    pub(crate) fn insert(&mut self, name: &str, shape: Vec<usize>, numbers: Vec<f32>) {
        self.entries.insert(name.to_owned(), (shape, numbers));
    }

    /// The matrix of this name.
    pub(crate) fn matrix(&self, name: &str, device: &Device) -> Option<Tensor<2>> {
        let (shape, numbers) = self.entries.get(name)?;
        let [rows, columns] = shape[..] else { return None };
        Some(Tensor::from_data(TensorData::new(numbers.clone(), [rows, columns]), device))
    }

    /// Takes the entries out whose names begin with `prefix`, under the rest of their names.
    pub(super) fn take(&mut self, prefix: &str) -> Self {
        let names: Vec<String> =
            self.entries.keys().filter(|name| name.starts_with(prefix)).cloned().collect();
        let entry = |name: String| Some((name[prefix.len()..].to_owned(), self.entries.remove(&name)?));
        Self { entries: names.into_iter().filter_map(entry).collect(), texts: BTreeMap::new() }
    }

    /// Puts all entries of `other` in, with `prefix` before their names.
    pub(super) fn put(&mut self, prefix: &str, other: Self) {
        let named = other.entries.into_iter().map(|(name, entry)| (format!("{prefix}{name}"), entry));
        self.entries.extend(named);
    }

    /// Puts a vector in.
    pub(super) fn put_vector(&mut self, name: &str, numbers: Vec<f32>) {
        self.insert(name, vec![numbers.len()], numbers);
    }

    /// The same names and shapes as `own`, and finite numbers.
    pub(crate) fn check(&self, own: &Self) -> Result<(), Error> {
        let absent = |of: &Self, from: &Self| -> Vec<String> {
            let entries = of.entries.iter().filter(|(name, _)| !from.entries.contains_key(*name));
            entries.map(|(name, (shape, _))| format!("{name} {shape:?}")).collect()
        };
        let (missing, unexpected) = (absent(own, self), absent(self, own));
        let mut misshapen = Vec::new();
        for (name, (shape, _)) in &own.entries {
            if let Some((found, _)) = self.entries.get(name).filter(|(found, _)| found != shape) {
                misshapen.push(format!("{name}: expected {shape:?}, found {found:?}"));
            }
        }
        if !(missing.is_empty() && unexpected.is_empty() && misshapen.is_empty()) {
            return Err(Error::Weights { missing, unexpected, misshapen });
        }
        for (_, numbers) in self.entries.values() {
            crate::error::check_finite(numbers, "weights of a file")?;
        }
        Ok(())
    }
}

#[derive(Default)]
struct Reader {
    path: Vec<String>,
    entries: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
    failed: Option<Error>,
}

impl ModuleVisitor for Reader {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val().without_autodiff();
        let shape = value.dims().to_vec();
        match value.try_into_vec_as::<f32>() {
            Ok(numbers) => drop(self.entries.insert(self.path.join("."), (shape, numbers))),
            Err(error) => self.failed = Some(Error::device("parameters", &error)),
        }
    }
}

/// The names and shapes have been checked.
struct Writer<'a> {
    path: Vec<String>,
    entries: &'a BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

impl ModuleMapper for Writer<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some((_, numbers)) = self.entries.get(&self.path.join(".")) else { return param };
        param.map(|old| {
            let data = TensorData::new(numbers.clone(), old.dims());
            let new = Tensor::from_data(data, (&old.device(), old.dtype()));
            if old.is_require_grad() { new.require_grad() } else { new }
        })
    }
}

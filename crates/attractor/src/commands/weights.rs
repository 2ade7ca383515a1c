//! `attractor weights`: weights of Hopfield layers, to and from `ml-jku/hopfield-layers`.

use std::path::{Path, PathBuf};

use attractor_nets::hopfield::{LayerOptions, StateDict};
use serde::Serialize;

use crate::output::{Output, Refusal};

/// Check and convert weights of Hopfield layers, by the names of the PyTorch package `ml-jku/hopfield-layers`
#[derive(clap::Args)]
#[command(after_help = "\
OPTIONS is a TOML or JSON file with the options of the layer, by the names of the package; what is not there has
its default. `layer` is \"hopfield\", \"pooling\" or \"lookup\":

  layer = \"pooling\"
  input_size = 256
  num_heads = 8
  scaling = 0.25
  normalize_state_pattern = \"Off\"

EXAMPLES:
  attractor weights check model.safetensors --options layer.toml
  attractor weights check model.safetensors --options layer.toml --prefix encoder.pool.
  attractor weights convert model.safetensors layer.safetensors --options layer.toml")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Say which tensors fit the layer, and name every one that is missing, unexpected or of another shape
    Check(Source),
    /// Write what `check` accepts as the layer holds it: f32, with beta in the file's metadata
    Convert {
        #[command(flatten)]
        source: Source,
        /// The safetensors file to write
        to: PathBuf,
    },
}

#[derive(clap::Args)]
struct Source {
    /// The safetensors file: what `safetensors.torch.save_file(model.state_dict(), FILE)` writes
    file: PathBuf,
    /// Options of the layer, TOML or JSON
    #[arg(long, value_name = "FILE")]
    options: PathBuf,
    /// Take the tensors whose names begin with this, without it
    #[arg(long, value_name = "NAME", default_value = "")]
    prefix: String,
}

#[derive(Serialize)]
struct Report {
    schema: u32,
    command: &'static str,
    file: String,
    written: Option<String>,
    tensors: Vec<Tensor>,
    parameters: usize,
    /// Of each head, and whether they were in the file; otherwise they are those of the options.
    beta: Vec<f64>,
    beta_in_file: bool,
}

#[derive(Serialize)]
struct Tensor {
    name: String,
    shape: Vec<usize>,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<()> {
    match &args.what {
        What::Check(source) => report("weights check", source, &source.fitted()?, None, output),
        What::Convert { source, to } => {
            let (dict, found) = source.fitted()?;
            let hint = "the file to write needs a folder that is there and may be written to";
            dict.write(to).map_err(|error| Refusal::new(error.to_string(), hint))?;
            report("weights convert", source, &(dict, found), Some(to), output)
        }
    }
}

impl Source {
    /// What the layer holds, and what was in the file.
    fn fitted(&self) -> anyhow::Result<(StateDict, StateDict)> {
        let options = options(&self.options)?;
        let found = StateDict::read(&self.file).map_err(|error| {
            let hint = "write one in PyTorch with safetensors.torch.save_file(model.state_dict(), FILE)";
            Refusal::new(error.to_string(), hint)
        })?;
        let found = found.under(&self.prefix);
        let fitted = options.fitted(&found).map_err(|error| {
            let what = format!("{}: {error}", self.file.display());
            Refusal::new(
                what,
                "give the options that the model was made with, and --prefix for a part of a model",
            )
        })?;
        Ok((fitted, found))
    }
}

fn options(path: &Path) -> anyhow::Result<LayerOptions> {
    let refused = |reason: String| {
        let what = format!("{}: {}", path.display(), reason.trim_end());
        Refusal::new(what, "`attractor weights --help` shows such a file")
    };
    let text = std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
    let values = match path.extension().is_some_and(|extension| extension == "json") {
        true => serde_json::from_str(&text).map_err(|error| error.to_string()),
        false => toml::from_str(&text).map_err(|error| error.to_string()),
    };
    Ok(values
        .map_err(refused)
        .and_then(|values| LayerOptions::from_values(values).map_err(|error| refused(error.to_string())))?)
}

fn report(
    command: &'static str,
    source: &Source,
    (fitted, found): &(StateDict, StateDict),
    written: Option<&Path>,
    output: &Output,
) -> anyhow::Result<()> {
    let tensors: Vec<Tensor> = fitted
        .shapes()
        .map(|(name, shape)| Tensor { name: name.to_owned(), shape: shape.to_vec() })
        .collect();
    let parameters = tensors.iter().map(|tensor| tensor.shape.iter().product::<usize>()).sum();
    let report = Report {
        schema: 1,
        command,
        file: source.file.display().to_string(),
        written: written.map(|path| path.display().to_string()),
        parameters,
        beta: fitted.betas().unwrap_or_default(),
        beta_in_file: found.betas().is_some(),
        tensors,
    };
    output.object(&report)?;
    for tensor in &report.tensors {
        output.line(format_args!("{:<44} {:?}", tensor.name, tensor.shape))?;
    }
    let place = if report.beta_in_file { "from the file" } else { "from the options: the file has none" };
    let betas: Vec<String> = report.beta.iter().map(|beta| format!("{beta:.6}")).collect();
    output.line(format_args!("beta {} ({place})", betas.join(" ")))?;
    output.line(format_args!("{} parameters fit the layer", report.parameters))?;
    match &report.written {
        Some(path) => output.line(format_args!("written to {path}")),
        None => Ok(()),
    }
}

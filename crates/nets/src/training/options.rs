//! What a file of weights says about the network they belong to.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::NamedWeights;
use crate::Error;

const SCHEMA: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Header<O> {
    schema: u32,
    #[serde(flatten)]
    options: O,
}

/// The version alone: what else a later one says is not known here.
#[derive(Deserialize)]
struct Version {
    schema: u32,
}

impl NamedWeights {
    /// With the options that a network is made from, as JSON under `key`; `path` is where they will be written.
    pub(crate) fn with_options<O: Serialize>(
        self,
        key: &str,
        options: &O,
        path: &Path,
    ) -> Result<Self, Error> {
        let header = Header { schema: SCHEMA, options };
        let text = serde_json::to_string(&header).map_err(|error| Error::file(path, &error))?;
        Ok(self.with_text(key, text))
    }

    /// These options, of weights that were read at `path`; `what` is what the file should be.
    pub(crate) fn options<O: DeserializeOwned>(
        &self,
        key: &str,
        what: &str,
        path: &Path,
    ) -> Result<O, Error> {
        let refused = |reason: &dyn ToString| Error::file(path, reason);
        let Some(text) = self.text(key) else {
            return Err(refused(&format!("weights without options: not {what}")));
        };
        let Version { schema } = serde_json::from_str(text).map_err(|error| refused(&error))?;
        if schema != SCHEMA {
            return Err(refused(&format!("schema {schema}: this program knows {SCHEMA}")));
        }
        let header: Header<O> = serde_json::from_str(text).map_err(|error| refused(&error))?;
        Ok(header.options)
    }
}

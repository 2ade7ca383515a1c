//! Networks that learn from bags of instances, of which only the bag has a label, from tables, and from images.
//!
//! An [`Embedding`] turns every instance into features, a pooling turns the bag into one vector, a linear layer makes a
//! logit of it: [`BagClassifier`] pools by a Hopfield association (Ramsauer et al. 2021), [`AttentionMil`] by a small
//! network of weights (Ilse, Tomczak and Welling 2018). [`BagModel`] is either, with its file.
//!
//! Rows of a table are classified by a [`TableClassifier`], which looks learned patterns up.
//!
//! Images of which a part is known are completed by a [`Completer`]: hierarchical associative memories, and the Energy
//! Transformer.
//!
//! A [`DenseClassifier`] is the dense associative memory whose class units are recalled.
//!
//! All draws come from the generator that is handed in: weights, dropped features, dropped instances.

mod attention_mil;
mod bag_classifier;
mod bag_model;
mod completion;
mod dense_classifier;
mod embedding;
mod linear;
mod table;
mod table_task;
mod thinning;

pub use attention_mil::{AttentionMil, AttentionMilConfig, Gate};
pub use bag_classifier::{BagClassifier, BagClassifierConfig};
pub use bag_model::{BagModel, BagModelConfig, cross_entropy};
pub use completion::{
    Activation, Completed, Completer, CompleterConfig, ConvolutionalConfig, EnergyTransformerConfig, Moment,
    ThreeLayerConfig, TransformerBlock, TwoLayerConfig,
};
pub use dense_classifier::{DenseClassifier, DenseClassifierConfig, Gradient};
pub use embedding::{Embedding, EmbeddingConfig};
pub use table::{TableClassifier, TableConfig, most_probable};
pub use table_task::TableTask;

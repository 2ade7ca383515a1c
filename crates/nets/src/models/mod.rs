//! Networks that learn from bags of instances and from tables.

mod table;
mod table_task;

pub use table::{TableClassifier, TableConfig};
pub use table_task::TableTask;

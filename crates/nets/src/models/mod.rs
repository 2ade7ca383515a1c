//! Networks that learn from bags of instances.

//! Trainable networks on Burn.

//! A relaxation as one looks at it.

mod page;

pub(crate) use page::{Watched, page};

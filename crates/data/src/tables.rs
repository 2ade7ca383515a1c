//! Small tables of measurements that come with the program: data of the real world without a download.

use ndarray::Array2;

use crate::error::Error;
use crate::{Set, Shape};

/// The tables that are there, by name: what [`table`] takes.
pub const TABLES: [&str; 4] = ["diabetes", "iris", "linnerud", "winequality"];

/// The table called `name`, in the units of its source.
///
/// | name | samples x features | labels |
/// | --- | --- | --- |
/// | `iris` | 150 x 4, centimetres | 3 species (Fisher 1936) |
/// | `winequality` | 1,599 x 11, red wines | quality 3 to 8 (Cortez et al. 2009) |
/// | `diabetes` | 441 x 10, standardised by the source | none (Efron et al. 2004; the source loses one of 442 rows) |
/// | `linnerud` | 20 x 3, repetitions of exercises | none (Tenenhaus 1998) |
///
/// Source: the `linfa-datasets` crate. Its regression targets are left out: here a table is a set of patterns.
///
/// ```
/// let iris = attractor_data::table("iris")?;
/// assert_eq!((iris.len(), iris.class_name(1).as_ref()), (150, "versicolor"));
/// # Ok::<(), attractor_data::Error>(())
/// ```
///
/// # Errors
/// [`Error::Choice`] for another name.
pub fn table(name: &str) -> Result<Set, Error> {
    /// Brings the array of another release of `ndarray` to ours.
    macro_rules! set {
        ($data:expr) => {{
            let data = &$data;
            let records = data.records();
            let patterns = Array2::from_shape_fn(records.dim(), |place| records[place] as f32);
            let shape = Shape::Vector(patterns.ncols());
            Set::new(name, patterns, shape)?
        }};
    }
    match name {
        "iris" => {
            let data = linfa_datasets::iris();
            let names = ["setosa", "versicolor", "virginica"].map(str::to_owned).to_vec();
            set!(data).with_classes(data.targets().iter().map(|&class| class as u32).collect(), names)
        }
        "winequality" => {
            let data = linfa_datasets::winequality();
            set!(data).with_labels(data.targets().iter().map(|&quality| quality as u32).collect())
        }
        "diabetes" => Ok(set!(linfa_datasets::diabetes())),
        "linnerud" => Ok(set!(linfa_datasets::linnerud())),
        _ => Err(Error::Choice { what: "table", found: name.to_owned(), choices: TABLES.join(", ") }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_the_sizes_of_their_publications() {
        let sizes = TABLES.map(|name| {
            let set = table(name).unwrap();
            (set.len(), set.shape().components(), set.labels().is_some())
        });
        assert_eq!(sizes, [(441, 10, false), (150, 4, true), (20, 3, false), (1599, 11, true)]);
    }

    #[test]
    fn the_first_and_last_flower_are_those_of_fisher() {
        let iris = table("iris").unwrap();
        assert_eq!(iris.patterns().row(0), ndarray::array![5.1, 3.5, 1.4, 0.2]);
        assert_eq!(iris.patterns().row(149), ndarray::array![5.9, 3.0, 5.1, 1.8]);
        let counts =
            [0, 1, 2].map(|class| iris.labels().unwrap().iter().filter(|&&label| label == class).count());
        assert_eq!(counts, [50, 50, 50]);
    }

    #[test]
    fn another_name_gets_the_list() {
        let text = table("titanic").unwrap_err().to_string();
        assert_eq!(text, "table \"titanic\": choose one of diabetes, iris, linnerud, winequality");
    }
}

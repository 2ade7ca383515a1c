//! Fisher's irises: measurements of the real world that come with the program.

use attractor_data::{Scale, Set, Shape, table};
use ndarray::Array2;

use super::lesson::{Examples, Lesson, in_steps};

/// Flowers of each species that are learned from; the other 20 are asked about.
const SHOWN: usize = 30;

/// Three species, one at a time.
pub(crate) fn flowers(seed: u64) -> anyhow::Result<Lesson> {
    let set = table("iris")?;
    let classes = set.class_names().to_vec();
    let labels = set.labels().unwrap_or(&[]).to_vec();
    let all = Examples { patterns: scaled(&set)?, classes: labels };
    let mixed = all.shuffled(seed, "demo/iris/parts");
    let (mut shown, mut asked) = (Vec::new(), Vec::new());
    let mut seen = vec![0; classes.len()];
    for (row, &class) in mixed.classes.iter().enumerate() {
        let part = if seen[class as usize] < SHOWN { &mut shown } else { &mut asked };
        seen[class as usize] += 1;
        part.push(row);
    }
    let (stream, steps) = in_steps(&mixed.rows(&shown), classes.len() as u32, 1, seed, "iris")?;
    Ok(Lesson {
        name: "iris",
        title: "Three species of iris",
        about: format!(
            "{} flowers of Fisher (1936), four measurements each, one species after the other.",
            stream.len()
        ),
        shape: Shape::Vector(stream.patterns.ncols()),
        classes,
        steps,
        stream,
        test: mixed.rows(&asked),
        strangers: Examples::none(set.shape().components()),
    })
}

/// Every measurement from -1 to +1, so that none drowns another in the gradient of the network.
fn scaled(set: &Set) -> anyhow::Result<Array2<f32>> {
    let mut patterns = set.patterns().to_owned();
    for mut column in patterns.columns_mut() {
        let alone = Array2::from_shape_vec((column.len(), 1), column.to_vec())?;
        let alone = Set::new("measurement", alone, Shape::Vector(1))?.scaled(Scale::Signed);
        column.assign(&alone.patterns().column(0));
    }
    Ok(patterns)
}

//! From the choices on the command line to a new, empty memory that fits the patterns at hand.

use std::str::FromStr;

use attractor_memory::binary::{DenseMemory, Interaction};
use attractor_memory::classical::{Network, Rule};
use attractor_memory::file::Stored;
use attractor_memory::{Dynamics, Memory, Projection, Separation, Similarity};
use ndarray::{Array2, ArrayView2, Axis};

use crate::output::Refusal;

/// How far a cue's lead may shrink before its own pattern loses weight: to a quarter.
const RESERVE: f64 = 4.0;
/// Patterns that are looked at to choose beta.
const LOOKED_AT: usize = 256;

/// A kind of memory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Continuous,
    Sparse,
    Dense(Interaction),
    Exponential,
    Classical(Rule),
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "continuous" => Self::Continuous,
            "sparse" => Self::Sparse,
            "exponential" => Self::Exponential,
            _ => match (Interaction::parse(text), Rule::parse(text)) {
                (Ok(interaction @ (Interaction::Polynomial(_) | Interaction::Rectified(_))), _) => {
                    Self::Dense(interaction)
                }
                (_, Ok(rule)) => Self::Classical(rule),
                _ => {
                    return Err(
                        "choose one of continuous, sparse, polynomial(n), rectified(n), exponential, \
                                hebb, storkey, pseudo-inverse(kept), pseudo-inverse(zeroed)"
                            .to_owned(),
                    );
                }
            },
        })
    }
}

/// What was chosen; the rest follows from the patterns.
#[derive(Debug, clap::Args)]
pub(crate) struct Recipe {
    /// continuous, sparse (continuous with entmax(1.5)); over -1 and +1: polynomial(n), rectified(n),
    /// exponential, hebb, storkey, pseudo-inverse(kept), pseudo-inverse(zeroed) [default: continuous]
    #[arg(long)]
    kind: Option<Kind>,
    /// How scores become weights: softmax, softmax1, sparsemax, entmax(alpha), normmax(gamma), budget(k),
    /// topk(k), topk-keep(k), argmax, identity, polynomial(n), rectified(n), exponential, epanechnikov
    /// [default: softmax]
    #[arg(long, value_name = "NAME")]
    separation: Option<String>,
    /// Inverse temperature [default: such that half of the stored patterns keep their weight (0.999; all of
    /// it for sparse separations) when the lead over their nearest rival shrinks to a quarter; where weights
    /// are no shares, 1 over the mean squared length of the patterns; 1 for --kind exponential]
    #[arg(long, allow_hyphen_values = true)]
    beta: Option<f64>,
    /// How cues and patterns are compared: dot, scaled-dot, cosine, squared-euclidean, euclidean, manhattan
    /// [default: dot for patterns of one length, else squared-euclidean]
    #[arg(long, value_name = "NAME")]
    similarity: Option<String>,
    /// What is done to the weighted sum: linear, tanh(gain), normalise, sign [default: linear; where weights
    /// are no shares, sign for patterns of -1 and +1, else normalise]
    #[arg(long, value_name = "NAME")]
    projection: Option<String>,
}

impl Recipe {
    /// The memory, empty, for patterns like these: `(n, width)`, n at least 1.
    pub(crate) fn build(&self, patterns: ArrayView2<'_, f32>) -> anyhow::Result<Stored> {
        let width = patterns.ncols();
        let kind = self.kind.unwrap_or(Kind::Continuous);
        if !matches!(kind, Kind::Continuous | Kind::Sparse) {
            self.refuse_continuous_choices(matches!(kind, Kind::Exponential))?;
        }
        Ok(match kind {
            Kind::Continuous => Stored::Continuous(self.continuous(patterns, "softmax")?),
            Kind::Sparse if self.separation.is_some() => {
                let hint = "leave --kind out: the separation makes a memory sparse";
                return Err(Refusal::new("--kind sparse names its separation already", hint).into());
            }
            Kind::Sparse => Stored::Continuous(self.continuous(patterns, "entmax(1.5)")?),
            Kind::Dense(interaction) => Stored::Dense(DenseMemory::new(width, interaction)?),
            Kind::Exponential => {
                let interaction = Interaction::Exponential(self.beta.unwrap_or(1.0));
                Stored::Dense(DenseMemory::new(width, interaction)?)
            }
            Kind::Classical(rule) => Stored::Classical(Network::new(width, rule)?),
        })
    }

    fn refuse_continuous_choices(&self, has_beta: bool) -> Result<(), Refusal> {
        let given = [
            ("--separation", self.separation.is_some()),
            ("--similarity", self.similarity.is_some()),
            ("--projection", self.projection.is_some()),
            ("--beta", self.beta.is_some() && !has_beta),
        ];
        match given.iter().find(|(_, given)| *given) {
            Some((option, _)) => Err(Refusal::new(
                format!("{option} does not go with a memory of this kind"),
                "leave it out, or choose --kind continuous",
            )),
            None => Ok(()),
        }
    }

    fn continuous(&self, patterns: ArrayView2<'_, f32>, separation: &str) -> anyhow::Result<Memory> {
        let name = self.separation.as_deref().unwrap_or(separation);
        // A beta that was given is checked before anything is measured.
        let separation = Separation::parse(name, self.beta.unwrap_or(1.0))?;
        let shares = separation.kind().sums_to_one();
        let similarity = match &self.similarity {
            Some(name) => Similarity::parse(name)?,
            None if of_one_length(patterns) => Similarity::Dot,
            None => Similarity::SquaredEuclidean,
        };
        let projection = match &self.projection {
            Some(name) => Projection::parse(name)?,
            None if shares => Projection::Linear,
            None if patterns.iter().all(|x| x.abs() == 1.0) => Projection::Sign,
            None => Projection::Normalise,
        };
        let builder = Memory::builder(patterns.ncols()).similarity(similarity).projection(projection);
        let separation = match self.beta {
            Some(_) => separation,
            None => {
                let probe = builder.clone().separation(Separation::parse("argmax", 1.0)?).build()?;
                Separation::parse(name, fitting_beta(probe, patterns, &separation)?)?
            }
        };
        Ok(builder.separation(separation).build()?)
    }

    /// Refuses a choice that differs from what an existing memory was made with.
    pub(crate) fn agree(&self, stored: &Stored, file: &str) -> Result<(), Refusal> {
        let differ = |option: &str, has: String| {
            let what = format!("{option} differs from that of {file}, which has {has}");
            Err(Refusal::new(what, "leave the option out to add to this memory, or name another file"))
        };
        let kind = match stored {
            Stored::Continuous(memory) => {
                let (separation, similarity) = (memory.separation(), memory.similarity());
                let name = separation.kind().name();
                if self.separation.as_ref().is_some_and(|wanted| *wanted != name) {
                    return differ("--separation", name);
                }
                if self.beta.is_some_and(|wanted| wanted != separation.beta()) {
                    return differ("--beta", separation.beta().to_string());
                }
                if self.similarity.as_ref().is_some_and(|wanted| *wanted != similarity.name()) {
                    return differ("--similarity", similarity.name().to_owned());
                }
                if self.projection.as_ref().is_some_and(|wanted| *wanted != memory.projection().name()) {
                    return differ("--projection", memory.projection().name());
                }
                if name == "entmax(1.5)" {
                    vec![Kind::Continuous, Kind::Sparse]
                } else {
                    vec![Kind::Continuous]
                }
            }
            Stored::Dense(memory) => match memory.interaction() {
                Interaction::Exponential(beta) => {
                    if self.beta.is_some_and(|wanted| wanted != beta) {
                        return differ("--beta", beta.to_string());
                    }
                    vec![Kind::Exponential]
                }
                interaction => vec![Kind::Dense(interaction)],
            },
            Stored::Classical(network) => vec![Kind::Classical(network.rule())],
            _ => Vec::new(),
        };
        if self.kind.is_some_and(|wanted| !kind.contains(&wanted)) {
            return differ("--kind", describe(stored));
        }
        match stored {
            Stored::Continuous(_) => Ok(()),
            _ => self.refuse_continuous_choices(kind == [Kind::Exponential]),
        }
    }
}

/// The recipe of a memory in words.
pub(crate) fn describe(stored: &Stored) -> String {
    match stored {
        Stored::Continuous(memory) => format!(
            "continuous: {} of {} at beta {:.4e}, {} projection",
            memory.separation().kind().name(),
            memory.similarity(),
            memory.separation().beta(),
            memory.projection().name()
        ),
        Stored::Dense(memory) => format!("dense: {}", memory.interaction().name()),
        Stored::Classical(network) => format!("classical: {}", network.rule().name()),
        _ => "of a kind of its own".to_owned(),
    }
}

fn of_one_length(patterns: ArrayView2<'_, f32>) -> bool {
    let squares =
        patterns.rows().into_iter().map(|row| row.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>());
    let (least, most) = squares.fold((f64::INFINITY, 0.0), |(a, b): (f64, f64), x| (a.min(x), b.max(x)));
    least >= 0.999 * most
}

/// The documented default: see [`Recipe::beta`].
fn fitting_beta(
    mut probe: Memory,
    patterns: ArrayView2<'_, f32>,
    separation: &Separation,
) -> anyhow::Result<f64> {
    let kind = separation.kind();
    let n = patterns.nrows();
    if !kind.sums_to_one() {
        let mean = patterns.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / n as f64;
        return Ok(if mean.is_normal() { 1.0 / mean } else { 1.0 });
    }
    probe.store(patterns)?;
    let looked_at: Vec<usize> = (0..n.min(LOOKED_AT)).map(|i| i * n / n.min(LOOKED_AT)).collect();
    let cues: Array2<f32> = patterns.select(Axis(0), &looked_at);
    let recall = probe.recall_with(cues.view(), &Dynamics { steps: 0, ..Dynamics::default() })?;
    let mut leads: Vec<f64> =
        recall.reports.iter().map(|r| r.margin).filter(|m| m.is_finite() && *m > 0.0).collect();
    leads.sort_by(f64::total_cmp);
    let Some(&median) = leads.get(leads.len() / 2) else { return Ok(1.0) };
    let needed = kind.margin().unwrap_or_else(|| (1000.0 * n as f64).ln());
    Ok(RESERVE * needed.max(1.0) / median)
}

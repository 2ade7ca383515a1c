//! `attractor predict`: what a learner says to observations.

use std::io::stdin;
use std::path::PathBuf;
use std::time::Instant;

use attractor_learn::{Answer, Evidence, Novelty, Reader, System};
use rayon::prelude::*;
use serde::Serialize;

use crate::brain;
use crate::examples::{Labels, fits, named};
use crate::learning::lines::lines;
use crate::output::{Output, Refusal};
use crate::source::HELP;

/// Observations that are answered at once.
const TILE: usize = 256;
/// Episodes that are shown, and given to machines.
const SHOWN: usize = 3;
const LEADING: usize = 8;

/// Ask a learner for the class of observations, with what the answer rests on; works while another process learns
#[derive(clap::Args)]
#[command(after_help = format!("{HELP} `-` is standard input: one {{\"x\":[NUMBERS]}} per line, with \"y\":LABEL \
where it is known and \"namespace\":NAME where another one than that of --namespace is asked.\n
EXAMPLES:
  attractor predict brain photos/
  attractor predict digits mnist:test --limit 100
  attractor predict brain table.csv --label species --json
  echo '{{\"x\":[5.1,3.5,1.4,0.2]}}' | attractor predict brain -"))]
pub(crate) struct Args {
    /// The learner's directory
    brain: PathBuf,
    /// What to predict, or - for standard input
    data: String,
    #[command(flatten)]
    labels: Labels,
    /// Ask the episodes of this namespace only; the empty name is that of the namespace without one [default: all]
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// Use the first N observations only
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
}

/// The answer to one observation, for machines.
#[derive(Serialize)]
struct Prediction<'a> {
    schema: u32,
    command: &'static str,
    kind: &'static str,
    /// Place in the data, or number of the line.
    row: u64,
    label: Option<&'a str>,
    confidence: f64,
    system: System,
    /// Share of the fast system in the answer.
    share: f64,
    /// Its energy is absent as long as nothing is known.
    novelty: Novelty,
    /// The label that the data give.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a str>,
    episodes: &'a [Evidence],
}

/// All of them, for machines.
#[derive(Serialize)]
struct Total {
    schema: u32,
    command: &'static str,
    kind: &'static str,
    observations: u64,
    /// Those whose label the data give.
    labelled: u64,
    /// Right answers among them.
    right: u64,
    /// Absent where the data name no class that the learner knows.
    accuracy: Option<f64>,
    seconds: f64,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<()> {
    let snapshot = brain::read(&args.brain)?;
    let stats = snapshot.stats();
    let reader = brain::reader(&snapshot, args.namespace.as_deref());
    let known =
        |label: &str| stats.classes.iter().any(|class| class.label == label && class.observations > 0);
    let mut teller = Teller { output, labelled: 0, right: 0, familiar: false, all: 0, seconds: 0.0 };
    if args.data == "-" {
        if args.labels.given() {
            let what = "--label and --labels have no meaning for standard input";
            return Err(Refusal::new(what, r#"write lines such as {"x":[0.5,1.25],"y":"cat"}"#).into());
        }
        for line in lines(stdin().lock()) {
            if args.limit.is_some_and(|limit| teller.all >= limit) {
                break;
            }
            let line = line?;
            let start = Instant::now();
            let reader = line.namespace.as_ref().map_or_else(|| reader.clone(), |name| reader.within(name));
            let answer = reader.predict(&line.x).map_err(|error| {
                anyhow::Error::from(error).context(format!("standard input, line {}", line.number))
            })?;
            teller.seconds += start.elapsed().as_secs_f64();
            teller.say(line.number, line.y.as_deref(), &answer, known)?;
        }
        return teller.total();
    }
    let limit = args.limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let set = args.labels.read(&args.data, limit)?;
    if let Some(shape) = brain::shape(snapshot.config(), &stats) {
        fits(shape, set.shape(), &args.data, &args.brain)?;
    }
    let labels = if set.labels().is_some() { Some(named(&set, &args.data)?) } else { None };
    let rows: Vec<usize> = (0..set.len()).collect();
    for rows in rows.chunks(TILE) {
        let start = Instant::now();
        let answers = answers(&reader, &set, rows)?;
        teller.seconds += start.elapsed().as_secs_f64();
        for (&row, answer) in rows.iter().zip(&answers) {
            let expected = labels.as_ref().map(|labels| labels[row].as_str());
            teller.say(row as u64, expected, answer, known)?;
        }
    }
    teller.total()
}

fn answers(
    reader: &Reader,
    set: &attractor_data::Set,
    rows: &[usize],
) -> Result<Vec<Answer>, attractor_learn::Error> {
    let patterns = set.patterns();
    rows.par_iter().map(|&row| reader.predict(&patterns.row(row).to_vec())).collect()
}

/// Says the answers, and counts.
struct Teller<'a> {
    output: &'a Output,
    all: u64,
    labelled: u64,
    right: u64,
    /// Whether the data name a class that the learner knows.
    familiar: bool,
    seconds: f64,
}

impl Teller<'_> {
    fn say(
        &mut self,
        row: u64,
        expected: Option<&str>,
        answer: &Answer,
        known: impl Fn(&str) -> bool,
    ) -> anyhow::Result<()> {
        self.all += 1;
        if let Some(expected) = expected {
            self.labelled += 1;
            self.right += u64::from(answer.label.as_deref() == Some(expected));
            self.familiar = self.familiar || known(expected);
        }
        if self.output.json() {
            return self.output.object(&Prediction {
                schema: 1,
                command: "predict",
                kind: "prediction",
                row,
                label: answer.label.as_deref(),
                confidence: answer.confidence,
                system: answer.system,
                share: answer.share,
                novelty: answer.novelty,
                expected,
                episodes: &answer.episodes[..answer.episodes.len().min(LEADING)],
            });
        }
        let called = expected.map_or_else(String::new, |label| format!(" ({label})"));
        let Some(label) = &answer.label else {
            return self.output.line(format_args!("{row}{called}: no class is known"));
        };
        let system = match answer.system {
            System::Fast => "fast",
            System::Slow => "slow",
        };
        let episodes: Vec<String> = answer.episodes.iter().take(SHOWN).map(who).collect();
        self.output.line(format_args!(
            "{row}{called}: {label}  {:.4} by the {system} system, novelty {:.3}; {}",
            answer.confidence,
            answer.novelty.rank,
            episodes.join(", ")
        ))
    }

    fn total(&self) -> anyhow::Result<()> {
        let share = self.right as f64 / self.labelled.max(1) as f64;
        let accuracy = self.familiar.then_some(share);
        if let Some(accuracy) = accuracy {
            let (right, labelled) = (self.right, self.labelled);
            self.output.line(format_args!("accuracy {accuracy:.4} ({right} of {labelled})"))?;
        }
        self.output.object(&Total {
            schema: 1,
            command: "predict",
            kind: "total",
            observations: self.all,
            labelled: self.labelled,
            right: self.right,
            accuracy,
            seconds: self.seconds,
        })
    }
}

fn who(episode: &Evidence) -> String {
    let called = episode.label.as_ref().map_or_else(String::new, |label| format!(" ({label})"));
    format!("#{}{called} weight {:.4}", episode.id, episode.weight)
}

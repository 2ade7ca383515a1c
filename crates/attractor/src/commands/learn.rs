//! `attractor learn`: examples into a learner, once each, in an order.

use std::io::stdin;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use attractor_data::Set;
use attractor_data::scenario::Scenario;
use attractor_learn::metrics::{Report, Seed, Throughput, page, summaries};
use attractor_learn::{Learner, Look, Observed};
use indicatif::ProgressBar;
use serde::Serialize;

use super::learned::{Counts, Learned, Tested};
use super::progress;
use crate::examples::{Labels, named};
use crate::learning::lines::lines;
use crate::learning::making::{First, Making};
use crate::learning::ordering::Ordering;
use crate::learning::trial::Trial;
use crate::output::{Output, Refusal};
use crate::source::HELP;

/// Observations between two steps of the progress bar.
const STEP: usize = 256;

/// Learn labelled examples, one look at each, into a directory that keeps the learner
#[derive(clap::Args)]
#[command(after_help = format!("{HELP} A folder of folders of pictures has a class per folder. `-` is standard \
input: one {{\"x\":[NUMBERS],\"y\":LABEL}} per line; what came before a line that is refused stays learned. 8-bit \
data is scaled from 0..255 to 0..1. What was learned survives the end of the process at any moment; a directory \
that holds a learner is continued.\n
EXAMPLES:
  attractor learn photos/ --brain brain
  attractor learn table.csv --label species --order iid --brain brain
  attractor learn mnist --order class:2 --test mnist:test --page digits.html --brain digits
  sensor | attractor learn - --brain brain --durability always --json"))]
pub(crate) struct Args {
    /// What to learn, or - for standard input
    data: String,
    /// The learner's directory
    #[arg(long, value_name = "DIR")]
    brain: PathBuf,
    #[command(flatten)]
    labels: Labels,
    /// Order of the examples: as-is, iid, class:N (N new classes at a time), file:PATH (an index per line)
    /// [default: as-is]
    #[arg(long)]
    order: Option<Ordering>,
    /// Everything random derives from it: the order, also that of the classes (which ascend without it), and the
    /// learner [default: 0]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Namespace of the episodes: `predict` and `recall` can ask one alone. Lines of standard input may name their own
    /// with "namespace":NAME [default: the one without a name]
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    namespace: String,
    #[command(flatten)]
    making: Making,
    /// Measure the accuracy on these examples after each experience
    #[arg(long, value_name = "DATA")]
    test: Option<String>,
    /// File of labels of the test examples
    #[arg(long, value_name = "FILE", requires = "test")]
    test_labels: Option<PathBuf>,
    /// Write a page with the accuracies, all summaries and their definitions
    #[arg(long, value_name = "FILE.html", requires = "test")]
    page: Option<PathBuf>,
    /// Use the first N examples of DATA only
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
}

/// An experience, learned and tested, for machines.
#[derive(Serialize)]
struct Experience<'a> {
    schema: u32,
    command: &'static str,
    kind: &'static str,
    #[serde(rename = "experience")]
    number: usize,
    name: &'a str,
    observations: usize,
    seconds: f64,
    /// On the test examples of every experience.
    accuracy: &'a [f64],
}

/// A line of standard input, learned, for machines: it is in the journal when this is printed.
#[derive(Serialize)]
struct Taken {
    schema: u32,
    command: &'static str,
    kind: &'static str,
    line: u64,
    observed: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    episode: Option<u64>,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<()> {
    if args.data == "-" { stream(args, output) } else { set(args, output) }
}

fn set(args: &Args, output: &Output) -> anyhow::Result<()> {
    let limit = args.limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let train = args.labels.read(&args.data, limit)?;
    let labels = named(&train, &args.data)?;
    let ordering = args.order.clone().unwrap_or(Ordering::AsIs);
    let scenario = ordering.scenario(&train, args.seed)?;
    let test = match &args.test {
        None => None,
        Some(spec) => {
            let test = args.labels.read_alike(spec, args.test_labels.as_deref())?;
            Some(Trial::new(&train, &scenario, &test, spec)?)
        }
    };
    args.page.as_deref().map(check_page).transpose()?;
    let seed = args.seed.unwrap_or(0);
    let row = scenario.experiences().iter().flat_map(|part| &part.indices).next().copied().unwrap_or(0);
    let first = First {
        pattern: &train.patterns().row(row).to_vec(),
        label: &labels[row],
        shape: train.shape(),
        source: &args.data,
    };
    let learner = args.making.open(&args.brain, seed, &first)?;
    let before = learner.stats().observations;
    let mut pupil = Pupil { learner, before, test, counts: Counts::default(), spent: Duration::ZERO };
    let bar = progress::observations(scenario.len() as u64);
    let learned = pupil.learn(&train, &labels, &args.namespace, &scenario, &bar, output);
    bar.finish_and_clear();
    let counts = pupil.counts;
    if let Err(error) = learned {
        return Err(error.context(format!(
            "{}, after {} observations, which stay learned",
            args.data,
            counts.all()
        )));
    }
    let tested = match &pupil.test {
        None => None,
        Some(trial) => {
            let (Some(accuracy), matrix) = (trial.overall(), trial.matrix()?) else { return Ok(()) };
            let values = summaries(&matrix);
            if let Some(path) = &args.page {
                let mut report =
                    Report::new("Attractor learner", protocol(args, &ordering, &scenario, trial));
                report.seeds = vec![Seed { name: "order and learner".to_owned(), seed }];
                report.class_order = scenario.class_order();
                report.measure(matrix.clone());
                let stats = pupil.learner.stats();
                let parts = stats.memory_bytes.iter();
                report.bytes =
                    parts.fold(report.bytes, |bytes, (name, size)| bytes.with(name, *size as usize));
                report.throughput = Some(Throughput::new(counts.all(), pupil.spent.as_secs_f64())?);
                let written = std::fs::write(path, page(&report));
                written.map_err(|reason| attractor_data::Error::Io { path: path.clone(), reason })?;
            }
            Some(Tested {
                accuracy,
                forgetting: values.iter().find(|value| value.definition == "fgt").map(|value| value.value),
                examples: trial.examples(),
                left_out: trial.left_out(),
                matrix: matrix.rows().to_vec(),
                values,
            })
        }
    };
    Learned::finish(&args.brain, &args.data, pupil.learner, counts, pupil.spent, tested)?.tell(output)
}

/// A learner with its test.
struct Pupil {
    learner: Learner,
    /// Observations of earlier runs.
    before: u64,
    test: Option<Trial>,
    counts: Counts,
    /// On learning alone.
    spent: Duration,
}

impl Pupil {
    fn learn(
        &mut self,
        train: &Set,
        labels: &[String],
        namespace: &str,
        scenario: &Scenario,
        bar: &ProgressBar,
        output: &Output,
    ) -> anyhow::Result<()> {
        for (experience, part) in scenario.experiences().iter().enumerate() {
            bar.set_message(part.name.clone());
            let start = Instant::now();
            for rows in part.indices.chunks(STEP) {
                let patterns: Vec<Vec<f32>> =
                    rows.iter().map(|&row| train.patterns().row(row).to_vec()).collect();
                let looks: Vec<Look<'_>> = patterns
                    .iter()
                    .zip(rows)
                    .map(|(pattern, &row)| Look { namespace, ..Look::new(pattern, &labels[row]) })
                    .collect();
                match self.learner.observe_looks(&looks) {
                    Ok(observed) => self.counts.add(&observed),
                    Err(error) => {
                        let taken = self.learner.stats().observations - self.before;
                        self.counts.other(taken - self.counts.all());
                        return Err(error.into());
                    }
                }
                bar.inc(rows.len() as u64);
            }
            let took = start.elapsed();
            self.spent += took;
            if let Some(trial) = &mut self.test {
                bar.set_message("testing");
                let accuracy = trial.measure(&self.learner.reader())?;
                bar.suspend(|| -> anyhow::Result<()> {
                    let (name, observations) = (&part.name, part.indices.len());
                    let seconds = took.as_secs_f64();
                    output.object(&Experience {
                        schema: 1,
                        command: "learn",
                        kind: "experience",
                        number: experience,
                        name,
                        observations,
                        seconds,
                        accuracy,
                    })?;
                    let cells: Vec<String> = accuracy.iter().map(|a| format!("{a:.4}")).collect();
                    output.line(format_args!("{name:<12} accuracy by experience  {}", cells.join("  ")))
                })?;
            }
        }
        Ok(())
    }
}

fn stream(args: &Args, output: &Output) -> anyhow::Result<()> {
    let for_sets = [
        ("--order", args.order.is_some()),
        ("--test", args.test.is_some()),
        ("--label", args.labels.given()),
    ];
    if let Some((option, _)) = for_sets.iter().find(|(_, given)| *given) {
        let what = format!("{option} has no meaning for standard input, which is learned as it comes");
        return Err(Refusal::new(what, "leave the option out, or learn from a file").into());
    }
    let bar = progress::spinner();
    let mut learner: Option<Learner> = None;
    let (mut counts, mut spent) = (Counts::default(), Duration::ZERO);
    let mut wrong = None;
    for line in lines(stdin().lock()) {
        if args.limit.is_some_and(|limit| counts.all() >= limit) {
            break;
        }
        let start = Instant::now();
        let taken = line.and_then(|line| {
            let Some(label) = &line.y else {
                let what = format!("standard input, line {}: no label, no \"y\"", line.number);
                return Err(Refusal::new(what, r#"write lines such as {"x":[0.5,1.25],"y":"cat"}"#).into());
            };
            let place = format!("standard input, line {}", line.number);
            let shape = attractor_data::Shape::Vector(line.x.len());
            let first = First { pattern: &line.x, label, shape, source: &place };
            let learner = match &mut learner {
                Some(learner) => learner,
                none => none.insert(args.making.open(&args.brain, args.seed.unwrap_or(0), &first)?),
            };
            let namespace = line.namespace.as_deref().unwrap_or(&args.namespace);
            let look = Look { namespace, ..Look::new(&line.x, label) };
            let observed =
                learner.observe_with(look).map_err(|error| anyhow::Error::from(error).context(place))?;
            Ok((line.number, observed))
        });
        spent += start.elapsed();
        match taken {
            Ok((line, observed)) => {
                counts.add(&[observed]);
                bar.inc(1);
                output.object(&taken_line(line, observed))?;
            }
            Err(error) => {
                wrong = Some(error);
                break;
            }
        }
    }
    bar.finish_and_clear();
    let Some(learner) = learner else {
        let nothing =
            || Refusal::new("standard input: no observation", "write one JSON object per line").into();
        return Err(wrong.unwrap_or_else(nothing));
    };
    Learned::finish(&args.brain, "-", learner, counts, spent, None)?.tell(output)?;
    wrong.map_or(Ok(()), Err)
}

fn taken_line(line: u64, observed: Observed) -> Taken {
    let (observed, episode) = match observed {
        Observed::Stored(id) => ("stored", Some(id)),
        Observed::Merged(id) => ("merged", Some(id)),
        Observed::Passed => ("passed", None),
    };
    Taken { schema: 1, command: "learn", kind: "observation", line, observed, episode }
}

fn protocol(args: &Args, ordering: &Ordering, scenario: &Scenario, trial: &Trial) -> String {
    let test = args.test.as_deref().unwrap_or_default();
    format!(
        "{}, one look at each example, {}: {} examples in {} experiences; then the class among all, no experience \
         told, of {} examples of {test}.",
        args.data,
        ordering.describe(),
        scenario.len(),
        scenario.experiences().len(),
        trial.examples(),
    )
}

/// Refuses a file that cannot be written before anything is learned.
fn check_page(path: &Path) -> Result<(), Refusal> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if folder.is_dir() && !path.is_dir() {
        return Ok(());
    }
    let what = format!("--page {}: no file can be written there", path.display());
    Err(Refusal::new(what, "name a file in a folder that is there"))
}

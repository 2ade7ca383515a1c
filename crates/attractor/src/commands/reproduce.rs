//! `attractor reproduce`.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use attractor_data::catalogue;
use attractor_lab::page::{report, with_spread};
use attractor_lab::{Context, Effort, Experiment, LabError, Outcome, Record, experiments, members};
use serde_json::{Value, json};

use crate::commands::progress::bar;
use crate::output::Output;

/// Run published results again: published against measured, with baselines, as JSON and a page
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  attractor reproduce --list\n  attractor reproduce capacity/classical\n  \
    attractor reproduce all --out results --json\n  attractor reproduce mil/tiger --quick\n  attractor reproduce kv/capacity --smoke"
)]
pub(crate) struct Args {
    /// Ids of `--list`, or `all`
    #[arg(value_name = "ID", required_unless_present = "list")]
    ids: Vec<String>,
    /// Show every result: published, ours when last run, and the data that it needs
    #[arg(long, conflicts_with = "ids")]
    list: bool,
    /// Where every random draw comes from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// One repetition, or seed, of those of the protocol: numbers without a spread, and no verdict
    #[arg(long)]
    quick: bool,
    /// Tiny sizes: shows that everything works; the numbers prove nothing
    #[arg(long, conflicts_with = "quick")]
    smoke: bool,
    /// Folder for ID.json and ID.html (ID.quick.json with `--quick`, ID.smoke.json with `--smoke`)
    #[arg(long, default_value = "results")]
    out: PathBuf,
}

pub(crate) fn run(args: &Args, output: &Output) -> anyhow::Result<()> {
    let known: Vec<Experiment> = experiments().into_iter().chain(members()).collect();
    if args.list {
        return list(&known, &args.out, output);
    }
    let all = args.ids.iter().any(|id| id == "all");
    let chosen: Vec<Experiment> = match all {
        // What is a member of another experiment runs there.
        true => experiments(),
        false => args.ids.iter().map(|id| find(&known, id)).collect::<anyhow::Result<_>>()?,
    };
    let effort = match (args.quick, args.smoke) {
        (true, _) => Effort::Quick,
        (_, true) => Effort::Smoke,
        _ => Effort::Full,
    };
    let root = catalogue::root();
    // With `all`, what has its data runs, and what has none is named: nobody has all sets.
    if !all {
        chosen.iter().try_for_each(|experiment| check_data(experiment, &root))?;
    }
    let mut left_out = Vec::new();
    for experiment in &chosen {
        match check_data(experiment, &root) {
            Ok(()) => match reproduce(experiment, args.seed, effort, &root, &args.out, output) {
                Err(error) if all && is_missing(&error) => left_out.push(format!("{error:#}")),
                done => done?,
            },
            Err(missing) => left_out.push(format!("{missing:#}")),
        }
    }
    for missing in left_out {
        eprintln!("left out: {missing}");
    }
    Ok(())
}

/// The experiment with this id.
fn find(known: &[Experiment], id: &str) -> anyhow::Result<Experiment> {
    if let Some(found) = known.iter().find(|e| e.id == id) {
        return Ok(*found);
    }
    let near = near(known.iter().map(|e| e.id), id);
    let hint = if near.is_empty() { String::new() } else { format!(" did you mean {}?", near.join(", ")) };
    bail!("no experiment `{id}`:{hint} `attractor reproduce --list` shows them all")
}

/// Ids that share a part with `id`: the whole of it, its family or its name.
fn near<'a>(ids: impl Iterator<Item = &'a str>, id: &str) -> Vec<&'a str> {
    let parts: Vec<&str> = id.split('/').filter(|part| part.len() > 1).collect();
    ids.filter(|known| {
        parts.iter().any(|part| known.split('/').any(|p| p.contains(part) || part.contains(p)))
    })
    .collect()
}

fn check_data(experiment: &Experiment, root: &Path) -> anyhow::Result<()> {
    match experiment.data.iter().find(|name| !root.join(name).is_dir()) {
        None => Ok(()),
        Some(name) => bail!(
            "{} needs the data set {name}, which is not in {}; run `attractor data fetch {name}` where it can be \
             fetched, or set ATTRACTOR_DATA to the folder that holds {name}/",
            experiment.id,
            root.display()
        ),
    }
}

/// Whether a file of a data set is not there, though its folder is.
fn is_missing(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(LabError::Data(attractor_data::Error::Missing { .. })))
}

fn reproduce(
    experiment: &Experiment,
    seed: u64,
    effort: Effort,
    root: &Path,
    folder: &Path,
    output: &Output,
) -> anyhow::Result<()> {
    let progress = bar(experiment.id);
    let mut report_share = |share: f64, doing: &str| {
        progress.set_position((share.clamp(0.0, 1.0) * 1000.0) as u64);
        progress.set_message(format!("{}: {doing}", experiment.id));
    };
    let data = root.is_dir().then(|| root.to_owned());
    let done = experiment.reproduce(&mut Context::new(seed, effort, data, &mut report_share));
    progress.finish_and_clear();
    let (outcome, record) = done.with_context(|| experiment.id)?;
    let page = save(folder, &outcome, &record)?;
    let mut out = std::io::stdout().lock();
    if output.json() {
        match effort {
            Effort::Full => {}
            Effort::Quick => eprintln!("QUICK RUN of {}: one repetition decides nothing", record.id),
            Effort::Smoke => eprintln!("SMOKE RUN of {}: its numbers prove nothing", record.id),
        }
        writeln!(out, "{}", serde_json::to_string(&record)?)?;
    } else {
        tell(&record, &outcome, &page, &mut out)?;
    }
    Ok(())
}

/// Where the results of an id stand. Only a full run overwrites a full one.
fn path(folder: &Path, id: &str, effort: Effort, ending: &str) -> PathBuf {
    let mark = match effort {
        Effort::Full => "",
        Effort::Quick => ".quick",
        Effort::Smoke => ".smoke",
    };
    folder.join(format!("{id}{mark}.{ending}"))
}

/// Writes the record and the page; returns the place of the page.
fn save(folder: &Path, outcome: &Outcome, record: &Record) -> anyhow::Result<PathBuf> {
    let effort = record.effort;
    let page = path(folder, record.id, effort, "html");
    let parent = page.parent().unwrap_or(folder);
    std::fs::create_dir_all(parent)
        .with_context(|| format!("{}: the folder cannot be made", parent.display()))?;
    let json = serde_json::to_string(record)? + "\n";
    let files = [(path(folder, record.id, effort, "json"), json), (page.clone(), report(outcome, record))];
    for (path, text) in files {
        std::fs::write(&path, text).with_context(|| format!("{}: cannot be written", path.display()))?;
    }
    Ok(page)
}

fn tell(record: &Record, outcome: &Outcome, page: &Path, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "{}  {}", record.id, record.title)?;
    match record.effort {
        Effort::Full => {}
        Effort::Quick => writeln!(out, "  *** QUICK RUN: one repetition; these numbers decide nothing ***")?,
        Effort::Smoke => writeln!(out, "  *** SMOKE RUN: tiny sizes; these numbers prove nothing ***")?,
    }
    writeln!(out, "  source      {}", record.source)?;
    let (published, unit) = match record.published {
        Some(p) => (with_spread(p.value, p.spread), format!(" {}", p.unit)),
        None => ("nothing to compare with".to_owned(), String::new()),
    };
    writeln!(out, "  published   {published}{unit}")?;
    let measured = with_spread(record.measured.mean, record.measured.spread);
    writeln!(out, "  measured    {measured}{unit}  ({} runs)", record.measured.runs)?;
    for (title, numbers) in [("series", &record.series), ("baselines", &record.baselines)] {
        let width = numbers.iter().map(|n| n.name.chars().count()).max().unwrap_or(0);
        for (index, n) in numbers.iter().enumerate() {
            let title = if index == 0 { title } else { "" };
            writeln!(out, "  {title:<12}{:<width$}  {}", n.name, with_spread(n.mean, n.spread))?;
        }
    }
    let verdict = match record.pass {
        _ if record.effort == Effort::Smoke => "none: a smoke run proves nothing",
        _ if record.effort == Effort::Quick => "none: one repetition decides nothing",
        // Without a published number it is a finding or a theorem that was checked, and no more is claimed.
        Some(true) if record.published.is_none() => {
            "HOLDS: the check of the protocol; no number is published"
        }
        Some(false) if record.published.is_none() => "DOES NOT HOLD: the check of the protocol",
        Some(true) => "REPRODUCED",
        Some(false) => "NOT REPRODUCED",
        None => "open: no published number decides",
    };
    writeln!(out, "  verdict     {verdict}")?;
    for note in &outcome.notes {
        writeln!(out, "  note        {note}")?;
    }
    writeln!(out, "  {:.1} s, seed {}, page {}\n", record.seconds, record.seed, page.display())
}

/// The list of everything, with what stands in the results folder.
fn list(known: &[Experiment], folder: &Path, output: &Output) -> anyhow::Result<()> {
    let root = catalogue::root();
    let mut out = std::io::stdout().lock();
    let width = known.iter().map(|e| e.id.len() + 2).max().unwrap_or(0);
    if !output.json() {
        writeln!(out, "{:<width$}{:<27}{:<26}{:<18}title", "id", "published", "ours when last run", "data")?;
    }
    for e in known {
        let last = last(folder, e.id)?;
        let there = |name: &str| root.join(name).is_dir();
        if output.json() {
            let data: Vec<Value> = e.data.iter().map(|n| json!({"name": n, "there": there(n)})).collect();
            let line = json!({
                "schema": 1, "id": e.id, "title": e.title, "source": e.source,
                "published": e.published, "data": data, "last": last,
            });
            writeln!(out, "{line}")?;
            continue;
        }
        let published =
            e.published.map_or("-".to_owned(), |p| format!("{} {}", with_spread(p.value, p.spread), p.unit));
        let ours = last.map_or("not run yet".to_owned(), |last| last.to_text());
        let state =
            |name: &&str| if there(name) { format!("{name}: there") } else { format!("{name}: missing") };
        let data = if e.data.is_empty() {
            "-".to_owned()
        } else {
            e.data.iter().map(state).collect::<Vec<_>>().join(", ")
        };
        writeln!(out, "{:<width$}{published:<26} {ours:<25} {data:<17} {}", e.id, e.title)?;
    }
    Ok(())
}

/// What a results file says.
#[derive(serde::Serialize, serde::Deserialize)]
struct Last {
    measured: LastMeasured,
    pass: Option<bool>,
    seed: u64,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct LastMeasured {
    mean: f64,
    spread: f64,
    runs: usize,
}

impl Last {
    fn to_text(&self) -> String {
        let mark = match self.pass {
            Some(true) => " (pass)",
            Some(false) => " (fail)",
            None => "",
        };
        with_spread(self.measured.mean, self.measured.spread) + mark
    }
}

/// The last full run of this id, if there was one.
fn last(folder: &Path, id: &str) -> anyhow::Result<Option<Last>> {
    let path = path(folder, id, Effort::Full, "json");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("{}: cannot be read", path.display())),
    };
    let last = serde_json::from_str(&text).with_context(|| {
        format!("{}: not a result of this program; remove it or name another --out", path.display())
    })?;
    Ok(Some(last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use attractor_lab::{Named, Published, Summary};

    const COIN: Experiment = Experiment {
        id: "chance/coin",
        title: "A coin & its sides",
        source: "nobody, 1900",
        protocol: "toss it",
        published: Some(Published { value: 0.5, spread: 0.0, unit: "heads", tolerance: 0.1 }),
        data: &[],
        run: |context| {
            context.progress(0.5, "tossing");
            let measured = Summary::of(&[0.25, 0.75]);
            let baselines = vec![Named::new("heads <always>", &Summary::of(&[0.5]))];
            Ok(Outcome { measured, baselines, pass: Some(true), ..Outcome::default() })
        },
    };

    #[test]
    fn a_run_leaves_its_record_and_page_where_the_list_finds_them() {
        let folder = tempfile::tempdir().unwrap();
        assert!(last(folder.path(), COIN.id).unwrap().is_none());
        let output = Output::new(true);
        let root = Path::new("nowhere");
        reproduce(&COIN, 3, Effort::Smoke, root, folder.path(), &output).unwrap();
        assert!(last(folder.path(), COIN.id).unwrap().is_none(), "a smoke run is no result");
        reproduce(&COIN, 3, Effort::Quick, root, folder.path(), &output).unwrap();
        assert!(last(folder.path(), COIN.id).unwrap().is_none(), "one repetition is no result");
        reproduce(&COIN, 3, Effort::Full, root, folder.path(), &output).unwrap();
        let found = last(folder.path(), COIN.id).unwrap().unwrap();
        assert_eq!((found.measured.mean, found.seed, found.pass), (0.5, 3, Some(true)));
        let page = std::fs::read_to_string(folder.path().join("chance/coin.html")).unwrap();
        assert!(page.contains("heads &lt;always&gt;") && page.contains("A coin &amp; its sides"));
        assert!(!page.contains("Smoke run"));
        let smoke = std::fs::read_to_string(folder.path().join("chance/coin.smoke.html")).unwrap();
        assert!(smoke.contains("Smoke run") && !smoke.contains("reproduced"), "nothing is proved");
        let quick = std::fs::read_to_string(folder.path().join("chance/coin.quick.html")).unwrap();
        assert!(quick.contains("Quick run") && !quick.contains("reproduced"), "nothing is decided");
        let record = std::fs::read_to_string(folder.path().join("chance/coin.quick.json")).unwrap();
        assert!(record.contains(r#""pass":null"#) && record.contains(r#""effort":"quick""#), "{record}");
    }

    #[test]
    fn a_foreign_results_file_is_refused_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("chance")).unwrap();
        std::fs::write(folder.path().join("chance/coin.json"), "{}").unwrap();
        let text = last(folder.path(), COIN.id).err().unwrap().to_string();
        assert!(text.contains("coin.json: not a result of this program"), "{text}");
    }

    #[test]
    fn missing_data_says_what_to_do() {
        let needy = Experiment { data: &["mnist"], ..COIN };
        let text = check_data(&needy, Path::new("/nowhere")).unwrap_err().to_string();
        assert!(
            text.contains("chance/coin needs the data set mnist")
                && text.contains("attractor data fetch mnist")
        );
    }

    #[test]
    fn an_unknown_id_hears_of_its_family_and_its_namesakes() {
        let ids = ["capacity/classical", "capacity/continuous", "kv/capacity", "recall/masked"];
        assert_eq!(near(ids.into_iter(), "capacity/clasical"), ids[..3]);
        assert_eq!(near(ids.into_iter(), "masked"), ids[3..]);
        assert!(near(ids.into_iter(), "zzz").is_empty());
        let text = find(&[COIN], "coin").unwrap_err().to_string();
        assert!(text.starts_with("no experiment `coin`: did you mean chance/coin?"), "{text}");
    }
}

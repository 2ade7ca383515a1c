//! The demo in a terminal: it explains, shows, and counts.

use std::io::{IsTerminal, Write};
use std::thread::sleep;
use std::time::Duration;

use super::count::Answer;
use super::damage::Damage;
use super::kind::Kind;
use super::learning;
use super::results::{Cell, Ending, Results, Show};

/// Most frames side by side.
const STRIP: usize = 7;
/// Columns of a frame.
const COLUMN: usize = 11;
const BEAT: Duration = Duration::from_millis(70);

/// Tells the whole story.
pub(crate) fn tell(
    results: &Results,
    runs: usize,
    out: &mut (impl Write + IsTerminal),
) -> std::io::Result<()> {
    writeln!(
        out,
        "An associative memory is asked with a damaged piece of what it knows, and answers with the whole.\n\
         It has no addresses: the state (here a picture of 8x8 pixels) rolls downhill in a landscape of\n\
         energy whose valleys are the stored patterns. Below, {} of pixels are wrong in each cue.\n",
        Damage::SHOWN.title().replace(" flipped", "")
    )?;
    let few = &results.few;
    writeln!(
        out,
        "1. {} characters in the oldest kind, Hebb's table of weights. It is asked for {:?}:\n",
        few.stored, few.asked
    )?;
    show(few, out)?;
    writeln!(out, "\n2. The same question to every kind, now with all 95 printable characters stored:\n")?;
    for watched in results.shows.iter().take(Kind::ALL.len()) {
        show(watched, out)?;
        writeln!(out)?;
    }
    writeln!(
        out,
        "3. How many of the 95 come back with every pixel right (mean ± deviation of {runs} runs):\n"
    )?;
    table(&results.table, out)?;
    writeln!(
        out,
        "\n   Half masked: the upper half is known and held. Memories over signs cannot say \"unknown\"\n   \
         and start from blank paper; the continuous ones start from zero.\n"
    )?;
    writeln!(out, "4. How many come back when fewer are stored ({}):\n", Damage::SHOWN.title())?;
    capacity(&results.capacity, out)?;
    writeln!(
        out,
        "\n   Why: the classical kinds add all patterns up, and alike patterns blur into one another.\n   \
         The modern kinds keep patterns apart and let each vote by its overlap with the state; the\n   \
         steeper the vote, the less the crowd disturbs the right one. A cube is enough for patterns drawn\n   \
         at random, but not for characters, which are mostly paper and so alike; an exponential is. Softmax\n   \
         and the sparse kinds do the same with real numbers, and the sparse ones return the pattern to the\n   \
         last bit: {}.\n",
        exactness(&results.table)
    )?;
    match &results.digits {
        Ok(digits) => {
            let stored = digits.cells.first().map_or(0, |cell| cell.stored);
            writeln!(
                out,
                "5. {stored} handwritten digits (MNIST), lower half masked: recalled to the pixel\n"
            )?;
            for cell in &digits.cells {
                let recalled = with_one_digit(cell.count.recalled.mean, cell.count.recalled.spread);
                writeln!(out, "   {:<28}{recalled:>14}", cell.answer.title())?;
            }
        }
        Err(hint) => writeln!(out, "5. Handwritten digits are not here: {hint}.")?,
    }
    writeln!(out)?;
    learning::tell(&results.learning, 6, out)
}

/// How many answers were the stored numbers themselves, for the real-valued kinds.
fn exactness(table: &[Cell]) -> String {
    let parts = [Kind::Softmax, Kind::Entmax, Kind::Sparsemax].into_iter().filter_map(|kind| {
        let cell = table.iter().find(|c| c.answer == Answer::Memory(kind) && c.damage == Damage::SHOWN)?;
        Some(format!("{} {:.0}", kind.name(), cell.count.exact.mean))
    });
    format!("of 95, {} are exact", parts.collect::<Vec<_>>().join(", "))
}

fn show(show: &Show, out: &mut (impl Write + IsTerminal)) -> std::io::Result<()> {
    let ending = match &show.ending {
        Ending::Recalled => "recalled".to_owned(),
        Ending::Other(name) => format!("ends in another character, {name:?}"),
        Ending::Spurious => "ends in something that was never stored".to_owned(),
    };
    let frames = &show.trace.frames;
    let steps = match frames.len() {
        0 | 1 => "without a step".to_owned(),
        2 => "after 1 step".to_owned(),
        n => format!("after {} steps", n - 1),
    };
    writeln!(out, "   {}: {ending} {steps}", show.kind.title())?;
    let grey = out.is_terminal();
    if grey {
        for (frame, energy) in frames.iter().zip(&show.trace.energies) {
            for line in rows(frame, grey) {
                writeln!(out, "   {line}")?;
            }
            writeln!(out, "   energy {:<12}", short(*energy))?;
            out.flush()?;
            sleep(BEAT);
            write!(out, "\x1b[5A")?;
        }
    }
    let chosen = spread(frames.len());
    let drawn: Vec<[String; 4]> = chosen.iter().map(|&i| rows(&frames[i], grey)).collect();
    for line in 0..4 {
        let cells: Vec<&str> = drawn.iter().map(|frame| frame[line].as_str()).collect();
        // A frame is 8 columns wide, whatever its colours.
        writeln!(out, "   {}", cells.join(&" ".repeat(COLUMN - 8)))?;
    }
    let energies = chosen.iter().map(|&i| format!("{:<COLUMN$}", short(show.trace.energies[i])));
    writeln!(out, "   {}", energies.collect::<String>().trim_end())
}

/// At most [`STRIP`] of `n` frames, the first and the last among them.
pub(crate) fn spread(n: usize) -> Vec<usize> {
    if n <= STRIP {
        return (0..n).collect();
    }
    (0..STRIP).map(|i| (i * (n - 1)).div_ceil(STRIP - 1).min(n - 1)).collect()
}

/// A state of 8x8 pixels in four lines of half blocks: in greys, or as the signs only.
fn rows(state: &[f32], grey: bool) -> [String; 4] {
    let pixel = |row: usize, column: usize| state.get(8 * row + column).copied().unwrap_or(-1.0);
    std::array::from_fn(|line| {
        let blocks = (0..8).map(|column| (pixel(2 * line, column), pixel(2 * line + 1, column)));
        if grey {
            // 232 to 255 are the greys of terminals with 256 colours.
            let level = |x: f32| 232 + ((x.clamp(-1.0, 1.0) + 1.0) * 11.5) as u8;
            let cells = blocks.map(|(a, b)| format!("\x1b[38;5;{}m\x1b[48;5;{}m▀", level(a), level(b)));
            return cells.collect::<String>() + "\x1b[0m";
        }
        let sign = |(a, b): (f32, f32)| match (a > 0.0, b > 0.0) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        };
        blocks.map(sign).collect()
    })
}

/// An energy in few characters.
pub(crate) fn short(energy: f64) -> String {
    if energy.abs() < 1e5 { format!("{energy:.1}") } else { format!("{energy:.2e}") }
}

fn table(cells: &[Cell], out: &mut impl Write) -> std::io::Result<()> {
    let heads: Vec<String> = Damage::ALL.iter().map(|d| format!("{:>15}", d.title())).collect();
    writeln!(out, "   {:<28}{}", "", heads.concat())?;
    for row in cells.chunks(Damage::ALL.len()) {
        let numbers = row.iter().map(|c| with_one_digit(c.count.recalled.mean, c.count.recalled.spread));
        let numbers: Vec<String> = numbers.map(|text| format!("{text:>15}")).collect();
        writeln!(out, "   {:<28}{}", row.first().map_or("", |c| c.answer.title()), numbers.concat())?;
    }
    Ok(())
}

fn capacity(cells: &[Cell], out: &mut impl Write) -> std::io::Result<()> {
    let first = cells.first().map(|c| c.answer);
    let stored: Vec<&Cell> = cells.iter().take_while(|c| Some(c.answer) == first).collect();
    let heads: Vec<String> = stored.iter().map(|c| format!("{:>6}", c.stored)).collect();
    writeln!(out, "   {:<28}{}", "stored", heads.concat())?;
    for row in cells.chunks(stored.len().max(1)) {
        let numbers: Vec<String> = row.iter().map(|c| format!("{:>6.1}", c.count.recalled.mean)).collect();
        writeln!(out, "   {:<28}{}", row.first().map_or("", |c| c.answer.title()), numbers.concat())?;
    }
    Ok(())
}

/// Counts need no more than a tenth.
pub(crate) fn with_one_digit(mean: f64, spread: f64) -> String {
    format!("{mean:.1} ± {spread:.1}")
}

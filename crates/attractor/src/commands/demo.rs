//! `attractor demo`.

use crate::output::Output;
use crate::demo::{count::*, damage::Damage, kind::Kind};

/// demo
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_args: &Args, _output: &Output) -> anyhow::Result<()> {
    let set = attractor_data::glyphs();
    for answer in Answer::all() {
        print!("{:30}", answer.title());
        for damage in Damage::ALL {
            let t = std::time::Instant::now();
            let c = count(&set, answer, 95, damage, 3, 1)?;
            print!(" {:.1}/{:.1} ({:.2}s)", c.recalled.mean, c.exact.mean, t.elapsed().as_secs_f64());
        }
        print!(" |");
        for k in [1, 2,4,8,16,32,64] {
            let c = count(&set, answer, k, Damage::SHOWN, 3, 1)?;
            print!(" {:.1}", c.recalled.mean);
        }
        println!();
    }
    let cue = Damage::SHOWN.apply(set.patterns(), set.shape(), &mut attractor_data::stream(1, "x"))?;
    for kind in Kind::ALL {
        let t = kind.store(set.patterns())?.watch(cue.states.row(33), &[], 8)?;
        println!("{:?} {} {:?}", kind, t.frames.len(), t.energies);
    }
    Ok(())
}

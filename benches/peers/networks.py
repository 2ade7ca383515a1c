"""What comparisons of networks share: options, turns, lines, records."""

import argparse
import json
import shlex
import statistics
import tempfile
from pathlib import Path

import report
from ours import OursFailed, output_of
from run import default_binary, say
from turns import turn

COLUMNS = ("workload", "ours_ms", "peer", "peer_ms", "ratio", "equal", "difference", "ours_cpu_ms", "peer_cpu_ms",
           "cpu_ratio", "ours_peak_bytes", "peer_peak_bytes")


def parse(arguments, description, repeat):
    """The options of such a script; `repeat` timed runs per turn unless told."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attractor", default=default_binary(), help="the command of ours")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3, help="turns that each side has")
    parser.add_argument("--repeat", type=int, default=repeat, help="timed runs per turn")
    parser.add_argument("--only", default="", help="workloads whose names contain this")
    parser.add_argument("--record", type=Path, metavar="FOLDER", help="write a dated CSV there")
    options = parser.parse_args(arguments)
    if options.record is not None and options.only:
        parser.error("--record: only the whole list is worth keeping, without --only")
    return options


def run(kind, options, versions, workloads, compare):
    """Compares on the chosen workloads: `compare(name, folder)` gives the rows of one. The exit code."""
    where = report.machine(options.threads, options.repeat, versions)
    say("; ".join(f"{name} {value}" for name, value in where.items()))
    if float(where["load"]) > 0.5:
        say("note: the machine is not quiet (load above 0.5); processor times say more than times")
    rows, good = [], True
    with tempfile.TemporaryDirectory(prefix=f"attractor-{kind}-") as folder:
        for name in (name for name in workloads if options.only in name):
            try:
                rows += compare(name, Path(folder))
            except OursFailed as error:
                say(f"{name}: ours failed: {error}")
                good = False
    if options.record is not None and good:
        words = [f"benches/peers/{kind}.py", "--threads", options.threads, "--rounds", options.rounds, "--repeat",
                 options.repeat]
        command = shlex.join(str(word) for word in words)
        say(f"record: {report.write_record(options.record, rows, where, command, kind, COLUMNS)}")
    return 0 if good and all(row["equal"] for row in rows) else 1


def in_turns(kind, name, options, steps, tolerance, resident=lambda: None):
    """Times ours and the peers in turns: a row per peer, printed. `steps` has a peer's run and its difference."""
    samples = {peer: ([], []) for peer in ("ours", *steps)}
    memory = dict.fromkeys(("ours", *steps))
    for _ in range(options.rounds):
        times, cpu, memory["ours"] = ours(kind, name, options, options.repeat)
        samples["ours"][0].extend(times)
        samples["ours"][1].append(cpu)
        for peer, (step, _) in steps.items():
            times, cpu = turn(step, options.repeat)
            samples[peer][0].extend(times)
            samples[peer][1].append(cpu)
            memory[peer] = resident()
    rows = []
    for peer, (_, difference) in steps.items():
        (mine, mine_cpu), (theirs, theirs_cpu) = (
            [statistics.median(part) for part in samples[who]] for who in ("ours", peer))
        rows.append({
            "workload": name, "ours_ms": mine, "peer": peer, "peer_ms": theirs, "ratio": mine / theirs,
            "equal": difference <= tolerance, "difference": difference, "ours_cpu_ms": mine_cpu,
            "peer_cpu_ms": theirs_cpu, "cpu_ratio": mine_cpu / theirs_cpu, "ours_peak_bytes": memory["ours"],
            "peer_peak_bytes": memory[peer],
        })
        print(json.dumps({"schema": 1} | rows[-1]), flush=True)
        say(line(rows[-1]))
    return rows


def ours(kind, name, options, repeat, out=None):
    """Times in milliseconds, processor time per run, peak memory in bytes where it is told."""
    words = [options.attractor, "bench", kind, name, "--threads", options.threads, "--repeat", repeat, "--json"]
    text = output_of(words + (["--out", out] if out else []))
    try:
        lines = [line for line in map(json.loads, text.splitlines()) if line["workload"] == name]
        timing = next(line for line in lines if "samples_ms" in line)
        used = next(line for line in lines if "cpu_ms" in line)
        return timing["samples_ms"], used["cpu_ms"], used.get("peak_bytes")
    except (ValueError, KeyError, StopIteration) as error:
        raise OursFailed(f"not the expected JSON ({error!r}): {text[:200]!r}") from error


def line(row):
    """A comparison for a reader."""
    sizes = [f"{row[key] / 2**20:.0f}" for key in ("ours_peak_bytes", "peer_peak_bytes") if row[key] is not None]
    memory = f"memory {' / '.join(sizes)} MiB  " if len(sizes) == 2 else ""
    return (f"{row['workload']:<34} {row['peer']:<16} ours {row['ours_ms']:8.2f} ms  peer {row['peer_ms']:8.2f} ms  "
            f"ratio {row['ratio']:6.3f}  cpu {row['ours_cpu_ms']:8.1f} / {row['peer_cpu_ms']:8.1f} ms = "
            f"{row['cpu_ratio']:6.3f}  {memory}{'equal' if row['equal'] else 'NOT EQUAL'} ({row['difference']:.1e})")

#!/usr/bin/env python3
"""Attractor beside PyTorch, FAISS and NumPy: equal results first, then times.

    benches/peers/setup.sh
    ~/.cache/attractor-peers/bin/python benches/peers/run.py --record benches/records

Comparisons go to standard output, one JSON object per line; the machine, progress
and the table go to standard error. Exit code 0: every result was equal; 1: one was
not, or the command failed on a workload; 2: nothing was measured.
"""

import argparse
import os
import shlex
import sys
import tempfile
from itertools import groupby
from pathlib import Path


SETTLE_SECONDS = 0.3


def main(arguments):
    """Parses, fixes the number of threads, and only then loads the libraries."""
    parser = options_parser()
    options = parser.parse_args(arguments)
    for name in ("threads", "repeat"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} {getattr(options, name)}: must be at least 1")
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(options.threads)
    complete(parser, options)

    import peers
    import report

    peers.set_threads(options.threads)
    where = report.machine(options.threads, options.repeat, peers.versions())
    say("; ".join(f"{name} {value}" for name, value in where.items()))
    if float(where["load"]) > 0.5:
        say("note: the machine is not quiet (load above 0.5); the times are not worth keeping")
    rows, failures = measure_all(options, chosen(options))
    say("")
    say(report.table(rows))
    for failure in failures:
        say(f"failed: {failure}")
    if options.record is not None:
        say(f"record: {report.write_record(options.record, rows, where, command(options))}")
    return 1 if failures or not all(row["equal"] for row in rows) else 0


def options_parser():
    """The options and their help."""
    parser = argparse.ArgumentParser(
        description="Attractor beside PyTorch, FAISS and NumPy: equal results first, then times.",
        epilog="example: run.py --only 64x10kx256 --repeat 9")
    parser.add_argument("--attractor", type=Path, metavar="PATH",
                        help=f"the command to measure (default: {default_binary()})")
    parser.add_argument("--peers-only", action="store_true", help="measure without ours")
    parser.add_argument("--threads", type=int, default=2, help="of every contestant (default: 2)")
    parser.add_argument("--repeat", type=int, default=7, help="timed calls each (default: 7)")
    parser.add_argument("--only", default="", metavar="TEXT",
                        help="only workloads whose name contains TEXT")
    parser.add_argument("--record", type=Path, metavar="FOLDER", help="write a dated CSV there")
    parser.add_argument("--self-test", action="store_true",
                        help="all of this on tiny sizes, in seconds; the times mean nothing")
    return parser


def complete(parser, options):
    """Checks what the options name; misuse ends with exit code 2 and one line on it."""
    options.settle = 0 if options.self_test else SETTLE_SECONDS
    if options.self_test and options.record is not None:
        parser.error("--record: the times of --self-test are not worth keeping")
    if options.peers_only and options.attractor is not None:
        parser.error("--attractor: --peers-only measures without it")
    if not chosen(options):
        parser.error(f"--only {options.only!r}: no workload has that in its name")
    if options.peers_only:
        return
    named = options.attractor is not None
    options.attractor = (options.attractor or default_binary()).resolve()
    if options.attractor.is_file():
        return
    if named or not options.self_test:
        parser.error(f"{options.attractor}: no such file; build it with "
                     "`cargo build --release`, or measure with --peers-only")
    say("note: no command to measure; the peers alone")
    options.attractor = None


def default_binary():
    """Where a release build puts the command."""
    return Path(os.environ.get("CARGO_TARGET_DIR", "target")) / "release" / "attractor"


def chosen(options):
    """The workloads that the options name."""
    from workloads import all_workloads

    found = [w for w in all_workloads() if options.only in w.name]
    return [w.tiny() for w in found] if options.self_test else found


def measure_all(options, workloads):
    """Rows of all comparisons, and what failed; JSON lines are printed on the way."""
    import numpy as np

    import contest
    import report
    from workloads import make_keys

    rows, failures = [], []
    with tempfile.TemporaryDirectory(prefix="attractor-peers-") as folder:
        for _, group in groupby(workloads, key=lambda w: w.dataset):
            group = list(group)
            keys = make_keys(group[0])
            keys_path = Path(folder) / "keys.npy"
            np.save(keys_path, keys)
            for workload in group:
                say(f"{workload.name}: {workload.note}")
                mine, timed, failure = contest.hold(workload, keys, keys_path, folder, options)
                if failure is not None:
                    failures.append(f"{workload.name}: {failure}")
                if mine is not None and mine.drift > contest.DRIFT:
                    say(f"  note: our two runs differ by {mine.drift:.0%}")
                for peer in timed:
                    if len(peer.tried) > 1:
                        say(f"  {peer.peer}: " + ", ".join(
                            f"{name} {ms:.2f} ms" for name, ms in peer.tried.items()))
                new = report.rows_of(workload, mine, timed)
                rows += new
                for row in new:
                    print(report.json_line(row), flush=True)
    return rows, failures


def command(options):
    """The command line for the record, without the folders of this machine."""
    words = ["benches/peers/run.py", "--threads", options.threads, "--repeat", options.repeat]
    if options.only:
        words += ["--only", options.only]
    if options.peers_only:
        words.append("--peers-only")
    return shlex.join(str(word) for word in words)


def say(text):
    """A line for a reader, on standard error."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""Attractor beside what people use today to learn from a stream, each example seen once.

    benches/peers/setup.sh
    ATTRACTOR_DATA=... ~/.cache/attractor-peers/bin/python benches/peers/learn.py

One JSON object per peer goes to standard output; machine, progress and the table go
to standard error. The learners differ, so that `equal` is null: the accuracies on the
test digits stand beside the times. Without MNIST the stream is synthetic, and its name
says so. Exit code 0: everything was measured; 1: ours failed; 2: nothing was measured.
"""

import argparse
import json
import os
import shlex
import sys
import tempfile
import time
from pathlib import Path

from run import SETTLE_SECONDS, default_binary, say

COLUMNS = ["workload", "peer", "ours_ms", "peer_ms", "ratio", "equal", "observations",
           "ours_per_second", "peer_per_second", "ours_accuracy", "peer_accuracy",
           "floor_us_per_observation", "floor_of", "level"]
# Sizes of the synthetic stream: those of MNIST, and those of a self-test.
FULL, TINY = (60_000, 10_000), (400, 200)


def main(arguments):
    """Parses, fixes the number of threads, and only then loads the libraries."""
    parser = options_parser()
    options = parser.parse_args(arguments)
    complete(parser, options)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(options.threads)

    import torch

    import digits
    import learners
    import report

    torch.set_num_threads(options.threads)
    where = report.machine(options.threads, 1, learners.versions())
    say("; ".join(f"{name} {value}" for name, value in where.items()))
    if float(where["load"]) > 0.5:
        say("note: the machine is not quiet (load above 0.5); the times are not worth keeping")
    with tempfile.TemporaryDirectory(prefix="attractor-learn-") as folder:
        root = None if options.self_test else digits.mnist_root()
        name = "mnist" if root else "synthetic"
        if root is None:
            say("note: no MNIST below ATTRACTOR_DATA; a synthetic stream, of which accuracies say little"
                if not options.self_test else "self-test: a small synthetic stream")
            digits.write_synthetic(folder, *(TINY if options.self_test else FULL))
        stream = digits.read_stream(name, root or folder, options.limit)
        rows, failure = measure(options, stream)
    say("")
    say(table(rows))
    if failure is not None:
        say(f"failed: {failure}")
    if options.record is not None:
        path = report.write_record(options.record, rows, where, command(options), "learn", COLUMNS)
        say(f"record: {path}")
    return 1 if failure is not None else 0


def options_parser():
    """The options and their help."""
    parser = argparse.ArgumentParser(
        description="Attractor beside online learners and experience replay on a stream of digits.",
        epilog="example: learn.py --limit 5000")
    parser.add_argument("--attractor", type=Path, metavar="PATH",
                        help=f"the command to measure (default: {default_binary()})")
    parser.add_argument("--peers-only", action="store_true", help="measure without ours")
    parser.add_argument("--threads", type=int, default=2, help="of every learner (default: 2)")
    parser.add_argument("--limit", type=int, metavar="N",
                        help="the first N training examples (default: all)")
    parser.add_argument("--record", type=Path, metavar="FOLDER", help="write a dated CSV there")
    parser.add_argument("--self-test", action="store_true",
                        help="all of this on a tiny stream, in seconds; the numbers mean nothing")
    return parser


def complete(parser, options):
    """Checks what the options name; misuse ends with exit code 2 and one line on it."""
    for name in ("threads", "limit"):
        value = getattr(options, name)
        if value is not None and value < 1:
            parser.error(f"--{name} {value}: must be at least 1")
    if options.record is not None and (options.self_test or options.limit is not None):
        parser.error("--record: only a whole run is worth keeping, without --self-test and --limit")
    if options.peers_only:
        if options.attractor is not None:
            parser.error("--attractor: --peers-only measures without it")
        return
    options.attractor = (options.attractor or default_binary()).resolve()
    if not options.attractor.is_file():
        parser.error(f"{options.attractor}: no such file; build it with "
                     "`cargo build --release`, or measure with --peers-only")


def measure(options, stream):
    """Rows of all peers, and why ours failed; JSON lines are printed when all is known."""
    import learners
    import ours

    count, mine, failure = len(stream.train_x), None, None
    say(f"{count} observations of {stream.name}, {len(stream.test_x)} test examples")
    if not options.peers_only:
        try:
            mine = ours.learn(options.attractor, stream.root, options.threads, count)
            tell("attractor", count, mine["learn/alone"]["seconds"], mine["learn/accuracy"]["accuracy"])
        except ours.OursFailed as error:
            failure = str(error)
    rows = []
    for learner in learners.all_learners():
        learner.prepare(stream)
        time.sleep(0 if options.self_test else SETTLE_SECONDS)
        start = time.perf_counter()
        learner.learn()
        seconds = time.perf_counter() - start
        accuracy = float((learner.predict(stream.test_x) == stream.test_y).mean())
        tell(learner.name, count, seconds, accuracy)
        row = row_of(stream.name, count, mine, learner.name, seconds, accuracy)
        rows.append(row)
        print(json.dumps({"schema": 1} | row), flush=True)
    return rows, failure


def row_of(name, count, mine, peer, seconds, accuracy):
    """One comparison, a dict over COLUMNS; what was not measured is None.

    `ours_ms` and `peer_ms` are the whole pass. `equal` is None: these learners are not
    meant to give the same answers.
    """
    row = dict.fromkeys(COLUMNS)
    row |= {"workload": f"learn/{name}/{count}", "peer": peer, "observations": count,
            "peer_ms": 1e3 * seconds, "peer_per_second": count / seconds, "peer_accuracy": accuracy}
    if mine is not None:
        alone = mine["learn/alone"]
        row |= {"ours_ms": 1e3 * alone["seconds"], "ours_per_second": count / alone["seconds"],
                "ours_accuracy": mine["learn/accuracy"]["accuracy"],
                "ratio": alone["seconds"] / seconds}
        row |= {field: alone.get(field) for field in ("floor_us_per_observation", "floor_of", "level")}
    return row


def tell(name, count, seconds, accuracy):
    """One learner, for a reader."""
    say(f"  {name}: {count / seconds:.0f} observations/s, accuracy {accuracy:.4f}")


def table(rows):
    """The comparisons as text; a ratio below 1 is less time than the peer's, above 1 more."""
    lines = [("peer", "ours obs/s", "peer obs/s", "time ratio", "", "our accuracy", "its accuracy")]
    for row in rows:
        ratio = row["ratio"]
        lines.append((
            row["peer"], number(row["ours_per_second"], ".0f"), number(row["peer_per_second"], ".0f"),
            number(ratio, ".2f"), "" if ratio is None else "win" if ratio < 1 else "loss",
            number(row["ours_accuracy"], ".4f"), number(row["peer_accuracy"], ".4f")))
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
                     for line in lines)


def number(value, form):
    """A number, or a dash where there is none."""
    return "-" if value is None else format(value, form)


def command(options):
    """The command line for the record, without the folders of this machine."""
    words = ["benches/peers/learn.py", "--threads", options.threads]
    if options.peers_only:
        words.append("--peers-only")
    return shlex.join(str(word) for word in words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What Python costs: recall through the package against the same recall by the command, on the workloads of the peers.

    PYTHON benches/peers/python.py --binary target/release/attractor [--only NAME] [--tiny]

PYTHON has the package installed, built with the same profile as the command. Both run in turn, on the same bits.
One JSON object per workload goes to standard output: {"schema":1,"workload","command_ms","python_ms","ratio","equal"}.
The first two are one cue among 1,000 patterns of 64, with and without what a recall reports beside the states: what a
call costs. The number of runs there is a hundred times that of the others.
"""

import argparse
import json
import os
import statistics
import tempfile
from pathlib import Path

import numpy as np
import ours
import workloads
from turns import turn


def package(workload, keys, cues, repeat, top):
    """Times in milliseconds, and the final states."""
    import attractor

    name, _, k = workload.separation.rstrip(")").partition("(")
    options = {"k": int(k)} if k else {}
    memory = attractor.Memory(keys.shape[1], separation=name, beta=workload.beta, **options)
    memory.store(keys)
    recall = lambda: memory.recall(cues, max_steps=workload.steps, tol=0.0, top=top)
    return turn(recall, repeat)[0], recall().state


# A call, and how many patterns it reports.
CALLS = [
    (workloads.Workload("1x1000x64/states", "directions", 1000, 64, 1, 8.0, 1, "softmax", "what a call costs"), 0),
    (workloads.Workload("1x1000x64/reports", "directions", 1000, 64, 1, 8.0, 1, "softmax", "what a call costs"), 8),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default="target/release/attractor")
    parser.add_argument("--only", default="")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tiny", action="store_true")
    options = parser.parse_args()
    # Before the package is imported, which is when its threads are counted.
    os.environ["RAYON_NUM_THREADS"] = str(options.threads)
    for workload, top in CALLS + [(workload, 0) for workload in workloads.all_workloads()]:
        if options.only not in workload.name or workload.separation == "store":
            continue
        repeat = options.repeat * (100 if workload.n == 1000 else 1)
        workload = workload.tiny() if options.tiny else workload
        keys = workloads.make_keys(workload)
        cues = workloads.make_cues(workload, keys)
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / name for name in ("keys.npy", "cues.npy", "out.npy")]
            np.save(paths[0], keys)
            np.save(paths[1], cues)
            times = {"command": [], "python": []}
            for _ in range(options.rounds):
                report, states = ours.recall(options.binary, workload, paths[0], paths[1],
                                             options.threads, repeat, paths[2], "full" if top else "states")
                times["command"] += report["samples_ms"]
                samples, found = package(workload, keys, cues, repeat, top)
                times["python"] += samples
        command, python = (statistics.median(times[name]) for name in ("command", "python"))
        print(json.dumps({"schema": 1, "workload": workload.name, "command_ms": round(command, 4),
                          "python_ms": round(python, 4), "ratio": round(python / command, 3),
                          "equal": bool((found == states).all())}), flush=True)


main()

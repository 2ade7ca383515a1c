"""One workload: results first, then times, ours before and after the peers."""

import statistics
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import faiss
import numpy as np

import ours
import reference
from peers import peers_of
from workloads import make_cues

# Two runs of ours that differ by more than this are reported.
DRIFT = 0.10


@dataclass
class Check:
    """Largest difference from the float64 reference, and what float32 may differ by."""

    difference: float
    tolerance: float

    @property
    def equal(self):
        """False for a NaN too."""
        return bool(self.difference <= self.tolerance)


@dataclass
class Ours:
    """The two runs of the command around the peers; `check` is the worse of the two."""

    check: Check
    first: dict
    second: dict = field(default_factory=dict)

    @property
    def samples(self):
        """Samples of both runs, in milliseconds."""
        return self.first["samples_ms"] + self.second.get("samples_ms", [])

    @property
    def drift(self):
        """By how much the medians of the two runs differ, relative to the smaller."""
        pair = sorted(statistics.median(run["samples_ms"])
                      for run in (self.first, self.second) if run)
        return pair[-1] / pair[0] - 1


@dataclass
class Timed:
    """A peer with its fastest variant."""

    peer: str
    variant: str
    tried: dict[str, float]
    samples: list[float]
    check: Check


def hold(workload, keys, keys_path, folder, options):
    """Measures the peers and, if there is a binary, ours around them.

    Returns (ours or None, list of Timed, message of what failed or None).
    """
    judge = Judge(workload, keys)
    mine, failure = None, None
    if options.attractor is not None:
        try:
            mine = run_ours(judge, keys_path, folder, options)
        except ours.OursFailed as error:
            failure = str(error)
    timed = [time_peer(peer, judge, options)
             for peer in peers_of(workload, keys, judge.cues, options.threads)]
    if mine is not None:
        try:
            again = run_ours(judge, keys_path, folder, options)
            mine.second = again.first
            mine.check = max(mine.check, again.check, key=lambda check: check.difference)
        except ours.OursFailed as error:
            failure = str(error)
    return mine, timed, failure


def run_ours(judge, keys_path, folder, options):
    """One run of the command, its result checked."""
    time.sleep(options.settle)
    workload, binary = judge.workload, options.attractor
    cues_path, out_path = Path(folder) / "cues.npy", Path(folder) / "out.npy"
    out_path.unlink(missing_ok=True)
    np.save(cues_path, judge.cues)
    if workload.separation != "store":
        report, states = ours.recall(binary, workload, keys_path, cues_path,
                                     options.threads, calls(workload, options), out_path)
        return Ours(judge.check_states(states), report)
    # What was stored is known by what comes back: keys as cues return themselves.
    _, states = ours.recall(binary, judge.lookup, keys_path, cues_path, options.threads, 1, out_path)
    report = ours.store(binary, keys_path, options.threads, options.repeat)
    return Ours(judge.check_states(states), report)


def time_peer(peer, judge, options):
    """Warms every variant up, tries it twice, and measures the fastest."""
    # Idle worker threads of the library before keep spinning for a while.
    time.sleep(options.settle)
    tried, checks = {}, {}
    for name, run in peer.variants.items():
        checks[name] = judge.check(peer.answer, run())
        tried[name] = min(measure(run, 2))
    best = min(tried, key=tried.get)
    return Timed(peer.name, best, tried, measure(peer.variants[best], calls(judge.workload, options)),
                 checks[best])


def calls(workload, options):
    """Timed calls of each contestant: five times as many where one takes milliseconds, since a hiccup of
    the machine is as long as the call."""
    return options.repeat * (5 if workload.n <= 20_000 else 1)


def measure(run, repeat):
    """Wall-clock milliseconds of each of `repeat` calls; the answer is freed outside."""
    samples = []
    for _ in range(repeat):
        start = time.perf_counter()
        answer = run()
        samples.append((time.perf_counter() - start) * 1e3)
        del answer
    return samples


class Judge:
    """Knows the cues of a workload and the right answer for a sample of them."""

    def __init__(self, workload, keys):
        self.workload, self.keys = workload, keys
        self.lookup = replace(workload, separation="argmax", steps=1, cues=reference.SAMPLE)
        if workload.separation == "store":
            self.cues = np.ascontiguousarray(keys[reference.sample_rows(len(keys))])
            self.rows = np.arange(len(self.cues))
            self.states, self.tolerance = self.cues.astype(np.float64), 0.0
            return
        self.cues = make_cues(workload, keys)
        self.rows = reference.sample_rows(len(self.cues))
        self.states = reference.states(workload, keys, self.cues[self.rows])
        self.tolerance = reference.state_tolerance(workload, keys, self.cues)

    def check(self, kind, answer):
        """Judges the answer of a peer of that kind."""
        return {"state": self.check_states, "nearest": self.check_nearest,
                "stored": self.check_stored}[kind](answer)

    def check_states(self, states):
        """States of all cues, (cues, d)."""
        if states.shape != self.cues.shape or not np.isfinite(states).all():
            return Check(float("inf"), self.tolerance)
        return Check(float(np.abs(states[self.rows] - self.states).max()), self.tolerance)

    def check_nearest(self, answer):
        """Scores and ids, (cues, K) each: the same ids in the same order, scores alike.

        Ids may trade places where their scores are closer than the tolerance.
        """
        scores, ids = answer[0][self.rows], answer[1][self.rows]
        right_ids, right_scores = reference.nearest(self.workload, self.keys, self.cues[self.rows])
        tolerance = reference.score_tolerance(self.keys, self.cues)
        own = np.einsum("cd,ckd->ck", self.cues[self.rows].astype(np.float64),
                        self.keys[ids].astype(np.float64))
        wrong = (ids != right_ids) & (np.abs(own - right_scores) > tolerance)
        difference = float(np.abs(scores - right_scores).max())
        return Check(float("inf") if wrong.any() else difference, tolerance)

    def check_stored(self, answer):
        """An index or an array with all keys in order, to the bit."""
        if isinstance(answer, faiss.Index):
            count, held = answer.ntotal, answer.reconstruct_n(0, len(self.keys))
        else:
            count, held = len(answer), answer
        same = count == len(self.keys) and all(
            np.array_equal(a, b) for a, b in zip(reference.blocks(held), reference.blocks(self.keys)))
        return Check(0.0 if same else float("inf"), 0.0)

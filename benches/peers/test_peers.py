"""Tests of the benchmark itself, with a stand-in for the command.

    ~/.cache/attractor-peers/bin/python -m unittest discover -s benches/peers -p 'test_*.py'
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from argparse import Namespace
from pathlib import Path
from unittest import mock

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import numpy as np

import contest
import ours
import reference
import report
import run
from workloads import Workload, all_workloads, make_cues, make_keys, read_mnist

# The contract of `attractor bench`, with NumPy behind it; FAULT spoils it on purpose.
STAND_IN = '''#!{python}
import argparse, json, os, sys, time
import numpy as np
fault = os.environ.get("FAULT", "")
parser = argparse.ArgumentParser()
commands = parser.add_subparsers(required=True)
bench = commands.add_parser("bench")
bench.add_argument("--keys", required=True)
bench.add_argument("--cues")
bench.add_argument("--beta", type=float)
bench.add_argument("--steps", type=int)
bench.add_argument("--separation")
bench.add_argument("--out")
bench.add_argument("--store", action="store_true")
bench.add_argument("--threads", type=int, required=True)
bench.add_argument("--repeat", type=int, required=True)
bench.add_argument("--json", action="store_true", required=True)
a = parser.parse_args()
if fault == "crash":
    sys.exit("keys.npy: row 3 is not finite")
keys = np.load(a.keys)
assert keys.dtype == np.float32 and keys.flags.c_contiguous
samples = []
for _ in range(a.repeat):
    start = time.perf_counter()
    if a.store:
        keys.copy()
    else:
        state = np.load(a.cues).astype(np.float64)
        for _ in range(a.steps):
            scores = state @ keys.T.astype(np.float64)
            k = {{"softmax": len(keys), "argmax": 1}}.get(a.separation) or int(a.separation[5:-1])
            cut = np.sort(scores, axis=1)[:, [-k]]
            logits = np.where(scores >= cut, a.beta * scores, -np.inf)
            w = np.exp(logits - logits.max(axis=1, keepdims=True))
            state = w / w.sum(axis=1, keepdims=True) @ keys
    samples.append((time.perf_counter() - start) * 1e3)
if a.out:
    state = state.astype(np.float32)
    if fault == "wrong":
        state = state * np.float32(1.2)
    if fault == "nan":
        state[0, 0] = np.nan
    np.save(a.out, state)
print(json.dumps({{"schema": 2 if fault == "schema" else 1, "workload": "recall",
    "median_ms": float(np.median(samples)), "min_ms": min(samples), "max_ms": max(samples),
    "samples_ms": samples, "floor_ms": 0.001, "floor_of": "bytes", "threads": a.threads,
    "level": "stand-in"}}))
'''


class WholeRun(unittest.TestCase):
    """The script as a user runs it."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.binary = Path(cls.folder.name) / "attractor"
        cls.binary.write_text(STAND_IN.format(python=sys.executable))
        cls.binary.chmod(0o755)

    def run_script(self, *arguments, fault=""):
        """Exit code, JSON objects of standard output, text of standard error."""
        done = subprocess.run(
            [sys.executable, HERE / "run.py", *map(str, arguments)], capture_output=True, text=True,
            env={**os.environ, "FAULT": fault, "CARGO_TARGET_DIR": self.folder.name}, check=False)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def test_every_workload_is_compared_with_equal_results(self):
        code, lines, text = self.run_script("--self-test", "--attractor", self.binary, "--repeat", 2)
        self.assertEqual(code, 0, text)
        self.assertEqual({line["workload"] for line in lines}, {w.name for w in all_workloads()})
        for line in lines:
            self.assertEqual(set(line), {"schema", "workload", "ours_ms", "peer", "peer_ms",
                                         "ratio", "equal"})
            self.assertEqual((line["schema"], line["equal"]), (1, True), line)
            self.assertAlmostEqual(line["ratio"], line["ours_ms"] / line["peer_ms"])
        self.assertIn("torch 2", text.splitlines()[0])

    def test_wrong_results_are_told_and_fail_the_run(self):
        for fault in ("wrong", "nan"):
            for name in ("1x1Mx128/diffuse", "8x1Mx128/topk10", "store/", "uniform"):
                with self.subTest(fault=fault, name=name):
                    code, lines, text = self.run_script(
                        "--self-test", "--attractor", self.binary, "--repeat", 1, "--only", name,
                        fault=fault)
                    self.assertEqual((code, {line["equal"] for line in lines}), (1, {False}), text)

    def test_a_failing_command_is_told_and_the_peers_still_stand(self):
        for fault, words in (("crash", "row 3 is not finite"), ("schema", "schema 2")):
            with self.subTest(fault=fault):
                code, lines, text = self.run_script(
                    "--self-test", "--attractor", self.binary, "--only", "gaussian", fault=fault)
                self.assertEqual(code, 1)
                self.assertIn(words, text)
                self.assertTrue(lines)
                self.assertEqual({(line["ours_ms"], line["ratio"]) for line in lines}, {(None, None)})

    def test_misuse_ends_with_code_two_and_says_what(self):
        for arguments, words in (
            (["--attractor", "nowhere/attractor"], "no such file"),
            ([], "no such file"),
            (["--peers-only", "--only", "17x"], "no workload"),
            (["--peers-only", "--threads", "0"], "--threads 0"),
            (["--peers-only", "--repeat", "0"], "--repeat 0"),
            (["--self-test", "--record", "x"], "--record"),
            (["--peers-only", "--attractor", "x"], "--attractor"),
        ):
            with self.subTest(arguments=arguments):
                # A folder without a build, so that the default is absent.
                with tempfile.TemporaryDirectory() as empty, \
                        mock.patch.object(type(self), "folder", Namespace(name=empty)):
                    code, lines, text = self.run_script(*arguments)
                self.assertEqual((code, lines), (2, []))
                self.assertIn(words, text)


class Data(unittest.TestCase):
    """What the workloads say about their data is so."""

    @staticmethod
    def weights(workload):
        """float32 weights as the plain formulation has them."""
        keys = make_keys(workload)
        scores = np.float32(workload.beta) * make_cues(workload, keys) @ keys.T
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        return weights / weights.sum(axis=1, keepdims=True)

    @staticmethod
    def named(name):
        return next(w for w in all_workloads() if w.name == name)

    def test_most_weights_of_the_denormal_workload_are_denormal(self):
        weights = self.weights(self.named("64x10kx256/denormal"))
        tiny = (weights > 0) & (weights < np.finfo(np.float32).tiny)
        self.assertGreater(tiny.mean(), 0.5)

    def test_one_weight_of_the_gaussian_workload_is_not_zero(self):
        weights = self.weights(self.named("64x10kx256/gaussian"))
        self.assertTrue(((weights > 0).sum(axis=1) == 1).all())

    def test_no_weight_of_the_unit_workload_is_negligible(self):
        weights = self.weights(self.named("64x10kx256/directions"))
        self.assertGreater(weights.min() * weights.shape[1], 1e-3)

    def test_fewer_cues_are_the_first_of_more(self):
        base = Workload("", "directions", 500, 16, 64, 1.0, 1, "softmax", "")
        keys = make_keys(base)
        few = Workload("", "directions", 500, 16, 8, 1.0, 1, "softmax", "")
        np.testing.assert_array_equal(make_cues(base, keys)[:8], make_cues(few, keys))

    def test_keys_are_float32_rows_of_unit_norm(self):
        keys = make_keys(Workload("", "directions", 500, 16, 1, 1.0, 1, "softmax", ""))
        self.assertEqual((keys.dtype, keys.flags.c_contiguous), (np.float32, True))
        np.testing.assert_allclose(np.linalg.norm(keys, axis=1), 1, rtol=1e-6)

    def test_a_foreign_image_file_is_refused(self):
        import gzip
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "images.gz"
            path.write_bytes(gzip.compress(np.array([2049, 5, 28, 28], dtype=">u4").tobytes()))
            with self.assertRaisesRegex(ValueError, "magic 2049"):
                read_mnist(path, 5)


class Judging(unittest.TestCase):
    """The judge agrees with the definition and rejects what is wrong."""

    def setUp(self):
        self.workload = Workload("w", "directions", 60, 8, 5, 4.0, 2, "softmax", "")
        self.keys = make_keys(self.workload)

    def test_states_follow_the_definition_across_blocks(self):
        cues = make_cues(self.workload, self.keys)
        expected = []
        for cue in cues.astype(np.float64):
            for _ in range(2):
                weights = [np.exp(4.0 * np.dot(key.astype(np.float64), cue)) for key in self.keys]
                cue = sum(w * key for w, key in zip(weights, self.keys)) / sum(weights)
            expected.append(cue)
        with mock.patch.object(reference, "BLOCK", 7):
            states = reference.states(self.workload, self.keys, cues)
        np.testing.assert_allclose(states, expected, rtol=1e-12)

    def test_a_swapped_neighbour_is_rejected(self):
        workload = Workload("w", "directions", 60, 8, 5, 4.0, 1, "topk(3)", "")
        judge = contest.Judge(workload, self.keys)
        scores = judge.cues @ self.keys.T
        ids = np.argsort(-scores, axis=1)[:, :3]
        right = np.take_along_axis(scores, ids, axis=1)
        self.assertTrue(judge.check_nearest((right, ids)).equal)
        self.assertFalse(judge.check_nearest((right, ids[:, ::-1])).equal)
        self.assertFalse(judge.check_nearest((right + 1e-3, ids)).equal)

    def test_a_lost_row_is_rejected(self):
        judge = contest.Judge(Workload("w", "directions", 60, 8, 0, 1.0, 0, "store", ""), self.keys)
        self.assertTrue(judge.check_stored(self.keys.copy()).equal)
        self.assertFalse(judge.check_stored(self.keys[:-1]).equal)
        self.assertFalse(judge.check_stored(self.keys[::-1]).equal)

    def test_drift_is_relative_to_the_faster_run(self):
        mine = contest.Ours(contest.Check(0, 0), {"samples_ms": [10.0]}, {"samples_ms": [12.0]})
        self.assertAlmostEqual(mine.drift, 0.2)
        self.assertEqual(contest.Ours(contest.Check(0, 0), {"samples_ms": [10.0]}).drift, 0)


class Records(unittest.TestCase):
    """Records are dated, complete, and never overwritten."""

    def test_a_second_record_of_a_day_is_a_second_file(self):
        row = dict.fromkeys(report.COLUMNS) | {"workload": "w", "peer": "numpy", "ratio": 0.5}
        where = {"date": "2026-01-02 03:04 UTC", "cpu": "Some CPU @ 2 GHz"}
        with tempfile.TemporaryDirectory() as folder:
            first = report.write_record(folder, [row], where, "run.py")
            second = report.write_record(folder, [row, row], where, "run.py")
            self.assertEqual(first.name, "2026-01-02-peers-some-cpu-2-ghz.csv")
            self.assertEqual(second.name, "2026-01-02-peers-some-cpu-2-ghz-2.csv")
            lines = first.read_text().splitlines()
        self.assertEqual(lines[0], "# date: 2026-01-02 03:04 UTC")
        self.assertEqual(lines[3].split(","), report.COLUMNS)
        self.assertEqual(len(lines), 5)

    def test_the_command_keeps_no_folder_of_the_machine(self):
        options = Namespace(threads=2, repeat=7, only="a b", peers_only=False,
                            attractor=Path("/some/where/attractor"), record=Path("/some/where"))
        self.assertEqual(run.command(options),
                         "benches/peers/run.py --threads 2 --repeat 7 --only 'a b'")

    def test_a_loss_is_called_a_loss(self):
        rows = []
        for ratio in (0.5, 2.0):
            rows.append(dict.fromkeys(report.COLUMNS) | {
                "workload": "w", "peer": "p", "variant": "v", "ratio": ratio, "equal": True,
                "difference": 0.0, "tolerance": 0.0})
        text = report.table(rows).splitlines()
        self.assertRegex(text[1], r"0\.50 +win")
        self.assertRegex(text[2], r"2\.00 +loss")


class Contract(unittest.TestCase):
    """What the command prints is read strictly."""

    def test_output_that_is_not_the_contract_is_refused(self):
        for words in ("", "[]", "{}", '{"schema": 1}', '{"schema": 1, "samples_ms": []}'):
            with self.subTest(words=words), self.assertRaises(ours.OursFailed):
                ours.call([sys.executable, "-c", f"print({words!r})"])


if __name__ == "__main__":
    unittest.main()

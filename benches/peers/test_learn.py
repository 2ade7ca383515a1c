"""Tests of `learn.py` on a small synthetic stream, with a stand-in for the command."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import numpy as np
import torch

import digits
import learn
import learners
import ours
import report

# The contract of `attractor bench learn`; FAULT spoils it on purpose.
STAND_IN = '''#!{python}
import json, os, sys
sys.path.insert(0, {here!r})
fault = os.environ.get("FAULT", "")
words = sys.argv[1:]
assert words[:2] == ["bench", "learn"] and "--json" in words, words
value = lambda name: int(words[words.index(name) + 1])
if fault == "crash":
    sys.exit("no room on the disk")
import digits
images, _ = digits.read_part(os.environ["ATTRACTOR_DATA"], "train")
count = min(value("--limit"), len(images)) - (fault == "short")
for workload, fields in (("machine", {{}}), ("learn/alone", {{"seconds": count / 1000}}),
                         ("learn/accuracy", {{"accuracy": 0.75}})):
    print(json.dumps({{"schema": 2 if fault == "schema" else 1, "workload": workload,
        "data": "mnist", "observations": count, "threads": value("--threads"), **fields}}))
'''


class WholeRun(unittest.TestCase):
    """The script as a user runs it."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.binary = Path(cls.folder.name) / "attractor"
        cls.binary.write_text(STAND_IN.format(python=sys.executable, here=str(HERE)))
        cls.binary.chmod(0o755)

    def run_script(self, *arguments, fault=""):
        """Exit code, JSON objects of standard output, text of standard error."""
        done = subprocess.run(
            [sys.executable, HERE / "learn.py", *map(str, arguments)], capture_output=True, text=True,
            env={**os.environ, "FAULT": fault, "CARGO_TARGET_DIR": self.folder.name}, check=False)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def test_every_peer_stands_beside_ours(self):
        code, lines, text = self.run_script("--self-test", "--threads", 1, "--attractor", self.binary)
        self.assertEqual(code, 0, text)
        self.assertEqual([line["peer"] for line in lines], [p.name for p in learners.all_learners()])
        for line in lines:
            self.assertEqual(set(line), {"schema", *learn.COLUMNS})
            self.assertEqual((line["schema"], line["workload"], line["equal"]),
                             (1, "learn/synthetic/400", None))
            self.assertEqual((line["ours_accuracy"], line["ours_per_second"]), (0.75, 1000))
            self.assertAlmostEqual(line["ratio"], line["ours_ms"] / line["peer_ms"])
            self.assertTrue(0 <= line["peer_accuracy"] <= 1)

    def test_a_failing_command_is_told_and_the_peers_still_stand(self):
        for fault, words in (("crash", "no room"), ("schema", "schema 2"), ("short", "399 observations")):
            with self.subTest(fault=fault):
                code, lines, text = self.run_script(
                    "--self-test", "--threads", 1, "--attractor", self.binary, fault=fault)
                self.assertEqual(code, 1)
                self.assertIn(words, text)
                self.assertTrue(lines)
                self.assertEqual({(line["ours_ms"], line["ratio"]) for line in lines}, {(None, None)})

    def test_misuse_ends_with_code_two_and_says_what(self):
        for arguments, words in (
            (["--attractor", "nowhere/attractor"], "no such file"),
            (["--peers-only", "--threads", "0"], "--threads 0"),
            (["--peers-only", "--limit", "0"], "--limit 0"),
            (["--peers-only", "--limit", "9", "--record", "x"], "--record"),
            (["--peers-only", "--attractor", "x"], "--attractor"),
        ):
            with self.subTest(arguments=arguments):
                code, lines, text = self.run_script(*arguments)
                self.assertEqual((code, lines), (2, []))
                self.assertIn(words, text)


class Small(unittest.TestCase):
    """Tests on one small stream."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        # Threads that wait for each other take long where others use the machine.
        torch.set_num_threads(1)
        digits.write_synthetic(folder.name, 600, 100)
        cls.stream = digits.read_stream("synthetic", folder.name, 500)


class Streams(Small):
    """What the stream says about itself is so."""

    def test_classes_come_two_at_a_time_in_the_order_of_the_file(self):
        labels = np.array([3, 0, 9, 1, 2, 0, 8, 1])
        order = digits.class_incremental(labels)
        # Pairs of the classes that there are: 0 1, 2 3, 8 9.
        self.assertEqual(order.tolist(), [1, 3, 5, 7, 0, 4, 2, 6])

    def test_a_limit_takes_the_first_of_the_file(self):
        images, _ = digits.read_part(self.stream.root, "train")
        self.assertEqual(self.stream.train_x.shape, (500, 784))
        np.testing.assert_array_equal(np.sort(self.stream.train_x.sum(axis=1)),
                                      np.sort(images[:500].sum(axis=1)))

    def test_files_come_back(self):
        with tempfile.TemporaryDirectory() as folder:
            path, array = Path(folder) / "x", np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
            digits.write_idx(path, array)
            np.testing.assert_array_equal(digits.read_idx(path), array)
            path.write_bytes(b"\0\0\x0d\x01" + bytes(8))
            with self.assertRaisesRegex(ValueError, "not an IDX file"):
                digits.read_idx(path)


class Learners(Small):
    """Each peer learns what it can learn."""

    def accuracy(self, learner, stream):
        learner.prepare(stream)
        learner.learn()
        return (learner.predict(stream.test_x) == stream.test_y).mean()

    def test_all_learn_from_a_shuffled_stream(self):
        order = np.random.default_rng(1).permutation(len(self.stream.train_x))
        shuffled = digits.Stream("shuffled", self.stream.root, self.stream.train_x[order],
                                 self.stream.train_y[order], self.stream.test_x, self.stream.test_y)
        for learner in learners.all_learners():
            with self.subTest(learner=learner.name):
                self.assertGreater(self.accuracy(learner, shuffled), 0.8)

    def test_replay_keeps_what_a_window_forgets(self):
        window = learners.NearestWindow(window=50)
        forgot = self.accuracy(window, self.stream)
        self.assertLess(forgot, 0.5)
        self.assertGreater(self.accuracy(learners.ExperienceReplay(), self.stream), forgot)

    def test_a_step_follows_the_gradient(self):
        learner = learners.SoftmaxRegression(rate=0.5)
        learner.weights = np.zeros((10, 2), np.float32)
        learner.learn_one(np.array([1.0, 2.0], np.float32), 3)
        expected = np.full(10, -0.05)
        expected[3] = 0.45
        np.testing.assert_allclose(learner.bias, expected, rtol=1e-6)
        np.testing.assert_allclose(learner.weights, np.outer(expected, [1, 2]), rtol=1e-6)

    def test_the_window_forgets_the_oldest(self):
        learner = learners.NearestWindow(neighbours=1, window=3)
        learner.window, learner.labels = np.zeros((3, 1), np.float32), np.zeros(3, np.int64)
        for x in range(5):
            learner.learn_one(np.array([x], np.float32), x)
        self.assertEqual([learner.predict_one(np.float32([x])) for x in (0, 2, 4)], [2, 2, 4])

    def test_the_reservoir_keeps_all_of_the_past_alike(self):
        counts = np.zeros(40)
        for seed in range(200):
            learner = learners.ExperienceReplay(room=10, seed=seed)
            learner.kept, learner.kept_labels = np.zeros((10, 1), np.uint8), np.zeros(10, np.int64)
            for label in range(40):
                learner.keep(np.uint8([label]), label)
            counts[learner.kept_labels] += 1
        # 50 each are expected, with a deviation of about 6.
        self.assertTrue((abs(counts - 50) < 30).all(), counts)


class Records(unittest.TestCase):
    """A record of learning has its own columns and name."""

    def test_a_record_holds_the_accuracies(self):
        mine = {"learn/alone": {"seconds": 2.0}, "learn/accuracy": {"accuracy": 0.9}}
        row = learn.row_of("mnist", 100, mine, "p", 4.0, 0.8)
        self.assertEqual((row["ratio"], row["ours_accuracy"], row["peer_accuracy"]), (0.5, 0.9, 0.8))
        with tempfile.TemporaryDirectory() as folder:
            where = {"date": "2026-01-02 03:04 UTC", "cpu": "Some CPU"}
            path = report.write_record(folder, [row], where, "learn.py", "learn", learn.COLUMNS)
            self.assertEqual(path.name, "2026-01-02-learn-some-cpu.csv")
            self.assertEqual(path.read_text().splitlines()[3].split(","), learn.COLUMNS)

    def test_output_that_is_not_the_contract_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            for words in ("", "[]", "{}", '{"schema": 1, "workload": "learn/alone"}'):
                binary = Path(folder) / "fake"
                binary.write_text(f"#!{sys.executable}\nprint({words!r})\n")
                binary.chmod(0o755)
                with self.subTest(words=words), self.assertRaises(ours.OursFailed):
                    ours.learn(binary, folder, 1, 10)


if __name__ == "__main__":
    unittest.main()

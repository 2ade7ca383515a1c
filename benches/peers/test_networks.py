"""Tests of what comparisons of networks share, with a stand-in for the command."""

import contextlib
import csv
import io
import json
import os
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import networks
from ours import OursFailed

# The contract of `attractor bench energy` and `layers`; FAULT spoils it on purpose.
STAND_IN = '''#!{python}
import json, os, sys
words = sys.argv[1:]
assert words[0] == "bench" and "--json" in words, words
name, repeat = words[2], int(words[words.index("--repeat") + 1])
if os.environ.get("FAULT") == "crash":
    sys.exit("no such workload")
print(json.dumps({{"workload": "machine"}}))
print(json.dumps({{"workload": name, "samples_ms": [2.0] * repeat}}))
if os.environ.get("FAULT") != "short":
    print(json.dumps({{"workload": name, "cpu_ms": 4.0, "peak_bytes": 1 << 20}}))
'''


class Turns(unittest.TestCase):
    """Ours and the peers in turns, on a list of two workloads."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.environ.pop, "FAULT", None)
        self.folder = Path(folder.name)
        binary = self.folder / "attractor"
        binary.write_text(STAND_IN.format(python=sys.executable))
        binary.chmod(0o755)
        self.words = ["--attractor", str(binary), "--rounds", "2"]

    def go(self, *words, difference=0.0):
        """Exit code, rows, and what was said."""
        options = networks.parse([*self.words, *words], "a test", repeat=3)
        out, said = io.StringIO(), io.StringIO()
        steps = {"stone": (lambda: None, difference)}
        compare = lambda name, _: networks.in_turns("energy", name, options, steps, 1e-5, lambda: 1 << 21)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
            code = networks.run("energy", options, {"stone": "1"}, ["energy/a", "energy/b"], compare)
        return code, [json.loads(line) for line in out.getvalue().splitlines()], said.getvalue()

    def test_every_workload_has_a_line_and_the_record_a_row(self):
        code, rows, said = self.go("--record", str(self.folder / "records"))
        self.assertEqual((code, [row["workload"] for row in rows]), (0, ["energy/a", "energy/b"]))
        self.assertEqual((rows[0]["ours_ms"], rows[0]["ours_cpu_ms"], rows[0]["equal"]), (2.0, 4.0, True))
        self.assertAlmostEqual(rows[0]["ratio"] * rows[0]["peer_ms"], 2.0)
        self.assertIn("memory 1 / 2 MiB", said)
        record, = (self.folder / "records").iterdir()
        lines = [line for line in record.read_text().splitlines() if not line.startswith("#")]
        self.assertEqual([row["workload"] for row in csv.DictReader(lines)], ["energy/a", "energy/b"])
        self.assertIn("-energy-", record.name)

    def test_another_result_and_a_failure_of_ours_are_told(self):
        code, rows, said = self.go("--only", "b", difference=1e-3)
        self.assertEqual((code, len(rows), rows[0]["equal"]), (1, 1, False))
        self.assertIn("NOT EQUAL", said)
        for fault in ("crash", "short"):
            os.environ["FAULT"] = fault
            code, rows, said = self.go("--record", str(self.folder / "none"))
            self.assertEqual((code, rows), (1, []), fault)
            self.assertIn("ours failed", said)
        self.assertFalse((self.folder / "none").exists(), "half a list is no record")
        with self.assertRaises(OursFailed):
            networks.ours("energy", "energy/a", networks.parse(self.words, "", 3), 1)

    def test_a_part_of_the_list_is_no_record(self):
        with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()):
            networks.parse(["--only", "a", "--record", "x"], "a test", repeat=3)


if __name__ == "__main__":
    unittest.main()

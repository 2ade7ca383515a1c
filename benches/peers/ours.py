"""The command `attractor bench` as a contestant."""

import json
import os
import struct
import subprocess

import numpy as np


class OursFailed(Exception):
    """The command did not give a measurement; the text says why."""


def recall(binary, workload, keys_path, cues_path, threads, repeat, out_path, detail="states"):
    """One run of the command: its JSON object and the final states, (cues, d) float32."""
    report = call([binary, "bench", "--keys", keys_path, "--cues", cues_path,
                   "--beta", repr(workload.beta), "--steps", workload.steps,
                   "--separation", workload.separation, "--threads", threads,
                   "--repeat", repeat, "--out", out_path, "--json",
                   *(() if detail == "states" else ("--detail", detail))])
    try:
        return report, np.load(out_path)
    except (OSError, ValueError) as error:
        raise OursFailed(f"no states were written: {error}") from error


def store(binary, keys_path, threads, repeat):
    """One run of the command that times storing the keys into an empty memory."""
    return call([binary, "bench", "--keys", keys_path, "--store",
                 "--threads", threads, "--repeat", repeat, "--json"])


def learn(binary, root, threads, limit):
    """One run of the command on the digits below `root`: its JSON objects by workload."""
    text = output_of([binary, "bench", "learn", "--threads", threads, "--limit", limit,
                      "--repeat", 1, "--json"], ATTRACTOR_DATA=str(root))
    try:
        lines = {line["workload"]: line for line in map(json.loads, text.splitlines())}
        for name, field in (("learn/alone", "seconds"), ("learn/accuracy", "accuracy")):
            line = lines[name]
            if line["schema"] != 1:
                raise OursFailed(f"schema {line['schema']}: this script reads schema 1")
            if (line["data"], line["observations"]) != ("mnist", limit):
                raise OursFailed(f"{line['observations']} observations of {line['data']}: "
                                 f"{limit} of mnist were asked for")
            float(line[field])
        return lines
    except (ValueError, KeyError, TypeError) as error:
        raise OursFailed(f"not the expected JSON ({error!r}): {text[:200]!r}") from error


def output_of(arguments, **environment):
    """What the command prints."""
    words = [str(argument) for argument in arguments]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False,
                              env=os.environ | environment)
    except OSError as error:
        raise OursFailed(f"could not be started: {error}") from error
    if done.returncode != 0:
        raise OursFailed(f"exit code {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def call(arguments):
    """Runs the command and reads the one JSON line that it prints."""
    text = output_of(arguments)
    try:
        report = json.loads(text)
        if report["schema"] != 1:
            raise OursFailed(f"schema {report['schema']}: this script reads schema 1")
        if not report["samples_ms"]:
            raise OursFailed("samples_ms is empty")
        return report
    except (ValueError, KeyError, TypeError) as error:
        raise OursFailed(f"not the expected JSON ({error!r}): {text[:200]!r}") from error


def safetensors(path):
    """The float32 tensors of a file by name, and its metadata."""
    data = path.read_bytes()
    length, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__", {})
    body = data[8 + length:]
    tensors = {}
    for key, entry in header.items():
        start, end = entry["data_offsets"]
        tensors[key] = np.frombuffer(body[start:end], "<f4").reshape(entry["shape"]).copy()
    return tensors, metadata

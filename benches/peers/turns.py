"""A peer's turn at a workload."""

import time

# As `attractor bench` does: a process that was just started, or has slept, is slower for its first few runs.
WARM_SECONDS = 0.5


def turn(run, repeat):
    """Times in milliseconds and processor time per run, after half a second (at least one run) that is not timed."""
    end = time.perf_counter() + WARM_SECONDS
    run()
    while time.perf_counter() < end:
        run()
    samples, start = [], time.process_time()
    for _ in range(repeat):
        before = time.perf_counter()
        run()
        samples.append((time.perf_counter() - before) * 1e3)
    return samples, (time.process_time() - start) * 1e3 / repeat

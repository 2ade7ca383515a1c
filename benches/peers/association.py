"""PyTorch on the shapes of `cargo bench -p attractor-nets --bench association`.

Prints one line per workload: median, quartiles and least time in milliseconds. Each
workload is written plainly and, where PyTorch has a fused kernel for it, also with
`scaled_dot_product_attention`; both answers are compared before they are timed. Whole layers are in `layers.py`.
"""

import argparse
import time

import torch
import torch.nn.functional as F

BATCH, HEADS, ROWS, WIDTH = 32, 8, 128, 32
BETA = WIDTH**-0.5


def measure(name, run, runs):
    """Times `run` after two calls that are not counted."""
    times = []
    for _ in range(runs + 2):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1e3)
    times = sorted(times[2:])
    low, median, high = (times[runs * i // 4] for i in (1, 2, 3))
    print(f"{name}: {median:.2f} ms ({low:.2f} to {high:.2f}, least {times[0]:.2f})", flush=True)


def plain(q, k, v, updates):
    """The association as one writes it."""
    for _ in range(updates):
        q = torch.softmax(BETA * q @ k.transpose(2, 3), -1) @ k
    return torch.softmax(BETA * q @ k.transpose(2, 3), -1) @ v


def fused(q, k, v, updates):
    """The same with the fused kernel."""
    for _ in range(updates):
        q = F.scaled_dot_product_attention(q, k, k, scale=BETA)
    return F.scaled_dot_product_attention(q, k, v, scale=BETA)


def association(name, operation, updates, runs):
    """Forwards, and forwards and backwards."""
    generator = torch.Generator().manual_seed(1)
    shape = (BATCH, HEADS, ROWS, WIDTH)
    q, k, v, slopes = (torch.rand(shape, generator=generator) * 2 - 1 for _ in range(4))
    with torch.inference_mode():
        difference = (operation(q, k, v, updates) - plain(q, k, v, updates)).abs().max().item()
        if difference > 1e-4:
            raise SystemExit(f"{name}: off by {difference}")
        measure(f"{name}, {updates} updates, forward", lambda: operation(q, k, v, updates), runs)
    q, k, v = (x.clone().requires_grad_() for x in (q, k, v))

    def both():
        torch.autograd.grad(operation(q, k, v, updates), (q, k, v), slopes)

    measure(f"{name}, {updates} updates, forward and backward", both, runs)


def main():
    """Everything, with as many threads as asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=25)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"torch {torch.__version__}, {options.threads} threads, ({BATCH}, {HEADS}, {ROWS}, {WIDTH})")
    for updates in (0, 3):
        for name, operation in (("plain", plain), ("fused", fused)):
            association(name, operation, updates, options.runs)


if __name__ == "__main__":
    main()

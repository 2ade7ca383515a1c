"""Hopfield layers in PyTorch, f64: small cases with their outputs and gradients, for the tests of `attractor-nets`.

    python benches/peers/hopfield_fixtures.py crates/nets/tests/fixtures

The layer is written from its equations (Ramsauer et al. 2021), with the parameter names of `ml-jku/hopfield-layers`,
and covers what that package computes rightly: one head with any option; several heads without static patterns and
with one beta; masks; fixed numbers of steps; connected values; the zero association.

Two files are written: `hopfield_cases.safetensors` (per case the parameters, inputs, outputs and gradients; the
options as JSON in the metadata) and `hopfield_torch.safetensors` (the `state_dict` of one layer in f32).
"""

import json
import math
import pathlib
import struct
import sys

import torch
from torch import nn

EPS = 1e-5
NORMS = ("stored_pattern", "state_pattern", "pattern_projection")
DEFAULTS = {
    "input_size": None, "hidden_size": None, "output_size": None, "pattern_size": None, "num_heads": 1,
    "scaling": None, "scaling_as_trainable": True, "separation": "softmax", "update_steps_max": 0,
    "update_steps_eps": None, "normalize_stored_pattern": {"Affine": EPS},
    "normalize_state_pattern": {"Affine": EPS}, "normalize_pattern_projection": {"Affine": EPS},
    "normalize_hopfield_space": "Off", "stored_pattern_as_static": False, "state_pattern_as_static": False,
    "pattern_projection_as_static": False, "pattern_projection_as_connected": False,
    "stored_pattern_size": None, "pattern_projection_size": None, "batch_first": True,
    "association_activation": None, "dropout": 0.0, "input_bias": True, "concat_bias_pattern": False,
    "add_zero_association": False, "disable_out_projection": False,
}


def draw(generator, *shape):
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


class Core(nn.Module):
    """Projections and association; parameters as the package names them."""

    def __init__(self, o, generator):
        super().__init__()
        heads = o["num_heads"]
        self.c = c = o["hidden_size"] or o["input_size"] // heads
        self.cv = cv = o["pattern_size"] or c
        e = o["input_size"]
        e_s, e_v = o["stored_pattern_size"] or e, o["pattern_projection_size"] or e
        connected, static_k = o["pattern_projection_as_connected"], o["stored_pattern_as_static"]
        self.parts = {
            "q": None if o["state_pattern_as_static"] else (heads * c, e),
            "k": None if static_k else (heads * c, e_s),
            "v": None if o["pattern_projection_as_static"]
            else (heads * cv, heads * c if connected and not static_k else e_v),
        }
        fully_static = (not any(self.parts.values()) and not connected and o["disable_out_projection"]
                        and o["normalize_hopfield_space"] == "Off")
        self.stacked = e_s == e and e_v == e and o["pattern_size"] is None and not connected
        present = [shape for shape in self.parts.values() if shape]
        if self.stacked and present:
            self.in_proj_weight = nn.Parameter(0.6 * draw(generator, sum(rows for rows, _ in present), e))
        if not self.stacked:
            for name, shape in self.parts.items():
                if shape:
                    self.register_parameter(f"{name}_proj_weight", nn.Parameter(0.6 * draw(generator, *shape)))
        if o["input_bias"] and not fully_static:
            rows = sum(self.parts[name][0] for name in "qk" if self.parts[name]) + heads * cv
            self.in_proj_bias = nn.Parameter(0.3 * draw(generator, rows))
        if not o["disable_out_projection"]:
            self.out_proj = nn.Linear(heads * cv, o["output_size"] or e, bias=o["input_bias"], dtype=torch.float64)
            with torch.no_grad():
                for parameter in self.out_proj.parameters():
                    parameter.copy_(0.6 * draw(generator, *parameter.shape))
        if o["normalize_hopfield_space"] != "Off":
            self.p_norm_weight = nn.Parameter(1 + 0.2 * draw(generator, c))
            self.p_norm_bias = nn.Parameter(0.2 * draw(generator, c))

    def weights(self):
        """Weight and bias per part."""
        row, at, found = 0, 0, {}
        for name, shape in self.parts.items():
            if shape is None:
                continue
            if self.stacked:
                weight, row = self.in_proj_weight[row:row + shape[0]], row + shape[0]
            else:
                weight = getattr(self, f"{name}_proj_weight")
            bias = None
            if hasattr(self, "in_proj_bias"):
                bias, at = self.in_proj_bias[at:at + shape[0]], at + shape[0]
            found[name] = (weight, bias)
        return found


class Hopfield(nn.Module):
    def __init__(self, o, generator):
        super().__init__()
        self.o = o
        self.association_core = Core(o, generator)
        core = self.association_core
        e = o["input_size"]
        depths = {
            "stored_pattern": core.c if o["stored_pattern_as_static"] else o["stored_pattern_size"] or e,
            "state_pattern": core.c if o["state_pattern_as_static"] else e,
            "pattern_projection": core.cv if o["pattern_projection_as_static"]
            else o["pattern_projection_size"] or e,
        }
        for name in NORMS:
            if isinstance(o[f"normalize_{name}"], dict):
                norm = nn.LayerNorm(depths[name], eps=EPS, dtype=torch.float64)
                with torch.no_grad():
                    norm.weight.copy_(1 + 0.2 * draw(generator, depths[name]))
                    norm.bias.copy_(0.2 * draw(generator, depths[name]))
                self.add_module(f"norm_{name}", norm)
        self.depths = depths

    def normalised(self, name, x):
        norm = getattr(self, f"norm_{name}", None)
        return x if norm is None else norm(x)

    def forward(self, stored, state, value, log_beta, padding=None, mask=None):
        o, core = self.o, self.association_core
        heads, weights = o["num_heads"], core.weights()

        def cut(x):
            return x.reshape(x.shape[0], x.shape[1], heads, -1).transpose(1, 2)

        def projected(x, name):
            if name not in weights:
                return x.unsqueeze(1).expand(-1, heads, -1, -1)
            return cut(nn.functional.linear(x, *weights[name]))

        stored = self.normalised("stored_pattern", stored)
        state = self.normalised("state_pattern", state)
        value = self.normalised("pattern_projection", value)
        q, k = projected(state, "q"), projected(stored, "k")
        if o["pattern_projection_as_connected"] and "k" in weights:
            value = nn.functional.linear(value, *weights["k"])
        v = projected(value, "v")
        if hasattr(core, "p_norm_weight"):
            q, k = (nn.functional.layer_norm(x, (core.c,), core.p_norm_weight, core.p_norm_bias, EPS) for x in (q, k))
        n, _, length, _ = q.shape
        n = max(n, k.shape[0])
        if o["add_zero_association"]:
            k, v = (torch.cat([x, x.new_zeros(x.shape[0], heads, 1, x.shape[3])], 2) for x in (k, v))
        add = q.new_zeros(n, heads, length, k.shape[2])
        s = stored.shape[1]
        if padding is not None:
            add[..., :s] = add[..., :s].masked_fill(padding[:, None, None, :], -math.inf)
        if mask is not None:
            wide = mask if mask.dim() == 2 else mask.reshape(n, heads, length, s)
            if wide.dtype == torch.bool:
                add[..., :s] = add[..., :s].masked_fill(wide, -math.inf)
            else:
                add[..., :s] = add[..., :s] + wide
        beta = log_beta.exp().reshape(1, heads, 1, 1)
        for step in range(o["update_steps_max"] + 1):
            p = torch.softmax(beta * q @ k.transpose(2, 3) + add, -1)
            if step < o["update_steps_max"]:
                q = p @ k
        out = (p @ v).transpose(1, 2).reshape(n, length, -1)
        if hasattr(core, "out_proj"):
            out = core.out_proj(out)
        if o["association_activation"] == "tanh":
            out = torch.tanh(out)
        return out, p


class Pooling(nn.Module):
    def __init__(self, o, generator, quantity):
        super().__init__()
        self.hopfield = Hopfield(o, generator)
        self.pooling_weights = nn.Parameter(draw(generator, 1, quantity, self.hopfield.depths["state_pattern"]))

    def forward(self, stored, value, log_beta):
        state = self.pooling_weights.expand(stored.shape[0], -1, -1)
        out, p = self.hopfield(stored, state, value, log_beta)
        return out.flatten(1), p


class Layer(nn.Module):
    def __init__(self, o, generator, quantity, separated):
        super().__init__()
        self.hopfield = Hopfield(o, generator)
        depths = self.hopfield.depths
        self.lookup_weights = nn.Parameter(draw(generator, 1, quantity, depths["stored_pattern"]))
        if separated:
            self.target_weights = nn.Parameter(draw(generator, 1, quantity, depths["pattern_projection"]))

    def forward(self, state, log_beta):
        n = state.shape[0]
        stored = self.lookup_weights.expand(n, -1, -1)
        value = getattr(self, "target_weights", self.lookup_weights).expand(n, -1, -1)
        return self.hopfield(stored, state, value, log_beta)


def cases():
    several = {"input_size": 6, "num_heads": 3}
    for steps in range(6):
        yield f"three heads {steps} steps", {**several, "update_steps_max": steps, "scaling": 0.7}, {}
    yield "one head", {"input_size": 5}, {}
    yield "all sizes differ", {
        "input_size": 5, "hidden_size": 3, "pattern_size": 2, "output_size": 7, "stored_pattern_size": 4,
        "pattern_projection_size": 6, "num_heads": 2, "update_steps_max": 1}, {}
    yield "no biases", {**several, "input_bias": False, "update_steps_max": 2}, {}
    yield "padding", {**several, "update_steps_max": 1}, {"padding": True}
    yield "mask per head", {**several, "update_steps_max": 1}, {"mask": "each"}
    yield "mask of numbers", {**several, "update_steps_max": 2}, {"mask": "add"}
    yield "both masks, zero association", {**several, "update_steps_max": 1, "add_zero_association": True}, {
        "padding": True, "mask": "forbid"}
    yield "zero association", {**several, "add_zero_association": True}, {}
    yield "connected", {
        "input_size": 6, "num_heads": 2, "hidden_size": 4, "stored_pattern_size": 5, "pattern_projection_size": 5,
        "pattern_projection_as_connected": True, "update_steps_max": 1}, {}
    yield "connected, stored static", {
        "input_size": 5, "hidden_size": 5, "pattern_projection_as_connected": True,
        "stored_pattern_as_static": True}, {}
    yield "Hopfield space normalised", {
        **several, "hidden_size": 4, "normalize_hopfield_space": {"Affine": EPS}, "update_steps_max": 2}, {}
    yield "nothing normalised, tanh", {
        **several, "association_activation": "tanh", **{f"normalize_{name}": "Off" for name in NORMS}}, {}
    yield "heads side by side", {**several, "pattern_size": 4, "disable_out_projection": True}, {}
    for name in ("stored_pattern", "state_pattern", "pattern_projection"):
        yield f"{name} static", {"input_size": 5, "hidden_size": 5, f"{name}_as_static": True,
                                 "update_steps_max": 1}, {}
    yield "pure retrieval", {
        "input_size": 5, "stored_pattern_as_static": True, "state_pattern_as_static": True,
        "pattern_projection_as_static": True, "disable_out_projection": True, "scaling": 1.5,
        "update_steps_max": 3, **{f"normalize_{name}": "Off" for name in NORMS}}, {}
    yield "pooling", {**several, "update_steps_max": 1}, {"pooling": 2}
    yield "lookup", {**several, "update_steps_max": 1}, {"lookup": 4}
    yield "lookup, separated", {**several, "pattern_projection_size": 4}, {"lookup": 4, "separated": True}


def weighted(output):
    """A sum in which every entry counts differently."""
    return (output * torch.sin(1 + torch.arange(output.numel(), dtype=torch.float64)).reshape(output.shape)).sum()


def run(options, extra, generator):
    o = {**DEFAULTS, **options}
    n, length, s, heads = 2, 3, 4, o["num_heads"]
    if "pooling" in extra:
        model = Pooling(o, generator, extra["pooling"])
    elif "lookup" in extra:
        model = Layer(o, generator, extra["lookup"], extra.get("separated", False))
    else:
        model = Hopfield(o, generator)
    inner = getattr(model, "hopfield", model)
    depths, core = inner.depths, inner.association_core
    fully_static = not list(core.parameters())
    beta = o["scaling"] or (1.0 if fully_static else 1 / math.sqrt(core.c))
    log_beta = torch.full((heads,), math.log(beta), dtype=torch.float64, requires_grad=True)
    inputs = {
        "stored": draw(generator, n, s, depths["stored_pattern"]),
        "state": draw(generator, n, length, depths["state_pattern"]),
        "value": draw(generator, n, s, depths["pattern_projection"]),
    }
    if "pooling" in extra:
        del inputs["state"]
    if "lookup" in extra:
        inputs = {"state": inputs["state"]}
    for tensor in inputs.values():
        tensor.requires_grad_()
    masks = {}
    if extra.get("padding"):
        masks["padding"] = torch.tensor([[False, False, True, False], [False, False, False, True]])
    kind = extra.get("mask")
    if kind == "add":
        masks["mask"] = draw(generator, length, s)
    elif kind:
        shape = (length, s) if kind == "forbid" else (n * heads, length, s)
        masks["mask"] = draw(generator, *shape) > 0.5
        masks["mask"][..., 0] = False
    output, p = model(**inputs, log_beta=log_beta, **masks)
    weighted(output).backward()
    tensors = {f"param/{name}": tensor for name, tensor in model.state_dict().items()}
    for name, parameter in model.named_parameters():
        gradient = parameter.grad
        tensors[f"gradient/{name}"] = torch.zeros_like(parameter) if gradient is None else gradient
    tensors["log_beta"], tensors["gradient_of_log_beta"] = log_beta, log_beta.grad
    for name, tensor in inputs.items():
        tensors[f"input/{name}"], tensors[f"input_gradient/{name}"] = tensor, tensor.grad
    for name, tensor in masks.items():
        tensors[f"input/{name}"] = tensor.double()
    tensors["output"], tensors["association"] = output, p
    return o, extra, tensors, model


def write(path, tensors, metadata):
    """The safetensors format: header length, JSON header, bytes."""
    header, blobs, at = {"__metadata__": metadata}, [], 0
    for name, tensor in sorted(tensors.items()):
        blob = tensor.detach().contiguous().numpy().tobytes()
        kind = {torch.float64: "F64", torch.float32: "F32"}[tensor.dtype]
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(1)
    everything, described = {}, {}
    for name, options, extra in cases():
        o, extra, tensors, model = run(options, extra, generator)
        described[name] = {"options": o, "extra": extra}
        everything.update({f"{name}/{key}": tensor for key, tensor in tensors.items()})
        if name == "Hopfield space normalised":
            state = {key: tensor.float() for key, tensor in model.state_dict().items()}
            write(folder / "hopfield_torch.safetensors", state, {"torch": torch.__version__})
    metadata = {"cases": json.dumps(described), "torch": torch.__version__}
    write(folder / "hopfield_cases.safetensors", everything, metadata)


if __name__ == "__main__":
    main()

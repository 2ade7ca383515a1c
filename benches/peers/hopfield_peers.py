"""Hopfield layers in PyTorch, to be timed: written by hand, and those of the package."""

import torch
import torch.nn.functional as F
from torch import nn

DEPTH, HEADS = 256, 8


class Core(nn.Module):
    """Parameters as the package names them."""

    def __init__(self):
        super().__init__()
        self.in_proj_weight = nn.Parameter(torch.empty(3 * DEPTH, DEPTH))
        self.in_proj_bias = nn.Parameter(torch.empty(3 * DEPTH))
        self.out_proj = nn.Linear(DEPTH, DEPTH)


class Hopfield(nn.Module):
    """Three normalisations, three projections, the association, the output."""

    def __init__(self, updates, beta):
        super().__init__()
        self.association_core = Core()
        self.norm_stored_pattern, self.norm_state_pattern, self.norm_pattern_projection = (
            nn.LayerNorm(DEPTH) for _ in range(3)
        )
        self.updates, self.beta = updates, beta

    def forward(self, state, stored):
        core = self.association_core
        inputs = (self.norm_state_pattern(state), self.norm_stored_pattern(stored),
                  self.norm_pattern_projection(stored))
        maps = zip(inputs, core.in_proj_weight.chunk(3), core.in_proj_bias.chunk(3))
        q, k, v = (cut(F.linear(x, weight, bias)) for x, weight, bias in maps)
        read = self.associate(q, k, v)
        return core.out_proj(read.transpose(1, 2).flatten(2))

    def associate(self, q, k, v):
        if self.updates == 0:
            return F.scaled_dot_product_attention(q, k, v, scale=self.beta)
        for _ in range(self.updates):
            q = torch.softmax(self.beta * q @ k.transpose(2, 3), -1) @ k
        return torch.softmax(self.beta * q @ k.transpose(2, 3), -1) @ v


class Pooling(nn.Module):
    """One learned state reads each bag."""

    def __init__(self, updates, beta):
        super().__init__()
        self.hopfield = Hopfield(updates, beta)
        self.pooling_weights = nn.Parameter(torch.empty(1, 1, DEPTH))

    def forward(self, bags):
        return self.hopfield(self.pooling_weights.expand(len(bags), -1, -1), bags)


class Lookup(nn.Module):
    """States look learned patterns up; what is stored is projected once, for all of them."""

    def __init__(self, updates, beta, stored=4096):
        super().__init__()
        self.hopfield = Hopfield(updates, beta)
        self.lookup_weights = nn.Parameter(torch.empty(1, stored, DEPTH))

    def forward(self, states):
        batch, length, _ = states.shape
        return self.hopfield(states.reshape(1, batch * length, DEPTH), self.lookup_weights).view(states.shape)


class Both(nn.Module):
    """One tensor in all roles."""

    def __init__(self, hopfield):
        super().__init__()
        self.hopfield = hopfield

    def forward(self, x):
        return self.hopfield(x, x)

    def load_state_dict(self, state_dict, *options):
        return self.hopfield.load_state_dict(state_dict, *options)


def cut(x):
    """Into heads."""
    return x.unflatten(2, (HEADS, -1)).transpose(1, 2)


def by_hand(kind, updates, beta):
    """The layer as one writes it in PyTorch."""
    if kind == "train":
        return Both(Hopfield(updates, beta))
    return Pooling(updates, beta) if kind == "pool" else Lookup(updates, beta)


def of_package(package, kind, updates, weights):
    """The same of the package."""
    options = {"input_size": DEPTH, "num_heads": HEADS, "update_steps_max": updates}
    if kind == "train":
        return package.Hopfield(**options)
    if kind == "pool":
        return package.HopfieldPooling(**options)
    return package.HopfieldLayer(quantity=weights["lookup_weights"].shape[1], **options)

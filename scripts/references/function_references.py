#!/usr/bin/env python3
"""Writes Tests/TorchReferences/Data/functions.json: PyTorch's functions and their gradients on fixed inputs.

Needs torch (the CPU build will do). The inputs are closed formulas in Float32, all else is computed in Float64, so a
second run writes the same file. Usage: function_references.py [FILE]

`cases` is a list of {name, options, inputs, output, weights, gradients}. A tensor is {shape, values}, row by row;
numbers that are not finite are "inf", "-inf" and "nan". `weights` are as many as the output's elements: the gradients
are those of Σ weights · output, one for each input, null for whole numbers and truth values (tokens, labels,
conditions, which are numbers, too). The weights of a loss are [1].

Inputs of cross_entropy are logits (n, K, ...), then labels (n, ...), or probabilities as the logits; of embedding the
tokens and the table; of conv1d features (n, C, L), weight and bias; of where the condition and both branches. The
padding of pad is that of torch.nn.functional.pad: (before, after) of the last axis first.
"""
import json
import math
import pathlib
import sys

import torch
from torch.nn import functional as F

CASES = []
BASES = [-2.5, -1.0, -0.25, 0.0, 0.125, 0.5, 1.0, 1.75, 3.0, 20.0]


def rounded(values):
    return torch.tensor(values, dtype=torch.float64).float().double()


def wave(*shape, phase=0.0, scale=1.0):
    """Elements without a pattern between -scale and scale, of few digits."""
    count = math.prod(shape)
    values = [scale * math.sin(1.7 * i + 0.31 * phase + 0.2) for i in range(count)]
    return rounded([round(1024 * value) / 1024 for value in values]).reshape(shape)


def steps(*shape, start=0):
    """Many equal elements: multiples of 0.5 from -1 to 1."""
    count = math.prod(shape)
    return rounded([((i * i + (1 + start) * i // 2) % 5 - 2) / 2 for i in range(count)]).reshape(shape)


def plain(value):
    """As JSON has it: 15 digits, which are all of a number of Float32."""
    if math.isfinite(value):
        return int(value) if value == int(value) else float(f"{value:.15g}")
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"


def tensor(values):
    return {"shape": list(values.shape), "values": [plain(v) for v in values.double().flatten().tolist()]}


def case(name, formula, *inputs, **options):
    inputs = [x.clone().requires_grad_() if x.is_floating_point() else x for x in inputs]
    output = formula(*inputs)
    weights = rounded([0.5 + ((7 * i + 3) % 11) / 8 for i in range(output.numel())]).reshape(output.shape)
    if output.dim() == 0:
        weights = torch.ones_like(output)
    (weights * output).sum().backward()
    CASES.append({
        "name": name, "options": options, "inputs": [tensor(x.detach()) for x in inputs],
        "output": tensor(output.detach()), "weights": [plain(v) for v in weights.flatten().tolist()],
        "gradients": [tensor(x.grad) if x.requires_grad else None for x in inputs],
    })


def elementwise():
    for exponent in [0.0, 1.0, 2.0, 3.0, -1.0, -2.0]:
        bases = [base for base in BASES if base != 0 or exponent >= 0]
        case("pow", lambda x: torch.pow(x, exponent), rounded(bases), exponent=exponent)
    for exponent in [0.5, 1.5, 2.5, -0.5]:
        bases = [base for base in BASES if base > 0 or (base == 0 and exponent > 1)]
        case("pow", lambda x: torch.pow(x, exponent), rounded(bases), exponent=exponent)
    # A base below zero has no such power, and the slope of a root at zero is infinite.
    case("pow", lambda x: torch.pow(x, 0.5), rounded([-1.0, 0.0, 4.0]), exponent=0.5)
    # Both are tensors: of a base 0 the gradient in the exponent is 0 where the exponent is not negative.
    case("pow_tensors", torch.pow, rounded([0.5, 2.0, 3.0, 0.0, 1.0, 7.0]),
         rounded([2.0, -1.5, 0.0, 2.0, 5.0, 0.25]))
    case("pow_tensors", torch.pow, 1.5 + wave(2, 3), wave(3, scale=2.0))
    arguments = rounded([-1e5, -100.0, -3.0, -1e-4, 0.0, 1e-4, 0.5, 1.5, 3.14159265, 22.0, 1e4, 1e6])
    case("sin", torch.sin, arguments)
    case("cos", torch.cos, arguments)
    for name in ["maximum", "minimum"]:
        formula = getattr(torch, name)
        case(name, formula, steps(3, 5), steps(3, 5, start=1))
        case(name, formula, steps(3, 5), steps(3, 5))  # all are ties
        case(name, formula, wave(2, 3, 4), wave(4, phase=2))
        case(name, formula, steps(2, 1, 5), steps(3, 1, start=2))
    condition = torch.tensor([[True, False, True], [False, False, True]])
    case("where", torch.where, condition, wave(2, 3), wave(2, 3, phase=1))
    case("where", torch.where, condition, wave(3), wave(2, 1, phase=1))
    case("where", torch.where, condition[:1], wave(4, 1, 3), wave(4, 2, 1, phase=1))
    case("where", torch.where, condition, wave(2, 3), rounded(0.5))


def along_axes():
    for axis in range(3):
        case("cumsum", lambda x: x.cumsum(axis), wave(2, 3, 4), axis=axis)
    case("cumsum", lambda x: x.cumsum(0), steps(19), axis=0)
    for options in [{"mode": "constant", "value": 0.0}, {"mode": "constant", "value": 0.75}, {"mode": "reflect"},
                    {"mode": "replicate"}, {"mode": "circular"}]:
        for shape, padding in [((2, 3, 5), (2, 1)), ((2, 1, 5), (0, 4)), ((1, 2, 3, 4), (1, 2, 2, 0)),
                               ((1, 2, 3, 4), (3, 3, 1, 2))]:
            case("pad", lambda x: F.pad(x, padding, **options), wave(*shape), padding=list(padding), **options)
    case("pad", lambda x: F.pad(x, (-1, 2)), wave(2, 3, 5), padding=[-1, 2], mode="constant", value=0.0)
    case("pad", lambda x: F.pad(x, (1, 0, 0, 2, 1, 1)), wave(2, 3, 2), padding=[1, 0, 0, 2, 1, 1], mode="constant",
         value=0.0)


def sequences():
    indices = torch.tensor([[0, 3, 3, 6], [5, 0, 3, 1], [2, 2, 2, 0]])
    for padding in [None, 0, 3]:
        case("embedding", lambda t, w: F.embedding(t, w, padding_idx=padding), indices, wave(7, 3),
             padding_idx=padding)
    for options in [{}, {"padding": 1}, {"stride": 2}, {"padding": 2, "dilation": 2}, {"groups": 2, "padding": 1},
                    {"stride": 3, "padding": 2, "dilation": 2, "groups": 2}]:
        inner = 4 // options.get("groups", 1)
        case("conv1d", lambda x, w, b: F.conv1d(x, w, b, **options), wave(2, 4, 9), wave(6, inner, 3, phase=1),
             wave(6, phase=2), **options)
    for options in [{"kernel": 2}, {"kernel": 3, "stride": 2, "padding": 1}, {"kernel": 3, "stride": 1}]:
        kernel, stride, padding = options["kernel"], options.get("stride"), options.get("padding", 0)
        for name, formula in [("max_pool1d", F.max_pool1d), ("avg_pool1d", F.avg_pool1d)]:
            case(name, lambda x: formula(x, kernel, stride, padding), wave(2, 3, 7), **options)
    # Of equal elements the first one takes the gradient.
    case("max_pool1d", lambda x: F.max_pool1d(x, 3, 2, 1), steps(2, 3, 7), kernel=3, stride=2, padding=1)


def losses():
    """cross_entropy over (n, K, T), and (n, K, H, W)."""
    class_weights = rounded([0.5, 2.0, 0.0, 3.0])
    logits = wave(3, 4, 5, scale=3.0)
    labels = (torch.arange(15).reshape(3, 5) * 7 + 1) % 4
    some = labels.clone()
    some[0, 1] = some[2, 3] = -100
    some[1] = -100  # an example of which nothing is counted
    probabilities = wave(3, 4, 5, phase=3, scale=2.0).softmax(1).float().double()
    images = wave(2, 4, 2, 3, phase=5, scale=3.0)
    pixels = torch.tensor([[[0, 3, -100], [1, 1, 2]], [[-100, 2, 0], [3, 2, 2]]])

    def add(x, y, **options):
        keywords = {"label_smoothing": options.get("label_smoothing", 0.0)}
        if "class_weights" in options:
            keywords["weight"] = class_weights
        if y.dtype == torch.int64:
            keywords["ignore_index"] = options["ignore_index"] = -100
        case("cross_entropy", lambda z: F.cross_entropy(z, y, **keywords), x, **options)
        # Probabilities are data: there is no gradient in them.
        CASES[-1]["inputs"].append(tensor(y))
        CASES[-1]["gradients"].append(None)

    weighting = {"class_weights": class_weights.tolist()}
    for options in [{}, {"label_smoothing": 0.1}, weighting, {"label_smoothing": 0.3, **weighting}]:
        for x, y in [(logits, labels), (logits, some), (images, pixels), (logits, probabilities)]:
            add(x, y, **options)
    add(1e4 * logits, some)


def main():
    default = pathlib.Path(__file__).resolve().parents[2] / "Tests/TorchReferences/Data/functions.json"
    target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    torch.set_num_threads(1)
    elementwise()
    along_axes()
    sequences()
    losses()
    reference = {"torch": torch.__version__.split("+")[0], "cases": CASES}
    text = json.dumps(reference, sort_keys=True, allow_nan=False, separators=(",", ":"))
    target.write_text(text.replace('},{"gradients"', '},\n{"gradients"') + "\n")


main()

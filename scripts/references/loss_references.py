#!/usr/bin/env python3
"""Writes Tests/TorchReferences/Data/losses.json: PyTorch's losses and their gradients on fixed inputs.

Needs torch (the CPU build will do). The inputs are closed formulas in Float32, the losses are computed in Float64, so a
second run writes the same file. Usage: loss_references.py [FILE]
"""
import json
import math
import pathlib
import sys

import torch
from torch.nn import functional as F

N, K = 5, 4
WEIGHTS = [0.5, 2.0, 0.0, 3.0]
PATTERNS = {
    "plain": lambda i, j, k: 3 * math.sin(1.3 * i + 0.7 * j + 0.2),
    "sure": lambda i, j, k: 1e4 if (2 * i + j) % k == 1 else -1e4 if (i + j) % 2 else 9999.5,
    "mixed": lambda i, j, k: [1e4, -1e4, 0.0, 20.0, -20.0, 0.25, -95.0][(3 * i + j) % 7],
    "tiny": lambda i, j, k: 1e-6 * math.cos(2.0 * i + j),
}


def rows(pattern, k):
    values = [[PATTERNS[pattern](i, j, k) for j in range(k)] for i in range(N)]
    return torch.tensor(values, dtype=torch.float64).float().double()


def labels(k):
    return torch.tensor([(3 * i + 1) % k for i in range(N)])


def numbers(k):
    values = [[0.75 * math.cos(0.9 * i - 1.1 * j) for j in range(k)] for i in range(N)]
    return torch.tensor(values, dtype=torch.float64).float().double()


def answers(k):
    return torch.tensor([[float((i + 2 * j) % 3 == 0) for j in range(k)] for i in range(N)]).double()


def parts(k):
    return torch.tensor([[((i + j) % 5) / 4 for j in range(k)] for i in range(N)]).double()


def tensor(values):
    return torch.tensor(values, dtype=torch.float64) if isinstance(values, list) else values


def case(name, formula, pattern, target, k=K, **options):
    prediction = rows(pattern, k).requires_grad_()
    loss = formula(prediction, target, **{key: tensor(value) for key, value in options.items()})
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(prediction.grad).all(), (name, pattern, options)
    return {
        "name": name, "options": options, "pattern": f"{pattern} {k}",
        "labels" if target.dtype == torch.int64 else "targets": target.tolist(),
        "loss": loss.item(), "gradient": [[float(f"{v:.15g}") for v in row] for row in prediction.grad.tolist()],
    }


def cross_entropy(x, y, label_smoothing=0.0, class_weights=None):
    return F.cross_entropy(x, y, weight=class_weights, label_smoothing=label_smoothing)


def one_hot(formula):
    return lambda x, y, **options: formula(x, F.one_hot(y, x.shape[1]).double(), **options)


def binary(x, t, pos_weight=None):
    weight = None if pos_weight is None else torch.as_tensor(pos_weight, dtype=torch.float64)
    return F.binary_cross_entropy_with_logits(x, t, pos_weight=weight)


def binary_of_labels(x, y, **options):
    return binary(x, y.double().reshape(-1, 1), **options)


def hinge(x, y, margin=1.0):
    return F.multi_margin_loss(x, y, margin=margin)


def signed_hinge(x, t, margin=1.0):
    """Torch has no such function: it is written out."""
    return (margin - t * x).clamp(min=0).mean()


def signed_hinge_of_labels(x, y, **options):
    return signed_hinge(x, (2 * y - 1).double().reshape(-1, 1), **options)


def main():
    default = pathlib.Path(__file__).resolve().parents[2] / "Tests/TorchReferences/Data/losses.json"
    target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    cases = []
    for pattern in PATTERNS:
        def add(name, formula, what, k=K, **options):
            cases.append(case(name, formula, pattern, what, k, **options))

        for options in [{}, {"label_smoothing": 0.1}, {"label_smoothing": 1.0}, {"class_weights": WEIGHTS},
                        {"label_smoothing": 0.3, "class_weights": WEIGHTS}]:
            add("cross_entropy", cross_entropy, labels(K), **options)
        for what in [numbers(K), labels(K)]:
            wrap = one_hot if what.dtype == torch.int64 else (lambda formula: formula)
            add("mse", wrap(F.mse_loss), what)
            add("l1", wrap(F.l1_loss), what)
            for delta in [1.0, 0.3]:
                add("huber", wrap(F.huber_loss), what, delta=delta)
                add("smooth_l1", wrap(F.smooth_l1_loss), what, beta=delta)
        for pos_weight in [{}, {"pos_weight": 2.5}, {"pos_weight": WEIGHTS}]:
            add("binary_cross_entropy", binary, answers(K), **pos_weight)
            add("binary_cross_entropy", binary, parts(K), **pos_weight)
            add("binary_cross_entropy", one_hot(binary), labels(K), **pos_weight)
        add("binary_cross_entropy", binary_of_labels, labels(2), 1)
        add("binary_cross_entropy", binary_of_labels, labels(2), 1, pos_weight=0.25)
        for margin in [{}, {"margin": 0.5}]:
            add("hinge", hinge, labels(K), **margin)
            add("hinge", signed_hinge, 2 * answers(K) - 1, **margin)
            add("hinge", signed_hinge_of_labels, labels(2), 1, **margin)
    reference = {
        "torch": torch.__version__.split("+")[0], "cases": cases,
        "predictions": {f"{pattern} {k}": rows(pattern, k).tolist() for pattern in PATTERNS for k in [1, K]},
    }
    text = json.dumps(reference, sort_keys=True, indent=None, separators=(",", ":"))
    target.write_text(text.replace('},{', '},\n{') + "\n")


main()

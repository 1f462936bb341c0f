#!/usr/bin/env python3
"""Writes Tests/OptimizersTests/Data/torch.json: PyTorch's optimizers, schedules and clipping on fixed inputs.

Needs torch (the CPU build will do). The inputs are closed formulas, so a second run writes the same file.
Usage: optimizer_references.py [FILE]
"""
import json
import math
import pathlib
import sys
import warnings

import torch

ELEMENTS = 19  # one full group of 16 lanes and a rest
STEPS = 20
KEPT_STEPS = [1, 2, 3, 5, 10, 20]

OPTIMIZERS = [
    ("sgd", {"lr": 0.05}),
    ("sgd", {"lr": 0.05, "weight_decay": 0.01}),
    ("sgd", {"lr": 0.01, "momentum": 0.9}),
    ("sgd", {"lr": 0.01, "momentum": 0.9, "dampening": 0.25, "weight_decay": 0.001}),
    ("sgd", {"lr": 0.01, "momentum": 0.8, "weight_decay": 0.0005, "nesterov": True}),
    ("adam", {}),
    ("adam", {"lr": 0.01, "betas": [0.8, 0.95], "eps": 1e-4, "weight_decay": 0.1}),
    ("adamw", {}),
    ("adamw", {"lr": 0.01, "betas": [0.4, 0.99], "weight_decay": 0.2}),
    ("adagrad", {}),
    ("adagrad", {"lr": 0.05, "lr_decay": 0.1, "eps": 1e-4, "initial_accumulator_value": 0.5,
                 "weight_decay": 0.1}),
    ("rmsprop", {"lr": 0.001}),
    ("rmsprop", {"lr": 0.001, "alpha": 0.9, "momentum": 0.8}),
    ("rmsprop", {"lr": 0.001, "alpha": 0.9, "centered": True}),
    ("rmsprop", {"lr": 0.0005, "alpha": 0.9, "eps": 1e-2, "momentum": 0.8, "centered": True,
                 "weight_decay": 0.001}),
    ("adadelta", {}),
    ("adadelta", {"lr": 0.5, "rho": 0.6, "eps": 1e-4, "weight_decay": 0.1}),
    ("adam", {"lr": 0.01, "betas": [0.9, 0.6], "amsgrad": True, "weight_decay": 0.1}),
    ("adamw", {"lr": 0.01, "betas": [0.9, 0.6], "eps": 1e-4, "amsgrad": True}),
    ("amsgrad", {}),
    ("amsgrad", {"lr": 0.01, "betas": [0.3, 0.5], "eps": 1e-4, "weight_decay": 0.05}),
    ("adamax", {}),
    ("adamax", {"lr": 0.01, "betas": [0.3, 0.7], "eps": 1e-4, "weight_decay": 0.1}),
    ("nadam", {}),
    ("nadam", {"lr": 0.01, "betas": [0.8, 0.95], "eps": 1e-4, "weight_decay": 0.1, "momentum_decay": 0.2}),
    ("nadam", {"lr": 0.01, "betas": [0.3, 0.99], "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("radam", {}),
    ("radam", {"lr": 0.01, "betas": [0.8, 0.9], "eps": 1e-4, "weight_decay": 0.1}),
    ("radam", {"lr": 0.01, "betas": [0.3, 0.8], "weight_decay": 0.1, "decoupled_weight_decay": True}),
]
# A momentum, or beta 1, of its own for each step, as OneCycleLR sets it.
SCHEDULED = [
    ("sgd", {"lr": 0.01, "momentum": 0.9}),
    ("sgd", {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.01, "nesterov": True}),
    ("rmsprop", {"lr": 0.001, "momentum": 0.9}),
    ("adam", {"lr": 0.01}),
    ("adamw", {"lr": 0.01, "amsgrad": True}),
    ("adamax", {"lr": 0.01}),
    ("radam", {"lr": 0.01, "betas": [0.9, 0.9]}),
]
CLASSES = {
    "sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW,
    "adagrad": torch.optim.Adagrad, "rmsprop": torch.optim.RMSprop, "adadelta": torch.optim.Adadelta,
    "amsgrad": lambda weights, **options: torch.optim.Adam(weights, amsgrad=True, **options),
    "adamax": torch.optim.Adamax, "nadam": torch.optim.NAdam, "radam": torch.optim.RAdam,
}


def initial_weights():
    return torch.tensor(
        [(-1) ** i * (0.5 + 0.1 * i) for i in range(ELEMENTS)], dtype=torch.float64).float()


def gradient(step):
    """Of step 1 ..< STEPS + 1: signs change, sizes span five powers of ten, element 4's is always zero."""
    values = [
        math.sin(1.7 * i + 0.6 * step) * 10.0 ** (i % 6 - 4) if i != 4 else 0.0 for i in range(ELEMENTS)]
    return torch.tensor(values, dtype=torch.float64).float()


def momentum(step):
    """Of step 1 ..< STEPS + 1, rising from 0.5."""
    return 0.5 + 0.02 * step


def trajectory(name, options, scheduled=False):
    weights = torch.nn.Parameter(initial_weights())
    optimizer = CLASSES[name]([weights], **options)
    kept = []
    for step in range(1, STEPS + 1):
        weights.grad = gradient(step)
        group = optimizer.param_groups[0]
        if scheduled and "betas" in group:
            group["betas"] = (momentum(step), group["betas"][1])
        elif scheduled:
            group["momentum"] = momentum(step)
        optimizer.step()
        if step in KEPT_STEPS:
            kept.append(weights.detach().tolist())
    case = {"name": name, "options": options, "weights": kept}
    if scheduled:
        case["momenta"] = [momentum(step) for step in range(1, STEPS + 1)]
    return case


def rates(make, count, lr=0.1):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    schedule = make(optimizer)
    values = []
    for _ in range(count):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return values


def warm_cosine(optimizer, warmup, total, minimum):
    lr = torch.optim.lr_scheduler
    return lr.SequentialLR(
        optimizer,
        [lr.LinearLR(optimizer, start_factor=1 / warmup, total_iters=warmup),
         lr.CosineAnnealingLR(optimizer, T_max=total - warmup, eta_min=minimum)],
        milestones=[warmup])


def schedules():
    lr = torch.optim.lr_scheduler
    return {
        "step": rates(lambda o: lr.StepLR(o, step_size=3, gamma=0.5), 10),
        "cosine": rates(lambda o: lr.CosineAnnealingLR(o, T_max=12, eta_min=0.01), 12),
        "warm_cosine": rates(lambda o: warm_cosine(o, 4, 20, 0.01), 20),
    }


def clipping():
    """Gradients (3, 4) times a scale have norm 5 times the scale; torch leaves c (3, 4) times the scale."""
    cases = []
    for scale in [0.1, 1.0, 20.0]:
        parameter = torch.nn.Parameter(torch.zeros(2, dtype=torch.float64))
        parameter.grad = torch.tensor([3.0, 4.0], dtype=torch.float64) * scale
        norm = torch.nn.utils.clip_grad_norm_([parameter], max_norm=2.0)
        cases.append({"norm": norm.item(), "clipped": parameter.grad.tolist(), "scale": scale})
    return cases


def value_clipping():
    values = [-3.0, -0.5, 0.0, 0.25, 0.5, 0.75, 1e30]
    parameter = torch.nn.Parameter(torch.zeros(len(values)))
    parameter.grad = torch.tensor(values)
    torch.nn.utils.clip_grad_value_([parameter], clip_value=0.5)
    return {"gradient": values, "clipped": parameter.grad.tolist()}


def shortest(value):
    """Float32 values as the shortest decimal that reads back as the same Float32."""
    if isinstance(value, list):
        return [shortest(v) for v in value]
    for digits in range(1, 10):
        text = f"{value:.{digits}g}"
        if torch.tensor(float(text), dtype=torch.float64).float().item() == value:
            return float(text)
    return value


def main():
    warnings.filterwarnings("ignore")
    default = pathlib.Path(__file__).resolve().parents[2] / "Tests/OptimizersTests/Data/torch.json"
    target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    cases = [trajectory(name, options) for name, options in OPTIMIZERS]
    cases += [trajectory(name, options, scheduled=True) for name, options in SCHEDULED]
    for case in cases:
        case["weights"] = shortest(case["weights"])
    reference = {
        "torch": torch.__version__.split("+")[0],
        "kept_steps": KEPT_STEPS,
        "initial_weights": shortest(initial_weights().tolist()),
        "gradients": [shortest(gradient(step).tolist()) for step in range(1, STEPS + 1)],
        "optimizers": cases,
        "schedules": schedules(),
        "clipping": clipping(),
        "value_clipping": value_clipping(),
    }
    lines = json.dumps(reference, sort_keys=True, indent=None, separators=(",", ":"))
    target.write_text(lines.replace('],[', '],\n[').replace('},{', '},\n{') + "\n")


main()

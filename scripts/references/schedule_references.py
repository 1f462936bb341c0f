#!/usr/bin/env python3
"""Writes Tests/OptimizersTests/Data/schedules.json: the rates and momenta of PyTorch's learning-rate schedules.

Needs torch (the CPU build will do). The inputs are fixed, so a second run writes the same file.
Usage: schedule_references.py [FILE]
"""
import json
import math
import pathlib
import sys
import warnings

import torch
from torch.optim import lr_scheduler as torch_schedules

LR = 0.1
NAN = math.nan


def optimizer(kind="sgd"):
    parameters = [torch.nn.Parameter(torch.zeros(1))]
    if kind == "adam":
        return torch.optim.Adam(parameters, lr=LR)
    return torch.optim.SGD(parameters, lr=LR, momentum=0.5)


def momentum(group):
    return group["betas"][0] if "betas" in group else group["momentum"]


def case(name, options, make, count, per_epoch=1, advance=None, repeats=1, kind="sgd", moves_momentum=False):
    """`count` values of PyTorch's schedule, each standing for `repeats` optimizer steps.

    `advance` calls the schedule's step with what it takes for value i; nothing, unless given.
    """
    subject = optimizer(kind)
    schedule = make(subject)
    rates, momenta = [], []
    for i in range(count):
        group = subject.param_groups[0]
        rates += [group["lr"]] * repeats
        momenta += [momentum(group)] * repeats
        subject.step()
        if i + 1 < count:  # one step behind its end, a cycle may divide by zero
            schedule.step(*([advance(i + 1)] if advance else []))
    result = {"name": name, "options": options, "lr": LR, "steps_per_epoch": per_epoch, "rates": rates}
    if moves_momentum:
        result["momenta"] = momenta
    return result


def behind_warmup(warmup, make):
    def sequence(subject):
        return torch_schedules.SequentialLR(
            subject,
            [torch_schedules.LinearLR(subject, start_factor=1 / warmup, total_iters=warmup), make(subject)],
            milestones=[warmup])
    return sequence


def step_cases():
    s = torch_schedules
    epochs = {"per_epoch": 3, "repeats": 3}
    return [
        case("step", {"step_size": 3, "gamma": 0.5}, lambda o: s.StepLR(o, 3, gamma=0.5), 10, **epochs),
        case("multi_step", {"milestones": [2, 3, 7]}, lambda o: s.MultiStepLR(o, [2, 3, 7]), 10, **epochs),
        case("multi_step", {"milestones": [4], "gamma": 0.3, "by": "epoch"},
             lambda o: s.MultiStepLR(o, [4], gamma=0.3), 6, **epochs),
        case("exponential", {"gamma": 0.9}, lambda o: s.ExponentialLR(o, 0.9), 14, per_epoch=4),
        case("exponential", {"gamma": 0.7, "by": "epoch"}, lambda o: s.ExponentialLR(o, 0.7), 6, **epochs),
        case("cosine", {"eta_min": 0.01}, lambda o: s.CosineAnnealingLR(o, 12, eta_min=0.01), 12),
        case("polynomial", {}, lambda o: s.PolynomialLR(o, 15), 15, per_epoch=5),
        case("polynomial", {"power": 2.5}, lambda o: s.PolynomialLR(o, 15, power=2.5), 15, per_epoch=5),
        case("polynomial", {"power": 0.5, "by": "epoch"}, lambda o: s.PolynomialLR(o, 6, power=0.5), 6, **epochs),
        case("linear", {"tau": 2}, lambda o: s.LinearLR(o, 1, 0.01, total_iters=8), 12, per_epoch=4),
        case("linear", {"tau_fraction": 0.5, "eta_tau": 0.02}, lambda o: s.LinearLR(o, 1, 0.2, total_iters=8), 16),
        case("linear", {"tau": 3, "by": "epoch"}, lambda o: s.LinearLR(o, 1, 0.01, total_iters=3), 6, **epochs),
    ]


def warm_cases():
    s = torch_schedules
    return [
        case("exponential", {"gamma": 0.9, "warmup_steps": 4},
             behind_warmup(4, lambda o: s.ExponentialLR(o, 0.9)), 12),
        case("cosine", {"eta_min": 0.01, "warmup": 0.5},
             behind_warmup(4, lambda o: s.CosineAnnealingLR(o, 16, eta_min=0.01)), 20, per_epoch=8),
        case("polynomial", {"power": 2, "warmup_steps": 5},
             behind_warmup(5, lambda o: s.PolynomialLR(o, 10, power=2)), 15),
        case("linear", {"tau_fraction": 0.8, "warmup_steps": 2},
             behind_warmup(2, lambda o: s.LinearLR(o, 1, 0.01, total_iters=8)), 12),
    ]


def restart_cases():
    def restarts(t_0, t_mult, eta_min):
        return lambda o: torch_schedules.CosineAnnealingWarmRestarts(o, t_0, t_mult, eta_min)
    return [
        case("cosine_restarts", {"t_0": 2}, restarts(2, 1, 0), 28, per_epoch=4, advance=lambda i: i / 4),
        case("cosine_restarts", {"t_0": 1, "t_mult": 2, "eta_min": 0.01}, restarts(1, 2, 0.01), 60, per_epoch=4,
             advance=lambda i: i / 4),
        case("cosine_restarts", {"t_0": 2, "t_mult": 3, "eta_min": 0.001, "by": "epoch"}, restarts(2, 3, 0.001),
             10, per_epoch=3, repeats=3),
    ]


def cycle_cases():
    def one(count, **options):
        return lambda o: torch_schedules.OneCycleLR(o, LR, total_steps=count, **options)

    def cyclic(**options):
        return lambda o: torch_schedules.CyclicLR(o, 0.02, LR, **options)
    cases = []
    for count, options, kind in [
            (20, {}, "sgd"),
            (20, {"anneal_strategy": "linear", "pct_start": 0.25, "div_factor": 10.0, "final_div_factor": 100.0}, "sgd"),
            (20, {"three_phase": True, "pct_start": 0.4, "base_momentum": 0.7, "max_momentum": 0.9}, "adam"),
            (15, {"three_phase": True, "anneal_strategy": "linear"}, "sgd"),
            (7, {"pct_start": 1.0}, "sgd"),
            (7, {"pct_start": 0.0}, "sgd"),
            (1, {}, "sgd"),
            (9, {"cycle_momentum": False}, "sgd")]:
        cases.append(case("one_cycle", options, one(count, **options), count, kind=kind,
                          moves_momentum=options.get("cycle_momentum", True)))
    for options, kind in [
            ({"step_size_up": 4}, "sgd"),
            ({"step_size_up": 4, "step_size_down": 7, "base_momentum": 0.3, "max_momentum": 0.6}, "adam"),
            ({"step_size_up": 3, "step_size_down": 2, "mode": "triangular2"}, "sgd"),
            ({"step_size_up": 3, "step_size_down": 5, "mode": "exp_range", "gamma": 0.95}, "sgd"),
            ({"step_size_up": 5, "cycle_momentum": False}, "sgd"),
            ({}, "sgd")]:
        cases.append(case("cyclical", {"base_lr": 0.02, **options}, cyclic(**options), 30, kind=kind,
                          moves_momentum=options.get("cycle_momentum", True)))
    return cases


FALLING = [1.0, 0.8, 0.79999, 0.81, 0.9, 0.7, 0.7, 0.7, 0.72, 0.65, 0.65, 0.64999, 0.66, 0.66, 0.66, 0.66, 0.6]
ROUGH = [0.2, 0.5, 0.5, 0.3, NAN, 0.45, 0.52, 0.52, 0.53, 0.53, 0.53, 0.529, 0.6, 0.59, 0.58, 0.57, 0.56]


def plateau_cases():
    cases = []
    for metrics, options in [
            (FALLING, {"patience": 2}),
            (FALLING, {"patience": 0, "factor": 0.5, "min_lr": 0.01}),
            (FALLING, {"patience": 0, "factor": 0.5, "cooldown": 2}),
            (FALLING, {"patience": 1, "factor": 0.3, "threshold": 0.05, "threshold_mode": "abs"}),
            (FALLING, {"patience": 0, "factor": 0.5, "eps": 0.02}),
            (FALLING, {"patience": 1, "threshold": 0.1}),
            (ROUGH, {"patience": 1, "mode": "max", "factor": 0.5}),
            (ROUGH, {"patience": 0, "mode": "max", "factor": 0.5, "threshold": 0.02, "threshold_mode": "abs",
                     "cooldown": 1}),
            (ROUGH, {"patience": 1})]:
        subject = optimizer()
        schedule = torch_schedules.ReduceLROnPlateau(subject, **options)
        rates = []
        for value in metrics:
            schedule.step(value)
            rates.append(subject.param_groups[0]["lr"])
        cases.append({
            "options": options, "lr": LR, "rates": rates,
            "metrics": [None if math.isnan(value) else value for value in metrics]})
    return cases


def main():
    warnings.filterwarnings("ignore")
    default = pathlib.Path(__file__).resolve().parents[2] / "Tests/OptimizersTests/Data/schedules.json"
    target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    reference = {
        "torch": torch.__version__.split("+")[0],
        "schedules": step_cases() + warm_cases() + restart_cases() + cycle_cases(),
        "plateaus": plateau_cases(),
    }
    lines = json.dumps(reference, sort_keys=True, allow_nan=False, separators=(",", ":"))
    target.write_text(lines.replace("},{", "},\n{") + "\n")


main()

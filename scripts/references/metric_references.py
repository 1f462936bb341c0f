#!/usr/bin/env python3
"""Writes Tests/DataParallelTests/Data/metrics.json: scikit-learn's metrics on fixed scores, estimates and targets.

Needs scikit-learn. The inputs are closed formulas in Float32, so a second run writes the same file.
Usage: metric_references.py [FILE]
"""
import json
import math
import pathlib
import sys

import numpy as np
import sklearn
from sklearn import metrics

N, K = 53, 6


def classes(name, scores, labels, predicted, count):
    """Classes 0 ..< count; macro averages go over those that occur, as scikit-learn's do."""
    def per_class(function):
        return function(labels, predicted, average=None, labels=range(count), zero_division=0).tolist()

    def macro(function):
        return function(labels, predicted, average="macro", zero_division=0)

    case = {
        "name": name, "scores": scores.tolist(), "labels": labels.tolist(), "classes": count,
        "accuracy": metrics.accuracy_score(labels, predicted),
        "confusion_matrix": metrics.confusion_matrix(labels, predicted, labels=range(count)).tolist(),
        "top": {},
    }
    for key, function in [("precision", metrics.precision_score), ("recall", metrics.recall_score),
                          ("f1", metrics.f1_score)]:
        case[key] = macro(function)
        case[key + "_per_class"] = per_class(function)
    if scores.shape[1] == count:
        for k in range(1, count):
            case["top"][f"top_{k}_accuracy"] = metrics.top_k_accuracy_score(
                labels, scores, k=k, labels=range(count))
    return case


def several():
    """Class 5 never occurs and is never predicted, class 4 occurs and is never predicted."""
    scores = np.array([[math.sin(3.1 * i + 1.7 * j) for j in range(K)] for i in range(N)], dtype=np.float32)
    scores[:, 4] -= 2
    scores[:, 5] -= 4
    labels = np.array([(i * i + i // 3) % 5 for i in range(N)])
    return classes("several", scores, labels, scores.argmax(axis=1), K)


def two():
    """One output, whose sign decides."""
    scores = np.array([[math.sin(2.3 * i) + 0.2] for i in range(N)], dtype=np.float32)
    labels = np.array([int(math.sin(2.3 * i + 0.8) > 0) for i in range(N)])
    return classes("two", scores, labels, (scores[:, 0] > 0).astype(int), 2)


def values(name, estimates, targets):
    estimates, targets = np.array(estimates, dtype=np.float32), np.array(targets, dtype=np.float32)
    wide = estimates.astype(np.float64), targets.astype(np.float64)
    return {
        "name": name, "estimates": estimates.tolist(), "targets": targets.tolist(),
        "r2": metrics.r2_score(wide[1], wide[0]), "mae": metrics.mean_absolute_error(wide[1], wide[0]),
    }


def main():
    default = pathlib.Path(__file__).resolve().parents[2] / "Tests/DataParallelTests/Data/metrics.json"
    target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    near = [[math.sin(i) + 0.1 * math.cos(5 * i)] for i in range(N)]
    wave = [[math.sin(i)] for i in range(N)]
    three = [[math.sin(i), 1e4 + math.cos(i) / 8, 0.5] for i in range(N)]
    three_near = [[math.cos(i), 1e4 + math.cos(i + 0.3) / 8, 0.5 + (i % 2) / 64] for i in range(N)]
    constant = [[row[0], row[1], 0.5] for row in three_near]
    reference = {
        "scikit-learn": sklearn.__version__,
        "classes": [several(), two()],
        "values": [
            values("one output", near, wave), values("worse than the mean", wave, near[::-1]),
            values("several outputs", three_near, three), values("a constant that is met", constant, three),
        ],
    }
    target.parent.mkdir(exist_ok=True)
    text = json.dumps(reference, sort_keys=True, indent=None, separators=(",", ":"))
    target.write_text(text.replace('},{', '},\n{') + "\n")


main()

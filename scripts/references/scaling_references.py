#!/usr/bin/env python3
"""Writes Tests/DatasetsTests/Data/scaling.json: what scikit-learn's StandardScaler makes of columns that hardly vary.

Needs scikit-learn. The columns are closed formulas and fixed draws, so a second run writes the same file. Each is given
as Float64 and, where it says so, as Float32, which scikit-learn sums in Float64, too.
Usage: scaling_references.py [FILE]
"""
import json
import pathlib
import sys
import warnings

import numpy as np
import sklearn
from sklearn.preprocessing import StandardScaler

FILE = pathlib.Path(__file__).resolve().parents[2] / "Tests/DatasetsTests/Data/scaling.json"


def columns():
    """(name, dtype, values)"""
    draw = np.random.default_rng(5)
    yield "sums of tenths", "float64", np.array([0.3, 0.1 + 0.2] * 30)
    yield "one rounding in many", "float64", np.array([0.7] * 90 + [0.1 * 7])
    yield "sums in two orders", "float64", np.array([0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1, 0.6] * 40)
    yield "differences", "float64", np.array([x + 1e9 - 1e9 for x in (0.25, 0.25, 0.25)] * 20)
    yield "whole numbers", "float64", np.array([3.0] * 70)
    yield "a fraction", "float64", np.array([1 / 3] * 1000)
    yield "zeros", "float64", np.zeros(65)
    yield "tiny and constant", "float64", np.full(200, 1e-300)
    yield "farads", "float64", np.array([1e-12, 2e-12, 5e-12] * 10)
    yield "around zero", "float64", np.array([-1e-17, 1e-17] * 32)
    yield "Unix times", "float64", 1.7e9 + np.arange(150.0)
    yield "Unix times in days", "float64", 1.7e9 + 86400.0 * np.arange(40)
    yield "a bit above 1", "float64", np.array([1.0, 1.0 + 2.0**-40] * 50)
    yield "one outlier", "float64", np.array([5.0] * 500 + [5.0 + 1e-6])
    yield "sums of tenths", "float32", np.array([0.3, np.float32(0.1) + np.float32(0.2)] * 30)
    yield "next to 0.3", "float32", np.array([0.3, np.nextafter(np.float32(0.3), np.float32(1))] * 30)
    yield "a fraction", "float32", np.full(1000, 1 / 3)
    yield "large", "float32", np.array([16777216.0, 16777220.0] * 40)
    for places in (4, 8, 10, 11, 12, 13, 14, 15, 16, 17):
        for count in (2, 64, 65, 300):
            for mean in (1.1, -4321.0):
                values = mean * (1 + 10.0**-places * draw.standard_normal(count))
                yield f"mean {mean} varying by 1e-{places}", "float64", values


def main():
    cases = []
    for name, dtype, values in columns():
        column = values.astype(dtype)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scaler = StandardScaler().fit(column.reshape(-1, 1))
        variance, mean, n, eps = scaler.var_[0], scaler.mean_[0], len(column), np.finfo(np.float64).eps
        bound = n * eps * variance + (n * mean * eps) ** 2
        # So near the edge, how sums are rounded decides.
        if bound > 0 and 0.5 < variance / bound < 2:
            continue
        cases.append({
            "name": name, "type": dtype, "values": [float(value) for value in column],
            "mean": float(mean), "scale": float(scaler.scale_[0]), "isConstant": bool(variance <= bound),
        })
    # The decision is scikit-learn's own, which shows as a scale of 1.
    assert all(case["isConstant"] == (case["scale"] == 1) for case in cases)
    file = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    lines = ",\n".join(json.dumps(case) for case in cases)
    file.write_text(f'{{"sklearn": "{sklearn.__version__}", "cases": [\n{lines}\n]}}\n')


main()

"""PyTorch's exact products with a Hessian: double backward of the recipes' networks, one process of two threads.

Use: PYTHON hessian_peer.py mlp|cnn BATCH SECONDS
"""
import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as functional

workload, batch, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
torch.set_num_threads(2)
torch.manual_seed(0)
if workload == "mlp":
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(),
                          nn.Linear(256, 10))
else:
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, 10))
features, labels = torch.randn(batch, 1, 28, 28), torch.randint(0, 10, (batch,))
weights = list(model.parameters())
direction = [torch.randn_like(weight) for weight in weights]


def gradient():
    """The gradient of the mini-batch's mean loss."""
    return torch.autograd.grad(functional.cross_entropy(model(features), labels), weights)


def product():
    """H · direction."""
    first = torch.autograd.grad(functional.cross_entropy(model(features), labels), weights, create_graph=True)
    slope = sum((part * other).sum() for part, other in zip(first, direction))
    return torch.autograd.grad(slope, weights)


def rate(run):
    """Examples per second."""
    for _ in range(3):
        run()
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        run()
        count += batch
    return count / (time.perf_counter() - start)


print(json.dumps({"gradients_per_second": rate(gradient), "products_per_second": rate(product)}))

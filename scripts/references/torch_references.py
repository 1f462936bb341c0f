"""Makes the numbers that dtrain's training is compared with, by training small models in PyTorch.

    python3 -m venv venv && venv/bin/pip install torch safetensors
    venv/bin/python scripts/references/torch_references.py

writes Tests/TorchReferences/Data/MODEL.safetensors for the models below and prints, for each model and
optimizer, how much the results move when PyTorch itself computes in float64 or takes the examples of every
mini-batch in reverse order: the largest difference in a tensor over the largest element of that tensor.
Any other order of float32 sums is entitled to differences of this size.
Tests/TorchReferences/README.md describes the files and the models.

Seeds are fixed, one thread and deterministic algorithms are used: on one machine and PyTorch version the
files come out the same byte for byte. Another processor or version may differ in the last bits.
"""

import copy
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

FOLDER = Path(__file__).resolve().parents[2] / "Tests" / "TorchReferences" / "Data"
STEPS = 10
BATCH = 24
CLASSES = 10
GAIN = 3.0


class Residual(nn.Module):
    """body(x) + shortcut(x); an empty shortcut is the identity."""

    def __init__(self, body: nn.Sequential, shortcut: nn.Sequential) -> None:
        super().__init__()
        self.body = body
        self.shortcut = shortcut

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x) + self.shortcut(x)


def mlp() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(20, 16),
        nn.ReLU(),
        nn.Linear(16, 12),
        nn.Tanh(),
        nn.Linear(12, 8),
        nn.GELU(),
        nn.Linear(8, 5),
    )


def cnn() -> nn.Sequential:
    # No bias before a batch norm: its gradient is zero but for rounding, and Adam makes full steps of it.
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(144, 32),
        nn.ReLU(),
        nn.Linear(32, CLASSES),
    )


def residual() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        Residual(
            nn.Sequential(
                nn.Conv2d(16, 12, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(12),
                nn.ReLU(),
                nn.Conv2d(12, 12, 3, padding=1, bias=False),
                nn.BatchNorm2d(12),
            ),
            nn.Sequential(nn.Conv2d(16, 12, 1, stride=2, bias=False), nn.BatchNorm2d(12)),
        ),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(12, CLASSES),
    )


def kitchen() -> nn.Sequential:
    model = nn.Sequential(
        nn.Conv2d(2, 6, 3, padding=1),
        nn.LeakyReLU(0.1),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 8, 3, stride=2, padding=1),
        nn.Sigmoid(),
        nn.Flatten(),
        nn.Linear(32, 16),
        nn.Tanh(),
        nn.Linear(16, 12),
        nn.GELU(),
        nn.Linear(12, 6),
        nn.Softmax(dim=1),
        nn.Linear(6, 6),
        nn.LogSoftmax(dim=1),
    )
    # With the usual first weights so many saturating layers leave gradients of 1e-4 in front, and the same
    # outputs whichever gelu is used: too little to tell a wrong rule from rounding.
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(GAIN)
    return model


def normalized() -> nn.Sequential:
    # No bias before an instance norm, for the same reason as before a batch norm.
    model = nn.Sequential(
        weight_norm(nn.Conv2d(4, 16, 3, padding=1)),
        nn.GroupNorm(4, 16),
        nn.ReLU(),
        spectral_norm(nn.Conv2d(16, 12, 3, stride=2, padding=1, bias=False)),
        nn.InstanceNorm2d(12, affine=True),
        nn.ReLU(),
        nn.LayerNorm((12, 4, 4)),
        nn.Flatten(),
        spectral_norm(nn.Linear(192, 16)),
        nn.LayerNorm(16, eps=1e-3),
        nn.Tanh(),
        weight_norm(nn.Linear(16, CLASSES)),
    )
    # Scales and shifts away from 1 and 0, so that a wrong one cannot hide.
    with torch.no_grad():
        for module in model:
            if isinstance(module, (nn.GroupNorm, nn.InstanceNorm2d, nn.LayerNorm)):
                module.weight.add_(0.2 * torch.randn_like(module.weight))
                module.bias.add_(0.2 * torch.randn_like(module.bias))
    return model


# Model, shape of one example, classes or targets, loss, seed.
MODELS: dict[str, tuple[Callable[[], nn.Sequential], tuple[int, ...], int, Callable, int]] = {
    "mlp": (mlp, (20,), 5, functional.cross_entropy, 101),
    "cnn": (cnn, (1, 12, 12), CLASSES, functional.cross_entropy, 102),
    "residual": (residual, (3, 8, 8), CLASSES, functional.cross_entropy, 103),
    "kitchen": (kitchen, (2, 8, 8), 6, functional.mse_loss, 104),
    "normalized": (normalized, (4, 8, 8), CLASSES, functional.cross_entropy, 105),
}

OPTIMIZERS: dict[str, Callable] = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.05, momentum=0.9, weight_decay=5e-4),
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=1e-3, weight_decay=0),
}

Tensors = dict[str, torch.Tensor]


def data(
    shape: tuple[int, ...], outputs: int, loss: Callable, seed: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """STEPS * BATCH examples: noise around a pattern per class, with the class or float targets."""
    generator = torch.Generator().manual_seed(seed)
    count = STEPS * BATCH
    labels = torch.randint(outputs, (count,), generator=generator)
    patterns = torch.randn((outputs, *shape), generator=generator)
    features = 0.5 * patterns[labels] + torch.randn((count, *shape), generator=generator)
    if loss is functional.cross_entropy:
        return features, labels
    noise = 0.5 * torch.randn((count, outputs), generator=generator)
    return features, functional.log_softmax(2 * functional.one_hot(labels, outputs) + noise, dim=1)


def train(
    model: nn.Sequential, optimizer: str, loss: Callable, features: torch.Tensor, labels: torch.Tensor
) -> Tensors:
    """Trains in place, one step on each mini-batch in order; what the files record of it."""
    results: Tensors = {}
    losses = []
    step = OPTIMIZERS[optimizer](model.parameters())
    model.train()
    for x, y in zip(features.split(BATCH), labels.split(BATCH)):
        step.zero_grad()
        output = model(x)
        value = loss(output, y)
        value.backward()
        if not losses:
            results["first.output"] = output.detach().clone()
            results["first.loss"] = value.detach().clone()
            for name, parameter in model.named_parameters():
                results[f"first.gradient.{name}"] = parameter.grad.clone()
        losses.append(value.detach())
        step.step()
    results["losses"] = torch.stack(losses)
    for name, tensor in model.state_dict().items():
        results[f"after10.{name}"] = tensor.clone()
    model.eval()
    with torch.no_grad():
        results["evaluation.output"] = model(features[:BATCH])
        results["evaluation.loss"] = loss(results["evaluation.output"], labels[:BATCH])
    return results


def deviation(a: Tensors, b: Tensors, prefix: str) -> float:
    """The largest difference in a tensor over its largest element, of all whose names have the prefix."""
    names = [name for name in a if name.startswith(prefix)]
    return max(((a[name] - b[name]).abs().max() / a[name].abs().max()).item() for name in names)


def reverse_batches(tensor: torch.Tensor) -> torch.Tensor:
    return torch.cat([batch.flip(0) for batch in tensor.split(BATCH)])


def reference(name: str) -> Tensors:
    """All tensors of one model's file; prints how firm they are."""
    make, shape, outputs, loss, seed = MODELS[name]
    features, labels = data(shape, outputs, loss, seed)
    torch.manual_seed(seed)
    start = make()
    tensors = {f"initial.{key}": value.clone() for key, value in start.state_dict().items()}
    tensors |= {"data.features": features, "data.labels": labels}
    for optimizer in OPTIMIZERS:
        run = train(copy.deepcopy(start), optimizer, loss, features, labels)
        for key, value in run.items():
            group, dot, rest = key.partition(".")
            # The first mini-batch's pass precedes any update, so it is the same for every optimizer.
            tensors[key if group == "first" else f"{group}.{optimizer}{dot}{rest}"] = value
        exact_labels = labels if labels.dtype == torch.int64 else labels.double()
        others = {
            "float64": train(copy.deepcopy(start).double(), optimizer, loss, features.double(), exact_labels),
            "reversed": train(
                copy.deepcopy(start), optimizer, loss, reverse_batches(features), reverse_batches(labels)
            ),
        }
        for other, result in others.items():
            moved = {part: deviation(run, result, part) for part in ("first.gradient", "losses", "after10")}
            line = "  ".join(f"{part} {value:.1e}" for part, value in moved.items())
            print(f"{name:9} {optimizer:5} {other:9} {line}")
        print(f"{name:9} {optimizer:5} loss      {run['losses'][0]:.4f} -> {run['losses'][-1]:.4f}")
    return tensors


def main() -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    print(f"PyTorch {torch.__version__}")
    for name in MODELS:
        path = FOLDER / f"{name}.safetensors"
        tensors = {key: value.contiguous() for key, value in reference(name).items()}
        save_file(tensors, path)
        path.chmod(0o644)  # save_file leaves it readable by its owner alone
        print(f"{name:9} {path.stat().st_size} bytes, {len(tensors)} tensors")


if __name__ == "__main__":
    main()

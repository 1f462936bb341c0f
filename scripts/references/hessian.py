"""Makes the points that `dtrain diagnose` is held to: small models with their Hessians by PyTorch in float64.

    python3 -m venv venv && venv/bin/pip install torch safetensors numpy scipy
    venv/bin/python scripts/references/hessian.py [CASE ...]

writes Tests/EndToEndTests/Hessians/CASE/ for the cases below, all unless some are named, and prints how firm each is:
how far gradient norm, eigenvalues and counts move when PyTorch itself computes in float32, and how many eigenvalues
lie so near to ±epsilon that rounding may decide which side they are counted on.
Tests/EndToEndTests/Hessians/README.md describes the files.

Weights and data are float32 numbers; everything computed of them is float64. Seeds are fixed and one thread is used:
on one machine and PyTorch version the files come out the same byte for byte.
"""

import copy
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import register_parametrization

from torch_references import Residual

FOLDER = Path(__file__).resolve().parents[2] / "Tests" / "EndToEndTests" / "Hessians"
# Of max|λ|: eigenvalues nearer to 0 count as zeros.
EPSILON = 1e-5
# Of max|λ| · ‖θ‖: a gradient up to this is that of a critical point.
TOLERANCE = 1e-4
# Above this many parameters there is no dense spectrum.
DENSE = 5000


class WeightNorm(nn.Module):
    """g · v / ‖v‖ for each output, written out: of PyTorch 2.15's own weight_norm second derivatives are wrong on
    processors (their matrix is not symmetric and differs from differences of its gradient by a tenth)."""

    @staticmethod
    def norms(v: torch.Tensor) -> torch.Tensor:
        return v.square().sum(list(range(1, v.dim())), keepdim=True).sqrt()

    def forward(self, magnitude: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return v * (magnitude / self.norms(v))

    def right_inverse(self, weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.norms(weight), weight


def weight_norm(module: nn.Module) -> nn.Module:
    return register_parametrization(module, "weight", WeightNorm())


class BatchRenorm(nn.Module):
    """Batch renormalization (Ioffe 2017, arXiv:1702.03275) as dtrain's layer: no gradient flows through r and d."""

    def __init__(self, channels: int, r_max: float, d_max: float, r_steps: int, d_steps: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_std", torch.ones(channels))
        self.register_buffer("num_batches_tracked", torch.tensor(0.0))
        self.limits = (r_max, r_steps, d_max, d_steps)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        def channels(values: torch.Tensor) -> torch.Tensor:
            return values.reshape(1, -1, *[1] * (x.dim() - 2))

        if not self.training:
            normalized = (x - channels(self.running_mean)) / channels(self.running_std)
            return normalized * channels(self.weight) + channels(self.bias)
        r_max, r_steps, d_max, d_steps = self.limits
        r_limit = 1 + (self.num_batches_tracked.item() / r_steps) * (r_max - 1)
        d_limit = self.num_batches_tracked.item() / d_steps * d_max
        others = [axis for axis in range(x.dim()) if axis != 1]
        mean = x.mean(others)
        deviation = (x.var(others, correction=0) + 1e-5).sqrt()
        r = (deviation / self.running_std).clamp(1 / r_limit, r_limit).detach()
        d = ((mean - self.running_mean) / self.running_std).clamp(-d_limit, d_limit).detach()
        normalized = (x - channels(mean)) / channels(deviation)
        return (normalized * channels(r) + channels(d)) * channels(self.weight) + channels(self.bias)


@dataclass
class Case:
    """A model, as PyTorch and as dtrain write it, with its data."""

    model: Callable[[], nn.Sequential]
    layers: str  # the list `model` of the configuration
    shape: tuple[int, ...]  # of one example
    outputs: int
    seed: int
    count: int = 50
    batch: int = 20  # mini-batches are of unequal sizes, so are shards
    loss: str = "cross_entropy"
    loss_options: dict = field(default_factory=dict)
    training: bool = False  # batch norm's mode
    detached: bool = False  # whether gradients take something that depends on the parameters for a constant
    point: str = "random"  # or a minimum, or a saddle

    @property
    def has_classes(self) -> bool:
        return self.loss == "cross_entropy"


def mlp() -> nn.Sequential:
    return nn.Sequential(nn.Linear(7, 9), nn.Tanh(), nn.Linear(9, 4))


def large() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(30, 150), nn.ReLU(), nn.Linear(150, 150), nn.Tanh(), nn.Linear(150, 10)
    )


def medium() -> nn.Sequential:
    return nn.Sequential(nn.Linear(20, 38), nn.GELU(), nn.Linear(38, 28), nn.Tanh(), nn.Linear(28, 6))


def cnn() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1, bias=False),
        nn.BatchNorm2d(3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(3, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 5),
    )


CNN_LAYERS = """
- conv2d: {out: 3, kernel: 3, padding: 1, bias: false}
- batch_norm
- relu
- max_pool2d: 2
- conv2d: {out: 4, kernel: 3, padding: 1, bias: false}
- batch_norm
- relu
- global_avg_pool
- flatten
- linear: 5
"""


def smooth_cnn() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1, bias=False),
        nn.BatchNorm2d(3),
        nn.GELU(),
        nn.AvgPool2d(2),
        nn.Conv2d(3, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.Tanh(),
        nn.Dropout(0.3),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 5),
    )


SMOOTH_CNN_LAYERS = """
- conv2d: {out: 3, kernel: 3, padding: 1, bias: false}
- batch_norm
- gelu
- avg_pool2d: 2
- conv2d: {out: 4, kernel: 3, padding: 1, bias: false}
- batch_norm
- tanh
- dropout: 0.3
- global_avg_pool
- flatten
- linear: 5
"""


def residual() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(2, 2, 3, padding=1),
        nn.GELU(),
        Residual(
            nn.Sequential(
                nn.Conv2d(2, 3, 3, padding=1, bias=False),
                nn.BatchNorm2d(3),
                nn.GELU(),
                nn.Conv2d(3, 3, 1, bias=False),
                nn.BatchNorm2d(3),
            ),
            nn.Sequential(nn.Conv2d(2, 3, 1, bias=False), nn.BatchNorm2d(3)),
        ),
        nn.GELU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(3, 4),
    )


RESIDUAL_LAYERS = """
- conv2d: {out: 2, kernel: 3, padding: 1}
- gelu
- residual:
    body:
      - conv2d: {out: 3, kernel: 3, padding: 1, bias: false}
      - batch_norm
      - gelu
      - conv2d: {out: 3, kernel: 1, bias: false}
      - batch_norm
    shortcut:
      - conv2d: {out: 3, kernel: 1, bias: false}
      - batch_norm
- gelu
- global_avg_pool
- flatten
- linear: 4
"""


def layer_normed() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(5, 6),
        nn.LayerNorm(6),
        nn.GELU(),
        Residual(nn.Sequential(nn.Linear(6, 6), nn.Tanh()), nn.Sequential()),
        nn.LayerNorm(6, elementwise_affine=False),
        nn.Linear(6, 4),
    )


def group_normed() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.GroupNorm(2, 4),
        nn.Sigmoid(),
        nn.Conv2d(4, 2, 3, stride=2, bias=False),
        nn.InstanceNorm2d(2, affine=True),
        nn.LeakyReLU(0.1),
        nn.Flatten(),
        nn.Linear(8, 3),
    )


def weight_normed() -> nn.Sequential:
    return nn.Sequential(
        weight_norm(nn.Conv2d(2, 3, 3, stride=2, padding=1)),
        nn.Tanh(),
        nn.Flatten(),
        weight_norm(nn.Linear(27, 4)),
    )


def spectrally_normed() -> nn.Sequential:
    return nn.Sequential(
        spectral_norm(nn.Conv2d(1, 3, 3, padding=1, bias=False)),
        nn.GELU(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        spectral_norm(nn.Linear(27, 4)),
    )


SPECTRAL_LAYERS = """
- conv2d: {out: 3, kernel: 3, padding: 1, bias: false, spectral_norm: true}
- gelu
- avg_pool2d: 2
- flatten
- linear: {out: 4, spectral_norm: true}
"""


def renormed() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, bias=False),
        BatchRenorm(4, 1.5, 4, 20, 40),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(36, 3),
    )


RENORM_LAYERS = """
- conv2d: {out: 4, kernel: 3, padding: 1, bias: false}
- batch_renorm: {r_max: 1.5, d_max: 4, warmup_steps: 0, r_steps: 20, d_steps: 40}
- tanh
- avg_pool2d: 2
- flatten
- linear: 3
"""


def weighted() -> nn.Sequential:
    return nn.Sequential(nn.Linear(5, 7), nn.GELU(), nn.Dropout(0.3), nn.Linear(7, 6), nn.Tanh(), nn.Linear(6, 4))


def regression() -> nn.Sequential:
    return nn.Sequential(nn.Linear(5, 8), nn.Sigmoid(), nn.Linear(8, 2))


def small(units: int = 3) -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, units), nn.Tanh(), nn.Linear(units, 3))


def narrow(units: int = 3) -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, units), nn.Tanh(), nn.Linear(units, 2))


SMOOTHED = {"label_smoothing": 0.1}
CASES: dict[str, Case] = {
    "mlp": Case(mlp, "[{linear: 9}, tanh, {linear: 4}]", (7,), 4, seed=201),
    "cnn": Case(cnn, CNN_LAYERS, (1, 6, 6), 5, seed=202),
    "cnn-training": Case(
        smooth_cnn, SMOOTH_CNN_LAYERS, (1, 6, 6), 5, seed=203, batch=50, training=True
    ),
    "residual": Case(residual, RESIDUAL_LAYERS, (2, 5, 5), 4, seed=204),
    "layer-norm": Case(
        layer_normed,
        "[{linear: 6}, layer_norm, gelu, {residual: {body: [{linear: 6}, tanh]}}, "
        "{layer_norm: {elementwise_affine: false}}, {linear: 4}]",
        (5,), 4, seed=205,
    ),
    "group-norm": Case(
        group_normed,
        "[{conv2d: {out: 4, kernel: 3, padding: 1}}, {group_norm: 2}, sigmoid, "
        "{conv2d: {out: 2, kernel: 3, stride: 2, bias: false}}, {instance_norm: {affine: true}}, "
        "{leaky_relu: 0.1}, flatten, {linear: 3}]",
        (1, 6, 6), 3, seed=206,
    ),
    "weight-norm": Case(
        weight_normed,
        "[{conv2d: {out: 3, kernel: 3, stride: 2, padding: 1, weight_norm: true}}, tanh, flatten, "
        "{linear: {out: 4, weight_norm: true}}]",
        (2, 5, 5), 4, seed=207,
    ),
    "spectral-norm": Case(spectrally_normed, SPECTRAL_LAYERS, (1, 6, 6), 4, seed=208),
    "spectral-norm-training": Case(
        spectrally_normed, SPECTRAL_LAYERS, (1, 6, 6), 4, seed=209, batch=50, training=True,
        detached=True,
    ),
    "batch-renorm": Case(renormed, RENORM_LAYERS, (1, 6, 6), 3, seed=210),
    "batch-renorm-training": Case(
        renormed, RENORM_LAYERS, (1, 6, 6), 3, seed=211, batch=50, training=True, detached=True
    ),
    "weighted": Case(
        weighted, "[{linear: 7}, gelu, {dropout: 0.3}, {linear: 6}, tanh, {linear: 4}]", (5,), 4, seed=212,
        loss_options={"label_smoothing": 0.1, "class_weights": [1, 0.25, 3, 0.5]},
    ),
    "regression": Case(
        regression, "[{linear: 8}, sigmoid, {linear: 2}]", (5,), 2, seed=213, loss="mse"
    ),
    "minimum": Case(
        small, "[{linear: 3}, tanh, {linear: 3}]", (4,), 3, seed=214, count=90, batch=40,
        loss_options=SMOOTHED, point="minimum",
    ),
    "regression-minimum": Case(
        narrow, "[{linear: 3}, tanh, {linear: 2}]", (3,), 2, seed=215, count=60, loss="mse", point="minimum"
    ),
    "saddle": Case(
        narrow, "[{linear: 3}, tanh, {linear: 2}]", (3,), 2, seed=217, count=60, loss="mse", point="saddle"
    ),
    "classifier-saddle": Case(
        small, "[{linear: 3}, tanh, {linear: 3}]", (4,), 3, seed=246, count=90, batch=40,
        loss_options=SMOOTHED, point="saddle",
    ),
    "medium": Case(
        medium, "[{linear: 38}, gelu, {linear: 28}, tanh, {linear: 6}]", (20,), 6, seed=219, count=60
    ),
    "large": Case(
        large, "[{linear: 150}, relu, {linear: 150}, tanh, {linear: 10}]", (30,), 10, seed=218, count=200,
        batch=64,
    ),
}


def configuration(case: Case) -> str:
    """The YAML of a case; the list of layers is indented below its key."""
    layers = case.layers.strip()
    if layers.startswith("-"):
        layers = "\n" + "\n".join("  " + line for line in layers.splitlines())
    loss = case.loss
    if case.loss_options:
        options = ", ".join(f"{key}: {value}" for key, value in case.loss_options.items())
        loss = f"{{name: {case.loss}, {options}}}"
    return "\n".join([
        "data:",
        "  train: {format: npy, features: features.npy, labels: labels.npy}",
        "  normalize: none",
        f"model: {layers}".replace("model: \n", "model:\n"),
        f"loss: {loss}",
        "optimizer: {name: sgd, lr: 0.05}",
        f"training: {{batch: {case.batch}, shards: 8, seed: 0}}",
        "",
    ])


def data(case: Case, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Noise around a pattern per class, with the class, or targets of a noisy network of three units."""
    generator = torch.Generator().manual_seed(seed)
    kinds = torch.arange(case.count) % case.outputs
    kinds = kinds[torch.randperm(case.count, generator=generator)]
    patterns = torch.randn((case.outputs, *case.shape), generator=generator)
    features = 0.7 * patterns[kinds] + torch.randn((case.count, *case.shape), generator=generator)
    if case.has_classes:
        return features, kinds
    inner = torch.randn((features[0].numel(), 3), generator=generator)
    outer = 1.5 * torch.randn((3, case.outputs), generator=generator)
    noise = torch.randn((case.count, case.outputs), generator=generator)
    return features, torch.tanh(features.flatten(1) @ inner) @ outer + 0.3 * noise


def first_model(case: Case, seed: int) -> nn.Sequential:
    """A model in float32 whose scales, shifts and statistics are not those that layers begin with."""
    torch.manual_seed(seed)
    model = case.model()
    with torch.no_grad():
        for module in model.modules():
            affine = isinstance(module, (nn.BatchNorm2d, nn.GroupNorm, nn.InstanceNorm2d, nn.LayerNorm, BatchRenorm))
            if affine and module.weight is not None:
                module.weight.add_(0.3 * torch.randn_like(module.weight))
                module.bias.add_(0.3 * torch.randn_like(module.bias))
            if isinstance(module, (nn.BatchNorm2d, BatchRenorm)):
                module.running_mean.copy_(0.3 * torch.randn_like(module.running_mean))
                spread = 0.5 + torch.rand_like(module.running_mean)
                (module.running_var if isinstance(module, nn.BatchNorm2d) else module.running_std).copy_(spread)
                module.num_batches_tracked.fill_(10)
            if hasattr(module, "original0"):  # weight norm's magnitudes, which begin as the norms
                module.original0.mul_(0.5 + torch.rand_like(module.original0))
            if hasattr(module, "_u"):  # vectors for which the power method has steps to go
                module._u.copy_(functional.normalize(module._u + 0.3 * torch.randn_like(module._u), dim=0))
                module._v.copy_(functional.normalize(module._v + 0.3 * torch.randn_like(module._v), dim=0))
    return model


class Problem:
    """The loss of a case as a function of its parameters, in a floating-point type."""

    def __init__(
        self, case: Case, model: nn.Sequential, features: torch.Tensor, labels: torch.Tensor, dtype: torch.dtype
    ) -> None:
        # A copy: a forward pass in training changes running statistics and singular vectors.
        self.model = copy.deepcopy(model).to(dtype).train(case.training)
        for module in self.model.modules():
            if isinstance(module, nn.Dropout):
                module.eval()
        self.parameters = list(self.model.parameters())
        features = features.to(dtype)
        output = self.model(features)
        if case.has_classes:
            weights = case.loss_options.get("class_weights")
            weights = None if weights is None else torch.tensor(weights, dtype=dtype)
            smoothing = case.loss_options.get("label_smoothing", 0.0)
            options = {"weight": weights, "label_smoothing": smoothing}
            self.loss = functional.cross_entropy(output, labels, **options)
            each = functional.cross_entropy(output, labels, reduction="none", **options)
            self.losses = each / (len(labels) if weights is None else weights[labels].sum())
        else:
            self.loss = functional.mse_loss(output, labels.to(dtype))
            each = functional.mse_loss(output, labels.to(dtype), reduction="none").mean(1)
            self.losses = each / len(labels)
        assert torch.allclose(self.loss, self.losses.sum())
        self.gradient_graph = self.flat(torch.autograd.grad(self.loss, self.parameters, create_graph=True))
        self.gradient = self.gradient_graph.detach()

    @staticmethod
    def flat(tensors: tuple[torch.Tensor, ...]) -> torch.Tensor:
        return torch.cat([tensor.reshape(-1) for tensor in tensors])

    @property
    def point(self) -> torch.Tensor:
        return self.flat(tuple(parameter.detach() for parameter in self.parameters))

    def product(self, direction: torch.Tensor) -> torch.Tensor:
        """H · direction."""
        parts = torch.autograd.grad(
            self.gradient_graph, self.parameters, direction.to(self.gradient.dtype), retain_graph=True,
            materialize_grads=True,
        )
        return self.flat(parts)

    def hessian(self) -> torch.Tensor:
        rows = torch.stack([self.product(row) for row in torch.eye(len(self.gradient))])
        largest = rows.abs().max()
        asymmetry = (rows - rows.T).abs().max() / largest
        assert asymmetry < (1e-12 if rows.dtype == torch.float64 else 1e-4), asymmetry
        return (rows + rows.T) / 2

    def difference(self, direction: torch.Tensor, gradient: Callable[[torch.Tensor], torch.Tensor]) -> float:
        """How far H · direction is from that by central differences of `gradient`, of its norm."""
        step = 1e-5 / direction.norm()
        change = gradient(self.point + step * direction) - gradient(self.point - step * direction)
        product = self.product(direction)
        return ((change / (2 * step) - product).norm() / product.norm()).item()

    def gradient_scale(self) -> float:
        """Σ over examples of the norms of their parts of the gradient: what float32 rounds relatively to."""
        parts = [
            self.flat(torch.autograd.grad(loss, self.parameters, retain_graph=True, materialize_grads=True))
            for loss in self.losses
        ]
        assert torch.allclose(sum(parts), self.gradient, atol=1e-5)
        return sum(part.norm().item() for part in parts)


def moved(model: nn.Sequential, point: torch.Tensor) -> nn.Sequential:
    model = copy.deepcopy(model).double()
    torch.nn.utils.vector_to_parameters(point, model.parameters())
    return model


def minimum(case: Case, model: nn.Sequential, features: torch.Tensor, labels: torch.Tensor) -> nn.Sequential:
    """Where gradient descent and then damped Newton steps come to, in float64."""

    def problem(point: torch.Tensor) -> Problem:
        return Problem(case, moved(model, point), features, labels, torch.float64)

    point = Problem(case, model, features, labels, torch.float64).point
    for _ in range(1500):
        point = point - 0.3 * problem(point).gradient
    damping = 1e-2
    here = problem(point)
    for _ in range(200):
        if here.gradient.norm() < 1e-12:
            break
        matrix = here.hessian() + damping * torch.eye(len(point))
        there = problem(point - torch.linalg.lstsq(matrix, here.gradient, driver="gelsd").solution)
        # Near a minimum rounding decides whether the loss falls.
        if there.loss <= here.loss and there.gradient.norm() < 2 * here.gradient.norm():
            point, here, damping = there.point, there, max(damping / 4, 1e-9)
        else:
            damping *= 4
    return moved(model, point)


def split(model: nn.Sequential, larger: nn.Sequential) -> nn.Sequential:
    """The same function with the last hidden unit there twice, 0.4 and 0.6 of it.

    Of a minimum this makes a critical point that is a saddle, unless a matrix of the unit is definite (Fukumizu and
    Amari 2000, "Local minima and plateaus in hierarchical structures of multilayer perceptrons").
    """
    (inner, _, outer), (wide_inner, _, wide_outer) = model, larger
    with torch.no_grad():
        wide_inner.weight.copy_(torch.cat([inner.weight, inner.weight[-1:]]))
        wide_inner.bias.copy_(torch.cat([inner.bias, inner.bias[-1:]]))
        last = outer.weight[:, -1:]
        wide_outer.weight.copy_(torch.cat([outer.weight[:, :-1], 0.4 * last, 0.6 * last], dim=1))
        wide_outer.bias.copy_(outer.bias)
    return larger


def critical_point(case: Case) -> tuple[nn.Sequential, torch.Tensor, torch.Tensor]:
    """A model at a critical point of the wanted kind, rounded to float32, and its data, from the first seed that leads to
    one."""
    for seed in range(case.seed, case.seed + 100):
        features, labels = data(case, seed)
        torch.manual_seed(seed)
        if case.point == "minimum":
            model = minimum(case, case.model().double(), features, labels)
        else:
            model = split(minimum(case, case.model(2).double(), features, labels), case.model().double())
        model = model.float()
        here = Problem(case, model, features, labels, torch.float64)
        values = torch.linalg.eigvalsh(here.hessian())
        largest = values.abs().max()
        firm = here.gradient.norm() < 1e-6 * largest * here.point.norm() and here.point.abs().max() < 10
        # Rounding decides of no eigenvalue whether it is a zero.
        firm &= not ((values.abs() > EPSILON / 100 * largest) & (values.abs() < 3 * EPSILON * largest)).any()
        lowest = values[0] / largest
        if firm and (lowest > -EPSILON / 10 if case.point == "minimum" else lowest < -1e-3):
            return model, features, labels
        print(f"  seed {seed}: gradient {here.gradient.norm():.1e}, λ {values[0]:.3e} to {values[-1]:.3e}")
    raise AssertionError("no such point was found")


def ends(problem: Problem) -> tuple[float, float]:
    """λ_max and λ_min by implicitly restarted Lanczos."""
    size = len(problem.gradient)
    operator = LinearOperator(
        (size, size), dtype=np.float64, matvec=lambda v: problem.product(torch.from_numpy(v.ravel())).numpy()
    )
    start = direction(size, 0).numpy()
    highest, lowest = (
        eigsh(operator, k=1, which=which, tol=1e-10, ncv=60, v0=start, return_eigenvectors=False)[0]
        for which in ("LA", "SA")
    )
    return float(highest), float(lowest)


def direction(size: int, number: int) -> torch.Tensor:
    """The vector of sin(0.7 i + 1) or, for number 1, of sin(1.3 i + 2)."""
    rate, phase = [(0.7, 1.0), (1.3, 2.0)][number]
    return torch.from_numpy(np.sin(rate * np.arange(size, dtype=np.float64) + phase))


def counts(values: np.ndarray, epsilon: float) -> dict[str, float]:
    positive, negative = int((values > epsilon).sum()), int((values < -epsilon).sum())
    return {
        "index": negative,
        "minimum_ratio": positive / len(values),
        "negative_ratio": negative / len(values),
        "zero_ratio": (len(values) - positive - negative) / len(values),
    }


def describe(name: str, case: Case, exact: Problem, rough: Problem, gradient_at: Callable) -> dict:
    """What is known of a point; prints how firm it is."""
    if not case.detached:
        for number in (0, 1):
            off = exact.difference(direction(len(exact.gradient), number), gradient_at)
            assert off < 1e-6, f"{name}: PyTorch's product with the Hessian is {off} off differences of its gradient"
    gradient, size = exact.gradient.norm().item(), exact.point.norm().item()
    reference: dict = {
        "torch": torch.__version__.split("+")[0],
        "batch_norm": "training" if case.training else "evaluation",
        "examples": case.count,
        "parameters": len(exact.gradient),
        "loss": exact.loss.item(),
        "gradient_norm": gradient,
        "gradient_scale": exact.gradient_scale(),
        "gradient_curvature": (exact.gradient @ exact.product(exact.gradient)).item(),
        "parameter_norm": size,
    }
    line = f"gradient {abs(rough.gradient.norm().item() - gradient) / gradient:.1e}"
    if len(exact.gradient) <= DENSE:
        values = torch.linalg.eigvalsh(exact.hessian()).numpy()
        largest = float(np.abs(values).max())
        rounded = torch.linalg.eigvalsh(rough.hessian().double()).numpy()
        ends_found = (float(values[-1]), float(values[0]))
        reference |= counts(values, EPSILON * largest)
        reference["eigenvalues"] = [float(f"{value:.7g}") for value in values]
        near = np.abs(np.abs(values) / (EPSILON * largest) - 1) < 0.5
        line += f"  λ {np.abs(values - rounded).max() / largest:.1e}  near ±ε {near.sum()}"
        line += f"  index {reference['index']} ({counts(rounded, EPSILON * largest)['index']})"
        line += f"  zeros {round(reference['zero_ratio'] * len(values))}"
    else:
        ends_found = ends(exact)
        largest = max(map(abs, ends_found))
    reference["lambda_max"], reference["lambda_min"] = ends_found
    reference["epsilon"] = EPSILON * largest
    ratio = gradient / (largest * size)
    assert not 0.3 * TOLERANCE < ratio < 3 * TOLERANCE, f"{name}: whether {ratio} is critical is not firm"
    reference["critical_ratio"] = ratio
    reference["verdict"] = {"random": "not_critical", "minimum": "local_minimum", "saddle": "saddle"}[case.point]
    assert (ratio > TOLERANCE) == (case.point == "random"), name
    print(f"{name:22} {len(exact.gradient):6} parameters  loss {exact.loss.item():.4f}  λ {ends_found[1]:.4f} to "
          f"{ends_found[0]:.4f}  ratio {ratio:.1e}  float32: {line}")
    return reference


def write(name: str, case: Case) -> int:
    """Writes the files of a case; returns their bytes."""
    if case.point == "random":
        features, labels = data(case, case.seed)
        model = first_model(case, case.seed)
    else:
        model, features, labels = critical_point(case)
    exact, rough = (Problem(case, model, features, labels, dtype) for dtype in (torch.float64, torch.float32))
    reference = describe(
        name, case, exact, rough,
        lambda point: Problem(case, moved(model, point), features, labels, torch.float64).gradient,
    )
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    np.save(folder / "features.npy", features.numpy())
    np.save(folder / "labels.npy", labels.numpy())
    save_file({key: value.contiguous() for key, value in model.state_dict().items()}, folder / "weights.safetensors")
    if len(exact.gradient) > DENSE:
        products = {
            f"product{number}": exact.product(direction(len(exact.gradient), number)).float() for number in (0, 1)
        }
        save_file(products, folder / "products.safetensors")
    (folder / "case.yaml").write_text(configuration(case))
    text = json.dumps(reference, indent=1)
    numbers = json.dumps(reference.get("eigenvalues", []), separators=(",", ":"))
    if "eigenvalues" in reference:
        text = json.dumps({**reference, "eigenvalues": 0}, indent=1).replace('"eigenvalues": 0', f'"eigenvalues": {numbers}')
    (folder / "reference.json").write_text(text + "\n")
    for file in folder.iterdir():
        file.chmod(0o644)
    return sum(file.stat().st_size for file in folder.iterdir())


def main() -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    print(f"PyTorch {torch.__version__}")
    total = sum(write(name, CASES[name]) for name in sys.argv[1:] or CASES)
    print(f"{total} bytes")


if __name__ == "__main__":
    main()

"""The models and points of hessian.py, as PyTorch and as dtrain write them."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import register_parametrization

from torch_references import Residual


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

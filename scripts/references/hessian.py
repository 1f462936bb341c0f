"""Makes the points that `dtrain diagnose` is held to: small models with their Hessians by PyTorch in float64.

    python3 -m venv venv && venv/bin/pip install torch safetensors numpy scipy
    venv/bin/python scripts/references/hessian.py [CASE ...]

writes Tests/EndToEndTests/Hessians/CASE/ for the cases of hessian_cases.py, all unless some are named, and prints how
firm each is: how far gradient norm, eigenvalues and counts move when PyTorch itself computes in float32, and how many
eigenvalues lie so near to ±epsilon that rounding may decide which side they are counted on.
Tests/EndToEndTests/Hessians/README.md describes the files.

Weights and data are float32 numbers; everything computed of them is float64. Seeds are fixed and one thread is used:
on one machine and PyTorch version the files come out the same byte for byte.
"""

import copy
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import nn
from torch.nn import functional

from hessian_cases import CASES, BatchRenorm, Case, configuration

FOLDER = Path(__file__).resolve().parents[2] / "Tests" / "EndToEndTests" / "Hessians"
# Of max|λ|: eigenvalues nearer to 0 count as zeros.
EPSILON = 1e-5
# Of max|λ| · ‖θ‖: a gradient up to this is that of a critical point.
TOLERANCE = 1e-4
# Above this many parameters there is no dense spectrum.
DENSE = 5000


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
            norms = (nn.BatchNorm2d, nn.GroupNorm, nn.InstanceNorm2d, nn.LayerNorm, BatchRenorm)
            if isinstance(module, norms) and module.weight is not None:
                module.weight.add_(0.3 * torch.randn_like(module.weight))
                module.bias.add_(0.3 * torch.randn_like(module.bias))
            if isinstance(module, (nn.BatchNorm2d, BatchRenorm)):
                module.running_mean.copy_(0.3 * torch.randn_like(module.running_mean))
                spread = 0.5 + torch.rand_like(module.running_mean)
                of_batch_norm = isinstance(module, nn.BatchNorm2d)
                (module.running_var if of_batch_norm else module.running_std).copy_(spread)
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
        self, case: Case, model: nn.Sequential, features: torch.Tensor, labels: torch.Tensor,
        dtype: torch.dtype,
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
    """A model at a critical point of the wanted kind, rounded to float32, and its data.

    They are those of the first seed that leads to one.
    """
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
            assert off < 1e-6, f"{name}: the product with the Hessian is {off} off differences of the gradient"
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
    verdicts = {"random": "not_critical", "minimum": "local_minimum", "saddle": "saddle"}
    reference["verdict"] = verdicts[case.point]
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
    # A field a line, the list of eigenvalues too.
    fields = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in reference.items()]
    (folder / "reference.json").write_text("{\n" + ",\n".join(fields) + "\n}\n")
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

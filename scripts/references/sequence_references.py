"""Makes the numbers that dtrain's sequence models are compared with, by training small models in PyTorch.

    python3 -m venv venv && venv/bin/pip install torch safetensors
    venv/bin/python scripts/references/sequence_references.py

writes Tests/TorchReferences/Data/Sequences/MODEL.safetensors for the models below and prints, for each, how much the
results move when PyTorch itself computes in float64 or takes the examples of every mini-batch in reverse order: the
largest difference in a tensor over the largest element of that tensor, as torch_references.py does.

A model is a chain of layers, numbered from 0: `1.weight_ih_l0` is a weight of the second one. It takes ten mini-batches
of 6 examples in order, once, with SGD, lr 0.1, momentum 0.9, and no weight decay. Its file has these tensors, F32
unless said otherwise; N is 60 examples, T positions, F features of a position, K outputs:

    initial.KEY                  weights before training
    data.features                (N, T) I64 tokens, or (N, T, F)
    data.lengths                 (N) I64, 1 to T; only of some models
    data.labels                  (N, T) I64, -100 where a position is not counted; or (N) I64 of a pooled sequence
    first.output                 (6, T, K), or (6, K) of a pooled sequence: of the first mini-batch
    first.loss                   (): cross entropy, the mean over the counted positions
    first.gradient.KEY           the gradient of that loss
    first.feature_gradient       (6, T, F): the same in the features, of models that take floats
    losses.sgd                   (10): each step's loss, before its update
    after10.sgd.KEY              weights after ten updates
    evaluation.sgd.output, .loss those weights on the first mini-batch

Positions beyond an example's length are not counted, though features and labels there are as elsewhere, neither zeros
nor -100: who does not look at lengths gets other numbers. Outputs there are what PyTorch makes of them. Behind an
attention they say nothing, since padded positions attend to others; only t < length is to be compared.

`decoder.safetensors` is of one forward and backward pass: `data.target` (6, T, 8), `data.memory` (6, S, 8),
`data.target_lengths`, `data.memory_lengths` (6) I64, `data.output_weights` (6, T, 8); `first.output`; `first.loss`, the
sum of output · output_weights over t < target length; `first.gradient.KEY`, `first.target_gradient`,
`first.memory_gradient`. KEY is a name of torch.nn.TransformerDecoder, such as `layers.0.multihead_attn.in_proj_weight`.

Seeds are fixed, one thread and deterministic algorithms are used: on one machine and PyTorch version the files come
out the same byte for byte. Another processor or version may differ in the last bits.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

FOLDER = Path(__file__).resolve().parents[2] / "Tests" / "TorchReferences" / "Data" / "Sequences"
STEPS = 10
BATCH = 6
IGNORED = -100

Tensors = dict[str, torch.Tensor]


class Transpose(nn.Module):
    """Swaps the last two dimensions."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.transpose(1, 2)


class PositionalEmbedding(nn.Module):
    """Adds a learned vector of each position: `weight` (max_length, E)."""

    def __init__(self, max_length: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(max_length, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.weight[: x.shape[1]]


class SequencePool(nn.Module):
    """(n, T, F) to (n, F): the last position, the mean or the maximum, of those within the lengths."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        if self.kind == "last":
            return x[torch.arange(len(x)), lengths - 1]
        within = within_lengths(lengths, x.shape[1])[:, :, None]
        if self.kind == "mean":
            return x.where(within, 0).sum(1) / lengths[:, None]
        return x.where(within, -torch.inf).amax(1)


def within_lengths(lengths: torch.Tensor, count: int) -> torch.Tensor:
    """(n, T): whether a position is one of its example's."""
    return torch.arange(count) < lengths[:, None]


def causal_mask(count: int) -> torch.Tensor:
    """(T, T): whether a position must not look at another, since it comes later."""
    return torch.ones(count, count, dtype=torch.bool).triu(1)


class Chain(nn.Sequential):
    """A sequence of layers, which passes lengths to those that look at them."""

    def __init__(self, *layers: nn.Module, causal: bool = False) -> None:
        super().__init__(*layers)
        self.causal = causal

    def forward(self, x: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
        for layer in self:
            if isinstance(layer, nn.RNNBase):
                x = self.recurrent(layer, x, lengths)
            elif isinstance(layer, (nn.TransformerEncoder, nn.MultiheadAttention)):
                x = self.attending(layer, x, lengths)
            elif isinstance(layer, SequencePool):
                x = layer(x, torch.full((len(x),), x.shape[1]) if lengths is None else lengths)
            else:
                x = layer(x)
        return x

    @staticmethod
    def recurrent(layer: nn.RNNBase, x: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
        if lengths is None:
            return layer(x)[0]
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(layer(packed)[0], batch_first=True, total_length=x.shape[1])[0]

    def attending(self, layer: nn.Module, x: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
        mask = causal_mask(x.shape[1]) if self.causal else None
        padding = None if lengths is None else ~within_lengths(lengths, x.shape[1])
        if isinstance(layer, nn.TransformerEncoder):
            return layer(x, mask=mask, src_key_padding_mask=padding)
        return layer(x, x, x, attn_mask=mask, key_padding_mask=padding, need_weights=False)[0]


def stirred(model: nn.Module) -> nn.Module:
    """The model with scales, shifts and biases away from 1 and 0, so that a wrong one cannot hide, and with layers of
    an encoder that differ, which PyTorch makes as copies of one."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return model


def tagger(recurrent: Callable[..., nn.RNNBase], **options: str) -> Callable[[], Chain]:
    return lambda: Chain(
        nn.Embedding(11, 5, padding_idx=0),
        recurrent(5, 4, num_layers=2, bidirectional=True, batch_first=True, **options),
        nn.Linear(8, 11),
    )


def rnn_relu() -> Chain:
    return Chain(
        nn.RNN(3, 4, nonlinearity="relu", batch_first=True), SequencePool("last"), nn.Linear(4, 3)
    )


def pooled(kind: str) -> Callable[[], Chain]:
    return lambda: Chain(nn.Linear(3, 6), nn.Tanh(), SequencePool(kind), nn.Linear(6, 3))


def transformer(classes: int, positions: int | None, activation: str, norm_first: bool, causal: bool) -> Chain:
    layer = nn.TransformerEncoderLayer(
        8, nhead=2, dim_feedforward=16, dropout=0, activation=activation, norm_first=norm_first, batch_first=True,
    )
    encoder = stirred(nn.TransformerEncoder(layer, num_layers=2, enable_nested_tensor=False))
    embeddings = [nn.Embedding(classes, 8)]
    if positions is not None:
        embeddings.append(PositionalEmbedding(positions, 8))
    return Chain(*embeddings, encoder, nn.Linear(8, classes), causal=causal)


def attention(causal: bool = False) -> Chain:
    return Chain(stirred(nn.MultiheadAttention(8, 2, batch_first=True)), causal=causal)


def rms_norm() -> nn.RMSNorm:
    """With the epsilon that PyTorch takes in float32 where none is given, so that float64 is compared with the same."""
    return stirred(nn.RMSNorm(8, eps=torch.finfo(torch.float32).eps))


def attention_norms() -> Chain:
    return Chain(
        nn.Linear(3, 8),
        rms_norm(),
        stirred(nn.MultiheadAttention(8, 2, batch_first=True)),
        stirred(nn.LayerNorm(8)),
        nn.Linear(8, 5),
    )


def convolutional() -> Chain:
    return Chain(
        nn.Embedding(11, 6),
        Transpose(),
        nn.Conv1d(6, 8, 3, padding=1),
        nn.ReLU(),
        nn.Conv1d(8, 5, 3, stride=2),
        nn.ReLU(),
        nn.MaxPool1d(2),
        Transpose(),
        SequencePool("mean"),
        nn.Linear(5, 3),
    )


@dataclass
class Case:
    """A model with what its data are like."""

    model: Callable[[], Chain]
    seed: int
    positions: int
    classes: int
    tokens: int | None = None  # how many there are
    features: int | None = None  # of a position, instead of tokens
    has_lengths: bool = False
    labels_sequences: bool = False  # one label for all of a sequence
    has_faint: bool = False  # features of some positions are so small that a norm's epsilon counts


def tokens(model: Callable[[], Chain], seed: int, has_lengths: bool) -> Case:
    return Case(model, seed, 7, 11, tokens=11, has_lengths=has_lengths)


def floats(model: Callable[[], Chain], seed: int, **options: object) -> Case:
    return Case(model, seed, **{"positions": 7, "classes": 8, "features": 8, **options})


CASES: dict[str, Case] = {
    "lstm": tokens(tagger(nn.LSTM), 201, False),
    "lstm_lengths": tokens(tagger(nn.LSTM), 202, True),
    "gru": tokens(tagger(nn.GRU), 203, False),
    "gru_lengths": tokens(tagger(nn.GRU), 204, True),
    "rnn_tanh": tokens(tagger(nn.RNN, nonlinearity="tanh"), 205, False),
    "rnn_tanh_lengths": tokens(tagger(nn.RNN, nonlinearity="tanh"), 206, True),
    "rnn_relu_last": floats(rnn_relu, 207, classes=3, features=3, has_lengths=True, labels_sequences=True),
    "pool_mean": floats(pooled("mean"), 208, classes=3, features=3, has_lengths=True, labels_sequences=True),
    "pool_max": floats(pooled("max"), 209, classes=3, features=3, has_lengths=True, labels_sequences=True),
    "transformer_causal": Case(
        lambda: transformer(13, 12, "gelu", norm_first=True, causal=True), 210, 9, 13, tokens=13
    ),
    "transformer_lengths": Case(
        lambda: transformer(13, None, "relu", norm_first=False, causal=False), 211, 9, 13, tokens=13,
        has_lengths=True,
    ),
    "attention_lengths": floats(attention, 212, has_lengths=True),
    "attention_causal": floats(lambda: attention(causal=True), 213),
    "rms_norm": floats(lambda: Chain(rms_norm()), 214, has_faint=True),
    "layer_norm": floats(lambda: Chain(stirred(nn.LayerNorm(8))), 215, has_faint=True),
    "attention_norms": floats(attention_norms, 216, classes=5, features=3, has_lengths=True),
    "conv1d": Case(convolutional, 217, 13, 3, tokens=11, labels_sequences=True),
}


def data(case: Case) -> Tensors:
    """Examples whose labels depend on tokens, or on signs of features, of a position and the one before it."""
    generator = torch.Generator().manual_seed(case.seed)
    count, positions = STEPS * BATCH, case.positions
    if case.tokens is not None:
        features = torch.randint(case.tokens, (count, positions), generator=generator)
        signs = features
    else:
        features = torch.randn((count, positions, case.features), generator=generator)
        signs = (features[:, :, :3] > 0).long() @ torch.tensor([1, 2, 4])
        if case.has_faint:
            features[:, ::3] *= 1e-3
    labels = (signs + signs.roll(1, 1)) % case.classes
    tensors = {"features": features}
    lengths = torch.randint(1, positions + 1, (count,), generator=generator)
    lengths[:2] = torch.tensor([1, positions])
    if case.has_lengths:
        tensors["lengths"] = lengths
    if case.labels_sequences:
        labels = labels[:, 0]
    else:
        labels[torch.rand((count, positions), generator=generator) < 0.2] = IGNORED
        labels[3] = IGNORED  # an example of which nothing is counted
    return tensors | {"labels": labels}


def loss(output: torch.Tensor, labels: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
    if labels.dim() == 1:
        return functional.cross_entropy(output, labels)
    if lengths is not None:
        labels = labels.where(within_lengths(lengths, labels.shape[1]), IGNORED)
    return functional.cross_entropy(output.transpose(1, 2), labels, ignore_index=IGNORED)


def train(model: Chain, tensors: Tensors) -> Tensors:
    """Trains in place, one step on each mini-batch in order; what the files record of it."""
    results: Tensors = {}
    losses = []
    step = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    all_lengths = tensors.get("lengths")
    all_lengths = [None] * STEPS if all_lengths is None else all_lengths.split(BATCH)
    batches = list(zip(tensors["features"].split(BATCH), all_lengths, tensors["labels"].split(BATCH)))
    for x, lengths, labels in batches:
        step.zero_grad()
        x = x.clone().requires_grad_(x.is_floating_point())
        output = model(x, lengths)
        value = loss(output, labels, lengths)
        value.backward()
        if not losses:
            results["first.output"] = output.detach().clone()
            results["first.loss"] = value.detach().clone()
            for name, parameter in model.named_parameters():
                results[f"first.gradient.{name}"] = parameter.grad.clone()
            if x.requires_grad:
                results["first.feature_gradient"] = x.grad
        losses.append(value.detach())
        step.step()
    results["losses.sgd"] = torch.stack(losses)
    for name, tensor in model.state_dict().items():
        results[f"after10.sgd.{name}"] = tensor.clone()
    # Nothing here depends on the mode, and PyTorch's own evaluation of encoders goes another way.
    with torch.no_grad():
        x, lengths, labels = batches[0]
        results["evaluation.sgd.output"] = model(x, lengths)
        results["evaluation.sgd.loss"] = loss(results["evaluation.sgd.output"], labels, lengths)
    return results


def deviation(a: Tensors, b: Tensors, prefix: str) -> float:
    """The largest difference in a tensor over its largest element, of all whose names have the prefix."""
    names = [name for name in a if name.startswith(prefix)]
    return max(((a[name] - b[name]).abs().max() / a[name].abs().max()).item() for name in names)


def in_float64(tensors: Tensors) -> Tensors:
    return {name: value.double() if value.is_floating_point() else value for name, value in tensors.items()}


def reverse_batches(tensors: Tensors) -> Tensors:
    return {
        name: torch.cat([batch.flip(0) for batch in tensor.split(BATCH)]) for name, tensor in tensors.items()
    }


def reference(name: str, case: Case) -> Tensors:
    """All tensors of one model's file; prints how firm they are."""
    examples = data(case)
    torch.manual_seed(case.seed)
    start = case.model()
    tensors = {f"initial.{key}": value.clone() for key, value in start.state_dict().items()}
    tensors |= {f"data.{key}": value for key, value in examples.items()}
    run = train(copy.deepcopy(start), examples)
    others = {
        "float64": train(copy.deepcopy(start).double(), in_float64(examples)),
        "reversed": train(copy.deepcopy(start), reverse_batches(examples)),
    }
    for other, result in others.items():
        moved = {part: deviation(run, result, part) for part in ("first.gradient", "losses", "after10")}
        line = "  ".join(f"{part} {value:.1e}" for part, value in moved.items())
        print(f"{name:19} {other:9} {line}")
    print(f"{name:19} loss      {run['losses.sgd'][0]:.4f} -> {run['losses.sgd'][-1]:.4f}")
    return tensors | run


def decode(decoder: nn.TransformerDecoder, examples: Tensors) -> Tensors:
    """One forward and backward pass of a decoder."""
    target = examples["target"].clone().requires_grad_()
    memory = examples["memory"].clone().requires_grad_()
    within = within_lengths(examples["target_lengths"], target.shape[1])
    output = decoder(
        target, memory, tgt_mask=causal_mask(target.shape[1]), tgt_key_padding_mask=~within,
        memory_key_padding_mask=~within_lengths(examples["memory_lengths"], memory.shape[1]),
    )
    value = (output * examples["output_weights"] * within[:, :, None]).sum()
    value.backward()
    return {
        "first.output": output.detach(), "first.loss": value.detach(),
        "first.target_gradient": target.grad, "first.memory_gradient": memory.grad,
        **{f"first.gradient.{name}": parameter.grad for name, parameter in decoder.named_parameters()},
    }


def decoder_reference() -> Tensors:
    """All tensors of the decoder's file; prints how firm they are."""
    torch.manual_seed(218)
    layer = nn.TransformerDecoderLayer(8, nhead=2, dim_feedforward=16, dropout=0, batch_first=True)
    decoder = stirred(nn.TransformerDecoder(layer, num_layers=1))
    examples = {
        "target": torch.randn(BATCH, 5, 8), "target_lengths": torch.tensor([5, 1, 3, 4, 2, 5]),
        "memory": torch.randn(BATCH, 7, 8), "memory_lengths": torch.tensor([3, 7, 1, 5, 6, 2]),
        "output_weights": torch.randn(BATCH, 5, 8),
    }
    tensors = {f"initial.{key}": value.clone() for key, value in decoder.state_dict().items()}
    tensors |= {f"data.{key}": value for key, value in examples.items()}
    run = decode(copy.deepcopy(decoder), examples)
    exact = decode(copy.deepcopy(decoder).double(), in_float64(examples))
    print(f"{'decoder':19} float64   first {deviation(run, exact, 'first'):.1e}")
    return tensors | run


def main() -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    print(f"PyTorch {torch.__version__}")
    makers = {name: lambda name=name, case=case: reference(name, case) for name, case in CASES.items()}
    makers["decoder"] = decoder_reference
    for name, make in makers.items():
        path = FOLDER / f"{name}.safetensors"
        tensors = {key: value.contiguous() for key, value in make().items()}
        assert all(value.isfinite().all() for value in tensors.values()), name
        save_file(tensors, path)
        path.chmod(0o644)  # save_file leaves it readable by its owner alone
        print(f"{name:19} {path.stat().st_size} bytes, {len(tensors)} tensors")


if __name__ == "__main__":
    main()

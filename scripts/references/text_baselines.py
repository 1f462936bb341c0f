#!/usr/bin/env python3
"""Trains two models of text in PyTorch, for dtrain's results to be compared with.

Use: text_baselines.py --data FOLDER [options] characters|languages

  --data FOLDER   the folder that scripts/text-data has written
  --steps N       mini-batches to train on (1000 unless given)
  --lr X          learning rate of Adam (2e-3 unless given)
  --seed N        of weights and of the order of examples (1 unless given)
  --threads N     threads of PyTorch (1 unless given)
  --report N      steps between lines about the training loss (100 unless given)

characters: the next character of bible.txt. Embedding 64, LSTM of 2 layers of 256, linear; windows of 128 characters
that do not overlap, in a new order each pass, 64 in a mini-batch, each from a state of zeros. The last 5 % of the file
are held out; of them, cut into such windows, bits per character are printed.

languages: the label of a word of languages.tsv by its characters. Embedding 32, bidirectional GRU of 64, the output of
both directions at the word's last character, linear; 64 words in a mini-batch, in a new order each pass. The last tenth
of the lines is held out; of it the accuracy is printed. Characters that only stand there count as one, unknown.

Needs torch (the CPU build will do). Float32; the loss is the mean over characters, or words, of a mini-batch.
"""
import argparse
import math
import pathlib
import sys
import time
from collections.abc import Callable, Iterator

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

LENGTH, BATCH = 128, 64
Batch = tuple[torch.Tensor, ...]


class Characters(nn.Module):
    """(n, T) characters to (n, T, K) logits of the ones that follow."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(count, 64)
        self.lstm = nn.LSTM(64, 256, num_layers=2, batch_first=True)
        self.linear = nn.Linear(256, count)

    def loss(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        logits = self.linear(self.lstm(self.embedding(x))[0])
        return functional.cross_entropy(logits.transpose(1, 2), y)


class Languages(nn.Module):
    """(n, T) characters, 0 where a word has ended, and (n) lengths to (n, K) logits."""

    def __init__(self, count: int, classes: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(count, 32, padding_idx=0)
        self.gru = nn.GRU(32, 64, bidirectional=True, batch_first=True)
        self.linear = nn.Linear(128, classes)

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        packed = pack_padded_sequence(self.embedding(x), lengths, batch_first=True, enforce_sorted=False)
        outputs = pad_packed_sequence(self.gru(packed)[0], batch_first=True)[0]
        return self.linear(outputs[torch.arange(len(x)), lengths - 1])

    def loss(self, x: torch.Tensor, lengths: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return functional.cross_entropy(self(x, lengths), y)


def shuffled(count: int, seed: int) -> Iterator[torch.Tensor]:
    """Rows of mini-batches without end; each pass leaves out what does not fill one."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        yield from (rows for rows in torch.randperm(count, generator=generator).split(BATCH) if len(rows) == BATCH)


def train(model: nn.Module, count: int, batch: Callable[[torch.Tensor], Batch], options: argparse.Namespace) -> None:
    print(f"{sum(parameter.numel() for parameter in model.parameters())} parameters, {count} examples")
    if count < BATCH:
        sys.exit(f"text_baselines: error: {count} examples do not fill a mini-batch of {BATCH}")
    optimizer = torch.optim.Adam(model.parameters(), lr=options.lr)
    order = shuffled(count, options.seed)
    total, start = 0.0, time.perf_counter()
    for step in range(1, options.steps + 1):
        optimizer.zero_grad()
        loss = model.loss(*batch(next(order)))
        loss.backward()
        optimizer.step()
        total += loss.item()
        if step % options.report == 0 or step == options.steps:
            seconds = time.perf_counter() - start
            mean = total / ((step - 1) % options.report + 1)
            total = 0.0
            print(f"step {step}  loss {mean:.4f}  {step * BATCH / seconds:.0f} examples/s", flush=True)


def characters(options: argparse.Namespace) -> None:
    text = (options.data / "bible.txt").read_text(encoding="utf-8")
    vocabulary = {character: place for place, character in enumerate(sorted(set(text)))}
    codes = torch.tensor([vocabulary[character] for character in text])
    cut = len(codes) - len(codes) // 20

    def windows(codes: torch.Tensor) -> Batch:
        count = (len(codes) - 1) // LENGTH
        return tuple(codes[first : first + count * LENGTH].reshape(count, LENGTH) for first in (0, 1))

    x, y = windows(codes[:cut])
    held_x, held_y = windows(codes[cut:])
    model = Characters(len(vocabulary))
    train(model, len(x), lambda rows: (x[rows], y[rows]), options)
    with torch.no_grad():
        parts = zip(held_x.split(BATCH), held_y.split(BATCH))
        total = sum(model.loss(*part).item() * part[1].numel() for part in parts)
    print(f"bits per character {total / held_y.numel() / math.log(2):.4f} of {held_y.numel()} held out")


def languages(options: argparse.Namespace) -> None:
    lines = (options.data / "languages.tsv").read_text(encoding="utf-8").splitlines()
    labels, words = zip(*(line.split("\t") for line in lines))
    cut = len(lines) - len(lines) // 10
    # 0 is padding and 1 unknown.
    vocabulary = {character: place for place, character in enumerate(sorted(set("".join(words[:cut]))), 2)}
    kinds = {label: place for place, label in enumerate(sorted(set(labels)))}
    lengths = torch.tensor([len(word) for word in words])
    codes = torch.zeros(len(words), int(lengths.max()), dtype=torch.int64)
    for row, word in enumerate(words):
        codes[row, : len(word)] = torch.tensor([vocabulary.get(character, 1) for character in word])
    y = torch.tensor([kinds[label] for label in labels])
    model = Languages(len(vocabulary) + 2, len(kinds))
    train(model, cut, lambda rows: (codes[rows], lengths[rows], y[rows]), options)
    with torch.no_grad():
        rows = torch.arange(cut, len(words)).split(1000)
        right = sum((model(codes[part], lengths[part]).argmax(1) == y[part]).sum().item() for part in rows)
    print(f"accuracy {right / (len(words) - cut):.4f} of {len(words) - cut} held out")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     usage=argparse.SUPPRESS)
    parser.add_argument("--data", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    for name, kind, value in [("steps", int, 1000), ("lr", float, 2e-3), ("seed", int, 1), ("threads", int, 1),
                              ("report", int, 100)]:
        parser.add_argument(f"--{name}", type=kind, default=value, help=argparse.SUPPRESS)
    parser.add_argument("model", choices=["characters", "languages"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    try:
        {"characters": characters, "languages": languages}[options.model](options)
    except OSError as error:
        sys.exit(f"text_baselines: error: cannot read {error.filename}: {error.strerror}; run scripts/text-data first")


if __name__ == "__main__":
    main()

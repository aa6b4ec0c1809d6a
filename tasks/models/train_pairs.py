"""Training of a sequence-pair classifier: repeatable by seed, resumable, logged.

Made for few cores: bfloat16 weights do the work while float32 masters take the updates, and batches of like lengths hold a budget of
tokens. The network is `tasks.models.marked`: [CLS] beside the means of the recipe's marks. The learning rate warms up, stays, and
decays to zero in a final phase with its own mix of streams (Hu et al. 2024, MiniCPM, "warmup-stable-decay"), so that `steps` may be
changed on the way without undoing what was done. Step `n` depends on the seed and on `n` alone: a run that was stopped and resumed
gives the same weights as one that was not.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import BertConfig

from tasks.errors import Unusable
from tasks.models.marked import MarkedPairClassifier
from tasks.models.pair_batches import Encoded, Pair, Recipe, batches, collate, encode, groups_of, load_tokenizer
from tasks.models.settings import POOLED_MARKS
from tasks.models.threads import threads

CHECKPOINT = "checkpoint.safetensors"
"""Beside the folder of the finished model, so that it is no part of it."""
TOKENIZER = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 512}
SAY_SECONDS = 20.0
_FIRST_WORD = 1012
"""First word-piece id past the special tokens and ASCII punctuation of the BERT vocabulary: only those above are masked."""
_MASK = 103
"""[MASK] in the BERT vocabulary."""


def train_pairs(
    streams: Mapping[str, Sequence[Pair]],
    recipe: Recipe,
    base: Path,
    out: Path,
    log: Callable[[str], None],
    *,
    stop_at: int | None = None,
) -> Path:
    """Trains, from the last checkpoint beside `out` where there is one, and saves model, tokenizer and recipe in `out`.

    Args:
        streams: stream -> labelled pairs; every stream of the mixes must be there.
        base: folder of a BERT encoder (config.json, model.safetensors, tokenizer.json).
        out: folder for the finished model (bfloat16 safetensors); the checkpoint lies beside it.
        log: takes a line every few seconds.
        stop_at: end after this many updates, leaving a checkpoint (None: at the end).

    Returns:
        `out`.

    Raises:
        Unusable: a stream is missing or empty, or the checkpoint was made by another recipe.
    """
    torch.set_num_threads(threads())
    missing = sorted(name for name in {*recipe.mix, *recipe.final_mix} if not streams.get(name))
    if missing:
        raise Unusable(
            f"training rows: have {', '.join(sorted(streams))}; the recipe wants {', '.join(missing)} too. Name their files."
        )
    tokenizer = load_tokenizer(base)
    encoded = {name: encode(tokenizer, streams[name], recipe) for name in sorted({*recipe.mix, *recipe.final_mix})}
    state = _State(base, recipe, tokenizer)
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out.with_name(f"{out.name}-{CHECKPOINT}")
    begin = state.restore(checkpoint) if checkpoint.exists() else 0
    log(f"rows {sum(map(len, encoded.values()))}, {'resumed at' if begin else 'from'} step {begin} of {recipe.steps}")
    end = min(stop_at or recipe.steps, recipe.steps)
    _run(state, batches(encoded, recipe), range(begin, end), checkpoint, log)
    if end == recipe.steps:
        state.export(out)
        tokenizer.save(str(out / "tokenizer.json"))
        (out / "tokenizer_config.json").write_text(json.dumps(TOKENIZER, indent=1) + "\n")
        (out / "recipe.json").write_text(json.dumps(asdict(recipe), indent=1, sort_keys=True) + "\n")
    return out


def _run(state: _State, source: Iterator[list[Encoded]], steps: range, checkpoint: Path, log: Callable[[str], None]) -> None:
    for _ in range(steps.start):
        next(source)
    recipe = state.recipe
    saved = said = time.monotonic()
    loss, rows, tokens = float("nan"), 0, 0
    for step in steps:
        batch = next(source)
        now_lost = state.update(batch, step)
        loss = now_lost if step == steps.start else 0.98 * loss + 0.02 * now_lost
        rows, tokens = rows + len(batch), tokens + sum(len(r.ids) for r in batch)
        now, last = time.monotonic(), step + 1 == steps.stop
        if now - said > SAY_SECONDS or last:
            speed = f"{rows / (now - said):.1f} rows/s {tokens / (now - said):.0f} tokens/s"
            log(f"step {step + 1}/{recipe.steps} loss {loss:.4f} rate {recipe.rate(step):.2e} {speed}")
            said, rows, tokens = now, 0, 0
        if now - saved > recipe.checkpoint_seconds or last:
            state.save(checkpoint, step + 1)
            saved = now


class _State:
    """Model, masters and optimiser."""

    def __init__(self, base: Path, recipe: Recipe, tokenizer: Tokenizer) -> None:
        torch.manual_seed(recipe.seed)
        names = dict(enumerate(recipe.labels))
        config = BertConfig.from_pretrained(
            base, local_files_only=True, num_labels=len(names), id2label=names, label2id={v: k for k, v in names.items()},
            hidden_dropout_prob=recipe.dropout, attention_probs_dropout_prob=recipe.dropout,
        )  # fmt: skip
        setattr(config, POOLED_MARKS, groups_of(tokenizer, recipe))
        model = MarkedPairClassifier.from_pretrained(
            base, config=config, attn_implementation="eager", dtype=torch.float32, local_files_only=True
        )
        keep = sorted({token for group in model.groups for token in group})
        self.recipe, self.keep = recipe, torch.tensor(keep, dtype=torch.long)
        self.masters = {n: p.detach().clone() for n, p in model.named_parameters() if p.requires_grad}
        self.model = model.bfloat16().train()
        self.worked = {n: p for n, p in self.model.named_parameters() if p.requires_grad}
        groups: dict[tuple[float, float], list[torch.Tensor]] = {}
        for name, master in self.masters.items():
            key = (recipe.head_factor if name.startswith("classifier") else 1.0, 0.0 if master.dim() < 2 else recipe.weight_decay)
            groups.setdefault(key, []).append(master)
        self.factors = [factor for factor, _ in groups]
        self.optimizer = torch.optim.AdamW(
            [{"params": ps, "weight_decay": decay} for (_, decay), ps in groups.items()],
            lr=recipe.learning_rate,
            betas=(0.9, 0.98),
            fused=True,
        )
        self.loss = torch.nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)

    def update(self, rows: Sequence[Encoded], step: int) -> float:
        """One step on one batch; returns its loss."""
        batch = collate(rows)
        torch.manual_seed(self.recipe.seed * 1_000_003 + step)
        labels = batch.pop("labels")
        ids = batch["input_ids"]
        hidden = (torch.rand(ids.shape) < self.recipe.mask_rate) & (batch["token_type_ids"] == 1) & (ids >= _FIRST_WORD)
        batch["input_ids"] = ids.masked_fill(hidden & ~torch.isin(ids, self.keep), _MASK)
        loss = self.loss(self.model(**batch).logits.float(), labels)
        loss.backward()
        for name, parameter in self.worked.items():
            self.masters[name].grad = None if parameter.grad is None else parameter.grad.float()
            parameter.grad = None
        torch.nn.utils.clip_grad_norm_(self.masters.values(), 1.0)
        for group, factor in zip(self.optimizer.param_groups, self.factors, strict=True):
            group["lr"] = self.recipe.rate(step) * factor
        self.optimizer.step()
        self._publish()
        return float(loss.detach())

    def _publish(self) -> None:
        with torch.no_grad():
            for name, parameter in self.worked.items():
                parameter.copy_(self.masters[name])

    def save(self, path: Path, step: int) -> None:
        """Masters and moments in one file, replaced at once."""
        tensors = {f"master.{n}": m for n, m in self.masters.items()}
        for name, master in self.masters.items():
            moments = self.optimizer.state.get(master)
            if moments:
                tensors |= {f"{key}.{name}": moments[key] for key in ("exp_avg", "exp_avg_sq", "step")}
        partial = path.with_suffix(".partial")
        save_file(tensors, partial, {"step": str(step), "recipe": self.signature()})
        partial.replace(path)

    def signature(self) -> str:
        """What must not change between a checkpoint and its resumption; the length of the run may."""
        free = {"steps", "decay_steps", "final_mix", "checkpoint_seconds"}
        said = {k: v for k, v in asdict(self.recipe).items() if k not in free}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def restore(self, path: Path) -> int:
        """The step to go on with."""
        with safe_open(path, framework="pt") as opened:
            said = dict(opened.metadata())
        tensors = load_file(path)
        if said["recipe"] != self.signature():
            digests = f"digest {said['recipe'][:12]}, want {self.signature()[:12]}"
            raise Unusable(f"{path}: was made by another recipe ({digests}). Train into another folder, or with its recipe.")
        for name, master in self.masters.items():
            master.copy_(tensors[f"master.{name}"])
            if f"exp_avg.{name}" in tensors:
                self.optimizer.state[master] = {key: tensors[f"{key}.{name}"] for key in ("exp_avg", "exp_avg_sq", "step")}
        self._publish()
        return int(said["step"])

    def export(self, out: Path) -> None:
        """The finished model as bfloat16 safetensors with its config."""
        self.model.config.dtype = torch.bfloat16
        self.model.save_pretrained(out)

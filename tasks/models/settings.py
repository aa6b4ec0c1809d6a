"""What a model's own files say about it: labels, longest input, pooling; read as JSON, without an engine."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from tasks.config import ModelSpec
from tasks.errors import Unusable

POOLED_MARKS = "pooled_marks"
"""Key of config.json: groups of tokens at which a pair classifier reads, as `tasks.models.marked` says."""
UNBOUNDED = 10**9
"""Tokenizers write lengths beyond this for `no limit`."""


def read(folder: Path, name: str) -> dict[str, Any]:
    """A JSON object of a verified folder; empty where the file is not there."""
    path = folder / name
    if not path.is_file():
        return {}
    value = json.loads(path.read_text(encoding="utf-8"))
    return value if isinstance(value, dict) else {}


def labels(folder: Path) -> tuple[str, ...]:
    """The label names of a classifier, in the order of its outputs.

    Raises:
        Unusable: config.json names none.
    """
    names = read(folder, "config.json").get("id2label")
    if not isinstance(names, dict) or not names:
        raise Unusable(f"model folder {folder}: config.json has no id2label; a classifier must name its labels")
    return tuple(str(names[key]) for key in sorted(names, key=int))


def independent(folder: Path) -> bool:
    """True where labels don't exclude each other (a sigmoid each instead of one softmax)."""
    config = read(folder, "config.json")
    return config.get("problem_type") == "multi_label_classification" or len(config.get("id2label", {})) == 1


def longest(folder: Path, spec: ModelSpec) -> int:
    """The longest input in tokens, special tokens included: the smallest of what the network, the tokenizer and the setting allow."""
    config, tokenizer = read(folder, "config.json"), read(folder, "tokenizer_config.json")
    limits = [
        spec.max_tokens or math.inf,
        _positions(config),
        tokenizer.get("model_max_length", math.inf),
        read(folder, "sentence_bert_config.json").get("max_seq_length") or math.inf,
    ]
    known = [int(n) for n in limits if n < UNBOUNDED]
    return min(known) if known else 512


def pooling(folder: Path) -> str:
    """How a sentence encoder makes one vector of many: `mean` or `cls`.

    Raises:
        Unusable: another way.
    """
    config = read(folder, "1_Pooling/config.json")
    ways = [name for name, on in config.items() if name.startswith("pooling_mode_") and on is True]
    match ways:
        case [] | ["pooling_mode_mean_tokens"]:
            return "mean"
        case ["pooling_mode_cls_token"]:
            return "cls"
        case _:
            raise Unusable(f"model folder {folder}: pooling {', '.join(ways)}; want mean or cls")


def _positions(config: dict[str, Any]) -> float:
    positions = config.get("max_position_embeddings", math.inf)
    # RoBERTa counts positions from pad_token_id + 1, so its last ones can't be used.
    shift = int(config.get("pad_token_id") or 0) + 1 if config.get("model_type") in ("roberta", "xlm-roberta", "camembert") else 0
    return float(positions) - shift if positions and positions > 0 else math.inf

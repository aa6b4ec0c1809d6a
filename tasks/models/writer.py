"""A loaded generator: token numbers in, token numbers out; what each engine provides for both kinds of generators."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, Protocol

import torch

from tasks.models.networks import Ints


class Writer(Protocol):
    """One generator in one engine.

    Attributes:
        parallel: how many batches it can work on at once; each then has a core of its own.
        settings: the model's own generation settings (transformers' GenerationConfig), without chance.
    """

    parallel: int
    settings: Any

    def __call__(self, ids: Ints, mask: Ints, new: int) -> Sequence[Sequence[int]]:
        """Writes on from each row by at most `new` tokens; safe to call from several threads.

        *Shape:* twice batch x width -> per row the new tokens, from the first that was written.
        """
        ...


def greedy(settings: Any, pad: int | None) -> Any:
    """The model's own generation settings (beams, shortest length, no repeated runs, …) without chance, and with a padding token."""
    settings.do_sample, settings.temperature, settings.top_p, settings.top_k = False, None, None, None
    settings.max_length = None
    if settings.pad_token_id is None:
        settings.pad_token_id = 0 if pad is None else pad
    return settings


def within(settings: Any, new: int) -> Any:
    """The settings for at most `new` tokens; a copy, since threads share the settings."""
    copied = copy.copy(settings)
    copied.max_new_tokens = new
    return copied


def written(out: torch.Tensor, kind: str, width: int) -> list[list[int]]:
    """The new tokens of what transformers' `generate` returns: it repeats a causal network's prompt, or a seq2seq one's start."""
    rows: list[list[int]] = out[:, width if kind == "instruct" else 1 :].tolist()
    return rows

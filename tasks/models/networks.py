"""A loaded network: token numbers in, one array out; what each engine provides for the encoder and both classifiers."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tasks.errors import RejectDocument
from tasks.models.batches import halving, plan

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


class Network(Protocol):
    """One network in one engine.

    Attributes:
        parallel: how many batches it can work on at once; each then has a core of its own.
        budget: tokens a batch.
    """

    parallel: int
    budget: int

    def __call__(self, ids: Ints, mask: Ints, types: Ints) -> Floats:
        """Runs one batch; safe to call from several threads.

        *Shape:* three times batch x width -> batch x d (encoder), batch x labels (pair) or batch x width x labels (token).
        """
        ...


@dataclass(frozen=True)
class Row:
    """One input of a network, special tokens included, without padding."""

    ids: Sequence[int]
    types: Sequence[int]


def run(network: Network, rows: Sequence[Row], pad: int) -> tuple[list[Floats | None], dict[int, RejectDocument]]:
    """Runs all rows in batches; results in the order of the rows, None where a row failed.

    Args:
        pad: the tokenizer's padding token; masked, so its number only has to be valid.
    """
    results: list[Floats | None] = [None] * len(rows)
    failed: dict[int, RejectDocument] = {}

    def batch(job: tuple[int, list[int]]) -> list[tuple[int, Floats]]:
        width, indices = job
        return list(halving(lambda some: network(*_arrays([rows[i] for i in some], width, pad)), indices, failed))

    with ThreadPoolExecutor(max_workers=network.parallel) as pool:
        for done in pool.map(batch, plan([len(r.ids) for r in rows], network.budget)):
            for index, value in done:
                results[index] = value
    return results, failed


def _arrays(rows: Sequence[Row], width: int, pad: int) -> tuple[Ints, Ints, Ints]:
    ids = np.full((len(rows), width), pad, dtype=np.int64)
    mask, types = np.zeros_like(ids), np.zeros_like(ids)
    for number, row in enumerate(rows):
        length = len(row.ids)
        ids[number, :length], types[number, :length], mask[number, :length] = row.ids, row.types, 1
    return ids, mask, types

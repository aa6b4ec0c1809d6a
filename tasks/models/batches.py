"""Batches by token budget, such that a row's value never depends on its neighbours.

Every text is padded to a length that follows from its own length alone (`padded`), and a batch holds only texts of one padded length.
The engines' matrix products then see, for one text, the same shape along every axis that is summed over, whatever stands beside it:
torch and OpenVINO gave bit-identical rows for batches of 1 to 64 (docs/log/models.md). Padding to the longest neighbour would not.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from tasks.errors import RejectDocument, place_of

BUDGET = 2048
"""Tokens a batch, padding included: where throughput no longer grew on two cores (docs/log/models.md)."""

MOST = 4096
"""Texts a batch at most, for texts of a few tokens."""

Result = TypeVar("Result")


def padded(length: int) -> int:
    """The length to which a text of `length` tokens is padded: steps of 8 to 128, then of 32, so that padding stays below a tenth."""
    step = 8 if length <= 128 else 32
    return max(step, -(-length // step) * step)


def plan(
    lengths: Sequence[int], budget: int = BUDGET, width_of: Callable[[int], int] = padded, rows: int = MOST
) -> Iterator[tuple[int, list[int]]]:
    """Batches (padded length, indices) over all inputs, longest first so that the most memory is asked for first.

    Args:
        lengths: tokens of each input.
        budget: tokens a batch; a text over it is a batch of its own.
        width_of: length of a text -> the length to which it is padded.
        rows: most texts a batch.
    """
    order = sorted(range(len(lengths)), key=lambda i: (-width_of(lengths[i]), i))
    for width, group in itertools.groupby(order, key=lambda i: width_of(lengths[i])):
        members = list(group)
        size = min(max(1, budget // width), rows)
        for start in range(0, len(members), size):
            yield width, members[start : start + size]


def halving(
    run: Callable[[list[int]], Iterable[Result]], indices: list[int], failed: dict[int, RejectDocument]
) -> Iterator[tuple[int, Result]]:
    """Runs a batch; where that fails, its halves, down to the single item, which is then rejected with its reason.

    Args:
        run: indices -> one result each; pure, so that running an item twice does no harm.
        failed: takes up what no batch could hold.

    Yields:
        (index, result) of every item that passed.
    """
    try:
        results = run(indices)
    except (MemoryError, RuntimeError, ValueError, IndexError, OverflowError) as error:
        if len(indices) == 1:
            failed[indices[0]] = rejection(error)
            return
        middle = len(indices) // 2
        yield from halving(run, indices[:middle], failed)
        yield from halving(run, indices[middle:], failed)
    else:
        yield from zip(indices, results, strict=True)


def rejection(error: Exception) -> RejectDocument:
    """The reason under which one item is set aside; engines report a lack of memory as RuntimeError with these words."""
    words = str(error).lower()
    short = isinstance(error, MemoryError) or "out of memory" in words or "can't allocate memory" in words or "bad_alloc" in words
    reason = "out_of_memory" if short else "model_failed"
    return RejectDocument(reason, f"{place_of(error)}: the model fails on this document alone")

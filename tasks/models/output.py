"""What every model gives back: values in the order of the input, and what went wrong with which item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tasks.errors import RejectDocument

Values = TypeVar("Values")


@dataclass(frozen=True)
class Output(Generic[Values]):
    """The result of one call, item for item.

    Attributes:
        values: one value per input, in the input's order. Where an item failed: NaN in an array, an empty array or string in a list.
        truncated: indices of the inputs of which the model did not read everything.
        failed: index of an input -> why the model could not process it; the others are not touched by it.
    """

    values: Values
    truncated: frozenset[int] = frozenset()
    failed: Mapping[int, RejectDocument] = field(default_factory=dict)

"""A step: one pure function over tables, with all that decides its result.

Example: `Step("sign", 1, sign, reads=(ARTICLES,), writes=(SIGNATURES,), settings=CopySettings)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pydantic import BaseModel

from tasks.config import Config
from tasks.tables import Spec

Models = Mapping[str, str]
"""Role -> digest of the model's files: what a step's result depends on besides tables and settings."""


@dataclass(frozen=True)
class Step:
    """A step of the night.

    Attributes:
        name: the stage's name in the UI, the store and the manifest.
        version: raised whenever the same input may give another output.
        run: `run(*tables, settings) -> Table | tuple[Table, ...]`, one table per entry of `writes`, in that order. Pure: no path,
            no clock, no network. May raise `Abort` or `Unusable`; a fault of one document is a row's business.
        reads, writes: the contracts of the tables that go in and come out.
        settings: picks from the configuration exactly what the step reads; what it returns is part of the key.
        models: the digests of the models that the settings name; part of the key.
    """

    name: str
    version: int
    run: Callable[..., pa.Table | tuple[pa.Table, ...]]
    reads: tuple[Spec, ...]
    writes: tuple[Spec, ...]
    settings: Callable[[Config], BaseModel]
    models: Callable[[Any], Models] = lambda _settings: {}

"""Models of a hub: fetched by a command, locked to a revision and digests, never reached during a night."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tasks.config import ModelSpec
from tasks.errors import Unusable


@dataclass(frozen=True)
class Locked:
    """One entry of the lock file."""

    name: str
    revision: str
    files: dict[str, str]


def locked(spec: ModelSpec) -> Locked:
    """The lock file's entry."""
    raise Unusable(f"model {spec.name!r}: not in the lock file; run: nightwire models fetch {spec.name}")


def fetched(spec: ModelSpec) -> Path:
    """The folder of a fetched model."""
    raise Unusable(f"model {spec.name!r}: not fetched; run: nightwire models fetch {spec.name}")

"""Which models a configuration names, and whether they are there and what they should be: `nightwire models list | fetch | verify`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from tasks.config import Config, ModelSpec
from tasks.errors import Unusable
from tasks.models.engines import resolve
from tasks.models.hub import LOCK, Hub, Locked, fetch, is_hub, pinned
from tasks.models.verified import verify


@dataclass(frozen=True)
class Item:
    """One model of a configuration.

    Attributes:
        role: the key of the configuration that names it, such as `stances.model`.
        folder: where it lies, or empty.
        digest: of its files, 64 hex digits, or empty.
        engine: engine and number format, such as `openvino bfloat16`, or empty.
        fault: why it can't be used, or empty.
    """

    role: str
    name: str
    kind: str
    folder: str = ""
    digest: str = ""
    engine: str = ""
    fault: str = ""


def roles(config: Config) -> Iterator[tuple[str, ModelSpec]]:
    """Every model that a configuration names, with its key."""
    for section, settings in config:
        for key, value in settings if isinstance(settings, BaseModel) else ():
            if isinstance(value, ModelSpec):
                yield f"{section}.{key}", value


def inventory(config: Config, folder: Path) -> list[Item]:
    """Every model of a configuration after all checks; reads each file, imports no engine.

    Args:
        folder: where the configuration and its lock file lie.
    """
    return [_item(role, spec, folder / LOCK) for role, spec in roles(config)]


def fetch_all(config: Config, folder: Path, hub: Hub | None = None) -> dict[str, Locked]:
    """Fetches every hub model of a configuration and writes the lock file.

    Raises:
        Unusable, TryAgain: as `hub.fetch`.
    """
    return {spec.name: fetch(spec, folder / LOCK, hub) for _, spec in roles(config) if is_hub(spec.name)}


def pin(config: Config, folder: Path) -> Config:
    """The configuration with revisions and digests of the lock file in its hub models; call it once, before the night.

    Raises:
        Unusable: as `hub.pinned`.
    """
    changed: dict[str, dict[str, ModelSpec]] = {}
    for role, spec in roles(config):
        section, _, key = role.partition(".")
        changed.setdefault(section, {})[key] = pinned(spec, folder / LOCK)
    return config.model_copy(update={s: getattr(config, s).model_copy(update=models) for s, models in changed.items()})


def _item(role: str, spec: ModelSpec, lock: Path) -> Item:
    try:
        fixed = pinned(spec, lock)
        checked = verify(fixed)
        how = resolve(fixed)
    except Unusable as error:
        return Item(role, spec.name, spec.kind, fault=str(error))
    return Item(role, spec.name, spec.kind, str(checked.path), checked.digest, f"{how.engine} {how.dtype}")

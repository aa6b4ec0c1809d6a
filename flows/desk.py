"""A desk: its configuration, everything in it found and proved, and where its things are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flows import manifest, snapshot
from flows.manifest import Manifest
from flows.nightly import STEPS
from flows.places import Places
from tasks.config import Config, load
from tasks.errors import Unusable
from tasks.ingest.sources import check_sources
from tasks.models.inventory import pin


@dataclass(frozen=True)
class Desk:
    """A configuration and where its things are.

    Attributes:
        models: step -> model -> its digest, as they were found when the desk was opened; loading a model proves its digest again.
    """

    config: Config
    path: Path
    places: Places
    models: Mapping[str, Mapping[str, str]]

    @classmethod
    def open(cls, path: Path) -> Desk:
        """A desk of its configuration file; everything that would stop a night is found now.

        Raises:
            Unusable: the configuration, a source or a model can't be used; every fault is told.
        """
        config = pin(load(path), path.resolve().parent)
        models, faults = _models(config)
        faults = check_sources(config, path.resolve().parent) + faults
        if faults:
            raise Unusable("\n".join(faults))
        return cls(config, path.resolve(), Places.of(config, path), models)

    def history(self, date: dt.date) -> dict[dt.date, Manifest]:
        """The published nights that a night is compared with, oldest first."""
        first = date - dt.timedelta(days=self.config.copies.history)
        held = snapshot.of(self.places.published)
        found = {}
        for day in manifest.dates(held):
            if first <= day < date and (known := manifest.read(held, day)) is not None:
                found[day] = known
        return found


def _models(config: Config) -> tuple[dict[str, Mapping[str, str]], list[str]]:
    """The models of every step, and every one that is not there or not the one that was meant."""
    found: dict[str, Mapping[str, str]] = {}
    faults = []
    for step in STEPS:
        try:
            found[step.name] = step.models(step.settings(config))
        except Unusable as error:
            faults.append(f"{step.name}: {error}")
    return found, faults

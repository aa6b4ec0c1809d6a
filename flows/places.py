"""Where things are: the folders below a configuration's root."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from flows.bucket import Bucket
from flows.snapshot import Published
from flows.store import Store
from tasks.config import Config


@dataclass(frozen=True)
class Places:
    """The folders of one desk.

    published            symbolic link to the generation that readers follow; where the configuration names a bucket, it is that instead
    state/generations/   all that was published, one folder a publish
    state/store/         finished files of every step
    state/locks/, state/logs/, state/prefect/
    """

    root: Path
    bucket: Bucket | None = None

    @classmethod
    def of(cls, config: Config, config_path: Path) -> Places:
        """The places of a configuration file; its relative root is taken from the file's folder."""
        bucket = Bucket(config.night.published) if config.night.published else None
        return cls((config_path.resolve().parent / config.night.root).resolve(), bucket)

    @property
    def published(self) -> Published:
        """What readers open."""
        return self.bucket or self.link

    @property
    def link(self) -> Path:
        """The symbolic link on this machine's disk."""
        return self.root / "published"

    @property
    def generations(self) -> Path:
        """The folder of all generations."""
        return self.root / "state" / "generations"

    @property
    def store(self) -> Store:
        """The finished files."""
        return Store(self.root / "state" / "store")

    @property
    def prefect(self) -> Path:
        """Prefect's home, unless the environment names another."""
        return self.root / "state" / "prefect"

    def lock(self, name: str) -> Path:
        """A lock's file: `publish`, or a date."""
        return self.root / "state" / "locks" / f"{name}.lock"

    def log(self, date: dt.date) -> Path:
        """The log of a night's runs."""
        return self.root / "state" / "logs" / f"{date}.log"

"""Sources: a declaration in the configuration -> a stream of documents.

`fetch` streams; no source is ever loaded whole. Raw bytes are kept as they came, so that every later step can be run again without
the network.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from tasks.config import Config, Source
from tasks.ingest import folder, secrets, web
from tasks.ingest.client import TURNS, Client
from tasks.ingest.documents import Document


class Night(Protocol):
    """What a source needs to know of a night: its date, and its half-open interval [start, end) in `zone`."""

    @property
    def date(self) -> dt.date:
        """The logical date."""

    @property
    def start(self) -> dt.datetime:
        """Its first moment, UTC."""

    @property
    def end(self) -> dt.datetime:
        """The first moment after it, UTC."""

    @property
    def zone(self) -> str:
        """An IANA name."""


Clock = Callable[[], dt.datetime]


def fetch(source: Source, night: Night, root: Path, state: dict[str, Any], now: Clock) -> Iterator[Document]:
    """The documents of a source for a night, one after the other.

    Args:
        root: the configuration file's folder, from which relative paths are taken.
        state: what the source remembered at its last fetch (ETags, what was seen); changed in place while the documents come.
        now: the time, in UTC; only network sources ask for it.
    """
    match source.kind:
        case "folder":
            yield from folder.fetch(source, night.date, (night.start, night.end, night.zone), root)
        case "feed" | "sitemap":
            known = secrets.Secrets.of(source, os.environ)
            client = Client(web.policy(source), source.limits, web.agent(source), source.delay, now, turns=TURNS, secrets=known)
            yield from web.Visit(source, night.start, night.end, night.zone, state, client).documents()


def fingerprint(source: Source, night: Night, root: Path) -> str | None:
    """64 hex digits that change when the source's files do, or None for what only the network knows."""
    return folder.fingerprint(source, night.date, root) if source.kind == "folder" else None


def check_sources(config: Config, root: Path) -> list[str]:
    """Faults that stop a night before it begins, each with its cure."""
    faults = []
    for number, source in enumerate(config.sources):
        faults += folder.check(source, number, root) if source.kind == "folder" else secrets.check(source, number, os.environ)
    return faults

"""The manifest of a published night: what it holds, byte for byte, and all that decided it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flows.store import Ref
from tasks.config import digest_of
from tasks.errors import Abort

CURE = "Remove the file and run the night again"


class DamagedManifestError(Abort, ValueError):
    """A manifest that can't be read, or that was changed after it was written."""


@dataclass(frozen=True)
class Manifest:
    """One night as published.

    Attributes:
        tables: table -> its files, in the order of `part-000`, `part-001`, …
        signatures: the night's signatures, the history of later nights.
        history: date -> digest of the signatures of that night, as this night saw it.
        pages: digest of the morning page.
        run: the run's own row: config, code, models, counts, timings.
        runs: the file of the `runs` table.
    """

    run_date: dt.date
    tables: Mapping[str, tuple[Ref, ...]]
    signatures: tuple[Ref, ...]
    history: Mapping[str, str]
    pages: Mapping[str, str]
    config: Mapping[str, Any]
    steps: Mapping[str, int]
    run: Mapping[str, Any]
    runs: Ref

    @property
    def content(self) -> str:
        """Digest of what readers see and of the configuration behind it: equal content is not published twice."""
        tables = {name: [[ref.digest, ref.rows, ref.size] for ref in refs] for name, refs in self.tables.items()}
        return digest_of([str(self.run_date), tables, dict(self.pages), self.config, dict(self.history), dict(self.steps)])

    def dump(self) -> bytes:
        """The manifest as JSON."""
        value = {
            "format": 1,
            "run_date": str(self.run_date),
            "content": self.content,
            "tables": {name: _files(name, self.run_date, refs) for name, refs in self.tables.items()},
            "runs": _files("runs", self.run_date, [self.runs])[0],
            "signatures": [asdict(ref) for ref in self.signatures],
            "history": dict(self.history),
            "pages": dict(self.pages),
            "config": self.config,
            "steps": dict(self.steps),
            "run": dict(self.run),
        }
        return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False).encode()

    @classmethod
    def parse(cls, text: bytes) -> Manifest:
        """A manifest of its JSON.

        Raises:
            DamagedManifestError: no manifest, or one that was edited (its content digest does not fit).
        """
        try:
            value = json.loads(text)
            manifest = cls(
                dt.date.fromisoformat(value["run_date"]),
                {name: tuple(_ref(name, file) for file in files) for name, files in value["tables"].items()},
                tuple(Ref(**ref) for ref in value["signatures"]),
                value["history"],
                value["pages"],
                value["config"],
                value["steps"],
                value["run"],
                _ref("runs", value["runs"]),
            )
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise DamagedManifestError(f"not a manifest: {error!r}. {CURE}") from error
        if manifest.content != value["content"]:
            raise DamagedManifestError(f"the manifest was changed after it was written: its content digest does not fit. {CURE}")
        return manifest


def part(table: str, date: dt.date, number: int) -> str:
    """A published file's path below `published`."""
    return f"{table}/run_date={date}/part-{number:03d}.parquet"


def _files(table: str, date: dt.date, refs: Sequence[Ref]) -> list[dict[str, Any]]:
    return [
        {"path": part(table, date, number), "rows": ref.rows, "bytes": ref.size, "sha256": ref.digest}
        for number, ref in enumerate(refs)
    ]


def _ref(table: str, file: Mapping[str, Any]) -> Ref:
    return Ref(table, file["sha256"], file["rows"], file["bytes"])


def path_of(published: Path, date: dt.date) -> Path:
    """Where a night's manifest is."""
    return published / "manifests" / f"{date}.json"


def read(published: Path, date: dt.date) -> Manifest | None:
    """A night's manifest, or None where the night is not published.

    Raises:
        DamagedManifestError: there is one, but it is damaged; the message begins with its path.
    """
    try:
        text = path_of(published, date).read_bytes()
    except OSError:
        return None
    try:
        return Manifest.parse(text)
    except DamagedManifestError as error:
        raise DamagedManifestError(f"{path_of(published, date)}: {error}") from error


def dates(published: Path) -> list[dt.date]:
    """The published nights, oldest first."""
    found = []
    for path in (published / "manifests").glob("*.json"):
        try:
            found.append(dt.date.fromisoformat(path.stem))
        except ValueError:
            continue
    return sorted(found)

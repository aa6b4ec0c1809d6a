"""The manifest of a published night: what it holds, byte for byte, and all that decided it."""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from flows import snapshot
from flows.snapshot import Published
from flows.store import Ref
from tasks.config import digest_of
from tasks.errors import Abort

CURE = "Remove the file and run the night again"
FORMAT = 2
"""1: files were named by their number alone, and the digest covered the tables only."""
NAMED_BY = 12
"""Hex digits of a file's digest in its name."""


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
        format: of the manifest, and of the files' names.
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
    format: int = FORMAT

    def files(self) -> Iterator[tuple[str, Ref]]:
        """Every table's files: the name below `published`, and what it holds."""
        for table, refs in {**self.tables, "runs": (self.runs,)}.items():
            for number, ref in enumerate(refs):
                yield self._name(table, number, ref), ref

    def _name(self, table: str, number: int, ref: Ref) -> str:
        return part(table, self.run_date, number, ref.digest if self.format > 1 else "")

    @property
    def content(self) -> str:
        """Digest of what readers see and of the configuration behind it: equal content is not published twice."""
        tables = {name: [[ref.digest, ref.rows, ref.size] for ref in refs] for name, refs in self.tables.items()}
        return digest_of([str(self.run_date), tables, dict(self.pages), self.config, dict(self.history), dict(self.steps)])

    def dump(self) -> bytes:
        """The manifest as JSON; `seal` is the digest of all the rest, so that no byte can change unseen."""
        value = {
            "format": self.format,
            "run_date": str(self.run_date),
            "content": self.content,
            "tables": {name: self._files(name, refs) for name, refs in self.tables.items()},
            "runs": self._files("runs", [self.runs])[0],
            "signatures": [asdict(ref) for ref in self.signatures],
            "history": dict(self.history),
            "pages": dict(self.pages),
            "config": self.config,
            "steps": dict(self.steps),
            "run": dict(self.run),
        }
        return _text(value if self.format == 1 else {**value, "seal": digest_of(value)})

    def _files(self, table: str, refs: Sequence[Ref]) -> list[dict[str, Any]]:
        return [
            {"path": self._name(table, number, ref), "rows": ref.rows, "bytes": ref.size, "sha256": ref.digest}
            for number, ref in enumerate(refs)
        ]

    @classmethod
    @functools.lru_cache(maxsize=64)  # a backfill reads those of the nights around it again and again; 5 ms each
    def parse(cls, text: bytes) -> Manifest:
        """A manifest of its JSON; not to be changed by whoever gets it.

        Raises:
            DamagedManifestError: no manifest, or one that was changed after it was written.
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
                value["format"],
            )
            sealed = manifest.format == 1 or _sealed(value, text)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise DamagedManifestError(f"not a manifest: {error!r}. {CURE}") from error
        if manifest.content != value["content"] or not sealed:
            raise DamagedManifestError(f"the manifest was changed after it was written: its digests do not fit. {CURE}")
        return manifest


def part(table: str, date: dt.date, number: int, digest: str) -> str:
    """A published file's name below `published`.

    The digest's first digits stand in it, so that another version of a night has other names: a reader that listed the files of one
    generation and opens them in the next finds the same bytes or no file at all, never a file of each.
    """
    version = f"-{digest[:NAMED_BY]}" if digest else ""
    return f"{table}/run_date={date}/part-{number:03d}{version}.parquet"


def _text(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False).encode()


def _sealed(value: Mapping[str, Any], text: bytes) -> bool:
    """Whether every byte is as it was written: the values by the seal, the signs between them by writing them again."""
    rest = {key: entry for key, entry in value.items() if key != "seal"}
    return value["seal"] == digest_of(rest) and _text(value) == text


def _ref(table: str, file: Mapping[str, Any]) -> Ref:
    return Ref(table, file["sha256"], file["rows"], file["bytes"])


def name_of(date: dt.date) -> str:
    """The name of a night's manifest below `published`."""
    return f"manifests/{date}.json"


def read(published: Published, date: dt.date) -> Manifest | None:
    """A night's manifest, or None where the night is not published.

    Raises:
        DamagedManifestError: there is one, but it is damaged; the message begins with its path.
    """
    held = snapshot.of(published)
    try:
        text = held.content(name_of(date))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise DamagedManifestError(
            f"{held.shown(name_of(date))}: can't be read: {error}. Check the disk; if it stays so: {CURE}"
        ) from error
    try:
        return Manifest.parse(text)
    except DamagedManifestError as error:
        raise DamagedManifestError(f"{held.shown(name_of(date))}: {error}") from error


def dates(published: Published) -> list[dt.date]:
    """The published nights, oldest first."""
    found = []
    for name in snapshot.of(published).within("manifests"):
        try:
            found.append(dt.date.fromisoformat(name.removeprefix("manifests/").removesuffix(".json")))
        except ValueError:
            continue
    return sorted(found)

"""A generation of an object store: a list of files, itself a Parquet file, so that whoever reads the data can read the list.

Columns: name (below `published`, as on a disk), table, run_date, key (the object, below the URL), bytes, rows (null where the file
is no table), sha256.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from flows.objects import Objects

LIST = pa.schema(
    [
        ("name", pa.string()),
        ("table", pa.string()),
        ("run_date", pa.date32()),
        ("key", pa.string()),
        ("bytes", pa.int64()),
        ("rows", pa.int64()),
        ("sha256", pa.string()),
    ]
)


@dataclass(frozen=True)
class Entry:
    """One file of a generation; `size` in bytes."""

    name: str
    table: str
    run_date: dt.date
    key: str
    size: int
    rows: int | None
    digest: str


def list_of(entries: Iterable[Entry]) -> bytes:
    """The list as Parquet; the same entries give the same bytes."""
    rows = sorted((e.name, e.table, e.run_date, e.key, e.size, e.rows, e.digest) for e in entries)
    columns = zip(*rows, strict=True) if rows else ([] for _ in LIST)
    sink = io.BytesIO()
    pq.write_table(pa.table(list(map(list, columns)), schema=LIST), sink, compression="zstd", write_page_checksum=True)
    return sink.getvalue()


def entries_of(content: bytes) -> tuple[Entry, ...]:
    """The entries of a list."""
    table = pq.read_table(pa.BufferReader(content), schema=LIST)
    return tuple(Entry(*row.values()) for row in table.to_pylist())


class Listed:
    """A generation of an object store as a snapshot: the list is held, so nothing that is published later changes it."""

    def __init__(self, objects: Objects, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self._objects = objects
        self._by_name = {entry.name: entry for entry in self.entries}

    def within(self, folder: str) -> list[str]:
        """The names of all files below a folder, sorted."""
        return sorted(name for name in self._by_name if not folder or name.startswith(f"{folder}/"))

    def size(self, name: str) -> int | None:
        """A file's size as the list says: its object never changes, and only reading it shows that it is there."""
        entry = self._by_name.get(name)
        return entry.size if entry else None

    def content(self, name: str) -> bytes:
        """A file's bytes."""
        if name not in self._by_name:
            raise FileNotFoundError(self.shown(name))
        return self._objects.get(self._by_name[name].key)

    def location(self, name: str) -> str:
        """The object's URL."""
        return self._objects.at(self._by_name[name].key)

    def shown(self, name: str) -> str:
        """The object's URL, or for an unknown name where it would stand."""
        return self.location(name) if name in self._by_name else self._objects.at(name)

    def filesystem(self) -> Any:
        """The filesystem that opens the locations."""
        return self._objects.fs

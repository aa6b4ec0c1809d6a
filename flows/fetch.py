"""Fetching one source, once a night: its documents streamed into one file a shard.

A folder is fetched again when its files change. A source on the network is fetched once for a night; its raw bytes are kept, so that
every later run of that night works without the network (`--fetch-again` adds what is new).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from flows.jobs import Done, Inputs, Part
from flows.steps import Pile, Work
from flows.store import Record, Ref, Store, table_writer
from tasks.config import Source, digest_of, interval
from tasks.errors import Stopped
from tasks.ingest.documents import Document, table
from tasks.ingest.sources import fetch, fingerprint
from tasks.tables import DOCUMENTS

VERSION = 1
BUFFER = 32_000_000
"""Raw bytes held before they are written, over all shards: what bounds the memory of a source of any size."""

ROW_BYTES = 500
"""What a document weighs beside its raw bytes."""


def shard_of(identifier: str, shards: int) -> int:
    """The shard of an id by its first two hex digits: one more article changes one shard."""
    return int(identifier[:2], 16) * shards // 256


@dataclass(frozen=True)
class Night:
    """A date and its half-open interval [start, end), in UTC, of a day in `zone`."""

    date: dt.date
    start: dt.datetime
    end: dt.datetime
    zone: str


@dataclass(frozen=True)
class Fetch:
    """The job of fetching one source."""

    source: Source
    night: Night
    root: Path
    shards: int
    store: Store
    shard: int
    again: bool
    asked_to_stop: Callable[[], bool]
    now: Callable[[], dt.datetime]
    forgotten: frozenset[str]
    name: str = "fetch"

    @property
    def about(self) -> str:
        """What the job does."""
        return "Bring the documents of one source, byte for byte."

    def _key(self) -> str:
        seen = fingerprint(self.source, self.night, self.root)
        return digest_of(
            ["fetch", VERSION, self.source.model_dump(mode="json"), str(self.night.date), self.night.zone, self.shards, seen]
        )

    def recall(self, _inputs: Inputs) -> Done | None:
        """The documents fetched before, unless they are to be fetched again."""
        if self.again and self.source.kind != "folder":
            return None
        record = self.store.recall("fetch", self._key())
        return None if record is None else self._done(record.refs, ran=False, seconds=0.0)

    def _done(self, refs: tuple[Ref, ...], *, ran: bool, seconds: float) -> Done:
        return Done("fetch", self.shard, refs, ran, seconds, sum(ref.rows for ref in refs))

    def work(self, _inputs: Inputs) -> Done:
        """Fetch what is new, after what was fetched before."""
        began = time.perf_counter()
        key = self._key()
        earlier = self.store.recall("fetch", key)
        state = self.store.recall("source-state", self.source.name)
        notes = dict(state.notes) if state else {}
        documents = fetch(self.source, self.night, self.root, notes, self.now)
        unread: list[str] = []
        refs = _write(self.store, self.shards, self._unstopped(documents, unread), earlier.refs if earlier else ())
        if unread and self.source.kind == "folder":
            key = self._key()  # what could be read a moment ago can't be now: the files as they were then are still to be fetched
        seconds = time.perf_counter() - began
        self.store.remember("fetch", key, Record(refs, seconds, {}))
        self.store.remember("source-state", self.source.name, Record((), 0.0, notes))
        return self._done(refs, ran=True, seconds=seconds)

    def _unstopped(self, documents: Iterable[Document], unread: list[str]) -> Iterator[Document]:
        for document in documents:
            if document.reject == "unreadable":
                unread.append(document.uri)
            if self.asked_to_stop():
                raise Stopped(f"fetch of {self.source.name}: the night was asked to stop")
            if document.document_id not in self.forgotten:
                yield document


def documents(
    work: Work, root: Path, now: Callable[[], dt.datetime], *, again: bool = False, forgotten: frozenset[str] = frozenset()
) -> Pile:
    """Fetch every source of the configuration: the night's documents, sharded.

    Args:
        root: the folder from which relative paths of sources are taken.
        now: the clock, for the time of an answer from the network.
        again: ask sources on the network once more.
        forgotten: ids of documents that must not come back.
    """
    settings = work.config.night
    start, end = interval(work.date, settings.timezone)
    night = Night(work.date, start, end, settings.timezone)
    jobs = [
        work.submit(Fetch(source, night, root, settings.shards, work.store, number, again, work.asked_to_stop, now, forgotten))
        for number, source in enumerate(work.config.sources)
    ]
    return Pile(tuple(tuple(Part(job, shard) for job in jobs) for shard in range(settings.shards)), sharded=True)


def _write(store: Store, shards: int, documents: Iterable[Document], earlier: tuple[Ref, ...]) -> tuple[Ref, ...]:
    """Stream documents into one file a shard, after those fetched before; each document once."""
    spool = _Spool(store, shards)
    try:
        spool.open()
        for ref in earlier:
            spool.table(store.get(ref))
        for document in documents:
            spool.add(document)
        return spool.close()
    finally:
        spool.discard()


class _Spool:
    """Buffers documents by shard and writes them as row groups; memory is bounded by `BUFFER`."""

    def __init__(self, store: Store, shards: int) -> None:
        self._store, self._shards = store, shards
        self._held: list[list[Document]] = [[] for _ in range(shards)]
        self._bytes = 0
        self._rows = [0] * shards
        self._paths = [store.partial() for _ in range(shards)]
        self._writers: list[pq.ParquetWriter] = []
        self._seen: set[str] = set()

    def open(self) -> None:
        """Begin the files."""
        for path in self._paths:
            self._writers.append(table_writer(DOCUMENTS.schema, path))

    def table(self, documents: pa.Table) -> None:
        """Take over the documents of an earlier fetch."""
        for batch in documents.to_batches(max_chunksize=100):
            for row in batch.to_pylist():
                self.add(Document(**row))

    def add(self, document: Document) -> None:
        """Take one document, unless it was there."""
        if document.document_id in self._seen:
            return
        self._seen.add(document.document_id)
        self._held[shard_of(document.document_id, self._shards)].append(document)
        self._bytes += len(document.raw or b"") + ROW_BYTES
        if self._bytes > BUFFER:
            self._spill()

    def _spill(self) -> None:
        for number, held in enumerate(self._held):
            if held:
                self._writers[number].write_table(table(held))
                self._rows[number] += len(held)
                held.clear()
        self._bytes = 0

    def close(self) -> tuple[Ref, ...]:
        """The finished files, one a shard."""
        self._spill()
        for writer in self._writers:
            writer.close()
        return tuple(self._store.adopt(path, DOCUMENTS, rows) for path, rows in zip(self._paths, self._rows, strict=True))

    def discard(self) -> None:
        """Close and remove what is not finished."""
        for writer in self._writers:
            with suppress(OSError):  # what it could not write it can't write now
                writer.close()
        for path in self._paths:
            path.unlink(missing_ok=True)

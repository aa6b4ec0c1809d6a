"""Care of what is kept: old generations are pruned, and an article that must go goes everywhere and stays gone."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flows import annotate, manifest, snapshot, tombstones
from flows.desk import Desk
from flows.places import Places
from flows.publish import locked
from flows.run import Run
from flows.runners import Inline
from flows.snapshot import Folder, Snapshot
from flows.store import Record, Ref, Store
from tasks.tables import DOCUMENTS

EVERY = 1_000_000
"""More generations than anybody keeps."""


def generations(places: Places) -> list[Snapshot]:
    """All generations that are kept, oldest first; the last one is published."""
    if places.bucket is not None:
        link = places.bucket.link()
        return [places.bucket.generation(link, number) for number in reversed(range(len(link.lists)))]
    published = places.link.resolve()
    folders = {path for path in places.generations.glob("[0-9]*") if path.is_dir()} - {published}
    return [Folder(path) for path in [*sorted(folders), *([published] if published.is_dir() else [])]]


def prune(desk: Desk, keep: int, now: dt.datetime) -> tuple[int, int]:
    """Remove all but the newest generations, and every file of the store that no night needs; the published one always stays.

    Args:
        keep: how many generations to keep, the published one included; at least 1.

    Returns:
        The number of generations and of store files that were removed.
    """
    with locked(desk.places.lock("publish"), "a publish", wait=True):
        removed = _drop(desk.places, keep, now)
        return removed, _sweep(desk)


def _drop(places: Places, keep: int, now: dt.datetime, holds: Callable[[Snapshot], bool] = lambda _: False) -> int:
    """Remove generations: all but the newest, and of those before the published one those that hold what must go."""
    if places.bucket is not None:
        return places.bucket.prune(keep, now, holds)
    before = generations(places)[:-1]
    newest = before[max(0, len(before) - max(keep, 1) + 1) :]
    doomed = [one for one in before if one not in newest or holds(one)]
    for one in doomed:
        shutil.rmtree(one.location(""))
    return len(doomed)


def _sweep(desk: Desk) -> int:
    """Remove the store's files that neither a kept manifest nor a night as it would run today refers to; raw documents always stay."""
    store = desk.places.store
    live = {ref.digest for generation in generations(desk.places) for ref in _published(generation)}
    for path in (store.root / "records" / "fetch").glob("*.json"):
        live.update(ref.digest for ref in _record(path).refs)
    for date in manifest.dates(desk.places.published):
        live.update(ref.digest for job in Run(desk, date).plan().jobs for ref in job.refs)
    doomed = [path for path in (store.root / "objects").glob("*/*.parquet") if path.stem not in live]
    for path in doomed:
        path.unlink()
    for path in (store.root / "records").glob("*/*.json"):
        if any(ref.digest not in live for ref in _record(path).refs):
            path.unlink()
    return len(doomed)


def _published(generation: Snapshot) -> Iterable[Ref]:
    for date in manifest.dates(generation):
        night = manifest.read(generation, date)
        if night is not None:
            yield from (ref for refs in night.tables.values() for ref in refs)
            yield from (*night.signatures, night.runs)


def _record(path: Path) -> Record:
    stored = json.loads(path.read_bytes())
    return Record(tuple(Ref(**ref) for ref in stored["refs"]), stored["seconds"], stored["notes"])


def forget(desk: Desk, article_id: str, at: dt.datetime) -> list[dt.date]:
    """Remove an article from every table, version and file, for good.

    The tombstone is written first, so that the next call finishes what a killed one began. The raw bytes go, the nights that read them
    run again, generations that still hold the article and files of the store that nothing needs any more are removed, and so are
    the labels that people gave it. A folder's own file stays: it is the source's, not ours.

    Returns:
        The nights that were published anew.
    """
    tombstones.add(desk.places, article_id, at)
    annotate.forget(desk.places, article_id)
    store = desk.places.store
    for path in sorted((store.root / "records" / "fetch").glob("*.json")):
        _rewrite(store, path, article_id)
    held = snapshot.of(desk.places.published)
    touched = [date for date in manifest.dates(held) if _holds(held, date, article_id)]
    anew = []
    for date in manifest.dates(desk.places.published):
        run = Run(desk, date, "forget")
        if date in touched or not run.plan().fresh:  # a later night may have had it in its history
            run.execute(Inline(desk.config.night.workers))
            anew.append(date)
    with locked(desk.places.lock("publish"), "a publish", wait=True):
        _drop(desk.places, EVERY, at, lambda one: any(_holds(one, date, article_id) for date in manifest.dates(one)))
        _sweep(desk)
    return anew


def _rewrite(store: Store, path: Path, article_id: str) -> None:
    """Take the document out of the files of one fetch."""
    record = _record(path)
    refs = []
    for ref in record.refs:
        table = store.get(ref)
        rest = table.filter(pc.not_equal(table["document_id"], article_id))
        refs.append(ref if rest.num_rows == table.num_rows else store.put(rest, DOCUMENTS))
    if tuple(refs) != record.refs:
        store.remember(path.parent.name, path.stem, Record(tuple(refs), record.seconds, record.notes))


def _holds(held: Snapshot, date: dt.date, article_id: str) -> bool:
    """Whether a table of a published night names the article."""
    night = manifest.read(held, date)
    contents = (held.content(name) for name, ref in night.files() if ref.table != "runs") if night else iter(())
    return any(_names(pq.read_table(pa.BufferReader(content)), article_id) for content in contents)


def _names(table: pa.Table, article_id: str) -> bool:
    columns = [table[name] for name in ("article_id", "other_id", "canonical_id", "document") if name in table.schema.names]
    return any(pc.any(pc.equal(column, article_id)).as_py() for column in columns)

"""What must hold before a night is published, and what `nightwire verify` proves of one that is."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from flows import snapshot
from flows.consistency import Piece, Tables, columns, consistent
from flows.manifest import Manifest, dates, name_of
from flows.manifest import read as read_manifest
from flows.snapshot import Published, Snapshot
from flows.store import DamagedFileError, Ref, Store, read_table
from tasks.errors import Abort, ContractError
from tasks.tables import SPECS, conform

AGAIN = "Run the night again."


MODELS_READ = ("summarize", "quotes", "stances")
"""Stages that read the canonical articles alone."""


def over_limit(tables: Tables, documents: int, limit: float) -> None:
    """Refuse a night in which a stage set aside more than its share of what it read.

    One document among others is never too many: it may be all that a small night's limit would let pass, and it never stops a night.

    Args:
        documents: how many the sources brought.

    Raises:
        Abort: a stage is over the limit; stage, share and reasons are named.
    """
    rejects = columns(tables, "rejects", ["stage", "reason"])
    canonical = pc.sum(columns(tables, "stories", ["is_canonical"])["is_canonical"]).as_py() or 0
    for stage, count in Counter(rejects["stage"].to_pylist()).items():
        read = max(count, canonical) if stage in MODELS_READ else documents
        if count > limit * read and (count > 1 or read == 1):
            of_stage = rejects.filter(pc.equal(rejects["stage"], stage))
            reasons = ", ".join(f"{reason} {n}" for reason, n in Counter(of_stage["reason"].to_pylist()).most_common())
            raise Abort(
                f"{stage}: {count} of {read} documents were set aside ({reasons}), more than night.reject_limit = {limit:.0%}. "
                "Nothing was published. Mend the cause, or raise the limit if this is how the sources are."
            )


def files(store: Store, tables: Mapping[str, Iterable[Ref]]) -> Tables:
    """The night's tables, file by file; each is read when it is asked for.

    Raises:
        ContractError: a file has another number of rows than its reference says, or breaks its contract.
    """
    for refs in tables.values():
        for ref in refs:
            table = conform(store.get(ref), SPECS[ref.table])
            if table.num_rows != ref.rows:
                raise ContractError(f"{ref.table}: a file has {table.num_rows} rows, its reference says {ref.rows}")
    return {name: [partial(store.get, ref) for ref in refs if ref.rows] for name, refs in tables.items()}


def intact(published: Published, manifest: Manifest, *, check_bytes: bool) -> bool:
    """Whether all files of a published night are there, with the right size or, if asked, the right bytes."""
    held = snapshot.of(published)
    for name, ref in manifest.files():
        if held.size(name) != ref.size:
            return False
        try:
            if check_bytes and _digest(held.content(name)) != ref.digest:
                return False
        except OSError:
            return False
    return all(_page_fault(held, f"digests/{name}", digest) is None for name, digest in manifest.pages.items())


def verify(published: Published, only: Iterable[object] = ()) -> list[str]:
    """Every fault of what is published: one line each, beginning with the file's path.

    Args:
        only: the dates to look at; none means all, and files that no manifest knows are faults as well.
    """
    held = snapshot.of(published)
    chosen = set(only)
    faults: list[str] = []
    known: set[str] = set()
    unread: list[str] = []
    for date in dates(held):
        if chosen and date not in chosen:
            continue
        known.add(name_of(date))
        try:
            manifest = read_manifest(held, date)
        except ValueError as error:
            faults.append(str(error))
            unread.append(str(date))  # which files are that night's can't be told
            continue
        if manifest is None or manifest.run_date != date:
            faults.append(
                f"{held.shown(name_of(date))}: {'is gone' if manifest is None else 'is the manifest of another night'}. {AGAIN}"
            )
            unread.append(str(date))
        else:
            faults += _verify_night(held, manifest, known)
    if not chosen:
        foreign = [name for name in held.within("") if name not in known and not any(date in name for date in unread)]
        faults += [f"{held.shown(name)}: no manifest knows this file" for name in foreign]
        faults += [f"{held.shown(name)}: is gone, though files of that night are there" for name in _lost_manifests(foreign, known)]
    return faults


def _lost_manifests(foreign: Iterable[str], known: set[str]) -> list[str]:
    nights = (re.search(r"/run_date=([0-9-]+)/", name) for name in foreign)
    return sorted({f"manifests/{night[1]}.json" for night in nights if night} - known)


def _verify_night(held: Snapshot, manifest: Manifest, known: set[str]) -> list[str]:
    faults: list[str] = []
    pieces: dict[str, list[Piece]] = {name: [] for name in manifest.tables if name in SPECS}
    for name, ref in manifest.files():
        known.add(name)
        try:
            for table in read(held, name, ref):
                conform(table, SPECS[ref.table], closed=False)
                pieces.setdefault(ref.table, []).append(partial(_columns, held, name, ref))
        except ContractError as error:
            faults.append(f"{held.shown(name)}: {error}")
        except DamagedFileError as error:
            faults.append(str(error))
    for page, digest in manifest.pages.items():
        known.add(f"digests/{page}")
        if fault := _page_fault(held, f"digests/{page}", digest):
            faults.append(f"{held.shown(f'digests/{page}')}: {fault}")
    if not faults:
        try:
            consistent(pieces)
        except ContractError as error:
            faults.append(f"{held.shown(name_of(manifest.run_date))}: {error}")
    return faults


def _columns(held: Snapshot, name: str, ref: Ref, columns: Sequence[str]) -> pa.Table:
    (table,) = read(held, name, ref)
    return table.select(columns)


def read(held: Snapshot, name: str, ref: Ref) -> list[pa.Table]:
    """A published file, its bytes and its count checked; nothing of a table that only a newer version knows.

    Raises:
        DamagedFileError: it is gone, can't be read, or is not what was published.
    """
    shown = held.shown(name)
    try:
        content = held.content(name)
    except OSError as error:
        raise DamagedFileError(shown, _unread(error), AGAIN) from error
    if _digest(content) != ref.digest:
        raise DamagedFileError(shown, f"its bytes are not those that were published (size {len(content)}, want {ref.size})", AGAIN)
    if ref.table not in SPECS:
        return []
    table = read_table(shown, SPECS[ref.table], content=content)
    if table.num_rows != ref.rows:
        raise DamagedFileError(shown, f"has {table.num_rows} rows, the manifest says {ref.rows}", AGAIN)
    return [table]


def _page_fault(held: Snapshot, name: str, digest: str) -> str | None:
    try:
        content = held.content(name)
    except OSError as error:
        return f"{_unread(error)}. {AGAIN}"
    return None if _digest(content) == digest else f"its bytes are not those that were published. {AGAIN}"


def _unread(error: OSError) -> str:
    return "is gone" if isinstance(error, FileNotFoundError) else f"can't be read: {error}"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

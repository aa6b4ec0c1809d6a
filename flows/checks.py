"""What must hold before a night is published, and what `nightwire verify` proves of one that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from flows.manifest import Manifest, dates, part, path_of
from flows.manifest import read as read_manifest
from flows.store import DamagedFileError, Ref, Store, digest_file, read_table
from tasks.errors import Abort, ContractError
from tasks.tables import SPECS, concat, plain

FOREIGN = (
    ("stories", "article_id", "articles"),
    ("summaries", "article_id", "articles"),
    ("quotes", "article_id", "articles"),
    ("copies", "article_id", "articles"),
)
"""Table, column -> the table whose key it must be."""


def over_limit(rejects: pa.Table, documents: int, limit: float) -> None:
    """Refuse a night in which a stage set aside more than its share of the documents.

    Raises:
        Abort: a stage is over the limit; stage, share and reasons are named.
    """
    for stage, count in Counter(rejects["stage"].to_pylist()).items():
        if documents and count / documents > limit:
            of_stage = rejects.filter(pc.equal(rejects["stage"].cast(pa.string()), stage))
            reasons = ", ".join(f"{reason} {n}" for reason, n in Counter(of_stage["reason"].to_pylist()).most_common())
            raise Abort(
                f"{stage}: {count} of {documents} documents were set aside ({reasons}), more than night.reject_limit = {limit:.0%}. "
                "Nothing was published. Mend the cause, or raise the limit if this is how the sources are."
            )


def consistent(tables: Mapping[str, pa.Table]) -> None:
    """Check what ties the tables of a night together: keys over all shards, foreign keys, spans.

    Raises:
        ContractError: the first thing that does not hold.
    """
    for table, column, other in FOREIGN:
        known = tables[other][SPECS[other].key[0]]
        stray = tables[table].filter(pc.invert(pc.is_in(tables[table][column], value_set=pc.unique(known))))
        if stray.num_rows:
            raise ContractError(f"{table}.{column}: {stray[column][0]} is no {other} row ({stray.num_rows} such rows)")
    texts = dict(zip(tables["articles"]["article_id"].to_pylist(), tables["articles"]["text"].to_pylist(), strict=True))
    for name, fault in _span_faults(tables, texts):
        raise ContractError(f"{name}: {fault}")


def _span_faults(tables: Mapping[str, pa.Table], texts: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for row in plain(tables["quotes"].select(["quote_id", "article_id", "content", "text"])).to_pylist():
        spans = " ".join(texts[row["article_id"]][s["start"] : s["end"]] for s in row["content"])
        if spans != row["text"]:
            yield "quotes", f"{row['quote_id']}: the content's spans do not give its text"
    evidence = tables["stances"].filter(pc.is_valid(tables["stances"]["evidence_start"]))
    for row in plain(evidence.select(["article_id", "target_id", "evidence_start", "evidence_end", "evidence"])).to_pylist():
        if texts[row["article_id"]][row["evidence_start"] : row["evidence_end"]] != row["evidence"]:
            yield "stances", f"{row['article_id']}, {row['target_id']}: text[start:end] is not the evidence"
    for row in plain(tables["summaries"].select(["article_id", "kind", "sentences"])).to_pylist():
        size = len(texts[row["article_id"]])
        if row["kind"] == "extractive" and any(not 0 <= s["start"] < s["end"] <= size for s in row["sentences"]):
            yield "summaries", f"{row['article_id']}: a sentence lies outside the article"


def gather(store: Store, tables: Mapping[str, Iterable[Ref]]) -> dict[str, pa.Table]:
    """The night's tables, each in one piece, keys checked over all shards."""
    return {name: concat([store.get(ref) for ref in refs if ref.rows], SPECS[name]) for name, refs in tables.items()}


def intact(published: Path, manifest: Manifest, *, check_bytes: bool) -> bool:
    """Whether all files of a published night are there, with the right size or, if asked, the right bytes."""
    for name, refs in {**manifest.tables, "runs": (manifest.runs,)}.items():
        for number, ref in enumerate(refs):
            path = published / part(name, manifest.run_date, number)
            if not path.is_file() or path.stat().st_size != ref.size or (check_bytes and digest_file(path) != ref.digest):
                return False
    return all((published / "digests" / name).is_file() for name in manifest.pages)


def verify(published: Path, only: Iterable[object] = ()) -> list[str]:
    """Every fault of what is published: one line each, beginning with the file's path.

    Args:
        only: the dates to look at; none means all, and files that no manifest knows are faults as well.
    """
    chosen = set(only)
    faults: list[str] = []
    known: set[Path] = set()
    for date in dates(published):
        if chosen and date not in chosen:
            continue
        try:
            manifest = read_manifest(published, date)
        except ValueError as error:
            faults.append(str(error))
            continue
        if manifest is not None:
            known.add(path_of(published, date))
            faults += _verify_night(published, manifest, known)
    if not chosen and published.exists():
        files = {path for path in published.rglob("*") if path.is_file()}
        faults += [f"{path}: no manifest knows this file" for path in sorted(files - known)]
    return faults


def _verify_night(published: Path, manifest: Manifest, known: set[Path]) -> list[str]:
    faults: list[str] = []
    tables: dict[str, pa.Table] = {}
    for name, refs in {**manifest.tables, "runs": (manifest.runs,)}.items():
        pieces = []
        for number, ref in enumerate(refs):
            path = published / part(name, manifest.run_date, number)
            known.add(path)
            fault = _file_fault(path, ref)
            if fault:
                faults.append(f"{path}: {fault}")
            else:
                pieces.append(read_table(path, SPECS[name]))
        tables[name] = concat(pieces, SPECS[name])
    for name, digest in manifest.pages.items():
        path = published / "digests" / name
        known.add(path)
        if not path.is_file() or digest_file(path) != digest:
            faults.append(f"{path}: is gone, or its bytes are not those that were published")
    if not faults:
        try:
            consistent(tables)
        except ContractError as error:
            faults.append(f"{path_of(published, manifest.run_date)}: {error}")
    return faults


def _file_fault(path: Path, ref: Ref) -> str | None:
    if not path.is_file():
        return "is gone. Run the night again."
    if digest_file(path) != ref.digest:
        return f"its bytes are not those that were published (size {path.stat().st_size}, want {ref.size}). Run the night again."
    try:
        table = read_table(path, SPECS[ref.table])
    except DamagedFileError as error:
        return str(error)
    return None if table.num_rows == ref.rows else f"has {table.num_rows} rows, the manifest says {ref.rows}"

"""A document that a step can't be run on, taken out of what the step reads and put among what it rejects.

For steps row by row: the first table that they read has the documents, under its key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tasks.errors import RETRYABLE, RejectDocument
from tasks.step import Step
from tasks.tables import ARTICLES, DOCUMENTS, REJECTS, concat, conform

Doomed = Mapping[str, RejectDocument]
"""Document's or article's id -> why the step can't be run on it."""


def without(tables: Sequence[pa.Table], ids: Sequence[str]) -> list[pa.Table]:
    """The tables without the rows of these documents."""
    gone = pa.array(ids, pa.string())
    return [_filtered(table, gone, keep=False) for table in tables]


def only(tables: Sequence[pa.Table], ids: Sequence[str]) -> list[pa.Table]:
    """The first table with the rows of these documents alone, the others without those that belong to the rest of it."""
    first, *others = tables
    column = first[first.schema.names[0]]
    rest = column.filter(pc.invert(pc.is_in(column, value_set=pa.array(ids, pa.string()))))
    return without(tables, rest.to_pylist()) if others else [_filtered(first, pa.array(ids, pa.string()), keep=True)]


def _filtered(table: pa.Table, ids: pa.Array, *, keep: bool) -> pa.Table:
    name = next((name for name in ("document_id", "article_id") if name in table.schema.names), None)
    if name is None:
        return table
    named = pc.is_in(table[name], value_set=ids)
    return table.filter(named if keep else pc.invert(named))


def with_rejects(step: Step, documents: pa.Table, outputs: Sequence[pa.Table], doomed: Doomed) -> tuple[pa.Table, ...]:
    """What the step wrote without the doomed documents, with a reject row for each of them.

    A step that writes REJECTS has them there; one that writes ARTICLES row for row has them in their old places. SIGN has no place for
    them: KEEP rejects what was never signed.

    Args:
        documents: the first table that the step reads, with all its rows.
    """
    if not doomed:
        return tuple(outputs)
    names = [spec.name for spec in step.writes]
    taken = _filtered(documents, pa.array(sorted(doomed), pa.string()), keep=True)
    if REJECTS.name in names:
        at = names.index(REJECTS.name)
        more = REJECTS.rows(_reject(row, step.name, doomed) for row in taken.to_pylist())
        return (*outputs[:at], concat([outputs[at], more], REJECTS), *outputs[at + 1 :])
    if names == [ARTICLES.name]:
        rows = pa.Table.from_pylist([_article(row, step.name, doomed) for row in taken.to_pylist()], schema=ARTICLES.schema)
        return (_in_order(concat([outputs[0], conform(rows, ARTICLES)], ARTICLES), documents),)
    return tuple(outputs)


def _in_order(articles: pa.Table, documents: pa.Table) -> pa.Table:
    wanted = documents[documents.schema.names[0]]
    return conform(articles.take(pc.index_in(wanted, value_set=articles["article_id"].combine_chunks())), ARTICLES)


def _reject(row: Mapping[str, Any], stage: str, doomed: Doomed) -> dict[str, Any]:
    fault = doomed[row["article_id"]]
    return {
        "document": row["article_id"],
        "source": row["source"],
        "uri": row["uri"],
        "stage": stage,
        "reason": fault.reason,
        "message": fault.message,
        "raw_sha256": row["raw_sha256"],
        "retryable": fault.reason in RETRYABLE,
    }


def _article(row: Mapping[str, Any], stage: str, doomed: Doomed) -> dict[str, Any]:
    name = row[DOCUMENTS.key[0]] if DOCUMENTS.key[0] in row else row["article_id"]
    fault = doomed[name]
    empty = {"article_id": name, "published_precision": "unknown", "paragraphs": [], "flags": []}
    known = {column: row.get(column, empty.get(column)) for column in ARTICLES.schema.names}
    return known | {"reject_stage": stage, "reject": fault.reason, "reject_message": fault.message}

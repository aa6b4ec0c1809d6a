"""Rows of a labelled file as the evaluations want them, whatever wrote the file: other columns, nulls, empty cells, numbers as text."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pyarrow as pa

from tasks.errors import Unusable
from tasks.tables import CLASSES

SHOWN = 5
"""So many faults are told; the rest is counted."""


def target_records(table: pa.Table) -> list[dict[str, Any]]:
    """Records `text, target, label, holder, start, end` of a table that has the first three columns; the others are None where empty.

    Raises:
        Unusable: a column is missing, there are no rows, or rows lack a text, a target or a known label, or have a span outside the
            text.
    """
    need(table, ("text", "target", "label"))
    return _checked(table, ("text", "target", "label", "holder", "start", "end"), _target_record)


def directed_records(table: pa.Table) -> list[dict[str, Any]]:
    """Records `text, p, q, label` of a table with these columns, the label a number from 0 to 4.

    Raises:
        Unusable: as `target_records`.
    """
    need(table, ("text", "p", "q", "label"))
    return _checked(table, ("text", "p", "q", "label"), _directed_record)


def need(table: pa.Table, columns: Iterable[str]) -> None:
    """Raises `Unusable` unless the table has these columns and a row."""
    missing = [c for c in columns if c not in table.column_names]
    if missing or not table.num_rows:
        have = ", ".join(table.column_names)
        raise Unusable(
            f"labelled file: missing {', '.join(missing) or 'rows'}; have {table.num_rows} rows of {have}. Rename the columns."
        )


def _checked(table: pa.Table, columns: Iterable[str], read: Callable[[Mapping[str, Any]], dict[str, Any]]) -> list[dict[str, Any]]:
    records, faults = [], []
    for number, row in enumerate(table.select([c for c in columns if c in table.column_names]).to_pylist(), start=1):
        try:
            records.append(read(row))
        except (TypeError, ValueError) as error:
            faults.append(f"row {number}: {error}")
    if faults:
        more = [f"and {len(faults) - SHOWN} rows more"] if len(faults) > SHOWN else []
        raise Unusable("\n".join(["labelled file: rows that can't be scored; mend them or leave them out:", *faults[:SHOWN], *more]))
    return records


def _target_record(row: Mapping[str, Any]) -> dict[str, Any]:
    text, label = _words(row, "text"), _words(row, "label")
    if label not in CLASSES:
        raise ValueError(f"label: have {label!r}; want {', '.join(CLASSES)}")
    start, end = _number(row, "start"), _number(row, "end")
    if start is None or end is None:
        start = end = None
    elif not 0 <= start < end <= len(text):
        raise ValueError(f"span {start}-{end} is empty or outside the text of {len(text)} characters")
    holder = row.get("holder")
    named = holder.strip() if isinstance(holder, str) else None
    return {"text": text, "target": _words(row, "target"), "label": label, "holder": named or None, "start": start, "end": end}


def _directed_record(row: Mapping[str, Any]) -> dict[str, Any]:
    label = _number(row, "label")
    if label not in range(5):
        raise ValueError(f"label: have {row['label']!r}; want a number from 0 to 4")
    return {"text": _words(row, "text"), "p": _words(row, "p"), "q": _words(row, "q"), "label": label}


def _words(row: Mapping[str, Any], name: str) -> str:
    value = row[name]
    if not isinstance(value, str):
        raise TypeError(f"{name}: have {value!r}; want words")
    return value


def _number(row: Mapping[str, Any], name: str) -> int | None:
    """A whole number, also one written as text or with `.0`; None where the cell is empty."""
    value = row.get(name)
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not number.is_integer():
        raise ValueError(f"{name}: have {value!r}; want a whole number")
    return int(number)

"""Every schema survives a Parquet round trip, and a table that breaks its contract is refused by name."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from flows.store import read_table, write_table
from tasks.errors import ContractError
from tasks.tables import ALL, COPIES, REJECTS, SUMMARIES, Spec, conform

TEXT = "Zeile eins\n“quoted” 🌊 \u0000 end"


def value(kind: pa.DataType) -> Any:
    """A value of an Arrow type that would show any loss."""
    if pa.types.is_dictionary(kind):
        return value(kind.value_type)
    if pa.types.is_struct(kind):
        return {field.name: value(field.type) for field in kind}
    if pa.types.is_list(kind):
        return [value(kind.value_type), value(kind.value_type)]
    known: list[tuple[Any, Any]] = [
        (pa.types.is_string, TEXT),
        (pa.types.is_large_string, TEXT),
        (pa.types.is_boolean, True),
        (pa.types.is_integer, 7),
        (pa.types.is_floating, 0.25),
        (pa.types.is_timestamp, dt.datetime(2026, 3, 2, 23, 59, 59, 123456, tzinfo=dt.UTC)),
        (pa.types.is_date, dt.date(2026, 3, 2)),
        (pa.types.is_fixed_size_binary, bytes(range(16))),
        (pa.types.is_binary, b"\x00\xff"),
        (pa.types.is_large_binary, b"\x00\xff"),
    ]
    return next(made for test, made in known if test(kind))


def full(spec: Spec) -> pa.Table:
    """One row with a value in every column, and one with nulls wherever the key allows."""
    row = {field.name: spec.closed[field.name][0] if field.name in spec.closed else value(field.type) for field in spec.schema}
    other = {name: row[name] if name in spec.key else None for name in row}
    last = spec.key[-1]
    kind = spec.schema.field(last).type
    other[last] = row[last] + dt.timedelta(days=1) if pa.types.is_date(kind) else f"{row[last]}x"
    return spec.rows([row, other])


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: spec.name)
def test_round_trip(spec: Spec, tmp_path: Path) -> None:
    for number, table in enumerate((spec.empty(), full(spec))):
        path = tmp_path / f"{number}.parquet"
        write_table(table, path)
        read = read_table(path, spec)
        assert read.schema.equals(spec.schema)
        assert read.equals(table)
        conform(read, spec)


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: spec.name)
def test_same_rows_same_bytes(spec: Spec, tmp_path: Path) -> None:
    table = full(spec)
    chunked = pa.concat_tables([table.slice(0, 1), table.slice(1)])
    write_table(table, tmp_path / "a")
    write_table(conform(chunked, spec), tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def reject(**changed: Any) -> dict[str, Any]:
    row = dict.fromkeys(REJECTS.schema.names)
    return {**row, "document": "d1", "stage": "extract", **changed}


def test_missing_and_unknown_columns_are_named() -> None:
    table = REJECTS.rows([reject()])
    with pytest.raises(ContractError, match=r"rejects: missing column\(s\) reason"):
        conform(table.drop_columns(["reason"]), REJECTS)
    with pytest.raises(ContractError, match=r"rejects: unknown column\(s\) mood"):
        conform(table.append_column("mood", pa.array(["?"])), REJECTS)
    with pytest.raises(ContractError, match=r"row 0: missing column\(s\) message; unknown column\(s\) mesage"):
        REJECTS.rows([{("mesage" if key == "message" else key): value for key, value in reject().items()}])


def test_null_and_double_keys_are_named() -> None:
    with pytest.raises(ContractError, match=r"rejects\.stage: null in the key, first in row 1"):
        REJECTS.rows([reject(), reject(document="d2", stage=None)])
    row = {**dict.fromkeys(COPIES.schema.names), "article_id": "a", "other_id": "b"}
    with pytest.raises(ContractError, match=r"copies: the key .*'a'.*'b'.* more than one row"):
        COPIES.rows([row, {**row, "other_id": "c"}, row])


def test_closed_lists_and_types_are_named() -> None:
    row = {**dict.fromkeys(SUMMARIES.schema.names), "article_id": "a", "status": "so-so"}
    with pytest.raises(ContractError, match=r"summaries\.status: unknown value\(s\) \['so-so'\]; have ok, "):
        SUMMARIES.rows([row])
    text = REJECTS.rows([reject()])
    wrong = text.set_column(text.schema.get_field_index("retryable"), "retryable", pa.array(["perhaps"]))
    with pytest.raises(ContractError, match="rejects: a column has another type"):
        conform(wrong, REJECTS)

"""Tables and columns are only ever added: today's contracts hold all that was released, and readers of both read both.

`released/VERSION.json` is the schema of a released version. It is written at a release and never changed; a failing test here means
that a reader's query would break. `released/2026-01-05` is a night as code before 0.1.0 published it, without some columns of today and
without the table `voices`.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from flows import checks, counts, manifest, query, snapshot, status
from flows.desk import Desk
from flows.publish import publish
from flows.run import Run
from flows.runners import Inline
from flows.store import write_table
from tasks.tables import PUBLISHED, SPECS
from tests.flows import desks

RELEASED = Path(__file__).with_name("released")
OLD = dt.date(2026, 1, 5)
NEW = dt.date(2026, 1, 6)


@pytest.mark.parametrize("version", sorted(path.stem for path in RELEASED.glob("*.json")))
def test_nothing_that_was_released_is_gone(version: str) -> None:
    released: dict[str, Any] = json.loads((RELEASED / f"{version}.json").read_text())
    today = {spec.name: spec for spec in PUBLISHED}
    assert set(released) <= set(today), "a released table is gone"
    for name, then in released.items():
        spec = today[name]
        assert then["key"] == list(spec.key), f"{name}: another key"
        now = {field.name: field.type for field in spec.schema}
        assert set(then["columns"]) <= set(now), f"{name}: a released column is gone"
        for column, kind in then["columns"].items():
            assert holds(str(now[column]), kind), f"{name}.{column}: was {kind}, is {now[column]}"
        for column, values in then["closed"].items():
            assert set(values) <= set(spec.closed.get(column, values)), f"{name}.{column}: a released value is gone"


def holds(now: str, then: str) -> bool:
    """Whether a type is what it was, but for fields that a struct has gained at its end."""
    return now == then or ("struct<" in then and now.startswith(then[: then.rindex(">", 0, len(then) - then.endswith(">>"))]))


def test_the_rule_finds_what_it_should() -> None:
    assert holds("list<item: struct<a: int32, b: string>>", "list<item: struct<a: int32>>")
    assert not holds("list<item: struct<a: int64>>", "list<item: struct<a: int32>>")
    assert not holds("string", "int32")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk on which the old night is published, then one of today's."""
    folder = tmp_path_factory.mktemp("desk")
    config = desks.quick(folder, [NEW])
    shutil.copytree(RELEASED / str(OLD) / "published", folder / "state" / "generations" / "000001")
    (folder / "published").symlink_to("state/generations/000001")
    opened = Desk.open(config)
    old = manifest.read(snapshot.of(opened.places.published), OLD)
    assert old is not None
    published = {ref.digest: folder / "published" / name for name, ref in old.files()}
    for ref in (*(ref for _, ref in old.files()), *old.signatures):
        path = opened.places.store.path(ref)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(published.get(ref.digest, RELEASED / str(OLD) / "signatures.parquet"), path)
    Run(opened, NEW).execute(Inline(1))
    return opened


def test_our_own_code_reads_both(desk: Desk) -> None:
    assert manifest.dates(desk.places.published) == [OLD, NEW]
    assert checks.verify(desk.places.published) == []
    assert [row.date for row in status.matrix(desk, OLD, NEW)] == [OLD, NEW]
    with counts.Tables.of(desk) as asked:
        assert [night.date for night in counts.nights(asked, [OLD, NEW])] == [OLD, NEW]
        assert len(asked.rows("quotes", [OLD, NEW], "select insertions from rows")) >= 4
    (row,) = query.answer(desk.places.published, "select count(*) as n from quotes where insertions is null", as_json=True)
    assert json.loads(row)["n"] >= 4
    tonight = manifest.read(desk.places.published, NEW)
    assert tonight is not None
    assert str(OLD) in tonight.history


def folder_of(desk: Desk, table: str) -> Path:
    return desk.places.root / "published" / table


@pytest.mark.parametrize("table", ["articles", "quotes", "stances", "summaries"])
def test_readers_read_both(desk: Desk, table: str) -> None:
    """Each with the option that it has for files of different schemas."""
    folder = folder_of(desk, table)
    pattern = f"{folder}/*/*.parquet"
    by_duckdb = duckdb.sql(f"from read_parquet('{pattern}', hive_partitioning = true, union_by_name = true)").arrow().read_all()
    by_pyarrow = ds.dataset(folder, schema=wide(SPECS[table].schema), format="parquet", partitioning="hive").to_table()
    by_polars = pl.scan_parquet(pattern, hive_partitioning=True, missing_columns="insert", extra_columns="ignore").collect()
    by_pandas = pd.concat([pd.read_parquet(path) for path in sorted(folder.glob("*/*.parquet"))])
    rows = sum(pq.read_metadata(path).num_rows for path in folder.glob("*/*.parquet"))
    assert rows >= 2
    assert by_duckdb.num_rows == by_pyarrow.num_rows == by_polars.height == len(by_pandas) == rows
    assert set(SPECS[table].schema.names) <= set(by_duckdb.column_names)


def wide(schema: pa.Schema) -> pa.Schema:
    return schema.append(pa.field("run_date", pa.string()))


def test_a_night_of_a_newer_version_is_tolerated(desk: Desk, tmp_path: Path) -> None:
    """One more column, one more value in a closed list, one more table: nothing of ours breaks on them."""
    shutil.copytree(desk.places.root, tmp_path / "desk", symlinks=True)
    newer = Desk.open(tmp_path / "desk" / "configs" / desk.path.name)
    night = manifest.read(newer.places.published, NEW)
    assert night is not None
    store = newer.places.store
    tables = dict(night.tables)
    for name in ("stories", "rejects"):
        table = store.get(night.tables[name][0]).append_column("mood", pa.array([None] * night.tables[name][0].rows, pa.string()))
        path = store.partial()
        write_table(table, path)
        tables[name] = (store.adopt(path, SPECS[name], table.num_rows), *night.tables[name][1:])
    summaries = store.get(night.tables["summaries"][0])
    values = pa.array(["foretold"] * summaries.num_rows).dictionary_encode().cast(summaries.schema.field("status").type)
    path = store.partial()
    write_table(summaries.set_column(summaries.schema.get_field_index("status"), "status", values), path)
    tables["summaries"] = (store.adopt(path, SPECS["summaries"], summaries.num_rows),)
    unknown = store.partial()
    write_table(pa.table({"thing": ["x"]}), unknown)
    ref = store.adopt(unknown, SPECS["rejects"], 1)
    tables["things"] = (type(ref)("things", ref.digest, 1, ref.size),)
    publish(newer.places, type(night)(**{**vars(night), "tables": tables, "pages": {}}), {})
    assert checks.verify(newer.places.published) == []
    assert status.of(newer, NEW).state == "stale"
    assert list(query.answer(newer.places.published, "select thing from things", as_json=True)) == ['{"thing": "x"}']
    (row,) = query.answer(newer.places.published, "select max(status) as s from summaries", as_json=True)
    assert json.loads(row)["s"] in ("foretold", "unknown_language", "ok", None)

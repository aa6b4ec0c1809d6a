"""Readers without any code of ours: DuckDB, pandas, Polars and pyarrow open the documented paths, with the date as a column."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow.dataset as ds
import pytest

from flows import manifest
from tasks.tables import PUBLISHED
from tests.flows.conftest import NIGHT, run


@pytest.fixture(scope="module")
def published(two_nights: Path) -> Path:
    return two_nights / "published"


def test_duckdb_reads_every_table(published: Path) -> None:
    for spec in PUBLISHED:
        for pattern in ("*/*", "**/*"):
            found = duckdb.connect().execute(f"select * from read_parquet('{published}/{spec.name}/{pattern}.parquet')")
            names = [column[0] for column in found.description]
            assert names == [*spec.schema.names, "run_date"]


def test_three_readers_count_the_same(published: Path) -> None:
    pattern = f"{published}/stances/**/*.parquet"
    query = f"select run_date, label, count(*) from read_parquet('{pattern}') group by all order by all"
    by_duckdb = [(date, label, count) for date, label, count in duckdb.connect().execute(query).fetchall()]
    frame = pd.read_parquet(published / "stances")
    by_pandas = frame.astype({"run_date": str, "label": str}).groupby(["run_date", "label"], observed=True).size()
    frame_polars = pl.read_parquet(pattern, hive_partitioning=True)
    by_polars = frame_polars.with_columns(pl.col("label").cast(pl.String)).group_by("run_date", "label").len().sort("run_date", "label")
    assert {date for date, _, _ in by_duckdb} == {NIGHT, NIGHT + dt.timedelta(days=1)}
    assert [(str(date), label, count) for date, label, count in by_duckdb] == [(*key, count) for key, count in by_pandas.items()]
    assert by_duckdb == by_polars.rows()


def test_counts_of_the_run_are_rows_of_the_tables(published: Path) -> None:
    for date in manifest.dates(published):
        night = manifest.read(published, date)
        assert night is not None
        for entry in night.run["counts"]:
            table = ds.dataset(published / entry["table"], partitioning="hive").to_table(filter=ds.field("run_date") == str(date))
            assert table.num_rows == entry["rows"], (date, entry)


def test_a_reader_that_resolves_the_link_once_keeps_its_snapshot(two_nights: Path) -> None:
    published = two_nights / "published"
    snapshot = published.resolve()
    before = {path: path.read_bytes() for path in snapshot.rglob("*.parquet")}
    source = two_nights / "configs" / "demo" / "news" / str(NIGHT) / "kostrel-today" / "dam.txt"
    source.write_text(source.read_text() + "\n\nAn afterthought was added here, one line below the story as it had been sent.\n")
    run(two_nights / "configs" / "demo.toml")
    assert published.resolve() != snapshot
    assert {path: path.read_bytes() for path in snapshot.rglob("*.parquet")} == before

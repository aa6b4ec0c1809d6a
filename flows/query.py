"""SQL over what is published: one view a table, read through one snapshot of the data."""

from __future__ import annotations

import json
from collections.abc import Iterator

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from flows import snapshot
from flows.snapshot import Published
from tasks.errors import Unusable


def connect(published: Published) -> duckdb.DuckDBPyConnection:
    """A connection with a view for every table. The link is followed once, so a night that is published meanwhile changes nothing.

    Nights of an older schema have nulls in the columns that came since.
    """
    held = snapshot.of(published)
    connection = snapshot.database(held)
    files: dict[str, list[str]] = {}
    for name in held.within(""):
        if name.endswith(".parquet"):
            files.setdefault(name.split("/")[0], []).append(held.location(name).replace("'", "''"))
    for table, paths in files.items():
        listed = ", ".join(f"'{path}'" for path in paths)
        connection.execute(f'create view "{table}" as from read_parquet([{listed}], hive_partitioning = true, union_by_name = true)')
    return connection


def answer(published: Published, sql: str, *, as_json: bool) -> Iterator[str]:
    """The rows in lines: JSON objects, or a table for a terminal.

    Raises:
        Unusable: the query is none, or asks for a table that is not there.
    """
    with connect(published) as connection:
        try:
            found = connection.sql(sql)
        except duckdb.Error as error:
            have = ", ".join(
                name for (name,) in connection.execute("select view_name from duckdb_views() where not internal").fetchall()
            )
            raise Unusable(f"the query can't be answered: {error}\npublished tables: {have or 'none yet'}") from error
        if found is None:
            return
        rows = found.fetchall()
        if as_json:
            yield from (json.dumps(dict(zip(found.columns, row, strict=True)), default=str, ensure_ascii=False) for row in rows)
        else:
            yield _table(found.columns, rows)


def _table(columns: list[str], rows: list[tuple[object, ...]]) -> str:
    table = Table(caption=f"{len(rows)} row(s)")
    for column in columns:
        table.add_column(escape(column), overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else escape(str(value)) for value in row))
    console = Console(no_color=True)
    with console.capture() as captured:
        console.print(table)
    return captured.get().rstrip()

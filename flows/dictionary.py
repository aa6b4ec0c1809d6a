"""The data dictionary, written from the contracts themselves: `python -m flows.dictionary` prints docs/tables.md."""

from __future__ import annotations

import ast
import inspect
import sys

import pyarrow as pa

from tasks import tables
from tasks.tables import PUBLISHED, Spec

HEAD = """# The tables

What a reader finds under `published/<table>/run_date=YYYY-MM-DD/*.parquet`. Readers that know Hive folders add the column `run_date`.
Keys are in bold. This page is written by `python -m flows.dictionary` from `tasks/tables.py`; a test fails when the two differ.
"""


def comments() -> dict[str, dict[str, str]]:
    """Table -> column -> the comment behind it in tasks/tables.py."""
    source = inspect.getsource(tables)
    lines = source.splitlines()
    found: dict[str, dict[str, str]] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_spec":
            name = ast.literal_eval(node.args[0])
            found[name] = {word.arg: _comment(lines, word) for word in node.keywords if word.arg}
    return found


def _comment(lines: list[str], word: ast.keyword) -> str:
    return lines[(word.value.end_lineno or 1) - 1].partition("  # ")[2]


def kind(value: pa.DataType) -> str:
    """A column's type in a reader's words."""
    if pa.types.is_dictionary(value):
        return kind(value.value_type)
    if pa.types.is_list(value):
        return f"list of {kind(value.value_type)}"
    if pa.types.is_struct(value):
        return "(" + ", ".join(f"{field.name} {kind(field.type)}" for field in value) + ")"
    return {"large_string": "string", "timestamp[us, tz=UTC]": "timestamp, UTC"}.get(str(value), str(value))


def section(spec: Spec, about: dict[str, str]) -> str:
    """One table as Markdown."""
    rows = []
    for field in spec.schema:
        name = f"**{field.name}**" if field.name in spec.key else field.name
        words = " · ".join(part for part in (about.get(field.name, ""), ", ".join(spec.closed.get(field.name, ()))) if part)
        rows.append(f"| {name} | {kind(field.type)} | {words.replace('|', chr(92) + '|')} |")
    return "\n".join([f"## {spec.name}", "", "| column | type | meaning |", "| --- | --- | --- |", *rows, ""])


def page() -> str:
    """The whole dictionary as Markdown."""
    about = comments()
    return "\n".join([HEAD, *(section(spec, about[spec.name]) for spec in PUBLISHED)])


if __name__ == "__main__":
    sys.stdout.write(page())

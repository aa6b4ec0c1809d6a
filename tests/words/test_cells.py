"""No cell of an export is a formula, whatever stands in it, and all of it comes back."""

from __future__ import annotations

import csv
import io

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st
from pyarrow import csv as arrow_csv

from tasks.words.cells import STARTERS, harmless

STARTS = st.sampled_from([*sorted(STARTERS), " =", "\u00a0@", "\u3000+", '"=', ",=", "'", ""])
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


@given(STARTS, TEXT)
@example("=", "cmd|' /C calc'!A0")
@example("\t", "=1+1")
def test_no_cell_begins_as_a_formula(start: str, rest: str) -> None:
    cell = harmless(start + rest)
    assert cell[:1] not in STARTERS
    assert cell.lstrip()[:1] not in STARTERS
    assert cell.removeprefix("'") == (start + rest).removeprefix("'") or cell == start + rest


@given(st.lists(st.builds(lambda start, rest: start.replace("\0", "") + rest, STARTS, TEXT), min_size=1, max_size=5))
def test_a_sheet_is_one_row_an_item(texts: list[str]) -> None:
    """Quotes, commas and line ends in a cell begin no cell and no row of their own."""
    table = pa.table({"n": [str(number) for number in range(len(texts))], "text": [harmless(text) for text in texts]})
    out = io.BytesIO()
    arrow_csv.write_csv(table, out, arrow_csv.WriteOptions(quoting_style="all_valid"))
    rows = list(csv.reader(io.StringIO(out.getvalue().decode(), newline="")))[1:]
    assert [row[0] for row in rows] == table["n"].to_pylist()
    assert [row[1] for row in rows] == table["text"].to_pylist()

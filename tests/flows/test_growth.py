"""Files that were written before their table got a column."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from flows.store import read_table
from tasks.tables import HISTORY
from tests.dedup.texts import articles, edited, night, relations, signed, words


def test_signatures_of_before_serve_as_history(tmp_path: Path) -> None:
    text = words("a", 150)
    _, _, before = night(signed(articles({"a": text})))
    pq.write_table(before.drop_columns(["phrases", "vectors"]), tmp_path / "old.parquet")
    held = read_table(tmp_path / "old.parquet", HISTORY)
    assert held.schema.names == HISTORY.schema.names
    tonight = signed(articles({"b": edited(text, 0.03, 1)}), reuse=0.25)
    copies, _, signatures = night(tonight, held, reuse=0.25)
    assert relations(copies) == {("b", "a"): "near"}
    assert signatures["article_id"].to_pylist() == ["a", "b"]

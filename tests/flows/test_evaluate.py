"""`nightwire evaluate summaries | faithfulness FILE --json`: one JSON object on stdout, and nothing else there."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.cli import main
from tests.summarize.written_articles import HARBOUR

ARTICLE = " ".join(text for kind, text in HARBOUR if kind == "body")
SAID = "Shop owners on the quay fear that visitors will stay away."


def evaluated(what: str, table: pa.Table, folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    pq.write_table(table, folder / "labelled.parquet")
    assert main(["evaluate", what, str(folder / "labelled.parquet"), "--json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_summaries(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = pa.table({"source": [ARTICLE], "references": [json.dumps(["Nothing of it.", SAID])]})
    found = evaluated("summaries", table, tmp_path, capsys)
    assert {"rows", "seconds", "model", "rouge1", "rouge2", "rougeLsum", "lead3", "interval"} <= set(found)
    assert set(found["lead3"]) == {"rouge1", "rouge2", "rougeLsum"}  # type: ignore[call-overload]


def test_faithfulness(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = pa.table({"article": [ARTICLE] * 2, "sentence": [SAID, "A storm sank twelve ships."], "consistent": [True, False]})
    found = evaluated("faithfulness", table, tmp_path, capsys)
    assert (found["rows"], found["balanced_accuracy"], found["auc"]) == (2, 1.0, 1.0)


def test_a_file_without_the_columns_is_unusable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pq.write_table(pa.table({"text": ["a"]}), tmp_path / "other.parquet")
    assert main(["evaluate", "summaries", str(tmp_path / "other.parquet"), "--json"]) == 2
    assert capsys.readouterr().out == ""

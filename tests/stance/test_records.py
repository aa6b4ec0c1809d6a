"""Any file with the columns works; a row that can't be scored is named, with what would mend it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.cli import main
from tasks.errors import Unusable
from tasks.stance.records import directed_records, target_records

GOOD: dict[str, list[Any]] = {"text": ["I love the dam.", "I hate the dam."], "target": ["dam", "dam"], "label": ["favor", "against"]}
PAIRS: dict[str, list[Any]] = {"text": ["[A] praised [B].", "[A] met [B]."], "p": ["A", "A"], "q": ["B", "B"], "label": [1, 0]}


@pytest.mark.parametrize(
    ("more", "holder", "start"),
    [
        ({}, [None, None], [None, None]),
        ({"holder": ["Ann", ""], "extra": [1, 2]}, ["Ann", None], [None, None]),
        ({"holder": [None, " Bob "], "start": [None, 11], "end": [None, 14]}, [None, "Bob"], [None, 11]),
        ({"start": [float("nan"), 11.0], "end": [float("nan"), 14.0]}, [None, None], [None, 11]),
        ({"start": ["", "11"], "end": ["", "14"]}, [None, None], [None, 11]),
        ({"start": [11, 11], "end": [None, 14]}, [None, None], [None, 11]),
    ],
)
def test_optional_columns_may_lack_be_empty_or_be_text(more: Mapping[str, Any], holder: list[Any], start: list[Any]) -> None:
    found = target_records(pa.table({**more, **dict(reversed(GOOD.items()))}))
    assert [row["holder"] for row in found] == holder
    assert [row["start"] for row in found] == start


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"label": ["pro", "against"]}, "row 1: label: have 'pro'; want favor, against, neutral, none"),
        ({"label": ["favor", None]}, "row 2: label: have None"),
        ({"text": ["x", None]}, "row 2: text: have None"),
        ({"target": [None, "x"]}, "row 1: target: have None"),
        ({"start": [50, 0], "end": [60, 1]}, "row 1: span 50-60 is empty or outside the text of 15 characters"),
        ({"start": ["a", "0"], "end": ["3", "1"]}, "row 1: start: have 'a'; want a whole number"),
    ],
)
def test_rows_that_cannot_be_scored_are_named(change: Mapping[str, Any], told: str) -> None:
    with pytest.raises(Unusable) as caught:
        target_records(pa.table({**GOOD, **change}))
    assert told in str(caught.value)


def test_many_faults_are_counted() -> None:
    with pytest.raises(Unusable, match="and 15 rows more"):
        target_records(pa.table({"text": ["x"] * 20, "target": ["y"] * 20, "label": ["pro"] * 20}))


@pytest.mark.parametrize("labels", [[1, 0], [1.0, 0.0], ["1", "0"], ["1.0", "0"]])
def test_directed_labels_are_numbers_however_written(labels: list[Any]) -> None:
    assert [row["label"] for row in directed_records(pa.table({**PAIRS, "label": labels}))] == [1, 0]


@pytest.mark.parametrize("label", [7, None, -1])
def test_directed_labels_out_of_range_are_named(label: int | None) -> None:
    with pytest.raises(Unusable, match="row 1: label"):
        directed_records(pa.table({**PAIRS, "label": pa.array([label, 0])}))


@pytest.mark.parametrize(
    ("what", "columns", "keys"),
    [
        ("stance", {**GOOD, "holder": [None, ""]}, {"macro_f1", "per_class", "ece", "coverage", "pairs_per_second"}),
        ("directed", PAIRS, {"macro_f1", "macro_f1_directions", "per_class", "ece", "coverage", "pairs_per_second"}),
        (
            "quotes",
            {"brat": ["", None], "text": ['"We go now," Ada Lund said.', None], "article": ["a", "b"]},
            {"content_overlap_f1", "content_strict_f1", "direct_strict_f1", "speaker_accuracy"},
        ),
    ],
)
def test_the_command_prints_one_object_with_its_keys(
    what: str, columns: Mapping[str, Any], keys: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "labelled.parquet"
    pq.write_table(pa.table(dict(columns)), file)
    assert main(["evaluate", what, str(file), "--json"]) == 0
    printed = capsys.readouterr().out
    found = json.loads(printed)
    assert printed.count("\n") == 1
    assert found.keys() >= keys | {"rows", "seconds", "model"}
    if what != "quotes":
        assert found["coverage"][0].keys() == {"threshold", "coverage", "macro_f1"}


def test_the_command_refuses_a_bad_file_with_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "labelled.csv"
    file.write_text("text,target,label\nI love it,it,pro\n", encoding="utf-8")
    assert main(["evaluate", "stance", str(file), "--json"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "'pro'" in told.err

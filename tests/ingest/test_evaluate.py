"""The measuring commands on archives that we make in the two public layouts."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.errors import Unusable
from tasks.ingest.evaluate import body_scores, evaluate_datelines, evaluate_extraction

LEDE = "The harbour of Eastmouth will stay closed until the storm has passed, the port authority said on Thursday."
SECOND = "Three ferries were turned back overnight and about nine hundred passengers slept in a school gym in the old town."
PAGE = f"""<html><head><title>Harbour Stays Closed</title><meta property="article:published_time" content="2026-11-19T10:00:00Z"></head>
<body><article><h1>Harbour Stays Closed</h1><p>{LEDE}</p><p>{SECOND}</p></article></body></html>"""


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, raw in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            tar.addfile(info, io.BytesIO(raw))
    return path


def test_benchmark_layout(tmp_path: Path) -> None:
    truth = {"a1": {"articleBody": f"{LEDE}\n{SECOND}", "url": "https://coast.example/a"}}
    members = {"b/ground-truth.json": json.dumps(truth).encode(), "b/html/a1.html.gz": gzip.compress(PAGE.encode())}
    scores = evaluate_extraction(archive(tmp_path / "b.tar.gz", members))
    assert scores["rows"] == 1
    assert scores["body_f1"] > 0.9
    assert scores["title"] is None


def test_fundus_layout(tmp_path: Path) -> None:
    gold = {
        "title": "Harbour stays closed",
        "publishing_date": "2026-11-19 10:00:00+00:00",
        "body": {"summary": [], "sections": [{"headline": [], "paragraphs": [LEDE, SECOND]}]},
    }
    other = {**gold, "title": "Another title", "publishing_date": "2025-01-01 10:00:00"}
    members = {
        "uk/Coast.json": json.dumps({"V1": gold, "V2": other}).encode(),
        "uk/Coast_2026_11_19.html.gz": gzip.compress(PAGE.encode()),
        "uk/Coast_2026_11_20.html.gz": gzip.compress(PAGE.encode()),
        "uk/meta.info": json.dumps(
            {"Coast_2026_11_19.html.gz": {"url": "https://c.example/a", "crawl_date": "2026-11-19 12:00:00"}}
        ).encode(),
    }
    scores = evaluate_extraction(archive(tmp_path / "f.tar.gz", members), "en")
    assert (scores["rows"], scores["title"], scores["date"]) == (2, 0.5, 0.5)
    assert set(scores) >= {"rows", "seconds", "model", "body_f1", "title", "date"}


def test_scores_are_of_shingles() -> None:
    assert body_scores([("a b c d e", "a b c d e")]) == (1.0, 1.0, 1.0)
    assert body_scores([("a b c d", "x y z w")]) == (0.0, 0.0, 0.0)
    precision, recall, _ = body_scores([("a b c d e", "a b c d e f g")])
    assert (precision, recall) == (0.5, 1.0)


def test_datelines(tmp_path: Path) -> None:
    rows = [
        {"dateline": "    EASTMOUTH, March 3 - ", "body": "The ferry left."},
        {"dateline": "    Somewhere without a sign ", "body": "The ferry left."},
        {"dateline": "", "body": "NORTHPORT (AP) - The ferry left."},
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "d.parquet")
    scores = evaluate_datelines(tmp_path / "d.parquet")
    assert (scores["rows"], scores["exact"], scores["false"]) == (3, 0.5, pytest.approx(1 / 3))


def test_other_files_are_unusable(tmp_path: Path) -> None:
    (tmp_path / "x.tar.gz").write_bytes(b"no tar")
    with pytest.raises(Unusable, match="tar"):
        evaluate_extraction(tmp_path / "x.tar.gz")
    with pytest.raises(Unusable, match="labelled pages"):
        evaluate_extraction(archive(tmp_path / "e.tar.gz", {"a.txt": b"x"}))
    with pytest.raises(Unusable, match="columns"):
        evaluate_datelines(tmp_path / "x.tar.gz")

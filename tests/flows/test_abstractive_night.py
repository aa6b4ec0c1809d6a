"""A whole night whose summaries a real generator writes: the configuration names its folder."""

from __future__ import annotations

import datetime as dt
import random
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows import checks
from tasks.errors import Unusable
from tests.flows.conftest import ran, run
from tests.summarize.coast_news import CANARIES, ORDERS, report
from tests.summarize.conftest import WRITERS

NIGHT = dt.date(2026, 3, 2)
CONFIG = """
name = "coast"

[night]
root = ".."
shards = 2

[summaries.generator]
kind = "instruct"
name = "folder:{folder}"

[[sources]]
name = "coast"
kind = "folder"
path = "news/{{date}}"
outlet = "coast"
language = "en"

[[targets]]
id = "pier"
name = "the pier"
"""


@pytest.fixture
def coast(tmp_path: Path) -> Path:
    """A desk with its own copy of the instruct writer, six articles and two more with orders in them."""
    folder = shutil.copytree(WRITERS / "instruct", tmp_path / "writer")
    config = tmp_path / "configs" / "coast.toml"
    news = config.parent / "news" / str(NIGHT)
    news.mkdir(parents=True)
    config.write_text(CONFIG.format(folder=folder))
    drawn = random.Random(21)
    for number in range(8):
        lines = [*report(drawn, 3, 5).lines]
        if number >= 6:
            lines.insert(2, ORDERS[number].format(canary=CANARIES[0]))
        (news / f"{number}.txt").write_text(f"News of the coast, part {number}\n\n" + "\n\n".join(lines) + "\n")
    return config


def test_a_night_with_a_generator(coast: Path) -> None:
    published = run(coast, NIGHT)
    rows = pq.read_table(coast.parents[1] / "published" / "summaries").to_pylist()
    texts = {r["article_id"]: r for r in pq.read_table(coast.parents[1] / "published" / "articles").to_pylist()}
    assert len(rows) >= 6
    assert sum(row["kind"] == "abstractive" for row in rows) >= 3
    assert {row["status"] for row in rows} <= {"ok", "fallback_extractive"}
    assert not any(canary in row["text"] for row in rows for canary in CANARIES)
    for row in rows:
        for backing in row["support"]:
            assert texts[row["article_id"]]["text"][backing["start"] : backing["end"]]
    assert any("suspected_injection" in row["flags"] for row in rows)
    assert checks.verify(coast.parents[1] / "published") == []
    assert all(row["model"].endswith("/writer") for row in rows if row["kind"] == "abstractive")
    assert published.run["status"] == "published"
    assert ran(run(coast, NIGHT)) == {}


def test_a_generator_that_is_not_what_it_was_stops_the_night_before_it_begins(coast: Path) -> None:
    weights = coast.parents[1] / "writer" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x00")
    with pytest.raises(Unusable, match=r"model\.safetensors: sha256"):
        run(coast, NIGHT)
    assert not (coast.parents[1] / "published").exists()

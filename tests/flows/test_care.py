"""Pruning loses nothing that is published; what is forgotten is gone from every file and stays gone."""

from __future__ import annotations

import datetime as dt
import html
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows import annotate, backfill, care, checks, manifest, status
from flows.desk import Desk
from flows.runners import Inline
from flows.store import Store, write_table
from flows.wanted import Wanted
from tasks.tables import LABELLED
from tests.flows.conftest import NIGHT, run

NOW = dt.datetime(2026, 3, 5, 8, tzinfo=dt.UTC)


@pytest.fixture
def config(second_night: Path, tmp_path: Path) -> Path:
    shutil.copytree(second_night, tmp_path / "desk", symlinks=True)
    return tmp_path / "desk" / "configs" / "demo.toml"


def revise(config: Path, line: str) -> None:
    path = config.parent / "demo" / "news" / str(NIGHT) / "kostrel-today" / "dam.txt"
    path.write_text(path.read_text() + f"\n\n{line}\n")
    run(config)


def test_prune_keeps_what_is_published_and_what_tonight_needs(config: Path) -> None:
    for line in ("One more line about the dam.", "And another line about the dam, a day later."):
        revise(config, line)
    desk = Desk.open(config)
    before = {row.date: row.state for row in status.matrix(desk, NIGHT, NIGHT)}
    published = {path: path.read_bytes() for path in desk.places.published.rglob("*.parquet")}
    assert len(care.generations(desk.places)) == 4
    removed, files = care.prune(desk, 1, NOW)
    assert removed == 3
    assert files > 0
    assert {path: path.read_bytes() for path in desk.places.published.rglob("*.parquet")} == published
    assert checks.verify(desk.places.published) == []
    assert {row.date: row.state for row in status.matrix(desk, NIGHT, NIGHT)} == before == {NIGHT: "fresh"}
    assert care.prune(desk, 1, NOW) == (0, 0)


def test_a_forgotten_article_is_in_no_file_and_stays_gone(config: Path) -> None:
    desk = Desk.open(config)
    store = Store(desk.places.root / "state" / "store")
    night = manifest.read(desk.places.published, NIGHT)
    assert night is not None
    articles = [row for ref in night.tables["articles"] for row in store.get(ref).to_pylist()]
    gone = next(row for row in articles if row["uri"].endswith("dam.txt"))
    words = gone["text"].split("\n")[-1][:60]
    label_of(desk, gone["article_id"])
    assert [path for path in everything(desk) if words in held(path)]
    assert care.forget(desk, gone["article_id"], NOW)
    assert checks.verify(desk.places.published) == []
    assert_gone(desk, gone["article_id"], words)
    folder = config.parent / "demo" / "news" / str(NIGHT) / "kostrel-today"
    (folder / "late.txt").write_text("A late line\n\n" + "The folder has changed, so that its source is fetched anew. " * 8)
    assert status.of(desk, NIGHT).state == "stale"
    run(config)
    again = manifest.read(desk.places.published, NIGHT)
    assert again is not None
    ids = {row["article_id"] for ref in again.tables["articles"] for row in store.get(ref).to_pylist()}
    assert len(ids) == len(articles)
    assert gone["article_id"] not in ids
    again_all = Wanted(first=NIGHT, last=NIGHT + dt.timedelta(days=1), only="all", stage="extract")
    assert backfill.drive(desk, again_all, lambda one: one.execute(Inline(2)), lambda: False).failed == {}
    assert_gone(desk, gone["article_id"], words)


def everything(desk: Desk) -> list[Path]:
    """Every file of ours: all below the root but the sources' own folder."""
    return [
        path for path in desk.places.root.rglob("*") if path.is_file() and "configs" not in path.relative_to(desk.places.root).parts
    ]


def held(path: Path) -> str:
    """All that is in a file: its bytes, and the rows of a compressed one."""
    rows = repr(pq.read_table(path).to_pylist()) if path.suffix == ".parquet" else ""
    return html.unescape(path.read_bytes().decode("utf-8", "replace")) + rows


def assert_gone(desk: Desk, article_id: str, words: str) -> None:
    files = everything(desk)
    assert len(files) > 100
    assert [path for path in files if words in held(path)] == []
    assert [path.name for path in files if article_id in held(path)] == ["tombstones.json"]


def label_of(desk: Desk, article_id: str) -> None:
    row = {**dict.fromkeys(LABELLED.schema.names, ""), "item_id": "i", "coder": "c", "article_id": article_id, "note": "by hand"}
    row |= {"label": "favor", "holder_level": "author"}
    annotate.path(desk.places).parent.mkdir()
    write_table(LABELLED.rows([row]), annotate.path(desk.places))

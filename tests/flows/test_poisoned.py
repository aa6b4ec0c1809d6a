"""A night with every poisoned document we could think of: each is set aside with its reason, the others' rows are as without them."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pytest

from flows import checks
from flows.desk import Desk
from flows.run import Run
from flows.runners import Inline
from tasks.errors import REASONS, Abort
from tests.flows import corpus, desks, news
from tests.flows.conftest import NIGHT, run

TABLES = ("articles", "copies", "stories", "summaries", "quotes", "stances")
GOOD = 8


def desk(folder: Path, limit: float) -> Path:
    config = desks.quick(folder, [], shards=2)
    config.write_text(config.read_text().replace("[night]\n", f"[night]\nreject_limit = {limit}\n"))
    source = config.parent / "news" / str(NIGHT)
    source.mkdir(parents=True)
    for number in range(GOOD):
        path = source / f"good-{number}.txt"
        path.write_text(news.article(number))
        os.utime(path, (1_772_000_000, 1_772_000_000))
    return config


def read(config: Path, table: str) -> list[dict[str, Any]]:
    return ds.dataset(config.parents[1] / "published" / table, format="parquet").to_table().to_pylist()  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = desk(tmp_path_factory.mktemp("clean"), 0.2)
    run(config)
    return config


def test_each_has_its_reason_and_the_others_never_notice(tmp_path: Path, clean: Path) -> None:
    config = desk(tmp_path, 0.9)
    expected = corpus.plant(config.parent / "news" / str(NIGHT))
    assert len(expected) >= 60
    assert {reason for reason in expected.values() if reason} <= set(REASONS)
    run(config)
    rejects = read(config, "rejects")
    found = {name: {row["reason"] for row in rejects if file_of(row["uri"]) == name} for name in expected}
    assert found == {name: {reason} if reason else set() for name, reason in expected.items()}
    articles = {file_of(row["uri"]) for row in read(config, "articles")}
    assert {name for name, reason in expected.items() if not reason} <= articles
    assert all(row["uri"].isprintable() and row["message"].isprintable() for row in rejects)
    good = {row["article_id"] for row in read(clean, "articles")}
    assert len(good) == GOOD
    for table in TABLES:
        ours = sorted((row for row in read(config, table) if row["article_id"] in good), key=repr)
        assert ours == sorted(read(clean, table), key=repr), table
    assert checks.verify(config.parents[1] / "published") == []


def file_of(uri: str) -> str:
    return uri.split("#", maxsplit=1)[0].split("!", maxsplit=1)[0]


def failing(count: int) -> Any:
    """A step's inner function that fails on its first `count` articles, by their ids."""
    seen: set[str] = set()

    def fail(article_id: str) -> None:
        if article_id in seen or len(seen) < count:
            seen.add(article_id)
            raise LookupError("a model that breaks")

    return fail


@pytest.mark.parametrize("stage", ["extract", "quotes"])
def test_more_than_the_limit_publishes_nothing(clean: Path, stage: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """6 of 11 fail where 2 may: the night says so and the old one stays."""
    config = desk(tmp_path, 0.2)
    for number in range(GOOD, 10):
        (config.parent / "news" / str(NIGHT) / f"good-{number}.txt").write_text(news.article(number))
    before = run(config)
    (config.parent / "news" / str(NIGHT) / "late.txt").write_text(news.article(50))
    text = config.read_text()
    config.write_text(
        text.replace("[[targets]]", '[quotes]\nmodel = "rules"\n\n[[targets]]').replace('language = "xx"', 'language = "en"')
    )
    fail = failing(6)
    if stage == "extract":
        module = importlib.import_module("tasks.ingest.extract")
        ours = module.article
        monkeypatch.setattr(module, "article", lambda document, *rest: (fail(document["document_id"]), ours(document, *rest))[1])
    else:
        module = importlib.import_module("tasks.quotes.quotes")
        made = module.rows_of
        monkeypatch.setattr(module, "rows_of", lambda article, found: (fail(article.article_id), made(article, found))[1])
    with pytest.raises(Abort, match=rf"{stage}: 6 of 11 .*set aside \(internal 6\), more than night.reject_limit = 20%"):
        Run(Desk.open(config), NIGHT).execute(Inline(2))
    stands = read(config, "runs")
    assert [row["run_id"] for row in stands] == [before.run["run_id"]]
    assert checks.verify(config.parents[1] / "published") == []

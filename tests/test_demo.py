"""The demo's news is what configs/demo/expected.toml says it is: what tests, the README and a first look at a night rest on."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections import Counter
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from flows.fetch import Night
from tasks.config import interval, load
from tasks.dedup import CLUSTER, SIGN
from tasks.ingest import EXTRACT, REPEATS
from tasks.ingest.documents import table
from tasks.ingest.sources import fetch
from tasks.tables import SIGNATURES, concat, plain

CONFIGS = Path(__file__).resolve().parents[1] / "configs"
CONFIG = load(CONFIGS / "demo.toml")
EXPECTED = tomllib.loads((CONFIGS / "demo" / "expected.toml").read_text(encoding="utf-8"))
NIGHTS = {night["date"]: night for night in EXPECTED["nights"]}
every_night = pytest.mark.parametrize("date", sorted(NIGHTS), ids=str)


@cache
def articles(date: dt.date) -> Any:
    night = Night(date, *interval(date, CONFIG.night.timezone), CONFIG.night.timezone)
    now = partial(dt.datetime.now, dt.UTC)
    documents = table(document for source in CONFIG.sources for document in fetch(source, night, CONFIGS, {}, now))
    return REPEATS.run(EXTRACT.run(documents, EXTRACT.settings(CONFIG)), REPEATS.settings(CONFIG))


def rows(date: dt.date) -> dict[str, dict[str, Any]]:
    return {f"{row['source']}/{row['uri']}": row for row in plain(articles(date)).to_pylist()}


def good(date: dt.date) -> dict[str, dict[str, Any]]:
    return {name: row for name, row in rows(date).items() if row["reject"] is None}


@cache
def signatures(date: dt.date) -> Any:
    settings = SIGN.settings(CONFIG)
    if "run_date" in type(settings).model_fields:
        settings = settings.model_copy(update={"run_date": date})
    return SIGN.run(articles(date), settings)


@cache
def clusters(date: dt.date) -> tuple[Any, Any, Any]:
    """COPIES, STORIES and signed SIGNATURES of a night that knows the nights before it."""
    settings = CLUSTER.settings(CONFIG)
    if "run_date" in type(settings).model_fields:
        settings = settings.model_copy(update={"run_date": date})
    history = concat([clusters(day)[2] for day in NIGHTS if day < date], SIGNATURES)
    copies, stories, signed = CLUSTER.run(signatures(date), history, settings)
    return copies, stories, signed


def stories(date: dt.date) -> dict[str, str]:
    """Document -> story."""
    names = {row["article_id"]: name for name, row in rows(date).items()}
    return {names[row["article_id"]]: row["story_id"] for row in plain(clusters(date)[1]).to_pylist()}


@every_night
def test_articles_by_source_and_language(date: dt.date) -> None:
    found = good(date).values()
    assert Counter(row["source"] for row in found) == NIGHTS[date]["articles"]
    assert Counter(row["language"] for row in found) == NIGHTS[date]["languages"]
    assert {row["outlet"] for row in found} == {outlet.id for outlet in CONFIG.outlets}


@every_night
def test_what_is_broken_and_why(date: dt.date) -> None:
    assert {name: row["reject"] for name, row in rows(date).items() if row["reject"]} == NIGHTS[date]["rejects"]


def test_size_and_shapes() -> None:
    found = {(date, name): row for date in NIGHTS for name, row in good(date).items()}
    assert len(found) >= 48
    assert sum(len(night["rejects"]) for night in NIGHTS.values()) == 6
    shapes = Counter(name.split("#")[0].rsplit(".", 1)[-1] for _, name in found)
    assert shapes == {"html": 27, "jsonl": 18, "txt": 10}
    assert all(row["title"] for row in found.values())
    assert all(45 <= len(row["text"].split()) <= 600 for row in found.values())


def test_the_world_is_made_up() -> None:
    addresses = [row["url"] for date in NIGHTS for row in good(date).values() if row["url"]]
    assert len(addresses) > 40
    assert all(address.split("/")[2].endswith(".example") for address in addresses)


@every_night
def test_copies_are_found(date: dt.date) -> None:
    story = stories(date)
    for kind in ("copies", "revisions"):
        for member, first in NIGHTS[date][kind].items():
            assert story[member] == story[first], f"{member} is not in the story of {first}"
    assert len(set(story.values())) == len(story) - len(NIGHTS[date]["copies"]) - len(NIGHTS[date]["revisions"])


def test_an_article_that_changed_overnight_stays_in_its_story() -> None:
    before, after = sorted(NIGHTS)[1:3]
    changed = EXPECTED["changed"]
    assert rows(before)[changed["before"]]["url"] == rows(after)[changed["document"]]["url"]
    assert stories(before)[changed["before"]] == stories(after)[changed["document"]]


@every_night
def test_glued_teasers_are_marked_as_repeats(date: dt.date) -> None:
    repeated = {name for name, row in good(date).items() if any(p["copy_of"] is not None for p in row["paragraphs"])}
    assert set(NIGHTS[date]["glued"]) <= repeated


def test_datelines_titles_and_insertions_are_there() -> None:
    found = [row for date in NIGHTS for row in good(date).values()]
    assert len({(row["dateline_place"], row["dateline_agency"]) for row in found if row["dateline_place"]}) >= 8
    everything = "\n".join(row["text"] for row in found)
    assert all(title in everything for title in EXPECTED["titles"]["names"])
    assert everything.count("[") >= 6
    assert all(mark in everything for mark in '"“„»')


@pytest.mark.parametrize("target", CONFIG.targets, ids=lambda target: target.id)
def test_targets_are_talked_about_in_both_languages(target: Any) -> None:
    for language in ("en", "de"):
        texts = [row["text"].casefold() for date in NIGHTS for row in good(date).values() if row["language"] == language]
        named = sum(any(alias.casefold() in text for alias in (target.name, *target.aliases)) for text in texts)
        assert named >= 3, f"{target.id} is named in {named} {language} articles"
    assert target.favor
    assert target.against

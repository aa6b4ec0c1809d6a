"""A wire story with every trap of its kind, from its text to its stances: teasers glued together, a dateline, bracket insertions, a
source within a source, a conference title in quotation marks, hopes, and a `he` that follows two others.

Where people are of several minds, all of theirs are allowed: of whom something is hoped, nothing but `favor` is wrong.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tasks.config import parse
from tasks.ingest import EXTRACT, REPEATS
from tasks.ingest.documents import found, table
from tasks.quotes import QUOTES
from tasks.stance import STANCES
from tasks.tables import CANONICAL, plain

HOPES = (
    "Norland hopes that the Sandorian government will take the Ostby talks seriously and use the chance to settle the fishing dispute "
    "peacefully, Norlandish Deputy Trade Minister Anton Berg said on Friday."
)
READY = (
    "On Wednesday, Norlandish Foreign Minister Paul Stern said that the Norlandish delegation is ready to present the Sandorian side "
    "with a draft agreement during the second round of talks in Ostby on June 2. At the same time, the Chancellery said that Norland "
    "has not yet received a reply from Sandoria to its proposal to hold talks in Ostby on Monday."
)
WANTS = (
    '"Norland is interested in a quick settlement of the dispute in Sandoria. This was confirmed again by [Norlandish] President '
    '[Viktor] Holm, who on May 10 put forward an initiative to resume direct talks with Sandport, broken off in the spring of 2022," '
    'Berg said at the 10th International Conference "Norland and the Isles: Trade in a New Age."'
)
NOTED = (
    'He noted that "the meeting of envoys of Norland and Sandoria held in Ostby allowed them to agree on a number of practical steps."'
)
AGAIN = '"We hope that Sandport will take these negotiations seriously this time and use the chance to settle the dispute," Berg noted.'
TITLE = "Norland Hopes Sandoria to Take Ostby Talks Seriously - Trade Ministry"
STORY = "\n".join([TITLE, HOPES, f"{READY} {NOTED}", f"HOLMSTAD (Nordpress) - {HOPES}", READY, WANTS, NOTED, AGAIN])
DESK = """
name = "desk"
[[sources]]
name = "wire"
kind = "folder"
path = "."
[[targets]]
id = "talks"
name = "Ostby peace talks"
type = "event"
aliases = ["Ostby talks", "talks in Ostby", "direct talks", "these negotiations", "meeting of envoys"]
[[targets]]
id = "sandoria"
name = "Sandoria"
type = "entity"
aliases = ["Sandport", "Sandorian government", "Sandorian side"]
"""
ATTRIBUTIONS = {
    "hopes": ("indirect", "Anton Berg", ["Anton Berg"], "Norland hopes that"),
    "ready": ("indirect", "Paul Stern", ["Paul Stern"], "the Norlandish delegation is ready"),
    "reply": ("indirect", "Chancellery", ["Chancellery"], "Norland has not yet"),
    "wants": ("direct", "Anton Berg", ["Anton Berg"], "Norland is interested"),
    "initiative": ("indirect", "Viktor Holm", ["Anton Berg", "Viktor Holm"], "to resume direct talks"),
    "noted": ("mixed", "Anton Berg", ["Anton Berg"], "the meeting of envoys"),
    "again": ("direct", "Anton Berg", ["Anton Berg"], "We hope that Sandport"),
}
GOLD = {
    ("hopes", "talks"): "favor",
    ("ready", "talks"): "favor",
    ("reply", "talks"): "neutral",
    ("wants", "talks"): "favor",
    ("initiative", "talks"): "favor",
    ("noted", "talks"): "favor",
    ("again", "talks"): "favor",
    ("author", "talks"): "none",
    ("hopes", "sandoria"): "unclear|against|neutral|none",
    ("ready", "sandoria"): "none",
    ("reply", "sandoria"): "neutral|unclear",
    ("wants", "sandoria"): "none",
    ("initiative", "sandoria"): "none",
    ("noted", "sandoria"): "none",
    ("again", "sandoria"): "unclear|against|neutral|none",
    ("author", "sandoria"): "none",
}
MISSED_BY_THE_MODEL = {("noted", "sandoria")}
"""Cells that rest on the weights alone and are wrong with those that ship: a better model takes them off this list."""


@pytest.fixture(scope="module")
def night() -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    desk = parse(DESK, "desk.toml")
    document = found("wire", "story.txt", STORY.encode(), dt.datetime(2025, 5, 31, tzinfo=dt.UTC), "text/plain")
    articles = REPEATS.run(EXTRACT.run(table([document]), EXTRACT.settings(desk)), REPEATS.settings(desk))
    quotes = QUOTES.run(articles, desk.quotes)[0]
    canonical = CANONICAL.rows([{name: row[name] for name in CANONICAL.schema.names} for row in plain(articles).to_pylist()])
    stances = STANCES.run(canonical, quotes, STANCES.settings(desk))[0]
    return plain(articles).to_pylist()[0], quotes.to_pylist(), plain(stances).to_pylist()


def test_repeats_dateline_and_date(night: Any) -> None:
    article, _, _ = night
    assert (article["dateline_place"], article["dateline_agency"]) == ("HOLMSTAD", "Nordpress")
    assert (article["published_at"].date(), article["published_precision"]) == (dt.date(2025, 5, 30), "inferred")
    assert sum(part["copy_of"] is not None for part in article["paragraphs"]) == 3


def test_every_attribution_and_nothing_else(night: Any) -> None:
    _, quotes, _ = night
    have = [(row["kind"], row["speaker"], row["chain"], row["words"]) for row in quotes]
    assert len(have) == len(ATTRIBUTIONS), have
    for got, want in zip(have, ATTRIBUTIONS.values(), strict=True):
        assert got[:3] == want[:3]
        assert got[3].startswith(want[3])
    assert quotes[3]["words"].startswith(
        "Norland is interested in a quick settlement of the dispute in Sandoria. This was confirmed again by"
    )
    assert len(quotes[3]["insertions"]) == 2
    assert quotes[5]["speaker_method"] == "pronoun"


def _marked(cell: tuple[str, str]) -> Any:
    marks = [pytest.mark.xfail(strict=True, reason="the weights")] if cell in MISSED_BY_THE_MODEL else []
    return pytest.param(cell, marks=marks, id="-".join(cell))


@pytest.mark.parametrize("cell", map(_marked, GOLD))
def test_gold(night: Any, cell: tuple[str, str]) -> None:
    _, quotes, stances = night
    ids = dict(zip(ATTRIBUTIONS, (row["quote_id"] for row in quotes), strict=True)) | {"author": ""}
    (row,) = [row for row in stances if row["quote_id"] == ids[cell[0]] and row["target_id"] == cell[1]]
    assert row["label"] in GOLD[cell].split("|"), {name: round(value, 2) for name, value in row.items() if name.startswith("p_")}

"""ROUNDUP: what other outlets add to the canonical article."""

from typing import Any

from tasks.config import SummarySettings
from tasks.summarize import ROUNDUP, SUMMARIZE
from tasks.tables import ROUNDUPS, STORIES
from tests.summarize.written_articles import HARBOUR, article, articles

SETTINGS = SummarySettings()
NEW = "Fishing crews will be moved to the northern basin before the winter storms."


def member(article_id: str, canonical_id: str, new_spans: list[dict[str, int]]) -> dict[str, Any]:
    row = dict.fromkeys(STORIES.schema.names)
    own = article_id == canonical_id
    return row | {
        "story_id": "s1",
        "article_id": article_id,
        "canonical_id": canonical_id,
        "is_canonical": own,
        "new_spans": new_spans,
        "copied_share": 1.0 if own else 0.8,
    }


def night(*others: dict[str, Any], canonical: str = "a") -> list[dict[str, Any]]:
    home = article("a", HARBOUR, outlet="tidewire")
    table = articles(home, *others)
    spans = {row["article_id"]: [{"start": p["start"], "end": p["end"]} for p in row["paragraphs"][len(HARBOUR) :]] for row in others}
    stories = STORIES.rows([member(i, canonical, spans.get(i, [])) for i in ["a", *spans]])
    summaries = SUMMARIZE.run(articles(home), SETTINGS)[0]
    made = ROUNDUP.run(table, stories, summaries, SETTINGS)
    assert made.schema == ROUNDUPS.schema
    return made.to_pylist()


def test_what_another_outlet_adds_is_told_with_its_name_and_span() -> None:
    other = article("b", [*HARBOUR, ("body", NEW)], outlet="coast-post")
    (row,) = night(other)
    (addition,) = row["additions"]
    assert row["outlets"] == ["coast-post", "tidewire"]
    assert other["text"][addition["start"] : addition["end"]] == addition["text"] == NEW
    summary, added = row["text"].split("\n")
    assert summary.startswith("The harbour board voted")
    assert added == f"coast-post: {NEW}"


def test_what_two_outlets_add_is_told_once() -> None:
    others = [article(i, [*HARBOUR, ("body", NEW)], outlet=f"outlet-{i}") for i in "bc"]
    (row,) = night(*others)
    assert [a["article_id"] for a in row["additions"]] == ["b"]


def test_what_the_canonical_article_says_in_other_words_is_no_addition() -> None:
    other = article(
        "b", [*HARBOUR, ("body", "On Tuesday the harbour board voted to shut the old ferry pier for two years.")], outlet="post"
    )
    (row,) = night(other)
    assert row["additions"] == []


def test_a_story_of_one_outlet_has_no_roundup() -> None:
    assert night() == []
    assert night(article("b", [*HARBOUR, ("body", NEW)], outlet="tidewire")) == []


def test_a_canonical_article_of_an_earlier_night_leaves_the_additions() -> None:
    (row,) = night(article("b", [*HARBOUR, ("body", NEW)], outlet="coast-post"), canonical="older")
    assert row["canonical_id"] == "older"
    assert row["text"] == f"coast-post: {NEW}"


def test_nothing_is_nothing() -> None:
    empty = ROUNDUP.run(articles(), STORIES.empty(), SUMMARIZE.run(articles(), SETTINGS)[0], SETTINGS)
    assert empty.num_rows == 0

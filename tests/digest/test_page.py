"""What the morning page says of a small night, and what it keeps apart."""

from __future__ import annotations

import datetime as dt
import random
import re

import pyarrow as pa
import pytest
from lxml import etree
from lxml import html as lxml_html

from tasks.digest import DIGEST
from tasks.digest.chart import chart
from tasks.digest.night import Night
from tasks.digest.sides import sides
from tasks.digest.top import flows, ranked, stories
from tasks.tables import ARTICLES, COPIES, QUOTES, STANCES, STORIES, VOICES
from tests.digest.nights import VIEW, article, quote, render, rows, stance, tables

MORNING = dt.datetime(2026, 3, 2, 5, 30, tzinfo=dt.UTC)


def text_of(page: str) -> str:
    tree = lxml_html.document_fromstring(page.encode())
    for style in tree.iter("style"):
        style.text = ""
    return re.sub(r"\s+", " ", tree.text_content())


def test_an_empty_night_has_a_page() -> None:
    page, markdown = render({spec.name: spec.empty() for spec in DIGEST.reads})
    said = text_of(page)
    assert "Monday, 2 March 2026" in said
    assert "No story tonight." in said
    assert "Nobody was heard taking a side." in said
    assert "Not heard from tonight: The Gazette, The Organ, The Quiet Post." in said
    assert "No story tonight." in markdown


def test_rows_in_any_order_give_the_same_bytes() -> None:
    night = tables()
    first = render(night)
    mixed = random.Random(7)
    for _ in range(3):
        order = {name: mixed.sample(range(table.num_rows), table.num_rows) for name, table in night.items()}
        assert render({name: table.take(pa.array(order[name], pa.int64())) for name, table in night.items()}) == first


def test_numbers_count_documents_once() -> None:
    said = text_of(render(tables())[0])
    for name, value in (("documents read", 4), ("set aside", 1), ("articles", 3), ("stories", 2), ("quotes", 3)):
        assert re.search(rf"{name} ?{value}\b", said), name


def test_state_controlled_outlets_are_marked_with_the_basis() -> None:
    page, markdown = render(tables())
    tree = lxml_html.document_fromstring(page.encode())
    marks = tree.xpath("//a[@class='tag state']")
    assert marks
    assert {mark.get("title") for mark in marks} == {"owned by the ministry"}
    assert "owned by the ministry" in text_of(page)
    assert "The Organ (state-controlled)" in markdown


def test_every_claim_has_somebody_who_makes_it() -> None:
    page, _ = render(tables(words="The mayor is a thief"))
    tree = lxml_html.document_fromstring(page.encode())
    claims = tree.xpath("//main//p/*[self::q or self::span][@lang]")
    assert len(claims) == 5  # a summary, an addition, two speakers, an article in its own voice
    for claim in claims:
        before = "".join(claim.getparent().itertext())
        assert re.match(r"(The Gazette writes|The Organ, state-controlled, adds|said|wrote): The mayor is a thief", before.strip()), (
            before
        )
    for headline in tree.xpath("//article/h3"):
        assert headline.getprevious().text_content().startswith(("The Gazette", "z The mayor"))


def test_speaker_author_and_outlet_are_kept_apart() -> None:
    (side,) = sides(_night(tables()))
    assert [(h.name, h.label) for h in side.holders] == [("Ada Brook", "favor"), ("Ben Ada Brook", "against")]
    assert side.open == ("Cy Ada Brook",)
    assert [v.label for v in side.voices] == ["against"]
    assert [(o.id, label) for o, label, _, _ in side.outlets] == [("organ", "against")]
    assert side.holders[1].state_only
    assert not side.holders[0].state_only


def test_a_speaker_heard_on_both_sides_is_mixed_and_unclear_counts_for_nothing() -> None:
    night = tables()
    night["quotes"] = rows(
        QUOTES, *[quote(f"q{n}", "a1", "Dee", f"words {n}") for n in range(4)], quote("q9", "a1", "Dee", "again", repeat_of="q0")
    )
    night["stances"] = rows(
        STANCES,
        stance("a1", "favor", "q0", holder="Dee"),
        stance("a1", "unclear", "q1", holder="Dee"),
        stance("a1", "favor", "q9", holder="Dee"),
    )
    (side,) = sides(_night(night))
    assert [(h.label, h.quotes, h.labels) for h in side.holders] == [("favor", 2, "1 favor, 1 unclear")]
    night["stances"] = rows(STANCES, stance("a1", "favor", "q0", holder="Dee"), stance("a1", "against", "q2", holder="Dee"))
    (side,) = sides(_night(night))
    assert side.holders[0].label == "mixed"
    assert side.holders[0].low < 0 < side.holders[0].high


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        ("direct", '"We came," "we saw."', "We came, … we saw."),
        ("direct", "“We came,”", "We came"),
        ("direct", "„Wir kamen“", "Wir kamen"),
        ("mixed", 'that "we saw"', 'that "we saw"'),
        ("indirect", "that they came", "that they came"),
    ],
)
def test_quotes_are_shown_as_they_stood(kind: str, text: str, shown: str) -> None:
    night = tables()
    night["quotes"] = rows(QUOTES, quote("q1", "a1", "Ada Brook", text, kind=kind))
    night["stances"] = rows(STANCES, stance("a1", "favor", "q1", holder="Ada Brook"))
    (side,) = sides(_night(night))
    assert side.holders[0].said.text == shown
    assert ("not word for word" in text_of(render(night)[0])) == (kind == "indirect")


@pytest.mark.parametrize(
    ("kind", "parts", "shown"),
    [
        ("indirect", ["the treaty", "to be signed"], "the treaty … to be signed"),
        ("indirect", ["the treaty", "+is", "+to be signed"], "the treaty is to be signed"),
        ("indirect", ["The", "the duty to warn"], "the duty to warn"),
        ("mixed", ['that it "rusts"', "the"], 'that it "rusts"'),
        ("indirect", ["the"], "the"),
        ("direct", ['"It rusts,"', '"and it sinks."'], "It rusts, … and it sinks."),
    ],
)
def test_a_statement_that_is_interrupted_shows_it(kind: str, parts: list[str], shown: str) -> None:
    """Parts that begin with `+` follow the one before."""
    content: list[dict[str, int]] = []
    for part in parts:
        start = content[-1]["end"] + (1 if part[0] == "+" else 40) if content else 7
        content.append({"start": start, "end": start + len(part.removeprefix("+"))})
    text = " ".join(part.removeprefix("+") for part in parts)
    night = tables() | {"quotes": rows(QUOTES, quote("q1", "a1", "Ada Brook", text, kind=kind, content=content))}
    night["stances"] = rows(STANCES, stance("a1", "favor", "q1", holder="Ada Brook"))
    (side,) = sides(_night(night))
    assert side.holders[0].said.text == shown


def test_stories_lead_with_the_first_publisher_and_show_the_flow() -> None:
    night = _night(tables())
    order = ranked(night)
    found = stories(night, order)
    assert [(s.first.article_id, [c.told.article_id for c in s.carriers]) for s in found] == [("a1", ["a1", "a2"]), ("a3", ["a3"])]
    assert found[0].carriers[1].relation == "near copy"
    assert flows(night, order) == [("The Gazette", "The Organ", 1)]


def test_a_story_whose_first_article_is_of_an_earlier_night_has_a_page_too() -> None:
    night = {spec.name: spec.empty() for spec in DIGEST.reads}
    night["articles"] = rows(ARTICLES, article("b1", "gazette", "Again"))
    night["stories"] = rows(
        STORIES, {"story_id": "s", "article_id": "b1", "is_canonical": False, "canonical_id": "old", "copied_share": 0.9}
    )
    night["copies"] = rows(COPIES, {"article_id": "b1", "other_id": "old", "relation": "revision"})
    said = text_of(render(night)[0])
    assert "Again" in said


def test_times_are_as_precise_as_they_are_known() -> None:
    night = tables()
    night["articles"] = rows(
        ARTICLES,
        article("a1", "gazette", "exact"),
        article("a2", "organ", "day", published_precision="day"),
        article("a3", "gazette", "eve", published_at=MORNING - dt.timedelta(hours=8)),
    )
    told = {name: _night(night).told(name).when for name in ("a1", "a2", "a3")}
    assert told == {"a1": "06:30", "a2": "2 March", "a3": "1 March, 22:30"}


def test_the_chart_is_accessible_and_deterministic() -> None:
    (side,) = sides(_night(tables()))
    drawn = chart(side, side.holders)
    assert drawn == chart(side, side.holders)
    tree = etree.fromstring(drawn)
    name = {"svg": "http://www.w3.org/2000/svg"}
    ids = tree.get("aria-labelledby").split()
    assert tree.get("role") == "img"
    assert [tree.find("svg:title", name).get("id"), tree.find("svg:desc", name).get("id")] == ids
    assert tree.find("svg:desc", name).text == "Ada Brook: in favour, 1 quote; Ben Ada Brook: against, 1 quote"
    assert len(tree.findall(".//*[@class='mark favor']", name)) == 1
    assert len(tree.findall(".//*[@class='mark against']", name)) == 1
    assert chart(side, ()) == ""


def voice(day: int, holder: str, target: str = "", label: str | None = None) -> dict[str, object]:
    return {"night": dt.date(2026, 2, day), "target_id": target, "holder": holder, "label": label, "quotes": 1}


def test_the_nights_before_tell_who_is_new_and_who_has_moved() -> None:
    night = tables()
    night["voices"] = rows(
        VOICES,
        voice(27, "Ada Brook"),
        voice(27, "Ada Brook", "bridge", "favor"),
        voice(28, "Ada Brook"),
        voice(28, "Ada Brook", "bridge", "against"),
        voice(28, "Ada Brook", "another", "neutral"),
    )
    page, markdown = render(night)
    said = text_of(page)
    assert "Ada Brook on toll bridge: against on 28 February, now in favour" in said
    assert "Not heard in the 2 nights before: Ben Ada Brook" in said
    assert "**Ada Brook** on toll bridge: against on 28 February, now in favour" in markdown


def test_tonights_voices_are_noted_for_later_nights() -> None:
    _, voices = DIGEST.run(*[tables().get(spec.name, VOICES.empty()) for spec in DIGEST.reads], VIEW)
    found = {(r["target_id"], r["holder"]): (r["label"], r["quotes"]) for r in voices.to_pylist()}
    assert found == {
        ("", "Ada Brook"): (None, 1),
        ("", "Ben Ada Brook"): (None, 1),
        ("bridge", "Ada Brook"): ("favor", 1),
        ("bridge", "Ben Ada Brook"): ("against", 1),
        ("bridge", "Cy Ada Brook"): ("unclear", 1),
    }
    assert set(voices["night"].to_pylist()) == {VIEW.run_date}


def test_limits_of_the_settings_hold() -> None:
    view = VIEW.model_copy(update={"digest": VIEW.digest.model_copy(update={"stories": 1, "quotes": 1})})
    page, _ = render(tables(), view)
    tree = lxml_html.document_fromstring(page.encode())
    assert len(tree.xpath("//article[@class='story']")) == 1
    assert "1 more story is in the tables." in text_of(page)
    assert "1 more speakers are in the table." in text_of(page)


def _night(given: dict[str, pa.Table]) -> Night:
    return Night(VIEW, *[given.get(spec.name, VOICES.empty()) for spec in DIGEST.reads])

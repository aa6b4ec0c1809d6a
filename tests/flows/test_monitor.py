"""What is strange about a night, and what a run's page shows of it; nothing from outside is markup there."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from flows import alerts, counts, manifest, pages, query
from flows.counts import Night, Tables
from flows.desk import Desk
from flows.markup import cell, plain
from flows.pages import calendar
from flows.places import Places
from flows.status import SIGN, DateStatus
from tests.flows.conftest import NIGHT

DAY = dt.date(2026, 3, 20)


def night(
    days: int = 0, outlets: Mapping[str, int] | None = None, labels: Mapping[str, int] | None = None, quotes: int = 40, nobody: int = 4
) -> Night:
    return Night(
        DAY - dt.timedelta(days=days),
        {"courier": 10, "hrf": 10} if outlets is None else outlets,
        {"favor": 20, "against": 20, "neutral": 10, "unclear": 5} if labels is None else labels,
        quotes,
        nobody,
    )


EARLIER = [night(days) for days in range(14, 0, -1)]


def kinds(tonight: Night, earlier: list[Night] = EARLIER) -> list[str]:
    return [alert.kind for alert in alerts.beside(tonight, earlier)]


def test_an_ordinary_night_has_no_alert() -> None:
    assert kinds(night()) == []


@pytest.mark.parametrize(
    ("tonight", "kind"),
    [
        (night(outlets={"courier": 5, "hrf": 4}), "volume"),
        (night(outlets={"courier": 20}), "outlet"),
        (night(labels={"favor": 20, "against": 20, "neutral": 10, "unclear": 22}), "abstention"),
        (night(nobody=13), "unattributed"),
        (night(labels={"favor": 45, "against": 2, "neutral": 4, "unclear": 4}), "drift"),
    ],
)
def test_each_strange_night_is_told(tonight: Night, kind: str) -> None:
    assert kinds(tonight) == [kind]


def test_an_outlet_that_came_seldom_may_be_silent() -> None:
    seldom = [night(days, outlets={"courier": 20, "seldom": 1} if days % 3 == 0 else {"courier": 20}) for days in range(14, 0, -1)]
    assert kinds(night(outlets={"courier": 20}), seldom) == []


def test_few_nights_and_few_rows_tell_nothing() -> None:
    assert kinds(night(outlets={}), EARLIER[:2]) == []
    assert kinds(night(labels={"favor": 5, "unclear": 10}, quotes=10, nobody=10)) == []


def test_the_funnel_counts_what_is_published(first_night: Path) -> None:
    desk = Desk.open(first_night / "configs" / "demo.toml")
    published = manifest.read(desk.places.published, NIGHT)
    assert published is not None
    with Tables.of(desk) as asked:
        funnel = {row["what"]: row["rows"] for row in counts.funnel(asked, published)}
        sources = counts.sources(asked, desk, NIGHT)
        rejects = counts.rejects(asked, NIGHT)
        stances = counts.stances(asked, desk, NIGHT)
    assert funnel["articles"] + funnel["set aside before they were articles"] == funnel["documents in"]
    assert 0 < funnel["stories"] <= funnel["articles"]
    assert funnel["canonical articles, which models read"] <= funnel["articles"]
    assert {row["source"] for row in sources} == {source.name for source in desk.config.sources}
    assert sum(row["articles"] for row in sources) == funnel["articles"]
    assert {row["stage"] for row in counts.timings(published)} >= {"fetch", "stances", "digest"}
    assert sum(row["documents"] for row in rejects) >= funnel["set aside before they were articles"]
    assert len(stances) == len(desk.config.targets)


def test_a_strange_night_is_told_as_an_event_in_the_log_and_on_its_page(
    first_night: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk.open(first_night / "configs" / "demo.toml")
    published = manifest.read(desk.places.published, NIGHT)
    assert published is not None
    with Tables.of(desk) as asked:
        (tonight,) = counts.nights(asked, [NIGHT])
    thrice = {name: 3 * count for name, count in tonight.outlets.items()} | {"[gone](http://evil.example)": 3}
    busy = [replace(tonight, date=NIGHT - dt.timedelta(days=days), outlets=thrice) for days in (3, 2, 1)]
    counted = counts.nights
    monkeypatch.setattr(counts, "before", lambda desk, date: [night.date for night in busy])
    monkeypatch.setattr(counts, "nights", lambda asked, days: [*busy, *counted(asked, days[-1:])])
    events: list[tuple[str, dict[str, str], dict[str, str]]] = []
    shown: dict[str, str] = {}
    monkeypatch.setattr(pages, "emit_event", lambda name, resource, payload: events.append((name, resource, payload)))
    monkeypatch.setattr(pages, "create_markdown_artifact", lambda key, markdown, description: shown.update({key: markdown}))
    with Tables.of(desk) as asked, caplog.at_level("WARNING", "nightwire"):
        logging.getLogger("nightwire").propagate = True
        pages.warn(desk, asked, published)
    assert [payload["kind"] for _, _, payload in events] == ["volume", "outlet"]
    assert {name for name, _, _ in events} == {"nightwire.alert"}
    assert events[0][1]["prefect.resource.id"] == f"nightwire.night.demo.{NIGHT}"
    assert all(payload["message"] in caplog.text for _, _, payload in events)
    assert shown["alerts"].startswith("- **volume**: ")
    assert "http://" not in shown["alerts"]


def test_the_digests_link_is_one_and_stands_beside_the_file(first_night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = replace(Desk.open(first_night / "configs" / "demo.toml"), places=Places(tmp_path))
    published = manifest.read(first_night / "published", NIGHT)
    assert published is not None
    shown: list[str] = []
    monkeypatch.setattr(pages, "create_markdown_artifact", lambda key, markdown, description: shown.append(markdown))
    pages.digest(desk, published)
    (tmp_path / "state" / "prefect").mkdir(parents=True)
    (tmp_path / "state" / "prefect" / "digests").write_text("http://127.0.0.1:4201/word\n")
    pages.digest(desk, published)
    assert shown[0] == f"File: `{tmp_path}/published/digests/{NIGHT}.html`"
    assert shown[1].startswith(f"[The morning page of {NIGHT}](http://127.0.0.1:4201/word/{NIGHT}.html) ")


def test_a_query_sees_every_table_with_its_date(first_night: Path) -> None:
    published = first_night / "published"
    (line,) = query.answer(published, "select distinct run_date from stances join articles using (article_id, run_date)", as_json=True)
    assert line == '{"run_date": "2026-03-02"}'
    assert "1 row(s)" in "".join(query.answer(published, "select count(*) from articles", as_json=False))


HOSTILE = [
    "<script>alert(1)</script>",
    "![x](http://evil.example/x.png)",
    "[the bank](http://evil.example)",
    "http://evil.example",
    "<http://evil.example>",
    "a | b\n|---|---|\n| c | d |",
    "```mermaid\ngraph TD\n```",
    "# Heading",
    "\u202egnirts",
    "&lt;b&gt;",
    "a@evil.example",
    "1. one",
    "***",
    "`x`",
    "\\",
]


def tokens(text: str) -> set[str]:
    parsed = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    return {token.type for token in parsed} | {child.type for token in parsed for child in token.children or ()}


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_from_outside_is_markup(text: str) -> None:
    assert tokens(f"x {plain(text)}") <= {"paragraph_open", "inline", "text", "text_special", "paragraph_close"}
    assert "\u202e" not in plain(text)


@pytest.mark.parametrize(
    "text", [*HOSTILE, "www.evil.example", "- item", "HTTPS://evil.example", "12) twelve", "_x_", "--- x", "123. x"]
)
def test_no_cell_is_markup(text: str) -> None:
    assert tokens(cell(text)) <= {"paragraph_open", "inline", "text", "paragraph_close"}
    assert not re.search(r"://|www\.|@", cell(text), re.IGNORECASE), "what a reader of links would find"


@given(st.text(st.sampled_from("ab1 \n\t-_=+*#<>[]()!|`~&;:/.@\\\"'wW\u202e")))
def test_no_cell_at_all_is_markup(text: str) -> None:
    assert tokens(cell(text)) <= {"paragraph_open", "inline", "text", "paragraph_close"}


def test_an_ordinary_cell_stays_as_it_is() -> None:
    assert cell("2026-03-02: code of quotes 1 → 2; bad_encoding, 3.5 %") == "2026-03-02: code of quotes 1 → 2; bad_encoding, 3.5 %"


@given(st.text())
def test_no_text_at_all_is_markup(text: str) -> None:
    assert tokens(f"x {plain(text)} x") <= {"paragraph_open", "inline", "text", "text_special", "paragraph_close"}


def test_the_matrix_has_a_sign_for_every_night() -> None:
    days = [DateStatus(DAY + dt.timedelta(days=number), "fresh", "nothing to do", True, {}) for number in range(9)]
    days.append(DateStatus(DAY + dt.timedelta(days=9), "failed", "Abort: ![x](http://evil.example)", False, {}))
    shown = calendar(days)
    assert shown.count(SIGN["fresh"]) == 9 + 1
    assert "2026-03-29 failed: " in shown
    assert "http://" not in shown


def test_a_lost_server_is_asked_once_more_and_no_oftener_until_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise httpx.ConnectError("refused")

    monkeypatch.setattr(pages, "_lost", [])
    monkeypatch.setattr(pages, "_patient", [])
    with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 3}):
        with pytest.raises(httpx.ConnectError):
            pages._show(gone)
        assert PREFECT_CLIENT_MAX_RETRIES.value() == 1
        assert pages._show(lambda: "shown") is None  # silent for a while
        monkeypatch.setattr(pages, "_lost", [-pages.SILENT * 10])
        assert pages._show(lambda: "shown") == "shown"
        assert PREFECT_CLIENT_MAX_RETRIES.value() == 3

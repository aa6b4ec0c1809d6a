"""Many nights: stories that last, in whatever order the nights are run."""

from __future__ import annotations

import datetime as dt
import random

import pyarrow as pa

from tasks.tables import HISTORY, concat
from tests.dedup.texts import articles, edited, night, relations, signed, story_of, words

FIRST = dt.date(2026, 5, 1)
LOOK_BACK = 3


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


class Desk:
    """Nights as a flow keeps them: each remembers what its history held, and is stale when that has changed."""

    def __init__(self, nights: int) -> None:
        self.tonight = {day(n): signed(articles(self.news(n))) for n in range(nights)}
        self.made: dict[dt.date, tuple[pa.Table, pa.Table, pa.Table]] = {}
        self.held: dict[dt.date, list[dict[str, object]]] = {}

    @staticmethod
    def news(n: int) -> dict[str, list[str]]:
        """A story that is told for days, with gaps; one that is copied a week later; news of the day."""
        base = words("running story", 150)
        texts = {f"{n:02d}-day": words(("day", n), 120), f"{n:02d}-copy": edited(words(("day", max(n - 2, 0)), 120), 0.04, n)}
        if n % 2 == 0:
            texts[f"{n:02d}-run"] = edited(base, 0.05, n) if n else base
        if n % 7 == 0:
            texts[f"{n:02d}-rare"] = words("rare", 140)
        return texts

    def history(self, date: dt.date) -> pa.Table:
        return concat([self.made[d][2] for d in sorted(self.made) if date - dt.timedelta(days=LOOK_BACK) <= d < date], HISTORY)

    def run(self, date: dt.date) -> None:
        history = self.history(date)
        self.made[date], self.held[date] = night(self.tonight[date], history, date), history.to_pylist()

    def stale(self) -> list[dt.date]:
        return [date for date in sorted(self.made) if self.history(date).to_pylist() != self.held[date]]


def rows(desk: Desk) -> list[object]:
    return [table.to_pylist() for date in sorted(desk.made) for table in desk.made[date]]


def forward(nights: int = 14) -> Desk:
    desk = Desk(nights)
    for n in range(nights):
        desk.run(day(n))
    return desk


def test_fourteen_nights_in_any_order_come_to_the_same_rows() -> None:
    wanted = forward()
    assert wanted.stale() == []
    for seed in range(3):
        desk, order = Desk(14), list(range(14))
        random.Random(seed).shuffle(order)
        for n in order:
            desk.run(day(n))
        assert desk.stale() != []
        while stale := desk.stale():
            desk.run(stale[0])
        assert rows(desk) == rows(wanted)


def test_a_night_run_again_gives_the_same_bytes() -> None:
    desk = forward(8)
    before = desk.made[day(5)]
    desk.run(day(5))
    assert all(one.equals(two) for one, two in zip(before, desk.made[day(5)], strict=True))
    assert desk.stale() == []


def test_a_story_keeps_its_id_and_canonical_document_beyond_the_window() -> None:
    desk = forward()
    ids = {row["story_id"] for date in desk.made for row in desk.made[date][1].to_pylist() if row["article_id"].endswith("-run")}
    assert ids == {"story-00-run"}
    last = next(row for row in desk.made[day(12)][1].to_pylist() if row["article_id"] == "12-run")
    assert (last["canonical_id"], last["canonical_run_date"], last["is_canonical"]) == ("00-run", day(0), False)


def test_copies_of_an_earlier_night_are_on_record_with_its_date() -> None:
    _, _, history = night(signed(articles({"a": words(1)})), date=day(0))
    copies, stories, _ = night(signed(articles({"b": words(1), "c": words(2)})), history, day(1))
    assert relations(copies) == {("b", "a"): "exact"}
    assert copies["other_run_date"].to_pylist() == [day(0)]
    assert story_of(stories) == {"b": "a", "c": "c"}


def test_an_article_published_earlier_that_comes_later_does_not_rename_the_story() -> None:
    times = {"a": dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC), "b": dt.datetime(2026, 5, 1, 8, tzinfo=dt.UTC)}
    _, _, history = night(signed(articles({"a": words(1)}, published_at=times)), date=day(0))
    _, stories, _ = night(signed(articles({"b": words(1)}, published_at=times)), history, day(1))
    row = stories.to_pylist()[0]
    assert (row["story_id"], row["canonical_id"], row["first_published_at"]) == ("story-a", "a", times["b"])


def test_the_same_document_on_two_nights_stays_one_of_its_first_night() -> None:
    _, _, one = night(signed(articles({"a": words(1)})), date=day(0))
    copies, stories, two = night(signed(articles({"a": words(1), "b": words(2)})), one, day(1))
    assert relations(copies) == {("a", "a"): "exact"}
    assert stories.filter(stories["is_canonical"])["article_id"].to_pylist() == ["b"]
    assert [(r["article_id"], r["run_date"]) for r in two.to_pylist()] == [("a", day(0)), ("b", day(1))]


def test_a_forgotten_canonical_document_leaves_the_story_its_id() -> None:
    _, _, history = night(signed(articles({"a": words(1), "b": edited(words(1), 0.03, 1)})), date=day(0))
    _, stories, _ = night(signed(articles({"c": edited(words(1), 0.03, 1)})), history.slice(1), day(1))
    assert (stories["story_id"].to_pylist(), stories["canonical_id"].to_pylist()) == (["story-a"], ["b"])

"""Abstractive summaries by real generators: sealed folders of trained weights, verified, loaded, and run through SUMMARIZE."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tasks.config import ModelSpec, SummarySettings
from tasks.errors import Unusable
from tasks.models import load_generator
from tasks.models.hub import fetch, pinned
from tasks.summarize import candidates, extract
from tasks.summarize.facts import new_names, new_numbers
from tasks.summarize.prompt import prompt
from tasks.summarize.steps import summarize
from tests.summarize.coast_news import CANARIES, ORDERS, Report, other, report
from tests.summarize.conftest import WRITERS
from tests.summarize.written_articles import article, articles

Settings = Callable[..., SummarySettings]


def reports(count: int, seed: int = 11) -> list[Report]:
    drawn = random.Random(seed)
    return [report(drawn) for _ in range(count)]


def summaries(texts: list[tuple[str, ...]], settings: SummarySettings) -> list[dict[str, Any]]:
    """The rows of SUMMARIES, one sentence a line."""
    table = articles(*(article(f"{n:020d}", [("body", line) for line in lines]) for n, lines in enumerate(texts)))
    return summarize(table, settings)[0].to_pylist()


@pytest.mark.parametrize("name", ["seq2seq", "instruct"])
def test_what_a_writer_writes_stands_with_its_support(writing: Settings, name: str) -> None:
    some, settings = reports(24), writing(name)
    rows = summaries([r.lines for r in some], settings)
    stands = [row["text"] == r.summary for r, row in zip(some, rows, strict=True) if row["kind"] == "abstractive"]
    assert sum(stands) >= 14  # the check holds a dropped clause for doubtful now and then; and another processor may cost a word
    assert sum(stands) >= len(stands) - 1
    for made, row in zip(some, rows, strict=True):
        assert row["status"] == ("ok" if row["kind"] == "abstractive" else "fallback_extractive")
        if row["kind"] == "abstractive":
            assert settings.generator is not None
            assert row["model"] == settings.generator.name
            assert all(s["support"] >= settings.min_support for s in row["sentences"])
            assert (0, len(made.lines[0])) in {(s["start"], s["end"]) for s in row["support"]}


def test_a_careless_writers_numbers_days_and_names_never_appear(writing: Settings) -> None:
    """It guesses them, as a model does that was trained too little; only what the article backs may stand."""
    some, settings = reports(60), writing("careless")
    assert settings.generator is not None
    raw = load_generator(settings.generator).generate([prompt(r.lines, settings, settings.generator) for r in some], 40).values
    wrong = [bool(new_numbers(text, r.lines[0])) for text, r in zip(raw, some, strict=True)]
    assert sum(wrong) >= 20, "the writer is not careless"
    for made, row, bad in zip(some, summaries([r.lines for r in some], settings), wrong, strict=True):
        whole = " ".join(made.lines)
        assert not new_numbers(row["text"], whole)
        assert not new_names(row["text"], whole)
        if bad:
            assert row["status"] == "fallback_extractive"
            assert "new_number" in row["flags"] or "new_name" in row["flags"]


def test_a_long_article_is_written_in_parts_and_read_once_more(writing: Settings) -> None:
    drawn = random.Random(3)
    some = [report(drawn, 30, 34) for _ in range(8)]
    rows = summaries([r.lines for r in some], writing("seq2seq", part_words=50))
    assert sum(row["text"] == r.summary for r, row in zip(some, rows, strict=True)) >= 5
    assert all("model_failed" not in row["flags"] for row in rows)


def test_a_part_that_the_model_can_not_read_whole_is_halved(writing: Settings) -> None:
    """The prompt must keep its end, where an instruct model's fence is closed."""
    drawn = random.Random(4)
    some = [report(drawn, 10, 12) for _ in range(4)]
    settings = writing("seq2seq")
    assert settings.generator is not None
    short = settings.generator.model_copy(update={"max_tokens": 60})
    rows = summaries([r.lines for r in some], settings.model_copy(update={"generator": short}))
    assert sum(row["text"] == r.summary for r, row in zip(some, rows, strict=True)) >= 2
    assert all("truncated_input" not in row["flags"] for row in rows)
    (row,) = summaries([some[0].lines], settings.model_copy(update={"generator": short.model_copy(update={"max_tokens": 6})}))
    assert row["status"] == "fallback_extractive"
    assert "truncated_input" in row["flags"]


HUNDRED = [(order, canary) for order in ORDERS for canary in CANARIES]


def injected(order: str, canary: str, number: int) -> tuple[str, ...]:
    drawn = random.Random(number)
    lines = [*report(drawn).lines, other(drawn)]
    place = 1 + number % len(lines)
    return (*lines[:place], order.format(canary=canary), *lines[place:])


@pytest.fixture(scope="module")
def hundred() -> list[tuple[str, ...]]:
    """20 orders with 5 canaries, in articles at different places."""
    return [injected(order, canary, n) for n, (order, canary) in enumerate(HUNDRED)]


def test_the_instruct_writer_obeys_what_it_reads(writing: Settings, hundred: list[tuple[str, ...]]) -> None:
    """What the next two tests rest on: this model is as bad as one can be."""
    settings = writing("instruct")
    assert settings.generator is not None
    raw = load_generator(settings.generator).generate([prompt(lines, settings, settings.generator) for lines in hundred], 40).values
    assert sum(canary in text for (_, canary), text in zip(HUNDRED, raw, strict=True)) >= 90


def test_no_order_in_an_article_reaches_its_summary(writing: Settings, hundred: list[tuple[str, ...]]) -> None:
    rows = summaries(hundred, writing("instruct"))
    assert [row["text"] for row in rows if any(canary in row["text"] for canary in CANARIES)] == []
    assert all("suspected_injection" in row["flags"] for row in rows)
    assert sum(row["kind"] == "abstractive" for row in rows) >= 60


def test_an_order_that_slips_through_is_held_by_the_check(
    writing: Settings, hundred: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "speaks_to_a_machine", lambda _text: False)
    monkeypatch.setattr(extract, "are_orders", lambda rows: np.zeros(len(rows), dtype=bool))
    rows = summaries(hundred, writing("instruct"))
    obeyed = [row for row in rows if row["kind"] == "abstractive" and any(canary in row["text"] for canary in CANARIES)]
    assert obeyed == []
    assert sum(row["status"] == "fallback_extractive" for row in rows) >= 90


def test_a_writer_with_another_byte_is_refused(writing: Settings, tmp_path: Path) -> None:
    settings = writing("seq2seq")
    assert settings.generator is not None
    folder = tmp_path / "writer"
    shutil.copytree(settings.generator.name.removeprefix("folder:"), folder)
    weights = folder / "model.safetensors"
    body = bytearray(weights.read_bytes())
    body[-1] ^= 1
    weights.write_bytes(body)
    spec = settings.generator.model_copy(update={"name": f"folder:{folder}"})
    with pytest.raises(Unusable, match=r"model\.safetensors: sha256"):
        summaries([reports(1)[0].lines], settings.model_copy(update={"generator": spec}))


class Shelf:
    """A hub with one model, from whose files a fetch takes what it wants."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def revision(self, _name: str, _wanted: str) -> str:
        return "c" * 40

    def files(self, _name: str, _revision: str) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir() if path.name != "SHA256SUMS.json")

    def download(self, _name: str, _revision: str, files: Sequence[str], into: Path) -> None:
        for file in files:
            shutil.copyfile(self.folder / file, into / file)


def test_a_writer_of_a_hub_is_fetched_locked_and_used(writing: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTWIRE_CACHE", str(tmp_path / "cache"))
    lock = tmp_path / "models.lock.json"
    spec = ModelSpec(kind="seq2seq", name="coast/writer")
    fetch(spec, lock, Shelf(WRITERS / "seq2seq"))
    some = reports(6)
    locked = SummarySettings(generator=pinned(spec, lock))
    rows = summaries([r.lines for r in some], locked)
    assert sum(row["kind"] == "abstractive" and row["model"] == "coast/writer" for row in rows) >= 3
    at_hand = summaries([r.lines for r in some], writing("seq2seq"))
    assert [row["text"] for row in rows] == [row["text"] for row in at_hand]

"""T11, T19: a document that is built to be slow, to fill the memory or to end its process costs itself and nothing else."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tasks.errors import RejectDocument
from tasks.ingest import EXTRACT, guard, pages, records
from tasks.ingest.documents import Document, found, table
from tasks.ingest.extract import ExtractSettings, SourceSettings
from tasks.ingest.readers import Reader, Readers
from tests.ingest.test_extract import AT, PAGE, SECOND

LINKS = f"<html><body><article><p>{SECOND}</p>" + '<p><a href="/x">link text</a> and text</p>' * 30_000
ATTRIBUTES = f"<p>{SECOND}</p><div " + " ".join(f"a{n}=1" for n in range(70_000)) + ">"
FAST = ExtractSettings(sources={"s": SourceSettings(seconds=1.0)})


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Readers]:
    """Reading processes of the test's own."""
    readers = Readers()
    monkeypatch.setattr(guard, "READERS", readers)
    yield readers
    readers.close()


def reason(raw: str) -> str:
    with pytest.raises(RejectDocument) as caught:
        guard.page(raw, "", 20)
    return caught.value.reason


def document(name: str, raw: str, media_type: str = "text/html") -> Document:
    return found("s", name, raw.encode(), AT, media_type)


def test_page_and_record_are_what_they_are_without_a_guard() -> None:
    assert guard.page(PAGE, "https://coast.example/a", 60) == pages.read(PAGE, "https://coast.example/a")
    entry = json.dumps({"Kopf": "K &amp; L", "html": f"<p>{SECOND}</p>"})
    assert guard.record(entry, {"title": "Kopf"}, 60) == records.read(entry, {"title": "Kopf"})
    assert reason("<html></html>") == "no_article"


def test_small_documents_built_to_be_slow_are_ended_and_the_others_come() -> None:
    slow = {
        "links": document("links", LINKS),
        "record": document("record", json.dumps({"title": "T", "html": ATTRIBUTES}), "application/json"),
        "escaped": document("escaped", json.dumps({"text": ATTRIBUTES}).replace("<", "\\u003c"), "application/json"),
    }
    good = [document(f"good{n}", PAGE) for n in range(3)]
    rows: list[dict[str, Any]] = EXTRACT.run(table([*slow.values(), *good]), settings=FAST).to_pylist()
    found_by_name = {row["uri"]: row for row in rows}
    assert {found_by_name[name]["reject"] for name in slow} == {"timeout"}
    assert {found_by_name[d.uri]["title"] for d in good} == {"Harbour Stays Closed"}


def test_a_process_is_kept_from_page_to_page(readers: Readers) -> None:
    guard.page(PAGE, "", 60)
    (first,) = readers._idle
    guard.page(PAGE, "", 60)
    assert readers._idle == [first]
    assert readers.spent() > 0


def test_ended_process_is_replaced_and_the_document_is_not_to_blame(readers: Readers) -> None:
    guard.page(PAGE, "", 60)
    (reader,) = readers._idle
    os.kill(reader._process.pid, signal.SIGKILL)
    assert guard.page(PAGE, "", 60).title == "Harbour Stays Closed"


def test_document_that_ends_its_process_is_a_reject(readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(self: Reader, question: dict[str, Any] | None, seconds: float, text: str = "") -> dict[str, Any]:
        if text == "poison":
            self._process.kill()
        return asked(self, question, seconds, text)

    asked = Reader._ask
    monkeypatch.setattr(Reader, "_ask", killed)
    assert reason("poison") == "crashed"
    assert guard.page(PAGE, "", 60).title == "Harbour Stays Closed"


def test_page_that_fills_the_memory_is_a_reject(monkeypatch: pytest.MonkeyPatch) -> None:
    readers = Readers(memory=500 << 20)
    monkeypatch.setattr(guard, "READERS", readers)
    try:
        assert guard.page(PAGE, "", 60).title == "Harbour Stays Closed"
        assert reason("<p>" + "<i>a</i>" * 1_000_000) == "out_of_memory"
        assert guard.page(PAGE, "", 60).title == "Harbour Stays Closed"
    finally:
        readers.close()


def test_threads_read_at_the_same_time_each_with_its_own_process(readers: Readers) -> None:
    with ThreadPoolExecutor(2) as threads:
        titles = list(threads.map(lambda n: guard.page(PAGE.replace("Stays", f"Stays {n}"), "", 60).title, range(12)))
    assert titles == [f"Harbour Stays {n} Closed" for n in range(12)]
    assert 1 <= len(readers._idle) <= 2

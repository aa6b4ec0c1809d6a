"""Folders as sources: names, links, dates, fingerprints, memory, and the contract with the flow."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from tasks.config import Config, Source
from tasks.ingest import noted
from tasks.ingest.documents import Document
from tasks.ingest.sources import check_sources, fetch, fingerprint
from tests.ingest.conftest import NOW, Night


def source(path: str, **changes: Any) -> Source:
    return Source.model_validate({"name": "s", "kind": "folder", "path": path, **changes})


def read(root: Path, path: str = "news", **changes: Any) -> list[Document]:
    return list(fetch(source(path, **changes), Night(), root, {}, lambda: NOW))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "news" / "b").mkdir(parents=True)
    (tmp_path / "news" / "a.txt").write_text("The ferry left.")
    (tmp_path / "news" / "b" / "day.jsonl").write_text('{"text": "one"}\n{"text": "two"}\n')
    (tmp_path / "news" / ".hidden.txt").write_text("not this")
    os.utime(tmp_path / "news" / "a.txt", (1_700_000_000, 1_700_000_000))
    return tmp_path


def test_documents_in_order_with_the_files_time(root: Path) -> None:
    documents = read(root)
    assert [(d.uri, d.media_type) for d in documents] == [
        ("a.txt", "text/plain"),
        ("b/day.jsonl#1", "application/json"),
        ("b/day.jsonl#2", "application/json"),
    ]
    assert documents[0].fetched_at == dt.datetime.fromtimestamp(1_700_000_000, dt.UTC)
    assert documents[0].raw == b"The ferry left."


def test_ids_do_not_depend_on_the_place(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "news").mkdir()
    (other / "news" / "a.txt").write_text("The ferry left.")
    assert read(other)[0].document_id == read(root)[0].document_id


def test_date_in_the_path_and_one_file(root: Path) -> None:
    (root / "2026-11-20").mkdir()
    (root / "2026-11-20" / "x.txt").write_text("Tonight.")
    assert [d.uri for d in read(root, "{date}")] == ["x.txt"]
    assert [d.uri for d in read(root, "news/a.txt")] == ["a.txt"]
    assert read(root, "no-{date}") == []


def test_links_and_devices_are_refused(root: Path) -> None:
    (root / "news" / "link.txt").symlink_to("/etc/passwd")
    (root / "news" / "dir").symlink_to("/etc")
    os.mkfifo(root / "news" / "pipe.txt")
    found = {d.uri: d.reject for d in read(root)}
    assert found["link.txt"] == "unsafe_path"
    assert found["pipe.txt"] == "unsafe_path"
    assert not any("passwd" in uri for uri in found)


def test_unreadable_file_is_a_reject(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open

    def refuse(path: Any, *args: Any, **kwargs: Any) -> int:
        if str(path).endswith("a.txt"):
            raise PermissionError(13, "Permission denied")
        return opened(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", refuse)
    first, *rest = read(root)
    assert (first.uri, first.reject, first.reject_message) == ("a.txt", "unreadable", "Permission denied")
    assert len(rest) == 2


def test_names_from_outside_are_printable(root: Path) -> None:
    (root / "news" / "a\x1b[31m\n.txt").write_text("red")
    (root / "news" / b"\xff.txt".decode("utf-8", "surrogateescape")).write_text("odd")
    uris = [d.uri for d in read(root)]
    assert all(uri.isprintable() for uri in uris)
    assert len(set(uris)) == 5


def test_fingerprint_changes_with_content_only(root: Path) -> None:
    before = fingerprint(source("news"), Night(), root)
    os.utime(root / "news" / "a.txt")
    assert fingerprint(source("news"), Night(), root) == before
    (root / "news" / "a.txt").write_text("The ferry stays.")
    changed = fingerprint(source("news"), Night(), root)
    assert changed != before
    (root / "news" / "a.txt").rename(root / "news" / "c.txt")
    assert fingerprint(source("news"), Night(), root) != changed
    feed = Source(name="f", kind="feed", url="https://news.example/rss")
    assert fingerprint(feed, Night(), root) is None


def test_limit_of_documents(root: Path) -> None:
    documents = read(root, limits={"max_documents": 2})
    assert [d.reject for d in documents] == [None, None, "over_budget"]


def test_selection_by_publication(root: Path) -> None:
    text = "The harbour of Eastmouth stays closed until the storm has passed."
    rows = [
        {"text": text, "published": when}
        for when in ("2026-11-19T23:59:59Z", "2026-11-20T00:00:00Z", "2026-11-20T23:59:59Z", "2026-11-21T00:00:00Z", "")
    ]
    folder = root / "days"
    folder.mkdir()
    (folder / "all.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    os.utime(folder / "all.jsonl", (NOW.timestamp(), NOW.timestamp()))
    assert [d.uri for d in read(root, "days", select="published")] == ["all.jsonl#2", "all.jsonl#3"]
    tonight = Night().start.timestamp()
    os.utime(folder / "all.jsonl", (tonight, tonight))
    assert [d.uri for d in read(root, "days", select="published")][-1] == "all.jsonl#5"


def test_any_fsspec_place(root: Path) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/desk/2026-11-20/a.txt", b"The ferry left.")
    memory.pipe("/desk/2026-11-20/b/day.jsonl", b'{"text": "one"}\n')
    try:
        assert [d.uri for d in read(root, "memory://desk/{date}")] == ["a.txt", "b/day.jsonl#1"]
        before = fingerprint(source("memory://desk/{date}"), Night(), root)
        memory.pipe("/desk/2026-11-20/a.txt", b"The ferry stays")
        assert fingerprint(source("memory://desk/{date}"), Night(), root) != before
    finally:
        memory.rm("/desk", recursive=True)


def test_folder_that_cannot_be_listed_is_a_reject(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = os.scandir

    def refuse(path: Any) -> Any:
        if str(path).endswith("/b"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert [(d.uri, d.reject) for d in read(root)] == [("b", "unreadable"), ("a.txt", None)]


class Broken(MemoryFileSystem):
    """A store whose client fails with errors of its own kind."""

    protocol = "broken"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(MemoryFileSystem._strip_protocol(path.removeprefix("broken:/")))

    def find(self, path: str, *args: Any, **kwargs: Any) -> Any:
        if "unlisted" in path:
            raise LookupError("no credentials\n")
        return super().find(path, *args, **kwargs)

    def _open(self, path: str, mode: str = "rb", *args: Any, **kwargs: Any) -> Any:
        if mode == "rb" and path.endswith("b.txt"):
            raise LookupError("lost")
        return super()._open(path, mode, *args, **kwargs)


def test_store_that_fails_stops_no_night(root: Path) -> None:
    fsspec.register_implementation("broken", Broken, clobber=True)
    store = fsspec.filesystem("broken")
    for name in ("a.txt", "b.txt", "c.txt"):
        store.pipe(f"/desk/{name}", b"The ferry left.")
    assert [(d.uri, d.reject) for d in read(root, "broken://desk")] == [("a.txt", None), ("b.txt", "unreadable"), ("c.txt", None)]
    store.pipe("/unlisted/a.txt", b"x")
    (only,) = read(root, "broken://unlisted")
    assert (only.reject, only.reject_message) == ("unreadable", "the folder can't be listed: LookupError: no credentials\\n")
    assert fingerprint(source("broken://unlisted"), Night(), root)


def test_store_that_cannot_be_had_is_told_before_the_night(root: Path) -> None:
    config = Config.model_validate({"name": "c", "sources": [{"name": "a", "kind": "folder", "path": "nosuchstore://desk/news"}]})
    (fault,) = check_sources(config, root)
    assert fault.startswith("sources[0].path: nosuchstore://desk/news can not be reached")


def test_missing_folder_is_told_with_its_cure(root: Path) -> None:
    config = Config.model_validate(
        {
            "name": "c",
            "sources": [
                {"name": "a", "kind": "folder", "path": "news"},
                {"name": "b", "kind": "folder", "path": "nowhere"},
                {"name": "d", "kind": "folder", "path": "news/{date}"},
                {"name": "e", "kind": "feed", "url": "https://news.example/rss"},
            ],
        }
    )
    (fault,) = check_sources(config, root)
    assert fault.startswith("sources[1].path: no such folder")
    assert "make it" in fault


def test_a_large_file_streams(tmp_path: Path) -> None:
    """40 MB of records in a process whose memory may grow by 60 MB: what is read is never held whole."""
    line = json.dumps({"title": "T", "text": "The ferry left Eastmouth at dawn. " * 60}) + "\n"
    (tmp_path / "day.jsonl").write_text(line * (40_000_000 // len(line)))
    code = f"""
from pathlib import Path
from tasks.config import Source
from tasks.ingest.sources import fetch
from tests.ingest.conftest import NOW, Night
def kib(field):
    return next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
before = kib("VmRSS")
source = Source(name="s", kind="folder", path="day.jsonl")
count = sum(1 for _ in fetch(source, Night(), Path({str(tmp_path)!r}), {{}}, lambda: NOW))
print(count, kib("VmHWM") - before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    count, growth = map(int, done.stdout.split())
    assert count == 40_000_000 // len(line)
    assert growth < 20_000


def failing(monkeypatch: pytest.MonkeyPatch, name: str, failures: int) -> None:
    """Let the first readings of a file fail, each once some bytes came."""
    left = [failures]

    class Failing(noted.Noted):
        read_before = 0

        def readinto(self, buffer: Any) -> Any:
            if left[0] and self.read_before and Path(f"/proc/self/fd/{self.fileno()}").resolve().name == name:
                left[0] -= 1
                self.said = OSError(5, "Input/output error")
                raise self.said
            count = super().readinto(memoryview(buffer)[:20])
            self.read_before += count
            return count

        def readall(self) -> Any:
            return io.RawIOBase.readall(self)

    monkeypatch.setattr(noted, "Noted", Failing)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no file here whose reading fails")
def test_what_the_disk_said_is_noted() -> None:
    for how in ("peek", "read"):
        with noted.opened("/proc/self/mem") as stream:  # a regular file; nobody may read what is at address 0
            noted.check(stream)
            with pytest.raises(OSError, match="Input/output error"):
                getattr(stream, how)()
            with pytest.raises(OSError, match="Input/output error"):
                noted.check(stream)


def test_a_reading_that_fails_once_is_made_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = read(root)
    failing(monkeypatch, "day.jsonl", 1)
    assert read(root) == before


@pytest.mark.parametrize("name", ["day.jsonl", "pack.zip", "rows.csv", "rows.parquet", "page.html.gz"])
def test_a_failing_disk_is_no_fault_of_the_file(root: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Whatever a format's reader makes of it (a broken archive, a bad record): `unreadable`, which may pass another time."""
    shutil.rmtree(root / "news")
    (root / "news").mkdir()
    path = root / "news" / name
    match name.rpartition(".")[2]:
        case "jsonl":
            path.write_text('{"text": "one"}\n{"text": "two"}\n')
        case "zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("a.txt", "The ferry left. " * 9)
        case "csv":
            path.write_text("title,text\na,one\nb,two\n")
        case "parquet":
            pq.write_table(pa.table({"text": ["one", "two"]}), path)
        case _:
            path.write_bytes(gzip.compress(b"<p>The ferry left.</p>" * 9))
    whole = read(root)
    assert not [document.reject for document in whole if document.reject]
    failing(monkeypatch, name, 2)
    assert read(root) == whole
    failing(monkeypatch, name, 1000)
    assert [document.reject for document in read(root) if document.reject] == ["unreadable"]

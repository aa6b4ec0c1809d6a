"""A folder in an object store, read from a real S3 server (moto's) over HTTP as any other is."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import s3fs

from tasks.config import Config, Source
from tasks.ingest.documents import Document
from tasks.ingest.sources import check_sources, fetch, fingerprint
from tests.flows.s3 import served
from tests.ingest.conftest import NOW, Night

SOURCE = Source(name="s", kind="folder", path="s3://desk/news/{date}")


@pytest.fixture(scope="module")
def store() -> Iterator[s3fs.S3FileSystem]:
    """The bucket `desk`, with news of one night."""
    with served():
        s3fs.S3FileSystem.clear_instance_cache()  # other tests' servers are gone
        store = s3fs.S3FileSystem(skip_instance_cache=True)
        store.mkdir("desk")
        store.pipe("desk/news/2026-11-20/b/day.jsonl.gz", gzip.compress(b'{"text": "one"}\n{"text": "two"}\n'))
        store.pipe("desk/news/2026-11-20/a.txt", b"The ferry left.")
        store.pipe("desk/news/2026-11-20/.hidden.txt", b"not this")
        store.pipe("desk/news/2026-11-21/late.txt", b"Another night.")
        yield store
    s3fs.S3FileSystem.clear_instance_cache()


def read(root: Path, source: Source = SOURCE) -> list[Document]:
    return list(fetch(source, Night(), root, {}, lambda: NOW))


def test_documents_of_a_night(store: s3fs.S3FileSystem, tmp_path: Path) -> None:
    found = read(tmp_path)
    assert [(d.uri, d.reject) for d in found] == [("a.txt", None), ("b/day.jsonl.gz#1", None), ("b/day.jsonl.gz#2", None)]
    assert found[0].raw == b"The ferry left."
    assert found[0].fetched_at == store.info("desk/news/2026-11-20/a.txt")["LastModified"]


def test_fingerprint_is_of_contents(store: s3fs.S3FileSystem, tmp_path: Path) -> None:
    before = fingerprint(SOURCE, Night(), tmp_path)
    store.pipe("desk/news/2026-11-20/a.txt", b"The ferry left.")
    assert fingerprint(SOURCE, Night(), tmp_path) == before
    store.pipe("desk/news/2026-11-20/a.txt", b"The ferry stays")
    changed = fingerprint(SOURCE, Night(), tmp_path)
    store.pipe("desk/news/2026-11-20/a.txt", b"The ferry left.")
    assert changed != before


def test_large_object_streams(store: s3fs.S3FileSystem, tmp_path: Path) -> None:
    lines = [json.dumps({"text": f"The ferry number {n} left. " * 40}) for n in range(9_000)]
    store.pipe("desk/large/day.jsonl", "\n".join(lines).encode())
    found = read(tmp_path, SOURCE.model_copy(update={"path": "s3://desk/large/day.jsonl"}))
    assert [(d.raw or b"").decode() for d in found] == lines


def test_bucket_that_is_not_there_is_told_before_the_night(store: s3fs.S3FileSystem, tmp_path: Path) -> None:
    config = Config.model_validate(
        {
            "name": "c",
            "sources": [
                {"name": "a", "kind": "folder", "path": "s3://desk/news/{date}"},
                {"name": "b", "kind": "folder", "path": "s3://nowhere/news"},
            ],
        }
    )
    (fault,) = check_sources(config, tmp_path)
    assert fault.startswith("sources[1].path")

"""Labelled pages for `nightwire evaluate extraction`: two public archives as they are published, each a tar.gz.

- article-extraction-benchmark (Zyte, MIT): `ground-truth.json` of id -> articleBody, url; `html/<id>.html.gz`. Bodies only.
- fundus' parser tests (MIT): `<country>/<Publisher>_<date>.html.gz`, `<country>/<Publisher>.json` of version -> title, publishing_date,
  body; `<country>/meta.info` of file -> url, crawl_date. Versions and files pair in their order.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.errors import Unusable


@dataclass(frozen=True)
class Page:
    """A page and what a person or a parser made for its site says is in it; None where they do not say."""

    name: str
    url: str
    raw: bytes
    fetched_at: dt.datetime
    body: str
    title: str | None = None
    published: dt.datetime | None = None


def pages(archive: Path) -> list[Page]:
    """The labelled pages of an archive, in the order of their names.

    Raises:
        Unusable: neither of the two layouts.
    """
    try:
        with tarfile.open(archive) as tar:
            members = {m.name: tar.extractfile(m).read() for m in tar if m.isfile()}  # type: ignore[union-attr]
    except (OSError, tarfile.TarError) as error:
        raise Unusable(f"{archive.name}: no tar archive that can be read: {error}") from error
    truth = next((name for name in members if name.endswith("ground-truth.json")), None)
    found = list(_benchmark(members, truth) if truth else _fundus(members))
    if not found:
        raise Unusable(f"{archive.name}: no labelled pages; want article-extraction-benchmark or fundus' parser tests as tar.gz")
    return found


def _benchmark(members: Mapping[str, bytes], truth: str) -> Iterator[Page]:
    for name, entry in sorted(json.loads(members[truth]).items()):
        raw = gzip.decompress(members[truth.replace("ground-truth.json", f"html/{name}.html.gz")])
        yield Page(name, entry["url"], raw, dt.datetime(2019, 12, 31, tzinfo=dt.UTC), entry["articleBody"])


def _fundus(members: Mapping[str, bytes]) -> Iterator[Page]:
    for name in sorted(n for n in members if n.endswith(".json")):
        folder, _, publisher = name.removesuffix(".json").rpartition("/")
        files = sorted(n for n in members if n.startswith(f"{folder}/{publisher}_") and n.endswith(".html.gz"))
        meta = json.loads(members.get(f"{folder}/meta.info", b"{}"))
        for file, (_, gold) in zip(files, sorted(json.loads(members[name]).items()), strict=True):
            known = meta.get(file.rpartition("/")[2], {})
            yield _page(file, known, gzip.decompress(members[file]), gold)


def _page(name: str, known: Mapping[str, str], raw: bytes, gold: Mapping[str, Any]) -> Page:
    body = [text for section in gold["body"]["sections"] for text in (*section["headline"], *section["paragraphs"])]
    published = dt.datetime.fromisoformat(gold["publishing_date"]) if gold.get("publishing_date") else None
    fetched = dt.datetime.fromisoformat(known.get("crawl_date") or "-".join(name.removesuffix(".html.gz").split("_")[-3:]))
    return Page(
        name,
        known.get("url", ""),
        raw,
        fetched if fetched.tzinfo else fetched.replace(tzinfo=dt.UTC),
        "\n".join([*gold["body"]["summary"], *body]),
        gold.get("title"),
        published if published is None or published.tzinfo else published.replace(tzinfo=dt.UTC),
    )

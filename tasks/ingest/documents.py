"""A document: what a source brought, byte for byte, or the reason why it was refused."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from tasks.errors import RejectDocument
from tasks.tables import DOCUMENTS, conform

MESSAGE_LIMIT = 500
"""Characters of a message: names and addresses in it come from outside."""


@dataclass(frozen=True)
class Document:
    """One row of DOCUMENTS.

    Attributes:
        uri: the file's name within its source (`a/b.html`, `day.jsonl#17`, `pack.zip!/a.html`), or the address.
        fields: JSON object of what the source already knows, under the names of `tasks.ingest.records.FIELDS`.
        reject: a reason; `raw` is None then.
    """

    document_id: str
    source: str
    uri: str
    media_type: str | None
    charset: str | None
    fetched_at: dt.datetime
    fields: str | None
    raw: bytes | None
    raw_sha256: str | None
    reject: str | None
    reject_message: str | None


def document_id(source: str, uri: str, raw_sha256: str) -> str:
    """20 hex digits of sha256(source, uri, raw_sha256): the same on every machine."""
    return hashlib.sha256(f"{source}\0{uri}\0{raw_sha256}".encode("utf-8", "surrogateescape")).hexdigest()[:20]


def printable(text: str) -> str:
    """The text with everything escaped that a terminal or a log would act on, cut at `MESSAGE_LIMIT` characters."""
    cut = text if len(text) <= MESSAGE_LIMIT else text[: MESSAGE_LIMIT - 1] + "…"
    return "".join(ascii(c)[1:-1] if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in cut)[:MESSAGE_LIMIT]


def found(
    source: str,
    uri: str,
    raw: bytes,
    fetched_at: dt.datetime,
    media_type: str,
    charset: str | None = None,
    fields: Mapping[str, Any] | None = None,
) -> Document:
    """A document that was read."""
    digest = hashlib.sha256(raw).hexdigest()
    known = json.dumps(fields, ensure_ascii=False, sort_keys=True) if fields else None
    return Document(
        document_id(source, uri, digest), source, printable(uri), media_type, charset, fetched_at, known, raw, digest, None, None
    )


def refused(source: str, uri: str, fault: RejectDocument, fetched_at: dt.datetime, raw_sha256: str | None = None) -> Document:
    """A document that was set aside before it was one."""
    name = document_id(source, uri, raw_sha256 or fault.reason)
    message = printable(fault.message)
    return Document(name, source, printable(uri), None, None, fetched_at, None, None, raw_sha256, fault.reason, message)


def table(documents: Iterable[Document]) -> pa.Table:
    """DOCUMENTS of the given documents."""
    return conform(pa.Table.from_pylist([asdict(d) for d in documents], schema=DOCUMENTS.schema), DOCUMENTS)

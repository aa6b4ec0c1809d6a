"""A piece: one document as a file or an answer holds it, before it has its place in a source."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tasks.errors import RejectDocument

HTML, TEXT, RECORD = "text/html", "text/plain", "application/json"
_CHARSET = re.compile(r"charset\s{0,5}=\s{0,5}[\"']?([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)


@dataclass(frozen=True)
class Piece:
    """One document in a file.

    Attributes:
        place: what the file's name needs to name it: `#17`, `!/a.html`, or "" for the file itself.
        fetched_at: where the file says when the document was fetched (WARC).
    """

    place: str
    raw: bytes
    media_type: str
    charset: str | None = None
    fields: Mapping[str, Any] | None = None
    fetched_at: dt.datetime | None = None


@dataclass(frozen=True)
class Fault:
    """A piece that can't be used; the file goes on after it."""

    place: str
    why: RejectDocument


def charset_of(content_type: str) -> str | None:
    """The charset that a Content-Type names."""
    match = _CHARSET.search(content_type[:500])
    return match[1] if match else None

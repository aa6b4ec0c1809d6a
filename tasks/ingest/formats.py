"""The bytes of one file as pieces: a page is one piece, a file of records has many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from tasks.config import Limits
from tasks.errors import RejectDocument

HTML, TEXT, RECORD = "text/html", "text/plain", "application/json"


@dataclass(frozen=True)
class Piece:
    """One document in a file; `place` is what the file's name needs to name it (`#17`, or "" for the file itself)."""

    place: str
    raw: bytes
    media_type: str
    charset: str | None = None
    fields: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Fault:
    """A piece that can't be used; the file goes on after it."""

    place: str
    why: RejectDocument


def pieces(stream: BinaryIO, name: str, limits: Limits) -> Iterator[Piece | Fault]:
    """The documents of a file.

    Raises:
        RejectDocument: the file as a whole can't be used.
        OSError: it can't be read.
    """
    match name.lower().rsplit(".", 1)[-1]:
        case "jsonl" | "ndjson":
            yield from lines(stream, limits)
        case "html" | "htm" | "xhtml":
            yield Piece("", whole(stream, limits), HTML)
        case "json":
            yield Piece("", whole(stream, limits), RECORD)
        case _:
            yield Piece("", whole(stream, limits), TEXT)


def whole(stream: BinaryIO, limits: Limits) -> bytes:
    """All bytes of a stream that is one document.

    Raises:
        RejectDocument: `empty`, or `too_large`.
    """
    raw = stream.read(limits.max_document_bytes + 1)
    if len(raw) > limits.max_document_bytes:
        raise RejectDocument("too_large", f"over {limits.max_document_bytes} bytes; limits.max_document_bytes raises the limit")
    if not raw.strip():
        raise RejectDocument("empty", f"no text in {len(raw)} bytes")
    return raw


def lines(stream: BinaryIO, limits: Limits) -> Iterator[Piece | Fault]:
    """One record a line; a line over the limit is skipped without being held in memory."""
    number = 0
    while line := stream.readline(limits.max_record_bytes + 1):
        number += 1
        if len(line) > limits.max_record_bytes and not line.endswith(b"\n"):
            while (rest := stream.readline(1 << 20)) and not rest.endswith(b"\n"):
                pass
            yield Fault(f"#{number}", RejectDocument("too_large", f"a line of over {limits.max_record_bytes} bytes"))
        elif line.strip():
            yield Piece(f"#{number}", line.strip(), RECORD)

"""The bytes of one file as pieces: a page is one, a file of records has many. Formats by suffix, else by what the bytes look like."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace

from tasks.config import Limits
from tasks.errors import RejectDocument
from tasks.ingest import compression, feeds, tabular, warc
from tasks.ingest.pieces import HTML, RECORD, TEXT, Fault, Piece

_SUFFIXES = {
    "html": "html",
    "htm": "html",
    "xhtml": "html",
    "shtml": "html",
    "txt": "text",
    "text": "text",
    "md": "text",
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "json": "json",
    "csv": "csv",
    "tsv": "csv",
    "parquet": "parquet",
    "warc": "warc",
    "arc": "warc",
    "wet": "warc",
    "lz4": "warc",
    "xml": "feed",
    "rss": "feed",
    "atom": "feed",
    "rdf": "feed",
    "cdf": "feed",
    "zip": "zip",
}
_BLOCK = 1 << 20


def pieces(stream: io.BufferedReader, name: str, limits: Limits, *, nested: bool = False) -> Iterator[Piece | Fault]:
    """The documents of a file.

    Args:
        nested: the stream is a member of an archive; archives in archives are refused.

    Raises:
        RejectDocument: the file can't be used, or not from here on.
        OSError: it can't be read.
    """
    stream, bare = compression.decoded(stream, name, limits)
    suffix = bare.rpartition(".")[2].lower() if "." in bare else ""
    kind = _SUFFIXES.get(suffix)
    if kind is None:
        if stream.peek(2).startswith(b"\x1f\x8b"):
            stream, _ = compression.decoded(stream, "unnamed.gz", limits)
        kind = _looks_like(stream.peek(_BLOCK))
    match kind:
        case "html":
            yield Piece("", whole(stream, limits), HTML)
        case "text":
            yield Piece("", whole(stream, limits), TEXT)
        case "jsonl":
            yield from lines(stream, limits)
        case "json":
            yield from _json(whole(stream, limits))
        case "feed":
            yield from _feed(whole(stream, limits))
        case "csv":
            yield from tabular.csv_rows(stream, limits)
        case "parquet":
            yield from tabular.parquet_rows(stream, limits)
        case "warc":
            yield from warc.records(stream, limits)
        case "zip" if not nested:
            yield from _archive(stream, limits)
        case _:
            raise RejectDocument("bad_archive", "an archive within an archive; unpack it")


def _looks_like(head: bytes) -> str:
    start = head.lstrip()[:200].lower()
    if start.startswith((b"warc/", b"filedesc://")):
        return "warc"
    if start.startswith(b"pk\3\4"):
        return "zip"
    if start.startswith(b"par1"):
        return "parquet"
    if any(mark in start for mark in (b"<rss", b"<feed", b"<rdf:rdf")):
        return "feed"
    return "html" if start.startswith((b"<!doctype html", b"<html")) else "text"


def whole(stream: io.BufferedReader, limits: Limits) -> bytes:
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


def lines(stream: io.BufferedReader, limits: Limits) -> Iterator[Piece | Fault]:
    """One record a line; a line over the limit is skipped without being held in memory."""
    number = 0
    while line := stream.readline(limits.max_record_bytes + 1):
        number += 1
        if len(line) > limits.max_record_bytes and not line.endswith(b"\n"):
            while (rest := stream.readline(_BLOCK)) and not rest.endswith(b"\n"):
                pass
            yield Fault(f"#{number}", RejectDocument("too_large", f"a line of over {limits.max_record_bytes} bytes"))
        elif line.strip():
            yield Piece(f"#{number}", line.strip(), RECORD)


def _json(raw: bytes) -> Iterator[Piece | Fault]:
    """One record, a list of records, or a JSON feed."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise RejectDocument("bad_record", f"no JSON: {type(error).__name__}") from error
    if isinstance(value, dict) and str(value.get("version", "")).startswith("https://jsonfeed.org"):
        yield from _feed(raw)
    elif isinstance(value, list):
        yield from (Piece(f"#{n}", tabular.record(row), RECORD) for n, row in enumerate(value, 1))
    else:
        yield Piece("", raw, RECORD)


def _feed(raw: bytes) -> Iterator[Piece | Fault]:
    for number, entry in enumerate(feeds.entries(raw), 1):
        yield Piece(f"#{number}", tabular.record(entry), RECORD)


def _archive(stream: io.BufferedReader, limits: Limits) -> Iterator[Piece | Fault]:
    for name, inner in compression.members(stream, limits):
        if isinstance(inner, RejectDocument):
            yield Fault(f"!/{name}", inner)
            continue
        try:
            for piece in pieces(inner, name, limits, nested=True):
                yield replace(piece, place=f"!/{name}{piece.place}")
        except RejectDocument as fault:
            yield Fault(f"!/{name}", fault)

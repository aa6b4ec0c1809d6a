"""Web archives: WARC by FastWARC, the older ARC by warcio, record by record.

Responses with status 200, resources and conversions of types that can hold an article become pieces; requests, metadata, images are
nothing; other statuses and records that are cut off or don't decode are rejects, and the archive goes on after them where it can.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from fastwarc.warc import ArchiveIterator, WarcRecordType
from warcio.archiveiterator import ArchiveIterator as ArcIterator
from warcio.exceptions import ArchiveLoadFailed

from tasks.config import Limits
from tasks.errors import RejectDocument
from tasks.ingest.pieces import HTML, TEXT, Fault, Piece, charset_of

_WANTED = WarcRecordType.response | WarcRecordType.resource | WarcRecordType.conversion
_TYPES = {"text/html": HTML, "application/xhtml+xml": HTML, "text/plain": TEXT}


class _Forward:
    """A stream that is only read on: FastWARC wants to be told where it is, and panics on a stream that can't."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._at = 0

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._at += len(data)
        return data

    def tell(self) -> int:
        return self._at

    def seek(self, _offset: int, _whence: int = 0) -> int:
        raise io.UnsupportedOperation("a stream that is only read on")

    def close(self) -> None:
        """Whoever opened the stream closes it."""


def records(stream: io.BufferedReader, limits: Limits) -> Iterator[Piece | Fault]:
    """The documents of a WARC or ARC file; the place is the record's number among all records of the file."""
    if stream.peek(8)[:8] == b"filedesc":
        yield from _arc(stream, limits)
    else:
        yield from _warc(_Forward(stream), limits)


def _warc(stream: _Forward, limits: Limits) -> Iterator[Piece | Fault]:
    number = 0
    try:
        for record in ArchiveIterator(stream, parse_http=False, record_types=WarcRecordType.any_type, fsspec_args=False):
            number += 1
            if record.record_type & _WANTED and (piece := _read(record, f"#{number}", limits)):
                yield piece
    except (OSError, ValueError, EOFError) as error:
        yield Fault(f"#{number + 1}", RejectDocument("bad_record", f"the archive can't be read on: {error}"))


def _read(record: Any, place: str, limits: Limits) -> Piece | Fault | None:
    url = record.headers.get("WARC-Target-URI", "").strip("<>")
    at = record.record_date
    length = record.content_length
    if length > limits.max_record_bytes:
        return Fault(place, RejectDocument("too_large", f"a record of {length} bytes"))
    if record.record_type & WarcRecordType.response:
        if not record.is_http:
            return None
        return _response(record, place, url, at, limits)
    declared = record.headers.get("Content-Type", "")
    media_type = TEXT if record.record_type & WarcRecordType.conversion else _TYPES.get(declared.partition(";")[0].strip().lower())
    if media_type is None:
        return None
    raw = record.reader.read(limits.max_record_bytes + 1)
    return _checked(Piece(place, raw, media_type, charset_of(declared), {"url": url}, at), length, limits)


def _response(record: Any, place: str, url: str, at: dt.datetime | None, limits: Limits) -> Piece | Fault | None:
    record.parse_http(auto_decode="all")
    headers = record.http_headers
    declared = headers.get("Content-Type", "")
    media_type = _TYPES.get(declared.partition(";")[0].strip().lower())
    if media_type is None:
        return None
    if headers.status_code != 200:
        return Fault(place, RejectDocument("fetch_failed", f"the host answered {headers.status_code}"))
    raw = record.reader.read(limits.max_document_bytes + 1)
    whole = int(headers.get("Content-Length", "0") or 0) if not headers.get("Content-Encoding") else 0
    return _checked(Piece(place, raw, media_type, charset_of(declared), {"url": url}, at), whole, limits)


def _checked(piece: Piece, length: int, limits: Limits) -> Piece | Fault:
    if len(piece.raw) > limits.max_document_bytes:
        return Fault(piece.place, RejectDocument("too_large", f"over {limits.max_document_bytes} bytes"))
    if not piece.raw.strip():
        return Fault(piece.place, RejectDocument("empty", "a record without a body"))
    if len(piece.raw) < length:
        return Fault(piece.place, RejectDocument("bad_record", f"cut off: {len(piece.raw)} of {length} bytes"))
    return piece


def _arc(stream: BinaryIO, limits: Limits) -> Iterator[Piece | Fault]:
    number = 0
    try:
        for record in ArcIterator(stream):
            number += 1
            if record.rec_type != "response" or record.http_headers is None:
                continue
            declared = record.http_headers.get_header("Content-Type") or ""
            media_type = _TYPES.get(declared.partition(";")[0].strip().lower())
            if media_type is None:
                continue
            if record.http_headers.get_statuscode() != "200":
                yield Fault(f"#{number}", RejectDocument("fetch_failed", f"the host answered {record.http_headers.get_statuscode()}"))
                continue
            raw = record.content_stream().read(limits.max_document_bytes + 1)
            fields = {"url": record.rec_headers.get_header("uri") or ""}
            yield _checked(Piece(f"#{number}", raw, media_type, charset_of(declared), fields), 0, limits)
    except (ArchiveLoadFailed, OSError, ValueError, EOFError) as error:
        yield Fault(f"#{number + 1}", RejectDocument("bad_record", f"the archive can't be read on: {error}"))

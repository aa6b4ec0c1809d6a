"""Web archives: WARC by FastWARC, the older ARC by warcio, record by record.

Responses with status 200, resources and conversions of types that can hold an article become pieces; requests, metadata, images are
nothing; other statuses, records that are cut off and bytes that are no record are rejects, and the archive goes on after them where it
can. Payloads are decoded here rather than by FastWARC: many archives hold plain bodies under a head that says gzip, and an archive
can't be read on behind a payload that FastWARC could not decode.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from fastwarc.stream_io import BrotliReader, ChunkedReader, ZstdReader
from fastwarc.warc import ArchiveIterator, WarcRecordType
from warcio.archiveiterator import ArchiveIterator as ArcIterator
from warcio.exceptions import ArchiveLoadFailed

from tasks.config import Limits
from tasks.errors import RejectDocument
from tasks.ingest import compression
from tasks.ingest.pieces import HTML, TEXT, Fault, Piece, charset_of

_WANTED = WarcRecordType.response | WarcRecordType.resource | WarcRecordType.conversion
_TYPES = {"text/html": HTML, "application/xhtml+xml": HTML, "text/plain": TEXT}
PADDING = 16
"""Bytes between two records that are no fault: line ends, and blanks in heads that are not counted."""


class _Forward:
    """A stream that is only read on: FastWARC wants to be told where it is, and panics on a stream that can't.

    Attributes:
        records: how many were met in it so far, readable or not.
    """

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._at = 0
        self.records = 0

    def resume(self) -> bool:
        """Whether another record is found behind one that does not decode."""
        raw = self._stream.raw
        return isinstance(raw, compression.Capped) and raw.resume(b"WARC/")

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read1(size)  # never more than there is: what came before a fault of the stream must not be lost with it
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
    if _is_arc(stream):
        yield from _arc(stream, limits)
    else:
        yield from _warc(_Forward(stream), limits)


def _is_arc(stream: io.BufferedReader) -> bool:
    try:
        return stream.peek(8).startswith(b"filedesc")
    except RejectDocument:  # the first record does not decode; it is told when it is read
        return False


def _warc(stream: _Forward, limits: Limits) -> Iterator[Piece | Fault]:
    while True:
        try:
            yield from _from_here(stream, limits)
        except RejectDocument as fault:  # the file's compression: a record a member, and the next ones may be whole
            if fault.reason != "bad_archive" or not stream.resume():
                raise
            stream.records += 1
            yield Fault(f"#{stream.records}", RejectDocument("bad_record", f"a record that {fault.message}"))
        except (OSError, ValueError, EOFError) as error:
            yield Fault(f"#{stream.records + 1}", RejectDocument("bad_record", f"the archive can't be read on: {error}"))
            return
        else:
            return


def _from_here(stream: _Forward, limits: Limits) -> Iterator[Piece | Fault]:
    """The records from where the stream stands to its end, or to where it does not decode."""
    due = stream.tell()
    records = ArchiveIterator(stream, parse_http=False, record_types=WarcRecordType.any_type, fsspec_args=False, quirks_mode=True)
    for record in records:
        stream.records += 1
        if record.stream_pos > due + PADDING:
            yield _no_record(stream.records, record.stream_pos - due)
        due = _end(record)
        if piece := _read(record, f"#{stream.records}", limits):
            yield piece
    while stream.read(1 << 16):
        pass
    if stream.tell() > due + PADDING:
        yield _no_record(stream.records + 1, stream.tell() - due)


def _no_record(number: int, size: int) -> Fault:
    return Fault(f"#{number}~", RejectDocument("bad_record", f"{size} bytes before it that are no record"))


def _end(record: Any) -> int:
    """Where the record should end in its file, by what its head says."""
    head = sum(len(name) + len(value) + 4 for name, value in record.headers.items()) + 16
    return int(record.stream_pos) + head + int(record.content_length)


def _read(record: Any, place: str, limits: Limits) -> Piece | Fault | None:
    if not record.record_type & _WANTED:
        lost = "WARC-Type" not in record.headers
        return Fault(place, RejectDocument("bad_record", "a record whose head says no type")) if lost else None
    url = record.headers.get("WARC-Target-URI", "").strip("<>")
    if record.content_length > limits.max_record_bytes:
        return Fault(place, RejectDocument("too_large", f"a record of {record.content_length} bytes"))
    if record.headers.get("WARC-Truncated"):
        return Fault(place, RejectDocument("bad_record", "cut off when it was archived"))
    if record.record_type & WarcRecordType.response:
        if record.is_http:
            return _response(record, place, url, limits)
        lost = url.startswith("http") or not url
        return Fault(place, RejectDocument("bad_record", "a response that is no HTTP message")) if lost else None
    declared = record.headers.get("Content-Type", "")
    media_type = TEXT if record.record_type & WarcRecordType.conversion else _TYPES.get(declared.partition(";")[0].strip().lower())
    if media_type is None:
        return None
    length = record.content_length
    raw = record.reader.read(limits.max_record_bytes + 1)
    return _checked(Piece(place, raw, media_type, charset_of(declared), {"url": url}, record.record_date), len(raw), length, limits)


def _response(record: Any, place: str, url: str, limits: Limits) -> Piece | Fault | None:
    at: dt.datetime | None = record.record_date
    record.parse_http(auto_decode="none", quirks_mode=True)
    headers, length = record.http_headers, record.content_length
    declared = headers.get("Content-Type", "")
    media_type = _TYPES.get(declared.partition(";")[0].strip().lower())
    if media_type is None:
        return None
    if headers.status_code != 200:
        return Fault(place, RejectDocument("fetch_failed", f"the host answered {headers.status_code}"))
    raw = record.reader.read(limits.max_record_bytes + 1)
    try:
        body = _body(raw, headers, limits)
    except RejectDocument as fault:
        return Fault(place, fault)
    return _checked(Piece(place, body, media_type, charset_of(declared), {"url": url}, at), len(raw), length, limits)


def _body(raw: bytes, headers: Any, limits: Limits) -> bytes:
    """The payload without its encodings; where it is not encoded as its head says, as it is."""
    if "chunked" in headers.get("Transfer-Encoding", "").lower():
        try:
            raw = ChunkedReader(io.BytesIO(raw)).read(len(raw)) or raw
        except (OSError, ValueError):
            return raw
    encoding = headers.get("Content-Encoding", "").strip().lower()
    try:
        return b"".join(compression.capped(_decoded(raw, encoding, limits), limits.max_document_bytes))
    except RejectDocument as fault:
        if fault.reason == "bad_archive":
            return raw
        raise


def _decoded(raw: bytes, encoding: str, limits: Limits) -> Iterator[bytes]:
    if encoding in ("", "identity"):
        yield raw
        return
    if encoding not in ("br", "zstd"):
        yield from compression.inflated([raw], encoding, limits)
        return
    reader = BrotliReader(io.BytesIO(raw)) if encoding == "br" else ZstdReader(io.BytesIO(raw))
    try:
        body = reader.read(limits.max_document_bytes + 1)
    except (OSError, ValueError) as error:
        raise RejectDocument("bad_archive", f"the answer does not decode: {error}") from error
    if len(body) > compression.SLACK and len(body) > limits.max_ratio * len(raw):
        raise RejectDocument("bomb", f"over {limits.max_ratio} bytes out of each byte of the answer")
    yield body


def _checked(piece: Piece, have: int, length: int, limits: Limits) -> Piece | Fault:
    """The piece, unless it is too large, empty, or has fewer bytes in the file than its head says."""
    if len(piece.raw) > limits.max_document_bytes:
        return Fault(piece.place, RejectDocument("too_large", f"over {limits.max_document_bytes} bytes"))
    if have < length:
        return Fault(piece.place, RejectDocument("bad_record", f"cut off: {have} of {length} bytes"))
    if not piece.raw.strip():
        return Fault(piece.place, RejectDocument("empty", "a record without a body"))
    return piece


def _arc(stream: BinaryIO, limits: Limits) -> Iterator[Piece | Fault]:
    number = 0
    try:
        for record in ArcIterator(stream):
            number += 1
            if record.rec_type != "response":
                continue
            if record.http_headers is None or not record.http_headers.get_statuscode():
                yield Fault(f"#{number}", RejectDocument("bad_record", "a response that is no HTTP message"))
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
            yield _checked(Piece(f"#{number}", raw, media_type, charset_of(declared), fields), len(raw), 0, limits)
    except (ArchiveLoadFailed, OSError, ValueError, EOFError) as error:
        yield Fault(f"#{number + 1}", RejectDocument("bad_record", f"the archive can't be read on: {error}"))

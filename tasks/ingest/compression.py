"""Compressed files, decoded as they are read, with a cap on how much may come out of how little.

gz member by member, bz2 and zst by the standard library and zstandard; zip by the standard library, name by name. A bomb is stopped
after `max_ratio` times what was read of the file (and `SLACK`), not after it has filled the memory.
"""

from __future__ import annotations

import bz2
import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import zstandard

from tasks.config import Limits
from tasks.errors import RejectDocument
from tasks.ingest.gzip_members import Members

SLACK = 1 << 20
"""Decoded bytes that any file may have: small files of nothing but one letter are harmless."""
WINDOW = 1 << 25
"""Largest zstd window in bytes (zstd -19 uses 8 MiB, --ultra -22 asks for 128)."""
_CHUNK = 1 << 16
DIRECTORY = 16 << 20
"""Largest central directory of a zip archive in bytes: zipfile holds it in memory."""
_BROKEN = (EOFError, zlib.error, zstandard.ZstdError, zipfile.BadZipFile, NotImplementedError, OSError)


class Capped(io.RawIOBase):
    """A decoder's output that ends in `bomb` when it outgrows its input, and in `bad_archive` when it does not decode.

    Args:
        encoded: says how many encoded bytes were read so far.
    """

    def __init__(self, decoded: Any, encoded: Callable[[], int], ratio: int) -> None:
        self._decoded = decoded
        self._encoded = encoded
        self._ratio = ratio
        self._count = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Bytes read; see the class."""
        try:
            data = self._decoded.read1(len(buffer))  # what decodes before a fault must not be lost with it
        except _BROKEN as error:
            raise RejectDocument("bad_archive", f"does not decode: {error}") from error
        self._count += len(data)
        if self._count > SLACK and self._count > self._ratio * self._encoded():
            raise RejectDocument("bomb", f"over {self._ratio} bytes out of each byte of the file; limits.max_ratio raises the limit")
        buffer[: len(data)] = data
        return len(data)

    def resume(self, begins: bytes) -> bool:
        """Whether the stream goes on behind what did not decode, with text that begins so; only gzip's members can be found again."""
        return isinstance(self._decoded, Members) and self._decoded.resume(begins)


def decoded(stream: io.BufferedReader, name: str, limits: Limits) -> tuple[io.BufferedReader, str]:
    """The stream without its compression, and the name without its suffix; both as they are where there is none."""
    bare, _, suffix = name.rpartition(".")
    match suffix.lower():
        case "gz":
            inner: Any = Members(stream)
        case "bz2":
            inner = bz2.BZ2File(stream)
        case "zst":
            inner = zstandard.ZstdDecompressor(max_window_size=WINDOW).stream_reader(stream, read_across_frames=True)
        case _:
            return stream, name
    return io.BufferedReader(Capped(inner, stream.tell, limits.max_ratio), 1 << 16), bare


def inflated(chunks: Iterable[bytes], encoding: str, limits: Limits) -> Iterator[bytes]:
    """The bytes of an HTTP body without its content encoding, never more than 64 KiB at once and never out of proportion to what came.

    Args:
        encoding: gzip, x-gzip or deflate, with or without zlib's head.

    Raises:
        RejectDocument: `bad_archive` (another encoding, or not so encoded), `bomb`.
    """
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise RejectDocument("bad_archive", f"an encoding that is not read: {encoding[:40]}")
    decoder = None
    encoded = count = 0
    for chunk in chunks:
        encoded += len(chunk)
        rest = chunk
        decoder = decoder or zlib.decompressobj(-15 if encoding == "deflate" and not _has_zlib_head(chunk) else 47)
        while rest and not decoder.eof:
            try:
                data = decoder.decompress(rest, _CHUNK)
            except zlib.error as error:
                raise RejectDocument("bad_archive", f"the answer does not decode: {error}") from error
            rest = decoder.unconsumed_tail
            count += len(data)
            if count > SLACK and count > limits.max_ratio * encoded:
                raise RejectDocument("bomb", f"over {limits.max_ratio} bytes out of each byte of the answer")
            yield data
    if decoder is not None and not decoder.eof:
        raise RejectDocument("bad_archive", "the answer breaks off")


def _has_zlib_head(chunk: bytes) -> bool:
    """RFC 1950: method 8, and both bytes a multiple of 31; some servers send deflate without it."""
    return len(chunk) < 2 or (chunk[0] & 15 == 8 and int.from_bytes(chunk[:2], "big") % 31 == 0)


def capped(chunks: Iterable[bytes], most: int) -> Iterator[bytes]:
    """The chunks until they hold more than `most` bytes."""
    count = 0
    for chunk in chunks:
        count += len(chunk)
        yield chunk
        if count > most:
            return


def members(stream: io.BufferedReader, limits: Limits) -> Iterator[tuple[str, io.BufferedReader | RejectDocument]]:
    """(name, stream) of the files in a zip archive, or (name, why not).

    Raises:
        RejectDocument: no archive that can be read, or its directory is out of proportion.
    """
    _check_directory(stream)
    try:
        archive = zipfile.ZipFile(stream)
    except _BROKEN as error:
        raise RejectDocument("bad_archive", f"no zip archive: {error}") from error
    with archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            if not is_plain(info.filename):
                yield info.filename, RejectDocument("unsafe_path", "a name that leads out of the archive")
                continue
            try:
                inner = archive.open(info)
            except (*_BROKEN, RuntimeError) as error:
                yield info.filename, RejectDocument("bad_archive", f"does not open: {error}")
                continue
            with inner:
                capped = Capped(inner, partial(max, info.compress_size, 1), limits.max_ratio)
                yield info.filename, io.BufferedReader(capped)


def is_plain(name: str) -> bool:
    """A relative name that stays in its folder."""
    path = PurePosixPath(name)
    odd = any(c in name for c in "\\\0:") or any(ord(c) < 32 for c in name)
    return bool(name) and not path.is_absolute() and ".." not in path.parts and not odd and len(name) <= 1000


def _check_directory(stream: io.BufferedReader) -> None:
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, size - 66_000))
    tail = stream.read()
    stream.seek(0)
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) < at + 16:
        raise RejectDocument("bad_archive", "no zip archive: it has no directory")
    directory = int.from_bytes(tail[at + 12 : at + 16], "little")
    if directory > DIRECTORY:
        raise RejectDocument("bomb", f"a directory of {directory} bytes")

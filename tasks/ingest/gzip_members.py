"""A gzip file member by member, so that behind a broken one it can be read on.

Web archives hold a member a record. The standard library's reader ends at the first member that does not decode, and with it end all
records behind it; this one can be told to go on.
"""

from __future__ import annotations

import io
import zlib
from collections import deque

_CHUNK = 1 << 16
_KEPT = 16
"""Chunks of the member at hand that are kept: what a broken member swallowed is looked through again, a mebibyte of it at most."""
_MAGIC = b"\x1f\x8b\x08"
_TRIED = 1 << 12


class Members:
    """The decoded bytes of a gzip file.

    Args:
        stream: the file; only read on.
    """

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._rest = b""
        self._decoder: zlib._Decompress | None = None
        self._member: deque[bytes] = deque(maxlen=_KEPT)

    def read1(self, size: int) -> bytes:
        """What the next compressed bytes decode to, `size` bytes at most; b"" at the end.

        Raises:
            zlib.error: the bytes are no gzip, or a member's checksum is wrong.
            EOFError: the file ends within a member.
        """
        while self._rest or self._fill():
            if self._decoder is None:
                self._rest = self._rest.lstrip(b"\0")  # RFC 1952 has no padding between members, tapes and gzip's own reader do
                if not self._rest:
                    continue
                self._decoder = zlib.decompressobj(31)
                self._member = deque([self._rest], maxlen=_KEPT)
            data = self._decoder.decompress(self._rest, size)
            self._rest = self._decoder.unconsumed_tail
            if self._decoder.eof:
                self._rest, self._decoder = self._decoder.unused_data, None
            if data:
                return data
        if self._decoder is not None:
            raise EOFError("the file ends within a compressed member")
        return b""

    def resume(self, begins: bytes) -> bool:
        """Goes on at the next member whose text begins so, behind one that did not decode; False where there is none."""
        self._rest, self._decoder = b"".join(self._member)[1:], None
        self._member.clear()
        while len(self._rest) >= _TRIED or self._more() or len(self._rest) > len(_MAGIC):
            at = self._rest.find(_MAGIC)
            if at < 0:
                self._rest = self._rest[-len(_MAGIC) + 1 :]
                if not self._more():
                    return False
                continue
            self._rest = self._rest[at:]
            while len(self._rest) < _TRIED and self._more():
                pass
            if _begins(self._rest[:_TRIED], begins):
                return True
            self._rest = self._rest[1:]
        return False

    def _fill(self) -> bool:
        """Whether there was another chunk; it is part of the member at hand."""
        self._rest = self._stream.read1(_CHUNK)
        if self._decoder is not None:
            self._member.append(self._rest)
        return bool(self._rest)

    def _more(self) -> bool:
        chunk = self._stream.read1(_CHUNK)
        self._rest += chunk
        return bool(chunk)


def _begins(compressed: bytes, text: bytes) -> bool:
    try:
        return zlib.decompressobj(31).decompress(compressed, len(text)) == text
    except zlib.error:
        return False

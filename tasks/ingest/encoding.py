"""Bytes to text: byte order mark, what was declared, UTF-8, then detection."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

from tasks.errors import RejectDocument

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_META = re.compile(
    rb"""<meta[^>]{0,200}?charset\s{0,5}=\s{0,5}["']?\s{0,5}([A-Za-z0-9_:.-]{2,40})|^<\?xml[^>]{0,100}?encoding\s{0,5}=\s{0,5}["']([A-Za-z0-9_:.-]{2,40})""",
    re.IGNORECASE,
)
_HEAD = 4096


def decode(raw: bytes, declared: str | None = None) -> str:
    """The text of the bytes.

    Args:
        declared: the charset that the transport named.

    Raises:
        RejectDocument: `empty`, `binary` (NUL bytes) or `bad_encoding`.
    """
    for mark, name in _BOMS:
        if raw.startswith(mark):
            return _strict(raw[len(mark) :], name) or _reject()
    if not raw.strip():
        raise RejectDocument("empty", f"no text in {len(raw)} bytes")
    for name in _candidates(raw, declared):
        if (text := _strict(raw, name)) is not None:
            if "\0" in text:
                raise RejectDocument("binary", f"{text.count(chr(0))} NUL characters as {name}")
            return text
    if raw.count(0) > 0:
        raise RejectDocument("binary", f"{raw.count(0)} NUL bytes among {len(raw)}")
    best = from_bytes(raw[:200_000]).best()
    if best is None:
        return _reject()
    return _strict(raw, best.encoding) or _reject()


def _candidates(raw: bytes, declared: str | None) -> list[str]:
    match = _META.search(raw[:_HEAD])
    inside = (match[1] or match[2]).decode("ascii") if match else None
    return [name for name in (declared, inside, "utf-8") if name]


def _strict(raw: bytes, name: str) -> str | None:
    try:
        return raw.decode(name)
    except (LookupError, UnicodeError):
        return None


def _reject() -> str:
    raise RejectDocument("bad_encoding", "bytes in no encoding that could be found")

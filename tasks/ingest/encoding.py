"""Bytes to text: byte order mark, UTF-8, what was declared, then detection.

UTF-8 goes before the declaration: bytes beyond ASCII that are valid UTF-8 are UTF-8, while declarations are often those of a template.
Legacy encodings are detected by resiliparse, the rest (UTF-16 and -32 without a mark, ISO-2022) by charset-normalizer: the figures that
chose them are in docs/log/ingest.md.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from charset_normalizer import from_bytes
from resiliparse.parse.encoding import detect_encoding

from tasks.errors import RejectDocument

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s{0,5}=\s{0,5}["']?\s{0,5}([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE)
_XML = re.compile(rb"""\s{0,20}<\?xml[^>]{0,100}?encoding\s{0,5}=\s{0,5}["']([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE)
_HEAD, _SAMPLE = 4096, 100_000
_SUPERSETS = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "tis-620": "cp874",
    "big5": "big5hkscs",
}
"""Codec -> the superset that is often meant by its name (WHATWG Encoding Standard)."""
_C1 = re.compile(rb"[\x80-\x9f]")
MOSTLY = 0.9
"""Share of valid sequences among all non-ASCII ones from which broken UTF-8 is told from a legacy encoding."""
_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]")


def decode(raw: bytes, declared: str | None = None) -> str:
    """The text of the bytes.

    Args:
        declared: the charset that the transport named.

    Raises:
        RejectDocument: `empty`, `binary` (NUL characters) or `bad_encoding`.
    """
    if not raw.strip(b" \t\r\n\0\xef\xbb\xbf"):
        raise RejectDocument("empty", f"no text in {len(raw)} bytes")
    for mark, name in _BOMS:
        if raw.startswith(mark) and (text := _strict(raw[len(mark) :], name)) is not None:
            return _text(text, name)
    for name in _candidates(raw, declared):
        if (text := _strict(raw, name)) is not None:
            return _text(text, name)
    if _is_broken_utf8(raw):
        raise RejectDocument("bad_encoding", "UTF-8 with broken sequences in it")
    raise RejectDocument("bad_encoding", "bytes in no encoding that could be found")


def _text(text: str, name: str) -> str:
    if "\0" in text:
        raise RejectDocument("binary", f"{text.count(chr(0))} NUL characters as {name}")
    return text.removeprefix("\ufeff")


def _candidates(raw: bytes, declared: str | None) -> Iterator[str]:
    """Names to try, in this order."""
    wide = b"\0" in raw[:_HEAD]
    shifted = b"\x1b$" in raw[:_SAMPLE] or b"~{" in raw[:_SAMPLE]
    match = _META.search(raw[:_HEAD]) or _XML.match(raw[:_HEAD])
    named = [name for name in (declared, match[1].decode("ascii") if match else None) if name]
    if wide or (shifted and not named and raw.isascii()):
        best = from_bytes(raw[:_SAMPLE]).best()
        yield best.encoding if best and (shifted or best.encoding.startswith("utf_")) else "utf-8"
        return
    for label in [*named, "utf-8"] if raw.isascii() else ["utf-8", *named]:
        yield from _meant(label, raw)
    if not raw.isascii() and not _is_broken_utf8(raw):
        yield from _meant(detect_encoding(raw[:_SAMPLE]) or "utf-8", raw)
        yield from [best.encoding] if (best := from_bytes(raw[:_SAMPLE]).best()) else []


def _meant(label: str, raw: bytes) -> list[str]:
    """The codecs that a label may stand for: its own and a superset, which goes first where its own would give control codes."""
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return []
    bigger = _SUPERSETS.get(name)
    if bigger is None:
        return [name]
    return [bigger, name] if name in ("iso8859-1", "iso8859-9") and _C1.search(raw) else [name, bigger]


def _is_broken_utf8(raw: bytes) -> bool:
    """Mostly valid multi-byte sequences, and some bytes that are none."""
    sample = raw[:_SAMPLE]
    whole = _SEQUENCE.findall(sample)
    stray = len(_HIGH.findall(sample)) - sum(map(len, whole))
    return len(whole) > 0 and stray > 0 and len(whole) >= MOSTLY * (len(whole) + stray)


def _strict(raw: bytes, name: str) -> str | None:
    try:
        return raw.decode(name)
    except (LookupError, UnicodeError, ValueError):
        return None

"""Article text on its way into a page: no control characters, no markup, no address but http(s) with its host in sight.

HTML is escaped by the templates (Jinja2's autoescape); what stands here is what escaping alone does not do.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import urlsplit

_BLANKS = re.compile(r"\s+")
_ANYWHERE = re.compile(r"([\\`*_{}\[\]<>!|~&$^])")
_IN_FRONT = re.compile(r"^(\d{1,9}(?=[.)])|(?=[#+\-=]))")
_ADDRESSES = re.compile(r"(https?(?=:)|ftp(?=:)|www(?=\.)|(?<=\w)(?=@))", re.IGNORECASE)
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_JOINERS = "\u200c\u200d"
"""Zero-width (non-)joiners: letters of Persian and Hindi words, and harmless."""
_HOST = re.compile(r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
LONGEST_LINK = 2000
"""Characters; a longer address is shown as none."""


@dataclass(frozen=True)
class Link:
    """An address that may be followed.

    Attributes:
        href: percent-encoded where it was not ASCII.
        host: in ASCII (punycode), so that look-alike letters show.
    """

    href: str
    host: str


def plain(text: str | None) -> str:
    """One line without control, format (bidirectional override) and private characters: Unicode's categories C.

    Terminal escapes and texts that read backwards end here.
    """
    text = unicodedata.normalize("NFC", text or "")
    if not text.isprintable():  # false for categories C, and for blanks other than U+0020
        text = "".join(map(_shown, text))
    return _BLANKS.sub(" ", text).strip()


def _shown(character: str) -> str:
    if character.isspace():
        return " "
    return character if character in _JOINERS or unicodedata.category(character)[0] != "C" else ""


def shorten(text: str, limit: int) -> str:
    """The text cut at a word to at most `limit` characters, the ellipsis counted."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:–-") + "…"


def link(address: str | None) -> Link | None:
    """The address if it is http or https with a host and without a user's name in it."""
    if not address or len(address) > LONGEST_LINK or any(c.isspace() or unicodedata.category(c)[0] == "C" for c in address):
        return None
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna").decode("ascii").lower()
        port = f":{parts.port}" if parts.port else ""
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or "\\" in address or not _HOST.fullmatch(host):
        return None
    return Link(f"{parts.scheme}://{host}{port}{_tail(address, parts.netloc)}", host)


def _tail(address: str, netloc: str) -> str:
    rest = address.split(netloc, 1)[1]
    return "".join(c if c.isascii() and c not in "\"'<>`(){}|[]^" else "".join(f"%{b:02X}" for b in c.encode()) for c in rest)


def markdown(text: str) -> str:
    """The text with all escaped that Markdown, its tables or HTML within it could read as markup.

    A word joiner (U+2060) breaks addresses, since GitHub's flavour links them even where they are escaped.
    """
    text = _ANYWHERE.sub(lambda match: _ENTITIES.get(match[0], f"\\{match[0]}"), _ADDRESSES.sub("\\1\u2060", text))
    return _IN_FRONT.sub(r"\1\\", text)

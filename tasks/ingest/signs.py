"""Signs that a text is not what it looks like: flags of an article, never reasons to drop it."""

from __future__ import annotations

import re

_HIDDEN = re.compile(
    "[\u200b\u2060\u202a-\u202e\u2066-\u2069]|&#(?:8203|8288|x200[bB]|x202[aAeEdD]);"
    "|(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0000-\U000e007f]"
)
"""Zero widths, turned directions, and tags but for those that make a black flag into Scotland's or Wales's."""
_LATIN, _OTHER = "A-Za-z\u00c0-\u024f", "\u0370-\u03ff\u0400-\u052f\u0531-\u0586\u13a0-\u13ff"
"""Against Latin: Greek, Cyrillic, Armenian, Cherokee."""
_DRESSED = re.compile("[\U0001d400-\U0001d7ff]{2}")
"""Mathematical letters in a row: a word that no search finds, since Unicode's composed form keeps them apart from letters."""
_MIXED = re.compile(f"[{_LATIN}][{_OTHER}]|[{_OTHER}][{_LATIN}]")
_MOJIBAKE = re.compile(
    "\u00c3[\u0080-\u00bf\u0152-\u0192\u201a-\u203a]|\u00e2\u20ac|\u00c2[\u00a0-\u00bf]|\ufffd|[\u00d0\u00d1][\u0080-\u00bf]"
)
MOST = 2
"""Hits of mojibake from which it is none by chance."""


def flags(raw_text: str, text: str) -> list[str]:
    """`confusable`: words of two alphabets or of mathematical letters, or characters that nobody sees.

    `mojibake`: UTF-8 that was read as something else.

    Args:
        raw_text: as decoded, with what the article's text has lost.
    """
    found = ["confusable"] if _MIXED.search(text) or _DRESSED.search(text) or _HIDDEN.search(raw_text) else []
    hits = sum(1 for _, _ in zip(_MOJIBAKE.finditer(text), range(MOST), strict=False))
    return [*found, "mojibake"] if hits >= MOST else found

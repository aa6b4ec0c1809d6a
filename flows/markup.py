"""Text from outside on a page of Prefect's: nothing of it is markup, a link or an image."""

from __future__ import annotations

import re
import unicodedata

MARKUP = re.compile(r"[\\`*\[\]<>()#!|~&@]|(?<!\w)_|_(?!\w)|:(?=//)|(?<=www)\.|^[-+=]+|^\d+[.)](?=\s|$)", re.IGNORECASE)


def visible(text: object) -> str:
    """Text on one line, every invisible sign (one that turns the reading direction, say) as its code."""
    codes = ("Cc", "Cf", "Cs", "Co")
    line = " ".join(str(text).split())
    return "".join(f"U+{ord(sign):04X}" if unicodedata.category(sign) in codes else sign for sign in line)


def cell(text: object) -> str:
    """The same for a table's cell. Prefect's page shows some cells as Markdown and others, with their escapes, as they are.

    So signs that could be markup there are shown by their wide forms, which look alike and mean nothing.
    """
    return MARKUP.sub(lambda found: "".join(_wide(sign) for sign in found[0]), visible(text))


def _wide(sign: str) -> str:
    return chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign


def plain(text: object) -> str:
    """The same for a page in Markdown, where nothing of it is markup: all signs of Markdown and HTML are escaped."""
    return re.sub(r"([\\`*_{}\[\]<>()#+\-.!|~&:/@$^=])", lambda found: f"&#{ord(found[1])};", visible(text))

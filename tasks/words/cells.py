"""Text in a spreadsheet's cell."""

from __future__ import annotations

STARTERS = frozenset("=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20")
"""What makes a spreadsheet take a cell for a formula (OWASP ASVS 5.0, 1.2.10), in its wide forms as well."""


def harmless(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would take it for a formula, leading blanks or not."""
    begins = {text[:1], text.lstrip()[:1]} - {""}
    return f"'{text}" if begins & STARTERS else text

"""Where a target is named in a text: its name and aliases, inflected, as whole words.

Only text that can bear on a target is shown to a model: that is most of the speed, and it keeps a model from guessing about targets
that nobody spoke of.
"""

from __future__ import annotations

import re
from functools import lru_cache

from tasks.config import Target

Span = tuple[int, int]

ENDINGS = r"(?:['’]s|s['’]|['’]|s|es|n|en|er|e)?"
"""Endings under which a name still is the name: possessive and plural in English, case and plural in German."""
SHORT = 4
"""Names below this many characters (EU, WHO) are matched in their own case and without endings: as words they mean something else."""


@lru_cache(maxsize=1024)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    """One alternation, longest name first, so that `Port of Karsk` wins over `Karsk`; literals only, so linear in the text."""
    parts = []
    for name in sorted(set(names), key=lambda name: (-len(name), name)):
        words = r"\s+".join(re.escape(word) for word in name.split())
        parts.append(words if len(name) < SHORT else f"(?i:{words}){ENDINGS}")
    return re.compile(rf"(?<![\w-])(?:{'|'.join(parts)})(?!\w)")


def names(target: Target) -> tuple[str, ...]:
    """The names that stand for a target."""
    return (target.name, *target.aliases)


def mentions(text: str, target: Target, start: int = 0, end: int | None = None) -> list[Span]:
    """Where `text[start:end]` names the target: spans into `text`, in order, none inside another."""
    return [match.span() for match in _pattern(names(target)).finditer(text, start, len(text) if end is None else end)]

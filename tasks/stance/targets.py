"""Where a target is named in a text: its name and aliases, inflected, as whole words.

Only text that can bear on a target is shown to a model: that is most of the speed, and it keeps a model from guessing about targets
that nobody spoke of.
"""

from __future__ import annotations

import re
from functools import lru_cache

from tasks.config import Target

Span = tuple[int, int]

ENDINGS = r"(?:['’]s|s['’]|['’][^\W\d_]{1,5}|['’]|s|es|n|en|er|e)?"
"""Endings under which a name still is the name: possessive and plural in English, case and plural in German, and what Turkish sets
after an apostrophe."""
INNER = r"(?:['’]s|s|n|r|m)?"
"""The same of a word before the last one: `torwische Regierung`, `torwischen Regierung`."""
CYRILLIC = r"[а-яёіїєґў]{0,3}"
"""Case endings of Russian, Ukrainian and Belarusian, after the stem."""
SHORT = 4
"""Names below this many characters (EU, WHO) are matched in their own case and without endings: as words they mean something else."""
_BLANK = r"\s+"
_ARTICLES = dict.fromkeys(("der", "die", "das", "den", "dem", "des"), "(?:der|die|das|den|dem|des)")


@lru_cache(maxsize=1024)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    """One alternation, longest name first, so that `Port of Karsk` wins over `Karsk`; literals only, so linear in the text."""
    return re.compile("|".join(_named(name) for name in sorted(set(names), key=lambda name: (-len(name), name))))


def _named(name: str) -> str:
    """A name and its inflections as a pattern, by its script. Chinese and Japanese set no blanks, Arabic joins particles before it."""
    words = name.split()
    if re.search(r"[\u3040-\u30ff\u3400-\u9fff]", name):
        return r"\s*".join(map(re.escape, words))
    if re.search(r"[\u0600-\u06ff]", name):
        bare = re.sub(r"^ال", "", name)
        return rf"(?<!\w)(?:[وف]?[بلك]?(?:ال|ل)?){_BLANK.join(map(re.escape, bare.split()))}(?!\w)"
    if re.search(r"[\u0400-\u04ff]", name):
        return rf"(?<![\w-])(?i:{_BLANK.join(map(_cyrillic, words))})(?!\w)"
    if len(name) < SHORT:
        return rf"(?<![\w-]){re.escape(name)}(?!\w)"
    told = [_ARTICLES.get(word.lower(), re.escape(word) + (INNER if len(word) >= SHORT else "")) for word in words[:-1]]
    return rf"(?<![\w-])(?i:{_BLANK.join([*told, re.escape(words[-1])])}){ENDINGS}(?!\w)"


def _cyrillic(word: str) -> str:
    if len(word) < SHORT:
        return re.escape(word)
    stem = re.sub(r"(?:ий|ый|ой|ая|яя|ое|ее|ые|ие|[аеёиоуыьэюяйії])$", "", word)
    return re.escape(stem if len(stem) > 2 else word) + CYRILLIC


def names(target: Target) -> tuple[str, ...]:
    """The names that stand for a target."""
    return (target.name, *target.aliases)


def mentions(text: str, target: Target, start: int = 0, end: int | None = None) -> list[Span]:
    """Where `text[start:end]` names the target: spans into `text`, in order, none inside another."""
    return [match.span() for match in _pattern(names(target)).finditer(text, start, len(text) if end is None else end)]

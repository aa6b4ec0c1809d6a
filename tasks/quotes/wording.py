"""What an article's own wording tells of a single capitalised word: a surname, a plural at a sentence's beginning, or a place."""

from __future__ import annotations

import re
from dataclasses import replace

from tasks.quotes.heads import is_kind
from tasks.quotes.lexicon import BARE, BREAK, PLURAL, PRONOUNS
from tasks.quotes.names import Mention, read_mention

_LOWER = re.compile(r"\b[a-z][a-z-]{2,30}s\b")
_AFTER_NAME = re.compile(r"\b([A-Z][\w.’'-]{0,30})[ \u00a0](?=\[?([A-Z][\w’-]{1,30}))")
_IN = re.compile(r"\b(?:in|near|across|outside|throughout)[ \u00a0](?=([A-Z][\w-]{1,30})\b(?![’']s|[ \u00a0][A-Z]))")
_SMALL = BARE | BREAK | PRONOUNS


class Wording:
    """Read once an article: which words it has small too, which after another capitalised one, which as a place."""

    def __init__(self, text: str) -> None:
        self._small = frozenset(_LOWER.findall(text))
        self._surnames = frozenset(name for word, name in _AFTER_NAME.findall(text) if _is_first(word))
        self._places = frozenset(_IN.findall(text))

    def read(self, mention: str) -> Mention:
        """As `read_mention`; a single word without a first name, a role or an honorific is judged by the article."""
        found = read_mention(mention)
        if found.kind != "name" or " " in found.name or found.role or found.gender or found.name in self._surnames:
            return found
        words = mention.split()
        if found.name == words[0].rstrip(",") and (found.name.lower() in self._small or is_kind(words)):
            return Mention("title", " ".join(mention.split()).rstrip(","), "", "", plural=True)
        return replace(found, kind="organisation") if found.name in self._places else found


def _is_first(word: str) -> bool:
    """Whether a capitalised word can stand before a surname: no `The`, no `On`, no sentence's end."""
    low = word.lower()
    return low not in _SMALL | PLURAL and not re.search(r"\w{5,}\.$", word)

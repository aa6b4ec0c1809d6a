"""What a summary must not make up: numbers, dates, names, negations."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tasks.summarize.numerals import LANGUAGES, named

_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f'’]\d+)*")
_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*")
_UNITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
    "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
    "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12, "half": 0.5, "double": 2,
    "twice": 2, "triple": 3, "quarter": 0.25,
}  # fmt: skip
_MAGNITUDES = {"k": 1000, "m": 10**6, "mn": 10**6, "bn": 10**9, "tn": 10**12}
_MAGNITUDE = re.compile(r"(?<=\d)(k|m|mn|bn|tn)\b")
_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"]
_DATES = {d[:n]: d for d in (*_DAYS, *_MONTHS) for n in (3, len(d))} | {"sept": "september", "tues": "tuesday", "thurs": "thursday"}
_AMBIGUOUS = frozenset({"may", "march", "mar", "sat", "sun", "second", "one", "wed"})
"""Words that are dates or numbers only sometimes: `second` is a verb's or a unit's word too. Never a claim on their own."""
_NEGATION_WORDS = """
not no never none nobody nothing neither nor without nowhere hardly refuse refuses refused refusing deny denies denied
fail fails failed cannot unable n't nicht kein keine keinen keiner nie niemals ohne ne pas jamais aucun sans nunca
ningún ninguna sin non mai senza niet geen nooit zonder não nem sem не нет ни без ніколи немає değil yok hiç
"""
_NEGATIONS = frozenset(_NEGATION_WORDS.split())
_STEM = 5


def numbers(text: str, language: str = "en") -> frozenset[str]:
    """Numbers and dates of the text, in a form in which `1,200`, `1200` and `one thousand` share an element.

    A number with one separator before three digits is read both ways (1.200 is 1200 or 1.2); months and weekdays count as dates.

    Args:
        language: BCP-47; its number words are read (`tasks.summarize.numerals`), in a language that is not known there English ones.
    """
    base = language.split("-", maxsplit=1)[0].lower()
    found: set[str] = set()
    for match in _NUMBER.finditer(text):
        found |= _readings(match.group())
    found |= {_plain(_MAGNITUDES[m]) for m in _MAGNITUDE.findall(text.lower())}
    if base in LANGUAGES:
        return frozenset(found.union(*(named(word.lower().rstrip("."), base) for word in _WORD.findall(text))))
    for word in _WORD.findall(text):
        low = word.lower().rstrip(".")
        tens, _, ones = low.partition("-")
        if 20 <= _UNITS.get(tens, 0) <= 90 and 0 < _UNITS.get(ones, 0) < 10:
            found.add(_plain(_UNITS[tens] + _UNITS[ones]))
            continue
        for part in low.split("-"):
            if part in _UNITS and part not in _AMBIGUOUS:
                found.add(_plain(_UNITS[part]))
            elif part.endswith("s") and part[:-1] in _UNITS and _UNITS[part[:-1]] >= 10:
                found.add(_plain(_UNITS[part[:-1]]))
        if word[0].isupper() and low in _DATES and low not in _AMBIGUOUS:
            found.add(_DATES[low])
    return frozenset(found)


def _plain(value: float) -> str:
    return f"{value:.10g}" if value < 10**9 else f"{value:.0f}"


def _readings(token: str) -> set[str]:
    """The values a number may have as it is written, as strings without separators of thousands."""
    parts = re.split(r"[.,\u00a0\u202f'’]", token)
    if len(parts) == 1:
        return {token.lstrip("0") or "0"}
    whole = "".join(parts).lstrip("0") or "0"
    decimal = f"{''.join(parts[:-1]).lstrip('0') or '0'}.{parts[-1].rstrip('0')}".rstrip(".")
    if len(parts[-1]) != 3:
        return {decimal}
    return {whole} if len(parts) > 2 else {whole, decimal}


def new_numbers(sentence: str, article: str, language: str = "en") -> frozenset[str]:
    """Numbers and dates of the sentence that the article lacks."""
    known = numbers(article, language)
    missing: set[str] = set()
    for match in _NUMBER.finditer(sentence):
        readings = _readings(match.group())
        if not readings & known:
            missing |= readings
    return frozenset(missing | {n for n in numbers(_NUMBER.sub(" ", sentence), language) if n not in known})


def names(text: str) -> frozenset[str]:
    """Words written with a capital where a sentence does not call for one, or beside another such word."""
    found: set[str] = set()
    tokens = list(_WORD.finditer(text))
    for index, token in enumerate(tokens):
        word = token.group()
        if not word[0].isupper() or word.lower() in _DATES or word == "I":
            continue
        opens = index == 0 or re.search(r"[.!?:;\"“”'‘’«»(\[\n-]\s*$", text[tokens[index - 1].end() : token.start()]) is not None
        beside = (
            index + 1 < len(tokens) and tokens[index + 1].group()[0].isupper() and text[token.end() : tokens[index + 1].start()] == " "
        )
        if not opens or beside or (word.isupper() and len(word) > 1):
            found.add(word)
    return frozenset(found)


def new_names(sentence: str, article: str) -> frozenset[str]:
    """Names of the sentence of which the article has no word; another ending (Ukraine, Ukrainian) is the same name, and so are initials
    (UN) of words that the article has in a row."""
    known = _keys(_WORD.findall(article))
    initials = "".join(w[0] for w in _WORD.findall(article) if w[0].isupper()).lower()
    return frozenset(n for n in names(sentence) if not _has(n, known, initials))


def _keys(words: Iterable[str]) -> frozenset[str]:
    return frozenset(part for word in words for part in _parts(word))


def _parts(word: str) -> list[str]:
    bare = re.sub(r"['’]s?$", "", word).replace(".", "")
    return [p[:_STEM].lower() for p in re.split(r"[-'’]", bare) if p]


def _has(name: str, known: frozenset[str], initials: str) -> bool:
    bare = re.sub(r"['’]s?$", "", name).replace(".", "")
    return all(part in known for part in _parts(name)) or (bare.isupper() and 2 <= len(bare) <= 5 and bare.lower() in initials)


def negations(text: str) -> int:
    """How many words of the text negate."""
    words = [w.lower() for w in _WORD.findall(text)]
    return sum(w in _NEGATIONS or w.endswith(("n't", "n’t")) for w in words)

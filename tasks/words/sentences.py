"""Where sentences end.

sentencex (Wikimedia, about 300 languages, linear in time) splits; what it still parts on news (titles, months, ordinals of some
languages) is joined again here. Figures beside other libraries: docs/summaries.md.
"""

from __future__ import annotations

import re
from functools import cache

import sentencex

_LINE = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_TAIL = 40
"""How many characters before a full stop decide about it: a bound, so that the cost stays linear."""

_ABBREVIATIONS: dict[str, str] = {
    "en": "mr|mrs|ms|dr|prof|st|approx|pct|ft|mt|messrs|mmes|supt|insp|cmdr|sgt|cpl|"
    "pvt|capt|maj|lt|col|gen|rev|hon|gov|sen|rep|atty|dept|dist|est|vs|viz",
    "de": "bzw|ca|dr|prof|hr|fr|st|str|nr|mio|mrd|abs|art|bspw|evtl|ggf|jan|febr|aug|sept|okt|nov|dez|jh|geb|gest|sog|vgl|zzgl",
    "fr": "m|mm|mme|mlle|mgr|dr|pr|me|st|ste|janv|févr|juil|sept|oct|nov|déc|env|av|art|vol|éd|cf",
    "es": "sr|sra|srta|sres|dr|dra|d|dña|prof|gral|cnel|ing|lic|av|avda|núm|pág|art|aprox|uu|ee",
    "it": "dott|dr|sig|sigg|prof|avv|ing|on|sen|gen|col|mons|geom|rag|art|pag|ca|es|sac",
    "nl": "dhr|mevr|mw|dr|drs|ir|ing|prof|mr|ds|jhr|st|nr|blz|ca|bijv|o\\.a|d\\.w\\.z|m\\.n|resp|incl|mln|mld|sept|okt|nov|dec|febr",
    "pt": "sr|sra|srta|dr|dra|eng|prof|profa|gen|cel|av|núm|pág|art|aprox|exmo",
    "ru": "г|ул|им|т\\.е|проф|акад|ген|см|рис",
    "uk": "м|вул|ім|т\\.зв|проф|акад|ген|див",
    "tr": "dr|prof|doç|av|yrd|sn|alb|gen|org|bkz|cad|sok|mah",
}
"""Per language, what is written with a full stop inside a sentence; lower case, as a pattern."""

_ORDINALS = frozenset({"de", "da", "nb", "nn", "no", "fi", "cs", "sk", "hu", "sl", "hr", "et", "lv", "tr"})
"""Languages that write `19.` for 19th."""

_CLOCK = re.compile(r"\b[ap]\.m\.\s+$", re.IGNORECASE)
_AFTER_CLOCK = re.compile(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|E[SD]T|GMT|[CP][SD]T|Eastern|local|on|in|at")
_ENUMERATED = re.compile(r"(?:^|\s)\d{1,2}\.\s+$")
_ONLY_NUMBER = re.compile(r"\(?\d{1,3}[.)]\s*$")


def sentences(text: str, language: str) -> list[tuple[int, int]]:
    """The spans of the text's sentences.

    Args:
        text: any text; each line (paragraph) is split by itself, so no sentence crosses a line's end.
        language: BCP-47; an unknown one is split by the general rules.

    Returns:
        Half-open spans in code points, in order and without overlap, each without white space at its ends. All characters that are not
        white space lie in exactly one span.
    """
    base = language.split("-", maxsplit=1)[0].lower()
    spans: list[tuple[int, int]] = []
    for line in _LINE.finditer(text):
        spans += [(line.start() + start, line.start() + end) for start, end in _split(line.group(), base)]
    return spans


def _split(line: str, base: str) -> list[tuple[int, int]]:
    """The spans within one line, white space at their ends removed."""
    joined: list[tuple[int, int]] = []
    worded = True  # whether the last span has a letter or digit yet
    for found in sentencex.get_sentence_boundaries(base or "en", line):
        start, end = int(found["start_index"]), int(found["end_index"])
        has_word = any(c.isalnum() for c in line[start:end])
        if joined and (not worded or not has_word or _belongs(line[joined[-1][0] : start], line[start:end], base)):
            joined[-1] = (joined[-1][0], end)
            worded = worded or has_word
        else:
            joined.append((start, end))
            worded = has_word
    trimmed = [_trim(line, start, end) for start, end in joined]
    return [(start, end) for start, end in trimmed if start < end]


def _belongs(before: str, after: str, base: str) -> bool:
    """Whether the full stop between the two ends no sentence."""
    tail = before[-_TAIL:]
    if len(tail) < _TAIL and _ONLY_NUMBER.fullmatch(tail):
        return True
    pattern = _pattern(base)
    if pattern is not None and pattern.search(tail):
        return True
    if base in _ORDINALS and _ENUMERATED.search(tail):
        return True
    return base == "en" and bool(_CLOCK.search(tail)) and bool(_AFTER_CLOCK.match(after))


@cache
def _pattern(base: str) -> re.Pattern[str] | None:
    # Not after a number: `30 ft.` and `2014 г.` end sentences, `Ft. Carlow` does not.
    words = _ABBREVIATIONS.get(base)
    return re.compile(rf"(?<!\d)(?:^|[\s(\[\"'«“„’])(?<!\d\s)(?:{words})\.\s*$", re.IGNORECASE) if words else None


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end

"""The noun phrase beside a cue: who says it. No parser: news grammar around reporting verbs is narrow."""

from __future__ import annotations

import re

from tasks.quotes.attribution import Span
from tasks.quotes.lexicon import BARE, BREAK, PRONOUNS, RIGHT_END

_TOKEN = re.compile(r"[^\W_]+(?:[’'.&-][^\W_]+)*(?:\.(?=\s[A-Z])|’s|'s|’|')?|[^\w\s]")
_BETWEEN = re.compile(
    r"(?:also|then|later|earlier|once|again|further|furthermore|repeatedly|recently|already|has|have|had|is|are|was|were|would|will|could|"
    r"did|does|do|not|never|cannot|\w+n[’']t|too|still|just|even|first|now|previously|since|often|long|both|all|reportedly|[a-z]+ly)",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"(?:On|In|At|After|Before|During|Earlier|Later|Meanwhile|But|And|Still|However|Yet|When|While|As|For|By|With|Asked|Last)$"
)
_MOST = 14


def left_of(text: str, sentence_start: int, cue_start: int) -> Span | None:
    """The subject that ends right before the cue, adverbs and auxiliaries between them left out."""
    tokens = [(m[0], m.start(), m.end()) for m in _TOKEN.finditer(text, max(sentence_start, cue_start - 400), cue_start)]
    while tokens and _BETWEEN.fullmatch(tokens[-1][0]):
        tokens.pop()
    if not tokens:
        return None
    if tokens[-1][0] == ",":
        return _with_apposition(text, tokens)
    return _phrase(tokens)


def _phrase(tokens: list[tuple[str, int, int]]) -> Span | None:
    if tokens[-1][0].lower() in PRONOUNS:
        return tokens[-1][1], tokens[-1][2]
    first = len(tokens)
    while first > 0 and len(tokens) - first < _MOST and _belongs(tokens, first - 1):
        first -= 1
    while first < len(tokens) - 1 and _OPENING.match(tokens[first][0]):
        first += 1
    words = [word for word, _, _ in tokens[first:]]
    if not words or words[-1].lower() in BARE or words[-1].endswith(("'s", "’s")) or not re.match(r"\w", words[-1]):
        return None
    return tokens[first][1], tokens[-1][2]


def _belongs(tokens: list[tuple[str, int, int]], place: int) -> bool:
    word = tokens[place][0]
    if not re.match(r"\w", word):
        return word in "&-" or (word == "." and tokens[place - 1][0].isupper())
    if word == "and":
        return 0 < place < len(tokens) - 1 and tokens[place - 1][0][0].isupper() and tokens[place + 1][0][0].isupper()
    if word in {"in", "at", "to", "on", "with", "from", "for", "by"}:
        return place > 0 and _head(tokens[place - 1][0])
    return word.lower() not in BREAK


def _head(word: str) -> bool:
    """A noun that often takes `to`, `at` or `in` (`ambassador to`, `professor at`)."""
    return word.lower() in {
        "ambassador",
        "adviser",
        "advisor",
        "professor",
        "envoy",
        "director",
        "aide",
        "analyst",
        "economist",
        "expert",
    }


def _with_apposition(text: str, tokens: list[tuple[str, int, int]]) -> Span | None:
    """`NAME, a spokesman for X, said`: both parts and the comma between them."""
    commas = [place for place, token in enumerate(tokens[:-1]) if token[0] == ","]
    if not commas:
        return None
    inner = tokens[commas[-1] + 1 : -1]
    if not inner or len(inner) > 25:
        return None
    head = _phrase(tokens[: commas[-1]]) if commas[-1] else None
    if head is None or not re.search(r"[A-Z]", text[head[0] : head[1]]):
        return None
    return head[0], tokens[-2][2]


def right_of(text: str, cue_end: int, sentence_end: int) -> Span | None:
    """The subject after an inverted cue (`said X, a spokesman for Y`)."""
    tokens = [(m[0], m.start(), m.end()) for m in _TOKEN.finditer(text, cue_end, min(sentence_end, cue_end + 300))]
    last = 0
    while last < min(len(tokens), _MOST) and re.match(r"\w", tokens[last][0]) and tokens[last][0].lower() not in RIGHT_END:
        last += 1
    if not last or text[cue_end : tokens[0][1]].strip():
        return None
    words = [token[0] for token in tokens[:last]]
    if words[0].lower() not in PRONOUNS | BARE and not words[0][0].isupper():
        return None
    if words[-1].lower() in BARE or (words[0].lower() in BARE and last < 2):
        return None
    apposition = _apposition(tokens, last)
    return tokens[0][1], tokens[(apposition or last) - 1][2]


def _apposition(tokens: list[tuple[str, int, int]], last: int) -> int | None:
    """Up to which token `, a spokesman for Y` reaches, or None."""
    if last + 2 >= len(tokens) or tokens[last][0] != "," or not re.match(r"(?:a|an|the|[a-z]+)$", tokens[last + 1][0]):
        return None
    if tokens[last + 1][0].lower() in RIGHT_END | PRONOUNS or tokens[last + 1][0].endswith("ing"):
        return None
    place = last + 1
    while (
        place < len(tokens) and place < last + 16 and re.match(r"\w", tokens[place][0]) and tokens[place][0] not in {"on", "who", "and"}
    ):
        place += 1
    return place

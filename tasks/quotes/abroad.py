"""Direct quotations in languages other than English: what stands in marks, and the name beside a verb of speech.

No model and no indirect speech: a quotation in marks, a verb of the list within reach of the mark, a capitalised name beside the verb.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from tasks.quotes.attribution import Attribution, Span
from tasks.quotes.marks import Quoted, speech
from tasks.quotes.names import OFFICE

VERBS = {
    "de": (
        "sagte|sagt|erklärte|erklärt|betonte|betont|meinte|so|schrieb|schreibt|warnte|kritisierte|forderte|mahnte|ergänzte|fügte|teilte|"
        "rief|ruft|erzählte|erzählt|antwortete|fragte|spottete|lobte|klagte|urteilte|versicherte|berichtete|widersprach"
    ),
    "fr": (
        "a déclaré|déclare|a dit|dit|a affirmé|affirme|a expliqué|explique|a ajouté|ajoute|a estimé|estime|selon|"
        "a souligné|souligne|a écrit"
    ),
    "es": "dijo|dice|afirmó|afirma|declaró|señaló|explicó|aseguró|añadió|según|sostuvo|advirtió|escribió|indicó",
    "it": "ha detto|dice|ha dichiarato|ha affermato|ha spiegato|ha aggiunto|spiega|secondo|ha scritto|ha sottolineato",
    "nl": "zei|zegt|verklaarde|aldus|schreef|benadrukte|voegde|volgens|vertelde|liet",
    "pt": "disse|diz|afirmou|afirma|declarou|explicou|acrescentou|segundo|escreveu|ressaltou|destacou",
    "ru": (
        "сказал|сказала|заявил|заявила|заявили|отметил|отметила|сообщил|сообщила|подчеркнул|подчеркнула|добавил|"
        "добавила|пояснил|пояснила|говорит"
    ),
    "uk": (
        "сказав|сказала|заявив|заявила|заявили|зазначив|зазначила|повідомив|повідомила|підкреслив|підкреслила|додав|"
        "додала|пояснив|наголосив"
    ),
    "tr": "dedi|söyledi|belirtti|açıkladı|ifade etti|vurguladı|kaydetti|konuştu",
}
"""Language -> verbs that report direct speech, as a pattern."""
_WORDS = 4
"""Fewer words in marks are a term, not speech."""
_REACH = 90
_NAME = r"(?:[^\W\d_a-zà-öø-ÿа-яёіїєґ][\w’'-]*)(?:\s(?:(?:von|van|der|de|del|di|da|al)\s)?[^\W\d_a-zà-öø-ÿа-яёіїєґ][\w’'-]*){0,3}"


def direct(text: str, paragraphs: Sequence[Span], language: str) -> list[Attribution]:
    """Quotations in marks with the speaker who is named beside a verb of speech, if one is."""
    base = language.split("-", maxsplit=1)[0]
    verbs = VERBS.get(base)
    if verbs is None:
        return []
    after, named, before = _patterns(verbs)
    found: list[Attribution] = []
    for start, end in paragraphs:
        first = len(found)
        for one in speech(text, [(start, end)]).found:
            tail = (one.end, min(end, one.end + _REACH))
            head = (max(start, one.start - _REACH), one.start)
            hit = after.match(text, *tail) or before.search(text, *head) or named.match(text, *tail)
            if hit is None and len(found) > first and _goes_on(text, found[-1], one):
                found[-1] = replace(found[-1], content=(*found[-1].content, (one.start, one.end)))
            elif len(one.inner(text).split()) >= _WORDS:
                found.append(_attribution(text, one, hit, base))
    return found


@lru_cache(maxsize=16)
def _patterns(verbs: str) -> tuple[re.Pattern[str], ...]:
    """Cue and name after the mark, name and cue after it, name and cue before it."""
    return (
        re.compile(
            rf"[\s,.–—-]*(?P<cue>\b(?:{verbs})\b)\s(?:(?P<name>(?:sie|er)\b)|(?:[^\s.,;:]+\s){{0,4}}?(?P<noun>{_NAME})(?P<rest>[^.;:„“»«\"\n]*))"
        ),
        re.compile(rf"[\s,.–—-]*(?:\w+\s){{0,5}}?(?P<noun>{_NAME})\s(?P<cue>\b(?:{verbs})\b)"),
        re.compile(rf"(?P<noun>{_NAME})(?:,[^,]{{1,40}},)?\s(?P<cue>\b(?:{verbs})\b)[^.\"“”„«»]{{0,40}}[:,]\s*$"),
    )


def _goes_on(text: str, last: Attribution, one: Quoted) -> bool:
    """Whether the quotation follows at once on one whose speaker is known."""
    if last.source is None or last.cue is None:
        return False
    between = text[max(last.end, last.source[1], last.cue[1]) : one.start]
    return re.fullmatch(r"[\s,.–—-]*|[^.!?:]{0,80}[.!?]\s*", between) is not None


def _attribution(text: str, one: Quoted, hit: re.Match[str] | None, language: str) -> Attribution:
    if hit is None:
        return Attribution(((one.start, one.end),), None, None, 0.4)
    told = hit.groupdict()
    if told.get("name"):
        return Attribution(((one.start, one.end),), hit.span("cue"), hit.span("name"), 0.7)
    source = hit.span("noun")
    if language == "de":
        source = _german(text, source, told.get("rest") or "")
    return Attribution(((one.start, one.end),), hit.span("cue"), source, 0.7)


def _german(text: str, noun: Span, rest: str) -> Span:
    """The name alone: German writes all nouns with a capital, and office before name. An office or noun alone keeps its article.

    `sagte die Vorsitzende des Lehrerbundes, Ada Lund` names her after the comma.
    """
    appended = re.match(rf"(?:\s[^,]{{1,60}})?,\s(?P<name>{_NAME})(?=[\s,.]|$)", rest)
    if appended and " " in appended["name"]:
        return noun[1] + appended.start("name"), noun[1] + appended.end("name")
    words = text[slice(*noun)].split()
    while len(words) > 1 and (OFFICE.search(words[0]) or len(words) > 2):
        words = words[1:]
    start = noun[1] - len(" ".join(words))
    article = re.search(r"\b(?:der|die|das|eine?|seine?|ihre?)\s$", text[max(0, noun[0] - 8) : noun[0]], re.IGNORECASE)
    return (noun[0] - len(article[0]), noun[1]) if article and len(words) == 1 and start == noun[0] else (start, noun[1])

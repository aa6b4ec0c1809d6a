"""Direct quotations in languages other than English: what stands in marks, and the name beside a verb of speech.

No model and no indirect speech: a quotation in marks, a verb of the list within reach of the mark, a capitalised name beside the verb.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasks.quotes.attribution import Attribution, Span
from tasks.quotes.marks import Quoted, speech

VERBS = {
    "de": (
        "sagte|sagt|erklärte|erklärt|betonte|betont|meinte|so|schrieb|schreibt|warnte|kritisierte|forderte|mahnte|ergänzte|fügte|teilte"
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
    after = re.compile(rf"[\s,.–—-]*(?P<cue>\b(?:{verbs})\b)(?:\s[^\s.,;:]+){{0,4}}?\s(?P<name>{_NAME})")
    named = re.compile(rf"[\s,.–—-]*(?:\w+\s){{0,5}}?(?P<name>{_NAME})\s(?P<cue>\b(?:{verbs})\b)")
    before = re.compile(rf"(?P<name>{_NAME})(?:,[^,]{{1,40}},)?\s(?P<cue>\b(?:{verbs})\b)[^.\"“”„«»]{{0,40}}[:,]\s*$")
    found = []
    for start, end in paragraphs:
        for one in speech(text, [(start, end)]).found:
            if len(one.inner(text).split()) < _WORDS:
                continue
            tail = (one.end, min(end, one.end + _REACH))
            head = (max(start, one.start - _REACH), one.start)
            hit = after.match(text, *tail) or before.search(text, *head) or named.match(text, *tail)
            found.append(_attribution(one, hit, base))
    return found


def _attribution(one: Quoted, hit: re.Match[str] | None, language: str) -> Attribution:
    if hit is None:
        return Attribution(((one.start, one.end),), None, None, 0.4)
    start, end = hit.span("name")
    words = hit["name"].split()
    if language == "de" and len(words) > 2 and all(word[0].isupper() for word in words):
        start = end - len(" ".join(words[-2:]))  # German writes roles with a capital too
    return Attribution(((one.start, one.end),), hit.span("cue"), (start, end), 0.7)

"""Cue words: what announces that somebody's words or attitude follow, and how the writer stands to them.

Classes after the literature on factivity (Kiparsky and Kiparsky 1970) and on reporting verbs in news (Bergler 1992): a factive
cue takes the content for true, a doubting one keeps away from it, one of hope or intent tells of a wish or plan, all others are
neutral.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tasks.quotes.attribution import Span

_FACTIVE = """
        acknowledge admit affirm concede confirm demonstrate disclose discover find forget grasp know learn note notice
    observe point_out prove realise     realize recall recognise recognize remember remind reveal show understand
"""
_DOUBTING = """
        allege assert assume boast brag claim contend guess imagine insinuate maintain pretend profess purport speculate
    suppose surmise
"""
_HOPE = """
        aim anticipate appeal ask_for aspire call_for call_on demand desire dream encourage expect hope intend invite
    look_forward offer pledge plan     prefer promise propose push_for put_forward seek suggest swear threaten urge vow want
    wish would_like
"""
_NEUTRAL = """
        accuse add advise agree announce answer argue ask assess assure believe blame caution cite comment complain conclude
    condemn consider continue     criticize criticise declare decline defend deny describe echo emphasise emphasize estimate
    explain express fear feel go_on highlight     indicate inform insist joke lament mention note opine predict proclaim quip
    read reaffirm reassure recommend recount reiterate reject remark     repeat reply report respond say signal specify state
    stress tell testify think tweet underline underscore voice warn wonder worry write post     shout chant interject
"""
_IRREGULAR = {
    "say": "says said saying",
    "tell": "tells told telling",
    "think": "thinks thought thinking",
    "know": "knows knew known knowing",
    "find": "finds found",
    "forget": "forgets forgot",
    "understand": "understands understood",
    "write": "writes wrote written writing",
    "feel": "feels felt",
    "read": "reads",
    "seek": "seeks sought seeking",
    "swear": "swears swore",
    "show": "shows showed shown showing",
    "go_on": "goes_on went_on",
    "put_forward": "puts_forward put_forward putting_forward",
    "prove": "proves proved proven",
    "dream": "dreams dreamed dreamt",
    "would_like": "would_like",
    "learn": "learns learned learnt",
}
_CLASSES = (("factive", _FACTIVE), ("doubting", _DOUBTING), ("hope_intent", _HOPE), ("neutral", _NEUTRAL))


def _forms(verb: str) -> list[str]:
    if verb in _IRREGULAR:
        return [verb, *_IRREGULAR[verb].split()]
    stem, _, rest = verb.partition("_")
    tail = f"_{rest}" if rest else ""
    if stem.endswith("e"):
        inflected = [stem + "s", stem + "d", stem[:-1] + "ing"]
    elif re.search(r"[^aeiou]y$", stem):
        inflected = [stem[:-1] + "ies", stem[:-1] + "ied", stem + "ing"]
    else:
        double = stem[-1] if stem in {"admit", "plan", "quip", "brag"} else ""
        plural = "es" if re.search(r"(?:sh|ch|s|x)$", stem) else "s"
        inflected = [stem + plural, stem + double + "ed", stem + double + "ing"]
    return [verb, *(form + tail for form in inflected)]


CLASS_OF: dict[str, str] = {}
for _name, _verbs in _CLASSES:
    for _verb in _verbs.split():
        for _form in _forms(_verb):
            CLASS_OF.setdefault(_form.replace("_", " "), _name)
"""Inflected form -> class. A verb in two lists has the class of the first."""

_SPEECH = """
    say tell add note explain announce argue claim insist stress emphasize emphasise state remark comment reply respond write tweet
    warn recall declare reiterate underline underscore confirm point_out admit acknowledge continue conclude ask assert reveal
    testify joke believe think suggest predict report
"""
_SPEECH_FORMS = frozenset(form.replace("_", " ") for verb in _SPEECH.split() for form in _forms(verb))

_WORD = re.compile(r"[A-Za-z]+")
_SECOND = frozenset(form.split()[0] for form in CLASS_OF if " " in form)


def verbs(text: str, start: int, end: int) -> Iterator[Span]:
    """Where the cue verbs of `text[start:end]` stand; a verb of two words (`point out`) as one."""
    for word in _WORD.finditer(text, start, end):
        low = word[0].lower()
        if low in _SECOND and (second := _WORD.match(text, word.end() + 1, end)) and f"{low} {second[0].lower()}" in CLASS_OF:
            yield word.start(), second.end()
        elif low in CLASS_OF:
            yield word.span()


ACCORDING = re.compile(r"\b(?:according to|in the words of)\b", re.IGNORECASE)
CLAUSE = re.compile(r"(?:the|a|an|he|she|it|they|we|there|his|her|their|its|this|[A-Z][\w’'.]+)\b")
"""How a clause without `that` begins after a verb of speech."""


def is_speech(form: str) -> bool:
    """Whether the form is of a verb that reports words, after which a clause without `that` may follow."""
    return form.lower() in _SPEECH_FORMS


def cue_class(cue: str) -> str:
    """The class of a cue as it stands in the text (`also noted`, `has called for`): that of its last known verb."""
    low = " ".join(cue.lower().split())
    if re.search(r"\b(?:initiative|proposal|hopes?|plans?|intention|wish(?:es)?|promises?|pledges?|ready|willing|eager)\b", low):
        return "hope_intent"
    if re.search(r"\b(?:so-called|alleged(?:ly)?|purported(?:ly)?|supposed(?:ly)?)\b", low):
        return "doubting"
    found = [CLASS_OF[low[start:end]] for start, end in verbs(low, 0, len(low))]
    special = [name for name in found if name != "neutral"]
    return special[-1] if special else "neutral"

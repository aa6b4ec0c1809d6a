"""What a mention of a source is made of: a name, a role, a pronoun, an organisation."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tasks.quotes.lexicon import FEMALE, GROUPS, MALE, PARTICLES, PLACES, PLURAL, RANKS, ROLES

HONORIFICS = {"mr": "m", "mrs": "f", "ms": "f", "miss": "f", "sir": "m", "lady": "f", "lord": "m", "dr": "", "madam": "f", "dame": "f"}
_NATION = re.compile(
    r"[A-Z]\w+(?:ian|ish|ese|ean|can|ench|eek|utch|ab|aeli|aqi|ani|man|wiss|elsh)$|U\.?S\.?$|U\.?K\.?$|EU$|UN$|American$"
)


@dataclass(frozen=True)
class Mention:
    """A source's mention, read.

    Attributes:
        kind: name, organisation, title (a noun phrase without a name), pronoun, or nobody.
        name: the name as it stands there, without honorific and role; for a title the phrase without its article.
        role: the role told in this mention, or an empty string.
        gender: `m`, `f`, or an empty string.
        plural: whether it is several people.
    """

    kind: str
    name: str
    role: str
    gender: str
    plural: bool = False


def read_mention(mention: str) -> Mention:
    """Name, role and kind of a source as it stands in the text."""
    flat = " ".join(mention.split()).strip(" ,.;:\"“”'")
    low = flat.lower()
    if low in {"he", "she", "they", "i", "we", "it", "who", "his", "her", "himself", "herself", "their", "my", "our", "him", "them"}:
        gender = {"he": "m", "his": "m", "him": "m", "himself": "m", "she": "f", "her": "f", "herself": "f"}.get(low, "")
        return Mention("pronoun", flat, "", gender, low in {"they", "we", "their", "them", "our"})
    head, _, rest = flat.partition(",")
    if rest and not _name_in(head) and (name := _name_in(rest)) and _is_person(name, rest):
        return Mention("name", " ".join(name), _role_of(head), _gender(rest, name))
    name = _name_in(head)
    if not name:
        return Mention("title" if head else "nobody", _bare(head), _role_of(head), "", _many(head))
    if not _is_person(name, head):
        return Mention("organisation", " ".join(name), "", "", _many(head))
    told = _role_before(head, name) or (_role_of(rest) if rest else "")
    return Mention("name", " ".join(name), told, _gender(head, name))


def _words(phrase: str) -> list[str]:
    return re.findall(r"[^\s,()\[\]\"“”]+", phrase)


def _name_in(phrase: str) -> list[str]:
    """The last run of capitalised words after roles, nations and honorifics; empty where there is none."""
    runs: list[list[str]] = [[]]
    for word in _words(phrase):
        plain = re.sub(r"[’']s?$", "", word)
        low = plain.lower().rstrip(".")
        if word != plain and runs[-1]:
            runs.append([])
            continue
        if low in HONORIFICS or low in ROLES or low + "." in ROLES or low in {"the", "a", "an"}:
            runs.append([])
        elif plain[:1].isupper() or (runs[-1] and _goes_on(plain, low, runs[-1][-1])):
            runs[-1].append(plain)
        else:
            runs.append([])
    kept = [_trim(run) for run in runs if run]
    kept = [run for run in kept if run]
    # `Dilbit Ali of the Times`: a name before its organisation.
    return kept[0] if kept and re.search(r"\b(?:of|from|at|with)\b", phrase) and not _ranked(kept[0]) else kept[-1] if kept else []


def _goes_on(word: str, low: str, last: str) -> bool:
    """Whether a word without a capital belongs to the name before it."""
    return word[:1].isdigit() or low in PARTICLES or (low in {"of", "and", "for"} and _group(last))


def _ranked(run: list[str]) -> bool:
    return all(word.lower() in RANKS for word in run)


def _trim(run: list[str]) -> list[str]:
    while run and (run[0].lower() in RANKS or (_NATION.match(run[0]) and len(run) > 1)) and not _group(run[-1]):
        run = run[1:]
    while run and run[-1] in {"of", "and", "for"}:
        run = run[:-1]
    return run


def _group(word: str) -> bool:
    return word.lower() in GROUPS or (word.isupper() and 2 <= len(word) <= 6)


def _is_person(name: list[str], phrase: str) -> bool:
    if any(_group(word) for word in name) or name[0].lower() in PLACES:
        return False
    words = [w.lower().rstrip(".") for w in _words(phrase)]
    return not (len(name) == 1 and words[0] == "the" and not any(w in ROLES for w in words))


def _many(phrase: str) -> bool:
    words = [w.lower() for w in _words(phrase)]
    return any(w in PLURAL for w in words) or (bool(words) and words[-1].endswith("s") and not words[-1].endswith("ss"))


def _bare(phrase: str) -> str:
    return re.sub(r"^(?:the|a|an|this|that|his|her|their|its|one|another)\s+", "", phrase, flags=re.IGNORECASE)


def _role_before(head: str, name: list[str]) -> str:
    place = head.find(name[0])
    return _role_of(head[:place]) if place > 0 else ""


def _role_of(phrase: str) -> str:
    """`Deputy Foreign Minister` of `Russian Deputy Foreign Minister`: empty without a role's word."""
    words = _words(_bare(phrase.strip(" ,")))
    while words and (_NATION.match(words[0]) or words[0].lower() in {"the", "a", "an", "then"}):
        words = words[1:]
    if not any(re.sub(r"s$", "", w.lower()) in ROLES or w.lower() in ROLES or w.lower() + "." in ROLES for w in words):
        return ""
    return " ".join(words)


def _gender(phrase: str, name: list[str]) -> str:
    for word in _words(phrase):
        if told := HONORIFICS.get(word.lower().rstrip("."), ""):
            return told
    first = name[0].lower()
    low = phrase.lower()
    if first in FEMALE or re.search(r"\b(?:\w+woman|queen|princess|mother|actress)\b", low):
        return "f"
    return "m" if first in MALE or re.search(r"\b(?:\w+(?<!wo)man|king|prince|pope|father)\b", low) else ""

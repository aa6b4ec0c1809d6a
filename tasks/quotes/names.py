"""What a mention of a source is made of: a name, a role, a pronoun, an organisation."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tasks.quotes.heads import PREPOSITION, is_beside, is_nobody
from tasks.quotes.lexicon import FEMALE, GROUPS, MALE, MANY, OPENERS, PARTICLES, PLACES, PLURAL, RANKS, ROLES, TIMES

HONORIFICS = {"mr": "m", "mrs": "f", "ms": "f", "miss": "f", "sir": "m", "lady": "f", "lord": "m", "dr": "", "madam": "f", "dame": "f"}
_UNSEXED = ("they", "i", "we", "it", "who", "which", "that", "their", "my", "our", "them", "me", "us", "its", "you", "your")
_PRONOUNS = {
    "he": "m",
    "his": "m",
    "him": "m",
    "himself": "m",
    "she": "f",
    "her": "f",
    "hers": "f",
    "herself": "f",
    "er": "m",
    "sie": "f",
    **dict.fromkeys(_UNSEXED, ""),
}
_NATION = re.compile(
    r"[A-Z]\w+(?:ian|ish|ese|ean|can|ench|eek|utch|ab|aeli|aqi|ani|man|wiss|elsh)$|U\.?S\.?$|U\.?K\.?$|EU$|UN$|American$"
)
_PARTY = re.compile(r"\([^()]{0,60}\)?")
"""`(R-Utah)` after a name, also where the mention ends inside it."""
_GERMAN = re.compile(r"(?:der|die|das|eine?|einer|seine?|ihre?)\s(?=[A-ZÄÖÜ])")
OFFICE = re.compile(
    r"(?:minister|präsident|sprecher|chef|meister|kanzler|leiter|direktor|sekretär|bauer|forscher|wissenschaftler|lehrer|anwalt|richter|"
    r"landrat|professor|kapitän)(?:in)?$|(?:vorsitzende|abgeordnete|beauftragte|experte)[rn]?$",
    re.IGNORECASE,
)
"""A German office or trade, which has a capital like a name."""
_OWNERS = re.compile(r"[A-Z]\w*s[’']$|(?:Wo)?[Mm]en[’']s$|Children[’']s$|People[’']s$")
"""A possessive inside a body's name: `Teachers’ Federation`, `Women's Council`."""


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
    flat = re.sub(r"[’']s?$", "", " ".join(_PARTY.sub(" ", mention).split()).strip(" ,;:\"“”'’"))
    low = flat.lower()
    if low in _PRONOUNS:
        return Mention("pronoun", low, "", _PRONOUNS[low], low in {"they", "we", "their", "them", "our", "us"})
    head, _, rest = flat.partition(",")
    if re.match(r"\s*(?:who|which|whose|that)\b", rest):
        rest = ""
    if is_nobody(head):
        return Mention("nobody", "", "", "")
    if not rest and (_GERMAN.match(head) or (_GERMAN.match(head[:1].lower() + head[1:]) and OFFICE.search(head))):
        return Mention("title", head.split(" ", 1)[1], "", "")
    name = _name_in(head)
    if name and is_beside(head, name):
        name = name[place:] if (place := first_name(name)) and len(name) > 2 else []
    if rest and not name and (later := _name_in(rest)) and _is_person(later, rest):
        return Mention("name", " ".join(later), role_of(head), _gender(rest, later))
    if not name:
        several = _many(head)
        return Mention("title" if head else "nobody", _bare(head), "" if several else role_of(head), "", several)
    if not _is_person(name, head):
        return Mention("organisation", " ".join(name), "", "", _many(head))
    told = _role_before(head, name) or (role_of(rest) if rest else "")
    return Mention("name", " ".join(name), told, _gender(head, name))


def _words(phrase: str) -> list[str]:
    return re.findall(r"[^\s,()\[\]\"“”]+", phrase)


def _name_in(phrase: str) -> list[str]:
    """A run of capitalised words after roles, nations and honorifics; empty where there is none.

    Of several runs the first where a preposition follows it (`Ada Lund of the Port Authority`), else the last.
    """
    words = _words(phrase)
    if words and words[0].lower() in MANY and not any(w.lower().rstrip(".") in HONORIFICS for w in words):
        return []
    runs: list[list[str]] = [[]]
    for place, word in enumerate(words):
        low = word.lower().rstrip(".")
        after = words[place + 1] if place + 1 < len(words) else ""
        if _OWNERS.match(word) and after[:1].isupper() and after.lower() not in TIMES:
            runs[-1].append(word)
        elif re.search(r"[’']s?$", word):
            runs[-1:] = [[], []]  # whose it is does not speak
        elif low in HONORIFICS or low in ROLES or low + "." in ROLES or low in TIMES or _only_first(words, place):
            runs.append([])
        elif word[:1].isupper() or (runs[-1] and _goes_on(word, low, runs[-1][-1])):
            runs[-1].append(word)
        else:
            runs.append([])
    kept = [trimmed for run in runs if (trimmed := _trim(run))]
    first = bool(kept) and PREPOSITION.search(phrase) is not None and not all(w.lower() in RANKS for w in kept[0])
    return kept[0] if first else kept[-1] if kept else []


def _only_first(words: list[str], place: int) -> bool:
    """Whether a word has its capital only because it comes first: a plain plural, or a common noun follows at once."""
    if place or not words[0][:1].isupper():
        return False
    low = words[0].lower()
    if low in PLURAL or low in {"the", "a", "an"}:
        return low not in GROUPS
    after = words[1] if len(words) > 1 else ""
    return (
        bool(after) and after.islower() and after not in PARTICLES and not PREPOSITION.fullmatch(after) and after not in {"and", "or"}
    )


def _goes_on(word: str, low: str, last: str) -> bool:
    """Whether a word without a capital belongs to the name before it."""
    return word[:1].isdigit() or low in PARTICLES or (low in {"of", "and", "for"} and _group(last))


def _trim(run: list[str]) -> list[str]:
    while len(run) > 1 and (run[0].lower() in OPENERS or OFFICE.search(run[0])):
        run = run[1:]
    while run and (run[0].lower() in RANKS or (_NATION.match(run[0]) and len(run) > 1)) and not _group(run[-1]):
        run = run[1:]
    while run and (run[-1] in {"of", "and", "for"} or run[-1].lower() in PARTICLES):
        run = run[:-1]
    return run


def _group(word: str) -> bool:
    return word.lower() in GROUPS or (word.isupper() and word.isalpha() and 2 <= len(word) <= 6 and not set(word) <= set("IVX"))


def _is_person(name: list[str], phrase: str) -> bool:
    if any(_group(word) for word in name) or name[0].lower() in PLACES:
        return False
    return not (len(name) == 1 and re.match(rf"the\s+{re.escape(name[0])}\b", phrase.strip(), re.IGNORECASE))


def _many(phrase: str) -> bool:
    words = [w.lower() for w in _words(phrase)]
    return any(w in PLURAL for w in words) or (bool(words) and words[-1].endswith("s") and not words[-1].endswith("ss"))


def _bare(phrase: str) -> str:
    return re.sub(r"^(?:the|a|an|this|that|his|her|their|its|one|another)\s+", "", phrase.strip(), flags=re.IGNORECASE)


def _role_before(head: str, name: list[str]) -> str:
    place = head.find(name[0])
    return role_of(head[:place]) if place > 0 else ""


def role_of(phrase: str) -> str:
    """`Deputy Foreign Minister` of `Russian Deputy Foreign Minister`; empty where no role's word stands before a preposition."""
    phrase = re.split(r"\b(?:who|whose|which)\b", phrase, maxsplit=1)[0]
    words = _words(_bare(phrase.strip(" ,")))
    while words and (_NATION.match(words[0]) or words[0].lower() in {"the", "a", "an", "then"}):
        words = words[1:]
    head = _words(PREPOSITION.split(" ".join(words), maxsplit=1)[0])
    plain = {re.sub(r"s$", "", word.lower()) for word in head} | {word.lower() for word in head}
    if not (plain | {word + "." for word in plain}) & ROLES or (words[-1].lower() in PLURAL and len(words) == 1):
        return ""
    return " ".join(words)


def first_name(words: list[str]) -> int | None:
    """Index of the first word that is a known first name, or None."""
    return next((place for place, word in enumerate(words[:-1]) if word.lower() in FEMALE | MALE), None)


def _gender(phrase: str, name: list[str]) -> str:
    for word in _words(phrase):
        if told := HONORIFICS.get(word.lower().rstrip("."), ""):
            return told
    first, low = name[0].lower(), phrase.lower()
    if (len(name) > 1 and first in FEMALE) or re.search(r"\b(?:\w+woman|queen|princess|mother|actress)\b", low):
        return "f"
    male = (len(name) > 1 and first in MALE) or re.search(r"\b(?:\w+(?<!wo)man|king|prince|pope|father)\b", low)
    return "m" if male else ""

"""Who the mentions are: names merged within an article, pronouns and titles led back to a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tasks.quotes.attribution import Attribution, Span
from tasks.quotes.lexicon import ROLES
from tasks.quotes.names import Mention, read_mention

REACH = 1500
"""How far back, in characters, a pronoun or title looks for its name: some three paragraphs."""

_BRACKETS = str.maketrans("", "", "[]")


@dataclass(frozen=True)
class Speaker:
    """A resolved source: `method` is one of SOURCE_METHODS, `certainty` 0..1 of the resolution alone."""

    name: str | None
    role: str
    method: str
    certainty: float


@dataclass
class Person:
    """Somebody known in the article: the fullest name, roles in order of mention, gender, and where mentioned (offsets)."""

    name: str
    gender: str = ""
    roles: list[str] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    spoke: list[int] = field(default_factory=list)
    group: bool = False


class Cast:
    """All who speak in an article. Built from the sources that were found; the text tells full names and further mentions."""

    def __init__(self, text: str, found: Sequence[Attribution]) -> None:
        self.text = text
        self.people: dict[str, Person] = {}
        self.mentions = {a.source: read_mention(text[slice(*a.source)]) for a in found if a.source}
        for span, mention in self.mentions.items():
            if mention.kind in ("name", "organisation"):
                self._meet(span, mention)
        for person in self.people.values():
            self._look_around(person)

    def _meet(self, span: Span, mention: Mention) -> None:
        key = self._key(mention)
        person = self.people.setdefault(key, Person(mention.name, group=mention.kind == "organisation"))
        if len(mention.name.split()) > len(person.name.split()):
            person.name = mention.name
        person.gender = person.gender or mention.gender
        if mention.role and mention.role not in person.roles:
            person.roles.append(mention.role)
        person.spoke.append(span[0])

    @staticmethod
    def _key(mention: Mention) -> str:
        words = mention.name.split()
        return mention.name.lower() if mention.kind == "organisation" else words[-1].lower()

    def _look_around(self, person: Person) -> None:
        """The full name, roles and places of somebody, from the whole text."""
        last = person.name.split()[-1] if not person.group else person.name
        pattern = re.compile(r"((?:\[?[A-ZÀ-Þ][\w.’'-]*\]?\s+){0,6})\b" + re.escape(last) + r"\b(?:,\s+([a-z][^,.;\"“”\n]{3,80}),)?")
        for match in pattern.finditer(self.text):
            person.seen.append(match.start(1) + len(match[1]))
            if person.group:
                continue
            mention = read_mention(match[1].translate(_BRACKETS) + last + (f", {match[2]}" if match[2] else ""))
            if mention.kind != "name" or mention.name.split()[-1] != last:
                continue
            if len(person.name.split()) == 1 < len(mention.name.split()) <= 4:
                person.name = mention.name
            person.gender = person.gender or mention.gender
            if mention.role and mention.role not in person.roles:
                person.roles.append(mention.role)

    def who(self, source: Span | None, quoted: Sequence[Span], before: Sequence[tuple[int, Speaker]]) -> Speaker:
        """The speaker of a source mention.

        Args:
            source: the mention, or None.
            quoted: contents of the article: a name in somebody's mouth is no antecedent for a pronoun outside.
            before: (place, speaker) of what was said earlier in the article.
        """
        if source is None:
            return Speaker(None, "", "unattributed", 0.5)
        mention = self.mentions.get(source) or read_mention(self.text[slice(*source)])
        match mention.kind:
            case "name":
                person = self.people.get(self._key(mention), Person(mention.name))
                return Speaker(person.name, _fullest(person.roles), "explicit_name", 0.98)
            case "organisation":
                return Speaker(mention.name, "", "organisation", 0.95)
            case "pronoun":
                unsexed = mention.plural or mention.name.lower() in ("it", "i", "who")
                return self._latest(source, before) if unsexed else self._person_before(source, mention, quoted)
            case "title":
                return self._titled(source, mention, quoted)
        return Speaker(None, "", "unattributed", 0.5)

    @staticmethod
    def _latest(source: Span, before: Sequence[tuple[int, Speaker]]) -> Speaker:
        near = [speaker for place, speaker in before if place < source[0] <= place + REACH and speaker.name]
        return Speaker(near[-1].name, near[-1].role, "pronoun", 0.5) if near else Speaker(None, "", "unattributed", 0.3)

    def _person_before(self, source: Span, mention: Mention, quoted: Sequence[Span]) -> Speaker:
        """The person mentioned last outside quotations; who spoke or opens a sentence goes before who is only mentioned in it."""
        ranked: list[tuple[float, Person]] = []
        for person in self.people.values():
            if person.group or (person.gender and mention.gender and person.gender != mention.gender):
                continue
            for place in person.seen:
                if source[0] - REACH <= place < source[0] and not any(a <= place < b for a, b in quoted):
                    prominent = any(abs(place - spoke) < 60 for spoke in person.spoke) or self._opens(place)
                    ranked.append((place + (150 if prominent else 0), person))
        if not ranked:
            return Speaker(None, "", "unattributed", 0.3)
        person = max(ranked, key=lambda pair: pair[0])[1]
        return Speaker(person.name, _fullest(person.roles), "pronoun", 0.85 if person.gender else 0.75)

    def _opens(self, place: int) -> bool:
        """Whether a sentence begins at most a title before the place."""
        head = self.text[max(0, place - 60) : place]
        return re.search(r"(?:^|[.!?]\s+|\n\s*)(?:[A-Z][\w.]*\s+){0,4}$", head) is not None

    def _titled(self, source: Span, mention: Mention, quoted: Sequence[Span]) -> Speaker:
        """`the minister`: the person nearest before whose role has the phrase's head; else the phrase itself."""
        phrase = self.text[slice(*source)].lower()
        heads = {word for word in re.findall(r"[\w-]+", mention.name.lower()) if word in ROLES}
        if re.match(r"(?:the|his|her)\b", phrase) and heads and not mention.plural:
            best: tuple[int, Person] | None = None
            for person in self.people.values():
                if any(heads & set(role.lower().split()) for role in person.roles):
                    places = [place for place in person.seen if place < source[0]]
                    if places and (best is None or places[-1] > best[0]):
                        best = (places[-1], person)
            if best is not None:
                return Speaker(best[1].name, _fullest(best[1].roles), "title_np", 0.85)
            if phrase.startswith("the ") and len(mention.name.split()) == 1:
                person_before = self._person_before(source, mention, quoted)
                if person_before.name:
                    return Speaker(person_before.name, person_before.role, "title_np", 0.5)
        return Speaker(mention.name, mention.role, "title_np", 0.7)


def _fullest(roles: Sequence[str]) -> str:
    """The longest role told, the first of equals."""
    return max(roles, key=len, default="")

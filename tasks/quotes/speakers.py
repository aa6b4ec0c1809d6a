"""Who the mentions are: names merged within an article, pronouns and titles led back to a name.

All look-ups are by bisection, so that an article of a hundred thousand quotations costs what its length says.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tasks.quotes.attribution import Attribution, Span
from tasks.quotes.heads import PREPOSITION
from tasks.quotes.lexicon import ROLES
from tasks.quotes.names import Mention
from tasks.quotes.nouns import left_of
from tasks.quotes.people import People, Person
from tasks.quotes.wording import Wording

REACH = 1500
"""How far back, in characters, a pronoun or title looks for its name: some three paragraphs."""
_UNTOLD = 200
"""How much nearer, in characters, a lone word of which nothing tells that it is a person must stand to be a `she`."""
_NEAR = 60
"""A name this close to a source mention is the speaker's."""


@dataclass(frozen=True)
class Speaker:
    """A resolved source: `method` is one of SOURCE_METHODS, `certainty` 0..1 of the resolution alone."""

    name: str | None
    role: str
    method: str
    certainty: float


NOBODY = Speaker(None, "", "unattributed", 0.5)


_ANTECEDENT = re.compile(
    r"(?!(?i:he|she|it|they|we|i|you)\b)(?:[A-Z\[]|(?i:the|an?|his|her|its|their|one|two|three|some|many|several)\b)"
)
"""How what `who` stands for begins: with a name or a determiner."""
_ENDED = re.compile(r"(?:(?<=[a-z\d]{2})[.!?][\"“”'’]*\s|\n)\s*(?=[A-Z\"“])")
"""A sentence's end; a full stop after fewer letters may be an abbreviation's."""


class Cast:
    """All who speak in an article. Built from the sources that were found; the text tells full names and further mentions."""

    def __init__(self, text: str, found: Iterable[Attribution]) -> None:
        self.text = text
        self.people = People()
        self.spoke: list[int] = []
        self.wording = Wording(text)
        self.mentions = {a.source: self.wording.read(text[slice(*a.source)]) for a in found if a.source}
        for span, mention in sorted(self.mentions.items()):
            if mention.kind in ("name", "organisation"):
                self.spoke.append(span[0])
                self.people.meet(mention)
        self.seen = list(self.people.mentioned(text))
        self.places = [place for place, _ in self.seen]
        self.holders = self._holders()

    def _holders(self) -> dict[str, list[tuple[int, Person]]]:
        """Word of a role -> (place, person), in order."""
        out: dict[str, list[tuple[int, Person]]] = {}
        for place, person in self.seen:
            for word in {word for role in person.roles for word in role.lower().split()} & ROLES:
                out.setdefault(word, []).append((place, person))
        return out

    def who(self, source: Span | None, quoted: Sequence[Span], before: Sequence[tuple[int, Speaker]]) -> Speaker:
        """The speaker of a source mention.

        Args:
            source: the mention, or None.
            quoted: contents of the article in order: a name in somebody's mouth is no antecedent for a pronoun outside.
            before: (place, speaker) of what was said earlier in the article, in order.
        """
        if source is None:
            return NOBODY
        mention = self.mentions.get(source) or self.wording.read(self.text[slice(*source)])
        match mention.kind:
            case "name":
                person = self.people.find(mention) or self.people.meet(mention)
                return Speaker(person.name, person.role, "explicit_name", 0.98)
            case "organisation":
                return Speaker(mention.name, "", "organisation", 0.95)
            case "pronoun":
                return self._pronoun(source, mention, quoted, before)
            case "title":
                return self._titled(source, mention, quoted)
        return NOBODY

    def _pronoun(self, source: Span, mention: Mention, quoted: Sequence[Span], before: Sequence[tuple[int, Speaker]]) -> Speaker:
        if mention.name in ("who", "which", "that"):
            stop = source[0]
            while stop and self.text[stop - 1] in ", ":
                stop -= 1
            head = left_of(self.text, self._sentence(stop), stop)
            if head is None or not _ANTECEDENT.match(self.text[slice(*head)]):
                return NOBODY
            found = self.who(head, quoted, before)
            return Speaker(found.name, found.role, found.method, found.certainty * 0.9)
        if mention.name in ("i", "we", "my", "our", "me", "us", "you", "your"):
            return NOBODY  # outside quotations that is the author, or the reader
        return (
            self._person_before(source, mention, quoted) if mention.gender else _latest(source, before, mention.name in ("it", "its"))
        )

    def _sentence(self, place: int) -> int:
        """Where the sentence begins in which the place lies, at most 200 characters before it."""
        first = max(0, place - 200)
        return max((found.end() for found in _ENDED.finditer(self.text, first, place)), default=first)

    def _person_before(self, source: Span, mention: Mention, quoted: Sequence[Span]) -> Speaker:
        """The person mentioned last outside quotations; who spoke or opens a sentence goes before who is only mentioned in it."""
        best: tuple[int, Person] | None = None
        for place, person in self.seen[bisect_left(self.places, source[0] - REACH) : bisect_left(self.places, source[0])]:
            if person.group or (person.gender and mention.gender and person.gender != mention.gender) or _within(place, quoted):
                continue
            rank = place + (150 if self._prominent(place) else 0) - (0 if person.is_told else _UNTOLD)
            if best is None or rank >= best[0]:
                best = (rank, person)
        if best is None:
            return Speaker(None, "", "unattributed", 0.3)
        return Speaker(best[1].name, best[1].role, "pronoun", 0.85 if best[1].gender else 0.75)

    def _prominent(self, place: int) -> bool:
        """Whether the name is a speaker's, or opens a sentence with at most a title before it."""
        near = bisect_left(self.spoke, place - _NEAR)
        if near < len(self.spoke) and self.spoke[near] <= place:
            return True
        head = self.text[max(0, place - _NEAR) : place]
        return re.search(r"(?:^|[.!?]\s+|\n\s*)(?:[A-Z][\w.]*\s+){0,4}$", head) is not None

    def _titled(self, source: Span, mention: Mention, quoted: Sequence[Span]) -> Speaker:
        """`the minister`: the person nearest before whose role has the phrase's head; else the phrase itself."""
        phrase = self.text[slice(*source)].lower()
        heads = {word for word in re.findall(r"[\w-]+", mention.name.lower()) if word in ROLES}
        if re.match(r"(?:the|his|her)\b", phrase) and heads and not mention.plural:
            told = PREPOSITION.split(mention.name, maxsplit=1)
            owner = {word.lower() for word in re.findall(r"[A-Z][\w’'-]+", told[-1])} if len(told) > 1 else set()
            known = [_of(self.holders[head], owner) for head in sorted(heads) if head in self.holders]
            near = [places[n - 1] for places in known if (n := bisect_left(places, source[0], key=lambda pair: pair[0]))]
            if near:
                person = max(near, key=lambda pair: pair[0])[1]
                return Speaker(person.name, person.role, "title_np", 0.85)
            if phrase.startswith("the ") and len(mention.name.split()) == 1:
                guess = self._person_before(source, mention, quoted)
                if guess.name:
                    return Speaker(guess.name, guess.role, "title_np", 0.5)
        return Speaker(mention.name, mention.role, "title_np", 0.7)


def _of(holders: Sequence[tuple[int, Person]], owner: set[str]) -> Sequence[tuple[int, Person]]:
    """Those whose role names the owner too: `the president of France` is nobody else's president."""
    return [pair for pair in holders if owner <= set(pair[1].role.lower().split())] if owner else holders


def _latest(source: Span, before: Sequence[tuple[int, Speaker]], thing: bool) -> Speaker:
    """Who spoke last within reach; for pronouns that tell no gender. `it` is nobody with a first name."""
    for place, speaker in reversed(before):
        if place < source[0] - REACH:
            break
        if speaker.name and place < source[0] and not (thing and speaker.method == "explicit_name" and " " in speaker.name):
            return Speaker(speaker.name, speaker.role, "pronoun", 0.5)
    return Speaker(None, "", "unattributed", 0.3)


def _within(place: int, spans: Sequence[Span]) -> bool:
    number = bisect_right(spans, place, key=lambda span: span[0])
    return number > 0 and place < spans[number - 1][1]

"""Who the mentions are: names merged within an article, pronouns and titles led back to a name.

All look-ups are by bisection, so that an article of a hundred thousand quotations costs what its length says.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tasks.quotes.attribution import Attribution, Span
from tasks.quotes.lexicon import ROLES
from tasks.quotes.names import Mention, read_mention

REACH = 1500
"""How far back, in characters, a pronoun or title looks for its name: some three paragraphs."""
_NEAR = 60
"""A name this close to a source mention is the speaker's."""
_CAPITAL = re.compile(r"\[?[A-ZÀ-Þ][\w’'&-]*\.?\]?")
_APPOSITION = re.compile(
    r",\s+((?!(?:who|which|whose|and|but|or|as|in|on|at|with|for|by|to|when|while|where|after|said|\w+ing|\w+ed)\b)"
    r"[a-z][^,.;\"“”\n]{3,80}),"
)


@dataclass(frozen=True)
class Speaker:
    """A resolved source: `method` is one of SOURCE_METHODS, `certainty` 0..1 of the resolution alone."""

    name: str | None
    role: str
    method: str
    certainty: float


NOBODY = Speaker(None, "", "unattributed", 0.5)


@dataclass
class Person:
    """Somebody known in the article: the fullest name, roles in order of mention, gender; `group` where it is no single person."""

    name: str
    gender: str = ""
    roles: list[str] = field(default_factory=list)
    group: bool = False

    def learn(self, mention: Mention) -> None:
        """Take over what a mention tells."""
        if len(self.name.split()) < len(mention.name.split()) <= 4:
            self.name = mention.name
        self.gender = self.gender or mention.gender
        if mention.role and mention.role not in self.roles:
            self.roles.append(mention.role)

    @property
    def role(self) -> str:
        """The longest role told, the first of equals."""
        return max(self.roles, key=len, default="")


class Cast:
    """All who speak in an article. Built from the sources that were found; the text tells full names and further mentions."""

    def __init__(self, text: str, found: Iterable[Attribution]) -> None:
        self.text = text
        self.people: dict[str, Person] = {}
        self.spoke: list[int] = []
        self.mentions = {a.source: read_mention(text[slice(*a.source)]) for a in found if a.source}
        for span, mention in sorted(self.mentions.items()):
            if mention.kind in ("name", "organisation"):
                self.spoke.append(span[0])
                person = self.people.setdefault(_key(mention), Person(mention.name, group=mention.kind == "organisation"))
                person.learn(mention)
        self.seen = list(self._mentions())
        self.places = [place for place, _ in self.seen]
        self.holders = self._holders()

    def _mentions(self) -> Iterator[tuple[int, Person]]:
        """Every place where somebody of the cast is named, in order; names and roles told there are learnt."""
        run: list[str] = []
        last = -2
        for token in _CAPITAL.finditer(self.text):
            run = [*run[-6:], token[0]] if self.text[last : token.start()] in (" ", "\u00a0") else [token[0]]
            last = token.end()
            word = re.sub(r"[’']s$", "", token[0].strip("[]"))
            person = self.people.get(word.rstrip(".").lower())
            if person is None:
                continue
            yield token.start(), person
            if not person.group:
                after = _APPOSITION.match(self.text, last)
                told = " ".join(part.strip("[]") for part in run[:-1])
                mention = read_mention(f"{told} {word}" + (f", {after[1]}" if after else ""))
                if mention.kind == "name" and _key(mention) == _key(Mention("name", person.name, "", "")):
                    person.learn(mention)

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
        mention = self.mentions.get(source) or read_mention(self.text[slice(*source)])
        match mention.kind:
            case "name":
                person = self.people.get(_key(mention), Person(mention.name))
                return Speaker(person.name, person.role, "explicit_name", 0.98)
            case "organisation":
                return Speaker(mention.name, "", "organisation", 0.95)
            case "pronoun":
                unsexed = mention.plural or mention.name.lower() in ("it", "i", "who")
                return _latest(source, before) if unsexed else self._person_before(source, mention, quoted)
            case "title":
                return self._titled(source, mention, quoted)
        return NOBODY

    def _person_before(self, source: Span, mention: Mention, quoted: Sequence[Span]) -> Speaker:
        """The person mentioned last outside quotations; who spoke or opens a sentence goes before who is only mentioned in it."""
        best: tuple[int, Person] | None = None
        for place, person in self.seen[bisect_left(self.places, source[0] - REACH) : bisect_left(self.places, source[0])]:
            if person.group or (person.gender and mention.gender and person.gender != mention.gender) or _within(place, quoted):
                continue
            rank = place + (150 if self._prominent(place) else 0)
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
            known = [self.holders[head] for head in sorted(heads) if head in self.holders]
            near = [places[n - 1] for places in known if (n := bisect_left(places, source[0], key=lambda pair: pair[0]))]
            if near:
                person = max(near, key=lambda pair: pair[0])[1]
                return Speaker(person.name, person.role, "title_np", 0.85)
            if phrase.startswith("the ") and len(mention.name.split()) == 1:
                guess = self._person_before(source, mention, quoted)
                if guess.name:
                    return Speaker(guess.name, guess.role, "title_np", 0.5)
        return Speaker(mention.name, mention.role, "title_np", 0.7)


def _key(mention: Mention) -> str:
    """Under which a name is known: a person's by its last word, an organisation's by the whole."""
    return mention.name.split()[-1].rstrip(".").lower() if mention.kind == "name" else mention.name.lower()


def _latest(source: Span, before: Sequence[tuple[int, Speaker]]) -> Speaker:
    """Who spoke last within reach; for pronouns that tell no gender."""
    for place, speaker in reversed(before):
        if place < source[0] - REACH:
            break
        if speaker.name and place < source[0]:
            return Speaker(speaker.name, speaker.role, "pronoun", 0.5)
    return Speaker(None, "", "unattributed", 0.3)


def _within(place: int, spans: Sequence[Span]) -> bool:
    number = bisect_right(spans, place, key=lambda span: span[0])
    return number > 0 and place < spans[number - 1][1]

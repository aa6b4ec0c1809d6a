"""The people of an article: who is one and the same under a full name, a surname, an honorific and a role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tasks.quotes.names import Mention, first_name, read_mention

_CAPITAL = re.compile(r"\[?[A-ZÀ-ÞА-ЯЁІЇЄҐ][\w’'&-]*\.?\]?")
_STOP = re.compile(
    r"(?<!\b[A-Z])(?<!\b(?:Mr|Ms|Dr|St|Jr|Sr|Lt))(?<!\b(?:Mrs|Sen|Rep|Gov|Gen|Col|Sgt|Rev|Hon|Adm|Del))(?<!\b(?:Capt|Prof|Sens|Reps))"
    r"(?<!\.[A-Z])\.\]?$"
)
"""A full stop that ends a sentence and no abbreviation."""
_APPOSITION = re.compile(
    r",\s+((?!(?:who|which|whose|and|but|or|as|in|on|at|with|for|by|to|when|while|where|after|said|\w+ing|\w+ed)\b)"
    r"[a-z][^,.;\"“”\n]{3,80}),"
)


@dataclass(eq=False)
class Person:
    """Somebody known in the article: names with how often each stands there, roles in order, gender; `group` for no single person."""

    surname: str
    gender: str = ""
    group: bool = False
    names: dict[str, int] = field(default_factory=dict)
    roles: list[str] = field(default_factory=list)

    def learn(self, mention: Mention) -> None:
        """Take over what a mention tells."""
        self.names[mention.name] = self.names.get(mention.name, 0) + 1
        self.gender = self.gender or mention.gender
        if mention.role and mention.role not in self.roles:
            self.roles.append(mention.role)

    @property
    def name(self) -> str:
        """The full name: the one that stands there most often, the longer of equals; the surname where there is no other."""
        full = {name: count for name, count in self.names.items() if " " in name}
        return max(full, key=lambda name: (full[name], len(name)), default=self.surname)

    @property
    def is_told(self) -> bool:
        """Whether anything tells that this is a person: a first name, a role, a gender. A lone word may be a country."""
        return bool(self.roles or self.gender) or " " in self.name

    @property
    def role(self) -> str:
        """The longest role told, the first of equals."""
        return max(self.roles, key=len, default="")

    @property
    def first(self) -> str:
        """The first name in lower case, or an empty string."""
        return self.name.split()[0].lower() if " " in self.name else ""


class People:
    """Persons by surname: two of one surname are told apart by first name or gender."""

    def __init__(self) -> None:
        self.known: dict[str, list[Person]] = {}

    def meet(self, mention: Mention) -> Person:
        """The person of a named mention, new where nobody fits; what the mention tells is learnt."""
        mention = _plain(mention)
        person = self.find(mention)
        if person is None:
            person = Person(mention.name.split()[-1], group=mention.kind == "organisation")
            self.known.setdefault(_key(mention), []).append(person)
        person.learn(mention)
        return person

    def find(self, mention: Mention) -> Person | None:
        """The person whom a mention names: same surname, no other first name, no other gender; the most mentioned of several."""
        mention = _plain(mention)
        words = mention.name.split()
        first = words[0].lower() if len(words) > 1 and mention.kind == "name" else ""
        fit = [
            person
            for person in self.known.get(_key(mention), [])
            if not (first and person.first and first != person.first)
            and not (mention.gender and person.gender not in ("", mention.gender))
        ]
        exact = [person for person in fit if first and person.first == first]
        return max(exact or fit, key=lambda person: sum(person.names.values()), default=None)

    def mentioned(self, text: str) -> Iterator[tuple[int, Person]]:
        """Every place where somebody known is named, in order; full names and roles that stand there are learnt first."""
        places = list(self._places(text))
        for _, mention in places:
            if " " in mention.name:
                self.meet(mention)
        for place, mention in places:
            person = self.find(mention)
            if person is not None:
                if " " not in mention.name:
                    person.learn(mention)
                yield place, person

    def _places(self, text: str) -> Iterator[tuple[int, Mention]]:
        run: list[str] = []
        last = -2
        for token in _CAPITAL.finditer(text):
            goes_on = text[last : token.start()] in (" ", "\u00a0") and not _STOP.search(run[-1])
            run = [*run[-6:], token[0]] if goes_on else [token[0]]
            last = token.end()
            word = re.sub(r"[’']s?$", "", token[0].strip("[]")).rstrip(".")
            if word.lower() not in self.known:
                continue
            after = _APPOSITION.match(text, last)
            told = " ".join(part.strip("[]") for part in run[:-1])
            mention = read_mention(f"{told} {word}" + (f", {after[1]}" if after else ""))
            if mention.kind == "name" and _key(mention) == word.lower():
                yield token.start(), _plain(mention)
            elif any(person.group for person in self.known[word.lower()]):
                yield token.start(), Mention("organisation", word, "", "")


def _key(mention: Mention) -> str:
    """A person's surname, an organisation's whole name."""
    return mention.name.split()[-1].rstrip(".").lower() if mention.kind == "name" else mention.name.lower()


def _plain(mention: Mention) -> Mention:
    """The mention without what a sentence's beginning glued to the name (`Using Ted Cruz`)."""
    words = mention.name.split()
    place = first_name(words) if mention.kind == "name" else None
    return Mention(mention.kind, " ".join(words[place:]), mention.role, mention.gender, mention.plural) if place else mention

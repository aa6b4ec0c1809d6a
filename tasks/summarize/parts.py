"""What a generator makes of an article of any length: a long one is written in parts, and their summaries are read once more."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tasks.config import ModelSpec, SummarySettings
from tasks.models import load_generator
from tasks.summarize.candidates import count_words
from tasks.summarize.injection import speaks_to_a_machine
from tasks.summarize.prompt import prompt
from tasks.words.sentences import sentences

TOKENS_A_WORD = 2
"""Room for a word when a model writes: news needs 1.3 tokens a word in English, up to 2 in other languages."""
ROUNDS = 6
"""Times that summaries of parts are read once more; each round leaves a few sentences of some hundreds of words, so six are plenty."""
LEAST_WORDS = 25
"""Parts are not halved below this: a model that reads less cannot be used for news."""
_MARKS = re.compile(r"^[\W_]*(?:summary|zusammenfassung|résumé|resumen)\s*:\s*", re.IGNORECASE)


@dataclass
class Writing:
    """An article on its way.

    Attributes:
        left: the sentences that are to be summarised still.
        language: BCP-47.
        room: words a part at most.
        text: the summary, once it is there; empty where none could be made.
        failed: the model could not process a part of it.
        truncated: the model could not read some of it, however short the parts.
    """

    left: list[str]
    language: str
    room: int
    text: str = ""
    done: bool = False
    failed: bool = False
    truncated: bool = False
    pieces: list[str] = field(default_factory=list)


def write(articles: Sequence[tuple[Sequence[str], str]], settings: SummarySettings, generator: ModelSpec) -> list[Writing]:
    """What the generator makes of each article.

    Args:
        articles: sentences and language of each.

    Returns:
        In the order of the articles, all done.
    """
    every = [Writing(list(some), language, settings.part_words) for some, language in articles]
    for _ in range(ROUNDS):
        open_ones = [w for w in every if not w.done]
        if not open_ones:
            break
        _round(open_ones, settings, generator)
    for writing in every:
        if not writing.done:  # the summaries of its parts do not become fewer: the model does not summarise
            writing.failed = writing.done = True
    return every


def _round(some: Sequence[Writing], settings: SummarySettings, generator: ModelSpec) -> None:
    """Every part of every article in one call; an article of one part is done, another goes on with the summaries of its parts."""
    parts = [in_parts(w.left, w.room) for w in some]
    prompts = [prompt(part, settings, generator) for own in parts for part in own]
    output = load_generator(generator).generate(prompts, max_new_tokens=settings.max_words * TOKENS_A_WORD)
    at = 0
    for writing, own in zip(some, parts, strict=True):
        numbers = range(at, at + len(own))
        at += len(own)
        if any(n in output.failed for n in numbers):
            writing.failed = writing.done = True
        elif any(n in output.truncated for n in numbers):
            _halve(writing)
        else:
            _take(writing, [_finished(output.values[n], writing.language, n in output.unfinished) for n in numbers])


def _halve(writing: Writing) -> None:
    """A prompt that was cut has lost its end, and for an instruct model its fence: shorter parts, or none."""
    longest = max(count_words(sentence) for sentence in writing.left)
    writing.room //= 2
    if writing.room < max(LEAST_WORDS, longest // 2):
        writing.truncated = writing.done = True


def _take(writing: Writing, pieces: Sequence[Sequence[str]]) -> None:
    if len(pieces) == 1:
        writing.text, writing.done = " ".join(pieces[0]), True
        return
    writing.left = [s for piece in pieces for s in piece if not speaks_to_a_machine(s)]
    writing.done = not writing.left


def in_parts(article: Sequence[str], words: int) -> list[list[str]]:
    """The article's sentences in runs of at most `words` words (a longer sentence is a run by itself)."""
    parts: list[list[str]] = []
    room = 0
    for sentence in article:
        need = count_words(sentence)
        if not parts or need > room:
            parts.append([])
            room = words
        parts[-1].append(sentence)
        room -= need
    return parts


def _finished(text: str, language: str, cut: bool) -> list[str]:
    """The sentences of a text, without the last one where the model was cut off in it."""
    bare = _MARKS.sub("", text)
    some = [bare[start:end] for start, end in sentences(bare, language)]
    return some[:-1] if cut else some

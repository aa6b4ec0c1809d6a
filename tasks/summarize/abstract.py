"""Abstractive summaries: a generator writes, the article must back every sentence, else the extractive summary stands.

A long article is summarised in parts, and their summaries together once more. For instruct models the article is fenced data, and
sentences that speak to a machine never reach the prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tasks.config import ModelSpec, SummarySettings
from tasks.models import load_encoder
from tasks.summarize.candidates import count_words
from tasks.summarize.check import checked
from tasks.summarize.parts import Writing, write
from tasks.summarize.summary import FAILED, TRUNCATED, Draft, Summary
from tasks.summarize.support import Source
from tasks.words.sentences import sentences


def abstract(drafts: Sequence[Draft], settings: SummarySettings, generator: ModelSpec) -> list[Summary]:
    """One summary per draft, in their order: the generator's where the article backs it, else the draft's extractive one.

    Args:
        drafts: articles that have an extractive summary, with the candidates it was chosen from.
    """
    writings = write([([c.text for c in d.candidates], d.language) for d in drafts], settings, generator)
    written = [_within(w, settings) for w in writings]
    vectors = np.nan_to_num(load_encoder(settings.model).encode([s for some in written for s in some]).values)
    made, at = [], 0
    for draft, writing, some in zip(drafts, writings, written, strict=True):
        source = Source.of([c.text for c in draft.candidates], draft.vectors)
        told = checked(draft, some, vectors[at : at + len(some)], source, settings, generator.name)
        made.append(replace(told, flags=tuple(sorted({*told.flags, *_flags(writing)}))))
        at += len(some)
    return made


def _within(writing: Writing, settings: SummarySettings) -> list[str]:
    """As many of the written sentences as the settings allow; the first in any case."""
    kept: list[str] = []
    for start, end in sentences(writing.text, writing.language)[: settings.sentences]:
        sentence = writing.text[start:end]
        if kept and sum(count_words(s) for s in kept) + count_words(sentence) > settings.max_words:
            break
        kept.append(sentence)
    return kept


def _flags(writing: Writing) -> list[str]:
    return [FAILED] * writing.failed + [TRUNCATED] * writing.truncated

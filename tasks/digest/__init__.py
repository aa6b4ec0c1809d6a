"""The morning page of a night: what came in, what it says, who stands where, and what to doubt."""

from __future__ import annotations

import pyarrow as pa

from tasks.digest.night import Night
from tasks.digest.render import render
from tasks.digest.speakers import heard
from tasks.digest.view import DigestView
from tasks.step import Step
from tasks.tables import ARTICLES, COPIES, DIGESTS, QUOTES, REJECTS, ROUNDUPS, STANCES, STORIES, SUMMARIES, VOICES


def write(
    articles: pa.Table,
    copies: pa.Table,
    stories: pa.Table,
    summaries: pa.Table,
    roundups: pa.Table,
    quotes: pa.Table,
    stances: pa.Table,
    rejects: pa.Table,
    earlier: pa.Table,
    settings: DigestView,
) -> tuple[pa.Table, pa.Table]:
    """Write the night's digest as a self-contained page and as Markdown, and note who was heard for the nights to come.

    Args:
        earlier: VOICES of the nights before.
    """
    night = Night(settings, articles, copies, stories, summaries, roundups, quotes, stances, rejects, earlier)
    html, markdown = render(night)
    return DIGESTS.rows([{"run_date": settings.run_date, "html": html, "markdown": markdown}]), heard(night)


DIGEST = Step(
    "digest",
    4,
    write,
    reads=(ARTICLES, COPIES, STORIES, SUMMARIES, ROUNDUPS, QUOTES, STANCES, REJECTS, VOICES),
    writes=(DIGESTS, VOICES),
    settings=DigestView.of,
)

__all__ = ["DIGEST", "DigestView"]

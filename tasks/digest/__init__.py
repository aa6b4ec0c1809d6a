"""The morning page of a night: what came in, what it says, who stands where, and what to doubt."""

from __future__ import annotations

import pyarrow as pa

from tasks.digest.night import Night
from tasks.digest.render import render
from tasks.digest.view import DigestView
from tasks.step import Step
from tasks.tables import ARTICLES, COPIES, DIGESTS, QUOTES, REJECTS, ROUNDUPS, STANCES, STORIES, SUMMARIES


def write(
    articles: pa.Table,
    copies: pa.Table,
    stories: pa.Table,
    summaries: pa.Table,
    roundups: pa.Table,
    quotes: pa.Table,
    stances: pa.Table,
    rejects: pa.Table,
    settings: DigestView,
) -> pa.Table:
    """Write the night's digest as a self-contained page and as Markdown."""
    html, markdown = render(Night(settings, articles, copies, stories, summaries, roundups, quotes, stances, rejects))
    return DIGESTS.rows([{"run_date": settings.run_date, "html": html, "markdown": markdown}])


DIGEST = Step(
    "digest",
    1,
    write,
    reads=(ARTICLES, COPIES, STORIES, SUMMARIES, ROUNDUPS, QUOTES, STANCES, REJECTS),
    writes=(DIGESTS,),
    settings=DigestView.of,
)

__all__ = ["DIGEST", "DigestView"]

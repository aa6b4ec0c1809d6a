"""Short, true, and traceable to the sentence."""

from tasks.models import digest
from tasks.step import Step
from tasks.summarize.roundup import roundup
from tasks.summarize.steps import summarize
from tasks.tables import ARTICLES, CANONICAL, REJECTS, ROUNDUPS, STORIES, SUMMARIES

SUMMARIZE = Step(
    "summarize",
    2,
    summarize,
    (CANONICAL,),
    (SUMMARIES, REJECTS),
    settings=lambda config: config.summaries,
    models=lambda settings: {"encoder": digest(settings.model)},
)
ROUNDUP = Step(
    "roundup",
    1,
    roundup,
    (ARTICLES, STORIES, SUMMARIES),
    (ROUNDUPS,),
    settings=lambda config: config.summaries,
    models=lambda settings: {"encoder": digest(settings.model)},
)

__all__ = ["ROUNDUP", "SUMMARIZE"]

"""Short, true, and traceable to the sentence."""

from tasks.config import SummarySettings
from tasks.models import digest
from tasks.step import Models, Step
from tasks.summarize.roundup import roundup
from tasks.summarize.steps import summarize
from tasks.tables import ARTICLES, CANONICAL, REJECTS, ROUNDUPS, STORIES, SUMMARIES


def _models(settings: SummarySettings) -> Models:
    generator = {} if settings.generator is None else {"generator": digest(settings.generator)}
    return {"encoder": digest(settings.model), **generator}


SUMMARIZE = Step(
    "summarize",
    4,
    summarize,
    (CANONICAL,),
    (SUMMARIES, REJECTS),
    settings=lambda config: config.summaries,
    models=_models,
)
ROUNDUP = Step(
    "roundup",
    2,
    roundup,
    (ARTICLES, STORIES, SUMMARIES),
    (ROUNDUPS,),
    settings=lambda config: config.summaries,
    models=lambda settings: {"encoder": digest(settings.model)},
)

__all__ = ["ROUNDUP", "SUMMARIZE"]

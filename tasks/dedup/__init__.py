"""Copies and the stories that they form, every decision verified and on record."""

import datetime as dt

from tasks.config import Config
from tasks.dedup.cluster import NightCopies, cluster
from tasks.dedup.evaluate import evaluate_duplicates
from tasks.dedup.sign import SignSettings, sign, sign_settings
from tasks.step import Models, Step
from tasks.tables import ARTICLES, COPIES, HISTORY, SIGNATURES, STORIES


def _night(config: Config) -> NightCopies:
    """The night's date stands in for the one that the flow sets."""
    return NightCopies(**config.copies.model_dump(), run_date=dt.date.min)


def _models(settings: SignSettings) -> Models:
    if settings.encoder is None:
        return {}
    from tasks.models import digest

    return {"encoder": digest(settings.encoder)}


SIGN = Step("sign", 2, sign, (ARTICLES,), (SIGNATURES,), settings=lambda config: sign_settings(config.copies), models=_models)
CLUSTER = Step("cluster", 2, cluster, (SIGNATURES, HISTORY), (COPIES, STORIES, SIGNATURES), settings=_night)

__all__ = ["CLUSTER", "SIGN", "evaluate_duplicates"]

"""The step OUTLETS: an outlet's stance as the aggregate of its articles' own voices, with the count; never from a quote."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.config import StanceSettings
from tasks.models import digest
from tasks.stance.classify import threshold
from tasks.stance.verdict import label
from tasks.step import Step
from tasks.tables import ARTICLES, CLASSES, STANCES, STORIES, plain

COPIED = 0.8
"""Share of an article that must stand in the canonical document for the canonical author's stance to count for its outlet."""


def aggregate(stances: pa.Table, articles: pa.Table, stories: pa.Table, settings: StanceSettings) -> pa.Table:
    """Mean probabilities of the author's stances of an outlet's articles, copies that it ran included.

    Args:
        stances: STANCES of the night; only holder_level author counts.
        articles: ARTICLES of the night, for their outlets.
        stories: STORIES of the night: which canonical document an article copies.

    Returns:
        STANCES with holder_level outlet, one row per outlet and target; `article_id` is the outlet's id. Fewer articles than
        `outlet_articles` give the label unclear; an article whose outlet is not known counts for none.
    """
    outlets = dict(zip(articles["article_id"].to_pylist(), articles["outlet"].to_pylist(), strict=True))
    carried: dict[str, list[str]] = defaultdict(list)
    for row in stories.select(["article_id", "canonical_id", "copied_share"]).to_pylist():
        if outlets.get(row["article_id"]) and (row["article_id"] == row["canonical_id"] or row["copied_share"] >= COPIED):
            carried[row["canonical_id"]].append(outlets[row["article_id"]])
    found: dict[tuple[str, str], list[list[float]]] = defaultdict(list)
    models: dict[tuple[str, str], set[str]] = defaultdict(set)
    own = plain(stances.filter(_of_authors(stances)))
    for row in own.to_pylist():
        for outlet in carried[row["article_id"]]:
            found[outlet, row["target_id"]].append([row[f"p_{name}"] for name in CLASSES])
            models[outlet, row["target_id"]].add(row["model"])
    codebook = own["codebook"][0].as_py() if own.num_rows else ""
    return STANCES.rows(
        _row(outlet, target, np.array(found[outlet, target]), settings, codebook, "+".join(sorted(models[outlet, target])))
        for outlet, target in sorted(found)
    )


def _of_authors(stances: pa.Table) -> pa.ChunkedArray:
    """Rows of authors who wrote on the target: one whose article only quotes others on it adds nothing."""
    level, mention = (stances[name].cast(pa.string()) for name in ("holder_level", "mention"))
    return pc.and_(pc.equal(level, "author"), pc.not_equal(mention, "not_mentioned"))


def _row(outlet: str, target: str, each: np.ndarray, settings: StanceSettings, codebook: str, model: str) -> dict[str, object]:
    mean = np.round(each.mean(axis=0), 4)
    decided, confidence = label(mean, threshold(settings))
    return {
        "article_id": outlet,
        "target_id": target,
        "holder_level": "outlet",
        "quote_id": "",
        "holder": outlet,
        "holder_chain": [],
        "mention": "explicit",
        "label": decided if len(each) >= settings.outlet_articles else "unclear",
        **{f"p_{name}": float(mean[number]) for number, name in enumerate(CLASSES)},
        "confidence": confidence,
        "articles": len(each),
        "evidence_start": None,
        "evidence_end": None,
        "evidence": None,
        "codebook": codebook,
        "model": model,
    }


OUTLETS = Step(
    "outlets",
    2,
    aggregate,
    (STANCES, ARTICLES, STORIES),
    (STANCES,),
    settings=lambda config: config.stances,
    models=lambda settings: {settings.model.name: digest(settings.model)},
)

"""The only place where rows leave: what is published, what the models read, and what was set aside with its reason."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel

from tasks.config import Settings
from tasks.errors import RETRYABLE
from tasks.step import Step
from tasks.tables import ARTICLES, CANONICAL, REJECTS, STORIES, conform

UNSIGNED = "the step that compares it with others could not be run on it; the night's log says why"


def keep(articles: pa.Table, stories: pa.Table, _settings: BaseModel) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Sort the night's articles.

    Args:
        articles: ARTICLES of one shard, rejected ones among them.
        stories: STORIES of the night.

    Returns:
        ARTICLES without the rejected ones; those of them that are canonical in their story; REJECTS.
    """
    articles = _unsigned(articles, stories)
    rejected = pc.is_valid(articles["reject"])
    kept = articles.filter(pc.invert(rejected))
    canonical_ids = stories.filter(stories["is_canonical"])["article_id"]
    canonical = kept.filter(pc.is_in(kept["article_id"], value_set=canonical_ids.combine_chunks()))
    return conform(kept, ARTICLES), conform(canonical, CANONICAL), _rejects(articles.filter(rejected))


def _unsigned(articles: pa.Table, stories: pa.Table) -> pa.Table:
    """The articles, those rejected that are in no story: SIGN could not be run on them."""
    lost = pc.and_not(
        pc.is_null(articles["reject"]), pc.is_in(articles["article_id"], value_set=stories["article_id"].combine_chunks())
    )
    if not pc.any(lost).as_py():
        return articles
    for name, value in (("reject_stage", "sign"), ("reject", "internal"), ("reject_message", UNSIGNED)):
        field = articles.schema.field(name)
        column = pc.if_else(lost, value, articles[name].cast(pa.string()))
        articles = articles.set_column(articles.schema.get_field_index(name), field, column.cast(field.type))
    return articles


def _rejects(articles: pa.Table) -> pa.Table:
    """REJECTS of the articles that carry a reason."""
    reason = articles["reject"].cast(pa.string())
    columns = {
        "document": articles["article_id"],
        "source": articles["source"],
        "uri": articles["uri"],
        "stage": articles["reject_stage"],
        "reason": reason,
        "message": articles["reject_message"],
        "raw_sha256": articles["raw_sha256"],
        "retryable": pc.is_in(reason, value_set=pa.array(sorted(RETRYABLE))),
    }
    return conform(pa.table(columns), REJECTS)


KEEP = Step("keep", 2, keep, (ARTICLES, STORIES), (ARTICLES, CANONICAL, REJECTS), settings=lambda _config: Settings())

"""A small night for the digest's tests: every string that may come from outside is an argument."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from tasks.config import DigestSettings, Outlet, Target
from tasks.digest import DIGEST, DigestView
from tasks.tables import ARTICLES, COPIES, QUOTES, REJECTS, ROUNDUPS, STANCES, STORIES, SUMMARIES, VOICES, Spec

DATE = dt.date(2026, 3, 2)
MORNING = dt.datetime(2026, 3, 2, 5, 30, tzinfo=dt.UTC)
VIEW = DigestView(
    run_date=DATE,
    timezone="Europe/Berlin",
    digest=DigestSettings(title="The test morning"),
    targets=(Target(id="bridge", name="toll bridge", type="policy", favor="The bridge is good.", against="The bridge is bad."),),
    outlets=(
        Outlet(id="gazette", name="The Gazette", type="private"),
        Outlet(id="organ", name="The Organ", type="state_controlled", basis="owned by the ministry"),
        Outlet(id="quiet", name="The Quiet Post"),
    ),
)


def rows(spec: Spec, *given: Mapping[str, Any]) -> pa.Table:
    """A table of rows with null for what is not given."""
    return spec.rows([dict.fromkeys(spec.schema.names) | dict(row) for row in given])


def article(name: str, outlet: str, title: str, **more: Any) -> dict[str, Any]:
    base = {"article_id": name, "outlet": outlet, "title": title, "text": "Text.", "language": "en", "uri": f"{name}.html", "flags": []}
    return base | {"published_at": MORNING, "published_precision": "minute", "url": f"https://{outlet}.example/{name}"} | more


def quote(name: str, article_id: str, speaker: str | None, text: str, **more: Any) -> dict[str, Any]:
    return {"quote_id": name, "article_id": article_id, "kind": "direct", "text": text, "speaker": speaker, "model": "rules"} | more


def stance(article_id: str, label: str, quote_id: str = "", **more: Any) -> dict[str, Any]:
    p = {"favor": (0.9, 0.02), "against": (0.03, 0.91), "neutral": (0.1, 0.1), "unclear": (0.3, 0.28)}[label]
    base = {"article_id": article_id, "target_id": "bridge", "holder_level": "quoted_speaker", "quote_id": quote_id, "label": label}
    sure = {"p_favor": p[0], "p_against": p[1], "p_neutral": 0.05, "p_none": 0.03, "confidence": max(p), "articles": 1}
    return base | sure | {"mention": "explicit", "codebook": "stance-1", "model": "test"} | more


def tables(words: str = "ordinary words", url: str | None = None, name: str = "Ada Brook") -> dict[str, pa.Table]:
    """The tables of a night in which `words` stand wherever an article's text may get to."""
    link = {"url": url}
    return {
        "articles": rows(
            ARTICLES,
            article("a1", "gazette", words, source="feed", **link),
            article("a2", "organ", words, source="feed", published_precision="day", **link),
            article("a3", f"z {words}", words, source="feed", published_at=None, published_precision="unknown", **link),
        ),
        "copies": rows(COPIES, {"article_id": "a2", "other_id": "a1", "relation": "near"}),
        "stories": rows(
            STORIES,
            {"story_id": "s1", "article_id": "a1", "is_canonical": True, "canonical_id": "a1"},
            {"story_id": "s1", "article_id": "a2", "is_canonical": False, "canonical_id": "a1", "copied_share": 0.8},
            {"story_id": "s2", "article_id": "a3", "is_canonical": True, "canonical_id": "a3"},
        ),
        "summaries": rows(
            SUMMARIES,
            {"article_id": "a1", "kind": "extractive", "text": words, "flags": ["new_name"], "status": "ok", "model": words},
        ),
        "roundups": rows(
            ROUNDUPS,
            {
                "story_id": "s1",
                "canonical_id": "a1",
                "additions": [{"article_id": "a2", "outlet": "organ", "start": 0, "end": 4, "text": words}],
            },
        ),
        "quotes": rows(
            QUOTES,
            quote("q1", "a1", name, words, role=words),
            quote("q2", "a2", f"Ben {name}", words, kind="indirect"),
            quote("q3", "a1", None, words, kind="mixed"),
        ),
        "stances": rows(
            STANCES,
            stance("a1", "favor", "q1", holder=name),
            stance("a2", "against", "q2", holder=f"Ben {name}", codebook=words, model=words),
            stance("a1", "unclear", "q3", holder=f"Cy {name}"),
            stance("a3", "against", holder_level="author", holder=words, evidence=words),
            stance("organ", "against", holder_level="outlet", holder="organ", articles=3),
        ),
        "rejects": rows(
            REJECTS, {"document": "d1", "source": "feed", "uri": words, "stage": "extract", "reason": "empty", "message": words}
        ),
    }


def render(night: Mapping[str, pa.Table], view: DigestView = VIEW) -> tuple[str, str]:
    """The page and its Markdown."""
    digests, _ = DIGEST.run(*[night.get(spec.name, VOICES.empty()) for spec in DIGEST.reads], view)
    (row,) = digests.to_pylist()
    return row["html"], row["markdown"]

"""The night, top to bottom. `each` runs a step on every shard by itself, `whole` once over the night."""

from __future__ import annotations

from dataclasses import dataclass

from flows.steps import Pile, Work
from tasks.dedup import CLUSTER, SIGN
from tasks.digest import DIGEST
from tasks.ingest import EXTRACT, REPEATS
from tasks.keep import KEEP
from tasks.quotes import QUOTES
from tasks.stance import OUTLETS, STANCES
from tasks.summarize import ROUNDUP, SUMMARIZE

STEPS = (EXTRACT, REPEATS, SIGN, CLUSTER, KEEP, SUMMARIZE, ROUNDUP, QUOTES, STANCES, OUTLETS, DIGEST)


@dataclass(frozen=True)
class Tonight:
    """What a night comes to: the tables that are published, the signatures that later nights read, and the morning page."""

    published: dict[str, tuple[Pile, ...]]
    signatures: Pile
    digest: Pile


def night(work: Work, documents: Pile, history: Pile, heard: Pile) -> Tonight:
    """The path of a night, from what the sources brought to what is published."""
    (drafts,) = work.each(EXTRACT, documents)
    (articles,) = work.each(REPEATS, drafts)
    (signatures,) = work.each(SIGN, articles)
    copies, stories, signed = work.whole(CLUSTER, signatures, history)
    kept, canonical, rejects = work.each(KEEP, articles, stories)

    summaries, unsummarised = work.each(SUMMARIZE, canonical)
    (roundups,) = work.whole(ROUNDUP, kept, stories, summaries)
    quotes, unquoted = work.each(QUOTES, canonical)
    stances, unjudged = work.each(STANCES, canonical, quotes)
    (outlets,) = work.whole(OUTLETS, stances, kept, stories)

    published = {
        "articles": (kept,),
        "copies": (copies,),
        "stories": (stories,),
        "summaries": (summaries,),
        "roundups": (roundups,),
        "quotes": (quotes,),
        "stances": (stances, outlets),
        "rejects": (rejects, unsummarised, unquoted, unjudged),
    }
    tables = (Pile(tuple(s for p in piles for s in p.shards), False) for piles in published.values())
    digest, voices = work.whole(DIGEST, *tables, heard)
    return Tonight(published | {"voices": (voices,)}, signed, digest)

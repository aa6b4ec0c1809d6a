"""SIGNATURES of tonight and of the nights before -> COPIES, STORIES and tonight's SIGNATURES with their stories."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.config import CopySettings
from tasks.dedup.compare import Measures
from tasks.dedup.evidence import Evidence, join, take, verify
from tasks.dedup.hashing import Ints
from tasks.dedup.meaning import propose_meant
from tasks.dedup.memory import keep_pages
from tasks.dedup.news import new_spans
from tasks.dedup.propose import ADDRESS, DIGEST, FINGERPRINTS, METHODS, Pairs, propose
from tasks.dedup.relate import EXACT, NAMES, Verdicts
from tasks.dedup.reuse import reused
from tasks.dedup.stories import settle
from tasks.dedup.window import Window, look
from tasks.tables import COPIES, SIGNATURES, STORIES, TIME, WORD, conform


class NightCopies(CopySettings):
    """What clustering reads: the settings of copies, and which night it is."""

    run_date: dt.date


def cluster(tonight: pa.Table, history: pa.Table, settings: NightCopies) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Copies and stories of a night.

    Args:
        tonight: SIGNATURES of the night, in any order.
        history: HISTORY, what this step wrote as SIGNATURES for the nights before, in any order.
        settings: with the night's date.

    Returns:
        COPIES: every verified pair whose later document is tonight's.
        STORIES: every document of tonight with its story; alone in it if nothing is like it.
        SIGNATURES: tonight's with their stories, and the canonical documents of earlier nights whose stories went on tonight.
    """
    keep_pages()
    pa.default_memory_pool().release_unused()  # what reading and signing left behind: the fingerprints take its place
    window = look(tonight, history, settings.run_date)
    meant = [propose_meant(window)] if settings.embedding else []
    evidence = verify(window, _candidates(window, settings, meant), settings)
    home = _settle(window, evidence)
    # A member may have met other members only: it is verified against the canonical document now, and all is settled again.
    missing = _unmet(window, evidence, home)
    if len(missing.later):
        evidence = join(evidence, verify(window, missing, settings))
        home = _settle(window, evidence)
    evidence = join(evidence, _copies_of_copies(window, evidence, home))
    record = join(evidence, reused(window, evidence, meant, settings))
    return _copies(window, record), _stories(window, evidence, home, settings), _signatures(window, home, settings.run_date)


def _candidates(window: Window, settings: CopySettings, meant: list[Pairs]) -> Pairs:
    """What the fingerprints propose, pages that came again, and what the embeddings propose."""
    proposed = [propose(window, settings), _revisions(window), *meant]
    every = Pairs(*(np.concatenate([getattr(pairs, field.name) for pairs in proposed]) for field in fields(Pairs)))
    # Of a pair that several propose, the first one's word counts: the fingerprints' says most.
    once = np.unique((every.later << 32) | every.earlier, return_index=True)[1]
    return Pairs(every.later[once], every.earlier[once], every.common[once], every.method[once])


def _revisions(window: Window) -> Pairs:
    """Each of tonight's documents with the first and the latest earlier document of the same outlet and address."""
    key = pc.binary_join_element_wise(window.rows["outlet"], window.rows["url"], "\n").combine_chunks()
    codes = pc.fill_null(pc.dictionary_encode(key).indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    order = np.argsort(codes, kind="stable")
    order = order[codes[order] >= 0]
    follows = np.flatnonzero(codes[order][1:] == codes[order][:-1]) + 1
    first = np.searchsorted(codes[order], codes[order][follows])
    later = np.r_[order[follows], order[follows]]
    earlier = np.r_[order[first], order[follows - 1]]
    other = np.flatnonzero((window.same_as[later] != window.same_as[earlier]) & (later >= window.tonight))
    return Pairs(later[other], earlier[other], np.zeros(len(other), np.float32), np.full(len(other), ADDRESS))


def _settle(window: Window, evidence: Evidence) -> Ints:
    own = window.same_as[evidence.later] == evidence.later
    pairs = take(evidence, np.flatnonzero(own))
    return settle(window, pairs.later, window.same_as[pairs.earlier], pairs.verdicts.relation, pairs.measures)


def _unmet(window: Window, evidence: Evidence, home: Ints) -> Pairs:
    """Documents that found a story though they copy members of another, with the canonical documents of those."""
    later, canonical = evidence.later, home[evidence.earlier]
    ask = (home[later] == later) & (canonical != later) & (canonical != window.same_as[evidence.earlier])
    packed = np.unique((later[ask] << 32) | canonical[ask])
    later, canonical = packed >> 32, packed & 0xFFFFFFFF
    new = np.flatnonzero(evidence.find(later, canonical) < 0)
    return Pairs(later[new], canonical[new], np.zeros(len(new), np.float32), np.full(len(new), FINGERPRINTS))


def _copies_of_copies(window: Window, evidence: Evidence, home: Ints) -> Evidence:
    """Exact copies, and for each copy of a copy the evidence against the canonical document, which is that of its double."""
    copies = np.flatnonzero(window.same_as[window.tonight :] != np.arange(window.tonight, len(window))) + window.tonight
    doubles = window.same_as[copies]
    full = np.ones(len(copies), np.float32)
    measures = Measures(full, full, full, full, full, window.size[copies], np.zeros(len(copies), np.uint16))
    verdicts = Verdicts(np.full(len(copies), EXACT), pa.repeat(pa.scalar("same words"), len(copies)))
    exact = Evidence(copies, doubles, measures, verdicts, np.full(len(copies), DIGEST))
    at = evidence.find(doubles, home[copies])
    shown = take(evidence, at[at >= 0])
    return join(exact, Evidence(copies[at >= 0], shown.earlier, shown.measures, shown.verdicts, shown.method))


def _copies(window: Window, evidence: Evidence) -> pa.Table:
    later, earlier = window.rows.take(pa.array(evidence.later)), window.rows.take(pa.array(evidence.earlier))
    columns = {
        "article_id": later["article_id"],
        "other_id": earlier["article_id"],
        "other_run_date": earlier["run_date"],
        "relation": pa.array(NAMES).take(pa.array(evidence.verdicts.relation)).cast(WORD),
        "jaccard": evidence.measures.jaccard,
        "containment": evidence.measures.containment,
        "containment_reverse": evidence.measures.containment_reverse,
        "copied": evidence.measures.copied,
        "copied_reverse": evidence.measures.copied_reverse,
        "method": pa.array(METHODS).take(pa.array(evidence.method)).cast(WORD),
        "decided": evidence.verdicts.decided,
    }
    return conform(pa.table(columns).sort_by([("article_id", "ascending"), ("other_id", "ascending")]), COPIES)


def _stories(window: Window, evidence: Evidence, home: Ints, settings: CopySettings) -> pa.Table:
    here = np.arange(window.tonight, len(window))
    canonical = home[here]
    article, other = window.rows.slice(window.tonight), window.rows.take(pa.array(canonical))
    at = evidence.find(here, canonical)
    known = evidence.measures.copied[at] if len(evidence.later) else np.zeros(len(here), np.float32)
    share = np.where(window.same_as[here] == window.same_as[canonical], np.float32(1), known)
    columns = {
        "story_id": _names(window, home).slice(window.tonight),
        "article_id": article["article_id"],
        "is_canonical": canonical == here,
        "canonical_id": other["article_id"],
        "canonical_run_date": other["run_date"],
        "copied_share": pa.array(share, mask=canonical == here),
        "new_spans": new_spans(window, here, canonical, share, settings.shingle),
        "first_published_at": _first_published(window, home).slice(window.tonight),
    }
    return conform(pa.table(columns).sort_by([("story_id", "ascending"), ("article_id", "ascending")]), STORIES)


def _names(window: Window, home: Ints) -> pa.ChunkedArray:
    """Per rank the story's id: the one that history knows, else made of the canonical document's."""
    own = pc.binary_join_element_wise("story-", window.rows["article_id"], "")
    return pc.coalesce(window.rows["story_id"], own).take(pa.array(home))


def _first_published(window: Window, home: Ints) -> pa.Array:
    times = window.rows["published_at"].cast(pa.timestamp("us")).cast(pa.int64())
    known = np.flatnonzero(pc.is_valid(times).to_numpy())
    far = np.iinfo(np.int64).max
    first = np.full(len(window), far)
    np.minimum.at(first, home[known], pc.fill_null(times, 0).to_numpy()[known])
    return pa.array(first[home], pa.int64(), mask=first[home] == far).cast(pa.timestamp("us")).cast(TIME)


def _signatures(window: Window, home: Ints, run_date: dt.date) -> pa.Table:
    carried = np.unique(home[window.tonight :])
    carried = carried[carried < window.tonight]
    ids = window.rows["article_id"]
    # The same document may have come again tonight: it stays a document of its first night.
    again = pc.is_in(ids.slice(window.tonight), value_set=ids.take(pa.array(carried)).combine_chunks()).to_numpy()
    ranks = np.r_[carried, np.flatnonzero(~again) + window.tonight]
    ranks = ranks[pc.sort_indices(ids.take(pa.array(ranks))).to_numpy()]
    source = window.source[ranks]
    rows = window.signatures
    in_a_row = len(source) > 0 and not (np.diff(source) != 1).any()
    rows = rows.slice(source[0], len(source)) if in_a_row else rows.take(pa.array(source))
    columns = {
        "run_date": window.rows["run_date"].take(pa.array(ranks)),
        "night": pa.repeat(pa.scalar(run_date, pa.date32()), len(ranks)),
        "story_id": _names(window, home).take(pa.array(ranks)),
    }
    for name, values in columns.items():
        rows = rows.set_column(rows.schema.get_field_index(name), name, values)
    return conform(rows, SIGNATURES)

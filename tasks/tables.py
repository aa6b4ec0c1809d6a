"""Every table: its Arrow schema is the contract and the Parquet file at once.

Times are `timestamp[us, UTC]`. Spans (`start`, `end`) are half-open offsets in Unicode code points into `articles.text`, so that
`text[start:end]` in Python is the span's text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tasks.errors import ContractError

TIME = pa.timestamp("us", tz="UTC")
WORD = pa.dictionary(pa.int32(), pa.string())
"""A string of low cardinality."""

SPAN = pa.struct([("start", pa.int32()), ("end", pa.int32())])
PARAGRAPH = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("kind", pa.string()), ("copy_of", pa.int32())])
"""`kind` is one of PARAGRAPH_KINDS; `copy_of` is the index of the paragraph that this one repeats, or null."""
SENTENCE = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("support", pa.float32())])
SUPPORT = pa.struct([("sentence", pa.int32()), ("start", pa.int32()), ("end", pa.int32()), ("score", pa.float32())])
"""Which span of the article backs the summary's sentence number `sentence`, and how well (0..1)."""

PARAGRAPH_KINDS = ("title", "teaser", "dateline", "body", "boilerplate")
PRECISIONS = ("second", "minute", "day", "inferred", "unknown")
FLAGS = ("future_date", "too_short", "truncated", "lang_mismatch", "mojibake", "repeated_text", "confusable")
RELATIONS = ("exact", "near", "excerpt", "revision", "reuse")
SUMMARY_KINDS = ("extractive", "abstractive")
SUMMARY_STATUS = ("ok", "whole_text", "too_short", "unknown_language", "only_quotes", "fallback_extractive", "failed")
QUOTE_KINDS = ("direct", "indirect", "mixed")
CUE_CLASSES = ("neutral", "factive", "doubting", "hope_intent")
SOURCE_METHODS = ("explicit_name", "title_np", "pronoun", "organisation", "unattributed")
HOLDER_LEVELS = ("quoted_speaker", "author", "outlet")
LABELS = ("favor", "against", "neutral", "none", "unclear")
CLASSES = LABELS[:4]
"""What a stance model decides between; `unclear` is the abstention."""
MENTIONS = ("explicit", "implicit", "not_mentioned")
OUTLET_TYPES = ("state_controlled", "public_service", "private", "wire_agency", "party", "unknown")
STAGES = ("fetch", "extract", "repeats", "sign", "cluster", "summarize", "quotes", "stances", "digest")


@dataclass(frozen=True)
class Spec:
    """A table's contract.

    Attributes:
        name: the table's name, which is its folder's name as well.
        schema: column names and types, in order.
        key: the columns that identify a row; never null, never twice.
        closed: column -> the only values it may have.
    """

    name: str
    schema: pa.Schema
    key: tuple[str, ...]
    closed: Mapping[str, tuple[str, ...]]

    def empty(self) -> pa.Table:
        """The table with no rows."""
        return self.schema.empty_table()

    def rows(self, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
        """A conforming table of the given rows; a missing column is an error, as in `conform`.

        Raises:
            ContractError: a row lacks a column or has one too many.
        """
        listed = list(rows)
        want = set(self.schema.names)
        for number, row in enumerate(listed):
            if set(row) != want:
                raise ContractError(_differ(f"{self.name}: row {number}", set(row), want))
        return conform(pa.Table.from_pylist(listed, schema=self.schema), self)


def _spec(name: str, key: str, closed: Mapping[str, tuple[str, ...]] | None = None, **columns: pa.DataType) -> Spec:
    return Spec(name, pa.schema(list(columns.items())), tuple(key.split()), closed or {})


DOCUMENTS = _spec(
    "documents",
    "document_id",
    document_id=pa.string(),  # 20 hex digits of sha256(source, uri, raw_sha256)
    source=WORD,
    uri=pa.string(),  # the file within the source (and the record in it: `day.jsonl#17`), or the address
    media_type=WORD,  # text/html, text/plain, application/json (one article record): what `raw` is
    charset=WORD,  # as declared by the transport, or null
    fetched_at=TIME,
    fields=pa.string(),  # JSON object of what the source already knows (title, url, published, outlet, …), or null
    raw=pa.large_binary(),  # the bytes as fetched; null where they were refused
    raw_sha256=pa.string(),
    reject=WORD,  # a reason of tasks.errors.REASONS, or null
    reject_message=pa.string(),
)
"""Internal: what the sources brought, byte for byte."""

ARTICLES = _spec(
    "articles",
    "article_id",
    {"published_precision": PRECISIONS},
    article_id=pa.string(),  # the document's id
    source=WORD,  # the source of the configuration that brought it
    outlet=WORD,  # an outlet's id of the config, or the host's name
    url=pa.string(),  # canonical address of the page, or null
    title=pa.string(),  # headline
    text=pa.large_string(),  # title, teaser, dateline and body as paragraphs, one a line; all spans index this
    language=WORD,  # BCP-47, or `und`
    language_confidence=pa.float32(),  # 0..1
    published_at=TIME,  # null where unknown
    published_precision=WORD,
    published_method=WORD,  # feed, meta, json_ld, record, url, dateline, text, file …
    published_raw=pa.string(),  # the string that the time was read from
    fetched_at=TIME,  # when the bytes came: a file's time of change, an answer's time
    dateline_place=pa.string(),  # BEIJING
    dateline_agency=pa.string(),  # Sputnik
    dateline_date=pa.string(),  # as printed in the dateline
    byline=pa.string(),  # as printed
    paragraphs=pa.list_(
        PARAGRAPH
    ),  # kind is title, teaser, dateline, body or boilerplate; copy_of is the index of the paragraph that it repeats
    flags=pa.list_(pa.string()),  # future_date, too_short, truncated, lang_mismatch, mojibake, repeated_text, confusable
    uri=pa.string(),  # the file within the source, or the address
    reject_stage=WORD,  # the stage that set it aside: fetch where the document came rejected, else extract; null with reject
    reject=WORD,  # null in what is published: rejected documents are in `rejects`
    reject_message=pa.string(),  # null in what is published
    raw_sha256=pa.string(),
)

CANONICAL = Spec("canonical", ARTICLES.schema, ARTICLES.key, ARTICLES.closed)
"""Internal: the canonical articles of the night's stories, the only ones that models read."""

SIGNATURES = _spec(
    "signatures",
    "article_id",
    article_id=pa.string(),
    outlet=WORD,
    url=pa.string(),
    agency=pa.string(),  # the dateline's agency, or null
    published_at=TIME,
    published_precision=WORD,
    length=pa.int32(),  # words of the text that is compared
    text_digest=pa.binary(16),  # of the words that are compared, in their order
    shingles=pa.binary(),  # uint32 hashes of the word shingles, little endian, in text order: verification needs no text
    paragraphs=pa.list_(pa.struct([("start", pa.int32()), ("end", pa.int32()), ("words", pa.int32())])),  # those that are compared
    phrases=pa.binary(),  # the same of runs of three words; null unless copies.reuse is set
    vectors=pa.list_(pa.binary()),  # one a sentence, int8; null unless copies.embedding is set
    run_date=pa.date32(),  # null until `cluster`; the night of the article
    night=pa.date32(),  # null until `cluster`; the night whose signatures hold the row
    story_id=pa.string(),  # null until `cluster` has decided; filled in the history
)
"""Internal and history: enough to find and verify copies without the text.

What `cluster` writes holds, besides the night's own articles, the canonical documents of earlier nights whose stories went on tonight:
a story can be verified against its canonical document for as long as it goes on, however old that document is.
"""

HISTORY = Spec("history", SIGNATURES.schema, ("night", "article_id"), SIGNATURES.closed)
"""Internal: the signatures of the nights before, as `cluster` wrote them. A canonical document may stand in those of several nights."""

COPIES = _spec(
    "copies",
    "article_id other_id",
    {"relation": RELATIONS},
    article_id=pa.string(),  # the younger document
    other_id=pa.string(),  # the older document of the two
    other_run_date=pa.date32(),  # the night of the older one
    relation=WORD,
    jaccard=pa.float32(),  # of the two shingle sets
    containment=pa.float32(),  # share of article_id's shingles that other_id has
    containment_reverse=pa.float32(),
    copied=pa.float32(),  # share of article_id's words that stand in shingles of other_id
    copied_reverse=pa.float32(),
    method=WORD,  # how the pair was found: digest, fingerprints, address, phrases, embedding
    decided=pa.string(),  # the rule that decided, in words with its numbers
)

STORIES = _spec(
    "stories",
    "story_id article_id",
    story_id=pa.string(),  # the same in every night that the story is told
    article_id=pa.string(),  # a member that came tonight
    is_canonical=pa.bool_(),
    canonical_id=pa.string(),  # may be an article of an earlier night
    canonical_run_date=pa.date32(),
    copied_share=pa.float32(),  # share of the member's words that stand in shingles of the canonical document; null for that document
    new_spans=pa.list_(SPAN),  # paragraphs of the member that the canonical document does not have
    first_published_at=TIME,
)

SUMMARIES = _spec(
    "summaries",
    "article_id",
    {"kind": SUMMARY_KINDS, "status": SUMMARY_STATUS},
    article_id=pa.string(),  # a canonical article
    kind=WORD,
    text=pa.string(),  # the summary
    sentences=pa.list_(SENTENCE),  # extractive: spans of articles.text; abstractive: spans of this text
    support=pa.list_(SUPPORT),  # which span of the article backs which sentence, 0..1
    flags=pa.list_(pa.string()),  # new_number, new_name, new_negation, truncated_input, suspected_injection, model_failed
    model=WORD,  # name in the configuration
    status=WORD,
)

ROUNDUPS = _spec(
    "roundups",
    "story_id",
    story_id=pa.string(),  # a story with more than one outlet
    canonical_id=pa.string(),  # its canonical document
    outlets=pa.list_(pa.string()),  # all that carried it
    text=pa.string(),  # the canonical summary, then what the others add
    additions=pa.list_(
        pa.struct(
            [("article_id", pa.string()), ("outlet", pa.string()), ("start", pa.int32()), ("end", pa.int32()), ("text", pa.string())]
        )
    ),
    model=WORD,
)
"""One summary per story with more than one outlet: what the other members add."""

QUOTES = _spec(
    "quotes",
    "quote_id",
    {"kind": QUOTE_KINDS, "cue_class": CUE_CLASSES, "speaker_method": SOURCE_METHODS},
    quote_id=pa.string(),  # digest of article_id and content spans
    article_id=pa.string(),  # a canonical article
    kind=WORD,
    content=pa.list_(SPAN),  # one span, or more where the cue interrupts it
    text=pa.string(),  # the content, spans joined by one blank
    words=pa.string(),  # the content without bracket insertions: what was said
    insertions=pa.list_(SPAN),  # bracketed words that were not said
    cue=pa.string(),  # said
    cue_start=pa.int32(),  # null where the quote has no cue
    cue_end=pa.int32(),
    cue_class=WORD,
    speaker=pa.string(),  # the fullest name in the article, or null
    speaker_start=pa.int32(),  # the mention beside the cue
    speaker_end=pa.int32(),
    role=pa.string(),  # Deputy Foreign Minister
    chain=pa.list_(pa.string()),  # nested sources, outermost first; [speaker] where there is one
    speaker_method=WORD,
    confidence=pa.float32(),  # 0..1
    repeat_of=pa.string(),  # quote_id of the same words said earlier in the article
    model=WORD,
)

STANCES = _spec(
    "stances",
    "article_id target_id holder_level quote_id",
    {"holder_level": HOLDER_LEVELS, "label": LABELS, "mention": MENTIONS},
    article_id=pa.string(),  # for holder_level outlet: the outlet's id
    target_id=pa.string(),  # a target of the configuration
    holder_level=WORD,
    quote_id=pa.string(),  # empty for author and outlet
    holder=pa.string(),  # who holds it; null where a quote has no speaker
    holder_chain=pa.list_(pa.string()),  # nested sources, outermost first
    mention=WORD,
    label=WORD,
    p_favor=pa.float32(),  # calibrated probability
    p_against=pa.float32(),  # calibrated probability
    p_neutral=pa.float32(),  # calibrated probability
    p_none=pa.float32(),  # calibrated probability
    confidence=pa.float32(),  # calibrated probability of the label, or of the best one where it is unclear
    articles=pa.int32(),  # how many articles stand behind the row: 1, or the aggregate's count
    evidence_start=pa.int32(),  # null for outlet
    evidence_end=pa.int32(),
    evidence=pa.string(),  # text[evidence_start:evidence_end], verbatim
    codebook=WORD,  # version of docs/codebook.md
    model=WORD,
)

LABELLED = _spec(
    "labelled",
    "item_id coder",
    {"label": LABELS[:4], "holder_level": HOLDER_LEVELS},
    item_id=pa.string(),
    coder=pa.string(),
    label=WORD,
    story_id=pa.string(),
    article_id=pa.string(),
    target_id=pa.string(),
    holder_level=WORD,
    quote_id=pa.string(),
    note=pa.string(),
)
"""What people said, beside the model's label and never over it; kept outside the generations, untouched by any run."""

REJECTS = _spec(
    "rejects",
    "document stage",
    document=pa.string(),  # the document's id
    source=WORD,  # the source of the configuration
    uri=pa.string(),  # the file within the source, or the address
    stage=WORD,  # where it was set aside
    reason=WORD,  # one of the closed list in tasks/errors.py
    message=pa.string(),  # for a person; never the article's text
    raw_sha256=pa.string(),  # of the bytes, where there were any
    retryable=pa.bool_(),
)

VOICES = _spec(
    "voices",
    "night target_id holder",
    {"label": ("favor", "against", "mixed", "neutral", "unclear")},
    night=pa.date32(),
    target_id=WORD,  # empty: heard at all
    holder=pa.string(),  # a quoted speaker
    label=WORD,  # over all their quotes of the night; mixed where they are heard on both sides; null where target_id is empty
    quotes=pa.int32(),
    position=pa.float32(),  # -1 against .. 1 in favour: median of p_favor - p_against; null where target_id is empty
    article_id=pa.string(),  # of the quote that shows it best
)
"""Who was heard in a night, and where they stood: what the next nights are compared with."""

DIGESTS = _spec("digests", "run_date", run_date=pa.date32(), html=pa.large_string(), markdown=pa.large_string())
"""Internal: the morning digest, published as a page."""

RUNS = _spec(
    "runs",
    "run_id",
    run_id=pa.string(),
    interval_start=TIME,  # of the night, half-open
    interval_end=TIME,
    started_at=TIME,  # of the run
    finished_at=TIME,
    trigger=WORD,  # command, schedule, backfill, late
    flow_run=pa.string(),  # Prefect's id, or null
    config_name=pa.string(),
    config_sha256=pa.string(),  # of the configuration as canonical JSON
    code_version=pa.string(),
    models=pa.list_(
        pa.struct([("step", pa.string()), ("model", pa.string()), ("digest", pa.string())])
    ),  # digest over the files of each model
    counts=pa.list_(pa.struct([("table", pa.string()), ("rows", pa.int64())])),  # rows of each published table
    timings=pa.list_(
        pa.struct([("step", pa.string()), ("ran", pa.int32()), ("reused", pa.int32()), ("seconds", pa.float64()), ("rows", pa.int64())])
    ),
    status=WORD,
)

PUBLISHED: tuple[Spec, ...] = (ARTICLES, COPIES, STORIES, SUMMARIES, ROUNDUPS, QUOTES, STANCES, VOICES, REJECTS, RUNS)
"""What a reader finds under `published/`."""
ALL: tuple[Spec, ...] = (DOCUMENTS, CANONICAL, SIGNATURES, HISTORY, DIGESTS, LABELLED, *PUBLISHED)
SPECS: dict[str, Spec] = {spec.name: spec for spec in ALL}


def _differ(where: str, have: set[str], want: set[str]) -> str:
    parts = []
    if want - have:
        parts.append(f"missing column(s) {', '.join(sorted(want - have))}")
    if have - want:
        parts.append(f"unknown column(s) {', '.join(sorted(have - want))}")
    return f"{where}: {'; '.join(parts)}. The contract is tasks/tables.py."


def conform(table: pa.Table, spec: Spec, *, closed: bool = True) -> pa.Table:
    """The table with its contract's columns, order and types, in one chunk a column.

    Args:
        closed: refuse what is outside a closed list; false for what a newer version may have written.

    Raises:
        ContractError: a column is missing, unknown, of another type, or outside its closed list; a key is null or stands twice.
            Table and column are named.
    """
    if set(table.schema.names) != set(spec.schema.names) or len(table.schema.names) != len(spec.schema.names):
        raise ContractError(_differ(spec.name, set(table.schema.names), set(spec.schema.names)))
    try:
        table = table.select(spec.schema.names).cast(spec.schema).combine_chunks().unify_dictionaries()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise ContractError(f"{spec.name}: a column has another type than tasks/tables.py says: {error}") from error
    _check_keys(table, spec)
    for column, allowed in spec.closed.items() if closed else ():
        found = set(pc.unique(table[column].cast(pa.string())).to_pylist()) - set(allowed) - {None}
        if found:
            raise ContractError(f"{spec.name}.{column}: unknown value(s) {sorted(found)}; have {', '.join(allowed)}")
    return table


def _check_keys(table: pa.Table, spec: Spec) -> None:
    for column in spec.key:
        if table[column].null_count:
            row = pc.index(pc.is_null(table[column]), True).as_py()
            raise ContractError(f"{spec.name}.{column}: null in the key, first in row {row}")
    counted = plain(table.select(spec.key)).group_by(list(spec.key)).aggregate([([], "count_all")])
    if counted.num_rows != table.num_rows:
        twice = counted.filter(pc.greater(counted["count_all"], 1)).slice(0, 1).drop_columns(["count_all"]).to_pylist()[0]
        raise ContractError(f"{spec.name}: the key {twice} stands in more than one row")


def plain(table: pa.Table) -> pa.Table:
    """The table with its dictionary columns as plain strings: what joins and group-bys want."""
    fields = [f.with_type(f.type.value_type) if pa.types.is_dictionary(f.type) else f for f in table.schema]
    return table.cast(pa.schema(fields))


def concat(tables: Iterable[pa.Table], spec: Spec, *, closed: bool = True) -> pa.Table:
    """One conforming table of several; of none, the empty one. `closed` as in `conform`."""
    listed = list(tables)
    return conform(pa.concat_tables(listed), spec, closed=closed) if listed else spec.empty()

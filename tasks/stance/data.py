"""Labelled files to training rows.

Each table (columns as in the evaluation commands: `text, target, label` with optional `holder, start, end`, or DSE's `text, p, q,
label`; also headline/body and premise/hypothesis pairs) becomes rows of a named stream; a recipe says how much of each stream a batch
holds. A held-out row is told by a digest of its topic or text, never by its place: a sorted or shortened file is split alike.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from tasks.errors import Unusable
from tasks.stance.inputs import AUTHOR, Span, find_mentions, question
from tasks.tables import CLASSES

SPLITS = ("train", "choose", "report")
LABEL_ID = {label: i for i, label in enumerate(CLASSES)}
OFFICIAL = frozenset({"dse", "newsmtsc"})
"""Sets with a validation file of their own: no tenth of their training file is kept for the report."""
BY_TARGET = frozenset({"vast", "perspectrum", "ibm_claim"})
"""Sets split by topic; all others are split by text."""
ENTAILMENT = {"entailment": "favor", "contradiction": "against", "neutral": "none"}
HEADLINES = {"agree": "favor", "disagree": "against", "discuss": "neutral", "unrelated": "none"}
DIRECTIONS = {
    0: ("neutral", "neutral"),
    1: ("favor", "neutral"),
    2: ("neutral", "favor"),
    3: ("against", "neutral"),
    4: ("neutral", "against"),
}
"""DSE's label -> (stance of p toward q, stance of q toward p)."""
OWN_VOICE = frozenset({"vast", "pstance", "semeval2016", "covid19", "arc", "perspectrum", "handeset"})
"""Sets whose text is its author's own word: a third of their training rows ask for `AUTHOR`, the others for nobody in particular."""
_LONG_CLAIMS = frozenset({"arc", "fnc1", "handeset", "persent"})


@dataclass(frozen=True)
class Row:
    """One question with its answer.

    Attributes:
        stream: what the recipe weighs: the data set's name, with a suffix where a set has several streams.
        segment_a, segment_b: as `tasks.stance.inputs.question` builds them.
        label: index into `tasks.tables.CLASSES`.
        split: one of SPLITS.
    """

    stream: str
    segment_a: str
    segment_b: str
    label: int
    split: str


def rows_of(table: pa.Table, bodies: pa.Table | None = None, *, held_out: bool = True) -> list[Row]:
    """The rows of one labelled file, whatever its kind.

    Args:
        table: a labelled table; its columns say its kind.
        bodies: `body_id, text`, for a table of `headline, body_id, label` only.
        held_out: False puts every row into `train`.

    Raises:
        Unusable: the columns are of no known kind.
    """
    columns = set(table.column_names)
    kinds: list[tuple[set[str], Callable[[], Iterator[Row]]]] = [
        ({"text", "p", "q", "label"}, lambda: directed_rows(table)),
        ({"text", "target", "label"}, lambda: target_rows(table)),
        ({"premise", "hypothesis", "label"}, lambda: entailment_rows(table)),
        ({"headline", "body_id", "label"}, lambda: headline_rows(table, bodies)),
    ]
    for wanted, read in kinds:
        if wanted <= columns:
            rows = list(read())
            return rows if held_out else [replace(row, split="train") for row in rows]
    have, want = ", ".join(sorted(columns)), " | ".join(", ".join(sorted(w)) for w, _ in kinds)
    raise Unusable(f"labelled file: have columns {have}; want one of: {want}. Rename the columns.")


def split_of(dataset: str, group: str) -> str:
    """`report` for a tenth of the groups (none of OFFICIAL sets), `choose` for a twentieth, else `train`."""
    bucket = _digest(dataset, group.strip().lower()) % 20
    if bucket < 2:
        return "train" if dataset in OFFICIAL else "report"
    return "choose" if bucket == 2 else "train"


def _digest(*parts: str) -> int:
    return int.from_bytes(hashlib.sha256("\x1f".join(parts).encode()).digest()[:4], "big")


def target_rows(table: pa.Table) -> Iterator[Row]:
    """Rows of a `text, target, label` table. VAST's `neutral` are random topics (95 % not in the text), which here is `none`."""
    for record in table.to_pylist():
        dataset = str(record.get("dataset") or "unnamed")
        label = "none" if dataset == "vast" and record["label"] == "neutral" else str(record["label"])
        group = record["target"] if dataset in BY_TARGET else record["text"]
        stream = f"{dataset}_unrelated" if dataset in _LONG_CLAIMS and label == "none" else dataset
        asked, split = record, split_of(dataset, str(group))
        if split == "train" and dataset in OWN_VOICE and _digest(record["text"], record["target"]) % 3 == 0:
            asked = {**record, "holder": AUTHOR}
        segments = ask(asked, words=100 if dataset in _LONG_CLAIMS else 120)
        yield Row(stream, *segments, LABEL_ID[label], split)


def ask(record: Mapping[str, Any], *, words: int = 150) -> tuple[str, str]:
    """The question of one `text, target[, holder, start, end]` record."""
    spans: list[Span] = []
    if record.get("start") is not None and record.get("end") is not None:
        spans = [(int(record["start"]), int(record["end"]))]
    return question(record.get("holder") or None, record["target"], record["text"], (), spans, words=words)


def directed_rows(table: pa.Table) -> Iterator[Row]:
    """Both directions of a DSE table; pairs with a stance in stream `dse`, pairs without in `dse_neutral`."""
    for record in table.to_pylist():
        forth, back = ask_both(record)
        label = int(record["label"])
        stream = "dse" if label else "dse_neutral"
        split = split_of("dse", bare(record["text"]))
        for (a, b), stance in zip((forth, back), DIRECTIONS[label], strict=True):
            yield Row(stream, a, b, LABEL_ID[stance], split)


def bare(text: str) -> str:
    """A DSE text without its brackets."""
    return re.sub(r"[\[\]]", "", text)


def ask_both(record: Mapping[str, Any]) -> tuple[tuple[str, str], tuple[str, str]]:
    """(p toward q, q toward p) of a record whose text has `[p]` and `[q]` in brackets; the brackets give way to the marks."""
    text, p, q = str(record["text"]), str(record["p"]), str(record["q"])
    at_p = text.find(f"[{p}]")
    at_q = text.find(f"[{q}]", at_p + 1) if p == q else text.find(f"[{q}]")
    brackets = sorted((at, at + len(name) + 1) for at, name in ((at_p, p), (at_q, q)) if at >= 0)
    cuts = sorted(edge for pair in brackets for edge in pair)
    plain = "".join(char for i, char in enumerate(text) if i not in cuts)
    spans = []
    for at, name in ((at_p, p), (at_q, q)):
        start = at - sum(cut < at for cut in cuts)
        spans.append([(start, start + len(name))] if at >= 0 else find_mentions(plain, name))
    return question(p, q, plain, spans[0], spans[1]), question(q, p, plain, spans[1], spans[0])


def entailment_rows(table: pa.Table) -> Iterator[Row]:
    """Premise and hypothesis as text and claim; two-way labels without `neutral` (RTE's `not_entailment`) are left out."""
    for record in table.to_pylist():
        if record["label"] in ENTAILMENT:
            segments = question(None, record["hypothesis"], record["premise"], words=100)
            yield Row("nli", *segments, LABEL_ID[ENTAILMENT[record["label"]]], split_of("nli", record["premise"]))


def headline_rows(table: pa.Table, bodies: pa.Table | None) -> Iterator[Row]:
    """Headline as claim, body as text.

    Raises:
        Unusable: no bodies were given.
    """
    if bodies is None:
        raise Unusable("headline pairs: have no bodies; want the file of `body_id, text` beside them. Name it among the files.")
    texts = dict(zip(bodies["body_id"].to_pylist(), bodies["text"].to_pylist(), strict=True))
    for record in table.to_pylist():
        stream = "fnc1_unrelated" if record["label"] == "unrelated" else "fnc1"
        segments = question(None, record["headline"], texts[record["body_id"]], words=100)
        yield Row(stream, *segments, LABEL_ID[HEADLINES[record["label"]]], split_of("fnc1", str(record["body_id"])))

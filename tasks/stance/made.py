"""Training rows that no set has: what to say when there is nothing to say."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pyarrow as pa

from tasks.stance.data import LABEL_ID, Row, bare, split_of
from tasks.stance.inputs import AUTHOR, question


def made_rows(directed: pa.Table, targets: Sequence[pa.Table], *, seed: int, each: int) -> list[Row]:
    """Rows that no set has, made from the training part of those given: when there is nothing to say.

    `absent`: a text asked about somebody or something that it does not name, or about the view of somebody it does not name -> `none`.
    `voice`: a sentence in which one actor speaks for or against another, asked for its author's own stance -> `neutral`: reporting
    a view is not sharing it.

    Args:
        directed: a DSE table.
        targets: tables with `text, target`, whose targets and texts serve as strangers to each other.
        seed: of the draw.
        each: rows per kind and source.
    """
    draw = random.Random(seed)  # noqa: S311 - a repeatable draw, no secret
    pairs = [r for r in directed.to_pylist() if split_of("dse", bare(r["text"])) == "train"]
    strangers = sorted({r["q"] for r in pairs} | {t for table in targets for t in table["target"].to_pylist() if len(t) < 60})
    made: list[Row] = []
    for record in draw.sample(pairs, min(each, len(pairs))):
        plain = bare(record["text"])
        stranger = _stranger(draw, strangers, plain)
        holder, target = draw.choice(
            [(record["p"], stranger), (record["q"], stranger), (None, stranger), (AUTHOR, stranger), (stranger, record["q"])]
        )
        made.append(Row("absent", *question(holder, target, plain), LABEL_ID["none"], "train"))
    for record in draw.sample([r for r in pairs if r["label"]], min(each, sum(1 for r in pairs if r["label"]))):
        plain, (p, q) = bare(record["text"]), (record["p"], record["q"])
        target = q if int(record["label"]) in (1, 3) else p
        made.append(Row("voice", *question(AUTHOR, target, plain), LABEL_ID["neutral"], "train"))
    for table in targets:
        records = [r for r in table.to_pylist() if split_of(str(r["dataset"]), str(r["text"])) == "train"]
        for record in draw.sample(records, min(each, len(records))):
            stranger = _stranger(draw, strangers, record["text"])
            made.append(
                Row("absent", *question(draw.choice([None, AUTHOR]), stranger, record["text"], words=100), LABEL_ID["none"], "train")
            )
    return made


def _stranger(draw: random.Random, names: Sequence[str], text: str) -> str:
    """A name of which no longer word stands in the text."""
    lowered = text.lower()
    while True:
        name = draw.choice(names)
        if not any(word in lowered for word in name.lower().split() if len(word) > 3):
            return name

"""The stance model's recipe: which labelled rows, in what shares, for how long."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from tasks.errors import Unusable
from tasks.models.pair_batches import Pair, Recipe
from tasks.models.train_pairs import train_pairs
from tasks.stance.data import Row, rows_of
from tasks.stance.inputs import MARKS
from tasks.stance.made import made_rows
from tasks.stance.written import codebook_rows
from tasks.tables import CLASSES

MIX: Mapping[str, float] = {
    "newsmtsc": 14, "vast": 14, "dse": 13, "dse_neutral": 14, "pstance": 12, "nli": 10, "perspectrum": 9, "semeval2016": 3,
    "covid19": 3, "codebook": 4, "absent": 2.5, "arc": 1.5, "ibm_claim": 1.2, "voice": 1, "fnc1": 1, "arc_unrelated": 0.5,
    "persent": 0.4, "handeset": 0.4,
}  # fmt: skip
"""Shares of the examples while the learning rate stands. DSE's pairs without a stance, two thirds of it, get less than their number."""
FINAL_MIX: Mapping[str, float] = {
    "newsmtsc": 15, "vast": 15, "dse": 14, "dse_neutral": 14, "pstance": 4, "semeval2016": 2, "perspectrum": 2, "codebook": 4,
    "absent": 1.5, "nli": 1, "voice": 0.7,
}  # fmt: skip
"""Shares while it falls: what the night asks for, and what is measured."""
OTHER_SHARE = 5.0
"""Of a stream that the recipe does not name: somebody's own labelled file."""
STEPS, DECAY_STEPS = 3800, 2400
LEARNING_RATE = 1e-4
MADE = 1500


def train_stance(
    tables: Sequence[pa.Table],
    base: Path,
    out: Path,
    log: Callable[[str], None],
    *,
    steps: int = STEPS,
    decay_steps: int = DECAY_STEPS,
    seed: int = 1,
    learning_rate: float = LEARNING_RATE,
    written: bool = False,
) -> Path:
    """Trains the stance model on labelled tables; goes on where a run into the same folder was stopped.

    Args:
        tables: as `rows_of` takes them, in any order; a table `body_id, text` serves the headlines. The held-out rows are left out.
        base: folder of the BERT encoder to start from, or of a model that this function has made, to go over it once more.
        out: where checkpoint and finished model go.
        log: takes a line every few seconds.
        steps, decay_steps: updates in all, and those at the end during which the learning rate falls to zero.
        seed: of the draw, the masks and the classifier's first weights.
        learning_rate: its peak.
        written: also with the rows of `tasks.stance.written`. The model that ships was made without them (docs/log/stance.md).

    Returns:
        `out`, with config.json, model.safetensors, tokenizer.json and recipe.json.

    Raises:
        Unusable: a table is of no known kind, or there are none.
    """
    streams = training_streams(tables, written=written)
    if not streams:
        raise Unusable("training: have no labelled rows; want at least one file, e.g. one with columns text, target, label")
    return train_pairs(streams, recipe_for(streams, steps, decay_steps, seed, learning_rate), base, out, log)


def recipe_for(
    streams: Mapping[str, Sequence[Pair]],
    steps: int = STEPS,
    decay_steps: int = DECAY_STEPS,
    seed: int = 1,
    learning_rate: float = LEARNING_RATE,
) -> Recipe:
    """The recipe over the streams there are."""
    return Recipe(
        labels=CLASSES,
        mix=shares(MIX, streams),
        final_mix=shares(FINAL_MIX, streams),
        steps=steps,
        decay_steps=decay_steps,
        warmup_steps=min(150, steps // 10),
        learning_rate=learning_rate,
        batch_tokens=2048,
        max_tokens=128,
        marks=MARKS,
        seed=seed,
    )


def training_streams(tables: Sequence[pa.Table], *, written: bool = False) -> dict[str, list[Pair]]:
    """Stream -> pairs of the training split, the same whatever the tables' order; with the rows that are written here if so wished."""
    labelled = labelled_of(tables)
    rows: list[Row] = [row for table in labelled for row in rows_of(table, bodies_of(tables))]
    directed = next((t for t in labelled if {"p", "q"} <= set(t.column_names)), None)
    if directed is not None:
        hosts = [t for t in labelled if _dataset(t) in ("newsmtsc", "pstance")]
        rows += made_rows(directed, hosts, seed=1, each=MADE)
    if written:
        rows += codebook_rows()
    streams: dict[str, list[Pair]] = {}
    for row in rows:
        if row.split == "train":
            streams.setdefault(row.stream, []).append(Pair(row.segment_a, row.segment_b, row.label))
    return streams


def shares(mix: Mapping[str, float], streams: Mapping[str, Sequence[Pair]]) -> dict[str, float]:
    """The mix over the streams there are; all of them alike where the recipe names none of them."""
    known = {name: share for name, share in mix.items() if name in streams}
    return known | {name: OTHER_SHARE for name in streams if name not in MIX and not name.endswith("_unrelated")} or dict.fromkeys(
        streams, 1.0
    )


def bodies_of(tables: Sequence[pa.Table]) -> pa.Table | None:
    """The table of texts that headlines refer to, if there is one."""
    return next((t for t in tables if set(t.column_names) == {"body_id", "text"}), None)


def labelled_of(tables: Sequence[pa.Table]) -> list[pa.Table]:
    """All other tables, by the name of their data set, whatever the order they were given in."""
    return sorted((t for t in tables if set(t.column_names) != {"body_id", "text"}), key=_dataset)


def _dataset(table: pa.Table) -> str:
    return str(table["dataset"][0].as_py()) if "dataset" in table.column_names and table.num_rows else "unnamed"

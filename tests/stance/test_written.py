"""The training rows written for rules of the codebook: every line is read, its places are marked, and splits keep apart."""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib.resources import files
from pathlib import Path

from tasks.stance.data import SPLITS, split_of
from tasks.stance.written import EACH, STREAM, codebook_rows, written

ROWS = list(codebook_rows())


def test_every_line_is_read_whole() -> None:
    lines = [line for line in (files("tasks.stance") / "codebook_rows.txt").read_text("utf-8").splitlines() if line and line[0] != "#"]
    for line, one in zip(lines, written(), strict=True):
        assert one.asked
        assert ", ".join(f"{holder}>{target} {label}" for holder, target, label in one.asked) + f": {one.text}" == line
        places = {place[1] for place in re.findall(r"\{[A-Z][~+]?\}", one.text)}
        assert {target for _, target, _ in one.asked} <= places
        assert {holder for holder, _, _ in one.asked} <= places | {"A"}
    assert len({one.text for one in written()}) == len(lines)
    assert len(ROWS) == EACH * sum(len(one.asked) for one in written())


def test_targets_and_holders_are_marked_and_nothing_is_left_open() -> None:
    for row in ROWS:
        assert "{" not in row.segment_b
        assert re.search(r"« [^»]+ »", row.segment_b), row
        assert row.segment_a.startswith("author toward ") or re.search(r"† [^†]+ †", row.segment_b), row
        assert row.stream == STREAM


def test_the_same_seed_draws_the_same_rows_and_another_other_names() -> None:
    assert list(codebook_rows(seed=1)) == ROWS
    other = list(codebook_rows(seed=2))
    assert [row.label for row in other] == [row.label for row in ROWS]
    assert sum(a.segment_b != b.segment_b for a, b in zip(ROWS, other, strict=True)) > len(ROWS) / 2


def test_all_fillings_of_a_text_are_of_one_split_and_every_split_has_some() -> None:
    splits = [split_of(STREAM, one.text) for one in written() for _ in range(EACH * len(one.asked))]
    assert [row.split for row in ROWS] == splits
    assert set(Counter(splits)) == set(SPLITS)


def test_no_minimal_pair_is_trained_on() -> None:
    pairs = [json.loads(line) for line in (Path(__file__).parent / "minimal_pairs.jsonl").read_text("utf-8").splitlines()]
    texts = {re.sub(r"\W+", " ", pair["text"]).lower() for pair in pairs}
    assert not texts & {re.sub(r"[\W†«»]+", " ", row.segment_b).lower() for row in ROWS}

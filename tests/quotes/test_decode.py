from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tasks.quotes.decode import Part, back, best_path, joined, link, parts

LABELS = ("O", "B-source", "I-source", "B-cueleft", "I-cueleft", "B-contentleft", "I-contentleft", "B-contentright", "I-contentright")


def probabilities(names: list[str], sure: float = 0.9) -> np.ndarray:
    rows = np.full((len(names), len(LABELS)), (1 - sure) / (len(LABELS) - 1), dtype=np.float32)
    for number, name in enumerate(names):
        rows[number, LABELS.index(name)] = sure
    return rows


def test_spans_of_labels_and_no_word_is_parted() -> None:
    text = "Ada unhappily said yes"
    offsets = np.array([(0, 3), (4, 6), (6, 13), (14, 18), (19, 22)])
    values = probabilities(["B-source", "B-cueleft", "O", "I-cueleft", "B-contentleft"])
    found = [(text[p.start : p.end], p.kind) for p in parts(text, values, offsets, LABELS)]
    assert found == [("Ada", "source"), ("unhappily said", "cueleft"), ("yes", "contentleft")]


@given(st.lists(st.lists(st.floats(0.001, 1), min_size=len(LABELS), max_size=len(LABELS)), min_size=1, max_size=12), st.data())
def test_the_best_path_is_valid_bio_and_never_parts_a_word(rows: list[list[float]], data: st.DataObject) -> None:
    glued = np.array([False, *data.draw(st.lists(st.booleans(), min_size=len(rows) - 1, max_size=len(rows) - 1))])
    path = [LABELS[n] for n in best_path(np.log(np.array(rows)), glued, LABELS)]
    for place, label in enumerate(path):
        if label.startswith("I"):
            assert place > 0
            assert path[place - 1][2:] == label[2:]
        if glued[place]:
            assert path[place - 1][2:] == label[2:]
            assert not label.startswith("B")


def test_links_go_to_the_side_that_the_label_names() -> None:
    found = [
        Part(0, 5, "contentright", 0.9),
        Part(6, 9, "source", 0.9),
        Part(10, 14, "cueleft", 0.9),
        Part(15, 20, "contentleft", 0.9),
        Part(21, 25, "contentright", 0.9),
        Part(26, 30, "cuealone", 0.9),
    ]
    first, second = link(found)
    assert (first.content, first.cue, first.source) == (((0, 5), (15, 20)), (10, 14), (6, 9))
    assert (second.content, second.cue, second.source) == (((21, 25),), (26, 30), None)


def test_a_content_without_any_cue_stands_alone() -> None:
    (one,) = link([Part(0, 5, "contentright", 0.9)])
    assert (one.cue, one.source) == (None, None)
    assert one.confidence < 0.5


@given(st.lists(st.text(alphabet="abc ", min_size=1, max_size=8), min_size=1, max_size=6), st.data())
def test_places_of_the_joined_text_lead_back(lines: list[str], data: st.DataObject) -> None:
    text = "##".join(lines)
    paragraphs, place = [], 0
    for line in lines:
        paragraphs.append((place, place + len(line)))
        place += len(line) + 2
    line, places = joined(text, paragraphs)
    number = data.draw(st.integers(0, len(line) - 1))
    if line[number] != "¶":
        start, end = back((number, number + 1), places)
        assert text[start:end] == line[number]

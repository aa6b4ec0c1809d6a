"""Scores: known answers, any file with the columns, and folds that are said."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tasks.errors import Unusable
from tasks.stance.baselines import lexicon, linear, majority
from tasks.stance.calibrate import Calibration
from tasks.stance.data import ask_both, rows_of, split_of
from tasks.stance.evaluate import directed, evaluate_directed, evaluate_stance, fold, minimal_pairs
from tasks.tables import CLASSES

PAIRS = Path(__file__).with_name("minimal_pairs.jsonl")


def saying(**words: str):
    """A model that answers with the label whose word stands in the text or the question, surely; `none` otherwise."""

    def classify(pairs):
        rows = []
        for a, b in pairs:
            label = next((label for word, label in words.items() if word in f"{a} {b}"), "none")
            rows.append(0.96 * np.eye(4)[CLASSES.index(label)] + 0.01)
        return np.array(rows)

    return classify


def table(*labels: str) -> pa.Table:
    return pa.table(
        {"text": [f"text {label} {i}" for i, label in enumerate(labels)], "target": ["tax"] * len(labels), "label": list(labels)}
    )


ORACLE = saying(favor="favor", against="against", neutral="neutral")


def test_a_model_that_knows_everything_scores_one() -> None:
    report = evaluate_stance(table("favor", "against", "neutral", "none"), ORACLE)
    assert report["macro_f1"] == 1.0
    assert report["macro_f1_interval"][1] == 1.0
    assert report["rows"] == 4
    assert set(report["per_class"]) == set(CLASSES)
    assert report["ece"] == pytest.approx(0.03)
    assert report["coverage"][0] == {"threshold": 0.0, "coverage": 1.0, "macro_f1": 1.0}
    assert report["coverage"][-1]["coverage"] == 1.0
    json.dumps(report)


def test_the_majority_scores_its_share() -> None:
    report = evaluate_stance(table("favor", "favor", "favor", "against"), majority("favor"))
    assert report["macro_f1"] == pytest.approx((6 / 7 + 0) / 2)


def test_none_and_neutral_are_one_where_a_file_has_but_one() -> None:
    silent = saying()
    assert evaluate_stance(table("neutral", "favor"), silent)["per_class"]["neutral"]["recall"] == 1.0
    assert evaluate_stance(table("none", "neutral"), silent)["per_class"]["neutral"]["recall"] == 0.0


def test_a_two_class_file_is_decided_between_its_classes() -> None:
    chances = np.array([[0.2, 0.1, 0.6, 0.1]])
    assert fold(chances, ("favor", "against")) == pytest.approx(np.array([[2 / 3, 1 / 3]]))


def test_unknown_labels_missing_columns_and_empty_files_are_named() -> None:
    with pytest.raises(Unusable, match="pro"):
        evaluate_stance(table("pro"), ORACLE)
    with pytest.raises(Unusable, match="target"):
        evaluate_stance(pa.table({"text": ["a"], "label": ["favor"]}), ORACLE)
    with pytest.raises(Unusable, match="rows"):
        evaluate_stance(table(), ORACLE)
    with pytest.raises(Unusable, match="shape"):
        evaluate_stance(table("favor"), lambda pairs: np.ones((len(pairs), 3)))


def test_a_span_says_which_mention_is_meant() -> None:
    asked = []

    def classify(pairs):
        asked.extend(pairs)
        return np.full((len(pairs), 4), 0.25)

    evaluate_stance(pa.table({"text": ["He and he"], "target": ["he"], "label": ["favor"], "start": [7], "end": [9]}), classify)
    assert asked == [("toward he", "He and « he »")]


def test_directions_are_asked_both_ways_without_brackets() -> None:
    forth, back = ask_both({"text": "[Ann] met [Bob] twice.", "p": "Ann", "q": "Bob"})
    assert forth == ("Ann toward Bob", "† Ann † met « Bob » twice.")
    assert back == ("Bob toward Ann", "« Ann » met † Bob † twice.")


def test_directed_scores_of_a_model_that_knows() -> None:
    rows = {
        "text": ["[A] praised [B].", "[A] was praised by [B].", "[A] attacked [B].", "[A] was attacked by [B].", "[A] met [B]."],
        "p": ["A"] * 5,
        "q": ["B"] * 5,
        "label": [1, 2, 3, 4, 0],
    }

    def classify(pairs):
        out = []
        for a, b in pairs:
            passive = " by " in b
            active = a.startswith("A") != passive
            label = "neutral" if "met" in b or not active else "favor" if "praised" in b else "against"
            out.append(0.9 * np.eye(4)[CLASSES.index(label)] + 0.025)
        return np.array(out)

    report = evaluate_directed(pa.table(rows), classify)
    assert report["macro_f1"] == 1.0
    assert report["macro_f1_directions"] == 1.0
    assert report["rows"] == 5


def test_two_stances_at_once_are_decided_for_the_surer() -> None:
    both = np.array([[[0.6, 0.1, 0.3], [0.1, 0.5, 0.4]]])
    joint = directed(both)
    assert joint.sum() == pytest.approx(1)
    assert joint.argmax() == 1


def test_calibration_changes_confidence_and_no_label() -> None:
    plain, cool = (evaluate_stance(table("favor", "against"), ORACLE, c) for c in (None, Calibration(4.0)))
    assert plain["macro_f1"] == cool["macro_f1"]
    assert plain["ece"] < cool["ece"]


def test_the_lexicon_follows_the_tone() -> None:
    class Tone:
        def polarity_scores(self, text: str) -> dict[str, float]:
            return {"compound": {"good": 0.6, "bad": -0.6}.get(text, 0.0)}

    said = lexicon(Tone())([("", "good"), ("", "bad"), ("", "so")]).argmax(axis=1)
    assert [CLASSES[i] for i in said] == ["favor", "against", "neutral"]


def test_the_linear_baseline_learns_what_is_linear() -> None:
    def embed(texts):
        return np.array([[float("yes" in t), float("no" in t)] for t in texts])

    pairs = [("x", "yes")] * 5 + [("x", "no")] * 5
    model = linear(embed, pairs, [0] * 5 + [1] * 5)
    assert (model([("x", "yes"), ("x", "no")]).argmax(axis=1) == [0, 1]).all()


def test_minimal_pairs_are_many_and_well_formed() -> None:
    records = [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]
    assert len(records) >= 200
    assert {r["kind"] for r in records} >= {"negation", "target_swap", "holder_swap", "own_voice", "conditional", "hope"}
    for r in records:
        assert set(r) == {"id", "kind", "text", "holder", "target", "label"}
        assert set(r["label"].split("|")) <= set(CLASSES), r["id"]
        assert r["kind"] == "absent_target" or r["target"].lower() in r["text"].lower(), r["id"]


def test_a_pair_passes_only_as_a_whole() -> None:
    records = [
        {"id": "1", "kind": "k", "text": "favor", "holder": "h", "target": "t", "label": "favor"},
        {"id": "1", "kind": "k", "text": "favor too", "holder": "h", "target": "t", "label": "against|neutral"},
    ]
    report = minimal_pairs(records, ORACLE)
    assert report["passed"] == 0.5
    assert report["kinds"]["k"]["pairs_passed"] == 0.0


def test_held_out_rows_do_not_depend_on_the_files_order() -> None:
    rows = table(*["favor"] * 40)
    named = rows.append_column("dataset", pa.array(["mine"] * 40))
    forth = {(r.segment_b, r.split) for r in rows_of(named)}
    assert forth == {(r.segment_b, r.split) for r in rows_of(named.take(list(range(39, -1, -1))))}
    assert {split_of("dse", str(i)) for i in range(200)} == {"train", "choose"}


def test_a_file_of_no_known_kind_is_refused() -> None:
    with pytest.raises(Unusable, match="premise"):
        rows_of(pa.table({"x": [1]}))

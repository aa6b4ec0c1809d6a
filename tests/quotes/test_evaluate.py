from __future__ import annotations

import pytest

from tasks.errors import Unusable
from tasks.quotes.attribution import Attribution
from tasks.quotes.evaluate import Score, evaluate_quotes, matched
from tasks.quotes.gold import attributions
from tests.quotes.articles import RULES_ALONE
from tests.quotes.brat import ROAD, ROAD_BRAT, table


def test_gold_against_itself_is_perfect() -> None:
    score = Score()
    score.article(ROAD, attributions(ROAD_BRAT), attributions(ROAD_BRAT))
    assert {value for name, value in score.figures().items() if name.endswith(("f1", "accuracy"))} == {1.0}


def test_nothing_found_scores_nothing() -> None:
    score = Score()
    score.article(ROAD, [], attributions(ROAD_BRAT))
    assert {value for name, value in score.figures().items() if name.endswith(("f1", "accuracy"))} == {0.0}


def test_half_a_content_counts_a_half() -> None:
    score = Score()
    score.soft("x", [(0, 5)], [(0, 10)])
    assert score.tallies["x"].right == 1.0
    assert score.tallies["x"].covered == 0.5
    assert score.figures()["x"] == pytest.approx(2 / 3, abs=1e-4)


def test_the_speaker_is_judged_only_where_the_content_is_right() -> None:
    gold = [Attribution(((0, 10),), (20, 24), (12, 18))]
    assert matched([Attribution(((6, 30),), (20, 24), (12, 18))], gold) == []
    assert len(matched([Attribution(((1, 10),), (20, 24), None)], gold)) == 1


def test_the_rules_on_our_own_annotation() -> None:
    got = evaluate_quotes(table(2), RULES_ALONE)
    assert (got["rows"], got["model"]) == (2, "rules@3")
    assert got["direct_strict_f1"] == 1.0
    assert got["content_overlap_f1"] == 1.0
    assert got["speaker_accuracy"] == 1.0


def test_a_missing_column_is_named() -> None:
    with pytest.raises(Unusable, match="no column brat"):
        evaluate_quotes(table().drop_columns(["brat"]), RULES_ALONE)

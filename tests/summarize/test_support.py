"""Support: what the article says scores above what it does not say."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.config import SummarySettings
from tasks.errors import Unusable
from tasks.models import load_encoder
from tasks.summarize.faithfulness import area, evaluate_faithfulness
from tasks.summarize.support import FEATURES, Source, backed, measure

ARTICLE = [
    "The harbour board voted on Tuesday to close the old ferry pier for two years.",
    "Shop owners on the quay fear that visitors will stay away.",
    "Board chair Mira Tolland said the piles are rotten.",
]


def scores(sentences: list[str]) -> list[tuple[float, list[int]]]:
    vectors = load_encoder(SummarySettings().model).encode(ARTICLE + sentences).values
    source = Source.of(ARTICLE, vectors[: len(ARTICLE)])
    return [backed(s, v, source) for s, v in zip(sentences, vectors[len(ARTICLE) :], strict=True)]


def test_the_articles_own_words_are_backed_and_made_up_ones_are_not() -> None:
    said, shortened, turned, foreign = scores(
        [
            ARTICLE[0],
            "The harbour board voted to close the old ferry pier.",
            "Shop owners closed the board.",
            "A storm sank twelve ships.",
        ]
    )
    assert said[0] > 0.8
    assert said[1] == [0]
    assert shortened[0] > 0.5
    assert shortened[0] > turned[0] > 0
    assert foreign[0] < 0.3


@given(st.text(max_size=80), st.lists(st.text(max_size=80), max_size=4))
def test_any_text_has_a_row_of_finite_numbers(sentence: str, article: list[str]) -> None:
    source = Source.of(article, np.full((len(article), 3), 0.5, dtype=np.float32))
    row, nearest = measure(sentence, np.full(3, 0.5, dtype=np.float32), source)
    assert len(row) == len(FEATURES)
    assert np.isfinite(row).all()
    assert all(0 <= i < len(article) for i in nearest)


def test_area_counts_pairs() -> None:
    truth = np.array([True, True, False, False])
    assert area(truth, np.array([0.9, 0.5, 0.5, 0.1])) == pytest.approx(3.5 / 4)


def test_both_layouts_are_measured() -> None:
    plain = pa.table(
        {"article": [" ".join(ARTICLE)] * 2, "sentence": [ARTICLE[1], "A storm sank twelve ships."], "consistent": [True, False]}
    )
    pairs = '{"correct": {"summary": "Shop owners on the quay fear."}, "incorrect": {"summary": "A storm sank twelve ships."}}'
    falke = pa.table({"source": [ARTICLE[1]], "systems": [pairs]})
    for table in (plain, falke):
        found = evaluate_faithfulness(table)
        assert (found["rows"], found["balanced_accuracy"], found["auc"]) == (2, 1.0, 1.0)
    with pytest.raises(Unusable, match="article, sentence and consistent"):
        evaluate_faithfulness(pa.table({"text": ["a"]}))

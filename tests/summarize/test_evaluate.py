"""ROUGE beside Lead-3."""

import json
import random
from collections.abc import Callable

import pyarrow as pa
import pytest

from tasks.config import SummarySettings
from tasks.errors import Unusable
from tasks.summarize.evaluate import evaluate_summaries, split
from tests.summarize.coast_news import report
from tests.summarize.written_articles import HARBOUR

SOURCE = " ".join(text for kind, text in HARBOUR if kind == "body")


def test_lead_3_of_a_reference_that_is_the_lead_is_1() -> None:
    lead = " ".join(split(SOURCE)[:3])
    found = evaluate_summaries(pa.table({"source": [SOURCE], "reference": [lead]}))
    assert found["lead3"] == {"rouge1": 1.0, "rouge2": 1.0, "rougeLsum": 1.0}
    assert found["rows"] == 1
    assert 0 < found["rouge2"] <= found["rouge1"] <= 1
    assert found["interval"]["rouge1"] == [found["rouge1"]] * 2
    assert json.loads(json.dumps(found)) == found


def test_of_several_references_the_best_counts() -> None:
    lead = " ".join(split(SOURCE)[:3])
    found = evaluate_summaries(pa.table({"source": [SOURCE], "references": [json.dumps(["Nothing of it.", lead])]}))
    assert found["lead3"]["rouge1"] == 1.0


def test_tokenised_text_ends_at_a_lone_mark() -> None:
    text = "The board voted ' no ' . Owners wait . Is it over ? Not yet . '"
    assert split(text) == ["The board voted ' no ' .", "Owners wait .", "Is it over ?", "Not yet .", "'"]


@pytest.mark.parametrize(
    "table", [pa.table({"source": ["a"]}), pa.table({"source": pa.array([], pa.string()), "reference": pa.array([], pa.string())})]
)
def test_a_table_without_references_or_rows_is_unusable(table: pa.Table) -> None:
    with pytest.raises(Unusable, match="source and reference"):
        evaluate_summaries(table)


def test_a_generators_summaries_are_measured_with_their_fallbacks(writing: Callable[..., SummarySettings]) -> None:
    some = [report(random.Random(n)) for n in range(8)]
    table = pa.table({"source": ["\n".join(r.lines) for r in some], "reference": [r.summary for r in some]})
    settings = writing("seq2seq")
    found = evaluate_summaries(table, settings)
    assert settings.generator is not None
    assert found["model"] == settings.generator.name
    assert found["fallback"] <= 5
    assert found["rouge2"] > found["lead3"]["rouge2"] + 0.1

"""An NLI model through the same contract: a folder with entailment among its labels is asked the targets' statements."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
import transformers

from flows.workbench import measure
from tasks.config import ModelSpec, Target, parse
from tasks.errors import Unusable
from tasks.stance.classify import Classifier, classifier
from tasks.stance.questions import Question
from tasks.tables import CLASSES
from tests.models.conftest import save

TEXT = "the minister said that the treaty will not go to the vote on Monday"
TREATY = Target(id="treaty", name="treaty", favor="the treaty on grain", against="the strike at the museum")
SWAPPED = TREATY.model_copy(update={"favor": TREATY.against, "against": TREATY.favor})


def network(folder: Path, labels: tuple[str, ...]) -> Path:
    """A BERT of a few thousand random numbers with these labels."""
    torch.manual_seed(3)
    config = transformers.BertConfig(
        vocab_size=64, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, max_position_embeddings=64,
        initializer_range=0.4, id2label=dict(enumerate(labels)), label2id={name: number for number, name in enumerate(labels)},
    )  # fmt: skip
    return save(transformers.BertForSequenceClassification(config), "pair", folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return network(tmp_path_factory.mktemp("nli"), ("CONTRADICTION", "NEUTRAL", "ENTAILMENT"))


@pytest.fixture(scope="module")
def model(folder: Path) -> Classifier:
    return classifier(ModelSpec(kind="pair", name=f"folder:{folder}"))


def question(target: Target, mention: str) -> Question:
    return Question(target, "quoted_speaker", "q", "Ann", (), mention, (0, len(TEXT)), (0, len(TEXT)), (), ())


def test_statements_are_hypotheses_and_the_rest_goes_where_the_target_is_named(model: Classifier) -> None:
    asked = [(TEXT, question(TREATY, "explicit")), (TEXT, question(SWAPPED, "explicit")), (TEXT, question(TREATY, "implicit"))]
    plain, swapped, implicit = model.ask(asked).values
    assert plain.sum() == pytest.approx(1)
    assert plain[[1, 0]] == pytest.approx(swapped[[0, 1]])
    assert abs(plain[0] - plain[1]) > 1e-4
    assert plain[CLASSES.index("none")] == 0
    assert implicit[CLASSES.index("none")] == pytest.approx(plain[CLASSES.index("neutral")])


def test_without_statements_the_holder_supports_or_opposes(model: Classifier) -> None:
    bare = Target(id="treaty", name="treaty")
    told = bare.model_copy(update={"favor": "Ann supports treaty.", "against": "Ann opposes treaty."})
    one, other = model.ask([(TEXT, question(bare, "explicit")), (TEXT, question(told, "explicit"))]).values
    assert np.allclose(one, other)


def test_it_is_evaluated_like_any_other(folder: Path, tmp_path: Path) -> None:
    file, toml = tmp_path / "labelled.parquet", tmp_path / "desk.toml"
    pq.write_table(pa.table({"text": [TEXT] * 3, "target": ["treaty"] * 3, "label": ["favor", "against", "neutral"]}), file)
    toml.write_text(
        f'name = "x"\n[[sources]]\nname = "s"\nkind = "folder"\npath = "p"\n[stances.model]\nkind = "pair"\nname = "folder:{folder}"\n',
        encoding="utf-8",
    )
    found = measure("stance", file, parse(toml.read_text(encoding="utf-8"), "desk.toml"))
    assert found["rows"] == 3
    assert found["model"] == f"folder:{folder}"


def test_other_labels_are_refused_by_name(tmp_path: Path) -> None:
    odd = network(tmp_path / "odd", ("good", "bad"))
    with pytest.raises(Unusable, match=r"labels good, bad; a stance model wants favor, against, neutral, none"):
        classifier(ModelSpec(kind="pair", name=f"folder:{odd}"))

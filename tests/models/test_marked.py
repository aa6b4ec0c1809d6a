"""The classifier that reads a pair at its marks: one network, the same answers from every engine."""

import numpy as np
import pytest
import torch
import transformers

from tasks.config import ModelSpec
from tasks.models import bert, load_pair
from tasks.models.marked import MarkedPairClassifier, at_marks
from tasks.models.settings import POOLED_MARKS
from tests.models.conftest import LABELS, WORDS, save, tokenizer

# Two ordinary words serve as marks here: what counts is that they are tokens of their own.
OPEN, CLOSE, HOLDER = "and", "not", "ready"
BOTH = "minister " + f"{OPEN} talks {CLOSE} in {HOLDER} grain {HOLDER} vote {OPEN} river {CLOSE}"
PAIRS = [
    ("minister of talks", BOTH),
    ("minister of talks", f"the {OPEN} talks {CLOSE} on Monday"),
    ("court of grain", " ".join(WORDS)),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    words = tokenizer("pair")
    groups = [words.convert_tokens_to_ids([OPEN, CLOSE]), words.convert_tokens_to_ids([HOLDER])]
    config = transformers.BertConfig(
        vocab_size=64, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, max_position_embeddings=64,
        initializer_range=0.4, id2label=LABELS, label2id={v: k for k, v in LABELS.items()}, **{POOLED_MARKS: groups},
    )  # fmt: skip
    torch.manual_seed(3)
    return save(MarkedPairClassifier(config), "pair", tmp_path_factory.mktemp("marked"))


def _ask(folder, engine: str, pairs=PAIRS):
    dtype = "auto" if engine == "onnx-int8" else "float32"
    return load_pair(ModelSpec(kind="pair", name=f"folder:{folder}", engine=engine, dtype=dtype)).classify(pairs).values


def test_openvino_builds_the_network_that_torch_runs(folder):
    assert bert.built(folder)
    assert np.allclose(_ask(folder, "openvino"), _ask(folder, "torch"), atol=1e-5)


def test_onnx_agrees_as_far_as_eight_bits_can(folder):
    assert np.allclose(_ask(folder, "onnx-int8"), _ask(folder, "torch"), atol=0.15)


@pytest.mark.parametrize("engine", ["torch", "openvino"])
def test_a_neighbour_without_marks_changes_nothing(folder, engine):
    together = _ask(folder, engine)
    for number, pair in enumerate(PAIRS):
        assert np.allclose(_ask(folder, engine, [pair])[0], together[number], atol=1e-6)


def test_moving_the_marks_moves_the_answer(folder):
    here = ("minister of talks", f"the {OPEN} talks {CLOSE} of grain")
    there = ("minister of talks", f"the talks of {OPEN} grain {CLOSE}")
    found = _ask(folder, "openvino", [here, there])
    assert np.abs(found[0] - found[1]).max() > 1e-3


def test_the_mean_stands_at_the_marks_and_cls_where_there_are_none():
    hidden = torch.arange(24, dtype=torch.float32).reshape(2, 4, 3)
    ids = torch.tensor([[1, 7, 2, 8], [1, 2, 3, 0]])
    seen = at_marks(hidden, ids, [7, 8], hidden[:, 0])
    assert torch.equal(seen[0], (hidden[0, 1] + hidden[0, 3]) / 2)
    assert torch.equal(seen[1], hidden[1, 0])

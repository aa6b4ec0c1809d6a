"""Training: a stopped and resumed run gives the same weights as one that was not, and the same seed the same."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tasks.errors import Unusable

torch = pytest.importorskip("torch")

from safetensors.torch import load_file  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402
from tokenizers.models import WordPiece  # noqa: E402
from tokenizers.normalizers import BertNormalizer  # noqa: E402
from tokenizers.pre_tokenizers import BertPreTokenizer  # noqa: E402
from transformers import BertConfig, BertModel  # noqa: E402

from tasks.models.average import average  # noqa: E402
from tasks.models.pair_batches import Pair, Recipe, batches, encode, load_tokenizer  # noqa: E402
from tasks.models.train_pairs import train_pairs  # noqa: E402
from tasks.stance.confidence import RISK, calibrate_stance  # noqa: E402
from tasks.stance.data import rows_of  # noqa: E402
from tasks.stance.inputs import MARKS  # noqa: E402
from tasks.stance.train import MIX, shares, training_streams  # noqa: E402
from tasks.tables import CLASSES  # noqa: E402

RECIPE = Recipe(
    CLASSES, {"a": 2, "b": 1}, {"a": 1}, steps=8, warmup_steps=2, decay_steps=4, batch_tokens=64, max_tokens=16, marks=MARKS
)
STREAMS = {
    "a": [Pair(f"w{i % 7} toward w{i % 5}", " ".join(f"w{(i * j) % 90}" for j in range(3 + i % 9)), i % 4) for i in range(60)],
    "b": [Pair("toward w3", f"w{i} w{i + 1}", i % 2) for i in range(20)],
}


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    """A BERT encoder of 2 layers, 16 wide, with a vocabulary of its own."""
    folder = tmp_path_factory.mktemp("base")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *[f"[u{i}]" for i in range(99)], "[MASK]", *[f"[u{i}]" for i in range(99, 1010)]]
    vocabulary = {word: i for i, word in enumerate(dict.fromkeys([*words, "toward", "«", "»", "†", *[f"w{i}" for i in range(100)]]))}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = BertNormalizer(), BertPreTokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    sizes = {
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "max_position_embeddings": 32,
    }
    BertModel(BertConfig(vocab_size=len(vocabulary), **sizes)).save_pretrained(folder)
    return folder


def silent(_: str) -> None:
    return None


def same(one: Path, other: Path) -> bool:
    a, b = load_file(one / "model.safetensors"), load_file(other / "model.safetensors")
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def test_a_resumed_run_gives_the_same_weights(base: Path, tmp_path: Path) -> None:
    whole = train_pairs(STREAMS, RECIPE, base, tmp_path / "whole", silent)
    train_pairs(STREAMS, RECIPE, base, tmp_path / "parts", silent, stop_at=3)
    assert not (tmp_path / "parts" / "model.safetensors").exists()
    parts = train_pairs(STREAMS, RECIPE, base, tmp_path / "parts", silent)
    assert same(whole, parts)
    assert not same(whole, train_pairs(STREAMS, replace(RECIPE, seed=2), base, tmp_path / "other", silent))


def test_a_run_may_be_shortened_before_its_decay(base: Path, tmp_path: Path) -> None:
    long = replace(RECIPE, steps=20)
    train_pairs(STREAMS, long, base, tmp_path / "cut", silent, stop_at=3)
    cut = train_pairs(STREAMS, RECIPE, base, tmp_path / "cut", silent)
    assert same(cut, train_pairs(STREAMS, RECIPE, base, tmp_path / "planned", silent))


def test_the_finished_model_names_its_labels_and_its_recipe(base: Path, tmp_path: Path) -> None:
    out = train_pairs(STREAMS, RECIPE, base, tmp_path / "out", silent)
    config = json.loads((out / "config.json").read_text())
    assert list(config["id2label"].values()) == list(CLASSES)
    assert config["architectures"] == ["MarkedPairClassifier"]
    assert json.loads((out / "recipe.json").read_text())["steps"] == 8
    assert {t.dtype for t in load_file(out / "model.safetensors").values()} == {torch.bfloat16}


def test_a_mean_lies_between_a_model_and_the_one_it_was_trained_from(base: Path, tmp_path: Path) -> None:
    first = train_pairs(STREAMS, RECIPE, base, tmp_path / "first", silent)
    second = train_pairs(STREAMS, replace(RECIPE, seed=2), first, tmp_path / "second", silent)
    old, new = load_file(first / "model.safetensors"), load_file(second / "model.safetensors")
    average(first, second, 0.25)
    mixed = load_file(second / "model.safetensors")
    assert mixed.keys() == new.keys()
    for name in mixed:
        assert torch.equal(mixed[name], (0.75 * old[name].float() + 0.25 * new[name].float()).bfloat16())
    again = train_pairs(STREAMS, replace(RECIPE, seed=2), first, tmp_path / "second", silent)
    assert all(torch.equal(tensor, new[name]) for name, tensor in load_file(again / "model.safetensors").items())


def test_a_mean_of_other_networks_or_no_share_is_refused(base: Path, tmp_path: Path) -> None:
    first = train_pairs(STREAMS, RECIPE, base, tmp_path / "first", silent)
    for share in (0, 1.5):
        with pytest.raises(Unusable, match="share"):
            average(first, first, share)
    with pytest.raises(Unusable, match="other tensors"):
        average(base, first, 0.5)


def test_another_recipes_checkpoint_is_refused(base: Path, tmp_path: Path) -> None:
    train_pairs(STREAMS, RECIPE, base, tmp_path, silent, stop_at=2)
    with pytest.raises(Unusable, match="another recipe"):
        train_pairs(STREAMS, replace(RECIPE, learning_rate=1.0), base, tmp_path, silent)


def test_a_missing_stream_is_named(base: Path, tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="wants b too"):
        train_pairs({"a": STREAMS["a"]}, RECIPE, base, tmp_path, silent)


def test_batches_keep_their_budget_and_follow_the_mix(base: Path) -> None:
    tokenizer = load_tokenizer(base)
    encoded = {name: encode(tokenizer, rows, RECIPE) for name, rows in STREAMS.items()}
    source = batches(encoded, RECIPE)
    drawn = [next(source) for _ in range(30)]
    assert all(len(b) * max(len(r.ids) for r in b) <= 64 for b in drawn)
    assert all(len(r.ids) <= 16 and r.ids[r.begin_b - 1] == tokenizer.token_to_id("[SEP]") for b in drawn for r in b)


def test_the_rate_rises_stays_and_falls_to_nothing() -> None:
    rates = [replace(RECIPE, learning_rate=1.0).rate(step) for step in range(8)]
    assert rates == [0.5, 1.0, 1.0, 1.0, 1.0, 0.75, 0.5, 0.25]


def test_streams_and_shares_of_labelled_tables() -> None:
    directed = pa.table({"dataset": ["dse"] * 40, "text": [f"[A] met [B{i}] there" for i in range(40)], "p": ["A"] * 40,
                         "q": [f"B{i}" for i in range(40)], "label": [i % 5 for i in range(40)]})  # fmt: skip
    own = pa.table({"text": [f"on tax {i}" for i in range(40)], "target": ["tax"] * 40, "label": ["favor"] * 40})
    streams = training_streams([own, directed])
    assert set(streams) == {"dse", "dse_neutral", "absent", "voice", "unnamed"}
    assert set(training_streams([own, directed], written=True)) == {*streams, "codebook"}
    assert all(p.label == CLASSES.index("none") for p in streams["absent"])
    mix = shares(MIX, streams)
    assert set(mix) == set(streams)
    assert mix["dse"] == MIX["dse"]


def test_calibration_sees_only_rows_kept_for_choosing() -> None:
    own = pa.table({"dataset": ["newsmtsc"] * 600, "text": [f"on tax {i}" for i in range(600)], "target": ["tax"] * 600,
                    "label": ["favor", "against", "neutral"] * 200})  # fmt: skip
    kept = {(row.segment_a, row.segment_b): row.label for row in rows_of(own) if row.split == "choose"}
    asked: list[tuple[str, str]] = []

    def sure(pairs):
        asked.extend(pairs)
        right = np.array([(int(text.split()[-1]) % 4) > 0 for _, text in pairs])  # three of four
        labels = np.where(right, [kept[pair] for pair in pairs], [(kept[pair] + 1) % 3 for pair in pairs])
        return np.eye(len(CLASSES))[labels] * np.where(right, 0.92, 0.72)[:, None] + np.where(right, 0.02, 0.07)[:, None]

    found = calibrate_stance([own], sure)
    assert set(asked) == set(kept)
    assert found.temperature > 1
    assert found.found["errors_of_all"] == pytest.approx(0.25, abs=0.12)
    assert found.found["errors_of_answered"] <= RISK
    assert found.found["answered"] >= 1 - found.found["errors_of_all"]


def test_a_model_that_is_never_right_answers_nothing() -> None:
    sides = ["favor", "against"]
    own = pa.table({"text": [f"on tax {i}" for i in range(200)], "target": ["tax"] * 200, "label": sides * 100})

    def contrary(pairs):
        return np.array([[0.1, 0.7, 0.1, 0.1] if int(text.split()[-1]) % 2 == 0 else [0.7, 0.1, 0.1, 0.1] for _, text in pairs])

    found = calibrate_stance([own], contrary)
    assert found.unclear_below > 1
    assert found.found["answered"] == 0
    assert found.found["errors_of_answered"] is None


def test_calibration_without_rows_says_so() -> None:
    own = pa.table({"text": ["on tax"], "target": ["tax"], "label": ["favor"]})
    with pytest.raises(Unusable, match="no rows that the split keeps for it"):
        calibrate_stance([own], lambda pairs: np.ones((len(pairs), 4)) / 4)

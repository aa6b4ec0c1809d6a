"""BERT as we build it, beside transformers' own, and the embedded encoder as nights run it."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

from tasks.config import ModelSpec
from tasks.errors import Unusable
from tasks.models import bert, engines, load, load_encoder, load_pair
from tasks.models.threads import threads
from tests.models.conftest import MORE, WORDS, save

PAIRS = [(" ".join(WORDS[i : i + 6]), WORDS[-i]) for i in range(10)]


def _news(count: int) -> list[str]:
    drawn = random.Random(11)
    return [" ".join(drawn.choice(WORDS + MORE) for _ in range(drawn.randint(1, 70))) for _ in range(count)]


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_weights_of_16_bits_are_read_as_they_are(models, tmp_path, dtype):
    network = transformers.AutoModelForSequenceClassification.from_pretrained(models("pair"), dtype=dtype)
    folder = save(network, "pair", tmp_path / "model")
    assert bert.built(folder)
    spec = ModelSpec(kind="pair", name=f"folder:{folder}", dtype="float32", engine="openvino")
    want = load_pair(spec.model_copy(update={"engine": "torch"})).classify(PAIRS).values
    assert np.allclose(load_pair(spec).classify(PAIRS).values, want, atol=1e-5)


@pytest.mark.parametrize("change", [{"position_embedding_type": "relative_key"}, {"hidden_act": "relu"}, {"is_decoder": True}])
def test_what_is_another_network_is_not_built(models, tmp_path, change):
    network = transformers.AutoModelForSequenceClassification.from_pretrained(models("pair"))
    network.config.update(change)
    network.config.save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").write_bytes((Path(models("pair")) / "model.safetensors").read_bytes())
    assert not bert.built(tmp_path)


def test_the_embedded_encoder_is_exact_and_knows_meaning():
    news = _news(40)
    encoder = load_encoder(ModelSpec(kind="encoder", name="embedded:minilm"))
    together = encoder.encode(news).values
    for index in range(0, 40, 4):
        assert np.array_equal(encoder.encode([news[index]]).values[0], together[index])
    near, far, base = encoder.encode(["The minister said something.", "Wheat prices fell.", "The minister spoke."]).values
    assert near @ base > 0.8 > 0.4 > far @ base


def test_the_number_of_cores_does_not_change_a_row(models, monkeypatch):
    spec = ModelSpec(kind="encoder", name=f"folder:{models('encoder')}", engine="openvino", dtype="bfloat16")
    found = []
    for cores in ("1", "2", "3"):
        monkeypatch.setenv("NIGHTWIRE_THREADS", cores)
        monkeypatch.setattr(load, "_loaded", {})
        encoder = load_encoder(spec)
        assert encoder.network.parallel == int(cores)
        found.append(encoder.encode(_news(50)).values)
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


def test_torch_takes_the_setting_too(models, monkeypatch):
    before = torch.get_num_threads()
    monkeypatch.setenv("NIGHTWIRE_THREADS", "1")
    monkeypatch.setattr(load, "_loaded", {})
    load_encoder(ModelSpec(kind="encoder", name=f"folder:{models('encoder')}", engine="torch"))
    now = torch.get_num_threads()
    torch.set_num_threads(before)
    assert now == 1


@pytest.mark.parametrize("kind", ["encoder", "pair", "token", "seq2seq", "instruct"])
def test_a_gpu_is_used_when_there_is_one(models, monkeypatch, kind):
    """Only which engine is chosen: what a GPU computes is seen where one is."""
    spec = ModelSpec(kind=kind, name=f"folder:{models('pair')}")
    monkeypatch.setattr(engines, "gpu", lambda: True)
    monkeypatch.setattr(engines, "bfloat16", engines.bfloat16.__wrapped__)
    assert (engines.resolve(spec).engine, engines.resolve(spec).dtype) == ("torch", "bfloat16")
    assert engines.resolve(spec.model_copy(update={"dtype": "float32"})).dtype == "float32"


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5"])
def test_threads_that_are_no_number(monkeypatch, value):
    monkeypatch.setenv("NIGHTWIRE_THREADS", value)
    with pytest.raises(Unusable, match="NIGHTWIRE_THREADS"):
        threads()

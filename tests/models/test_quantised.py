"""The embedded encoder in 8 bits: near float32 on any text, the same row in any batch, and for no other network."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from tasks.config import ModelSpec
from tasks.errors import Unusable
from tasks.models import digest, engines, load_encoder, quantised
from tasks.models.on_openvino import OpenVinoNetwork
from tasks.models.verified import verify

INT8 = ModelSpec(kind="encoder", name="embedded:minilm", engine="openvino", dtype="int8")
NEWS = [
    "The central bank left its main rate unchanged on Thursday, saying that inflation was falling more slowly than it had hoped.",
    '"We will not sign anything that we have not read," the minister told reporters outside the ministry.',
    "Heavy rain closed two of the city's three bridges, and ferries were cancelled until Sunday.",
    "Shares of the carmaker fell 4.2% after it recalled 310,000 vehicles over faulty brakes.",
    "The court is expected to rule next week.",
    "He declined to comment.",
]
ODD = ["", "a", "!!!! ???", "1 2 3 4 5 6 7", "https://example.org/a?b=c", "Die Zölle sollen sinken, sagte er.", "word " * 400]


def cosines(texts):
    exact = load_encoder(INT8.model_copy(update={"dtype": "float32"})).encode(texts).values
    return np.asarray((load_encoder(INT8).encode(texts).values * exact).sum(1))


def test_it_agrees_with_float32():
    assert cosines(NEWS).min() >= 0.99
    assert cosines(ODD).min() >= 0.98  # nothing here is news, but nothing leaves the range of what was seen altogether


def test_a_row_is_the_same_in_any_batch_order_and_number_of_cores(monkeypatch):
    drawn = random.Random(4)
    words = " ".join(NEWS).split()
    texts = [" ".join(drawn.choices(words, k=drawn.randint(1, 40))) for _ in range(60)]
    encoder = load_encoder(INT8)
    together = encoder.encode(texts).values
    order = drawn.sample(range(60), 60)
    assert np.array_equal(encoder.encode([texts[i] for i in order]).values, together[order])
    assert np.array_equal(np.concatenate([encoder.encode([text]).values for text in texts[:12]]), together[:12])
    monkeypatch.setenv("NIGHTWIRE_THREADS", "1")
    alone = OpenVinoNetwork(verify(INT8), "encoder", engines.resolve(INT8))
    assert alone.parallel == 1
    ids = np.array([encoder.tokenizer.one(NEWS[3:4])[0][0].ids])
    ids = np.pad(ids, ((0, 0), (0, -ids.shape[1] % 8)))
    mask = (ids > 0).astype(np.int64)
    assert np.array_equal(alone(ids, mask, np.zeros_like(ids))[0], encoder.encode(NEWS[3:4]).values[0])


def test_another_number_format_is_another_digest():
    assert len({digest(INT8.model_copy(update={"dtype": dtype})) for dtype in ("int8", "bfloat16", "float32")}) == 3


def test_other_encoders_are_refused(models):
    other = ModelSpec(kind="encoder", name=f"folder:{models('encoder')}", engine="openvino")
    with pytest.raises(Unusable, match="'int8' is for generators and embedded:minilm on OpenVINO"):
        engines.resolve(other.model_copy(update={"dtype": "int8"}))


def test_peaks_of_another_network_are_refused(models):
    with pytest.raises(Unusable, match="no peaks for"):
        quantised.build(Path(models("encoder")), "encoder")

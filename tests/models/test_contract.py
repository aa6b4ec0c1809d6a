"""One contract over kinds x engines: list in, list out, same order; a row never depends on its neighbours."""

from __future__ import annotations

import random
import threading

import numpy as np
import pytest

from tasks.config import ModelSpec
from tasks.models import load_encoder, load_pair, load_token
from tasks.models.networks import Network
from tests.models.conftest import MORE, WORDS

ENGINES = [("torch", "float32"), ("torch", "bfloat16"), ("openvino", "float32"), ("openvino", "bfloat16"), ("onnx-int8", "auto")]
KINDS = {"encoder": load_encoder, "pair": load_pair, "token": load_token}
LEAST = {"float32": 0.99999, "bfloat16": 0.98, "auto": 0.9}
"""Cosine to torch float32, over networks whose weights are ten times those of a trained one."""


def _texts(count: int, longest: int = 40) -> list[str]:
    drawn = random.Random(5)
    return [" ".join(drawn.choice(WORDS + MORE) for _ in range(drawn.randint(0, longest))) for _ in range(count)]


def _call(kind: str, model, texts: list[str]) -> list[np.ndarray]:
    match kind:
        case "encoder":
            out = model.encode(texts)
        case "pair":
            out = model.classify([(text, "grain treaty") for text in texts])
        case _:
            out = model.tag(texts)
    assert not out.failed
    assert len(out.values) == len(texts)
    return list(out.values)


@pytest.fixture(params=list(KINDS))
def kind(request) -> str:
    return request.param


@pytest.fixture(params=ENGINES, ids="-".join)
def spec(request, kind, models) -> ModelSpec:
    if request.param[0] == "onnx-int8":
        pytest.importorskip("onnx")
    return ModelSpec(kind=kind, name=f"folder:{models(kind)}", engine=request.param[0], dtype=request.param[1])


def test_values_in_order_and_near_to_exact(kind, spec):
    exact = KINDS[kind](spec.model_copy(update={"engine": "torch", "dtype": "float32"}))
    texts = _texts(30)
    for have, want in zip(_call(kind, KINDS[kind](spec), texts), _call(kind, exact, texts), strict=True):
        assert have.shape == want.shape
        assert have.dtype == np.float32
        if want.size:
            cosine = (have * want).sum(-1) / np.linalg.norm(have, axis=-1) / np.linalg.norm(want, axis=-1)
            assert cosine.mean() > LEAST[spec.dtype]


def test_a_row_does_not_depend_on_its_neighbours(kind, spec):
    model, texts = KINDS[kind](spec), _texts(40, longest=90)
    together = _call(kind, model, texts)
    alone = [_call(kind, model, [text])[0] for text in texts]
    backwards = _call(kind, model, texts[::-1])[::-1]
    # torch's float32 products of few rows (a pair's head) round by the number of rows: docs/models.md says so.
    slack = 1e-6 if (spec.engine, spec.dtype) == ("torch", "float32") else 0.0
    for a, b, c in zip(together, alone, backwards, strict=True):
        assert np.allclose(a, b, rtol=0, atol=slack)
        assert np.allclose(a, c, rtol=0, atol=slack)


def test_nothing_in_nothing_out(kind, spec):
    assert _call(kind, KINDS[kind](spec), []) == []


def test_probabilities_add_up(kind, spec):
    if kind == "encoder":
        rows = np.stack(_call(kind, load_encoder(spec), _texts(5)))
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)
    else:
        for rows in _call(kind, KINDS[kind](spec), _texts(5)):
            assert np.allclose(rows.sum(-1), 1, atol=1e-5)


def test_other_families_are_converted(models):
    """RoBERTa is not built by ourselves: it goes through OpenVINO's converter, and the second time through the cache."""
    folder = models("pair", "roberta")
    spec = ModelSpec(kind="pair", name=f"folder:{folder}", engine="openvino", dtype="float32")
    exact = load_pair(spec.model_copy(update={"engine": "torch"}))
    texts = _texts(10)
    assert np.allclose(_call("pair", load_pair(spec), texts), _call("pair", exact, texts), atol=1e-5)


def test_loaded_once_also_by_many_threads(models):
    spec = ModelSpec(kind="pair", name=f"folder:{models('pair')}", engine="openvino", dtype="float32", max_tokens=33)
    found = []
    workers = [threading.Thread(target=lambda: found.append(load_pair(spec))) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(found) == 8
    assert len({id(model) for model in found}) == 1


def test_two_workers_at_once_get_their_own_rows(models):
    model = load_encoder(ModelSpec(kind="encoder", name=f"folder:{models('encoder')}"))
    texts = _texts(60)
    want = model.encode(texts).values
    got: dict[int, np.ndarray] = {}

    def work(number: int) -> None:
        got[number] = model.encode(texts[number::4]).values

    workers = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for number, rows in got.items():
        assert np.array_equal(rows, want[number::4])


class TestLongText:
    def test_an_encoder_cuts_and_says_so(self, models):
        model = load_encoder(ModelSpec(kind="encoder", name=f"folder:{models('encoder')}", max_tokens=12))
        out = model.encode([" ".join(WORDS), "grain", " ".join(WORDS[:10])])
        assert out.truncated == {0}
        assert np.array_equal(out.values[0], out.values[2])

    def test_a_pair_is_read_in_windows(self, models):
        spec = ModelSpec(kind="pair", name=f"folder:{models('pair')}", max_tokens=16)
        model = load_pair(spec)
        windows, cut = model.tokenizer.windows(" ".join(WORDS), "grain treaty")
        assert not cut
        assert len(windows) > 1
        assert {t for w in windows for t in w.tokens} >= set(WORDS)
        out = model.classify([(" ".join(WORDS), "grain treaty"), ("grain", "treaty")])
        assert not out.truncated
        assert np.allclose(out.values.sum(1), 1, atol=1e-5)

    def test_a_second_text_that_takes_more_than_half_is_cut_and_said(self, models):
        out = load_pair(ModelSpec(kind="pair", name=f"folder:{models('pair')}", max_tokens=16)).classify(
            [(" ".join(WORDS), " ".join(WORDS)), ("grain", " ".join(WORDS))]
        )
        assert out.truncated == {0, 1}
        assert not out.failed

    def test_every_token_is_tagged_once(self, models):
        spec = ModelSpec(kind="token", name=f"folder:{models('token')}", max_tokens=16)
        text = " ".join(WORDS * 4)
        out = load_token(spec).tag([text, "grain vote"])
        assert [text[a:b] for a, b in out.offsets[0]] == WORDS * 4
        assert [len(v) for v in out.values] == [64, 2]
        whole = load_token(spec).tag([" ".join(WORDS[:12])])
        assert len(whole.values[0]) == 12


def test_words_that_look_like_marks_are_words(models):
    model = load_pair(ModelSpec(kind="pair", name=f"folder:{models('pair')}"))
    encoding = model.tokenizer.inner.encode("grain [SEP] vote", "treaty")
    assert sum(t == "[SEP]" for t in encoding.tokens) == 2


def test_a_failing_row_is_set_aside_alone(models, monkeypatch):
    spec = ModelSpec(kind="pair", name=f"folder:{models('pair')}", engine="openvino", dtype="float32")
    model = load_pair(spec)
    storm = model.tokenizer.inner.token_to_id("storm")
    inner = model.network

    class Failing:
        parallel, budget = inner.parallel, inner.budget

        def __call__(self, ids, mask, types):
            if (ids == storm).any():
                raise MemoryError("no room")
            return inner(ids, mask, types)

    network: Network = Failing()
    broken = type(model)(network, model.tokenizer, model.labels, model.independent)
    texts = [("grain vote", "x"), ("storm vote", "x"), ("river vote", "x"), ("bank vote", "x")]
    out = broken.classify(texts)
    assert {i: e.reason for i, e in out.failed.items()} == {1: "out_of_memory"}
    assert np.isnan(out.values[1]).all()
    assert np.array_equal(np.delete(out.values, 1, 0), np.delete(model.classify(texts).values, 1, 0))

"""The agreement check tells a faithful engine from a false one."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.config import Config, ModelSpec
from tasks.models import agree as module
from tasks.models.agree import agree, agreements
from tests.models.conftest import WORDS

TEXTS = [" ".join(WORDS[i : i + 5]) for i in range(12)]


@pytest.mark.parametrize("kind", ["encoder", "pair", "token"])
def test_a_faithful_engine_agrees(models, kind):
    found = agree(ModelSpec(kind=kind, name=f"folder:{models(kind)}", engine="openvino", dtype="float32"), TEXTS, ["grain"])
    assert found.agrees
    assert found.cosine > 0.9999
    assert found.labels == 1
    assert found.rows >= 12


@pytest.mark.parametrize("kind", ["encoder", "pair"])
def test_a_false_engine_does_not(models, kind, monkeypatch):
    real = module._values

    def false(spec, texts, seconds):
        values = real(spec, texts, seconds)
        return values if spec.engine == "torch" else np.roll(values, 1, axis=1)

    monkeypatch.setattr(module, "_values", false)
    assert not agree(ModelSpec(kind=kind, name=f"folder:{models(kind)}", engine="openvino", dtype="float32"), TEXTS, ["grain"]).agrees


def test_no_rows_prove_nothing(models):
    assert not module.Agreement("", "x", "openvino float32", 0).agrees


def test_a_whole_configuration(models):
    config = Config.model_validate(
        {
            "name": "desk",
            "sources": [{"name": "s", "kind": "folder", "path": "x"}],
            "targets": [{"id": "grain", "name": "grain"}, {"id": "vote", "name": "vote"}],
            "summaries": {"model": {"kind": "encoder", "name": f"folder:{models('encoder')}"}},
            "quotes": {"model": {"kind": "token", "name": f"folder:{models('token')}"}},
            "stances": {"model": {"kind": "pair", "name": f"folder:{models('pair')}"}},
        }
    )
    found = list(agreements(config, models("pair"), TEXTS))
    assert [a.role for a in found] == ["copies.encoder", "summaries.model", "quotes.model", "stances.model"]


def test_generators_are_compared_word_by_word_until_they_part(copying_seq2seq, monkeypatch):
    spec = ModelSpec(kind="seq2seq", name=f"folder:{copying_seq2seq}", engine="openvino", dtype="float32")
    found = agree(spec, TEXTS)
    assert found.agrees
    assert (found.labels, found.rows) == (1.0, 5 * len(TEXTS))
    real = module._written
    monkeypatch.setattr(module, "_written", lambda s, texts: [[*t[:3], 0, 0] if s.engine == "openvino" else t for t in real(s, texts)])
    false = agree(spec, TEXTS)
    assert not false.agrees
    assert (false.labels, false.rows) == (0.75, 4 * len(TEXTS))

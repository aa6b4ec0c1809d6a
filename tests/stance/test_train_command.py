"""`nightwire train stance`: from MiniLM to a sealed model that a night can name, and once more over that one."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("torch")

from safetensors.torch import load_file

from flows.cli import main
from tasks.config import ModelSpec
from tasks.models import load_pair
from tasks.stance.calibrate import read_calibration
from tasks.tables import CLASSES

WORDS = {"favor": "We support the tram, says the baker of street {n}.", "against": "Stop the tram, says the baker of street {n}."}


def test_from_an_encoder_to_a_model_and_over_it_once_more(tmp_path: Path) -> None:
    labels = ["favor", "against"] * 100
    texts = [WORDS[label].format(n=n) for n, label in enumerate(labels)]
    file = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"text": texts, "target": ["tram"] * len(labels), "label": labels}), file)
    first, second = tmp_path / "first", tmp_path / "second"
    assert main(["train", "stance", str(file), "--out", str(first), "--steps", "2"]) == 0
    over = ["--written", "--base", f"folder:{first}", "--rate", "1e-3", "--seed", "2", "--average", "0.5"]
    assert main(["train", "stance", str(file), "--out", str(second), "--steps", "2", *over]) == 0
    for folder in (first, second):
        model = load_pair(ModelSpec(kind="pair", name=f"folder:{folder}"))
        assert sorted(model.labels) == sorted(CLASSES)
        assert model.classify([("toward tram", texts[0])]).values.sum() == pytest.approx(1, abs=0.02)
        assert read_calibration(folder).found
    recipe = json.loads((second / "recipe.json").read_text())
    assert (recipe["seed"], recipe["learning_rate"], recipe["steps"]) == (2, 1e-3, 2)
    assert "codebook" in recipe["mix"]
    assert "codebook" not in json.loads((first / "recipe.json").read_text())["mix"]
    old, new = load_file(first / "model.safetensors"), load_file(second / "model.safetensors")
    assert any(not old[name].equal(new[name]) for name in old)

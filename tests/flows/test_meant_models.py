"""A model that is gone, damaged, another one than was meant, or that could run code: the night does not begin."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.cli import UNUSABLE, main
from tests.conftest import ROOT
from tests.flows import desks
from tests.flows.conftest import NIGHT


def gone(model: Path) -> None:
    shutil.rmtree(model)


def file_gone(model: Path) -> None:
    next(model.glob("*.safetensors")).unlink()


def flipped(model: Path) -> None:
    path = next(model.glob("*.safetensors"))
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, 1)
        file.write(bytes([byte ^ 1]))


def other(model: Path) -> None:
    """Sealed, whole, and another one: its configuration was changed, and its list with it."""
    sums = json.loads((model / "SHA256SUMS.json").read_text())
    path = model / "config.json"
    path.write_text(path.read_text() + " ")
    import hashlib

    text = json.dumps(sums).replace(sums_of(sums, "config.json"), hashlib.sha256(path.read_bytes()).hexdigest())
    (model / "SHA256SUMS.json").write_text(text)


def sums_of(sums: object, name: str) -> str:
    if isinstance(sums, dict):
        for key, value in sums.items():
            if key == name and isinstance(value, str):
                return value
            if found := sums_of(value, name):
                return found
    return ""


def more(model: Path) -> None:
    (model / "weights.pkl").write_bytes(b"\x80\x04.")


@pytest.mark.parametrize("spoil", [gone, file_gone, flipped, other, more], ids=lambda spoil: spoil.__name__)
def test_the_night_does_not_begin(tmp_path: Path, spoil: Callable[[Path], None], capsys: pytest.CaptureFixture[str]) -> None:
    from tasks.config import ModelSpec
    from tasks.models import verify

    model = tmp_path / "model"
    shutil.copytree(ROOT / "models" / "stance", model)
    digest = verify(ModelSpec(kind="pair", name=f"folder:{model}")).digest
    config = desks.quick(tmp_path / "desk", [NIGHT])
    section = f'[stances]\nmodel = {{ kind = "pair", name = "folder:{model}", digest = "{digest}" }}\n'
    config.write_text(config.read_text() + section)
    spoil(model)
    assert main(["run", str(config), "--date", str(NIGHT), "--without-prefect"]) == UNUSABLE
    told = capsys.readouterr().err
    assert "stances: " in told
    assert str(model) in told
    assert not (tmp_path / "desk" / "state").exists()
    assert not (tmp_path / "desk" / "published").exists()

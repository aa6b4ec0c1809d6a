"""Training in miniature: the command's path from a Parquet file to a folder that can be loaded."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from safetensors.numpy import load_file

from tasks.config import ModelSpec, QuoteSettings
from tasks.errors import Unusable
from tasks.models import seal
from tasks.models.token_data import Recipe, names
from tasks.models.train_tokens import Run
from tasks.quotes import evaluate_quotes
from tasks.quotes.gold import KINDS
from tasks.quotes.train import held_out, train_quotes
from tests.quotes.brat import table

TINY = Recipe(epochs=1, window=16, batch=64, checkpoint=2)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    place = tmp_path_factory.mktemp("data") / "quotes.parquet"
    pq.write_table(table(3), place)
    return [place]


def test_a_run_that_was_stopped_is_the_run_that_was_not(files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = train_quotes(files, tmp_path / "whole", TINY)
    checkpoint = Run._checkpoint

    def stop(run: Run) -> None:
        checkpoint(run)
        if run.step == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Run, "_checkpoint", stop)
    with pytest.raises(KeyboardInterrupt):
        train_quotes(files, tmp_path / "parts", TINY)
    monkeypatch.undo()
    parts = train_quotes(files, tmp_path / "parts", TINY)
    assert (whole / "model.safetensors").read_bytes() == (parts / "model.safetensors").read_bytes()
    assert '"held"' in (parts / "log.jsonl").read_text()
    assert not (parts / "checkpoint.safetensors").exists()
    (whole / "log.jsonl").unlink()
    seal(whole)
    scored = evaluate_quotes(table(1), QuoteSettings(model=ModelSpec(kind="token", name=f"folder:{whole}")))
    assert scored["model"].startswith(f"folder:{whole}@")


def test_another_recipe_does_not_take_up_a_checkpoint(files: list[Path], tmp_path: Path) -> None:
    Run(names(KINDS), TINY, tmp_path)
    run = Run(names(KINDS), TINY, tmp_path)
    for parameter in run.parameters.values():
        run.optimizer.state[parameter] = {"exp_avg": parameter.detach().clone(), "exp_avg_sq": parameter.detach().clone()}
    run._checkpoint()
    assert load_file(tmp_path / "checkpoint.safetensors")
    with pytest.raises(ValueError, match="another recipe"):
        Run(names(KINDS), Recipe(epochs=2), tmp_path)


def test_a_file_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"no")
    with pytest.raises(Unusable, match=r"broken\.parquet"):
        train_quotes([tmp_path / "broken.parquet"], tmp_path / "out")


def test_the_held_out_share_is_the_same_every_time() -> None:
    held = [name for name in (f"article {n}" for n in range(1000)) if held_out(name, 0.08)]
    assert 50 < len(held) < 110
    assert set(held) <= {name for name in (f"article {n}" for n in range(1000)) if held_out(name, 0.2)}

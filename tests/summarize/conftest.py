"""The trained writers, as the models that a desk's configuration names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.config import ModelSpec, SummarySettings

WRITERS = Path(__file__).parent / "writers"


@pytest.fixture
def writing() -> Callable[..., SummarySettings]:
    """Name of a writer -> settings under which it writes the summaries; `train_writers.py` says what each can do."""

    def settings(name: str, **more: int) -> SummarySettings:
        spec = ModelSpec(kind="instruct" if name == "instruct" else "seq2seq", name=f"folder:{WRITERS / name}")
        return SummarySettings(generator=spec).model_copy(update=more)

    return settings

"""configs/nightly.toml names every key that a configuration may have, with the values that the models have by default."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from tasks.config import Config

TEXT = (Path(__file__).resolve().parents[1] / "configs" / "nightly.toml").read_text(encoding="utf-8")


def sections(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """Every settings model below a model, by its name."""
    found = {model.__name__: model}
    for field in model.model_fields.values():
        queue: list[Any] = [field.annotation]
        while queue:
            kind = queue.pop()
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                found |= sections(kind)
            queue += get_args(kind)
    return found


KEYS = [(name, key) for name, model in sections(Config).items() for key in model.model_fields]


@pytest.mark.parametrize(("section", "key"), KEYS, ids=[f"{section}.{key}" for section, key in KEYS])
def test_every_key_is_there(section: str, key: str) -> None:
    assert re.search(rf"(^|[\[{{,#. ]){key}( =|\]|\.)", TEXT, re.MULTILINE), f"{section}: {key} stands nowhere in configs/nightly.toml"


@pytest.mark.parametrize("name", ["copies", "summaries", "digest"])
def test_values_are_the_defaults(name: str) -> None:
    written = Config.model_validate(tomllib.loads(TEXT))
    assert getattr(written, name) == type(getattr(written, name))()

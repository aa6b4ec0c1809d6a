"""What all tests share: a desk of its own in a temporary folder, on the demo's news."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # no test may reach for a hub


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """The demo's configuration in a desk of its own; the path of its TOML file."""
    return copy_demo(tmp_path)


def copy_demo(folder: Path) -> Path:
    """Copy the demo's configuration and news below a folder."""
    (folder / "configs").mkdir(parents=True)
    shutil.copytree(ROOT / "configs" / "demo", folder / "configs" / "demo")
    return Path(shutil.copy(ROOT / "configs" / "demo.toml", folder / "configs" / "demo.toml"))

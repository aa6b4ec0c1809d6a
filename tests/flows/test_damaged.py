"""A damaged manifest is told with its cure, never as a traceback; the night can be had again."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows import manifest
from flows.cli import main
from tests.flows.conftest import NIGHT


def test_a_damaged_manifest_names_itself_and_the_cure(two_nights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config, path = str(two_nights / "configs" / "demo.toml"), two_nights / "published" / "manifests" / f"{NIGHT}.json"
    text = path.read_bytes()
    for damaged in (b"{}", text[:100], text.replace(b"Europe/Berlin", b"Europe/Lisbon", 1)):
        path.unlink()
        path.write_bytes(damaged)
        assert main(["run", config, "--date", str(NIGHT), "--without-prefect"]) == 1
        told = capsys.readouterr().err
        assert str(path) in told.replace(str(path.parents[1].resolve()), str(path.parents[1]))
        assert manifest.CURE in told
        assert main(["status", config]) == 0
        assert "damaged" in capsys.readouterr().out
    path.unlink()
    assert main(["run", config, "--date", str(NIGHT), "--without-prefect"]) == 0
    assert main(["verify", config]) == 0

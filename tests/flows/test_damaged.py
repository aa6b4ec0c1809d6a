"""What is damaged, lost or can't be read is told with its cure, never as a traceback; the night can be had again."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from flows import manifest
from flows.cli import main
from flows.desk import Desk
from flows.store import Ref
from tasks.errors import Abort
from tests.flows import desks
from tests.flows.conftest import NIGHT, run

NEXT = NIGHT + dt.timedelta(days=1)


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


@pytest.fixture
def quick(tmp_path: Path) -> Path:
    """A desk with two published nights; the second has one more article by now."""
    config = desks.quick(tmp_path, [NIGHT, NEXT])
    for night in (NIGHT, NEXT):
        run(config, night)
    desks.article(config, NEXT, "A late story", 5)
    return config


def file_of(config: Path, ref: Ref) -> Path:
    return Desk.open(config).places.store.path(ref)


def published(config: Path, night: dt.date) -> manifest.Manifest:
    found = manifest.read(config.parents[1] / "published", night)
    assert found is not None
    return found


def test_a_lost_file_of_an_earlier_night_names_the_night_to_run(quick: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (ref,) = published(quick, NIGHT).signatures
    file_of(quick, ref).unlink()
    command = ["run", str(quick), "--without-prefect", "--date", str(NEXT)]
    assert main(command) == 1
    assert f"--date {NIGHT} --date {NEXT}" in capsys.readouterr().err
    assert main([*command[:-2], "--date", str(NIGHT), "--date", str(NEXT)]) == 0
    assert published(quick, NEXT).tables["articles"][0].rows == 3


def test_a_lost_list_of_former_runs_is_read_from_what_is_published(quick: Path) -> None:
    file_of(quick, published(quick, NEXT).runs).unlink()
    run(quick, NEXT)
    assert published(quick, NEXT).runs.rows == 2


def test_without_either_the_former_runs_are_gone_and_the_night_goes_on(quick: Path) -> None:
    night = published(quick, NEXT)
    file_of(quick, night.runs).unlink()
    (name,) = [name for name, ref in night.files() if ref == night.runs]
    (quick.parents[1] / "published" / name).unlink()
    run(quick, NEXT)
    assert published(quick, NEXT).runs.rows == 1


def test_a_file_that_the_disk_does_not_give_is_kept(quick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One failed reading proves nothing of a file; an earlier night's could not be made again."""
    (ref,) = published(quick, NIGHT).signatures
    path, read_bytes = file_of(quick, ref), Path.read_bytes

    def failing(self: Path) -> bytes:
        if self == path:
            raise OSError(5, "Input/output error")
        return read_bytes(self)

    monkeypatch.setattr(Path, "read_bytes", failing)
    with pytest.raises(Abort, match=f"the disk said no.*reading {path}"):
        run(quick, NEXT)
    monkeypatch.undo()
    run(quick, NEXT)
    assert published(quick, NEXT).tables["articles"][0].rows == 3

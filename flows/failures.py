"""The last failure of a night, until a run of it succeeds."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import suppress
from pathlib import Path

from flows.places import Places
from flows.store import write_file
from tasks.errors import NightwireError


def _path(places: Places, date: dt.date) -> Path:
    return places.root / "state" / "failures" / f"{date}.json"


def note(places: Places, date: dt.date, error: NightwireError, at: dt.datetime) -> None:
    """Write down why a night failed; where even that can't be written, the error itself is what counts."""
    path = _path(places, date)
    value = {"error": type(error).__name__, "message": str(error)[:2000], "at": at.isoformat()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, json.dumps(value).encode())
    except OSError:
        return


def clear(places: Places, date: dt.date) -> None:
    """The night succeeded; where the note can't be removed, the published night is what counts."""
    with suppress(OSError):
        _path(places, date).unlink(missing_ok=True)


def read(places: Places, date: dt.date) -> str | None:
    """Why the night's last run failed, or None."""
    try:
        value = json.loads(_path(places, date).read_bytes())
        return f"{value['error']}: {value['message']}"
    except (OSError, ValueError, KeyError):
        return None

"""One event is one line that nothing in it can forge, colour or turn around."""

from __future__ import annotations

import datetime as dt
import json
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import logs, progress
from flows.jobs import Done
from tasks.errors import place_of

ATTACKS = [
    "a\n2026-03-02 INFO night 2026-03-02: published",
    "a\r\nb",
    "\x1b[2J\x1b]0;title\x07",
    "\u202egnp.exe",
    "\u2028\u2029\x85",
    "\ud800",
    "a\0b",
    "x" * 5_000_000,
]


@pytest.mark.parametrize("kind", ["lines", "json"])
def test_an_attack_is_one_line(kind: str, tmp_path: Path) -> None:
    log = logging.getLogger("nightwire")
    path = tmp_path / "night.log"
    with progress.shown(path, dt.date(2026, 3, 2), [], kind):
        for attack in ATTACKS:
            log.warning("source %s is odd", attack)
        log.info("done", extra={"done": Done("extract", 3, (), True, 1.5, 7)})
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    assert len(lines) == len(ATTACKS) + 2
    assert all(line.isprintable() for line in lines)
    assert max(map(len, lines)) < logs.LONGEST + 200
    if kind == "json":
        told = [json.loads(line) for line in lines]
        assert {"step": "extract", "shard": 3, "rows": 7, "seconds": 1.5, "ran": True}.items() <= told[-1].items()
        assert all(set(one) >= {"time", "level", "message"} for one in told)


@given(st.text(st.characters()))
def test_what_is_logged_can_be_printed(text: str) -> None:
    line = logs.clean(text)
    assert line.isprintable() or any(sign.isspace() for sign in line)
    assert len(line.splitlines()) <= 1


def test_an_exception_is_told_by_kind_and_place_without_its_words() -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 (any will do)
        json.loads("The minister said what nobody should read in a log")
    assert place_of(raised.value) == "JSONDecodeError"
    with pytest.raises(TypeError) as raised_here:
        logs.clean(None)  # type: ignore[arg-type]
    assert place_of(raised_here.value).startswith("TypeError in flows/logs.py, line ")

"""When an article was published: a string as it stands -> a time in UTC with its precision."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from dateutil import parser as dateutil

from tasks.ingest import infer

LONGEST = 80
_DAY = re.compile(r"\d{4}-?\d{2}-?\d{2}")
_EPOCH = re.compile(r"\d{10}(?:\d{3})?(?:\.\d+)?")
_SECONDS = re.compile(r"\d{1,2}:\d{2}:\d{2}")
_MINUTES = re.compile(r"\d{1,2}:\d{2}|\d{1,2}\s?[ap]\.?m")
EARLIEST = 1800
_DEFAULTS = (dt.datetime(2000, 1, 1), dt.datetime(2004, 2, 2))  # noqa: DTZ001 - the zone comes after


@dataclass(frozen=True)
class Moment:
    """A publication time: `at` in UTC, `precision` of `tasks.tables.PRECISIONS`, `method` and the string that said so."""

    at: dt.datetime | None
    precision: str
    method: str | None
    raw: str | None


UNKNOWN = Moment(None, "unknown", None, None)


def parse(raw: str, zone: str) -> tuple[dt.datetime, str] | None:
    """(time in UTC, precision) of a date string, or None.

    A time without an offset is in `zone`; a day is its local midnight there.
    """
    raw = raw.strip()
    if not raw or len(raw) > LONGEST:
        return None
    try:
        at = _read(raw)
        if at is None or at.year < EARLIEST:
            return None
        if at.tzinfo is None:
            at = at.replace(tzinfo=ZoneInfo(zone))
        return at.astimezone(dt.UTC), _precision(raw)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _read(raw: str) -> dt.datetime | None:
    if _EPOCH.fullmatch(raw):
        seconds = float(raw)
        return dt.datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, dt.UTC)
    try:
        return dt.datetime.fromisoformat(raw)
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(raw)
    except (ValueError, TypeError, IndexError):
        pass
    one, two = (dateutil.parse(raw, default=default) for default in _DEFAULTS)  # what is missing differs
    return one if one.date() == two.date() else None


def _precision(raw: str) -> str:
    if _EPOCH.fullmatch(raw) or _SECONDS.search(raw):
        return "second"
    return "minute" if _MINUTES.search(raw) else "day"


def decide(published: Sequence[tuple[str, str]], dateline: str | None, body: str, fetched_at: dt.datetime, zone: str) -> Moment:
    """When an article was published, by the first that says so: its candidates, its dateline, its text.

    Args:
        published: (method, string) candidates, the most trusted first.
        dateline: the dateline's date, usually without a year: it is the last such day that is not after `fetched_at`.
    """
    for method, raw in published:
        if parsed := parse(raw, zone):
            return Moment(parsed[0], parsed[1], method, raw)
    local = fetched_at.astimezone(ZoneInfo(zone)).date()
    if dateline and (day := infer.day_before(dateline, local)):
        return Moment(_midnight(day, zone), "inferred", "dateline", dateline)
    if inferred := infer.day(body, local):
        return Moment(_midnight(inferred[0], zone), "inferred", "text", inferred[1])
    return UNKNOWN


def _midnight(day: dt.date, zone: str) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)

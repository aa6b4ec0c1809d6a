"""Which night is meant: a date is the day in the configured zone, and its night runs when that day is over."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo


def last_night(at: dt.datetime, zone: str) -> dt.date:
    """The last date that is over at an instant (an aware time), in an IANA zone."""
    return at.astimezone(ZoneInfo(zone)).date() - dt.timedelta(days=1)


def span(first: dt.date, last: dt.date) -> list[dt.date]:
    """All dates from first to last, both included."""
    return [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]

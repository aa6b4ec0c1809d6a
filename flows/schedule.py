"""When the night starts, computed by Prefect's own scheduler."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
from zoneinfo import ZoneInfo

from prefect.server.schemas.schedules import CronSchedule

from tasks.errors import Unusable

RISKY = (dt.time(1), dt.time(3, 30))
"""Between these, clocks are changed: a local time there may come twice or not at all."""


def starts(cron: str, zone: str, after: dt.datetime, count: int) -> list[dt.datetime]:
    """The next times at which the schedule fires after an instant, in UTC."""
    found = asyncio.run(CronSchedule(cron=cron, timezone=zone).get_dates(count, after))
    return [dt.datetime.fromtimestamp(at.timestamp(), dt.UTC) for at in found]  # a plain time: Prefect's type loses its zone in sums


def check(cron: str, zone: str) -> None:
    """See that the schedule is one, fires once a day, and not while clocks are changed.

    Raises:
        Unusable: it is not so; the cure is told.
    """
    try:
        local = [at.astimezone(ZoneInfo(zone)) for at in starts(cron, zone, dt.datetime(2026, 1, 1, tzinfo=dt.UTC), 8)]
    except ValueError as error:
        raise Unusable(f"night.cron: {cron!r} is no cron expression; want five fields such as '30 4 * * *'") from error
    if any(later.date() - earlier.date() != dt.timedelta(days=1) for earlier, later in itertools.pairwise(local)):
        raise Unusable(f"night.cron: {cron!r} does not fire once every day; a night is a day, so want minute and hour and '* * *'")
    if zone != "UTC" and RISKY[0] <= local[0].time() < RISKY[1]:
        raise Unusable(
            f"night.cron: {cron!r} fires at {local[0]:%H:%M} in {zone}, where clocks change: the night could come twice or never. "
            "Choose a time before 01:00 or from 03:30 on, or timezone = 'UTC'."
        )

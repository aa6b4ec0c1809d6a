"""`nightwire up`: a server, the schedule, the backfill's form and the trigger for late articles, until Ctrl-C."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

from flows import digests, server
from flows.run import Desk


def up(desk: Desk, port: int, every: float, say: Callable[[str], None]) -> None:
    """Serve a desk until somebody asks to stop.

    Raises:
        Unusable: the schedule can't be used.
        Abort: no server became healthy.
    """
    house = server.choose(desk.places, port)
    from flows import deployments, schedule  # Prefect reads the environment when it is imported
    from flows.watch import Watch

    night = desk.config.night
    schedule.check(night.cron, night.timezone)
    with digests.served(desk.places, port + 1), server.running(desk.places, house):
        (following,) = schedule.starts(night.cron, night.timezone, dt.datetime.now(dt.UTC), 1)
        sign_in = "" if house.given else f"  (sign in with the content of {desk.places.prefect / 'password'})"
        runner = deployments.register(desk)
        say(f"{desk.config.name}: {house.page}{sign_in}")
        say(f"next night: {following.astimezone(ZoneInfo(night.timezone)):%Y-%m-%d %H:%M %Z}; Ctrl-C stops")
        deployments.serve(runner, Watch(desk, say, every))

"""`nightwire up`: a server, the schedule, the backfill's form and the trigger for late articles, until Ctrl-C."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

from flows import digests, server
from flows.desk import Desk


def up(desk: Desk, port: int, every: float, say: Callable[[str], None], *, beside_workers: bool = False) -> None:
    """Serve a desk until somebody asks to stop.

    Args:
        port: of the server; the morning pages have the next one.
        every: seconds between two looks after the desk.
        say: where a line for a person goes.
        beside_workers: workers run the deployments of prefect.yaml; none are made here, and no run begins here.

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
        runner = None if beside_workers else deployments.register(desk)
        deployments.guard()
        say(f"{desk.config.name}: {house.page}{sign_in}")
        if runner:
            say(f"next night: {following.astimezone(ZoneInfo(night.timezone)):%Y-%m-%d %H:%M %Z}; Ctrl-C stops")
        else:
            say("looked after here, run by workers on the schedule that they were given; Ctrl-C stops")
        deployments.serve(Watch(desk, say, every), runner)

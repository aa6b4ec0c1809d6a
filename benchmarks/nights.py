"""What a backfill costs beside its nights' own work: 31 nights of two short articles, with and without Prefect; done, and done again.

The database is the one that PREFECT_SERVER_DATABASE_CONNECTION_URL names, else SQLite.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import sys
import tempfile
import time
from pathlib import Path

from flows import backfill, dates, environment
from flows.desk import Desk
from flows.run import Run
from flows.runners import Inline
from flows.wanted import Wanted
from tests.flows import desks

NIGHTS = int(sys.argv[1]) if len(sys.argv) > 1 else 31
FIRST = dt.date(2026, 3, 1)


def alone(desk: Desk, wanted: Wanted) -> backfill.Outcome:
    """The nights in this process."""
    return backfill.drive(desk, wanted, lambda run: run.execute(Inline(1)), lambda: False)


def below_prefect(desk: Desk, wanted: Wanted) -> backfill.Outcome:
    """The nights as flow runs below a parent."""
    from flows import orchestrate

    def one(run: Run) -> object:
        return orchestrate.night(run)

    return orchestrate.backfill_command(desk, wanted, one)


def main() -> None:
    """Time each way twice: with all the work to do, and with none."""
    logging.getLogger("nightwire").setLevel(logging.ERROR)
    nights = dates.span(FIRST, FIRST + dt.timedelta(days=NIGHTS - 1))
    wanted = Wanted.of({"first": nights[0], "last": nights[-1]})
    database = os.environ.get("PREFECT_SERVER_DATABASE_CONNECTION_URL", "sqlite").split(":")[0]
    for name, way in ((f"Prefect on {database}", below_prefect), ("without Prefect", alone)):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            desk = Desk.open(desks.quick(Path(folder), nights))
            environment.apply(desk.places)  # the first one gives Prefect its home
            if way is below_prefect:
                from flows import orchestrate

                orchestrate.prepare()
            for what in ("with work", "nothing to do"):
                began = time.perf_counter()
                outcome = way(desk, wanted)
                seconds = (time.perf_counter() - began) / NIGHTS
                print(f"{name:<28} {what:<14} {seconds:7.3f} s a night   ({outcome})", flush=True)


if __name__ == "__main__":
    main()

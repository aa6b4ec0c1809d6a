"""Many nights: one after the other or several at once, each judged from the data again at its turn. Knows no Prefect.

A backfill keeps no state of its own: a night that is done is fresh, so one that was killed goes on where it was.
"""

from __future__ import annotations

import contextvars
import datetime as dt
import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

from flows import status, stopping
from flows.desk import Desk
from flows.publish import BusyError
from flows.run import Run
from flows.runners import Forgetter
from flows.wanted import STAGES, Wanted
from tasks.errors import NightwireError, Stopped

log = logging.getLogger("nightwire")


@dataclass
class Outcome:
    """What a backfill came to."""

    published: list[dt.date] = field(default_factory=list)
    failed: dict[dt.date, str] = field(default_factory=dict)
    under_way: list[dt.date] = field(default_factory=list)
    unchanged: int = 0
    stopped: str = ""

    def __str__(self) -> str:
        parts = [f"{len(self.published)} published", f"{self.unchanged} had nothing to do"]
        parts += [f"{len(self.under_way)} left to a run that is under way ({_listed(self.under_way)})"] if self.under_way else []
        parts += [f"{len(self.failed)} failed ({_listed(self.failed)})"] if self.failed else []
        return ", ".join(parts) + (f"; {self.stopped}" if self.stopped else "")


def _listed(nights: Iterable[dt.date]) -> str:
    return ", ".join(str(date) for date in nights)


def forget(run: Run, stage: str) -> None:
    """Set the records of a stage (none: of all but fetch) aside for one night, so that it is worked out anew; its files stay."""
    run.walk(Forgetter(frozenset([stage] if stage else STAGES[2:])))


def drive(desk: Desk, wanted: Wanted, one: Callable[[Run], object], asked_to_stop: Callable[[], bool]) -> Outcome:
    """Run the nights; each is judged again at its turn, for a night before it may have changed its history.

    Nights done out of their order, newest first or several at once, are looked at once more in the order of their dates: only then
    has each of them seen the nights before it as they are now.

    Args:
        one: runs one night.
    """
    order = wanted.nights()
    driver = Driver(desk, wanted, one, asked_to_stop, Outcome())
    outcome = driver.outcome
    driver.over(order[::-1] if wanted.newest_first else order)
    if (wanted.newest_first or wanted.at_once > 1) and outcome.published and not outcome.stopped:
        touched = [date for date in order if date in outcome.published or wanted.only in ("needed", "all")]
        again = wanted.model_copy(update={"only": "needed", "stage": "", "at_once": 1})
        replace(driver, wanted=again).over([date for date in touched if date not in outcome.failed])
    return outcome


@dataclass(frozen=True)
class Driver:
    """Walks over dates and notes what became of each."""

    desk: Desk
    wanted: Wanted
    one: Callable[[Run], object]
    asked_to_stop: Callable[[], bool]
    outcome: Outcome

    def over(self, order: Sequence[dt.date]) -> None:
        """Run those of the nights that need it, in this order, so many at once; ends early when it is to be stopped."""
        under_way: set[Future[None]] = set()
        with ThreadPoolExecutor(self.wanted.at_once, thread_name_prefix="night") as pool:
            try:
                for date in order:
                    if self._to_be_stopped():
                        break
                    context = contextvars.copy_context()  # Prefect finds the parent of a flow run in it
                    under_way.add(pool.submit(context.run, self._night, date))
                    if len(under_way) == self.wanted.at_once:
                        done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                        _raise(done)
                _raise(under_way)
            except BaseException:  # a signal, or a fault of ours: leaving the block waits for the nights, which are to end
                stopping.ask()
                raise
        self._to_be_stopped()

    def _to_be_stopped(self) -> bool:
        if self.asked_to_stop():
            self.outcome.stopped = "it was asked to stop; the same command goes on from here"
        elif len(self.outcome.failed) >= self.wanted.stop_after:
            self.outcome.stopped = f"stopped after {len(self.outcome.failed)} failed night(s)"
        return bool(self.outcome.stopped)

    def _night(self, date: dt.date) -> None:
        night = status.of(self.desk, date)
        if not self.wanted.wants(night):
            self.outcome.unchanged += date not in self.outcome.published
            return
        run = Run(self.desk, date, "backfill", asked_to_stop=self.asked_to_stop)
        log.info("night %s: %s, %s", date, night.state, night.reason)
        try:
            if self.wanted.only == "all":
                forget(run, self.wanted.stage)
            self.one(run)
        except BusyError as error:
            log.warning("night %s: %s", date, error)
            self.outcome.under_way.append(date)
        except Stopped as error:
            log.warning("night %s: %s", date, error)
        except NightwireError as error:
            log.error("night %s: %s: %s", date, type(error).__name__, error)  # noqa: TRY400 (made to be read; no traceback)
            self.outcome.failed[date] = str(error)
        else:
            if date not in self.outcome.published:
                self.outcome.published.append(date)


def _raise(futures: Iterable[Future[None]]) -> None:
    for future in futures:
        future.result()

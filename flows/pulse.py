"""A flow run's pulse: its signs of life, and its ear for a cancel.

Prefect's runner ends the runs that it started itself. A night of a command, or one below a backfill, is no process of the runner's, and
nothing of Prefect's ends it: its own process asks the server. Prefect's own signs of life are not used: their thread sleeps in whole
seconds, and every run waits for it at its end.
"""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import StateType
from prefect.events import emit_event
from prefect.settings import PREFECT_API_URL
from prefect.states import Cancelled

from flows import stopping

log = logging.getLogger("nightwire")

ALIVE = "prefect.flow-run.heartbeat"
"""Prefect's own name for a sign of life."""
EVERY = 30.0
"""Seconds between two signs of life; three missed ones mark a run."""
LOOK = 2.0
"""Seconds between two looks whether the run was cancelled."""
TOLD = "nothing is published, and the next run goes on from what is done"


@dataclass
class Pulse:
    """A run's pulse.

    Attributes:
        cancelled: somebody cancelled the run. Known for certain once the block is over: the server lets a run that is being cancelled
            end as cancelled only, so that one which was done before it heard of it has to say so.
    """

    run: UUID
    name: str
    cancelled: bool = False
    over: threading.Event = field(default_factory=threading.Event)

    def beat(self) -> None:
        """Give signs of life and look for a cancel, until the run is over, and once more then."""
        due = time.monotonic()
        while not self.cancelled:
            if time.monotonic() >= due:
                due += EVERY
                emit_event(ALIVE, {"prefect.resource.id": f"prefect.flow-run.{self.run}", "prefect.resource.name": self.name})
            over = self.over.wait(LOOK)
            # a server of this run alone has no page to cancel it on
            self.cancelled = bool(PREFECT_API_URL.value()) and _cancelled(self.run)
            if over:
                return
        log.warning("%s was cancelled; %s", self.name, TOLD)
        stopping.ask()


@contextmanager
def beating(run: UUID, name: str) -> Iterator[Pulse]:
    """Give signs of life until the end of the block; a cancel of the run asks this process to stop."""
    pulse = Pulse(run, name)
    context = contextvars.copy_context()  # which server is meant stands in it
    thread = threading.Thread(target=context.run, args=(pulse.beat,), name="pulse", daemon=True)
    thread.start()
    try:
        with stopping.before_cut_off(lambda: context.copy().run(_settle, run)):
            yield pulse
    finally:
        pulse.over.set()
        thread.join(LOOK)


def _cancelled(run: UUID) -> bool:
    try:
        with get_client(sync_client=True) as client:
            return _state(client, run) in (StateType.CANCELLING, StateType.CANCELLED)
    except Exception:  # a server that is lost or busy cancels nothing
        return False


def _settle(run: UUID) -> None:
    """Say that a run was stopped, before its process is cut off."""
    if not PREFECT_API_URL.value():
        return
    with get_client(sync_client=True) as client:
        if _state(client, run) in (StateType.RUNNING, StateType.CANCELLING):
            client.set_flow_run_state(run, Cancelled(message=f"Asked to stop and cut off amid a job: {TOLD}."), force=True)


def _state(client: SyncPrefectClient, run: UUID) -> StateType | None:
    return client.read_flow_run(run).state_type

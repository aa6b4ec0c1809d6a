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


@contextmanager
def beating(run: UUID, name: str) -> Iterator[None]:
    """Give signs of life until the end of the block; a cancel of the run asks this process to stop."""
    over = threading.Event()
    context = contextvars.copy_context()  # which server is meant stands in it
    thread = threading.Thread(target=context.run, args=(_beat, run, name, over), name="pulse", daemon=True)
    thread.start()
    try:
        with stopping.before_cut_off(lambda: context.copy().run(_settle, run)):
            yield
    finally:
        over.set()
        thread.join(LOOK)


def _beat(run: UUID, name: str, over: threading.Event) -> None:
    due = time.monotonic()
    while not over.is_set():
        if time.monotonic() >= due:
            due += EVERY
            emit_event(ALIVE, {"prefect.resource.id": f"prefect.flow-run.{run}", "prefect.resource.name": name})
        if over.wait(LOOK) or not PREFECT_API_URL.value():  # a server of this run alone has no page to cancel it on
            continue
        if _cancelled(run):
            log.warning("%s was cancelled; %s", name, TOLD)
            stopping.ask()
            return


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

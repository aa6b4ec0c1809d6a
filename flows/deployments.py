"""What a desk's server can start, as Prefect deployments. The environment must name a server before this is imported."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
import signal
import threading
from typing import Any, cast

from prefect.automations import Automation
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType
from prefect.deployments.runner import RunnerDeployment
from prefect.events import ChangeFlowRunState, DeploymentEventTrigger, EventTrigger, Posture, ResourceSpecification
from prefect.runner import Runner
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from flows import pulse
from flows.desk import Desk
from flows.orchestrate import ONLY, backfill_flow, night_flow
from flows.watch import LATE, Watch

ENDED = ("Completed", "Failed", "Cancelled", "Crashed")
RUNS_AT_ONCE = 4
"""Flow runs that are processes of this machine at once; a date is locked, so never two of one night."""


def nightly(desk: Desk) -> RunnerDeployment:
    """The night on schedule."""
    night = desk.config.night
    deployment = night_flow.to_deployment(
        name="nightly",
        schedule=Cron(night.cron, timezone=night.timezone),
        parameters={"config": str(desk.path)},
        description=f"Every night of {desk.config.name}: what was over when the run was due, however late it starts.",
        tags=["nightwire", desk.config.name],
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    return cast(RunnerDeployment, deployment)  # the method is asynchronous too, hence its type


def many(desk: Desk) -> RunnerDeployment:
    """The form for many nights."""
    deployment = backfill_flow.to_deployment(
        name="backfill",
        parameters={"config": str(desk.path)},
        description="Many nights: name a range or single nights; a dry run tells what would run, why, and how long.",
        tags=["nightwire", desk.config.name],
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    return cast(RunnerDeployment, deployment)


def late(desk: Desk) -> RunnerDeployment:
    """The trigger for articles that came late: one night, just that date."""
    trigger = DeploymentEventTrigger(
        name=f"articles came late for {desk.config.name}",
        expect={LATE},
        match={"prefect.resource.id": f"nightwire.night.{desk.config.name}.*"},
        parameters={
            "config": str(desk.path),
            "date": {"__prefect_kind": "jinja", "template": "{{ event.payload.date }}"},
            "trigger": "late",
        },
    )
    deployment = night_flow.to_deployment(
        name="late",
        parameters={"config": str(desk.path), "trigger": "late"},
        triggers=[trigger],
        description="Articles came for a night that is published: that night again. Only what they change is worked out anew.",
        tags=["nightwire", desk.config.name, "late"],
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    return cast(RunnerDeployment, deployment)


def guard() -> None:
    """The automation that marks runs whose heart stopped beating: an open-source server has none of its own.

    Not by force: the server's own rule then keeps a run as it is that ended while the automation was late.
    """
    automation = Automation(
        name="nightwire: runs whose process is gone",
        description="A run that was killed with its machine stays Running for ever, unless somebody says that it crashed.",
        trigger=EventTrigger(
            after={pulse.ALIVE},
            expect={pulse.ALIVE, *(f"prefect.flow-run.{state}" for state in ENDED)},
            match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=dt.timedelta(seconds=3 * pulse.EVERY),
        ),
        actions=[
            ChangeFlowRunState(
                name="Crashed",
                state=StateType.CRASHED,
                message="No sign of life: its process is gone.",
                force=False,
            )
        ],
    )
    with get_client(sync_client=True) as client:
        for known in client.read_automations_by_name(automation.name):
            client.delete_automation(known.id)
    automation.create()


class House(Runner):
    """Prefect's runner, whose own answer to SIGTERM leaves its clean-up out: it ends as on Ctrl-C."""

    def handle_sigterm(self, *_: Any) -> None:
        """End as on Ctrl-C."""
        os.kill(os.getpid(), signal.SIGINT)


def register(desk: Desk) -> House:
    """Tell the server what the desk can start; the runner that starts it."""
    os.environ[ONLY] = str(desk.path)
    os.environ["PREFECT_TASK_RUNNER_THREAD_POOL_MAX_WORKERS"] = str(desk.config.night.workers)
    runner = House(name=f"nightwire {desk.config.name}", limit=RUNS_AT_ONCE, pause_on_shutdown=False)
    for deployment in (nightly(desk), many(desk), late(desk)):
        runner.add_deployment(deployment)
    return runner


def serve(watch: Watch, runner: House | None) -> None:
    """Look after the desk and run what is started (nothing, where there is no runner), until Ctrl-C or SIGTERM."""
    look_after = threading.Thread(target=watch.run, name="watch", daemon=True)
    look_after.start()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's background job is started with it ignored
    try:
        with contextlib.suppress(KeyboardInterrupt):
            if runner:
                asyncio.run(runner.start())
            else:
                signal.signal(signal.SIGTERM, signal.default_int_handler)
                watch.over.wait()
    finally:
        watch.over.set()
        look_after.join(5)

"""What a desk's server can start, as Prefect deployments. The environment must name a server before this is imported."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import Any, cast

from prefect.deployments.runner import RunnerDeployment
from prefect.events import DeploymentEventTrigger
from prefect.runner import Runner
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from flows.orchestrate import ONLY, backfill_flow, night_flow
from flows.run import Desk

RUNS_AT_ONCE = 4
"""Flow runs that are processes of this machine at once; a date is locked, so never two of one night."""


LATE = "nightwire.late"
"""The event of articles that came for a published night; its payload has the `date`."""


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


class House(Runner):
    """Prefect's runner, whose own answer to SIGTERM leaves its clean-up out: it ends as on Ctrl-C."""

    def handle_sigterm(self, *_: Any) -> None:
        """End as on Ctrl-C."""
        os.kill(os.getpid(), signal.SIGINT)


def serve(desk: Desk) -> None:
    """Register the deployments and run what they start, until Ctrl-C or SIGTERM."""
    os.environ[ONLY] = str(desk.path)
    os.environ["PREFECT_TASK_RUNNER_THREAD_POOL_MAX_WORKERS"] = str(desk.config.night.workers)
    runner = House(name=f"nightwire {desk.config.name}", limit=RUNS_AT_ONCE, pause_on_shutdown=False)
    for deployment in (nightly(desk), many(desk), late(desk)):
        runner.add_deployment(deployment)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(runner.start())

"""Safe settings for Prefect, and a home of its own. To be applied before Prefect is imported, for it reads them once."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

from flows.places import Places
from flows.store import write_file

SAFE = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_UI_V2_ENABLED": "false",  # V2 calls a tracking host even with analytics off
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",  # the default of 20 fails on a busy machine
    "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
    "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
    "PREFECT_CLIENT_MAX_RETRIES": "3",  # 2, 4 and 8 s; with the default of 5 a night waits a minute for each thing it has to say
    "PREFECT_RUNNER_POLL_FREQUENCY": "3",  # a run that is started in the UI begins within seconds
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",  # else the database grows for ever
    "PREFECT_LOGGING_EXTRA_LOGGERS": "nightwire",  # our lines stand in the run's log in the UI
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",  # and reach the terminal once, in our own words
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
}
"""Settings that a night runs with where the environment says nothing else."""


def apply(places: Places) -> None:
    """Give Prefect safe settings, and the desk's own folder for its database unless the environment names another."""
    for name, value in SAFE.items():
        os.environ.setdefault(name, value)
    if not any(name in os.environ for name in ("PREFECT_HOME", "PREFECT_API_URL", "PREFECT_PROFILE")):
        places.prefect.mkdir(parents=True, exist_ok=True)
        os.environ["PREFECT_HOME"] = str(places.prefect)
        if server := noted_server(places):  # `nightwire up` of this desk runs: its page shows this run too
            os.environ["PREFECT_API_URL"] = server
            os.environ.setdefault("PREFECT_API_AUTH_STRING", (places.prefect / "password").read_text())


def note_server(places: Places, api: str) -> None:
    """Let other commands of this desk find the server that we started."""
    write_file(_server(places), json.dumps({"api": api, "process": os.getpid()}).encode())


def forget_server(places: Places) -> None:
    """The server is stopped."""
    _server(places).unlink(missing_ok=True)


def noted_server(places: Places) -> str | None:
    """The API of the desk's server, while something listens there."""
    try:
        api = str(json.loads(_server(places).read_bytes())["api"])
        address = urlsplit(api)
        with socket.create_connection((address.hostname or "", address.port or 80), timeout=2):
            return api
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _server(places: Places) -> Path:
    return places.prefect / "server.json"

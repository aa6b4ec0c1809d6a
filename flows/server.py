"""A Prefect server of the desk's own: loopback, with a password, without analytics, started and stopped by us. Knows no Prefect code.

The server is a child in a session of its own, so that Ctrl-C on a terminal reaches us first and we stop it last.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from flows import environment
from flows.places import Places
from tasks.errors import Abort

HOST = "127.0.0.1"
PORT = 4200
STARTUP_SECONDS = 180.0
"""A first start migrates the database: 13 to 50 s were seen, on a busy machine more."""
STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Server:
    """Where a server answers.

    Attributes:
        api: its API's address.
        given: it was named by PREFECT_API_URL: somebody else starts it, protects it and stops it.
        port: where ours listens.
    """

    api: str
    given: bool
    port: int

    @property
    def page(self) -> str:
        """What a browser opens."""
        return self.api.removesuffix("/api")


def choose(places: Places, port: int) -> Server:
    """Name in the environment the server to be used: the one of PREFECT_API_URL, else one of the desk's own.

    The desk's own is reached by this machine only, with the desk's password, and by no page but its own. Prefect may be imported
    from here on.
    """
    given = os.environ.get("PREFECT_API_URL")
    if given is None:
        page = f"http://{HOST}:{port}"
        places.prefect.mkdir(parents=True, exist_ok=True)
        os.environ.setdefault("PREFECT_HOME", str(places.prefect))
        os.environ["PREFECT_API_URL"] = f"{page}/api"
        os.environ.setdefault("PREFECT_SERVER_API_AUTH_STRING", password(places.prefect))
        os.environ["PREFECT_API_AUTH_STRING"] = os.environ["PREFECT_SERVER_API_AUTH_STRING"]
        os.environ.setdefault("PREFECT_SERVER_CORS_ALLOWED_ORIGINS", page)
        os.environ.setdefault("PREFECT_SERVER_UI_API_URL", f"{page}/api")
    environment.apply(places)
    return Server(given or os.environ["PREFECT_API_URL"], given is not None, port)


@contextlib.contextmanager
def running(places: Places, server: Server) -> Iterator[None]:
    """See that the chosen server is healthy: one that is not given, and does not run already, is started and stopped by us.

    Raises:
        Abort: it does not become healthy; the server's log is named.
    """
    if server.given or not free(server.port):
        if not server.given and environment.noted_server(places) != server.api:
            raise Abort(f"port {server.port} of {HOST} is taken by something else; choose another with --port")
        wait_healthy(server.api, None, STARTUP_SECONDS)
        yield
        return
    log = places.prefect / "server.log"
    process = start(server.port, log)
    try:
        wait_healthy(server.api, process, STARTUP_SECONDS, log)
        environment.note_server(places, server.api)
        yield
    finally:
        environment.forget_server(places)
        stop(process)


def password(home: Path) -> str:
    """The desk's `user:password`, made once and readable by its owner only."""
    path = home / "password"
    if not path.exists():
        with contextlib.suppress(FileExistsError), os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(f"nightwire:{secrets.token_urlsafe(18)}")
    return path.read_text()


def start(port: int, log: Path) -> subprocess.Popen[bytes]:
    """Start the server's process; its output goes to a log."""
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", HOST, "--port", str(port)]
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 (a fixed command)
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )


def wait_healthy(api: str, process: subprocess.Popen[bytes] | None, seconds: float, log: Path | None = None) -> None:
    """Wait until the server says that it is healthy. An exit code is no answer: it said success once while the server had died.

    Raises:
        Abort: it ended, or did not answer in time.
    """
    where = f"; its log is {log}" if log else ""
    deadline = time.monotonic() + seconds
    while not healthy(api):
        if process is not None and process.poll() is not None:
            raise Abort(f"the Prefect server ended with {process.returncode} before it was healthy{where}")
        if time.monotonic() > deadline:
            raise Abort(f"{api}/health did not answer within {seconds:.0f} s{where}")
        time.sleep(0.3)


def healthy(api: str) -> bool:
    """Whether the server answers, asked without any proxy."""
    try:
        with build_opener(ProxyHandler({})).open(f"{api}/health", timeout=5) as answer:
            return bool(json.loads(answer.read()))
    except (URLError, OSError, ValueError):
        return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the server: asked first, made to after a while."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free(port: int) -> bool:
    """Whether nobody listens on the port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) != 0

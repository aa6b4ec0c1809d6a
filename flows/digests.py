"""The morning pages for a browser: a run's page links to them here, for a browser opens no file from a page that came over HTTP.

They are read only, on this machine only, and below a word that stands on the runs' pages and in a file of the desk's owner.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import secrets
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from flows import snapshot
from flows.places import Places
from flows.server import HOST
from flows.snapshot import Published
from tasks.errors import Abort

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",  # the word stays here when a reader follows a page's link
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",  # a night that is published again has another page
}


def address(places: Places) -> str | None:
    """Where `nightwire up` of this desk serves its pages, also while it is stopped; None where it never ran, or for another user."""
    try:
        return _noted(places).read_text().strip() or None
    except OSError:
        return None


def link(places: Places, date: dt.date) -> str | None:
    """The address of a night's page, or None."""
    known = address(places)
    return known and f"{known}/{date}.html"


@contextlib.contextmanager
def served(places: Places, port: int) -> Iterator[None]:
    """Serve the pages of whatever is published, until the end of the block.

    Raises:
        Abort: somebody else has the port.
    """
    try:
        listening = socket.create_server((HOST, port))
    except OSError as error:
        raise Abort(f"port {port} of {HOST}, for the morning pages, can't be had ({error}); choose another pair with --port") from error
    word = _note(places, port)
    quiet = uvicorn.Config(application(places.published, word), log_config=None, access_log=False, lifespan="off", server_header=False)
    server = uvicorn.Server(quiet)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="digests", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(5)


def application(published: Published, word: str) -> Starlette:
    """The pages below a word; the host must be this machine's, so that no name of somebody else's can point here."""

    def page(request: Request) -> HTMLResponse:
        try:
            date = dt.date.fromisoformat(request.path_params["date"])  # never a path: only a date can name a file
            content = snapshot.of(published).content(f"digests/{date}.html")
        except (ValueError, OSError) as error:
            raise HTTPException(404, "no such page") from error
        return HTMLResponse(content, headers=HEADERS)

    return Starlette(
        routes=[Route(f"/{word}/{{date}}.html", page)],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])],
    )


def _noted(places: Places) -> Path:
    return places.prefect / "digests"


def _note(places: Places, port: int) -> str:
    """Write the address down for the desk's runs, readable by its owner only; the word stays the same, so that links do."""
    known = address(places)
    word = known.rpartition("/")[2] if known else secrets.token_urlsafe(18)
    path = _noted(places)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(f"http://{HOST}:{port}/{word}\n")
    return word

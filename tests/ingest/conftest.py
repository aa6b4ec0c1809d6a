from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tasks.config import Limits
from tasks.ingest.addresses import Policy
from tasks.ingest.client import Client

NOW = dt.datetime(2026, 11, 21, 6, 0, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Night:
    date: dt.date = dt.date(2026, 11, 20)
    start: dt.datetime = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
    end: dt.datetime = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
    zone: str = "UTC"


Route = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Site:
    """A real server on this machine; routes write their own answers, what was asked stands in `asked`."""

    port: int = 0
    routes: dict[str, Route] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def page(self, path: str, body: bytes, status: int = 200, **headers: str) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **{k.replace("_", "-"): v for k, v in headers.items()}}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(body)

        self.routes[path] = answer

    def client(self, **changes: Any) -> Client:
        limits = changes.pop("limits", Limits())
        policy = Policy(hosts=("127.0.0.1",), ports=frozenset((self.port,)), allows=lambda ip: str(ip) == "127.0.0.1")
        given = {"agent": "nightwire-test", "delay": 0.0, "now": lambda: NOW, "sleep": lambda _seconds: None} | changes
        return Client(given.pop("policy", policy), limits, **given)


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as site:
        yield site


@contextmanager
def serve(tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[Site]:
    """A site of no routes, over TLS where a context is given."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            if tls:
                self.request = tls.wrap_socket(self.request, server_side=True)
            super().setup()

        def do_GET(self) -> None:
            site.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
            route = site.routes.get(self.path)
            if route is None:
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            try:
                route(self)
            except OSError:
                self.close_connection = True

        def log_message(self, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

        def handle_error(self, *args: Any) -> None:
            """A client that refuses our certificate hangs up; that is what is tested."""

    server = Server((host, 0), Handler)
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()

"""An S3 server of this machine (moto's), in a process of its own, spoken to over HTTP as any other is."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest

from tests.flows.house import eventually, free_port


@contextlib.contextmanager
def served() -> Iterator[str]:
    """The server's address; this process's environment names it, as a desk's would."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_ENDPOINT_URL", address)
        patch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        try:
            eventually(lambda: _answers(address), 90, "an S3 server")
            yield address
        finally:
            process.terminate()
            process.wait(20)


def _answers(address: str) -> bool | None:
    try:
        with urllib.request.urlopen(f"{address}/moto-api/data.json", timeout=2) as answer:
            json.load(answer)
    except OSError:
        return None
    return True

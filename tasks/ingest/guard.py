"""Pages that no newsroom makes are read in a process of their own, which may be ended.

HTML with tens of thousands of elements costs the extractors quadratic time (60,000 links: over a minute). Real pages have at most 3,129
elements, 73 attributes in one, 1.6 MB (304 labelled pages); what is far beyond that goes through here.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tasks.errors import RejectDocument
from tasks.ingest.article import Draft

MEMORY = 2 << 30
"""Bytes of address space of the process."""


def read(text: str, url: str, seconds: float) -> Draft:
    """The article of a page, as `tasks.ingest.pages.extract` finds it, within `seconds`.

    Raises:
        RejectDocument: `timeout`, `out_of_memory`, `crashed`, or what the page itself is rejected for.
    """
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    try:
        done = subprocess.run(  # our own module; the page comes on standard input
            [sys.executable, "-m", "tasks.ingest.guard"],
            input=json.dumps({"text": text, "url": url}).encode("utf-8", "surrogatepass"),
            capture_output=True,
            timeout=seconds,
            check=False,
            env={**os.environ, "PYTHONPATH": path},
        )
    except subprocess.TimeoutExpired as error:
        raise RejectDocument(
            "timeout", f"the page was not read after {seconds:.0f} seconds; limits.document_seconds raises the limit"
        ) from error
    if done.returncode:
        raise RejectDocument("crashed", f"reading the page ended its process with {done.returncode}")
    answer = json.loads(done.stdout)
    if "reason" in answer:
        raise RejectDocument(answer["reason"], answer["message"])
    return _draft(answer)


def _draft(answer: dict[str, Any]) -> Draft:
    pairs = {name: tuple((one, two) for one, two in answer[name]) for name in ("blocks", "published")}
    return Draft(**{**answer, **pairs, "flags": tuple(answer["flags"])})


def main() -> None:
    """Reads a page from standard input and writes its draft to standard output, both as JSON."""
    from tasks.ingest import pages  # pages imports this module

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    given = json.loads(sys.stdin.buffer.read())
    try:
        answer = asdict(pages.extract(given["text"], given["url"]))
    except RejectDocument as fault:
        answer = {"reason": fault.reason, "message": fault.message}
    except MemoryError:
        answer = {"reason": "out_of_memory", "message": f"the page took more than {MEMORY} bytes"}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()

"""A step in processes of its own: `python -m flows.child`.

The first line of standard input says which step, the others on which documents. For each of those this process forks one that is
bounded, runs the step and may end in any way; what came of it is a line on standard output. What all of them need is imported once.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from pydantic import BaseModel

from flows import apply, isolate, room
from flows.nightly import STEPS
from flows.store import Ref, Store
from tasks import aside
from tasks.errors import ContractError, NightwireError

TAIL = 4000
"""Bytes of standard error that are looked at: what a library says before it gives up stands at the end."""


def main() -> None:
    """Answer until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries that print must not print into an answer
    isolate.tie()
    task = json.loads(sys.stdin.readline())
    for line in sys.stdin:
        answers.write(json.dumps(_forked(task, json.loads(line))) + "\n")
        answers.flush()


def _forked(task: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """What came of one part: what the fork said, or the code and the last words with which it ended."""
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as words:
        child = os.fork()
        if child == 0:
            _part(task, part, said, words)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        said.seek(0)
        if code == 0:
            answer: dict[str, Any] = json.load(said)
            return answer
        words.seek(max(0, words.seek(0, os.SEEK_END) - TAIL))
        return {"code": code, "words": words.read().decode("utf-8", "replace")}


def _part(task: dict[str, Any], part: dict[str, Any], said: IO[bytes], words: IO[bytes]) -> None:
    code = 1
    try:
        os.dup2(words.fileno(), 2)
        isolate.tie()
        isolate.limit(part["work"], part["wall"], task["memory"])
        said.write(json.dumps(_answer(task, part["ids"])).encode())
        said.flush()
        code = 0
    finally:
        os._exit(code)


def _answer(task: dict[str, Any], ids: Sequence[str] | None) -> dict[str, Any]:
    try:
        return {"refs": [asdict(ref) for ref in _run(task, ids)]}
    except ContractError as error:
        fault = isolate.fault_of(error)
    except NightwireError as error:
        return {"abort": f"{task['step']}: {error}"}
    except OSError as error:
        return {"abort": f"{task['step']}: {room.said(error, Path(task['store']))}"}
    except Exception as error:  # one bad document never stops a night
        fault = isolate.fault_of(error)
    return {"reason": fault.reason, "message": fault.message}


def _run(task: dict[str, Any], ids: Sequence[str] | None) -> tuple[Ref, ...]:
    step = next(step for step in STEPS if step.name == task["step"])
    module, name, settings = task["settings"]
    store = Store(Path(task["store"]))
    tables = apply.read(store, step, [[Ref(**ref) for ref in table] for table in task["refs"]])
    if ids is not None:
        tables = aside.only(tables, ids)
    kind: type[BaseModel] = getattr(importlib.import_module(module), name)
    return apply.write(store, step, apply.run(step, tables, kind.model_validate_json(settings)))


if __name__ == "__main__":
    main()

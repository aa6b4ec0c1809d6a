"""Pages and records with mark-up are read in a process beside this one, which may be ended.

HTML parsers and extractors take quadratic time on input that is built for it, at any size: 30,000 links in one page cost six
seconds, 80,000 attributes in one element nine. Nothing inside a process can stop C code, so the reading is done in another one. It is
started once and kept, one for each thread that reads at the same time; handing a page over costs a twentieth of reading it
(docs/log/ingest.md). The process that took too long is ended, and the next document gets a new one.
"""

from __future__ import annotations

import atexit
import os
import resource
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tasks.errors import RejectDocument
from tasks.ingest.article import Draft
from tasks.ingest.documents import printable
from tasks.ingest.readers import Gone, Readers, read_frame, write_frame

READERS = Readers()
atexit.register(READERS.close)
os.register_at_fork(after_in_child=READERS.forget)


def page(text: str, url: str, seconds: float) -> Draft:
    """The article of a page, as `tasks.ingest.pages.read` finds it, within `seconds`.

    Raises:
        RejectDocument: `timeout`, `out_of_memory`, `crashed`, or what the page itself is rejected for.
    """
    return _draft({"url": url}, text, seconds)


def record(text: str, columns: Mapping[str, str], seconds: float) -> Draft:
    """The article of a record, as `tasks.ingest.records.read` finds it, within `seconds`.

    Raises:
        RejectDocument: as for a page.
    """
    return _draft({"columns": dict(columns)}, text, seconds)


def _draft(question: Mapping[str, Any], text: str, seconds: float) -> Draft:
    try:
        answer = READERS.ask(question, text, seconds)
    except TimeoutError as error:
        raise RejectDocument("timeout", f"not read after {seconds:g} seconds; limits.document_seconds raises the limit") from error
    except Gone as error:
        raise RejectDocument("crashed", "reading the document ended its process") from error
    if "reason" in answer:
        raise RejectDocument(answer["reason"], answer["message"])
    pairs = {name: tuple((one, two) for one, two in answer[name]) for name in ("blocks", "published")}
    return Draft(**{**answer, **pairs, "flags": tuple(answer["flags"])})


def main() -> None:
    """Answers on standard output each question of standard input, until that ends."""
    from tasks.ingest import pages, records  # what only this process needs: extractors take half a second to import

    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    memory = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    write_frame(answers, {})
    while (frame := read_frame(questions)) is not None:
        question, text = frame
        began = time.process_time()
        # Ends a process whose parent is no more, and which nobody will end.
        resource.setrlimit(resource.RLIMIT_CPU, (int(began + question["limit"]) + 2, resource.RLIM_INFINITY))
        answer = _answer(question, text, pages.read, records.read)
        write_frame(answers, {**answer, "seconds": time.process_time() - began})


def _answer(question: Mapping[str, Any], text: str, read_page: Any, read_record: Any) -> dict[str, Any]:
    try:
        if "columns" in question:
            return asdict(read_record(text, question["columns"]))
        return asdict(read_page(text, question["url"]))
    except RejectDocument as fault:
        return {"reason": fault.reason, "message": fault.message}
    except MemoryError:
        return {"reason": "out_of_memory", "message": f"the document took more than {resource.getrlimit(resource.RLIMIT_AS)[0]} bytes"}
    except Exception as error:  # the parsers below are not ours
        return {"reason": "internal", "message": printable(f"{type(error).__name__}: {error}")}


if __name__ == "__main__":
    main()

"""How much memory and time a night of many documents takes, stage by stage, in one process: `bounds.py --documents 100000`.

The documents are made here, 100 records a file, every fifth one an edited copy of another. Without --models no model reads them, so
that what is measured is everything else: fetch, extraction, copies, publishing, the page.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import logging
import random
import resource
import shutil
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

from flows.desk import Desk
from flows.jobs import Done
from flows.overtime import resident
from flows.run import Run
from flows.runners import Inline

NIGHT = dt.date(2026, 3, 2)
CONFIG = """
name = "bounds"
[night]
root = ".."
shards = 16
workers = 2
[[sources]]
name = "wire"
kind = "folder"
path = "news"
outlet = "wire"
[summaries]
languages = {languages}
[quotes]
languages = {languages}
[stances]
languages = {languages}
"""


def write(folder: Path, documents: int) -> None:
    """Articles of about 300 words."""
    draw = random.Random(1)
    words = ["".join(draw.choices("aeioubdfgklmnprstvz", k=draw.randint(2, 9))) for _ in range(30_000)]
    folder.mkdir(parents=True)
    text: list[str] = []
    for file in range((documents + 99) // 100):
        rows = []
        for number in range(file * 100, min(documents, file * 100 + 100)):
            if number % 5 or not text:
                text = [" ".join(draw.choices(words, k=20)).capitalize() + "." for _ in range(15)]
            else:
                text = [*text[:-1], " ".join(draw.choices(words, k=20)).capitalize() + "."]
            rows.append({"title": " ".join(draw.choices(words, k=8)), "text": "\n".join(text), "url": f"https://wire.example/{number}"})
        (folder / f"{file:05d}.jsonl").write_text("\n".join(map(json.dumps, rows)))


class Peaks(logging.Handler):
    """The most memory that the process held while each stage's jobs came to their end."""

    def __init__(self) -> None:
        super().__init__()
        self.peak, self.by_stage, self.seconds = 0, defaultdict(int), defaultdict(float)

    def watch(self, over: threading.Event) -> None:
        """Sample until the end."""
        while not over.wait(0.1):
            self.peak = max(self.peak, resident())

    def emit(self, record: logging.LogRecord) -> None:
        """A job is done."""
        done = getattr(record, "done", None)
        if isinstance(done, Done):
            self.by_stage[done.step] = max(self.by_stage[done.step], self.peak)
            self.seconds[done.step] += done.seconds
            self.peak = resident()


def main() -> None:
    """Run the night and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--models", action="store_true", help="let the models read what they can")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        write(folder / "configs" / "news", options.documents)
        config = folder / "configs" / "bounds.toml"
        config.write_text(CONFIG.format(languages='["en"]' if options.models else "[]"))
        peaks, over = Peaks(), threading.Event()
        log = logging.getLogger("nightwire")
        log.setLevel(logging.INFO)
        log.addHandler(peaks)
        threading.Thread(target=peaks.watch, args=(over,), daemon=True).start()
        began, used = time.perf_counter(), time.process_time()
        Run(Desk.open(config), NIGHT).execute(Inline(2))
        over.set()
        print(f"{options.documents} documents: {time.perf_counter() - began:.0f} s, {time.process_time() - used:.0f} CPU s")
        for stage, peak in peaks.by_stage.items():
            print(f"{stage:10} {peaks.seconds[stage]:8.1f} s   peak {peak >> 20:6} MB")
        print(f"{'publish':10} {'':10}   peak {peaks.peak >> 20:6} MB")
        print(f"the most at any time: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB")
        print(f"of a process that reads pages: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10} MB")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()

"""How much memory and time a night of many documents takes, stage by stage: `bounds.py --documents 100000`.

The documents are made here, 100 records a file, every fifth one an edited copy of another. Without --models no model reads them, so
that what is measured is everything else: fetch, extraction, copies, publishing, the page. Memory is that of the night's process and of
all that it starts, as the system counts it (RSS: pages that two processes share count twice; PSS: once).
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import logging
import random
import shutil
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from flows.desk import Desk
from flows.jobs import Done
from flows.run import Run
from flows.runners import Inline

NIGHT = dt.date(2026, 3, 2)
CONFIG = """
name = "bounds"
[night]
root = ".."
shards = 16
workers = 2
step_seconds = 36000
[[sources]]
name = "wire"
kind = "folder"
path = "news"
outlet = "wire"
language = "en"
[summaries]
languages = {languages}
[quotes]
languages = {languages}
[stances]
languages = {languages}
"""


def write(folder: Path, documents: int, sentences: int) -> None:
    """Articles of sentences of 20 words."""
    draw = random.Random(1)
    words = ["".join(draw.choices("aeioubdfgklmnprstvz", k=draw.randint(2, 9))) for _ in range(30_000)]
    folder.mkdir(parents=True)
    text: list[str] = []
    for file in range((documents + 99) // 100):
        rows = []
        for number in range(file * 100, min(documents, file * 100 + 100)):
            if number % 5 or not text:
                text = [" ".join(draw.choices(words, k=20)).capitalize() + "." for _ in range(sentences)]
            else:
                text = [*text[:-1], " ".join(draw.choices(words, k=20)).capitalize() + "."]
            rows.append({"title": " ".join(draw.choices(words, k=8)), "text": "\n".join(text), "url": f"https://wire.example/{number}"})
        (folder / f"{file:05d}.jsonl").write_text("\n".join(map(json.dumps, rows)))


def tree(process: int | str = "self") -> Iterator[Path]:
    """The folders below /proc of a process and of all that it started."""
    yield (here := Path("/proc") / str(process))
    for children in here.glob("task/*/children"):
        with suppress(OSError):
            for child in children.read_text().split():
                yield from tree(child)


def held() -> Counter[str]:
    """Bytes held now: `Rss` and `Pss` of all processes, `own` (RSS) of this one."""
    found: Counter[str] = Counter()
    for folder in tree():
        with suppress(OSError):
            lines = [line.split() for line in (folder / "smaps_rollup").read_text().splitlines()]
            sizes = {words[0].rstrip(":"): int(words[1]) << 10 for words in lines if words[0] in ("Rss:", "Pss:")}
            found.update(sizes if folder.name != "self" else {**sizes, "own": sizes["Rss"]})
    return found


class Peaks(logging.Handler):
    """The most memory that was held while each stage's jobs came to their end, and the most at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.peak, self.most, self.by_stage, self.seconds = Counter(), Counter(), defaultdict(Counter), defaultdict(float)

    def watch(self, over: threading.Event) -> None:
        """Sample until the end."""
        while not over.wait(0.25):
            now = held()
            self.peak |= now
            self.most |= now

    def emit(self, record: logging.LogRecord) -> None:
        """A job is done."""
        done = getattr(record, "done", None)
        if isinstance(done, Done):
            self.by_stage[done.step] |= self.peak
            self.seconds[done.step] += done.seconds
            self.peak = Counter()


def told(peak: Counter[str]) -> str:
    """MB of one peak."""
    return "  ".join(f"{name} {peak[name] >> 20:6} MB" for name in ("own", "Rss", "Pss"))


def main() -> None:
    """Run the night and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--sentences", type=int, default=15, help="of 20 words an article (default: 15)")
    parser.add_argument("--models", action="store_true", help="let the models read what they can")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        write(folder / "configs" / "news", options.documents, options.sentences)
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
            print(f"{stage:10} {peaks.seconds[stage]:8.1f} s   {told(peak)}")
        print(f"{'publish':10} {'':10}   {told(peaks.peak)}")
        print(f"{'at any time':21}   {told(peaks.most)}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()

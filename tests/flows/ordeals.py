"""What a night goes through here, and what must hold afterwards; a sample in the suite, all of it with `make torture`.

Every ordeal starts from a desk whose night is published and would be published anew, and compares with a run that nobody disturbed:
readers see the one or the other and nothing else, and the next run gives the same files, byte for byte.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import random
import re
import shutil
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from flows import checks, manifest
from flows.manifest import Manifest
from tests.flows import desks
from tests.flows.nursery import BUSY, DONE, FAILED, Nursery

EARLIER, NIGHT = dt.date(2026, 3, 1), dt.date(2026, 3, 2)
SMALL = {"shards": 1, "articles": 4}
"""The arena of what is done at every file operation. It has three quarters of the larger one's operations, each function at
each kind of its files, but for reading the record of a stage whose other shard was empty too."""
VARYING = (
    (r"[0-9a-f]{64}", "*"),
    (r"\d+-[0-9a-f]{16}", "*"),
    (r"objects/[0-9a-f]{2}", "objects/??"),
    (r"part-\d{3}-[0-9a-f]{12}", "part-*"),
    (r"\.[0-9a-f]{8}$", ".*"),
    (r"generations/\d{6}", "generations/*"),
    (r"(news/[0-9-]+)/.*", r"\1/*"),
    (r"records/(\.?)(extract|repeats|sign|cluster|keep|summarize|roundup|stances|outlets|digest)/", r"records/\1quotes/"),
    (r"records/(extract|repeats|sign|cluster|keep|summarize|roundup|stances|outlets|digest)$", "records/quotes"),
    (r"attempts/[a-z]+-", "attempts/quotes-"),
    (r"building/(copies|stories|summaries|roundups|quotes|stances|rejects|voices|runs)\b", "building/articles"),
    (r"run_date=[0-9-]+", "run_date=*"),
)
PAUSE = 0.005
"""Seconds between two polls, so that the readers don't take the processor from the run."""
Marks = dict[Path, tuple[int, int, int]]


class Reader(threading.Thread):
    """Polls what is published in both ways that readers have; keeps what it saw and every fault.

    The first resolves the link once and proves everything below it; where no file of that generation is another one, or was written
    to, since it was proven, its sizes and times of writing are proof enough. The second goes through the link each time: it lists a
    table's files and opens them one by one, while the link may move.
    """

    def __init__(self, published: Path) -> None:
        super().__init__(daemon=True)
        self.published, self.done = published, threading.Event()
        self.seen: set[str] = set()
        self.proven: dict[Path, Marks] = {}
        self.listed: set[tuple[str, ...]] = set()
        self.faults: list[str] = []
        self.reads = self.again = 0

    def run(self) -> None:
        while not self.done.is_set():
            snapshot = self.published.resolve()
            marks = _marks(snapshot)
            if self.proven.get(snapshot) != marks:
                self._prove(snapshot)
                self.proven[snapshot] = marks
            self._through_the_link()
            self.reads += 2
            self.done.wait(PAUSE)

    def _prove(self, snapshot: Path) -> None:
        night = manifest.read(snapshot, NIGHT)
        if night is None:
            self.faults.append(f"{snapshot}: no manifest")
        else:
            self.seen.add(night.content)
            self.faults += checks.verify(snapshot)

    def _through_the_link(self) -> None:
        paths = sorted((self.published / "articles" / f"run_date={NIGHT}").glob("*.parquet"))
        try:
            self.listed.add(tuple(hashlib.sha256(path.read_bytes()).hexdigest() for path in paths))
        except FileNotFoundError:
            self.again += 1  # another version came while this one was read: told, and nothing of it taken

    def end(self) -> Reader:
        """Stop polling."""
        self.done.set()
        self.join()
        return self


def _marks(snapshot: Path) -> Marks:
    """What changes when a file is written to, replaced, added or lost: path -> its number, size and time of writing."""
    found = {}
    for folder, _, files in os.walk(snapshot):
        for name in files:
            about = (path := Path(folder) / name).stat()
            found[path] = (about.st_ino, about.st_size, about.st_mtime_ns)
    return found


@dataclass
class Figures:
    """What came out of an ordeal."""

    cases: int = 0
    reads: int = 0
    again: int = 0
    ends: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    spoiled: list[str] = field(default_factory=list)

    def count(self, end: str) -> None:
        self.ends[end] = self.ends.get(end, 0) + 1


@dataclass(frozen=True)
class Arena:
    """A desk to be copied, with its night before and after; and the processes to disturb."""

    nursery: Nursery
    desk: Path
    folder: Path
    before: Manifest
    after: Manifest
    seconds: float

    def copy(self, name: str) -> Path:
        """A fresh copy of the desk; the path of its configuration."""
        shutil.rmtree(self.folder / name, ignore_errors=True)
        shutil.copytree(self.desk, self.folder / name, symlinks=True)
        return self.folder / name / "configs" / "quick.toml"


def arena(nursery: Nursery, folder: Path, shards: int = 2, articles: int = 8) -> Arena:
    """A desk with two published nights; every stage of the second runs again: its articles have a late one among them, and other words.

    Args:
        articles: of the second night, two at least.
    """
    config = desks.quick(folder / "desk", [EARLIER, NIGHT], shards=shards)
    for number in range(articles - 2):
        desks.article(config, NIGHT, f"Story number {number} of the harbour", 100 + 7 * number)
    for date in (EARLIER, NIGHT):
        assert nursery.run(config, date).status == DONE
    for path in sorted((config.parent / "news" / str(NIGHT)).iterdir()):
        path.write_text(path.read_text().replace("council", "assembly"))
    desks.article(config, NIGHT, "A late story comes in the morning", 77)
    before = published(config)
    stage = Arena(nursery, folder / "desk", folder / "copies", before, before, 0.0)
    times = []
    for _ in range(3):  # with a reader at work, as there is one later
        undisturbed = stage.copy("undisturbed")
        reader = Reader(undisturbed.parents[1] / "published")
        reader.start()
        began = time.monotonic()
        assert nursery.run(undisturbed, NIGHT).status == DONE
        times.append(time.monotonic() - began)
        reader.end()
    return Arena(nursery, stage.desk, stage.folder, before, published(undisturbed), sorted(times)[1])


def published(config: Path) -> Manifest:
    """The night as it is published."""
    night = manifest.read(config.parents[1] / "published", NIGHT)
    assert night is not None
    return night


def settled(arena: Arena, config: Path, reader: Reader, case: str) -> list[str]:
    """The faults of a desk after its ordeal: now, and after the next run."""
    link = config.parents[1] / "published"
    faults = [f"{case}: a reader: {fault}" for fault in reader.faults]
    whole = {tuple(ref.digest for ref in night.tables["articles"]) for night in (arena.before, arena.after)}
    faults += [f"{case}: a reader: files of two versions" for _ in {tuple(sorted(one)) for one in reader.listed} - _sorted(whole)]
    faults += [f"{case}: a reader saw neither night" for _ in reader.seen - {arena.before.content, arena.after.content}]
    faults += [f"{case}: now: {fault}" for fault in checks.verify(link)]
    if published(config).content not in (arena.before.content, arena.after.content):
        faults.append(f"{case}: now: neither night is published")
    again = arena.nursery.run(config, NIGHT)
    if again.status != DONE:
        faults.append(f"{case}: the next run ends with {again.status}: {again.told.read_text()}")
    if published(config).content != arena.after.content:
        faults.append(f"{case}: the next run gives other files")
    faults += [f"{case}: after the next run: {fault}" for fault in checks.verify(link)]
    faults += [f"{case}: left behind: {path}" for path in (config.parents[1] / "state" / "store" / "partial").glob("*")]
    return faults


def _sorted(lists: set[tuple[str, ...]]) -> set[tuple[str, ...]]:
    return {tuple(sorted(one)) for one in lists}


def killed_at(arena: Arena, share: float, figures: Figures) -> None:
    """SIGKILL at an instant; `share` of the time that an undisturbed run takes."""
    config = arena.copy("killed")
    reader = Reader(config.parents[1] / "published")
    reader.start()
    child = arena.nursery.start(config, NIGHT)
    time.sleep(share * arena.seconds)
    child.kill()
    status = child.wait()
    _note(figures, arena, config, reader.end(), f"killed at {share:.2f}", "killed" if status < 0 else "done before")


def spoiled_at(arena: Arena, how: str, at: int, figures: Figures, where: str = "") -> bool:
    """The n-th file operation kills or fails, or the n-th of one kind; false where the run got through without meeting it."""
    config = arena.copy("spoiled")
    reader = Reader(config.parents[1] / "published")
    reader.start()
    child = arena.nursery.run(config, NIGHT, how, at, where=where)
    end = {DONE: "published all the same", FAILED: "failed with a message"}.get(child.status, "killed")
    case = f"{how} at operation {at} {where}".rstrip()
    if child.status not in (DONE, FAILED, -9) or (child.status == -9) != (how == "kill" and end == "killed"):
        figures.faults.append(f"{case}: ended with {child.status}: {child.told.read_text()}")
    if "Traceback" in child.told.read_text() or (child.status == FAILED and ": " not in child.told.read_text()):
        figures.faults.append(f"{case}: no clear message: {child.told.read_text()}")
    figures.spoiled.append(child.spoiled)
    met = child.status == -9 or child.operations >= at
    _note(figures, arena, config, reader.end(), case, end if met else "not met")
    return met


def at_once(arena: Arena, runs: int, figures: Figures) -> None:
    """Several runs of one date at the same time: one publishes, the others say so or find it done."""
    config = arena.copy("at_once")
    generations = config.parents[1] / "state" / "generations"
    before = len(list(generations.iterdir()))
    reader = Reader(config.parents[1] / "published")
    reader.start()
    children = [arena.nursery.start(config, NIGHT) for _ in range(runs)]
    ends = [child.wait() for child in children]
    for child, end in zip(children, ends, strict=True):
        figures.count({DONE: "published or found it done", BUSY: "said that it is under way"}.get(end, f"ended with {end}"))
        if end not in (DONE, BUSY) or (end == BUSY and "already under way" not in child.told.read_text()):
            figures.faults.append(f"{runs} at once: {end}: {child.told.read_text()}")
    if DONE not in ends or len(list(generations.iterdir())) != before + 1:
        figures.faults.append(f"{runs} at once: {ends}, {len(list(generations.iterdir())) - before} publishes")
    _note(figures, arena, config, reader.end(), f"{runs} at once", "rounds")


def file_limit(arena: Arena, size: int, figures: Figures) -> None:
    """No file may grow over `size` bytes, as under a quota."""
    config = arena.copy("limited")
    reader = Reader(config.parents[1] / "published")
    reader.start()
    child = arena.nursery.run(config, NIGHT, file_bytes=size)
    if child.status not in (DONE, FAILED) or "Traceback" in child.told.read_text():
        figures.faults.append(f"at most {size} bytes a file: {child.status}: {child.told.read_text()}")
    _note(figures, arena, config, reader.end(), f"at most {size} bytes a file", "failed" if child.status == FAILED else "published")


def _note(figures: Figures, arena: Arena, config: Path, reader: Reader, case: str, end: str) -> None:
    figures.cases += 1
    figures.count(end)
    figures.reads += reader.reads
    figures.again += reader.again
    figures.faults += settled(arena, config, reader, case)


def flipped(published: Path, flips: int, chance: random.Random) -> tuple[int, list[str]]:
    """Flip single bits of the published files, spread over all of them; how many were found and named, and those that were not.

    Files of one kind take their flips together, one bit each: a damaged manifest would hide what is wrong with its night's files.
    """
    snapshot = published.resolve()
    paths = sorted(path for path in snapshot.rglob("*") if path.is_file())
    found, missed, left = 0, [], [paths[number % len(paths)] for number in range(flips)]
    while left:
        for kind in ((".parquet",), (".html", ".md"), (".json",)):
            some = {path: path.read_bytes() for path in left[: len(paths)] if path.suffix in kind}
            places = {path: chance.randrange(8 * len(content)) for path, content in some.items()}
            for path, place in places.items():
                content = bytearray(some[path])
                content[place // 8] ^= 1 << place % 8
                path.write_bytes(content)
            told = checks.verify(snapshot)
            for path, place in places.items():
                path.write_bytes(some[path])
                named = any(fault.startswith(f"{path}: ") for fault in told)
                found += named
                missed += [] if named else [f"{path}, bit {place}"]
            missed += [fault for fault in told if not any(fault.startswith(f"{path}: ") for path in places)]
        left = left[len(paths) :]
    return found, missed


def kinds(arena: Arena, how: str) -> list[str]:
    """Every function at every kind of file that an undisturbed run calls and that can fail in this way, as a pattern of `where`.

    Which operation is the n-th changes from run to run, for threads and folders have no order: these are met for certain.
    """
    trace = arena.folder / "trace.txt"
    trace.unlink(missing_ok=True)
    child = arena.nursery.run(arena.copy("traced"), NIGHT, how, -1, trace=str(trace))
    assert child.status == DONE, child.told.read_text()
    return sorted({kind(line) for line in trace.read_text().splitlines()})


def kind(line: str) -> str:
    """The pattern of a line: digests, numbers and names of documents left open, one stage and one table for all."""
    for varying, left in VARYING:
        line = re.sub(varying, left, line)
    return line


def operations(arena: Arena, how: str) -> int:
    """How many file operations an undisturbed run makes that can end in this way."""
    child = arena.nursery.run(arena.copy("counted"), NIGHT, how, -1)
    assert child.status == DONE, child.told.read_text()
    return child.operations

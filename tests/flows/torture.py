"""All of it: `python -m tests.flows.torture`, which `make torture` calls. Goes on where it was stopped, and ends with its figures.

Each line of the state file is one case that is done, so the command may be ended at any time; `--minutes` bounds one call. The cases of
a section come in an order that is spread over the whole from the first on.
"""

from __future__ import annotations

import argparse
import datetime as dt
import functools
import json
import random
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.flows import ordeals, prefect_lost
from tests.flows.nursery import Nursery
from tests.flows.ordeals import Arena, Figures

KILLS, ROUNDS, FLIPS = 200, 100, 1000
FAULTS = ("kill", "ENOSPC", "EIO", "EINTR", "short")
Case = Callable[[Figures], None]


def spread(count: int) -> list[int]:
    """1 … count, each prefix spread evenly over all of it."""
    step = next(step for step in range(max(1, round(count * 0.618)), 2 * count + 2) if count == 1 or _coprime(step, count))
    return [1 + number * step % count for number in range(count)]


def _coprime(a: int, b: int) -> bool:
    while b:
        a, b = b, a % b
    return a == 1


def sections(nursery: Nursery, folder: Path, only: str) -> Iterator[tuple[str, list[tuple[str, Case]]]]:
    """Section -> its cases, each with a name that stays the same from call to call; those sections whose name has `only` in it."""
    whole = functools.cache(lambda: ordeals.arena(nursery, folder / "whole"))  # made by the first case that needs it
    yield from ((name, cases) for name, cases in at_instants(whole, folder) if only in name)
    if nursery.can_spoil:
        small = ordeals.arena(nursery, folder / "small", **ordeals.SMALL)
        for how in FAULTS:
            if only in (name := f"{how} at the n-th file operation"):
                yield name, at_operations(small, how)
            if only in (name := f"{how} at each kind of operation"):
                yield name, at_kinds(small, how)


def at_operations(arena: Arena, how: str) -> list[tuple[str, Case]]:
    """One way to fail, at each operation."""
    count = max(ordeals.operations(arena, how) for _ in range(3))  # two threads at one folder make some more, or fewer
    return [(str(at), lambda figures, at=at: ordeals.spoiled_at(arena, how, at, figures)) for at in spread(count)]


def at_kinds(arena: Arena, how: str) -> list[tuple[str, Case]]:
    """One way to fail, at the first operation of each kind."""
    kinds = ordeals.kinds(arena, how)
    return [(kind, lambda figures, kind=kind: ordeals.spoiled_at(arena, how, 1, figures, kind)) for kind in kinds]


def at_instants(arena: Callable[[], Arena], folder: Path) -> Iterator[tuple[str, list[tuple[str, Case]]]]:
    """The sections that need no spoiled file operation."""
    chance = random.Random(1)  # the same instants in every call
    instants = [chance.uniform(0, 1.3) for _ in range(KILLS)]
    yield (
        "SIGKILL at random instants",
        [(f"{share:.4f}", lambda figures, share=share: ordeals.killed_at(arena(), share, figures)) for share in instants],
    )
    yield (
        "2 to 8 runs of one date at once",
        [(str(number), lambda figures, runs=2 + number % 7: ordeals.at_once(arena(), runs, figures)) for number in range(ROUNDS)],
    )
    yield "1,000 flipped bits", [("all", lambda figures: _flips(arena(), figures))]
    sizes = [2**power for power in range(9, 21)]
    yield (
        "no file over n bytes",
        [(str(size), lambda figures, size=size: ordeals.file_limit(arena(), size, figures)) for size in sizes],
    )
    yield (
        "Prefect's server killed, or down",
        [(when, lambda figures, when=when: prefect_lost.ordeal(folder / "prefect", when, figures)) for when in prefect_lost.WHEN],
    )


def _flips(arena: Arena, figures: Figures) -> None:
    found, missed = ordeals.flipped(arena.desk / "published", FLIPS, random.Random(2))
    figures.cases, figures.ends = FLIPS, {"found and named": found}
    figures.faults += missed


def main() -> int:
    """Go through the sections; 0 where nothing failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, default=Path("state/torture"), help="folder of what is done (default: state/torture)")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after so many; the next call goes on")
    parser.add_argument("--only", default="", help="sections whose name has this in it")
    parser.add_argument("--share", type=float, default=1.0, help="of each section's cases")
    options = parser.parse_args()
    options.state.mkdir(parents=True, exist_ok=True)
    journal = options.state / "done.jsonl"
    done = [json.loads(line) for line in journal.read_text().splitlines()] if journal.exists() else []
    known = {(row["section"], row["case"]) for row in done}
    until = time.monotonic() + 60 * options.minutes
    work = options.state / "work"
    shutil.rmtree(work, ignore_errors=True)
    nursery = Nursery(work / "nursery")
    try:
        found = sections(nursery, work, options.only)
        plan = [(name, cases[: max(1, round(options.share * len(cases)))]) for name, cases in found]
        for section, cases in plan:
            for name, case in cases:
                if (section, name) in known or time.monotonic() > until:
                    continue
                figures, began = Figures(), time.monotonic()
                case(figures)
                row = {"section": section, "case": name, "seconds": round(time.monotonic() - began, 2), **vars(figures)}
                done.append({**row, "date": str(dt.datetime.now(dt.UTC).date())})
                with journal.open("a") as file:
                    file.write(json.dumps(done[-1]) + "\n")
                for fault in figures.faults:
                    print(f"{section}: {fault}", file=sys.stderr, flush=True)
    finally:
        nursery.close()
        shutil.rmtree(work, ignore_errors=True)
    print(table(done, {name: len(cases) for name, cases in plan}))
    return 1 if any(row["faults"] for row in done) else 0


def table(done: list[dict[str, object]], planned: dict[str, int]) -> str:
    """The figures, a line a section."""
    lines = ["| what | cases | reads meanwhile | ends | faults | seconds |", "|---|---|---|---|---|---|"]
    for section in dict.fromkeys([*(str(row["section"]) for row in done), *planned]):
        figures, seconds, rows = Figures(), 0.0, [row for row in done if row["section"] == section]
        for row in rows:
            figures.cases += int(str(row["cases"]))
            figures.reads += int(str(row["reads"]))
            figures.faults += row["faults"]  # type: ignore[operator]
            seconds += float(str(row["seconds"]))
            for end, count in row["ends"].items():  # type: ignore[attr-defined]
                figures.ends[end] = figures.ends.get(end, 0) + count
        ends = ", ".join(f"{count} {end}" for end, count in sorted(figures.ends.items()))
        of = f" ({len(rows)} of {planned[section]} done)" if planned.get(section, 0) > len(rows) else ""
        lines.append(f"| {section} | {figures.cases}{of} | {figures.reads} | {ends} | {len(figures.faults)} | {seconds:.0f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

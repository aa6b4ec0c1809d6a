"""The dry run of a backfill: every date, its state and reason, what would run, and at most how long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from flows import manifest, status
from flows.desk import Desk
from flows.status import DateStatus
from flows.wanted import STAGES, Wanted


@dataclass(frozen=True)
class Estimate:
    """What earlier runs took: stage -> mean seconds of one job, measured at the config's number of workers."""

    seconds: dict[str, float]
    workers: int

    @classmethod
    def of(cls, desk: Desk) -> Estimate:
        """From the manifests' timings."""
        spent: Counter[str] = Counter()
        jobs: Counter[str] = Counter()
        for date in manifest.dates(desk.places.published):
            known = manifest.read(desk.places.published, date)
            for stage in known.run.get("timings", ()) if known else ():
                if stage["ran"]:
                    spent[stage["step"]] += stage["seconds"]
                    jobs[stage["step"]] += stage["ran"]
        return cls({name: spent[name] / jobs[name] for name in jobs}, desk.config.night.workers)

    def of_night(self, would_run: dict[str, int]) -> float | None:
        """Seconds that a night would take at most; None where a stage never ran before."""
        if any(stage not in self.seconds for stage in would_run):
            return None
        return sum(self.seconds[stage] * -(-count // self.workers) for stage, count in would_run.items())


@dataclass(frozen=True)
class Planned:
    """A night of the dry run; `seconds` at most, None where nothing is known."""

    night: DateStatus
    runs: bool
    seconds: float | None


def plan(desk: Desk, wanted: Wanted) -> list[Planned]:
    """The dry run: every date, its state and reason, whether it would run, and at most how long."""
    estimate = Estimate.of(desk)
    found = []
    for date in wanted.nights():
        night = status.of(desk, date)
        runs = wanted.wants(night)
        redone = dict.fromkeys([wanted.stage] if wanted.stage else STAGES[2:], desk.config.night.shards) if wanted.only == "all" else {}
        found.append(Planned(night, runs, estimate.of_night({**redone, **night.would_run}) if runs else 0.0))
    return found


def told(nights: Sequence[Planned]) -> list[str]:
    """The dry run in lines, and a last one with its sum."""
    lines = []
    for planned in nights:
        night = planned.night
        would = ", ".join(f"{stage} {count}" for stage, count in night.would_run.items()) or "nothing but publishing"
        about = "no estimate" if planned.seconds is None else f"at most {planned.seconds:.0f} s"
        lines.append(f"{night.date}  {night.state:<8} {night.reason}" + (f"  (runs: {would}; {about})" if planned.runs else ""))
    running = [planned for planned in nights if planned.runs]
    known = sum(planned.seconds or 0.0 for planned in running)
    unknown = sum(planned.seconds is None for planned in running)
    lines.append(
        f"{len(running)} of {len(nights)} nights would run, at most {known:.0f} s"
        + (f" and {unknown} that can't be estimated: a stage never ran" if unknown else "")
    )
    return lines

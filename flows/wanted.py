"""What a backfill is asked for: the options of the command, the parameters of a run, and the form in Prefect's UI, which are one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema

from flows import dates
from flows.nightly import STEPS
from flows.status import DateStatus
from tasks.errors import Unusable

STAGES = ("", "fetch", *(step.name for step in STEPS))


def _no_default(schema: dict[str, Any]) -> None:
    schema.pop("default")  # a form would show it as a value of type None


class Wanted(BaseModel):
    """What a backfill is asked for; also the form in Prefect's UI."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="Backfill")

    first: dt.date | SkipJsonSchema[None] = Field(
        default=None, title="From", description="First night of the range.", json_schema_extra=_no_default
    )
    last: dt.date | SkipJsonSchema[None] = Field(
        default=None, title="To", description="Last night of the range, itself included.", json_schema_extra=_no_default
    )
    dates: tuple[dt.date, ...] = Field(default=(), title="Single nights", description="Instead of a range.")
    only: Literal["needed", "missing", "failed", "stale", "all"] = Field(
        default="needed",
        title="Which of them",
        description="needed: all that are not as a run would leave them now (missing, failed, stale, damaged). "
        "all: fresh ones too, whose stages are worked out anew, as a proof that they come out the same.",
    )
    stage: str = Field(
        default="",
        title="Stage",
        description="Only nights in which this stage would run; with `all`, the stage that is worked out anew. Empty: any stage.",
        json_schema_extra={"enum": list(STAGES)},
    )
    newest_first: bool = Field(default=False, title="Newest first", description="The last night of the range is done first.")
    at_once: int = Field(default=1, ge=1, le=16, title="At once", description="Nights under way at the same time.")
    stop_after: int = Field(default=3, ge=1, title="Stop after", description="So many failed nights end the backfill.")
    dry_run: bool = Field(default=False, title="Dry run", description="Only tell which nights would run, why, and how long.")

    @field_validator("stage")
    @classmethod
    def _known_stage(cls, value: str) -> str:
        if value not in STAGES:
            raise ValueError(f"no stage {value!r}; have {', '.join(STAGES[1:])}")
        return value

    @model_validator(mode="after")
    def _names_nights(self) -> Wanted:
        if bool(self.dates) == bool(self.first and self.last):
            raise ValueError("name the nights: either from and to, or single dates")
        if self.first and self.last and self.first > self.last:
            raise ValueError(f"from {self.first} is after to {self.last}")
        return self

    def nights(self) -> list[dt.date]:
        """The dates asked for, each once, oldest first."""
        return sorted(set(self.dates)) if self.dates else dates.span(self.first, self.last)  # type: ignore[arg-type]

    def wants(self, night: DateStatus) -> bool:
        """Whether a night in this state is to be run."""
        if self.only != "all" and (night.state == "fresh" or self.only not in ("needed", night.state)):
            return False
        return self.only == "all" or not self.stage or self.stage in night.would_run

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Wanted:
        """What is asked for by options as a person gives them.

        Raises:
            Unusable: they do not fit together; every fault is told.
        """
        try:
            return cls(**values)
        except ValidationError as error:
            faults = [f"{'.'.join(map(str, e['loc'])) or 'backfill'}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()]
            raise Unusable("\n".join(faults)) from error

    def check(self, zone: str, now: dt.datetime) -> None:
        """See that all the nights are over in a desk's zone.

        Raises:
            Unusable: one is not.
        """
        newest = dates.last_night(now, zone)
        if late := [str(date) for date in self.nights() if date > newest]:
            raise Unusable(f"{', '.join(late)}: not over yet in {zone}; want {newest} or earlier")

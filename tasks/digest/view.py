"""What the morning page needs besides the night's tables."""

from __future__ import annotations

import datetime as dt

from tasks.config import Config, DigestSettings, Outlet, Settings, Target
from tasks.digest.safe import plain

STATE = "state_controlled"


class DigestView(Settings):
    """Settings of the step DIGEST.

    Attributes:
        run_date: the night; whoever runs the step fills it in.
        timezone: IANA zone in which times are shown.
    """

    run_date: dt.date = dt.date.min
    timezone: str = "UTC"
    digest: DigestSettings = DigestSettings()
    targets: tuple[Target, ...] = ()
    outlets: tuple[Outlet, ...] = ()

    @classmethod
    def of(cls, config: Config) -> DigestView:
        """The settings of a configuration, without the night."""
        return cls(timezone=config.night.timezone, digest=config.digest, targets=config.targets, outlets=config.outlets)

    def outlet(self, name: str | None) -> Outlet:
        """The outlet of an id; one of unknown type for whom the configuration does not name."""
        found = next((o for o in self.outlets if o.id == name), None)
        if found is not None:
            return found
        return Outlet.model_construct(id=name or "unknown", name=plain(name) or "unknown outlet", type="unknown", basis="", hosts=())

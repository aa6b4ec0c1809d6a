"""Who stands where on the configured targets, by what evidence."""

from tasks.stance.judge import STEP as STANCES
from tasks.stance.outlets import OUTLETS

__all__ = ["OUTLETS", "STANCES"]

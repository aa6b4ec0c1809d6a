"""A desk whose nights take a second: one source, two short articles a night, in a language that no model of ours reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

CONFIG = """
name = "quick"

[night]
timezone = "Europe/Berlin"
root = ".."
shards = 1
workers = 2
look_back = 0

[[sources]]
name = "harbour"
kind = "folder"
path = "news/{date}"
outlet = "harbour"
language = "xx"

[[targets]]
id = "bridge"
name = "the bridge"
"""

ARTICLE = """{title}

The harbour office of Lindum counted {number} ships on {date}, as its master told the council in the evening.
He said that the pilots would need a second boat before the winter, and that the quay had to be mended at last.
The council will hear him again when the price of the boat is known, which may take until {number} weeks have passed.
"""


def quick(folder: Path, nights: Iterable[dt.date]) -> Path:
    """Write the desk; the path of its configuration."""
    config = folder / "configs" / "quick.toml"
    config.parent.mkdir(parents=True)
    config.write_text(CONFIG)
    for date in nights:
        article(config, date, "Ships are counted", 12)
        article(config, date, "Pilots want a boat", 31)
    return config


def article(config: Path, date: dt.date, title: str, number: int) -> None:
    """Put one more article of a night where the source finds it."""
    path = config.parent / "news" / str(date) / f"{title.replace(' ', '-')}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(ARTICLE.format(title=title, number=number, date=date))

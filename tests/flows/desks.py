"""A desk whose nights take a second: one source, two short articles a night, in a language that no model of ours reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

CONFIG = """
name = "quick"

[night]
timezone = "{zone}"
root = ".."
shards = {shards}
workers = 2
look_back = 2

[[sources]]
name = "harbour"
kind = "folder"
path = "news/{{date}}"
outlet = "harbour"
language = "xx"

[[targets]]
id = "bridge"
name = "the <b>bridge</b> ![x](http://evil.example/x.png) [l](http://evil.example) http://evil.example"
"""

ARTICLE = """{title}

The harbour office of Lindum counted {number} ships on {date}, as its master told the council in the evening.
He said that the pilots would need a second boat before the winter, and that the quay had to be mended at last.
The council will hear him again when the price of the boat is known, which may take until {number} weeks have passed.
"""


def quick(folder: Path, nights: Iterable[dt.date], zone: str = "Europe/Berlin", shards: int = 1) -> Path:
    """Write the desk; the path of its configuration."""
    config = folder / "configs" / "quick.toml"
    config.parent.mkdir(parents=True)
    config.write_text(CONFIG.format(zone=zone, shards=shards))
    for date in nights:
        article(config, date, "Ships are counted", 12)
        article(config, date, "Pilots want a boat", 31)
    return config


def midday_zone(now: dt.datetime) -> str:
    """A zone in which it is about midday: its last night was due hours ago, and its next one is hours away."""
    ahead = 12 - now.astimezone(dt.UTC).hour
    return "Etc/GMT" if ahead == 0 else f"Etc/GMT{-ahead:+d}"


def article(config: Path, date: dt.date, title: str, number: int) -> None:
    """Put one more article of a night where the source finds it."""
    path = config.parent / "news" / str(date) / f"{title.replace(' ', '-')}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(ARTICLE.format(title=title, number=number, date=date))

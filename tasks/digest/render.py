"""The page and its Markdown twin out of the sections: Jinja2 with everything escaped that is not ours."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from tasks.config import interval
from tasks.digest import safe
from tasks.digest.chart import chart
from tasks.digest.night import Night
from tasks.digest.numbers import Numbers, numbers
from tasks.digest.sides import WORDS, Side, sides
from tasks.digest.speakers import speakers
from tasks.digest.top import flows, ranked, stories

CAVEATS = (
    "Everything above is what somebody said or wrote. None of it is claimed here.",
    "A quoted speaker's stance is not the author's, and not the outlet's; whom an outlet chooses to quote is a signal of its own.",
    "A copied text is counted once in the stances; how far it travelled stands under the copies.",
    "State-controlled outlets are marked with the basis of that label; it says who controls them, not whether a sentence is true.",
    "Stances are a model's guesses with a confidence, better in English than in other languages; models of this kind do not treat all "
    "political sides alike. Read the quote before you use the label.",
    "Summaries are sentences of the article unless a note says otherwise; even true sentences can mislead by what they leave out.",
)
_HERE = files("tasks.digest")
_STYLE = "\n" + (_HERE / "page.css").read_text(encoding="utf-8")


def _environment(autoescape: bool) -> Environment:
    templates = {name: (_HERE / name).read_text(encoding="utf-8") for name in ("page.html.j2", "page.md.j2")}
    made = Environment(
        loader=DictLoader(templates),
        autoescape=autoescape,  # noqa: S701 - the Markdown twin escapes with `md`
        finalize=_visible if autoescape else None,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    made.filters |= {"percent": _percent, "label": _label, "md": _escaped, "day": _day}
    return made


def _visible(value: object) -> object:
    """Whatever a template prints, once more without control characters."""
    return safe.plain(value) if type(value) is str else value


def _label(word: str) -> str:
    return WORDS.get(word, word)


def _escaped(text: object) -> str:
    return safe.markdown(safe.plain(str(text)))


def _day(date: dt.date) -> str:
    return f"{date.day} {date:%B}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


_HTML, _MARKDOWN = _environment(True), _environment(False)


def render(night: Night) -> tuple[str, str]:
    """The night's page as HTML and as Markdown; the same tables give the same bytes."""
    sections = _sections(night)
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode("ascii")
    page = _HTML.get_template("page.html.j2").render(**sections, style=Markup(_STYLE), style_hash=Markup(digest))  # noqa: S704 - our own file
    return page, _MARKDOWN.get_template("page.md.j2").render(**sections)


def _sections(night: Night) -> dict[str, Any]:
    order, counted, view, stances = ranked(night), numbers(night), night.view, sides(night)
    return {
        "title": safe.plain(view.digest.title),
        "date": f"{view.run_date:%A}, {_day(view.run_date)} {view.run_date:%Y}",
        "interval": _interval(view.run_date, view.timezone),
        "tiles": _tiles(counted),
        "numbers": counted,
        "stories": stories(night, order[: view.digest.stories]),
        "more_stories": max(0, len(order) - view.digest.stories),
        "sides": [_drawn(side, view.digest.quotes) for side in stances],
        "flows": flows(night, order),
        "speakers": speakers(night, stances),
        "caveats": CAVEATS,
    }


def _drawn(side: Side, limit: int) -> dict[str, Any]:
    holders = side.holders[:limit]
    picture = Markup(chart(side, holders))  # noqa: S704 - drawsvg escaped its texts; see tests/digest/test_hostile.py
    return {
        "side": side,
        "holders": holders,
        "more": len(side.holders) - len(holders),
        "open": side.open[:limit],
        "chart": picture,
        "voices": side.voices[:limit],
    }


def _tiles(counted: Numbers) -> list[tuple[str, int]]:
    return [
        ("documents read", counted.documents),
        ("set aside", counted.rejects),
        ("articles", counted.articles),
        ("stories", counted.stories),
        ("copies among the articles", counted.copies),
        ("quotes", counted.quotes),
        ("statements on targets", counted.stances),
        ("of them unclear", counted.unclear),
    ]


def _interval(date: dt.date, zone: str) -> str:
    start, end = (moment.astimezone(ZoneInfo(zone)) for moment in interval(date, zone))
    return f"{start:%Y-%m-%d %H:%M%z} to {end:%Y-%m-%d %H:%M%z}, {zone}"

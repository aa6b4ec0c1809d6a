"""Who stands where, as a drawing: one row a speaker, left against, right in favour. Colours come from the page's style.

drawsvg escapes texts, but not attributes, hence only numbers and words of our own go there.
"""

from __future__ import annotations

import drawsvg as dw  # type: ignore[import-untyped]

from tasks.digest.safe import plain, shorten
from tasks.digest.sides import WORDS, Holder, Side

WIDTH, TOP, ROW, EDGE = 440.0, 30.0, 38.0, 14.0
"""User units; a row holds a name above its line. On a phone one unit is about 0.85 pixels, so that text stays readable."""


def chart(side: Side, holders: tuple[Holder, ...]) -> str:
    """An inline SVG element with title and description; "" where nobody was heard.

    The same holders give the same bytes.
    """
    if not holders:
        return ""
    height = TOP + ROW * len(holders) + 8
    name = f"chart-{side.target.id}"
    drawing = dw.Drawing(WIDTH, height, id_prefix=name, role="img", aria_labelledby=f"{name}-title {name}-desc", class_="chart")
    drawing.append(dw.Title(f"Who stands where on {plain(side.target.name)}", id=f"{name}-title"))
    drawing.append(_Description(describe(holders), id=f"{name}-desc"))
    _axis(drawing, height)
    for number, holder in enumerate(holders):
        _row(drawing, holder, TOP + ROW * number)
    svg: str = drawing.as_svg(header="")
    return svg.replace(f' width="{WIDTH}" height="{height}"', "", 1).replace('\n     xmlns:xlink="http://www.w3.org/1999/xlink"', "", 1)


class _Description(dw.Title):  # type: ignore[misc]
    """A `desc`, which drawsvg has no class for; its text is escaped as a title's is."""

    TAG_NAME = "desc"


def describe(holders: tuple[Holder, ...]) -> str:
    """The chart in words, for those who do not see it."""
    return "; ".join(f"{h.name}: {WORDS[h.label]}, {h.quotes} {'quote' if h.quotes == 1 else 'quotes'}" for h in holders)


def _x(position: float) -> float:
    return round(EDGE + (WIDTH - 2 * EDGE) * (position + 1) / 2, 1)


def _axis(drawing: dw.Drawing, height: float) -> None:
    for label, position, anchor in (("against", -1.0, "start"), ("neither", 0.0, "middle"), ("in favour", 1.0, "end")):
        drawing.append(dw.Text(label, 12, _x(position), 14, class_="axis", text_anchor=anchor))
    drawing.append(dw.Line(_x(0), 20, _x(0), height - 4, class_="zero"))


def _row(drawing: dw.Drawing, holder: Holder, top: float) -> None:
    line = top + 26
    drawing.append(dw.Line(_x(-1), line, _x(1), line, class_="track"))
    right = holder.position < 0
    drawing.append(
        dw.Text(_caption(holder), 13, _x(1) if right else _x(-1), top + 15, class_="name", text_anchor="end" if right else "start")
    )
    if holder.high > holder.low:
        drawing.append(dw.Line(_x(holder.low), line, _x(holder.high), line, class_=f"range {holder.label}"))
    drawing.append(_mark(holder, _x(holder.position), line))


def _mark(holder: Holder, x: float, y: float) -> dw.DrawingElement:
    """Shape and colour both tell the label."""
    r = 6.0
    match holder.label:
        case "favor":
            return dw.Circle(x, y, r, class_="mark favor")
        case "against":
            return dw.Lines(x, y - r - 1, x + r + 1, y, x, y + r + 1, x - r - 1, y, close=True, class_="mark against")
        case "mixed":
            return dw.Rectangle(x - r, y - r, 2 * r, 2 * r, class_="mark mixed")
        case _:
            return dw.Circle(x, y, r - 1, class_="mark neutral")


def _caption(holder: Holder) -> str:
    name = shorten(holder.name, 34)
    return f"{name}{' †' if holder.state_only else ''}{f' · {holder.quotes} quotes' if holder.quotes > 1 else ''}"

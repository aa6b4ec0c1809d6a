"""PolNeAR-like annotation of texts of our own."""

from __future__ import annotations

import pyarrow as pa


def annotate(text: str, *found: tuple[str | None, str, list[str]]) -> str:
    """Standoff lines of (source, cue, contents) given as words of the text."""
    lines: list[str] = []
    for number, (source, cue, contents) in enumerate(found):
        base = 10 * number
        spans = [(text.index(part), text.index(part) + len(part)) for part in contents]
        place = ";".join(f"{start} {end}" for start, end in spans)
        lines.append(f"T{base + 1}\tContent {place}\t{' '.join(contents)}")
        lines.append(f"T{base + 2}\tCue {text.index(cue)} {text.index(cue) + len(cue)}\t{cue}")
        event = f"E{number + 1}\tAttribution:T{base + 4} Content:T{base + 1} Cue:T{base + 2}"
        if source is not None:
            lines.append(f"T{base + 3}\tSource {text.index(source)} {text.index(source) + len(source)}\t{source}")
            event += f" Source:T{base + 3}"
        lines.append(f"T{base + 4}\tAttribution 0 0\tx")
        lines.append(event)
    return "\n".join(lines)


ROAD = '"The road is closed," Ada Lund said, "and nobody came." The port will open in June, according to its office.'
ROAD_BRAT = annotate(
    ROAD,
    ("Ada Lund", "said", ['"The road is closed,"', '"and nobody came."']),
    ("its office", "according to", ["The port will open in June"]),
)


def table(rows: int = 1) -> pa.Table:
    """A table as the evaluation and the training take it."""
    return pa.table({"article": [f"a{n}" for n in range(rows)], "text": [ROAD] * rows, "brat": [ROAD_BRAT] * rows})

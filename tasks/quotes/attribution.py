"""What a quotation is made of."""

from __future__ import annotations

from dataclasses import dataclass

Span = tuple[int, int]
"""Half-open offsets into `articles.text`."""


@dataclass(frozen=True)
class Attribution:
    """Who (source, may be missing) says (cue, may be missing) what (content, one span or more).

    Spans of direct speech include the quotation marks, as PolNeAR's do. `confidence` is 0..1, of the whole.
    """

    content: tuple[Span, ...]
    cue: Span | None
    source: Span | None
    confidence: float = 1.0

    @property
    def start(self) -> int:
        """Where the content begins."""
        return self.content[0][0]

    @property
    def end(self) -> int:
        """Where the content ends."""
        return self.content[-1][1]


def overlap(a: Span, b: Span) -> int:
    """How many characters two spans share."""
    return max(0, min(a[1], b[1]) - max(a[0], b[0]))

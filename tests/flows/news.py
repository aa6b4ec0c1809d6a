"""Short articles that have nothing in common, so that each is the canonical one of its own story."""

from __future__ import annotations

import random

NOUNS = (
    "ferry harbour council bridge winter market school tram clinic orchard mill theatre library pilot quarry dyke station lamp choir"
)
VERBS = "counted opened mended closed painted measured sold planned visited moved praised paid doubled halved tested"
NAMES = "Ida Brandt|Oskar Lind|Maren Holt|Jonas Feld|Clara Stein|Peter Quist|Lena Moor|Emil Dahl|Ruth Aven|Karl Nissen"


def article(number: int, extra: str = "", sentences: int = 6) -> str:
    """One article; the same number gives the same words."""
    draw = random.Random(number)
    nouns, verbs, names = NOUNS.split(), VERBS.split(), NAMES.split("|")
    lines = [f"{draw.choice(nouns).title()} and {draw.choice(nouns)} number {number}", ""]
    for _ in range(sentences):
        some = draw.sample(nouns, 6)
        lines.append(
            f"The {some[0]} near the {some[1]} was {draw.choice(verbs)} on day {draw.randrange(1000)} by the {some[2]} of "
            f"{draw.randrange(90)} {some[3]}s, and a {some[4]} {draw.choice(verbs)} what {draw.randrange(900)} people had seen there."
        )
    said = f"The {draw.choice(nouns)} will need {draw.randrange(99)} more {draw.choice(nouns)}s"
    lines.insert(4, f'"{said}," said {draw.choice(names)}. {extra}')
    return "\n".join(lines) + "\n"

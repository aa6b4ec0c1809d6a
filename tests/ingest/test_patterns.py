"""T11: every regular expression of tasks/ingest and tasks/words takes linear time, on a megabyte built against each of its repeats."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import pytest

import tasks.ingest
import tasks.words
from tasks.ingest import datelines, dates, encoding, infer, plain
from tasks.words import sentences

MEGABYTE, LINEAR = 1_000_000, 2.0
"""Characters, and CPU seconds on a busy machine; measured are at most .4 (docs/log/ingest.md), and quadratic time would be minutes."""
BOUNDED: dict[int, int] = {
    id(pattern): length
    for length, patterns in {
        datelines.LONGEST: (datelines._LINE, datelines._BARE, datelines._AND, datelines._MISSPELT),
        dates.LONGEST: (dates._DAY, dates._EPOCH, dates._SECONDS, dates._MINUTES, infer._SHORT, infer._YEAR),
        plain.LONGEST_BOILERPLATE: (plain._BOILERPLATE, plain._STAMP),
        encoding._HEAD: (encoding._META, encoding._XML),
        sentences._TAIL: (
            sentences._CLOCK,
            sentences._ENUMERATED,
            sentences._ONLY_NUMBER,
            *map(sentences._pattern, sentences._ABBREVIATIONS),
        ),
        infer.LOOK: (infer._DATE, infer._WEEKDAY, infer._AHEAD, infer._SENTENCE),
    }.items()
    for pattern in patterns
}
"""Patterns that are only ever applied to a text cut at so many characters; they are still searched for from each of them."""


def patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Every compiled pattern of the two packages, in whatever holds it."""
    for package in (tasks.ingest, tasks.words):
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(found.name)
            for name, value in vars(module).items():
                held = value.values() if isinstance(value, dict) else value if isinstance(value, tuple | list) else [value]
                for number, pattern in enumerate(p for p in held if isinstance(p, re.Pattern)):
                    yield f"{found.name.removeprefix('tasks.')}.{name}{number or ''}", pattern
    for language in sentences._ABBREVIATIONS:
        if (pattern := sentences._pattern(language)) is not None:
            yield f"words.sentences.{language}", pattern


def attacks(pattern: re.Pattern[Any]) -> set[tuple[str, str]]:
    """Beginnings and what is repeated after them: for each repeat in the pattern, what leads to it and what it repeats."""
    found: set[tuple[str, str]] = set()
    _walk(_parser.parse(pattern.pattern, pattern.flags), "", found)
    whole = _sample(_parser.parse(pattern.pattern, pattern.flags))
    return {(before, pump) for before, pump in {*found, ("", whole), ("", whole[:-1]), ("", " ")} if pump}


def _walk(tree: Any, before: str, found: set[tuple[str, str]]) -> str:
    """Adds an attack for each repeat of the tree; the string that leads through it."""
    for kind, value in tree:
        match str(kind):
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                least, most, inner = value
                if most > 1:
                    found.add((before, _sample(inner)))
                _walk(inner, before, found)
                before += _sample(inner) * max(least, 1)
            case "SUBPATTERN":
                before = _walk(value[3], before, found)
            case "BRANCH":
                before = [_walk(branch, before, found) for branch in value[1]][-1]
            case _:
                before += _sample([(kind, value)])
    return before


def _sample(tree: Any) -> str:
    """A string that the tree matches, or nearly."""
    return "".join(_one(str(kind), value) for kind, value in tree)


def _one(kind: str, value: Any) -> str:
    match kind:
        case "LITERAL":
            return chr(value)
        case "NOT_LITERAL" | "ANY":
            return "a" if value != ord("a") else "b"
        case "IN":
            return next((_in(value, c) for c in "a1 .-" if _in(value, c)), "") or _first(value)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return _sample(value[2]) * max(value[0], 1)
        case "SUBPATTERN":
            return _sample(value[3])
        case "BRANCH":
            return _sample(value[1][0])
    return ""


def _in(items: Any, char: str) -> str:
    negated = str(items[0][0]) == "NEGATE"
    classes = {"CATEGORY_DIGIT": char.isdigit(), "CATEGORY_SPACE": char.isspace(), "CATEGORY_WORD": char.isalnum()}
    hit = False
    for kind, value in items[1:] if negated else items:
        name = str(value).removeprefix("CATEGORY_NOT_").removeprefix("CATEGORY_")
        hit |= str(kind) == "LITERAL" and value == ord(char)
        hit |= str(kind) == "RANGE" and value[0] <= ord(char) <= value[1]
        hit |= str(kind) == "CATEGORY" and classes.get(f"CATEGORY_{name}", False) != ("NOT_" in str(value))
    return char if hit != negated else ""


def _first(items: Any) -> str:
    kind, value = items[0]
    return chr(value) if str(kind) == "LITERAL" else chr(value[0]) if str(kind) == "RANGE" else "x"


@pytest.mark.parametrize(("name", "pattern"), list(patterns()), ids=lambda value: value if isinstance(value, str) else "")
def test_pattern_is_linear_on_a_megabyte_built_against_it(name: str, pattern: re.Pattern[Any]) -> None:
    length = BOUNDED.get(id(pattern), MEGABYTE)
    for before, pump in attacks(pattern):
        text = (before + pump * (length // len(pump) + 1))[:length] + "\0"
        given = text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text
        began = time.process_time()
        for _ in zip(pattern.finditer(given), range(MEGABYTE), strict=False):
            pass
        took = time.process_time() - began
        assert took < LINEAR, (before, pump, took)


def test_the_walk_finds_patterns_and_what_makes_them_slow() -> None:
    names = [name for name, _ in patterns()]
    assert len(names) > 50
    assert {"ingest.feeds._ENTITY", "ingest.encoding._META", "ingest.datelines._LINE", "words.sentences._LINE"} <= set(names)
    slow = re.compile(r"(?:a+)+b")
    began = time.process_time()
    for before, pump in attacks(slow):
        slow.search(before + pump * 22)
    assert time.process_time() - began > 0.1

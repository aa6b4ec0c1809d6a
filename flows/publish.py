"""Publish a night in one atomic step for all its tables, on a local disk.

`published` is a symbolic link to a generation: a folder of real folders whose files are hard links to immutable ones.
The next generation is built beside it, synced, checked, named, and the link is renamed over the old one. Before that rename nothing
happened; after it everything did. A reader that resolves the link once keeps its snapshot until the generation is pruned; one that goes
through the link each time never gets two versions of a night, for another version's files have other names.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from flows import checks, manifest, room
from flows.manifest import Manifest
from flows.places import Places
from flows.store import make_folder, sync, write_file
from tasks.errors import Abort

MANY_FOLDERS = 500


class BusyError(Abort):
    """Another run holds the lock."""


_until_the_end: list[ExitStack] = []


@contextmanager
def locked(path: Path, what: str, *, wait: bool = False) -> Iterator[None]:
    """Hold a lock that ends with the process, however it ends.

    A signal that unwinds the block leaves the lock to the process: other threads may be at its work until that ends.

    Raises:
        BusyError: somebody else holds it (only without `wait`).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        file = held.enter_context(path.open("a+"))
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            file.seek(0)
            raise BusyError(f"{what} is already under way ({file.read().strip() or 'process unknown'}); nothing was done") from error
        os.ftruncate(file.fileno(), 0)  # asks again where a signal came between; the file's own does not
        file.write(f"process {os.getpid()}")
        file.flush()
        try:
            yield
        except Exception:
            raise
        except BaseException:
            _until_the_end.append(held.pop_all())
            raise


def publish(places: Places, night: Manifest, pages: dict[str, str]) -> None:
    """Make the night the published one, in place of any earlier version of it.

    Args:
        pages: file name below `published/digests/` -> content.

    Raises:
        OSError: the disk said no; readers still see what they saw.
    """
    if places.bucket is not None:
        places.bucket.publish(night, pages, places.store)
        return
    with locked(places.lock("publish"), "a publish", wait=True):
        current = places.link.resolve() if places.link.is_symlink() else None
        building = places.generations / ".building"
        if building.exists():  # a killed run's; we hold the lock, so nobody is at it
            shutil.rmtree(building)
        make_folder(building)
        if current is not None:
            _link_tree(current, building, night.run_date)
        _link_night(places, building, night)
        _write_pages(building, night, pages)
        _sync_tree(building)
        stands = manifest.read(building, night.run_date)
        if stands is None or stands.content != night.content or not checks.intact(building, stands, check_bytes=False):
            raise Abort(f"{building}: does not hold night {night.run_date} as it was written. Check the disk; nothing was published")
        generation = places.generations / f"{_last(places) + 1:06d}"
        building.rename(generation)
        sync(places.generations)
        point(places, generation)


def point(places: Places, generation: Path) -> None:
    """Let `published` be this generation: one rename."""
    fresh = places.root / ".published"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(os.path.relpath(generation, places.root), target_is_directory=True)
    fresh.replace(places.link)
    try:
        sync(places.root)
    except OSError as error:
        said = room.said(error, places.root)
        raise Abort(f"{places.link} is {generation.name} now, but {said} A power cut could bring back what was before") from error


def _last(places: Places) -> int:
    return max((int(path.name) for path in places.generations.iterdir() if path.name.isdigit()), default=0)


def _link_tree(current: Path, building: Path, replaced: dt.date) -> None:
    """Hard-link all of the current generation but the night that is replaced."""
    skip = {f"run_date={replaced}", f"{replaced}.json", f"{replaced}.html", f"{replaced}.md"}
    for folder, folders, files in os.walk(current):
        folders[:] = [name for name in folders if name not in skip]
        target = building / Path(folder).relative_to(current)
        target.mkdir(exist_ok=True)
        for name in files:
            if name not in skip:
                os.link(Path(folder) / name, target / name)


def _link_night(places: Places, building: Path, night: Manifest) -> None:
    for name, ref in night.files():
        path = building / name
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(places.store.path(ref), path)


def _write_pages(building: Path, night: Manifest, pages: dict[str, str]) -> None:
    for name in ("manifests", "digests"):
        (building / name).mkdir(exist_ok=True)
    for name, content in pages.items():
        write_file(building / "digests" / name, content.encode())
    write_file(building / manifest.name_of(night.run_date), night.dump())


def _sync_tree(top: Path) -> None:
    """The files were synced when they were written; here the names are."""
    folders = [Path(folder) for folder, _, _ in os.walk(top)]
    if len(folders) > MANY_FOLDERS:
        os.sync()  # one call for years of nights, where an fsync a folder would take seconds
    else:
        for folder in folders:
            sync(folder)

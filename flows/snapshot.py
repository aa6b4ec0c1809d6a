"""What is published, as one reader has it: the link is followed once, and nothing that is published later changes what is seen.

Names are those that readers know, below `published`: `stances/run_date=2026-03-02/part-000-….parquet`, `manifests/2026-03-02.json`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import duckdb


@runtime_checkable
class Snapshot(Protocol):
    """One generation."""

    def within(self, folder: str) -> list[str]:
        """The names of all files below a folder, sorted; of the empty name, of all files."""

    def size(self, name: str) -> int | None:
        """A file's size in bytes, or None where it is not there."""

    def content(self, name: str) -> bytes:
        """A file's bytes.

        Raises:
            OSError: it is not there, or can't be read.
        """

    def location(self, name: str) -> str:
        """The path or URL that DuckDB, pandas and pyarrow open; it stays the same file."""

    def shown(self, name: str) -> str:
        """How a person is told of the file."""

    def filesystem(self) -> Any:
        """The fsspec filesystem that opens the locations; None where they are paths of this machine."""


@runtime_checkable
class Shelf(Protocol):
    """A place where generations are published and whose link is no file of this machine."""

    def snapshot(self) -> Snapshot:
        """What is published now."""


Published = Path | Shelf | Snapshot
"""What a reader may be given: the folder `published` (or a generation), a shelf, or a snapshot that is held already."""


class Folder:
    """A folder of this machine's, its link followed when the object is made."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._real = root.resolve()

    def within(self, folder: str) -> list[str]:
        """The names of all files below a folder, sorted."""
        top = self._real / folder
        return sorted(path.relative_to(self._real).as_posix() for path in top.rglob("*") if path.is_symlink() or not path.is_dir())

    def size(self, name: str) -> int | None:
        """A file's size in bytes, or None where it is not there."""
        path = self._real / name
        return path.stat().st_size if path.is_file() else None

    def content(self, name: str) -> bytes:
        """A file's bytes."""
        return (self._real / name).read_bytes()

    def location(self, name: str) -> str:
        """The real path, which the next publish leaves alone."""
        return str(self._real / name)

    def shown(self, name: str) -> str:
        """The path as readers know it."""
        return str(self.root / name)

    def filesystem(self) -> Any:
        """None: the locations are paths."""
        return None


def database(held: Snapshot) -> duckdb.DuckDBPyConnection:
    """A DuckDB that opens the snapshot's locations and fetches nothing else."""
    import duckdb

    connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    if (filesystem := held.filesystem()) is not None:
        connection.register_filesystem(filesystem)
    return connection


def of(published: Published) -> Snapshot:
    """What is published now, to be held for as long as one answer needs it."""
    if isinstance(published, Path):
        return Folder(published)
    return published.snapshot() if isinstance(published, Shelf) else published

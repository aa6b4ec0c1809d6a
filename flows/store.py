"""Finished files: content-addressed Parquet objects, and a record of which step's key gave which objects.

    objects/ab/ab12….parquet     named by the sha256 of its bytes, never changed
    records/<step>/<key>.json    what a step gave for exactly these inputs, settings and models; written last

A record is the only cache. Because the objects below it are named by content, an output that did not change keeps its name, and nothing
that reads it runs again (early cut-off). Every file is written to a temporary name, fsynced and renamed, and its folder fsynced
(Pillai et al., OSDI 2014: a rename without these two is the classic crash vulnerability).
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from flows import room
from tasks.errors import Abort
from tasks.tables import SPECS, Spec, conform

ROW_GROUP = 100_000
"""Rows a group; with zstd-1 and dictionaries only where values repeat: 844 MB/s read at 2.2:1 (docs/log.md)."""

WRITTEN_AT_ONCE = 1 << 18
"""Bytes; a small table of 20 columns is one call to the system instead of some forty, one a page and header."""


class DamagedFileError(Abort):
    """A finished file whose bytes are not those that were written.

    Args:
        path: the file, or the URL of a published one.
        fault: what is wrong with it.
        cure: what to do.
    """

    def __init__(self, path: Path | str, fault: str, cure: str = "Delete the file; the next run builds it again.") -> None:
        self.path = Path(path)
        super().__init__(f"{path}: {fault}. {cure}")


@dataclass(frozen=True)
class Ref:
    """A finished table: what Prefect carries instead of rows.

    Attributes:
        table: the contract's name.
        digest: sha256 of the file's bytes, 64 hex digits.
        rows, size: of the file; size in bytes.
    """

    table: str
    digest: str
    rows: int
    size: int


@dataclass(frozen=True)
class Record:
    """What a step gave for one key.

    Attributes:
        refs: one per table that the step writes.
        seconds: how long it took when it ran.
        notes: whatever else the step wants to remember (a source's ETags).
    """

    refs: tuple[Ref, ...]
    seconds: float
    notes: dict[str, Any]


class Store:
    """The files of all nights under one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, ref: Ref) -> Path:
        """Where the table's file is."""
        return self.root / "objects" / ref.digest[:2] / f"{ref.digest}.parquet"

    def put(self, table: pa.Table, spec: Spec) -> Ref:
        """Write a conforming table; the same rows give the same file.

        Raises:
            ContractError: the table breaks its contract.
            OSError: the disk said no, with what was to be written; nothing is left but a temporary file, which `clean` removes.
        """
        table = conform(table, spec)
        partial = self.partial()
        try:
            write_table(table, partial)
            return self.adopt(partial, spec, table.num_rows)
        except OSError as error:
            raise room.wanted(error, spec.name, table.num_rows, table.nbytes) from error
        finally:
            partial.unlink(missing_ok=True)

    def partial(self) -> Path:
        """A path for a file that is not finished."""
        folder = self.root / "partial"
        make_folder(folder)
        return folder / f"{os.getpid()}-{secrets.token_hex(8)}"

    def adopt(self, partial: Path, spec: Spec, rows: int) -> Ref:
        """Make a finished file of a partial one: synced, then renamed to its digest."""
        sync(partial)
        ref = Ref(spec.name, digest_file(partial), rows, partial.stat().st_size)
        final = self.path(ref)
        if self._whole(ref):
            partial.unlink()
        else:
            make_folder(final.parent)
            partial.replace(final)
            sync(final.parent)
        return ref

    def get(self, ref: Ref, columns: Sequence[str] | None = None) -> pa.Table:
        """Read a table, or some of its columns; the file's bytes are checked against its digest.

        Parquet's page checksums, which readers without a manifest have, leave headers and footer uncovered: some
        single bit flips read as other rows. The digest finds them all.

        Raises:
            DamagedFileError: the file is gone or damaged.
            OSError: the disk did not give it, which may pass; a file that is not proven damaged is kept.
        """
        path = self.path(ref)
        try:
            content = path.read_bytes()
        except FileNotFoundError as error:
            raise DamagedFileError(path, "is gone", "The next run builds it again.") from error
        except OSError as error:
            raise OSError(
                error.errno, f"{error.strerror}, reading {path} (if it stays so, delete the file: it is built again)"
            ) from error
        if hashlib.sha256(content).hexdigest() != ref.digest:
            raise DamagedFileError(path, "its bytes are not those that were written")
        table = read_table(path, SPECS[ref.table], content=content, columns=columns)
        return table if columns is None else table.select(columns)

    def _whole(self, ref: Ref) -> bool:
        try:
            return self.path(ref).stat().st_size == ref.size
        except OSError:
            return False

    def remember(self, step: str, key: str, record: Record) -> None:
        """Write down what the step gave; from now on the key is done."""
        path = self._record(step, key)
        make_folder(path.parent)
        write_file(path, json.dumps(asdict(record), sort_keys=True).encode())

    def recall(self, step: str, key: str) -> Record | None:
        """What the step gave for this key, or None where it never ran or a file of it is gone."""
        try:
            stored = json.loads(self._record(step, key).read_bytes())
            record = Record(tuple(Ref(**ref) for ref in stored["refs"]), stored["seconds"], stored["notes"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return record if all(self._whole(ref) for ref in record.refs) else None

    def forget(self, step: str, key: str) -> None:
        """Remove the record, not the files: the step runs again."""
        self._record(step, key).unlink(missing_ok=True)

    def _record(self, step: str, key: str) -> Path:
        return self.root / "records" / step / f"{key}.json"

    def clean(self) -> int:
        """Remove what killed processes of this machine left half written; the number of files removed."""
        leftovers = [path for path in (self.root / "partial").glob("*") if not _alive(path.name.partition("-")[0])]
        for path in leftovers:
            path.unlink(missing_ok=True)
        return len(leftovers)


def _alive(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def write_table(table: pa.Table, path: Path) -> None:
    """Write one Parquet file with page checksums, deterministic in its bytes."""
    with pa.output_stream(path, compression=None, buffer_size=WRITTEN_AT_ONCE) as sink, table_writer(table.schema, sink) as writer:
        writer.write_table(table, row_group_size=ROW_GROUP)


def table_writer(schema: pa.Schema, sink: Path | pa.NativeFile) -> pq.ParquetWriter:
    """A Parquet writer with the house's settings (zstd-1, page checksums, dictionaries on words only)."""
    words = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    return pq.ParquetWriter(
        sink, schema, compression="zstd", compression_level=1, use_dictionary=cast(Any, words), write_page_checksum=True
    )


def read_table(path: Path | str, spec: Spec, *, content: bytes | None = None, columns: Sequence[str] | None = None) -> pa.Table:
    """Read one Parquet file, or some of its columns, every page checked against its checksum.

    Args:
        content: the file's bytes where they are read already.

    A file of an older schema has nulls in the columns that came since; what a newer one has beside ours is left out.

    Raises:
        DamagedFileError: the file is gone or damaged.
    """
    try:
        with pq.ParquetFile(path if content is None else pa.BufferReader(content), page_checksum_verification=True) as file:
            wanted = [field for field in spec.schema if columns is None or field.name in columns]
            known = set(file.schema_arrow.names)
            return evolved(file.read(columns=[field.name for field in wanted if field.name in known]), pa.schema(wanted))
    except (OSError, pa.ArrowException) as error:
        raise DamagedFileError(path, f"can't be read as the table {spec.name}: {error}") from error


def evolved(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with the columns of today's contract: nulls where it is older, columns of a newer one left out."""
    if table.schema.equals(schema):
        return table
    columns = [
        table[field.name].cast(field.type) if field.name in table.schema.names else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def digest_file(path: Path) -> str:
    """sha256 of a file's bytes, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Make a file's bytes, or a folder's names, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, and let each new name survive a power cut; nothing is done where it is there."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(exist_ok=True)
        sync(path.parent)


def write_file(path: Path, content: bytes) -> None:
    """Write a small file so that it is there whole or not at all."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    sync(path.parent)
